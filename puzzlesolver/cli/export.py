"""`puzzlesolver export`: a model's step as an ONNX file that is known to answer the same.

$ puzzlesolver export sudoku sudoku.onnx
$ puzzlesolver solve puzzle.txt --engine onnx --model sudoku.onnx
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from puzzlesolver.errors import UsageError

EPILOG = (
    "Exit codes: 0 exported and checked; 2 usage; 4 model problem, or the graph does not do what "
    "the model does, and then there is no file."
)


def export(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="A shipped model, the folder of one, or one on the Hub."
        ),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT.onnx", help="The file to write.")],
    size: Annotated[
        str | None,
        typer.Option(
            "--size",
            metavar="N|HxW",
            show_default="9 for Sudoku, 30 for mazes, or the model's only size",
            help="Rows and columns of the boards that the graph serves.",
        ),
    ] = None,
    int8: Annotated[
        bool,
        typer.Option(
            "--int8",
            help="Round the weights to 8 bits; refused where that changes an answer of the check.",
        ),
    ] = False,
    check_steps: Annotated[
        int,
        typer.Option(
            "--check-steps", metavar="N", min=1, help="Steps of the longest comparison with torch."
        ),
    ] = 1_000,
) -> None:
    """Export one step of a model as ONNX, compare it with torch, and print the file's path.

    The comparison, by numbers and by answers on generated puzzles, is told on
    stderr and kept in the file.
    """
    if out.suffix != ".onnx":
        raise UsageError("the name of the file must end in .onnx", where=str(out))
    sides = None
    if size is not None:
        if not (match := re.fullmatch(r"(\d{1,3})(?:[x×](\d{1,3}))?", size)):
            raise UsageError(f"expected N or HxW, not {size!r}", where="--size")
        sides = int(match[1]), int(match[2] or match[1])

    from puzzlesolver.export.onnx import export_model

    facts = export_model(model, out, size=sides, int8=int8, longest=check_steps)
    for steps, found in facts.checked["steps"].items():
        typer.echo(
            f"after {int(steps):,} step{'s' * (steps != '1')}: states {found['states']:.1g} apart "
            f"(torch from itself, disturbed: {found['torch_from_itself']:.1g})",
            err=True,
        )
    answers = facts.checked["answers"]
    typer.echo(
        f"answers: {answers['compared']} compared, {answers['different']} different, "
        f"{answers['sensitive']} on which torch contradicts itself",
        err=True,
    )
    typer.echo(f"opset {facts.opset}, {out.stat().st_size / 2**20:.1f} MiB", err=True)
    typer.echo(out)
