"""`puzzlesolver models`: what is shipped, where it lies, whether it is whole, how it came to be.

$ puzzlesolver models list
$ puzzlesolver models show sudoku
"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from puzzlesolver.errors import ModelError

app = typer.Typer(help="List, show, find and verify models.", no_args_is_help=False)

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME|FOLDER", help="A shipped model, or the folder of one you trained."
    ),
]


@app.command("list")
def list_models() -> None:
    """List the shipped models; a star marks the one that solves its domain by default."""
    from puzzlesolver.hub.catalog import read_catalog

    catalog = read_catalog()
    for name, entry in catalog.models.items():
        star = "*" if catalog.defaults.get(entry.domain) == name else " "
        facts = f"{entry.domain}  {entry.family}  {entry.parameters:,} parameters"
        typer.echo(f"{star} {name}  {facts}  {entry.default_steps:,} steps  {entry.summary}")
    if not catalog.models:
        typer.echo("no model is shipped with this installation", err=True)


@app.command()
def show(name: Name) -> None:
    """Show a model's configuration, size, checksum and model card."""
    from puzzlesolver.hub.folder import CARD
    from puzzlesolver.hub.store import verify_model

    report = verify_model(name)
    typer.echo(f"name        {report.files.name}")
    typer.echo(f"folder      {report.files.folder}")
    typer.echo(f"family      {report.stored.family}")
    typer.echo(f"parameters  {report.parameters:,} in {report.tensors} tensors")
    typer.echo(f"sha256      {report.sha256}")
    if entry := report.files.entry:
        typer.echo(f"domain      {entry.domain}")
        typer.echo(f"max steps   {entry.default_steps:,}")
    typer.echo(f"config      {json.dumps(report.stored.config)}")
    typer.echo("")
    typer.echo((report.files.folder / CARD).read_text(encoding="utf-8").rstrip())


@app.command()
def path(name: Name) -> None:
    """Print the folder of a model."""
    from puzzlesolver.hub.store import resolve

    typer.echo(resolve(name).folder)


@app.command()
def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME|FOLDER…", show_default="all that are shipped", help="Models."),
    ] = None,
) -> None:
    """Load models with every check: checksum, shapes, finite numbers, model card.

    Exit code 4 if one is not whole.
    """
    from puzzlesolver.hub.catalog import read_catalog
    from puzzlesolver.hub.store import verify_model

    faults = 0
    for name in names or read_catalog().models:
        try:
            report = verify_model(name)
        except ModelError as error:
            faults += 1
            typer.echo(f"{name}: damaged - {error}")
            if error.hint:
                typer.echo(f"hint: {error.hint}", err=True)
        else:
            typer.echo(f"{name}: whole - {report.parameters:,} parameters, sha256 {report.sha256}")
    if faults:
        raise typer.Exit(ModelError.exit_code)
