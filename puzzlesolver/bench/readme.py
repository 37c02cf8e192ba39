"""Committed reports → the tables of the README and the model cards.

In: `benchmarks/*.json`, written by `puzzlesolver bench … --json`. Out: the text between
`<!-- results NAME … -->` and `<!-- end -->` of every document is made anew, so that no number is
typed by hand.

    $ python -m puzzlesolver.bench.readme
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
REPORTS = ROOT / "benchmarks"
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "weights").glob("*/README.md")))
BLOCK = re.compile(r"(<!-- results (?P<names>[\w -]+) -->\n).*?(<!-- end -->)", re.S)


def renew(text: str) -> str:
    """A document with its result blocks made from the reports they name."""

    def block(match: re.Match[str]) -> str:
        files = [REPORTS / f"{name}.json" for name in match["names"].split()]
        reports = [json.loads(file.read_text(encoding="utf-8")) for file in files]
        return f"{match[1]}{markdown(reports)}{match[3]}"

    return BLOCK.sub(block, text)


def markdown(reports: list[dict[str, Any]]) -> str:
    """Reports on the same data as a table: exact solvers, ours, what others published."""
    report = reports[0]
    data, machine = report["data"], report["machine"]
    rows = ["| solver | trained on | setting | % solved | puzzles/s |", "|---|---|---|---|---|"]
    for exact in report["exact_solvers"]:
        share = 100 * exact["verified"] / exact["puzzles"]
        speed = exact["puzzles"] / exact["seconds"]
        rows.append(f"| {exact['solver']} | – | exact | {share:.1f} | {_round(speed)} |")
    rows += [row for each in reports for row in _our_rows(each)]
    for row in report["published"]:
        cells = (f"{row['system']}, {row['source']}", row["training"], row["setting"])
        rows.append(f"| {' | '.join(cells)} | {row['accuracy']:g}, on Sudoku-Extreme itself | |")
    verified = report["modes"].get("verified", {}).get("by_budget", {})
    curve = ", ".join(f"{entry['share']:.1%} @{int(at):,}" for at, entry in verified.items())
    lines = [
        *rows, "",
        f"{data['name']} (sha256 {data['sha256'][:8]}…), {data['rows']:,} puzzles; "
        f"{machine['cpu']}, {machine['threads']} threads.",
        *([f"Verified within so many steps: {curve}."] if curve else []), "",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _our_rows(report: dict[str, Any]) -> list[str]:
    """A line for each mode; the model card has the training in full."""
    model = report["model"]
    minutes = f"{model['training']['core_minutes']:.0f} core-minutes"
    ours = f"**ours**, {model['parameters']:,} weights | puzzles of our own, {minutes}"
    lines = []
    for name, mode in report["modes"].items():
        setting = f"{name}, at most {report['policies'][name]['max_steps']:,} steps"
        interval = "{share:.1%} ({low:.1%}–{high:.1%})".format(**mode["accuracy"])
        speed = _round(mode["puzzles_per_second"])
        lines.append(f"| {ours} | {setting} | {interval} | {speed} |")
    return lines


def _round(speed: float) -> str:
    return f"{speed:,.0f}" if speed >= 10 else f"{speed:.2g}"


if __name__ == "__main__":
    for document in DOCUMENTS:
        document.write_text(renew(document.read_text(encoding="utf-8")), encoding="utf-8")
