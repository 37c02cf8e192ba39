"""The model card of a converted checkpoint: what it is, and what it is not.

In: the checkpoint and the training record. Out: Markdown, safe whatever the file was called.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from puzzlesolver.hub.foreign.layout import Checkpoint


def converted_card(checkpoint: Checkpoint, sha256: str, training: Mapping[str, Any]) -> str:
    """Markdown that says what this is, and what it is not."""
    provenance = training["provenance"]
    licence = str(provenance.get("licence", "unknown"))
    domain = training.get("domain", "an unknown kind of puzzle")
    name = checkpoint.family.upper()
    assumed = ", ".join(f"{key} = {value}" for key, value in provenance["assumed"].items())
    rows = {
        "file": provenance["file"],
        "SHA-256 of the file": sha256,
        "repository": provenance.get("repo"),
        "commit": provenance.get("commit"),
        "licence": licence if licence != "unknown" else "unknown: ask its author before you use it",
        "reported score": provenance.get("score"),
        "family": f"{name}: {checkpoint.evidence}",
        "weights taken from": provenance["weights"],
        "raw or averaged": provenance.get("averaged"),
        "settings from": provenance.get("settings_from", "no file"),
        "assumed": assumed or "nothing",
        "note": provenance.get("note"),
    }
    tag = licence.lower() if re.fullmatch(r"[\w.+-]+", licence) else "other"
    lines = [
        "---", f"license: {tag}", "library_name: puzzlesolver", "---", "",
        f"# A converted {name} for {_cell(domain)}", "",
        "This model was **converted** by `puzzlesolver` from a checkpoint that others made. We did",
        "not train it, and its numbers are unchanged. Settings that neither the file nor its",
        "configuration tells were assumed: if they are wrong, so are its answers. Whether an",
        "answer is right is decided by a verifier, not by this network.", "",
        "| | |", "|---|---|",
        *(f"| {row} | {_cell(value)} |" for row, value in rows.items() if value), "",
    ]  # fmt: skip
    return "\n".join(lines)


def _cell(text: object) -> str:
    """Foreign text for a table of Markdown: one line, no markup, encodable."""
    line = " ".join(str(text).split()).encode("utf-8", "replace").decode()
    return re.sub(r"([|`<>\[\]*_\\])", r"\\\1", line)
