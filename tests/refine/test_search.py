from __future__ import annotations

import weakref
from dataclasses import replace
from itertools import islice

import numpy as np
import torch

from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.models.interface import Habits, Readout
from puzzlesolver.models.registry import build_model
from puzzlesolver.refine.policy import Policy
from puzzlesolver.refine.search import Attempt, Reading, Search, next_attempt, start_search

SOLUTION = np.array([[1, 2, 3, 4], [3, 4, 1, 2], [2, 1, 4, 3], [4, 3, 2, 1]], np.uint8)
SUDOKU = get_domain("sudoku")
STATE = (torch.zeros(1),)


def puzzle_with(*blanks: tuple[int, int]) -> Puzzle:
    grid = SOLUTION.copy()
    for cell in blanks:
        grid[cell] = 0
    return Puzzle("sudoku", "test", grid, "test")


def belief(**cells: list[float]) -> np.ndarray:
    """Certainty of the solution, but for cells such as `r0c1=[…]`."""
    probabilities = np.eye(4, dtype=np.float32)[SOLUTION.reshape(-1) - 1]
    for name, row in cells.items():
        probabilities[4 * int(name[1]) + int(name[3])] = row
    return probabilities


def reading(
    probabilities: np.ndarray, contradiction: float = 0.0, settled: bool = False
) -> Reading:
    logits = 12 + torch.from_numpy(probabilities)[None].clamp_min(1e-9).log()
    return Reading(Readout(logits, contradiction=torch.tensor([contradiction])), settled, STATE)


def clamps(attempt: Attempt, puzzle: Puzzle) -> dict[int, int]:
    new = np.flatnonzero(attempt.tokens != puzzle.grid.reshape(-1))
    return {int(cell): int(attempt.tokens[cell]) for cell in new}


def begin(puzzle: Puzzle, **policy: object) -> tuple[Search, Attempt]:
    generator = torch.Generator().manual_seed(0)
    settings = Policy(**policy).suiting(Habits())
    search = start_search(puzzle, SUDOKU, settings, generator)
    return search, next(search)


FOUR_BLANKS = puzzle_with((0, 0), (0, 1), (2, 0), (2, 1))


def test_begins_with_the_givens_and_fresh_noise() -> None:
    _, attempt = begin(FOUR_BLANKS)
    assert not clamps(attempt, FOUR_BLANKS)
    assert attempt.state is None


def test_clamps_the_least_certain_cell_to_its_likelier_digit_first() -> None:
    search, _ = begin(FOUR_BLANKS)
    unsure = reading(belief(r0c0=[0.55, 0.45, 0, 0], r0c1=[0.1, 0.9, 0, 0]))
    first = search.send(unsure)
    assert clamps(first, FOUR_BLANKS) == {0: 1}
    assert first.state is STATE
    second = search.send(reading(belief(), contradiction=1.0))
    assert clamps(second, FOUR_BLANKS) == {0: 2}


def test_of_cells_alike_it_clamps_the_one_that_decides_more_of_its_peers() -> None:
    puzzle = puzzle_with((0, 0), (0, 1), (3, 3))
    search, _ = begin(puzzle)
    evenly = {"r0c0": [0.55, 0.45, 0, 0], "r0c1": [0.45, 0.55, 0, 0], "r3c3": [0.5, 0.5, 0, 0]}
    (clamped,) = clamps(search.send(reading(belief(**evenly))), puzzle)
    assert clamped in (0, 1)


def test_a_hypothesis_in_much_doubt_waits_but_is_not_dropped() -> None:
    search, _ = begin(FOUR_BLANKS)
    search.send(reading(belief(r0c0=[0.55, 0.45, 0, 0])))
    other = search.send(reading(belief(r0c1=[0, 0.6, 0.4, 0]), contradiction=0.97))
    assert clamps(other, FOUR_BLANKS) == {0: 2}
    below = search.send(reading(belief(r0c0=[0, 1, 0, 0]), contradiction=1.0))
    assert clamps(below, FOUR_BLANKS) == {0: 1, 1: 2}


def test_goes_deeper_into_what_it_believes_in() -> None:
    search, _ = begin(FOUR_BLANKS)
    search.send(reading(belief(r0c0=[0.55, 0.45, 0, 0])))
    deeper = search.send(reading(belief(r0c1=[0, 0.6, 0.4, 0])))
    assert clamps(deeper, FOUR_BLANKS) in ({0: 2}, {0: 1, 1: 2})


def test_a_hypothesis_whose_sure_cells_clash_has_no_children() -> None:
    search, _ = begin(FOUR_BLANKS)
    search.send(reading(belief(r0c0=[0.6, 0.4, 0, 0])))
    clash = reading(belief(r0c1=[0.995, 0.005, 0, 0], r2c0=[0, 0.5, 0, 0.5]))
    assert clamps(search.send(clash), FOUR_BLANKS) == {0: 2}


def test_a_digit_that_clashes_with_the_givens_is_not_tried() -> None:
    search, _ = begin(FOUR_BLANKS)
    # 4 stands in row 0 already.
    attempts = [search.send(reading(belief(r0c0=[0.5, 0, 0, 0.5])))]
    attempts.append(search.send(reading(belief(), contradiction=1.0)))
    assert clamps(attempts[0], FOUR_BLANKS) == {0: 1}
    assert attempts[1].state is None, "the tree is exhausted: a restart"


def test_an_exhausted_tree_restarts_for_ever() -> None:
    search, attempt = begin(puzzle_with((0, 0)))
    refuted = reading(belief(r0c0=[1, 0, 0, 0]), contradiction=1.0)
    starts = 0
    for _ in range(20):
        attempt = search.send(refuted)
        starts += attempt.state is None
    assert starts == 10


ALL_BLANK = puzzle_with(*np.ndindex(4, 4))
UNSURE = np.full((16, 4), 0.25, np.float32)


def test_a_root_whose_first_hypotheses_are_all_doubted_is_shaken() -> None:
    search, _ = begin(ALL_BLANK, patience=8)
    attempts = [search.send(reading(UNSURE))]
    attempts += [search.send(reading(UNSURE, contradiction=0.95)) for _ in range(8)]
    assert all(clamps(each, ALL_BLANK) for each in attempts[:8])
    shaken = [attempts[8], search.send(reading(UNSURE))]
    for each in shaken:
        assert each.state is not None and not clamps(each, ALL_BLANK) and each.patience == 4
        assert not torch.equal(each.state[0], STATE[0])
    assert len(clamps(search.send(reading(UNSURE)), ALL_BLANK)) == 1


def test_one_hypothesis_that_is_not_doubted_keeps_its_root_for_long() -> None:
    search, _ = begin(ALL_BLANK)
    search.send(reading(UNSURE))
    attempt = search.send(reading(UNSURE, contradiction=0.5))
    steps = 16
    while clamps(attempt, ALL_BLANK):
        attempt = search.send(reading(UNSURE, contradiction=0.95))
        steps += 16
    assert attempt.state is not None and steps == 1_024


def test_without_search_there_are_only_restarts() -> None:
    search, _ = begin(FOUR_BLANKS, search=False, patience=7)
    for attempt in islice(iter(lambda: search.send(reading(belief())), None), 5):
        assert attempt.state is None
        assert attempt.patience == 7
        assert not clamps(attempt, FOUR_BLANKS)


def test_settle_is_one_attempt_with_the_whole_budget() -> None:
    search, attempt = begin(FOUR_BLANKS, mode="settle", max_steps=123)
    assert attempt.patience == 123
    assert next_attempt(search, reading(belief(r0c0=[0.5, 0.5, 0, 0]), settled=True)) is None


def test_raw_supposes_turns_what_is_refuted_and_ends_when_all_is_decided() -> None:
    search, _ = begin(FOUR_BLANKS, mode="raw")
    unsure = belief(r0c0=[0.5, 0.5, 0, 0])
    first = search.send(reading(unsure, settled=True))
    assert list(clamps(first, FOUR_BLANKS)) == [0]
    assert first.state is STATE, "no restart"
    other = search.send(reading(unsure, contradiction=0.9))
    tried = {clamps(first, FOUR_BLANKS)[0], clamps(other, FOUR_BLANKS)[0]}
    assert tried == {1, 2} and other.state is STATE
    dropped = search.send(reading(unsure, contradiction=0.9))
    assert not clamps(dropped, FOUR_BLANKS)
    assert dropped.state is STATE
    search.send(reading(unsure))
    waiting = search.send(reading(belief()))
    assert waiting.state is STATE, "decided, but still moving"
    assert next_attempt(search, reading(belief(), settled=True)) is None


def test_raw_calms_a_state_that_goes_on_moving_when_all_is_decided() -> None:
    search, _ = begin(FOUR_BLANKS, mode="raw")
    moving = [search.send(reading(belief())).calming for _ in range(6)]
    assert not moving[0] and moving[-1]
    unsure = reading(belief(r0c0=[0.5, 0.5, 0, 0]))
    assert not search.send(unsure).calming, "a new supposition is left alone"


def test_raw_drops_suppositions_that_decide_nothing() -> None:
    search, _ = begin(FOUR_BLANKS, mode="raw", deepest=2)
    unsure = reading(np.full((16, 4), 0.25, np.float32))
    standing = [len(clamps(search.send(unsure), FOUR_BLANKS)) for _ in range(4)]
    assert standing == [1, 2, 0, 1]


def test_the_search_finds_the_only_solution_without_any_help_from_beliefs() -> None:
    """A model that knows nothing: the tree alone goes through all clamps, the rules refute."""
    puzzle = replace(FOUR_BLANKS, grid=puzzle_with((0, 0), (0, 1), (1, 0), (1, 1)).grid)
    search, attempt = begin(puzzle)
    tried = set()
    for _ in range(200):
        tried.add(attempt.tokens.tobytes())
        if (attempt.tokens == SOLUTION.reshape(-1)).all():
            break
        attempt = search.send(reading(np.full((16, 4), 0.25, np.float32)))
    else:
        raise AssertionError("never tried the solution")
    assert len(tried) < 200


def test_states_that_the_budget_cannot_reach_are_let_go() -> None:
    """So memory is bounded by what is left, and no longer grows with every hypothesis."""
    search, attempt = begin(puzzle_with(*np.ndindex(4, 4)), max_steps=1_600)
    unsure = np.full((16, 4), 0.25, np.float32)
    states: list[weakref.ref[torch.Tensor]] = []
    for _ in range(100):
        state = torch.zeros(1)
        states.append(weakref.ref(state))
        attempt = search.send(replace(reading(unsure), state=(state,)))
    del state, attempt
    assert sum(ref() is not None for ref in states) < 40


def test_a_stem_of_more_layers_is_given_fewer_steps() -> None:
    deep, usual = (
        Policy().suiting(build_model("stem", {"layers": layers}).config.habits) for layers in (4, 2)
    )
    assert (usual.patience, usual.branch_patience) == (48, 16)
    assert (deep.patience, deep.branch_patience) == (24, 8)
