"""The puzzles of a run: read from a file, or made from a seed.

In: perhaps a file, perhaps a limit, and a seed. Out: `Cases`: puzzles, the group of each, and a
checksum.

    >>> cases = hard_boards(Path("sudoku.csv"), limit=100, seed=0)
    >>> cases.groups[0], len(cases.puzzles)
    ('puzzles2_17_clue', 100)
"""

from __future__ import annotations

import hashlib
import io
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.domains.formats.texts import read_lines
from puzzlesolver.domains.text import parse_text
from puzzlesolver.errors import UsageError
from puzzlesolver.files import open_regular

if TYPE_CHECKING:
    from puzzlesolver.models.interface import Batch

Kinds = Mapping[str, tuple[int, Mapping[str, Any]]]
"""Puzzles by what they are called: how many, and the options of `generate`."""

SIZES: Kinds = {
    f"{side}×{side} {level}": (20 if side == 25 else 50, {"size": side, "difficulty": level})
    for side in (4, 6, 8, 9, 12, 16, 25)
    for level in ("easy", "hard", "minimal")
    if (side, level) not in {(4, "hard"), (6, "hard"), (25, "minimal")}
}
"""Boards that one set of weights is tried on. Small ones that singles do not solve are rare, and
nobody waits until no clue can go from a 25×25 board."""

VARIANTS: Kinds = {
    rules: (100, {"rules": rules, "difficulty": "easy" if rules == "samurai" else "minimal"})
    for rules in (
        "diagonal", "windoku", "jigsaw", "anti-knight", "anti-king", "disjoint-groups", "latin",
        "diagonal,anti-king", "samurai",
    )
}  # fmt: skip
"""Rules that one set of weights is tried on; `sudoku-any` was trained without the last two."""

GENERATED = 1_000
"""Puzzles that `hard` makes when it is given no file; boards take minutes."""

KIND = 100
"""Puzzles of each kind where several kinds are made."""

LARGE: Kinds = {
    f"{side}×{side}": (count, {"size": side})
    for side, count in {60: 20, 100: 10, 200: 5, 400: 1}.items()
}
"""Large mazes; nobody waits for more of the largest."""

MANY: Kinds = {
    f"{kind}, {difficulty}": (2_500, {"size": 20, "kind": kind, "difficulty": difficulty})
    for kind, difficulty in (
        ("walls", "easy"), ("walls", "hard"), ("open", "easy"), ("perfect", "easy"),
    )
}  # fmt: skip
"""Mazes of every kind."""

FEWEST_CLUES = 17
"""Clues of the sparsest 9×9 boards with one solution (McGuire, Tugemann, Civario 2014)."""


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


def hard(
    domain: str, about: str, group: str, options: Mapping[str, Any],
    data: Path | None, limit: int | None, seed: int,
) -> Cases:  # fmt: skip
    """A file, or hard puzzles of one kind."""
    if data is not None:
        return read_file(domain, data, limit)
    made = get_domain(domain).generate(limit or GENERATED, seed, **options)
    return gather(f"generated, seed {seed}{about}", {group: made})


def of_boards(boards: Mapping[str, Any]) -> Load:
    """What makes Sudokus of one kind, told by options of `generate`."""
    options = {"size": 9, "difficulty": "minimal", **boards}
    told = [f"{options['size']}×{options['size']}", options.get("rules"), options["difficulty"]]
    return partial(of_kinds, "sudoku", {" ".join(filter(None, told)): (KIND, options)})


def of_kinds(domain: str, kinds: Kinds, data: Path | None, limit: int | None, seed: int) -> Cases:
    """Puzzles of some kinds; none of a file."""
    refuse(data, "sudoku-extreme and maze-hard read puzzles of any size")
    generate = get_domain(domain).generate
    made = {
        name: generate(limit or count, seed, **options) for name, (count, options) in kinds.items()
    }
    return gather(f"generated, seed {seed}", made)


hard_boards = partial(
    hard, "sudoku", "; ratings are guesses of our plain solver", "generated",
    {"difficulty": "extreme"},
)  # fmt: skip
hard_mazes = partial(hard, "maze", "", "30×30", {})
boards_of_sizes = partial(of_kinds, "sudoku", SIZES)
boards_of_rules = partial(of_kinds, "sudoku", VARIANTS)
large_mazes = partial(of_kinds, "maze", LARGE)
many_mazes = partial(of_kinds, "maze", MANY)


def easy_boards(data: Path | None, limit: int | None, seed: int) -> Cases:
    """A file, if any, then random minimal boards and boards with one blank."""
    count = limit or KIND
    kinds = {
        "random minimal": _random_boards(count, seed, one_blank=False),
        "one blank": _random_boards(count, seed + 1, one_blank=True),
    }
    made = gather(f"generated, seed {seed}", kinds)
    if data is None:
        return made
    read = read_file("sudoku", data, limit)
    return Cases(
        [*read.puzzles, *made.puzzles],
        [*read.groups, *made.groups],
        f"{read.name}, then {made.name}",
        hashlib.sha256((read.sha256 + made.sha256).encode()).hexdigest(),
    )


def labelled_boards(data: Path | None, limit: int | None, seed: int) -> Cases:
    """A file whose puzzles all carry their answer."""
    if data is None:
        raise UsageError(
            "this suite needs puzzles with their answers",
            where="--data",
            hint="`puzzlesolver generate sudoku -n 1000 --format csv` writes some",
        )
    cases = read_file("sudoku", data, limit)
    for puzzle in cases.puzzles:
        if puzzle.label is None:
            raise UsageError("this puzzle comes without an answer", where=puzzle.source)
    return cases


def sparsest_boards(data: Path | None, limit: int | None, seed: int) -> Cases:
    """The boards of a file that have 17 clues.

    There is nothing to put in the place of a file: random search practically never meets such a
    board, one with a few more clues is another question, and no list of them may be shipped.
    """
    if data is None:
        raise UsageError(
            f"boards of {FEWEST_CLUES} clues cannot be made here, and none are shipped",
            where="--data",
            hint="name a list of them, such as Gordon Royle's; rows with more clues are left out",
        )
    read = read_file("sudoku", data, None)
    sparse = [
        (puzzle, group)
        for puzzle, group in zip(read.puzzles, read.groups, strict=True)
        if puzzle.grid.shape == (9, 9) and np.count_nonzero(puzzle.grid) == FEWEST_CLUES
    ][:limit]
    if not sparse:
        raise UsageError(f"no board here has {FEWEST_CLUES} clues", where=f"--data {data}")
    puzzles, groups = zip(*sparse, strict=True)
    return Cases(puzzles, groups, f"{read.name}, boards of {FEWEST_CLUES} clues", read.sha256)


def filled(domain: str, puzzles: Sequence[Puzzle], size: int) -> Batch:
    """A batch of so many puzzles, repeated where there are fewer."""
    return get_domain(domain).encode([*itertools.islice(itertools.cycle(puzzles), size)])


def refuse(data: Path | None, hint: str) -> None:
    """Raise `UsageError` on a file that would not be looked at."""
    if data is not None:
        raise UsageError("this suite makes its own puzzles", where="--data", hint=hint)


def _random_boards(count: int, seed: int, one_blank: bool) -> Iterator[Puzzle]:
    """Random minimal 9×9 boards, or full boards with one cell blanked."""
    from puzzlesolver.domains.sudoku.making.breed import random_minimal
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


def gather(name: str, kinds: Mapping[str, Iterable[Puzzle]]) -> Cases:
    """Made puzzles, kind after kind; as generators count from 0 each, it is part of the name."""
    pairs = [
        (replace(puzzle, name=f"{kind} {puzzle.name}"), kind)
        for kind, puzzles in kinds.items()
        for puzzle in puzzles
    ]
    digest = hashlib.sha256()
    for puzzle, _ in pairs:
        line = get_domain(puzzle.domain).format_line(puzzle.grid)
        rules = "" if puzzle.board is None else puzzle.board.told
        digest.update(f"{line}{rules and ' '}{rules}\n".encode())
    return Cases([p for p, _ in pairs], [kind for _, kind in pairs], name, digest.hexdigest())


def read_file(domain: str, path: Path, limit: int | None) -> Cases:
    """The first `limit` puzzles of a file, or of a dataset folder's test split.

    A CSV's `source` column groups them.
    """
    if path.is_dir():
        return _read_folder(domain, path, limit)
    try:
        with open_regular(path) as file:
            content = file.read()
    except OSError as error:
        raise UsageError(f"cannot read: {error.strerror}", where=f"--data {path}") from error
    lines = list(read_lines(io.BufferedReader(io.BytesIO(content)), str(path)))
    parsed = parse_text(lines, str(path), [get_domain(domain)])
    puzzles = list(itertools.islice(parsed, limit))
    if not puzzles:
        raise UsageError("the file holds no puzzle", where=f"--data {path}")
    has_sources = lines[0].startswith("source,")

    def group(puzzle: Puzzle) -> str:
        line = int(puzzle.source.rpartition(":")[2])
        return lines[line - 1].partition(",")[0] if has_sources else path.name

    groups = [group(puzzle) for puzzle in puzzles]
    return Cases(puzzles, groups, path.name, hashlib.sha256(content).hexdigest())


def _read_folder(domain: str, path: Path, limit: int | None) -> Cases:
    from puzzlesolver.train.data.folders import layout_of
    from puzzlesolver.train.data.published.dataset import DatasetFolder

    folder = DatasetFolder(path)
    name, split = list(folder.splits.items())[-1]
    side = math.isqrt(layout_of(domain, split.metadata, f"--data {path}").cells)
    rows = np.arange(split.examples)[:limit]
    inputs, labels, _ = split.take(rows)
    grids, answers = (
        (ids.reshape(-1, side, side) - 1).astype(np.uint8) for ids in (inputs, labels)
    )
    puzzles = [
        Puzzle(domain, f"{path.name}:{row}", grid, f"{path / name}:{row}", answer)
        for row, grid, answer in zip(rows, grids, answers, strict=True)
    ]
    digest = hashlib.sha256(inputs.tobytes() + labels.tobytes())
    return Cases(puzzles, [name] * len(puzzles), f"{path.name}/{name}", digest.hexdigest())
