"""What the page computes itself: the rules, the start and the parsers say the same as Python's."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.domains.sudoku.board import Board, make_board
from puzzlesolver.domains.sudoku.generate import generate as generate_sudokus
from puzzlesolver.models.interface import Habits, Readout
from puzzlesolver.refine import search as search_rules
from puzzlesolver.refine.engines.engine import noise_of
from puzzlesolver.refine.policy import Policy
from puzzlesolver.refine.search import Reading, start_search
from puzzlesolver.refine.suppose import FURTHER
from puzzlesolver.refine.track import seed_of
from tests.web.support import Page

EXAMPLES = Path(__file__).parents[2] / "examples" / "puzzles"
READ = [
    *(f"sudoku/{name}.txt" for name in ("grid", "line", "blanks", "commas", "extreme", "spaces")),
    *(f"sudoku/{name}.txt" for name in ("tabs", "4x4", "6x6", "16x16")),
    "sudoku/simple.ss",
    "maze/ascii.txt",
    "maze/unsolvable.txt",
]
"""Formats that the page reads, too; of several puzzles the first."""


def corrupted(puzzle: Puzzle, values: int, rng: np.random.Generator) -> list[int]:
    """The right answer with up to three cells changed."""
    answer = get_domain(puzzle.domain).solve_exactly(puzzle)
    assert answer is not None
    cells = answer.ravel().copy()
    for _ in range(rng.integers(4)):
        cells[rng.integers(len(cells))] = rng.integers(values)
    found: list[int] = cells.tolist()
    return found


MAP = "jigsaw=111222551122351424354444355666333666"


def as_told(board: Board) -> dict[str, Any]:
    """What `models.json` tells of a board."""
    rows, columns = board.shape
    return {"rows": rows, "columns": columns, "units": [*map(asdict, board.units)]}


@pytest.mark.parametrize(
    ("side", "rules"),
    [
        (4, ""),
        (6, MAP),
        (8, ""),
        (9, ""),
        (9, "x,knight"),
        (9, "windoku,king"),
        (12, ""),
        (16, "x"),
    ],
)
def test_sudokus_are_judged_as_by_our_rules(page: Page, side: int, rules: str) -> None:
    rng, domain = np.random.default_rng(side), get_domain("sudoku")
    cases, expected, board = [], [], make_board(side, rules)
    for puzzle in generate_sudokus(4, side, size=side, rules=rules, difficulty="easy"):
        for _ in range(10):
            cells = corrupted(puzzle, side + 1, rng)
            answer = np.array(cells, np.uint8).reshape(side, side)
            verdict, clash = (
                domain.verify(puzzle, answer),
                domain.contradiction(Puzzle("sudoku", "", answer, "", board=board)),
            )
            cases.append([puzzle.grid.ravel().tolist(), cells])
            expected.append([verdict.status, verdict.reason, clash.reason if clash else None])
    said = page.call(
        "./sudoku-rules.js",
        "args[0].map(([givens, cells]) => { const v = module.verify(givens, cells, args[1]);"
        "return [v.status, v.reason, module.contradiction(cells, args[1])?.reason ?? null]; })",
        cases,
        as_told(board),
    )
    assert said == expected
    assert {status for status, *_ in expected} == {"verified", "wrong"}


@pytest.mark.parametrize("rules", ["", "x,king"])
def test_solutions_are_counted_as_by_our_rules(page: Page, rules: str) -> None:
    rng, domain, boards, expected = np.random.default_rng(0), get_domain("sudoku"), [], []
    board = make_board(9, rules)
    for puzzle in generate_sudokus(10, 1, size=9, rules=rules):
        grid = puzzle.grid.copy()
        given = np.flatnonzero(grid)
        changed = grid.copy()
        changed.flat[rng.choice(given)] = rng.integers(1, 10)
        fewer = grid.copy()
        fewer.flat[rng.choice(given, 3)] = 0
        for each in (grid, changed, fewer):
            boards.append(each.ravel().tolist())
            expected.append(domain.count_solutions(Puzzle("sudoku", "", each, "", board=board)))
    said = page.call(
        "./sudoku-rules.js",
        "args[0].map(board => module.findSolutions(board, args[1]).count)",
        boards,
        as_told(board),
    )
    assert said == expected and set(expected) == {0, 1, 2}


def test_hypotheses_and_shaken_states_are_those_of_our_search(page: Page) -> None:
    rng, domain, nodes = np.random.default_rng(0), get_domain("sudoku"), 32
    board = make_board(4)
    puzzle = Puzzle("sudoku", "", np.zeros((4, 4), np.uint8), "", board=board)
    policy = Policy(max_steps=9_999, patience=8).suiting(Habits())
    beliefs = rng.dirichlet(np.full(4, 0.5), (200, 16)).astype(np.float32)
    doubts = np.r_[np.full(20, 0.95), rng.uniform(0, 1, 180)].tolist()
    states = rng.standard_normal((200, nodes)).astype(np.float32)
    search = start_search(puzzle, domain, policy, torch.Generator())
    attempts = [next(search)]
    for belief, doubt, state in zip(beliefs, doubts, states, strict=True):
        readout = Readout(torch.from_numpy(belief).log()[None], contradiction=torch.tensor([doubt]))
        attempts.append(search.send(Reading(readout, False, (torch.from_numpy(state),))))
    told = {
        name: getattr(search_rules, name.upper())
        for name in ("faint", "guess", "sure", "refuted", "open", "sway", "doubted", "enough",
                     "haste", "long", "shake", "shake_every")
    }  # fmt: skip
    told |= {"patience": 8, "branch_patience": 16, "further": FURTHER, "mode": "verified"}
    said = page.call(
        "./search.js",
        "import('./sudoku.js').then(kind => {"
        "const search = module.startSearch(kind, args[0], new Uint8Array(16), args[1]), found = [];"
        "let next = search.next(); args[2].forEach(([belief, contradiction, state]) => {"
        "found.push(next.value); next = search.next({ contradiction,"
        "probabilities: Float32Array.from(belief), state: [Float32Array.from(state)] }); });"
        "return found.map(({ tokens, patience, state }) =>"
        "[[...tokens], patience, state ? [...state[0]] : []]); })",
        as_told(board),
        told,
        [
            [b.ravel().tolist(), d, s.tolist()]
            for b, d, s in zip(beliefs, doubts, states, strict=True)
        ],
    )
    assert [each[:2] for each in said] == [
        [each.tokens.tolist(), each.patience] for each in attempts[:-1]
    ]
    assert sum(each.patience == search_rules.SHAKE_EVERY for each in attempts) >= 4
    for (*_, state), ours in zip(said, attempts, strict=False):
        expected = [] if ours.state is None else ours.state[0].tolist()
        assert state == pytest.approx(expected, abs=1e-5)


def test_mazes_are_judged_as_by_our_rules(page: Page) -> None:
    rng, domain = np.random.default_rng(0), get_domain("maze")
    cases, expected = [], []
    for puzzle in domain.generate(20, 0, size=(7, 9), difficulty="easy", kind="open"):
        for _ in range(10):
            cells = corrupted(puzzle, 5, rng)
            verdict = domain.verify(puzzle, np.array(cells, np.uint8).reshape(7, 9))
            cases.append([puzzle.grid.ravel().tolist(), cells])
            expected.append([verdict.status, verdict.reason])
    said = page.call(
        "./maze-rules.js",
        "args[0].map(([maze, cells]) => {"
        "const v = module.verify(Uint8Array.from(maze), Uint8Array.from(cells), 9);"
        "return [v.status, v.reason]; })",
        cases,
    )
    assert said == expected
    assert len({reason[:9] for _, reason in expected}) > 4, "many kinds of fault"


def test_a_trajectory_starts_from_the_same_noise(page: Page) -> None:
    for size in (4, 9, 25):
        grid = np.random.default_rng(size).integers(0, size, (size, size)).astype(np.uint8)
        puzzle = Puzzle("sudoku", "", grid, "")
        seed = seed_of(puzzle, Policy(seed=size), restart=2)
        start = noise_of([seed], (1, size * size, 5))[0]
        said = page.call(
            "./noise.js",
            "Array.from(module.randn(args[2] ** 2 * 5, module.seedOf(args[2], 2, args[0])))",
            grid.ravel().tolist(),
            None,
            size,
        )
        torch.testing.assert_close(torch.tensor(said).view(start.shape), start, atol=2e-6, rtol=0)


@pytest.mark.parametrize("name", READ)
def test_text_is_read_as_by_our_parsers(page: Page, name: str) -> None:
    puzzle = next(iter(read_puzzles([str(EXAMPLES / name)])))
    rows, columns = puzzle.grid.shape
    said = page.call(
        f"./{puzzle.domain}.js",
        "Array.from(module.parse(args[0], args[1]))",
        (EXAMPLES / name).read_text(),
        {"rows": rows, "columns": columns},
    )
    assert said == puzzle.grid.ravel().tolist()


def test_examples_of_the_page_are_those_of_the_check(page: Page, folder: Path) -> None:
    for model in json.loads((folder / "models.json").read_text())["models"]:
        for example in model["examples"]:
            (puzzle,) = get_domain(model["domain"]).parse([example], "example")
            said = page.call(
                f"./{model['domain']}.js",
                "Array.from(module.parse(args[0], args[1]))",
                example,
                {"rows": model["rows"], "columns": model["columns"]},
            )
            assert said == puzzle.grid.ravel().tolist()
