"""Lists of things with names: a table for people, rows of tab-separated fields for programs.

>>> print_table(("SUITE", "MEASURES"), [("settle", "does settling predict a right answer?")])
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from puzzlesolver.printable import printable

Row = Sequence[str | int]


def print_table(heads: Sequence[str], rows: Sequence[Row], wraps: int = 1) -> None:
    """Print rows on stdout.

    Args:
        heads: of the columns; a terminal shows so many, and a pipe gets all fields without heads.
        rows: as many fields each, or more.
        wraps: how many of the last columns may be wrapped between words.
    """
    if not sys.stdout.isatty():
        _print_fields(rows)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for number, head in enumerate(heads):
        right = all(isinstance(row[number], int) for row in rows)
        table.add_column(
            head, no_wrap=number < len(heads) - wraps, justify="right" if right else "left"
        )
    for row in rows:
        table.add_row(*map(_told, row[: len(heads)]))
    Console(markup=False, highlight=False).print(table)


def print_blocks(title: str, rows: Sequence[Row]) -> None:
    """The same for rows whose names are too long for a column: a title, then name and fields."""
    if not sys.stdout.isatty() or not rows:
        _print_fields(rows)
        return
    from rich.console import Console
    from rich.padding import Padding

    console = Console(markup=False, highlight=False)
    console.print(f"\n{title}:", style="bold")
    for name, *fields in rows:
        console.print(_told(name), soft_wrap=True)
        console.print(Padding(", ".join(filter(None, map(_told, fields))), (0, 0, 0, 4)))


def _print_fields(rows: Sequence[Row]) -> None:
    for row in rows:
        typer.echo("\t".join(printable(str(field), keep="") for field in row))


def _told(field: str | int) -> str:
    return f"{field:,}" if isinstance(field, int) else printable(field, keep="")
