"""Numbers as cells of a table and as points of a chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Fact = Mapping[str, Any]


def percent(share: Fact | None, ends: bool = True) -> str:
    """A share, with the ends of its interval where they are wanted."""
    if share is None or share["share"] is None:
        return "–"
    told = f"{share['share']:.1%}"
    return f"{told} ({share['low']:.1%} to {share['high']:.1%})" if ends else told


def interval(share: Fact | None) -> tuple[float, float, float] | None:
    """A share in percent with its ends, for a chart."""
    if share is None or share["share"] is None:
        return None
    return 100 * share["share"], 100 * share["low"], 100 * share["high"]


def area(worth: Fact | None) -> str:
    """An AUROC with its interval."""
    if worth is None or worth["auroc"] is None:
        return "–"
    return "{auroc:.3f} ({low:.3f} to {high:.3f})".format(**worth)


def rounded(number: float | None) -> str:
    """As many digits as a reader needs."""
    if number is None:
        return "–"
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def where(machine: Fact) -> str:
    """The machine in few words."""
    threads = machine["threads"]
    return f"{machine['cpu']}, {threads} thread{'s' * (threads != 1)}"


def machine_facts(machine: Fact) -> list[tuple[str, str]]:
    """The machine as rows of what somebody needs who wants to measure the same."""
    versions = {name: machine[name] for name in ("python", "torch")} | machine.get("versions", {})
    return [
        ("machine", f"{where(machine)}, {machine['cores']} cores; {machine['device']}"),
        ("versions", ", ".join(f"{name} {found}" for name, found in versions.items())),
    ]
