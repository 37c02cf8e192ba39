"""Models of the Hugging Face Hub in the cache: downloaded, converted if need be, verified.

In: a name as `cached.parse_name` reads it. Out: the same name pinned to a commit, whose `folder` is
a whole model in our layout, or a `ModelError`. A folder gets its name when it is complete; its
`config.json` tells where it came from, under "training" → "provenance".

    >>> pull(parse_name("hub:someone/model")).folder
    PosixPath('/home/me/.cache/puzzlesolver/hub/someone--model/9f2c…')
"""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from puzzlesolver.errors import ModelError
from puzzlesolver.files import write_file
from puzzlesolver.hub.cached import (
    DEFAULT_REVISION,
    HubName,
    find_cached,
    remember_commit,
    remove_folder,
    what_is_cached,
)
from puzzlesolver.hub.catalog import PublishedEntry
from puzzlesolver.hub.folder import (
    CARD,
    CONFIG,
    CONFIG_SCHEMA,
    WEIGHTS,
    read_config,
    read_network,
)
from puzzlesolver.hub.published import choose_checkpoint, config_beside, find_entry
from puzzlesolver.hub.remote import RemoteRepo, ask, fetch
from puzzlesolver.hub.transfer import UnreachableError

_log = logging.getLogger(__name__)


def pull(name: HubName) -> HubName:
    """Have a model in the cache, at the commit it has now.

    A name that is pinned and cached costs no request. When the Hub cannot be reached, the copy that
    the name last meant serves, and a warning says so. A download that broke off goes on from there.

    Raises:
        ModelError: it does not exist, may not be read, is damaged, or is out of reach.
    """
    if name.is_cached:
        return name
    from huggingface_hub import is_offline_mode

    try:
        repo = ask(name)
    except UnreachableError as error:
        copy = find_cached(name)
        if copy is None:
            error.hint = what_is_cached()
            raise
        if not is_offline_mode():
            _log.warning("note: %s; using %s", error.what, copy)
        return copy
    if not repo.name.is_cached:
        _install(repo, name.revision or DEFAULT_REVISION)
    remember_commit(name, str(repo.name.revision))
    return repo.name


def _install(repo: RemoteRepo, asked: str) -> None:
    """Build the folder under another name; `asked` is the revision as the user wrote it."""
    from filelock import FileLock

    target = repo.name.folder
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_name(".lock")):  # other processes wait here
        if repo.name.is_cached:  # another process was faster
            return
        downloads = target.with_name(f"{repo.name.revision}.download")
        staging = target.with_name(f"partial-{target.name}")
        shutil.rmtree(staging, ignore_errors=True)
        try:
            build = _take if _has_our_layout(repo, downloads) else _convert
            build(repo, downloads, staging, asked)
            read_network(staging)
            staging.rename(target)
        except UnreachableError:  # what arrived is there for the next try
            raise
        except ModelError as error:
            for folder in (staging, downloads):
                error.where = error.where.replace(str(folder), str(repo.name))
                shutil.rmtree(folder, ignore_errors=True)
            raise
        for leftover in target.parent.glob("*.download"):
            remove_folder(leftover)


def _has_our_layout(repo: RemoteRepo, downloads: Path) -> bool:
    if repo.name.file is not None or not {WEIGHTS, CONFIG} <= repo.files.keys():
        return False
    fetch(repo, CONFIG, downloads)
    try:
        read_config(downloads)
    except ModelError:
        if b'"schema"' in (downloads / CONFIG).read_bytes():
            raise
        return False  # others have a config.json too
    return True


def _take(repo: RemoteRepo, downloads: Path, staging: Path, asked: str) -> None:
    """A folder in our layout, as it is; only its provenance is added."""
    files = [file for file in (CONFIG, CARD, WEIGHTS) if file in repo.files]
    sha256 = {file: fetch(repo, file, downloads) for file in files}
    stored = read_config(downloads)
    provenance = _provenance(repo, asked, sha256)
    if before := stored.training.get("provenance"):
        provenance["from"] = before
    stored = replace(stored, training={**stored.training, "provenance": provenance})
    staging.mkdir()
    card = downloads / CARD
    write_file(staging / CARD, card.read_bytes() if card.is_file() else f"# {repo.name}\n".encode())
    (downloads / WEIGHTS).replace(staging / WEIGHTS)
    document = {"schema": CONFIG_SCHEMA, **asdict(stored)}
    write_file(staging / CONFIG, json.dumps(document, indent=2).encode() + b"\n")


def _convert(repo: RemoteRepo, downloads: Path, staging: Path, asked: str) -> None:
    """A checkpoint of another trainer, with what the catalog and its config file say of it."""
    file = choose_checkpoint(repo.name, repo.files)
    entry = find_entry(repo.name.repo, file)
    config = config_beside(file, entry, repo.files)
    sha256 = {part: fetch(repo, part, downloads) for part in (config, file) if part}
    known = {**entry.settings, "domain": entry.domain} if entry else {}

    from puzzlesolver.hub.foreign.convert import convert_checkpoint

    convert_checkpoint(
        downloads / file,
        staging,
        config=downloads / config if config else None,
        family=entry.family if entry else None,
        known={key: value for key, value in known.items() if value is not None},
        provenance=_provenance(repo, asked, sha256, entry),
    )


def _provenance(
    repo: RemoteRepo, asked: str, sha256: dict[str, str], entry: PublishedEntry | None = None
) -> dict[str, Any]:
    facts = {
        "repo": repo.name.repo,
        "revision": asked,
        "commit": repo.name.revision,
        "sha256": sha256,
        "licence": (entry.licence if entry else None) or repo.licence,
        "score": entry.score if entry else None,
        "note": entry.note if entry else None,
    }
    return {key: value for key, value in facts.items() if value}
