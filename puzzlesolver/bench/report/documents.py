"""Committed reports → the tables of the README, of docs/results and of the model cards.

In: `benchmarks/*.json`, written by `puzzlesolver bench … --json`. Out: the text between
`<!-- KIND NAME … -->` and `<!-- end -->` of every document is made anew, so that no number is typed
by hand. The kinds are those of `BLOCKS`.

    $ python -m puzzlesolver.bench.report.documents
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from puzzlesolver.bench.accuracy.scores import rounded, scores, where
from puzzlesolver.bench.arc.tasks_page import others
from puzzlesolver.bench.arc.tasks_page import shares as arc_shares
from puzzlesolver.bench.cost.families_page import answers, shares, speeds
from puzzlesolver.bench.cost.stream_page import long_file, ways
from puzzlesolver.bench.report.headline import headline
from puzzlesolver.bench.settling.signs import COVERAGES, SIGNS, area
from puzzlesolver.bench.shares import percent
from puzzlesolver.files import write_file
from puzzlesolver.refine.adapt.trust import calibrated_on

ROOT = Path(__file__).parents[3]
REPORTS = ROOT / "benchmarks"
DOCUMENTS = (
    ROOT / "README.md",
    *sorted((ROOT / "docs" / "results").glob("*.md")),
    *sorted((ROOT / "weights").glob("*/README.md")),
)

TOLD_SIGNS = ("settled", "residual", "confidence", "halt")
"""Those of `SIGNS` that a short table has room for."""


def renew(text: str) -> str:
    """A document with its result blocks made from the reports they name."""

    def block(match: re.Match[str]) -> str:
        files = [REPORTS / f"{name}.json" for name in match["names"].split()]
        reports = [json.loads(file.read_text(encoding="utf-8")) for file in files]
        return f"{match[1]}{BLOCKS[match['kind']](reports)}{match['end']}"

    kinds = "|".join(BLOCKS)
    marked = rf"(<!-- (?P<kind>{kinds}) (?P<names>[\w -]+) -->\n).*?(?P<end><!-- end -->)"
    return re.sub(marked, block, text, flags=re.S)


def results(reports: list[dict[str, Any]]) -> str:
    """Reports on the same data as a table: exact solvers, ours, what others published."""
    report = reports[0]
    data = report["data"]
    rows = ["| solver | trained on | setting | % solved | puzzles/s |", "|---|---|---|---|---|"]
    for score in scores(reports):
        system = score.system
        if score.kind == "ours":
            system = f"**ours** `{system}`, {score.weights:,} weights"
        cells = (system, score.trained_on, score.setting, score.solved)
        rows.append(f"| {' | '.join(cells)} | {score.speed and f'{score.speed} '}|")
    lines = [
        *rows, "",
        f"{data['name']} (sha256 {data['sha256'][:8]}…), {data['rows']:,} puzzles; "
        f"{where(report['machine'])}.", "",
        *_curves(report), "",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def parts(reports: list[dict[str, Any]]) -> str:
    """Every kind of puzzle of some reports: right in each mode, and how many were unsound."""
    rows = ["| suite: puzzles | how many | mode | % right |", "|---|---:|---|---:|"]
    wrong_verified = wrong_contradictions = 0
    for report in reports:
        for name, mode in report["modes"].items():
            setting = f"{name}, at most {report['policies'][name]['max_steps']:,} steps"
            wrong_verified += len(mode["wrong_verified"])
            wrong_contradictions += len(mode["wrong_contradictions"])
            for source, share in mode["by_source"].items():
                kind = f"{report['suite']}: {source or report['data']['name']}"
                right = f"{100 * share['share']:.1f}"
                rows.append(f"| {kind} | {share['of']:,} | {setting} | {right} |")
    told = (
        f"Wrong answers called verified: {wrong_verified}. "
        f"Solvable puzzles called contradictory: {wrong_contradictions}."
    )
    return "\n".join(["", *rows, "", told, ""]) + "\n"


def cost(reports: list[dict[str, Any]]) -> str:
    """Throughput by batch size, and what one puzzle takes."""
    lines = []
    for report in reports:
        measured, machine = report["cost"], report["machine"]
        lines += ["", "| batch | verified/s | peak MiB |", "|---:|---:|---:|"]
        for row in measured["batches"]:
            speed, memory = rounded(row["verified_per_second"]), row["peak_memory_mib"]
            lines.append(f"| {row['batch_size']:,} | {speed} | {memory:,.0f} |")
        typical = measured["puzzle_seconds"]
        lines += [
            "",
            f"One puzzle alone: {typical['median']:.1f} s at the median of the steps needed, "
            f"{typical['p95']:.1f} s at their 95th percentile; {where(machine)}.",
            "",
        ]
    return "\n".join(lines) + "\n"


def families(reports: list[dict[str, Any]]) -> str:
    """What an answer costs with the shipped models and with published ones at paper size."""
    report = reports[0]
    head = "| puzzle | system | weights | parameters | reported % | steps | s/puzzle | times ours |"
    lines = [head, "|---|---|---|---:|---:|---:|---:|---:|"]
    for row, (_, *cells) in zip(report["rows"], answers(report)[1], strict=True):
        system = f"**{row['system']}**" if "verified" in row else row["system"]
        lines.append(f"| {' | '.join((row['domain'], system, *cells))} |")
    if report.get("cells"):
        lines += ["", "Puzzles a second, by batch size:", "", *_table(*speeds(report), words=2)]
        seconds = report["longest_step"]
        lines += ["", f"–: left out, as a rule because one step takes more than {seconds:g} s."]
    if report.get("profiles"):
        lines += ["", "Where the time of our steps goes:", "", *_table(*shares(report), words=2)]
    spans = {
        domain: [
            row["times_ours"]
            for row in report["rows"]
            if row["domain"] == domain and row.get("times_ours")
        ]
        for domain in report["puzzles"]
    }
    compared = "; ".join(
        f"{domain} {rounded(min(times))} to {rounded(max(times))}"
        for domain, times in spans.items()
        if times
    )
    lines += ["", f"An answer of a published model takes as long as so many of ours: {compared}."]
    data = "; ".join(
        f"{about['name']}, {report['puzzles'][domain]} puzzles"
        for domain, about in report["data"].items()
    )
    energy = "; no energy meter" if "meter" in report and not report["meter"] else ""
    return "\n".join([*lines, "", f"{data}; {where(report['machine'])}{energy}.", ""]) + "\n"


def signs(reports: list[dict[str, Any]]) -> str:
    """What settled, and what tells right answers from wrong ones; modes that agree are one line."""
    kinds = list(reports[0]["modes"]["settle"]["settling"]["kinds"])
    columns = [f"settled, of {kind}" for kind in kinds]
    columns += ["right, of the settled", *(f"AUROC of {sign}" for sign in TOLD_SIGNS)]
    rows = []
    for report in reports:
        told: list[dict[str, Any]] = []
        for name, mode in report["modes"].items():
            if (settling := mode["settling"]) in told:
                continue
            told.append(settling)
            cells = [f"{settling['kinds'][kind]['settled']['share']:.1%}" for kind in kinds]
            cells += [percent(mode["given_settled"]["correct"])]
            cells += [area(settling["signs"]["all"][sign]) for sign in TOLD_SIGNS]
            rows.append((f"{report['model']['name']}, {name}", *cells))
    lines = _table(("model, mode", *columns), rows)
    return "\n".join([*lines, "", _boards(reports), ""]) + "\n"


def settling(reports: list[dict[str, Any]]) -> str:
    """What settled, and which signs tell right answers from wrong ones."""
    modes = {
        f"{report['model']['name']}, {name}": mode["settling"]
        for report in reports
        for name, mode in report["modes"].items()
    }
    lines = [
        "| model, mode | puzzles | settled | right | right if settled |",
        "|---|---|---:|---:|---:|",
    ]
    for name, told in modes.items():
        for kind, found in told["kinds"].items():
            shares = (percent(found[key]) for key in ("settled", "right", "right_if_settled"))
            lines.append(f"| {name} | {kind} | {' | '.join(shares)} |")
    lines += ["", "AUROC of each sign of a right answer, 0.5 = no sign, with 95 % intervals:", ""]
    lines += [
        f"| model, mode | puzzles | {' | '.join(SIGNS)} |",
        "|---|---|" + "---:|" * len(SIGNS),
    ]
    for name, told in modes.items():
        for population, found in told["signs"].items():
            areas = (area(found[sign]) for sign in SIGNS)
            lines.append(f"| {name} | {population} | {' | '.join(areas)} |")
    return "\n".join([*lines, "", _boards(reports), ""]) + "\n"


def _boards(reports: list[dict[str, Any]]) -> str:
    """What `settling` was measured on, and where."""
    data, machine = reports[0]["data"], reports[0]["machine"]
    return f"{data['name']}, {data['rows']:,} puzzles; {where(machine)}."


def stream(reports: list[dict[str, Any]]) -> str:
    """What a full batch is worth, and one long file."""
    report = reports[0]
    lines = [*_table(*ways(report)), "", *_table(*long_file(report), words=0)]
    return "\n".join([*lines, "", f"{where(report['machine'])}.", ""]) + "\n"


def curves(reports: list[dict[str, Any]]) -> str:
    """Runs side by side: what they learned in how many core-minutes."""
    rows = [
        "| run | parameters | updates | core-minutes | % right at the end | 99 % right after |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for run in (run for report in reports for run in report["runs"]):
        reached = (point["core_minutes"] for point in run["curve"] if point["right"] >= 0.99)
        first = next(reached, None)
        cells = (
            f"`{run['name']}`", f"{run['parameters']:,}", f"{run['updates']:,}",
            f"{run['core_minutes']:.1f}", f"{100 * run['curve'][-1]['right']:.1f}",
            "–" if first is None else f"{first:.1f} core-minutes",
        )  # fmt: skip
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join([*rows, "", f"{reports[0]['runs'][0]['machine']}.", ""]) + "\n"


def tasks(reports: list[dict[str, Any]]) -> str:
    """Suites of ARC side by side: what was answered, what the chances were worth, the time."""
    suites = [f"{each['suite']}, {each['part']['rows']:,} tasks" for each in reports]
    rows = [f"| | {' | '.join(suites)} |", "|---|" + "---:|" * len(reports)]
    found = [arc_shares(report) for report in reports]
    for name in dict.fromkeys(name for each in found for name in each):
        rows.append(f"| {name} | {' | '.join(percent(each.get(name)) for each in found)} |")
    # What chances are worth is told by tasks that had no part in how they are computed.
    chances = [
        None if each["data"]["sha256"] == calibrated_on() else each.get("chance")
        for each in reports
    ]
    for name, tell in (
        ("Brier score of the estimated probabilities", lambda chance: f"{chance['brier']:.3f}"),
        ("… of their mean alone", lambda chance: f"{chance['brier_of_the_mean']:.3f}"),
        ("AUROC of the estimated probabilities", area),
        ("wrong among the surest fifth", lambda chance: f"{_risk(chance, 0.2):.0%}"),
        ("… among the surest half", lambda chance: f"{_risk(chance, 0.5):.0%}"),
    ):
        told = ["–" if chance is None else tell(chance) for chance in chances]
        if any(chances):
            rows.append(f"| {name} | {' | '.join(told)} |")
    seconds = [each["cpu_seconds"] for each in reports]
    for name in ("median", "mean", "most"):
        told = [f"{each[name]:,.0f}" for each in seconds]
        rows.append(f"| CPU seconds a task, {name} | {' | '.join(told)} |")
    facts = {report["overlap"] for report in reports} | {where(each["machine"]) for each in reports}
    rows += ["", f"Of these runs: {'; '.join(sorted(facts))}."]
    for report in reports:
        columns, published = others(report)
        if published:
            rows += ["", *_table(columns, published, words=len(columns))]
    return "\n".join([*rows, ""]) + "\n"


def _risk(chance: dict[str, Any], coverage: float) -> float:
    return float(chance["risks"][COVERAGES.index(coverage)])


BLOCKS = {
    "headline": headline,
    "results": results,
    "parts": parts,
    "cost": cost,
    "families": families,
    "signs": signs,
    "settling": settling,
    "stream": stream,
    "curves": curves,
    "tasks": tasks,
}


def _curves(report: dict[str, Any]) -> list[str]:
    """Right within so many steps, right by rating, and right when settled, a column a mode."""
    modes = report["modes"].values()
    header = f"| % right | {' | '.join(report['modes'])} |"
    rows = [header, "|---|" + "---:|" * len(modes)]
    budgets = sorted({int(budget) for mode in modes for budget in mode["by_budget"]})
    parts = [(f"within {at:,} steps", "by_budget", str(at)) for at in budgets]
    ratings = dict.fromkeys(band for mode in modes for band in mode["by_rating"])
    parts += [(f"rating {band}", "by_rating", band) for band in ratings]
    for name, kind, key in parts:
        rows.append(_row(name, [mode[kind].get(key) for mode in modes]))
    for key, name in (("exact", "equal to the label"), ("drawn", "drawn right, without a walk")):
        # With the rules a puzzle ends as soon as the walk is accepted, before anything is drawn.
        shares = [
            None if key == "drawn" and mode == "verified" else summary.get(key)
            for mode, summary in report["modes"].items()
        ]
        if any(share is not None and share["of"] for share in shares):
            rows.append(_row(name, shares))
    rows.append(_row("of the settled ones", [mode["given_settled"]["correct"] for mode in modes]))
    settled = [f"{mode['given_settled']['correct']['of']:,}" for mode in modes]
    return [*rows, f"| settled | {' | '.join(settled)} |"]


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> Iterator[str]:
    """Lines of a table whose first columns are words, the others numbers."""
    yield f"| {' | '.join(columns)} |"
    yield "|---" * words + "|---:" * (len(columns) - words) + "|"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _row(name: str, shares: list[dict[str, Any] | None]) -> str:
    known = [None if share is None else share["share"] for share in shares]
    return f"| {name} | {' | '.join('–' if s is None else f'{100 * s:.1f}' for s in known)} |"


if __name__ == "__main__":
    for document in DOCUMENTS:
        write_file(document, renew(document.read_text(encoding="utf-8")))
