"""`puzzlesolver generate`: new puzzles, each with its answer.

$ puzzlesolver generate sudoku -n 100 --difficulty extreme --seed 7 > puzzles.csv
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TextIO

import typer

from puzzlesolver.cli.options import (
    MOST_SEED,
    OUTPUT,
    Regions,
    Rules,
    command,
    option,
    sides,
    told_rules,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from puzzlesolver.domains.base import Puzzle

app = typer.Typer(help="Make new puzzles.")
COLUMNS = ("source", "question", "answer", "rating", "rules")
"""Of a CSV; the last one is that of boards with rules."""


Count = Annotated[int, option("--count -n", "N", whole(1)), "How many."]
Seed = Annotated[
    int,
    option("--seed", "N", whole(0, MOST_SEED)),
    "The same seed gives the same puzzles.",
]
PuzzleFormat = Annotated[
    Literal["csv", "line", "grid"] | None,
    option("--format -f", "FORMAT", show_default="grid on a terminal, else line"),
    "line, grid, or csv with the columns source, question, answer, rating.",
]
Output = Annotated[
    Path | None,
    option("--output -o", "FILE", panel=OUTPUT, show_default="stdout"),
    "Write here instead; the file appears when it is complete.",
]


@app.callback()
def _group() -> None:
    """Make new puzzles, each with its answer."""


@app.command("sudoku")
@command
def generate_sudoku(
    count: Count = 1,
    difficulty: Annotated[
        str | None,
        option("--difficulty", "LEVEL", show_default="hard"),
        "easy: singles alone solve it; hard: they do not; minimal: no clue can go. For plain 9×9 "
        "also extreme, deep or a number N: N asks for puzzles that cost a plain solver at least N "
        "guesses; deep ones resist a whole round of single guesses, and take minutes to breed.",
    ] = None,
    size: Annotated[
        int,
        option("--size", "N", whole(1)),
        "Rows: 4, 6, 8, 9, 10, 12, 14, 15, 16, 18, 20, 24 or 25; with latin or jigsaw any from 4 "
        "to 25.",
    ] = 9,
    rules: Rules = "",
    regions: Regions = None,
    seed: Seed = 0,
    exclude: Annotated[
        Path | None,
        option("--exclude", "FILE"),
        "Never make one of these puzzles, nor one that is the same up to symmetry.",
    ] = None,
    format: PuzzleFormat = None,
    output: Output = None,
) -> None:
    """Make Sudokus with exactly one solution; pipe them into `puzzlesolver solve -`."""
    told = told_rules(rules, regions)
    options = {"size": size, "difficulty": difficulty, "exclude": exclude, "rules": told}
    _generate("sudoku", count, seed, options, format, output)


@app.command("maze")
@command
def generate_maze(
    count: Count = 1,
    difficulty: Annotated[
        str | None,
        option("--difficulty", "LEVEL", show_default="hard for walls, else easy"),
        "easy, hard or a number N. hard asks for a shortest path of 110 cells at 30×30, else in "
        "proportion to the sides; N for at least N cells.",
    ] = None,
    size: Annotated[str, option("--size", "N|HxW"), "Rows and columns, for example 30."] = "30",
    kind: Annotated[
        Literal["walls", "open", "perfect"],
        option("--kind", "KIND"),
        "walls: many random walls; open: few of them; perfect: a perfect maze, half of them with "
        "loops.",
    ] = "walls",
    seed: Seed = 0,
    format: PuzzleFormat = None,
    output: Output = None,
) -> None:
    """Make mazes with their shortest path; pipe them into `puzzlesolver solve -`."""
    options = {"size": sides(size), "difficulty": difficulty, "kind": kind}
    _generate("maze", count, seed, options, format, output)


@app.command("arc")
@command
def generate_arc(count: Count = 1, seed: Seed = 0, output: Output = None) -> None:
    """Make simple ARC tasks from rules of our own, as JSON; they are not a benchmark."""
    from puzzlesolver.cli.view.output import open_output
    from puzzlesolver.domains.arc.document import write_tasks
    from puzzlesolver.domains.arc.generate import generate

    with open_output(output) as file:
        write_tasks((puzzle.task for puzzle in generate(count, seed)), file)


def _generate(
    name: str,
    count: int,
    seed: int,
    options: dict[str, Any],
    format: str | None,
    output: Path | None,
) -> None:
    from puzzlesolver.cli.view.output import open_output
    from puzzlesolver.domains.base import get_domain

    puzzles = get_domain(name).generate(count, seed, **options)
    if format is None:
        format = "grid" if output is None and sys.stdout.isatty() else "line"
    with open_output(output) as file:
        _write(puzzles, file, format)


def _write(puzzles: Iterable[Puzzle], file: TextIO, format: str) -> None:
    from puzzlesolver.domains.base import get_domain, written

    rows = csv.writer(file, lineterminator="\n")
    for number, puzzle in enumerate(puzzles):
        if format == "csv":
            assert puzzle.label is not None, "generated puzzles carry their answer"
            line = get_domain(puzzle.domain).format_line
            rating = "" if puzzle.rating is None else f"{puzzle.rating:g}"
            fields = [puzzle.source, line(puzzle.grid), line(puzzle.label), rating, puzzle.rules]
            columns = COLUMNS if puzzle.rules else COLUMNS[:-1]
            if not number:
                rows.writerow(columns)
            rows.writerow(fields[: len(columns)])
        else:
            if format == "grid" and number:
                print(file=file)
            print(written(puzzle, puzzle.grid, "line" if format == "line" else "grid"), file=file)
        file.flush()
