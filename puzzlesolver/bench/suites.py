"""What is measured: named suites of puzzles, each with its budgets and what others published.

In: a suite's name, perhaps a file. Out: `Cases`: puzzles, the group of each, and a checksum.

    >>> cases = get_suite("sudoku-extreme").load(Path("sudoku.csv"), limit=100, seed=0)
    >>> cases.groups[0], len(cases.puzzles)
    ('puzzles2_17_clue', 100)
"""

from __future__ import annotations

import difflib
import hashlib
import io
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from puzzlesolver.bench.baselines import PUBLISHED, Published
from puzzlesolver.bench.metrics import GUESSES, Bands
from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.errors import UsageError

SIZES = (4, 6, 16)
"""Boards other than 9×9 that one set of weights is tried on."""

GENERATED = 1_000
"""Puzzles that `sudoku-extreme` makes when it is given no file; that takes minutes."""

KIND = 100
"""Puzzles of each kind in the suites that make their own."""

PATH_CELLS: Bands = (
    (59, "2-59"), (109, "60-109"), (129, "110-129"), (249, "130-249"), (499, "250-499"),
    (999, "500-999"), (math.inf, "1000+"),
)  # fmt: skip
"""Bands of maze ratings."""

LARGE = {60: 20, 100: 10, 200: 5, 400: 1}
"""Sides of the mazes of `maze-xl`, and how many of each; nobody waits for more of the largest."""

MANY_MAZES = 10_000
"""Mazes of `maze-sound`."""


@dataclass(frozen=True)
class Cases:
    """The puzzles of one run.

    Attributes:
        puzzles: in a fixed order.
        groups: where each comes from: a CSV's `source` column, or how it was made.
        name: of the data, for people.
        sha256: of the whole file, or of the generated puzzles one on a line.
    """

    puzzles: Sequence[Puzzle]
    groups: Sequence[str]
    name: str
    sha256: str


Load = Callable[[Path | None, int | None, int], Cases]
"""`load(data, limit, seed)`; `limit` counts a file's first rows, or the puzzles of each kind."""


@dataclass(frozen=True)
class Suite:
    """A fixed question put to a model.

    Attributes:
        name: key of `SUITES`.
        domain: the puzzle kind.
        description: one line for people.
        load: makes or reads the puzzles; `UsageError` for a file that is missing or not wanted.
        max_steps: budget of a puzzle by mode; the modes that are run when the user names none.
        bands: of the puzzles' ratings.
        prove: whether exact proofs of contradictions are part of what is measured.
        published: results of others, on the set of the same name.
    """

    name: str
    domain: str
    description: str
    load: Load
    max_steps: dict[str, int]
    bands: Bands = GUESSES
    prove: bool = False
    published: tuple[Published, ...] = ()


def get_suite(name: str) -> Suite:
    """The suite called `name`; raises `UsageError` with close matches."""
    if name not in SUITES:
        close = difflib.get_close_matches(name, SUITES)
        hint = f"did you mean {close[0]!r}?" if close else f"known suites: {', '.join(SUITES)}"
        raise UsageError(f"unknown suite {name!r}", where="bench", hint=hint)
    return SUITES[name]


def _extreme(data: Path | None, limit: int | None, seed: int) -> Cases:
    if data is not None:
        return _read("sudoku", data, limit)
    count = GENERATED if limit is None else limit
    made = get_domain("sudoku").generate(count, seed, difficulty="extreme")
    return _collect(
        f"generated, seed {seed}; ratings are guesses of our plain solver", {"generated": made}
    )


def _sizes(data: Path | None, limit: int | None, seed: int) -> Cases:
    _refuse(data, "sudoku-extreme reads boards of any size")
    count = KIND if limit is None else limit
    generate = get_domain("sudoku").generate
    made = {f"{size}×{size}": generate(count, seed, size=size) for size in SIZES}
    return _collect(f"generated, seed {seed}", made)


def _easy(data: Path | None, limit: int | None, seed: int) -> Cases:
    count = KIND if limit is None else limit
    kinds = {
        "random minimal": _random_boards(count, seed, one_blank=False),
        "one blank": _random_boards(count, seed + 1, one_blank=True),
    }
    made = _collect(f"generated, seed {seed}", kinds)
    if data is None:
        return made
    read = _read("sudoku", data, limit)
    return Cases(
        [*read.puzzles, *made.puzzles],
        [*read.groups, *made.groups],
        f"{read.name}, then {made.name}",
        hashlib.sha256((read.sha256 + made.sha256).encode()).hexdigest(),
    )


def _sound(data: Path | None, limit: int | None, seed: int) -> Cases:
    if data is None:
        raise UsageError(
            "this suite needs puzzles with their answers",
            where="--data",
            hint="`puzzlesolver generate sudoku -n 1000 --format csv` writes some",
        )
    cases = _read("sudoku", data, limit)
    for puzzle in cases.puzzles:
        if puzzle.label is None:
            raise UsageError("this puzzle comes without an answer", where=puzzle.source)
    return cases


def _hard_mazes(data: Path | None, limit: int | None, seed: int) -> Cases:
    if data is not None:
        return _read("maze", data, limit)
    made = get_domain("maze").generate(GENERATED if limit is None else limit, seed)
    return _collect(f"generated, seed {seed}", {"30×30": made})


def _large_mazes(data: Path | None, limit: int | None, seed: int) -> Cases:
    _refuse(data, "maze-hard reads mazes of any size")
    generate = get_domain("maze").generate
    made = {
        f"{side}×{side}": generate(count if limit is None else limit, seed, size=side)
        for side, count in LARGE.items()
    }
    return _collect(f"generated, seed {seed}", made)


def _many_mazes(data: Path | None, limit: int | None, seed: int) -> Cases:
    _refuse(data, "maze-hard reads mazes of any size")
    count = (MANY_MAZES if limit is None else limit) // 4
    generate = get_domain("maze").generate
    made = {
        f"{kind}, {difficulty}": generate(count, seed, size=20, kind=kind, difficulty=difficulty)
        for kind, difficulty in (
            ("walls", "easy"),
            ("walls", "hard"),
            ("open", "easy"),
            ("perfect", "easy"),
        )
    }
    return _collect(f"generated, seed {seed}", made)


def _refuse(data: Path | None, hint: str) -> None:
    if data is not None:
        raise UsageError("this suite makes its own puzzles", where="--data", hint=hint)


def _random_boards(count: int, seed: int, one_blank: bool) -> Iterator[Puzzle]:
    """Random minimal 9×9 boards, or full boards with one cell blanked."""
    from puzzlesolver.domains.sudoku.breed import random_minimal
    from puzzlesolver.domains.sudoku.search import MANY_GUESSES, rate, solve

    random_state = np.array([seed + 1], np.uint64)  # 0 would mean no randomness
    blank = np.random.default_rng(seed)
    for number in range(count):
        board = random_minimal(random_state)
        solution = solve(board, 1, np.zeros(1, np.uint64), MANY_GUESSES)[0]
        if one_blank:
            board = solution.copy()
            board[blank.integers(len(board))] = 0
        yield Puzzle(
            domain="sudoku",
            name=f"{'one-blank' if one_blank else 'minimal'}:{number + 1}",
            grid=board.reshape(9, 9),
            source=f"seed {seed}",
            label=solution.reshape(9, 9),
            rating=float(rate(board)),
        )


def _collect(name: str, kinds: dict[str, Iterator[Puzzle]]) -> Cases:
    pairs = [(puzzle, kind) for kind, puzzles in kinds.items() for puzzle in puzzles]
    digest = hashlib.sha256()
    for puzzle, _ in pairs:
        digest.update(get_domain(puzzle.domain).format_line(puzzle.grid).encode() + b"\n")
    return Cases([p for p, _ in pairs], [kind for _, kind in pairs], name, digest.hexdigest())


def _read(domain: str, path: Path, limit: int | None) -> Cases:
    """The first `limit` puzzles of a file; a CSV's `source` column groups them."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read: {error.strerror}", where=f"--data {path}") from error
    lines = list(io.StringIO(content.decode("utf-8", errors="replace")))
    parsed = get_domain(domain).parse(lines, str(path))
    puzzles = list(itertools.islice(parsed, limit))
    if not puzzles:
        raise UsageError("the file holds no puzzle", where=f"--data {path}")
    has_sources = lines[0].startswith("source,")

    def group(puzzle: Puzzle) -> str:
        line = int(puzzle.source.rpartition(":")[2])
        return lines[line - 1].partition(",")[0] if has_sources else path.name

    groups = [group(puzzle) for puzzle in puzzles]
    return Cases(puzzles, groups, path.name, hashlib.sha256(content).hexdigest())


SUITES = {
    suite.name: suite
    for suite in (
        Suite(
            name="sudoku-extreme",
            domain="sudoku",
            description="hard 9×9 boards: --data CSV, or a seeded set of extreme ones",
            load=_extreme,
            max_steps={"settle": 2_000, "raw": 20_000, "verified": 20_000},
            published=PUBLISHED["sudoku-extreme"],
        ),
        Suite(
            name="sudoku-sizes",
            domain="sudoku",
            description="generated 4×4, 6×6 and 16×16 boards: weights trained on 9×9 alone",
            load=_sizes,
            max_steps={"settle": 2_000, "raw": 2_000, "verified": 2_000},
        ),
        Suite(
            name="sudoku-easy",
            domain="sudoku",
            description="random minimal boards, boards with one blank, and --data (17-clue boards)",
            load=_easy,
            max_steps={"verified": 20_000},
        ),
        Suite(
            name="sudoku-sound",
            domain="sudoku",
            description="all rows of --data: no wrong answer verified, no solvable board refused",
            load=_sound,
            max_steps={"verified": 32},
            prove=True,
        ),
        Suite(
            name="maze-hard",
            domain="maze",
            description="30×30 mazes with long paths: --data CSV, or a seeded set",
            load=_hard_mazes,
            max_steps={"raw": 2_000, "verified": 2_000},
            bands=PATH_CELLS,
            published=PUBLISHED["maze-hard"],
        ),
        Suite(
            name="maze-xl",
            domain="maze",
            description="generated mazes of 60×60 to 400×400: weights trained on 12×12 alone",
            load=_large_mazes,
            max_steps={"raw": 20_000},
            bands=PATH_CELLS,
        ),
        Suite(
            name="maze-sound",
            domain="maze",
            description="10,000 generated mazes, few steps: no bad path verified, no maze refused",
            load=_many_mazes,
            max_steps={"verified": 64},
            bands=PATH_CELLS,
            prove=True,
        ),
    )
}
