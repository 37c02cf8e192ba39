"""What a model was trained on, and how many puzzles of a run were among that.

In: the training record of a model, the puzzles, perhaps the file it was trained on. Out: JSON data
for the report. Without the file nothing is claimed but what the record says.

    >>> state_overlap(training, cases.puzzles, Path("train.csv"))["shared"]
    {'count': 0, 'of': 1000, 'share': 0.0, 'low': 0.0, 'high': 0.003827}
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from puzzlesolver.bench.cases import read_file
from puzzlesolver.bench.statistics import share
from puzzlesolver.domains.base import Puzzle

BRED = (9, 9)
"""The boards whose symmetric forms are recognised."""


def state_overlap(
    training: Mapping[str, Any], puzzles: Sequence[Puzzle], trained_on: Path | None
) -> dict[str, Any]:
    """What is known of the overlap.

    Args:
        training: of the model, as its `config.json` has it; {} when nothing is known.
        puzzles: of the run.
        trained_on: the puzzles that the model was trained on; None = they are not at hand.

    Returns:
        `trained_on`: the record's words; `kept_out`: the file that training left out, in every
        symmetric form; `file` and `sha256` of what was compared, and `shared`: how many puzzles are
        in it: the same, or on 9×9 boards the same up to symmetry. None where not known.
    """
    kept_out = training.get("settings", {}).get("exclude")
    told: dict[str, Any] = {
        "trained_on": training.get("data"),
        "kept_out": kept_out and Path(kept_out).name,
        "file": None,
        "sha256": None,
        "shared": None,
    }
    if trained_on is not None:
        seen = read_file(puzzles[0].domain, trained_on, None)
        forms = set(map(_form, seen.puzzles))
        shared = share(sum(_form(puzzle) in forms for puzzle in puzzles), len(puzzles))
        told |= {"file": seen.name, "sha256": seen.sha256, "shared": shared}
    return told


def tell_overlap(report: Mapping[str, Any]) -> str:
    """What a report knows of it, in words."""
    told = report.get("overlap") or state_overlap(report["model"]["training"], [], None)
    if told["trained_on"] is None:
        return "what this model was trained on is not known"
    words = [f"trained on: {told['trained_on']}"]
    if told["kept_out"]:
        words.append(f"kept out of it in every symmetric form: {told['kept_out']}")
    if told["shared"] is None:
        words.append("not compared with these puzzles (--trained-on FILE)")
    else:
        shared = told["shared"]
        words.append(f"{shared['count']:,} of these {shared['of']:,} puzzles are in {told['file']}")
    return "; ".join(words)


def _form(puzzle: Puzzle) -> bytes:
    """The same for equivalent 9×9 boards; other puzzles stand for themselves."""
    if puzzle.domain == "sudoku" and puzzle.grid.shape == BRED:
        from puzzlesolver.domains.sudoku.making.canonical import canonical

        try:
            return canonical(puzzle.grid.ravel())
        except ValueError:  # only boards with one solution have a canonical form
            pass
    digest = hashlib.sha256(repr(puzzle.grid.shape).encode() + puzzle.grid.tobytes())
    return digest.digest()
