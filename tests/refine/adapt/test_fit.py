from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest
import torch

from puzzlesolver.domains.arc.augment import Variant
from puzzlesolver.domains.arc.task import Pair, Task
from puzzlesolver.domains.base import Grid
from puzzlesolver.errors import PuzzleSolverError
from puzzlesolver.models.arc.stem import ArcConfig
from puzzlesolver.refine.adapt.answer import TaskAnswer, merge
from puzzlesolver.refine.adapt.fit import FitReport, fit_task
from puzzlesolver.refine.adapt.fitters import Fitters
from puzzlesolver.refine.adapt.settings import FitSettings, Prior
from puzzlesolver.refine.adapt.sheets import canonical_variant, prepare
from puzzlesolver.refine.adapt.votes import Ballot, Vote
from tests.forks import FORKS

TINY = FitSettings(
    model=ArcConfig(width=8, scanned=4, pooled=4, hidden=8, rule=4),
    seeds=2,
    most_steps=20,
    first_check=0.5,
    check_every=5,
)


@pytest.fixture(scope="module")
def two() -> Iterator[Fitters]:
    """Two processes, which start slowly: they serve one test after another."""
    with Fitters(processes=2) as fitters:
        yield fitters


@pytest.fixture(params=[1, 2])
def fitters(request: pytest.FixtureRequest, two: Fitters) -> Iterator[Fitters]:
    """This process, or two others."""
    with contextlib.nullcontext(two) if request.param == 2 else Fitters() as fitters:
        yield fitters


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def inputs(count: int, side: int = 4, seed: int = 0) -> list[Grid]:
    rng = np.random.default_rng(seed)
    return [rng.choice([0, 0, 0, 3, 6], (side, side + 1)).astype(np.uint8) for _ in range(count)]


def painted(grid: Grid) -> Grid:
    """The rule of `TASK`: what is not black becomes 8."""
    return np.where(grid > 0, 8, 0).astype(np.uint8)


def task_of(grids: list[Grid], tests: int = 1) -> Task:
    pairs = [Pair(grid, painted(grid)) for grid in grids]
    return Task("painted", tuple(pairs[:-tests]), tuple(pairs[-tests:]), "test")


TASK = task_of(inputs(4))


def told(report: FitReport) -> tuple[object, ...]:
    """What reports are compared by."""
    votes = [[(vote.grid.tolist(), vote.share) for vote in each] for each in report.votes]
    return report.step, report.loss, report.demos, [g.tolist() for g in report.guesses], votes


def answer_task(task: Task, settings: FitSettings) -> TaskAnswer:
    """What all fits say together, one after another."""
    with Fitters() as fitters:
        reports = [report for _, report in fitters.fit([task], settings) if report is not None]
    return merge(task, {report.seed: report for report in reports}.values())


def last(task: Task, settings: FitSettings, deadline: float | None = None) -> FitReport:
    """How the first fit ends."""
    *_, report = fit_task(task, 0, settings, deadline)
    return report


def test_an_easy_task_is_answered() -> None:
    settings = replace(TINY, most_steps=300, seeds=1, work=1e9, first_check=0.2)
    answer = answer_task(TASK, settings)
    assert np.array_equal(answer.attempts[0][0], painted(TASK.test[0].input))
    assert answer.demos == 1
    assert answer.rule == "same size"
    assert answer.seconds > 0
    assert 0.5 < sum(answer.shares[0]) <= 1 + 1e-9


def test_the_same_seed_gives_the_same_reports_and_another_one_gives_others() -> None:
    first, again, other = (
        [told(report) for report in fit_task(TASK, seed, TINY)] for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other
    assert [report[0] for report in first] == [0, 5, 10, 15, 20]


def test_test_outputs_change_nothing() -> None:
    wrong = replace(TASK, test=tuple(Pair(p.input, p.input.T.copy()) for p in TASK.test))
    ends = [told(last(task, TINY)) for task in (TASK, TASK.without_answers(), wrong)]
    assert ends[0] == ends[1] == ends[2]


@pytest.mark.parametrize("prior", [Prior(), Prior(pointing=True)])
@pytest.mark.parametrize(
    "variant", [Variant(turn, bytes([0, 4, 7, 9, 1, 2, 3, 5, 6, 8])) for turn in (0, 1, 4, 6)]
)
def test_an_equivalent_task_gets_the_equivalent_answer(variant: Variant, prior: Prior) -> None:
    settings = replace(TINY, priors=(prior,))
    answer = answer_task(TASK, settings)
    other = answer_task(variant.apply_task(TASK), settings)
    for one, two in zip(answer.attempts, other.attempts, strict=True):
        assert all(map(np.array_equal, one, map(variant.undo, two)))
    assert answer.shares == other.shares


def test_equivalent_tasks_have_one_canonical_form() -> None:
    forms = set()
    for turn, colours in itertools.product(range(8), (range(10), (0, 5, 1, 2, 8, 9, 3, 4, 7, 6))):
        task = Variant(turn, bytes(colours)).apply_task(TASK)
        canonical = canonical_variant(task).apply_task(task)
        forms.add(b"".join(pair.key for pair in (*canonical.train, *canonical.test)))
    assert len(forms) == 1


def test_where_turns_do_not_change_the_demonstrations_the_test_decides() -> None:
    square, corner = np.full((3, 3), 2, np.uint8), np.array([[2, 0], [0, 0]], np.uint8)
    forms = set()
    for turn in range(4):
        pairs = (Pair(square, square), Pair(square, square)), (Pair(corner),)
        task = Variant(turn, bytes(range(10))).apply_task(Task("corner", *pairs))
        forms.add(canonical_variant(task).apply_task(task).test[0].key)
    assert len(forms) == 1


def test_reports_tell_where_the_fit_stands() -> None:
    *early, last = fit_task(TASK, 0, replace(TINY, most_steps=30, first_check=0.5))
    assert [report.step for report in (*early, last)] == [0, 5, 10, 15, 20, 25, 30]
    assert early[0].guesses == () and not early[0].votes[0]
    assert last.guesses[0].shape == TASK.test[0].input.shape
    assert sum(vote.share for vote in last.votes[0]) == pytest.approx(1)
    assert last.loss < early[1].loss < early[0].loss


def test_a_fit_that_is_sure_stops_early() -> None:
    grids = inputs(4)
    task = Task("copy", tuple(Pair(g, g) for g in grids[:-1]), (Pair(grids[-1]),), "test")
    settings = replace(TINY, most_steps=1000, work=1e9, first_check=0.0, enough_loss=0.1)
    report = last(task, settings)
    assert report.ended == "sure"
    assert report.demos == 1
    assert report.step < 500


def ends_of(fitters: Fitters, tasks: list[Task], settings: FitSettings) -> list[list[FitReport]]:
    """The last reports of the fits of each task."""
    ends: list[dict[int, FitReport]] = [{} for _ in tasks]
    complete = []
    for number, report in fitters.fit(tasks, settings):
        if report is None:
            complete.append(number)
        else:
            ends[number][report.seed] = report
    assert sorted(complete) == list(range(len(tasks)))
    return [list(each.values()) for each in ends]


def test_rounds_of_fits_end_when_they_are_sure(fitters: Fitters) -> None:
    rounds = replace(TINY, rounds=3)
    for enough, count in ((0.0, 2), (1.0, 6)):
        (fits,) = ends_of(fitters, [TASK], replace(rounds, enough_chance=enough))
        assert sorted(fit.seed for fit in fits) == list(range(count))


def test_fits_in_other_processes_give_the_same_answer(two: Fitters) -> None:
    answer = answer_task(TASK, TINY)
    for _ in range(2):  # the processes serve one task after another
        for ends in ends_of(two, [TASK, TASK, TASK], TINY):
            other = merge(TASK, ends)
            assert [told(fit) for fit in other.fits] == [told(fit) for fit in answer.fits]
            assert other.shares == answer.shares


def test_a_fit_left_early_lets_the_next_task_begin(two: Fitters) -> None:
    next(two.fit([large(12, count=3)], FitSettings()))
    (ends,) = ends_of(two, [TASK], TINY)
    assert sorted(report.seed for report in ends if report.ended) == [0, 1]


@dataclass(frozen=True, eq=False, kw_only=True)
class Deadly(Task):
    """Kills a process that fits it, until so many files are there."""

    deaths: int
    folder: Path

    def without_answers(self) -> Task:
        count = len([*self.folder.iterdir()])
        if multiprocessing.parent_process() is not None and count < self.deaths:
            (self.folder / str(count)).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().without_answers()


def deadly(deaths: int, folder: Path) -> Deadly:
    return Deadly(TASK.name, TASK.train, TASK.test, TASK.source, deaths=deaths, folder=folder)


def test_another_process_runs_the_fit_of_one_that_died(two: Fitters, tmp_path: Path) -> None:
    whole = [told(fit) for fit in answer_task(TASK, TINY).fits]
    for ends in ends_of(two, [TASK, deadly(2, tmp_path), TASK], TINY):
        assert [told(fit) for fit in merge(TASK, ends).fits] == whole
    assert len([*tmp_path.iterdir()]) == 2


def test_a_process_that_died_while_it_was_idle_is_replaced() -> None:
    before = {*multiprocessing.active_children()}
    with Fitters(processes=2) as fitters:
        for _ in range(2):
            (ends,) = ends_of(fitters, [TASK], replace(TINY, seeds=1))
            assert len(ends) == 1
            for process in {*multiprocessing.active_children()} - before:
                process.kill()
                process.join()


def test_a_task_that_kills_three_processes_ends_the_run(two: Fitters, tmp_path: Path) -> None:
    with pytest.raises(PuzzleSolverError, match="3 processes died at task painted") as caught:
        list(two.fit([deadly(99, tmp_path)], replace(TINY, seeds=1)))
    assert "the same command goes on" in caught.value.hint and len([*tmp_path.iterdir()]) == 3


@pytest.mark.parametrize(
    "prior", [Prior(), Prior(shapes=True), Prior(alternating=True), Prior(pointing=True)]
)
def test_priors_change_a_fit_that_stays_reproducible(prior: Prior) -> None:
    either = [replace(TINY, denoise=0), replace(TINY, priors=(prior,))]
    first, again = ([told(report) for report in fit_task(TASK, 0, either[1])] for _ in range(2))
    *_, other = fit_task(TASK, 0, either[0])
    assert first == again and first[-1] != told(other)
    easy = replace(either[1], most_steps=300, seeds=1, work=1e9, first_check=0.2)
    answer = answer_task(TASK, easy)
    assert np.array_equal(answer.attempts[0][0], painted(TASK.test[0].input))


def test_a_pointing_fit_learns_where_its_cells_are_copied_from() -> None:
    rng = np.random.default_rng(3)
    grids = [rng.permutation(np.arange(1, 10, dtype=np.uint8)).reshape(3, 3) for _ in range(4)]
    pairs = [Pair(grid, np.vstack([grid, grid[::-1]])) for grid in grids]
    task = Task("folded", tuple(pairs[:3]), tuple(pairs[3:]), "test")
    settings = replace(TINY, seeds=1, most_steps=150, priors=(Prior(pointing=True),))
    assert np.array_equal(answer_task(task, settings).attempts[0][0], pairs[3].output)


def test_more_sizes_are_tried_where_there_is_no_rule() -> None:
    grids = [np.ones((side, 3), np.uint8) for side in (3, 4, 5, 6)]
    taller = [Pair(grid, np.ones((4 * len(grid) - 3, 3), np.uint8)) for grid in grids]
    task = Task("taller", tuple(taller[:3]), (Pair(grids[3]),), "test")
    answer = answer_task(task, TINY)
    assert answer.rule in ("4 × rows - 3 by columns", "rows by 4 × columns - 3")  # it may be turned
    assert answer.attempts[0][0].shape == (21, 3)


def test_fits_with_less_loss_weigh_more() -> None:
    one, two = np.ones((1, 1), np.uint8), np.full((1, 1), 2, np.uint8)
    fits = []
    for seed, (grid, loss) in enumerate(((one, 0.5), (two, 0.1))):
        ballot = Ballot()
        ballot.add(grid, 0.3)
        votes = (ballot.shares(),)
        fits.append(
            FitReport(seed, 1, 1, 1.0, loss, 1.0, "spent", (grid,), votes, "same size", None)
        )
    task = Task("t", (Pair(one, one),), (Pair(one),), "test")
    answer = merge(task, fits)
    assert [grid.item() for grid in answer.attempts[0]] == [2, 1]
    assert answer.shares[0][0] == pytest.approx(1 / (1 + np.exp(-8 * 0.4)))


def test_a_grid_that_two_fits_found_counts_more_than_one_that_one_found_often() -> None:
    grids = [np.full((1, 1), colour, np.uint8) for colour in (1, 2, 3, 4)]
    task = Task("t", (Pair(grids[0], grids[0]),), (Pair(grids[0]),), "test")
    fits = []
    for seed, alone in enumerate(grids[:2]):
        votes = (Vote(alone, 0.6), Vote(grids[2], 0.25), Vote(grids[3], 0.15))
        fits.append(FitReport(seed, 1, 1, 1.0, 0.1, 1.0, "spent", (), (votes,), "same size"))
    answer = merge(task, fits)
    assert [grid.item() for grid in answer.attempts[0]] == [3, 4]
    assert answer.shares[0] == (pytest.approx(0.25), pytest.approx(0.15))  # of all votes


def test_a_task_without_a_rule_is_answered_with_its_input_and_a_guess() -> None:
    grid = np.ones((2, 3), np.uint8)
    demos = (Pair(grid, grid[:1]), Pair(grid, grid), Pair(grid, grid[:, :1]))
    answer = answer_task(Task("none", demos, (Pair(grid),), "test"), TINY)
    assert answer.rule == ""
    assert [attempt.tolist() for attempt in answer.attempts[0]] == [grid.tolist(), [[1, 1, 1]]]
    assert answer.shares == [(0.0, 0.0)] and answer.unanswered == (1,)


def test_two_attempts_differ_in_the_least_sure_cell_where_all_votes_agree() -> None:
    answer = answer_task(TASK, replace(TINY, most_steps=10, seeds=1, first_check=1.0))
    first, second = answer.attempts[0]
    assert answer.shares == [(1.0, 0.0)]
    assert first.shape == second.shape and (first != second).sum() == 1


def test_attempts_differ_even_where_all_is_one_colour() -> None:
    for colour in (0, 1):
        grid = np.full((2, 2), colour, np.uint8)
        demos = (Pair(grid, grid),) * 2
        answer = answer_task(Task("plain", demos, (Pair(grid),), "test"), TINY)
        first, second = answer.attempts[0]
        assert not np.array_equal(first, second)


def test_outputs_on_another_canvas_hear_the_whole_input() -> None:
    task = Task(
        "corner",
        tuple(Pair(grid, grid[:1, :1]) for grid in inputs(3)),
        (Pair(inputs(4)[3]),),
        "test",
    )
    desk = prepare(task)
    assert desk is not None
    assert all(sheet.source is not None and sheet.source.cells == 20 for sheet in desk.demos)
    answer = answer_task(task, TINY)
    assert answer.attempts[0][0].shape == (1, 1)


def large(side: int = 30, count: int = 10) -> Task:
    rng = np.random.default_rng(0)
    grids = [rng.integers(0, 10, (side, side)).astype(np.uint8) for _ in range(count + 1)]
    return Task("large", tuple(Pair(g, g[::-1].copy()) for g in grids[:-1]), (Pair(grids[-1]),), "")


def test_a_deadline_ends_a_large_fit_with_an_answer() -> None:
    report = last(large(count=2), FitSettings(), deadline=time.monotonic())
    assert (report.step, report.ended) == (1, "late")
    assert report.votes[0][0].grid.shape == (30, 30)


def test_no_fit_begins_after_the_deadline(fitters: Fitters) -> None:
    reports = list(fitters.fit([TASK, TASK], TINY, deadline=time.monotonic() - 10_000))
    assert reports == [(0, None), (1, None)]


def test_what_does_not_end_in_time_is_cut_off() -> None:
    slow = FitSettings(predict_steps=10**9, first_check=0.0)
    with Fitters() as fitters:
        reports = list(fitters.fit([TASK], slow, deadline=time.monotonic() + 0.1))
    assert reports[-1] == (0, None)
    assert {report.ended for _, report in reports if report is not None} <= {""}


def fit_the_largest(peak: Connection) -> None:
    """Send the most memory in use; in a process of its own."""
    task = large(count=19)
    cut = tuple(Pair(pair.input, pair.input[:29].copy()) for pair in task.train)
    task = replace(task, train=cut[:10], test=(*task.test, *cut[10:]))
    answer_task(task, FitSettings(seeds=1, most_steps=1, first_check=0.5))
    unit = 1 << (10 if sys.platform == "linux" else 20)
    peak.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)


def test_the_largest_tasks_take_less_than_two_gigabytes() -> None:
    """Ten times more pixels than any public task has, all colours, an output of another size."""
    ours, theirs = FORKS.Pipe()
    process = FORKS.Process(target=fit_the_largest, args=(theirs,))
    process.start()
    theirs.close()
    assert 100 < ours.recv() < 2_000, "megabytes"
    process.join()


def test_cpu_seconds_end_a_fit_with_an_answer() -> None:
    report = last(large(count=2), FitSettings(seconds=0.0))
    assert report.step == 1
    assert report.votes[0][0].grid.shape == (30, 30)
