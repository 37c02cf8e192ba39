"""The model card and the training record that go with exported weights.

In: a run's config and what it has measured. Out: Markdown for people, a dict for `config.json`.

    >>> card = model_card(record)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from puzzlesolver import __version__
from puzzlesolver.runtime import processor
from puzzlesolver.train.presets import command

if TYPE_CHECKING:
    from puzzlesolver.train.run import Run

OF_FAMILIES = {
    "stem": ["Which cells see each other is given to the network as data, not learned."],
    "arc-stem": ["It answers nothing by itself: fits of ARC tasks start from it."],
}
VERIFIED = "Whether an answer is right is decided by a verifier, not by this network."
CORE_MINUTES = "A core-minute is one minute of one CPU core."
LEGEND = [
    "*right @N*: share of the held-out puzzles whose answer is right after N steps. *ever @N*:",
    "share whose answer was right after some step up to N. These puzzles are no benchmark.",
]
UNVERIFIABLE = "ARC has no rules that could verify an answer."


def machine(device: torch.device, threads: int) -> str:
    """The hardware and the torch that a run used, in a few words."""
    chip = torch.cuda.get_device_name(device) if device.type == "cuda" else processor()
    return f"{chip}, {threads} CPU thread{'s' * (threads != 1)}, torch {torch.__version__}"


def training_record(run: Run, out: Path) -> dict[str, Any]:
    """How the weights of a run in the folder `out` came to be."""
    config = run.config
    return {
        "command": command(config, out),
        **{name: getattr(config, name) for name in ("preset", "domain", "family")},
        "contract": config.contract.name,
        "seed": config.seed,
        "start": run.started_from,
        "data": run.source.recipe,
        "updates": run.updates,
        "progress": min(1.0, run.progress),
        "puzzles": run.source.drawn,
        "epoch": run.source.epoch,
        "parameters": run.parameters,
        "minutes": round(run.minutes, 2),
        "core_minutes": round(run.core_minutes, 2),
        "machine": machine(run.runtime.device, run.runtime.threads),
        "curve": run.curve,
        "settings": config.to_json(),
    }


def facts(record: Mapping[str, Any]) -> list[str]:
    """Lines of a table made of a `training_record`."""
    rows = [
        ("command", f"`{record['command']}`"),
        ("version", f"puzzlesolver {__version__}"),
        ("progress", f"{record['progress']:.0%} of the schedule, {record['updates']:,} updates"),
        ("seed", record["seed"]),
        ("training data", record["data"]),
        ("puzzles drawn", f"{record['puzzles']:,}, repetitions included"),
        ("contract", record["contract"]),
        ("parameters", f"{record['parameters']:,}"),
        *_starts(record.get("start")),
        ("cost", f"{record['core_minutes']:.1f} core-minutes, in {record['minutes']:.1f} minutes"),
        ("machine", record["machine"]),
    ]
    return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]


def _starts(start: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """The weights that it started from, and what those started from."""
    while start is not None:
        told = f"weights with SHA-256 {start['sha256']}"
        if start["command"]:
            told += f", of `{start['command']}` ({start['updates']:,} updates, "
            told += f"{start['core_minutes']:.1f} core-minutes, {start['machine']})"
        yield "start", told
        start = start.get("start")


def model_card(record: Mapping[str, Any]) -> str:
    """Markdown made of a `training_record`."""
    lines = [
        "---", "license: apache-2.0", "library_name: puzzlesolver", "---", "",
        f"# `{record['family']}` for {record['domain']}", "",
        "Trained by `puzzlesolver`. The weights are an exponential average over the training.",
        *OF_FAMILIES.get(record["family"], []),
        UNVERIFIABLE if record["domain"] == "arc" else VERIFIED,
        "", *facts(record), "", CORE_MINUTES, "",
        "## Accuracy during the training", "", *_curve(record["curve"]), "",
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
        *LEGEND,
    ]
