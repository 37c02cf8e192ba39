"""Fits of an earlier run, from its journal: fits take hours, and counting their votes no time.

In: a journal, and how fits are to be made. Out: its fits, for `Fitters` to take.

    >>> made = read_made(Path("benchmarks/arc-dev.jsonl"), {"settings": asdict(FitSettings())})
    >>> made["3ac3eb23", 0].demos
    1.0
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from puzzlesolver.bench.arc.records import TaskRecord, is_answer, read_fits
from puzzlesolver.bench.journal import Journal
from puzzlesolver.errors import UsageError
from puzzlesolver.files import explained, open_regular
from puzzlesolver.refine.adapt.fitters import Made
from puzzlesolver.shapes import Misfit, difference

HOW_MANY = ("seeds", "rounds", "enough_chance")
"""Settings that say which fits are made; all others say how."""


def read_made(journal: Path, settings: Mapping[str, Any]) -> Made:
    """All fits of a journal.

    Args:
        journal: of a run of `Fits`, finished or not, on any tasks.
        settings: that the fits shall have, as `Fits.settings`.

    Raises:
        UsageError: it cannot be read, is damaged, or its fits have other settings.
    """
    with explained(journal, verb="read"), open_regular(journal) as file:
        line = file.readline()
    try:
        run = json.loads(line)["run"]
        theirs, ours = _how(run), _how(json.loads(json.dumps(settings)))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        hint = "give the .jsonl file that a run of this suite keeps beside its --json"
        raise UsageError("no journal of fits", where=f"--fits {journal}", hint=hint) from error
    if other := difference(theirs, ours):
        raise UsageError(
            f"these fits were made in another way: their {other}",
            where=f"--fits {journal}",
            hint="leave --fits out to make new ones",
        )
    read = Journal(None, run, resume=False, kind=TaskRecord, fits=is_answer)
    read.absorb(journal, lambda record: record.task)
    try:
        return {(each.task, fit.seed): fit for each in read.records for fit in read_fits(each)}
    except Misfit as misfit:
        raise UsageError(
            f"this journal is damaged: {misfit}", where=f"--fits {journal}"
        ) from misfit


def _how(run: Mapping[str, Any]) -> dict[str, Any]:
    """What the fits of a run depend on."""
    settings = {key: value for key, value in run["settings"].items() if key not in HOW_MANY}
    return {"settings": settings, "start": run.get("start")}
