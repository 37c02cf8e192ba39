"""The model card and the training record that go with exported weights.

In: a run's config and what it has measured. Out: Markdown for people, a dict for `config.json`.

    >>> card = model_card(record)
"""

from __future__ import annotations

import platform
import re
from pathlib import Path
from typing import Any

import torch

from puzzlesolver import __version__

OF_FAMILIES = {
    "stem": ["Which cells see each other is given to the network as data, not learned."],
    "arc-stem": ["It answers nothing by itself: fits of ARC tasks start from it."],
}
VERIFIED = "Whether an answer is right is decided by a verifier, not by this network."
UNVERIFIABLE = "ARC has no rules that could verify an answer."


def machine(device: torch.device, threads: int) -> str:
    """The hardware and the torch that a run used, in a few words."""
    if device.type == "cuda":
        chip = torch.cuda.get_device_name(device)
    else:
        cpuinfo = Path("/proc/cpuinfo")
        found = cpuinfo.is_file() and re.search(r"model name\s*: (.+)", cpuinfo.read_text())
        chip = found[1] if found else platform.processor() or platform.machine()
    return f"{chip}, {threads} CPU thread{'s' * (threads != 1)}, torch {torch.__version__}"


def model_card(record: dict[str, Any]) -> str:
    """Markdown made of a training record (`Run.record`)."""
    rows = [
        ("command", f"`{record['command']}`"),
        ("version", f"puzzlesolver {__version__}"),
        ("progress", f"{record['progress']:.0%} of the schedule, {record['updates']:,} updates"),
        ("seed", record["seed"]),
        ("data", f"{record['data']}; {record['puzzles']:,} draws"),
        ("contract", record["contract"]),
        ("parameters", f"{record['parameters']:,}"),
        ("cost", f"{record['core_minutes']:.1f} core-minutes, {record['minutes']:.1f} minutes"),
        ("machine", record["machine"]),
    ]
    lines = [
        "---", "license: apache-2.0", "library_name: puzzlesolver", "---", "",
        f"# `{record['family']}` for {record['domain']}", "",
        "Trained by `puzzlesolver`; exponential average of the weights.",
        *OF_FAMILIES.get(record["family"], []),
        UNVERIFIABLE if record["domain"] == "arc" else VERIFIED,
        "", "| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows), "",
        "## Curve", "", *_curve(record["curve"]), "",
    ]  # fmt: skip
    return "\n".join(lines)


def _curve(points: list[dict[str, Any]]) -> list[str]:
    if not points:
        return ["No held-out puzzles were evaluated."]
    marks = list(points[-1]["right"])
    head = ["minutes", "updates", *(f"right @{mark}" for mark in marks), f"ever @{marks[-1]}"]
    # A dozen points show the shape of a curve; the rest is in metrics.jsonl.
    shown = points[:: max(1, len(points) // 12)]
    if shown[-1] is not points[-1]:
        shown = [*shown, points[-1]]
    body = [
        [
            f"{point['minutes']:.1f}",
            f"{point['update']:,}",
            *(f"{point['right'][mark]:.1%}" for mark in marks),
            f"{point['ever'][marks[-1]]:.1%}",
        ]
        for point in shown
    ]
    return [
        *(f"| {' | '.join(row)} |" for row in [head, ["---:"] * len(head), *body]),
        "",
        "*right*: at that step of a plain trajectory; *ever*: at some step so far, what a",
        "checker would accept. Held-out puzzles of this run, not a benchmark.",
    ]
