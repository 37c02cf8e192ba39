"""Lists of things with names: a table for people, rows of tab-separated fields for programs.

>>> print_table(("SUITE", "MEASURES"), [("settle", "does settling predict a right answer?")])
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from puzzlesolver.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

Row = Sequence[str | int]
LEAST_WRAPPED = 12
"""Columns of a terminal that a wrapped field needs; with fewer, rows become paragraphs."""


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

    console = Console(markup=False, highlight=False)
    shown = [[*map(_told, row[: len(heads)])] for row in rows]
    columns = [*zip(heads, *shown, strict=True)][: len(heads) - wraps]
    if console.width - sum(2 + max(map(len, column)) for column in columns) < wraps * LEAST_WRAPPED:
        named = [
            [
                f"{_told(field)} {head.lower()}" if isinstance(field, int) else field
                for head, field in zip(heads, row, strict=False)
            ]
            for row in rows
        ]
        _print_paragraphs(console, named)
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for number, head in enumerate(heads):
        right = all(isinstance(row[number], int) for row in rows)
        table.add_column(
            head, no_wrap=number < len(heads) - wraps, justify="right" if right else "left"
        )
    for fields in shown:
        table.add_row(*fields)
    console.print(table)


def print_blocks(title: str, rows: Sequence[Row]) -> None:
    """The same for rows whose names are too long for a column: a title, then name and fields."""
    if not sys.stdout.isatty() or not rows:
        _print_fields(rows)
        return
    from rich.console import Console

    console = Console(markup=False, highlight=False)
    console.print(f"\n{title}:", style="bold")
    _print_paragraphs(console, rows)


def _print_paragraphs(console: Console, rows: Sequence[Row]) -> None:
    from rich.padding import Padding

    for name, *fields in rows:
        console.print(_told(name), soft_wrap=True)
        console.print(Padding(", ".join(filter(None, map(_told, fields))), (0, 0, 0, 4)))


def _print_fields(rows: Sequence[Row]) -> None:
    for row in rows:
        typer.echo("\t".join(printable(str(field), keep="") for field in row))


def _told(field: str | int) -> str:
    return f"{field:,}" if isinstance(field, int) else printable(field, keep="")
