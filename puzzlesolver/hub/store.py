"""The models a user can name: find one, load it, verify it, ship it.

In: a name of the catalog, the path of a model folder, or `hub:OWNER/REPO`. Out: a `RecursiveModel`
in evaluation mode, or a `ModelError` that says what is wrong, where, and what to do.

    >>> model = load_model("sudoku")
"""

from __future__ import annotations

import dataclasses
import difflib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from puzzlesolver.errors import ModelError
from puzzlesolver.hub.cached import PREFIX, parse_name
from puzzlesolver.hub.catalog import Catalog, Entry, read_catalog, write_catalog
from puzzlesolver.hub.folder import (
    CARD,
    CONFIG,
    WEIGHTS,
    StoredConfig,
    read_config,
    read_model,
    read_network,
)
from puzzlesolver.hub.pull import pull

if TYPE_CHECKING:
    from puzzlesolver.models.interface import RecursiveModel

DEFAULT_DOMAIN = "sudoku"


@dataclass(frozen=True)
class ModelFiles:
    """Where a model lies.

    Attributes:
        name: how results refer to it: its name in the catalog, its path, or its name on the Hub
            with the commit.
        folder: the model folder.
        entry: what the catalog says of it; None for a model outside the catalog.
    """

    name: str
    folder: Path
    entry: Entry | None = None

    @property
    def sha256(self) -> str | None:
        """What the weights must hash to; None for a model outside the catalog."""
        return self.entry.sha256 if self.entry else None


@dataclass(frozen=True)
class ModelReport:
    """What `verify_model` found in a model that is whole.

    Attributes:
        files: where it lies.
        stored: its `config.json`.
        sha256: of its weights; equal to the catalog's for a shipped model.
        tensors: how many tensors it has, all of the expected shape and format, all finite.
        parameters: how many numbers it learned.
    """

    files: ModelFiles
    stored: StoredConfig
    sha256: str
    tensors: int
    parameters: int


def resolve(
    name_or_path: str | Path | None = None, domain: str | None = None, where: str = "model"
) -> ModelFiles:
    """Find a model. A catalog name wins over a folder of the same name, which `./NAME` reaches.

    Args:
        name_or_path: a name of the catalog, a model folder, or `hub:OWNER/REPO[:FILE][@REV]`, which
            is downloaded unless it is cached; None = the default of `domain`.
        domain: the puzzle kind it must serve; None = any, or Sudoku when no name is given either.
        where: the option that names it, for people.

    Raises:
        ModelError: nothing is called that, it cannot be had, or it is for another domain.
    """
    catalog = read_catalog()
    if name_or_path is None:
        name_or_path = _default_name(catalog, domain or DEFAULT_DOMAIN)
    name = str(name_or_path)
    if isinstance(name_or_path, str) and (entry := catalog.models.get(name)):
        if domain not in (None, entry.domain):
            raise _unfit(name, entry.domain, domain, where)
        return ModelFiles(name, catalog.root / entry.path, entry)
    if name.startswith(PREFIX):
        pinned = pull(parse_name(name))
        return _resolve_folder(str(pinned), pinned.folder, domain, where)
    if (folder := Path(name).expanduser()).is_dir():
        return _resolve_folder(name, folder, domain, where)
    if folder.is_file():
        raise ModelError("this is a file; a model is a folder", where=name)
    close = difflib.get_close_matches(name, catalog.models)
    known = f"shipped models: {', '.join(catalog.models) or 'none'}; or the path of a model folder"
    raise ModelError(
        f"no shipped model has the name {name!r}, and no folder lies there",
        where=where,
        hint=f"did you mean {close[0]!r}?" if close else known,
    )


def load_model(name_or_path: str | Path | None = None, domain: str | None = None) -> RecursiveModel:
    """A model with its weights, on the CPU, in evaluation mode; arguments as in `resolve`.

    Raises:
        ModelError: it is unknown, or a file is missing, damaged, or does not fit the others.
    """
    files = resolve(name_or_path, domain)
    model, _ = read_model(files.folder, files.sha256)
    return model


def verify_model(name_or_path: str | Path | None = None) -> ModelReport:
    """Load a model with every check; raises `ModelError` on the first thing that is wrong."""
    files = resolve(name_or_path)
    network, sha256 = read_network(files.folder, files.sha256)
    if not (files.folder / CARD).is_file():
        raise ModelError("the model card is missing", where=str(files.folder / CARD))
    return ModelReport(
        files=files,
        stored=read_config(files.folder),
        sha256=sha256,
        tensors=len(network.state_dict()),
        parameters=sum(parameter.numel() for parameter in network.parameters()),
    )


def ship_model(
    folder: Path, name: str, domain: str, default_steps: int, summary: str, default: bool = True
) -> Entry:
    """Copy a verified model folder into `weights/`; for maintainers.

    Args:
        folder: of the model.
        name: what it will be called.
        domain: the puzzle kind.
        default_steps: budget of a puzzle where the user names none.
        summary: one line for `models list`.
        default: whether it becomes the default of its domain.

    Raises:
        ModelError: the folder does not pass `verify_model`.
    """
    report = verify_model(folder)
    catalog = read_catalog()
    target = catalog.root / name
    target.mkdir(exist_ok=True)
    for file in (CARD, WEIGHTS, CONFIG):
        shutil.copyfile(folder / file, target / file)
    entry = Entry(
        path=name,
        domain=domain,
        family=report.stored.family,
        sha256=report.sha256,
        parameters=report.parameters,
        default_steps=default_steps,
        summary=summary,
    )
    models = catalog.models | {name: entry}
    defaults = catalog.defaults | ({domain: name} if default else {})
    write_catalog(dataclasses.replace(catalog, models=models, defaults=defaults))
    return entry


def _resolve_folder(name: str, folder: Path, domain: str | None, where: str) -> ModelFiles:
    trained_for = str(read_config(folder).training.get("domain", domain))
    if domain is not None and domain != trained_for:
        raise _unfit(name, trained_for, domain, where)
    return ModelFiles(name, folder)


def _unfit(name: str, trained_for: str, domain: str, where: str) -> ModelError:
    fit = [name for name, entry in read_catalog().models.items() if entry.domain == domain]
    return ModelError(
        f"model {name!r} was trained for {trained_for}, not {domain}",
        where=where,
        hint=f"shipped for {domain}: {', '.join(fit)}" if fit else "",
    )


def _default_name(catalog: Catalog, domain: str) -> str:
    if domain not in catalog.defaults:
        raise ModelError(
            f"no model is shipped for {domain}",
            where="--model",
            hint=f"train one with `puzzlesolver train {domain}`, then pass its folder",
        )
    return catalog.defaults[domain]
