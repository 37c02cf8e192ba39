"""What the runs of all suites share: options, the model in words, and how a report is finished.

>>> finish(Path("result.json"), settings | {"score": 0.2}, journal)["date"]
'2026-11-26T12:00:00+00:00'
"""

from __future__ import annotations

import datetime
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from puzzlesolver.bench.journal import SCHEMA, Journal
from puzzlesolver.bench.schema import MODEL
from puzzlesolver.errors import ModelError, UsageError
from puzzlesolver.extras import require
from puzzlesolver.files import write_file
from puzzlesolver.loading import Loaded
from puzzlesolver.shapes import Misfit, check


@dataclass(frozen=True, kw_only=True)
class Options:
    """What every run takes.

    Attributes:
        out_json: where the report goes, with its journal beside it; None = nowhere.
        console: progress for people; None = silence.
        old: the report that the new one will be compared with; a run refuses at its beginning what
            `compare` would refuse after it.
    """

    out_json: Path | None = None
    console: Console | None = None
    old: Mapping[str, Any] | None = None


MUCH = 2.0
"""Factor by which time or memory must grow to count: machines are shared."""


def same(old: str, new: str) -> None:
    """Raise `UsageError` when two reports are not of the same thing."""
    if old != new:
        what = f"the old report is of something else: {old}, not {new}"
        raise UsageError(what, where="--compare")


def check_outputs(out_json: Path | None, page: Path | None, plot: Path | None = None) -> None:
    """Raise `UsageError`, before any work, for what could not be written in the end."""
    for flag, path in (("--json", out_json), ("--html", page), ("--plot", plot)):
        if path and (path.is_dir() or not os.access(path.parent, os.W_OK)):
            folder = f"no folder {str(path.parent)!r} to write in"
            what = "it is a folder" if path.is_dir() else folder
            hint = "name a file in a folder that exists"
            raise UsageError(what, where=f"{flag} {path}", hint=hint)
        if path and path is not out_json:
            require("images", flag)


def about_model(loaded: Loaded) -> dict[str, Any]:
    """What a report says of a model.

    Raises:
        ModelError: its training record is damaged, so that nobody could read the report.
    """
    told = {
        "name": loaded.name,
        "family": loaded.family,
        "sha256": loaded.sha256,
        "parameters": loaded.parameters,
        "training": loaded.training,
    }
    try:
        check(told, MODEL)
    except Misfit as misfit:
        what = f"its record of the training is damaged: {misfit}"
        hint = 'correct "training" in its config.json, or leave it out'
        raise ModelError(what, where=loaded.name, hint=hint) from misfit
    return told


def report_paths(out_json: Path | None, models: Sequence[str | None]) -> list[Path | None]:
    """Where the report of each model goes; raises `UsageError` where two have one name."""
    if out_json is None or len(models) == 1:
        return [out_json] * len(models)
    paths: list[Path | None] = []
    for model in models:
        words = re.split(r"[/\\:]", str(model).removesuffix("/model"))
        paths.append(out_json.with_stem(f"{out_json.stem}-{words[-1]}"))
    if len(set(paths)) < len(paths):
        raise UsageError(
            "two models have the same name", where="--json", hint="measure them one by one"
        )
    return paths


def finish(
    out_json: Path | None, found: Mapping[str, Any], journal: Journal | None = None
) -> dict[str, Any]:
    """Date a report and write it; then the journal takes its finished name.

    Args:
        out_json: where it goes; None = nowhere.
        found: settings and numbers.
        journal: of the run.

    Returns:
        The report.
    """
    date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    report = {"schema": SCHEMA, "date": date, **found}
    if out_json is not None:
        write_file(out_json, json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    if journal is not None:
        journal.finish()
    return report
