"""`puzzlesolver bench`: accuracy against steps, cost, and what settling is worth, as JSON.

$ puzzlesolver bench sudoku-extreme --data sudoku.csv --json benchmarks/sudoku-extreme.json
"""

from __future__ import annotations

import typer

app = typer.Typer(help="Measure a model.")


@app.command("list")
def list_suites() -> None:
    """List the suites."""
