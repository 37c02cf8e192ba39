"""`puzzlesolver models`: what there is, where it lies, whether it is whole, how it came to be.

$ puzzlesolver models list
$ puzzlesolver models pull hub:OWNER/REPO
$ puzzlesolver models show sudoku
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from puzzlesolver.cli import complete
from puzzlesolver.cli.options import MODEL_HELP, argument, command, option
from puzzlesolver.cli.view.signs import say
from puzzlesolver.cli.view.table import Row, print_blocks, print_table
from puzzlesolver.cli.view.waiting import waiting
from puzzlesolver.errors import ModelError, UsageError

if TYPE_CHECKING:
    from puzzlesolver.hub.catalog import Catalog

app = typer.Typer(
    help="List, show, find and verify models; exchange them with the Hugging Face Hub.",
    no_args_is_help=False,
    epilog="On the Hub, hub:OWNER/REPO is the newest commit, hub:OWNER/REPO@REV a branch, a tag or "
    "a commit, and hub:OWNER/REPO:FILE@REV one checkpoint of several. HF_TOKEN, HF_ENDPOINT and "
    "HF_HUB_OFFLINE mean what they mean to the Hub's own tools.",
)

Name = Annotated[str, argument("MODEL", autocompletion=complete.models), f"{MODEL_HELP}."]
HubName = Annotated[str, argument("hub:OWNER/REPO"), "Its name; :FILE and @REV may follow."]
Family = Literal["hrm", "trm", "rsm", "se-rrm"]


@app.command("list")
@command
def list_models(
    everything: Annotated[
        bool, option("--all"), "List published checkpoints that can be pulled, too."
    ] = False,
) -> None:
    """List the models that are shipped with puzzlesolver or cached.

    The default one solves its kind of puzzle when --model is not given. In a
    pipe every model is a line of fields with tabs between them: name, puzzle,
    family, parameters, steps, status, summary.
    """
    from puzzlesolver.hub.cached import cached_models
    from puzzlesolver.hub.catalog import read_catalog
    from puzzlesolver.hub.folder import read_config

    catalog = read_catalog()
    defaults = catalog.defaults.values()
    shipped = [
        (
            *(name, entry.domain, entry.family, entry.parameters, entry.default_steps),
            *("default" if name in defaults else "shipped", entry.summary),
        )
        for name, entry in catalog.models.items()
    ]
    cached: list[Row] = []
    for name in cached_models():
        try:
            stored = read_config(name.folder)
        except ModelError as error:
            cached.append((str(name), "", "", "", "", "damaged", error.what))
        else:
            domain = stored.training.get("domain") or ""
            cached.append((str(name), domain, stored.family, "", "", "cached", ""))
    print_table(("NAME", "PUZZLE", "FAMILY", "PARAMETERS", "STEPS", "STATUS", "SUMMARY"), shipped)
    print_blocks("In the cache", cached)
    if everything:
        print_blocks("On the Hub, for `puzzlesolver models pull NAME`", _published(catalog))
    elif sys.stdout.isatty():
        say("\nPublished checkpoints of others: puzzlesolver models list --all", err=True)


def _published(catalog: Catalog) -> list[Row]:
    """Checkpoints that others published, as rows of the list."""
    rows: list[Row] = []
    for repo, entries in catalog.published.items():
        for known in entries:
            file = f":{known.file}" if known.file and len(entries) > 1 else ""
            facts = ", ".join(filter(None, [known.score or known.note, known.licence]))
            kind, family = known.domain or "", known.family or ""
            rows.append((f"hub:{repo}{file}", kind, family, "", "", "published", facts))
    return rows


@app.command()
@command
def show(name: Name) -> None:
    """Show a model's configuration, size, checksum and model card."""
    from puzzlesolver.hub.folder import CARD
    from puzzlesolver.hub.store import verify_model

    report = verify_model(name)
    say(f"name        {report.files.name}")
    say(f"folder      {report.files.folder}")
    say(f"family      {report.stored.family}")
    say(f"parameters  {report.parameters:,} in {report.tensors} tensors")
    say(f"sha256      {report.sha256}")
    if entry := report.files.entry:
        say(f"domain      {entry.domain}")
        say(f"max steps   {entry.default_steps:,}")
    say(f"config      {json.dumps(report.stored.config)}")
    say()
    say((report.files.folder / CARD).read_text(encoding="utf-8", errors="replace").rstrip())


@app.command()
@command
def path(name: Name) -> None:
    """Print the folder of a model."""
    from puzzlesolver.hub.store import resolve

    say(resolve(name).folder)


@app.command()
@command
def pull(name: HubName) -> None:
    """Download a model from the Hub into the cache, verify it, and print its folder.

    Published checkpoints of HRM, TRM, RSM and SE-RRM are converted. A
    download that broke off goes on where it stopped.
    """
    from puzzlesolver.hub import cached
    from puzzlesolver.hub.folder import read_config
    from puzzlesolver.hub.pull import pull as pull_model

    pinned = pull_model(cached.parse_name(name))
    stored = read_config(pinned.folder)
    source = stored.training.get("provenance") or {}
    say(f"pulled {pinned} ({stored.family})", err=True)
    say(f"licence: {source.get('licence', 'unknown')}", err=True)
    for fact in ("score", "note"):
        if fact in source:
            say(f"{fact}: {source[fact]}", err=True)
    say(pinned.folder)


@app.command()
@command
def push(
    model: Name,
    target: Annotated[str, argument("hub:OWNER/REPO"), "Where to."],
    private: Annotated[
        bool, option("--private"), "A new repository is visible to its owner alone."
    ] = False,
) -> None:
    """Verify a model, upload it to the Hub in one commit, and print the commit's address.

    The repository is made when it is missing.
    """
    from puzzlesolver.hub.cached import parse_name
    from puzzlesolver.hub.push import push as push_model

    address, is_new = push_model(model, parse_name(target), private)
    if private and not is_new:
        say(f"note: --private is ignored, {target} exists and stays as visible as it was", err=True)
    say(address)


@app.command("rm")
@command
def remove(name: HubName) -> None:
    """Delete a model of the Hub from the cache: the files and commits that its name covers."""
    from puzzlesolver.hub.cached import parse_name, remove_cached

    for removed in remove_cached(parse_name(name)):
        say(f"removed {removed}", err=True)


@app.command()
@command
def verify(
    names: Annotated[
        list[str] | None,
        argument("MODEL", autocompletion=complete.models, show_default="all that are shipped"),
        f"{MODEL_HELP}; several are fine.",
    ] = None,
) -> None:
    """Load models with every check: checksum, shapes, finite numbers, model card.

    Exit code 4 if one is damaged or not there.
    """
    from puzzlesolver.hub.catalog import read_catalog
    from puzzlesolver.hub.store import verify_model

    faults = 0
    for name in names or read_catalog().models:
        try:
            with waiting(f"verifying {name}…"):
                report = verify_model(name)
        except ModelError as error:
            faults += 1
            say(f"{name}: not usable - {error}")
            if error.hint:
                say(f"hint: {error.hint}", err=True)
        else:
            say(f"{name}: intact - {report.parameters:,} parameters, sha256 {report.sha256}")
    if faults:
        raise typer.Exit(ModelError.exit_code)


@app.command()
@command
def convert(
    source: Annotated[
        str, argument("FILE|MODEL"), "A published checkpoint; with --to, a model of ours."
    ],
    output: Annotated[
        Path | None,
        option("--output -o", "PATH", show_default="FILE-converted"),
        "Folder to make; with --to, file to write.",
    ] = None,
    config: Annotated[
        Path | None,
        option("--config", "YAML", show_default="all_config.yaml beside it"),
        "What its trainer wrote of the checkpoint.",
    ] = None,
    family: Annotated[
        Family | None,
        option("--family", "FAMILY"),
        "hrm, trm, rsm or se-rrm: refuse any other; the keys of its tensors decide.",
    ] = None,
    to: Annotated[
        Family | None,
        option("--to", "FAMILY"),
        "hrm, trm, rsm or se-rrm: write a model in this published layout.",
    ] = None,
    force: Annotated[bool, option("--force"), "Replace what is there."] = False,
) -> None:
    """Convert a published checkpoint of HRM, TRM, RSM or SE-RRM to a model folder, or back.

    Prints the path. A file is only read, never executed; settings that
    neither it nor its config states are assumed, and listed.
    """
    from puzzlesolver.hub.foreign.convert import convert_checkpoint, export_checkpoint
    from puzzlesolver.hub.store import resolve

    if to is not None:
        if output is None:
            raise UsageError(
                "--to needs the name of the file to write",
                where="--output",
                hint=f"puzzlesolver models convert {source} --to {to} -o {to}.safetensors",
            )
        for option, value in (("--config", config), ("--family", family)):
            if value is not None:
                raise UsageError("it has no meaning together with --to", where=option)
        export_checkpoint(resolve(source).folder, output, to, force=force)
        say(output)
        return
    file = Path(source)
    if file.is_dir():
        raise UsageError(
            "a folder is already a model", where=source, hint="--to hrm|trm|rsm|se-rrm"
        )
    folder = output or Path(f"{file.stem}-converted")
    stored = convert_checkpoint(file, folder, config=config, family=family, force=force)
    provenance = stored.training["provenance"]
    domain = stored.training.get("domain", "an unknown kind of puzzle")
    say(f"{stored.family} for {domain}: {provenance['evidence']}", err=True)
    for setting, value in provenance["assumed"].items():
        say(f"assumed: {setting} = {value}", err=True)
    say(folder)
