"""Tasks of ARC through the door of puzzles: what results say, and what Ctrl-C leaves."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

import puzzlesolver
from puzzlesolver.domains.arc import Pair, Task, TaskPuzzle
from puzzlesolver.domains.arc.task import as_puzzle
from puzzlesolver.errors import UsageError
from puzzlesolver.models.arc.stem import ArcConfig
from puzzlesolver.refine.adapt.fit import FitReport
from puzzlesolver.refine.adapt.settings import FitSettings
from puzzlesolver.tasks import TaskResult, TaskSolver, describe_data, load_task_solver

EXAMPLE = Path(__file__).parents[1] / "examples/puzzles/arc/mirror.json"

TINY = FitSettings(
    ArcConfig(width=4, scanned=2, pooled=2, hidden=4, rule=2), seeds=2, most_steps=20
)


def puzzle(name: str) -> TaskPuzzle:
    grid = np.array([[1, 0], [0, 1]], np.uint8)
    return as_puzzle(Task(name, (Pair(grid, grid),), (Pair(grid),), name))


def test_what_is_stopped_early_blames_no_size_rule() -> None:
    def interrupt(task: TaskPuzzle, report: FitReport) -> None:
        raise KeyboardInterrupt

    stopped = next(TaskSolver(TINY).solve([puzzle("one")], interrupt))
    assert stopped.status == "interrupted" and "stopped before the first" in stopped.reason
    first, second = stopped.fitted.attempts[0]
    assert not np.array_equal(first, second)


@dataclass(frozen=True, eq=False, kw_only=True)
class Waiting(Task):
    """Is fitted when a file is there."""

    for_: Path

    def without_answers(self) -> Task:
        while multiprocessing.parent_process() is not None and not self.for_.exists():
            time.sleep(0.01)
        return super().without_answers()


def test_a_result_is_kept_before_those_that_are_printed_first(tmp_path: Path) -> None:
    second = puzzle("second")
    first = Waiting("first", second.task.train, second.task.test, for_=tmp_path / "second")
    kept = []

    def keep(result: TaskResult) -> None:
        kept.append(result.puzzle.name)
        (tmp_path / result.puzzle.name).touch()

    one_fit = TaskSolver(replace(TINY, seeds=1), processes=2)
    results = one_fit.solve([as_puzzle(first), second], keep=keep)
    assert [result.puzzle.name for result in results] == ["first", "second"]
    assert kept == ["second", "first"]


@pytest.mark.parametrize("processes", [1, 2])
def test_ctrl_c_leaves_the_votes_so_far(processes: int) -> None:
    def interrupt(task: TaskPuzzle, report: FitReport) -> None:
        if task.name == "second" and report.votes[0]:
            raise KeyboardInterrupt

    results: Iterator = TaskSolver(TINY, processes).solve(
        [puzzle("first"), puzzle("second"), puzzle("third")], interrupt
    )
    assert next(results).status == "answered"
    interrupted = next(results)
    assert interrupted.status == "interrupted"
    assert interrupted.fitted.shares[0][0] > 0
    with pytest.raises(KeyboardInterrupt):
        next(results)


def test_what_a_time_limit_cut_short_is_told_from_what_had_its_time() -> None:
    endless = replace(TINY, seeds=1, most_steps=10**9, work=1e15, first_check=0.0, enough_loss=0)
    (cut,) = TaskSolver(endless).solve([puzzle("one")], deadline=time.monotonic() + 1)
    assert cut.late and cut.steps > 0 and cut.fitted.fits[0].ended == "late"
    (whole,) = TaskSolver(TINY).solve([puzzle("one")], deadline=time.monotonic() + 10_000)
    assert not whole.late


def test_tasks_share_a_time_limit() -> None:
    endless = replace(
        TINY, seeds=1, most_steps=10**9, work=1e15, seconds=1e9, first_check=0.0, enough_loss=0
    )
    tasks = map(puzzle, ("first", "second"))
    results = [*TaskSolver(endless).solve(tasks, deadline=time.monotonic() + 3)]
    assert [each.puzzle.name for each in results] == ["first", "second"]
    assert all(each.late and each.fitted.shares[0][0] > 0 for each in results)


def test_settled_means_that_every_fit_was_sure() -> None:
    (spent,) = TaskSolver(TINY).solve([puzzle("one")])
    assert not spent.settled and {fit.ended for fit in spent.fitted.fits} == {"spent"}
    easy = FitSettings(TINY.model, seeds=2, most_steps=200, enough_loss=10.0, first_check=0.0)
    (sure,) = TaskSolver(easy).solve([puzzle("one")])
    assert sure.settled and sure.verdict.status == "unverifiable"


def test_settings_of_a_refinement_have_their_meaning_or_are_refused() -> None:
    solver = load_task_solver({"seed": 2, "max_steps": 100, "restarts": 3}, processes=8)
    assert (solver.settings.seeds, solver.settings.most_steps) == (4, 25)
    assert (solver.settings.first_seed, solver.processes, solver.max_steps) == (2_000, 8, 100)
    assert load_task_solver({"effort": "quick", "max_steps": 100}).settings.most_steps == 50
    with pytest.raises(UsageError, match="how many fits"):
        load_task_solver({"effort": "quick", "restarts": 3})
    with pytest.raises(UsageError, match="--rollouts"):
        load_task_solver({"rollouts": 8})


def test_the_public_function_answers_tasks() -> None:
    text = '{"train": [{"input": [[1]], "output": [[1]]}], "test": [{"input": [[1]]}]}'
    (result,) = puzzlesolver.solve(text, max_steps=4, restarts=0)
    assert result.status == "answered" and result.answers[0].tolist() == [[1]]


def test_lines_of_one_file_are_one_source() -> None:
    tasks = [replace(puzzle(each).task, source=f"list.jsonl{each}") for each in ("", ":2", ":3")]
    assert describe_data(tasks)["source"] == "list.jsonl"


def test_the_example_is_answered_rightly() -> None:
    (result,) = puzzlesolver.solve(str(EXAMPLE))
    (question,) = (pair.input for pair in result.puzzle.task.test)
    left = question[:, : question.shape[1] // 2]
    assert result.answers[0].tolist() == np.hstack([left, left[:, ::-1]]).tolist()
    assert result.settled
