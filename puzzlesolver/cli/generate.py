"""`puzzlesolver generate`: new puzzles, each with exactly one solution.

$ puzzlesolver generate sudoku -n 100 --difficulty extreme --seed 7 > puzzles.csv
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TextIO

import typer

from puzzlesolver.cli.options import Output

if TYPE_CHECKING:
    from collections.abc import Iterable

    from puzzlesolver.domains.base import Puzzle

app = typer.Typer(help="Make new puzzles.")
COLUMNS = ("source", "question", "answer", "rating")


@app.callback()
def _group() -> None:
    """Make new puzzles, each with exactly one solution."""


@app.command("sudoku")
def generate_sudoku(
    count: Annotated[int, typer.Option("--count", "-n", metavar="N", min=1, help="How many.")] = 1,
    difficulty: Annotated[
        str | None,
        typer.Option(
            "--difficulty",
            metavar="easy|hard|extreme|deep|N",
            show_default="hard",
            help="For 9×9; N asks for puzzles that cost a plain solver at least N guesses; deep "
            "ones resist a whole round of single guesses, and take minutes to breed.",
        ),
    ] = None,
    size: Annotated[
        int, typer.Option("--size", metavar="N", help="Rows of the board: 4, 6, 9, 16 or 25.")
    ] = 9,
    seed: Annotated[
        int,
        typer.Option("--seed", metavar="N", min=0, help="The same seed gives the same puzzles."),
    ] = 0,
    exclude: Annotated[
        Path | None,
        typer.Option(
            "--exclude",
            metavar="FILE",
            show_default=False,
            help="Never make one of these puzzles, nor one that is the same up to symmetry.",
        ),
    ] = None,
    format: Annotated[
        Literal["csv", "line", "grid"],
        typer.Option("--format", "-f", help="csv has the columns source,question,answer,rating."),
    ] = "line",
    output: Output = None,
) -> None:
    """Make Sudokus with exactly one solution; pipe them into `puzzlesolver solve -`."""
    from puzzlesolver.cli.output import open_output
    from puzzlesolver.domains.base import get_domain

    puzzles = get_domain("sudoku").generate(
        count, seed, size=size, difficulty=difficulty, exclude=exclude
    )
    with open_output(output) as file:
        _write(puzzles, file, format)


def _write(puzzles: Iterable[Puzzle], file: TextIO, format: str) -> None:
    from puzzlesolver.domains.base import get_domain

    rows = csv.writer(file, lineterminator="\n")
    if format == "csv":
        rows.writerow(COLUMNS)
    for puzzle in puzzles:
        domain = get_domain(puzzle.domain)
        if format == "csv":
            assert puzzle.label is not None, "generated puzzles carry their answer"
            question, answer = domain.format_line(puzzle.grid), domain.format_line(puzzle.label)
            rating = "" if puzzle.rating is None else f"{puzzle.rating:g}"
            rows.writerow([puzzle.source, question, answer, rating])
        else:
            form = domain.format_line if format == "line" else domain.format_grid
            print(form(puzzle.grid), file=file)
        file.flush()
