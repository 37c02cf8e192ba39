"""The model card and the training record that go with exported weights.

In: a run's config and what it has measured. Out: Markdown for people, a dict for `config.json`.

    >>> card = model_card(record)
"""

from __future__ import annotations

import math
import platform
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from puzzlesolver import __version__
from puzzlesolver.domains.sudoku.generate import DEEP, LEVELS

OF_FAMILIES = {
    "stem": ["Which cells see each other is given to the network as data, not learned."],
    "arc-stem": ["It answers nothing by itself: fits of ARC tasks start from it."],
}
VERIFIED = "Whether an answer is right is decided by a verifier, not by this network."
GUESSES = " guesses of the search"
CORE_MINUTES = "A core-minute is one minute of one CPU core."
LEGEND = [
    "*right @N*: share of the held-out puzzles whose answer is right after N steps. *ever @N*:",
    "share whose answer was right after some step up to N. These puzzles are no benchmark.",
]
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


def data_recipe(settings: Mapping[str, Any]) -> str:
    """Which boards a run draws, in words.

    Args:
        settings: of the run, by their flat names; of mazes or Sudokus, not of a dataset folder.
    """
    if settings.get("contract") == "boards":
        return _many_boards(settings["mix"])
    data, limit = settings["data"], settings.get("train_puzzles")
    size, mix = settings.get("size", 9), settings.get("mix", {})
    mazes = settings["domain"] == "maze"
    boards = "mazes" if mazes else "boards"
    if data is not None:
        told = f"{boards} of {Path(data).name}"
        total, easy = sum(mix.values()), 0 if mazes or limit else mix.get("easy", 0)
        told = f"{_share(easy / total)} easy boards, the others are {told}" if easy else told
    else:
        told = f"new {size}×{size} {boards}"
        told += f": {_mixture(mix, _maze if mazes else _difficulty)}" * (mazes or size == 9)
    told += f"; exactly {limit:,} different ones" if limit else ""
    changed = "turned and flipped" if mazes else "digits, rows and columns shuffled"
    again = limit or data is not None or not mazes  # mazes that are all new need no turning
    return told + f"; {changed} at random" * bool(settings.get("augment") and again)


def _mixture(mix: Mapping[str, float], words: Callable[[str], tuple[float, str]]) -> str:
    total = sum(mix.values())
    kinds = sorted((*words(kind), share / total) for kind, share in mix.items() if share)
    told = ", ".join(f"{_share(share)} {kind}" for _, kind, share in kinds)
    first, guesses, others = told.partition(GUESSES)
    return first + guesses + others.replace(GUESSES, "").replace("need at least", "at least")


def _share(share: float) -> str:
    return "all" if share == 1 else f"{100 * share:.3g} %"


def _difficulty(kind: str) -> tuple[float, str]:
    """The rank of a difficulty of Sudokus, and its words."""
    if kind == "easy":
        return 0, "easy"
    if kind == DEEP:
        return math.inf, "resist a whole round of single guesses"
    least = LEVELS[kind] if kind in LEVELS else int(kind)
    return least, f"need at least {least}{GUESSES}"


def _many_boards(mix: Mapping[str, float]) -> str:
    """Sizes with their shares, and the rules that some boards have."""
    sizes: dict[int, float] = {}
    rules = []
    for kind, share in mix.items():
        size, _, told = kind.partition(":")[0].strip().partition(" ")
        sizes[int(size)] = sizes.get(int(size), 0) + share / sum(mix.values())
        rules += [told] * bool(told)
    told = ", ".join(f"{size}×{size} ({_share(share)})" for size, share in sorted(sizes.items()))
    return (
        f"new boards of {told} of all updates"
        + f"; some with the rules {'; '.join(rules)}" * bool(rules)
    )


def _maze(kind: str) -> tuple[float, str]:
    """The same of a kind of mazes."""
    name, _, difficulty = kind.partition(" ")
    told = {"walls": "random walls", "open": "few walls"}.get(name, name)
    if difficulty.isdigit():
        return int(difficulty), f"{told} and a path of at least {difficulty} cells"
    return 0, f"{told} and a long path" if difficulty == "hard" else told


def facts(record: Mapping[str, Any]) -> list[str]:
    """Lines of a table made of a training record (`Run.record`)."""
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
    """Markdown made of a training record (`Run.record`)."""
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
