"""The models that this installation ships or knows of: names → folders, checksums, checkpoints.

In: `weights/catalog.json`. Out: a `Catalog`. No torch is imported.

    >>> read_catalog().defaults["sudoku"]
    'sudoku'
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from puzzlesolver.errors import ModelError
from puzzlesolver.files import write_file
from puzzlesolver.hub.folder import read_json

CATALOG = "catalog.json"
CATALOG_SCHEMA = 1


@dataclass(frozen=True)
class Entry:
    """One shipped model.

    Attributes:
        path: its folder, relative to the catalog.
        domain: the puzzle kind it was trained for.
        family: key of `puzzlesolver.models.registry.MODELS`.
        sha256: of its `model.safetensors`.
        parameters: how many numbers it learned.
        default_steps: step budget a puzzle gets when the user names none.
        summary: one line for people.
    """

    path: str
    domain: str
    family: str
    sha256: str
    parameters: int
    default_steps: int
    summary: str


@dataclass(frozen=True)
class PublishedEntry:
    """One checkpoint that others published on the Hugging Face Hub; gathered from third parties.

    Attributes:
        file: of the checkpoint in its repository; None where nobody told its name.
        config: the file beside it that says how it was trained, if one is known.
        family: key of `puzzlesolver.models.registry.MODELS`; None where none of them fits.
        domain: the puzzle kind it was trained for, if known.
        score: what was reported of it, if anything.
        licence: as its repository states it; None where it was not looked up.
        settings: what tensors cannot tell, such as `H_cycles`; fields of the family's config.
        note: what is unverified, or must be known before use.
    """

    file: str | None
    config: str | None
    family: str | None
    domain: str | None
    score: str | None
    licence: str | None
    settings: dict[str, Any]
    note: str


@dataclass(frozen=True)
class Catalog:
    """All shipped models, and the published ones.

    Attributes:
        root: the folder that holds the catalog and the model folders.
        models: entries by name.
        defaults: the model that solves a domain when the user names none.
        published: entries by repository, `OWNER/REPO`.
    """

    root: Path
    models: dict[str, Entry]
    defaults: dict[str, str]
    published: dict[str, list[PublishedEntry]] = field(default_factory=dict)


def weights_folder() -> Path:
    """`weights` inside the package when installed, beside it in the source tree."""
    package = Path(__file__).parents[1]
    inside = package / "weights"
    return inside if (inside / CATALOG).is_file() else package.parent / "weights"


def read_catalog() -> Catalog:
    """The shipped models; raises `ModelError` when the installation is damaged."""
    root = weights_folder()
    document = read_json(root / CATALOG, CATALOG_SCHEMA)
    try:
        models = {name: Entry(**entry) for name, entry in document["models"].items()}
        published = {
            repo: [PublishedEntry(**entry) for entry in entries]
            for repo, entries in document.get("published", {}).items()
        }
        return Catalog(root, models, dict(document["defaults"]), published)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"the list of shipped models is damaged: {error}",
            where=str(root / CATALOG),
            hint="install puzzlesolver again",
        ) from error


def write_catalog(catalog: Catalog) -> None:
    """Replace `catalog.json`; for maintainers, see `store.ship_model`."""
    models = {name: asdict(entry) for name, entry in sorted(catalog.models.items())}
    document = {
        "schema": CATALOG_SCHEMA,
        "models": models,
        "defaults": catalog.defaults,
        "published": {
            repo: [asdict(entry) for entry in entries]
            for repo, entries in catalog.published.items()
        },
    }
    write_file(catalog.root / CATALOG, json.dumps(document, indent=2).encode() + b"\n")
