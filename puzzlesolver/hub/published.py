"""Which file of a repository is the published checkpoint, and what is known of it; no network.

In: the files of a repository. Out: the checkpoint, the config file beside it, and the catalog's
entry.

    >>> choose_checkpoint(parse_name("hub:someone/model"), ["README.md", "step_100"])
    'step_100'
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import PurePosixPath

from puzzlesolver.errors import ModelError
from puzzlesolver.hub.cached import HubName
from puzzlesolver.hub.catalog import PublishedEntry, read_catalog

CONFIGS = ("all_config.yaml", "config.yaml", "latest_config.yaml")
"""What the published trainers call the file that says how a checkpoint beside it was trained."""

_CHECKPOINT = re.compile(
    r"checkpoint|(.*_)?step_\d+(_[^.]*)?|pytorch_model\.bin|.*\.(pth|pt|ckpt|safetensors)"
)


def choose_checkpoint(name: HubName, files: Collection[str]) -> str:
    """The file that was asked for, the one that the catalog names, or the only candidate.

    Raises:
        ModelError: there is none, or a choice is left to the user.
    """
    candidates = sorted(file for file in files if _CHECKPOINT.fullmatch(PurePosixPath(file).name))
    known = [entry.file for entry in read_catalog().published.get(name.repo, []) if entry.file]
    if name.file is not None:
        if name.file in files:
            return name.file
        fault = f"there is no file {name.file!r} in {name.repo}"
    elif len(known) == 1 and known[0] in files:
        return known[0]
    elif len(candidates) == 1:
        return candidates[0]
    else:
        fault = f"{name.repo} holds {len(candidates) or 'no'} checkpoints"
    if candidates:
        examples = ", ".join(str(replace(name, file=file)) for file in candidates)
        raise ModelError(fault, where=str(name), hint=f"name one: {examples}")
    raise ModelError(
        fault,
        where=str(name),
        hint="a model is model.safetensors with our config.json, or a torch checkpoint such as "
        "`checkpoint`, `step_1000` or `model.pth`",
    )


def config_beside(file: str, entry: PublishedEntry | None, files: Collection[str]) -> str | None:
    """The file that says how a checkpoint was trained, if the repository has one."""
    likely = [str(PurePosixPath(file).with_name(config)) for config in CONFIGS]
    known = [entry.config] if entry and entry.config else []
    return next((config for config in [*known, *likely] if config in files), None)


def find_entry(repo: str, file: str) -> PublishedEntry | None:
    """What the catalog says of a checkpoint; an entry that names no file covers all others."""
    entries = read_catalog().published.get(repo, [])
    named = [entry for entry in entries if entry.file == file]
    return next(iter(named or (entry for entry in entries if entry.file is None)), None)
