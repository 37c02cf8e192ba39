"""The page of some reports, with a settling of a measured model.

In: reports. Out: one HTML file; the settling is the GIF that `solve --save` would write. A report
may come from anybody: no name in it is ever opened or downloaded. Its model is found by its
checksum, among the shipped ones and those that the user names.

    >>> make_page(Path("report.html"), [report], ["runs/trm/model"])
"""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from puzzlesolver.bench.report.page import Panel, Section, write_page
from puzzlesolver.bench.suites import REPORTS, Suite
from puzzlesolver.cli.view.live import Tracker
from puzzlesolver.cli.view.save import SAVERS, Recorder
from puzzlesolver.cli.view.signs import say
from puzzlesolver.domains.base import get_domain
from puzzlesolver.errors import ModelError, PuzzleSolverError
from puzzlesolver.hub.catalog import read_catalog
from puzzlesolver.pipeline import load_solver
from puzzlesolver.refine.policy import LINGER

Report = Mapping[str, Any]

MAX_STEPS = 1_000

TRIED = 8
"""An ordinary puzzle is over before there is much to see."""


def make_page(
    path: Path, reports: Sequence[Report], models: Sequence[str] = (), quiet: bool = False
) -> None:
    """Write the page; the settling is of the first report whose model is at hand.

    Args:
        path: of the page.
        reports: what it is about.
        models: names that the user gave, of models that may be loaded besides the shipped ones.
        quiet: whether not to say why a report has no settling.

    Raises:
        UsageError: matplotlib is missing, or the file cannot be written.
    """
    found: list[Section] = []
    for report in reports:
        suite = REPORTS[report["suite"]]
        if isinstance(suite, Suite) and not found:
            try:
                found.append(_settling(report, suite.domain, models))
            except PuzzleSolverError as error:
                if not quiet:
                    say(f"note: the page shows no settling: {error}", err=True)
    write_page(path, reports, found)


def _settling(report: Report, domain: str, models: Sequence[str]) -> Section:
    """The settling that takes longest of the first puzzles that are made from the report's seed.

    Raises:
        ModelError: the model that was measured is not at hand.
        UsageError: a package is missing that makes puzzles or pictures.
    """
    model, seed = report["model"], report["seed"]
    settings = {"max_steps": MAX_STEPS, "seed": seed, "linger": LINGER[get_domain(domain).clamps]}
    shipped = read_catalog().models.items()
    same = [name for name, entry in shipped if entry.sha256 == model["sha256"]]
    solvers = (load_solver(domain, name, settings) for name in same or models)
    solver = next((each for each in solvers if each.model_sha256 == model["sha256"]), None)
    if solver is None:
        raise ModelError(
            "the weights that were measured are neither shipped nor named by --model",
            where=str(model["name"]),
        )
    cells = getattr(getattr(solver.model, "config", None), "seq_len", None)
    size = {"size": math.isqrt(cells)} if cells else {}
    puzzles = list(get_domain(domain).generate(TRIED, seed, **size))
    longest = max(solver.solve(puzzles), key=lambda result: result.steps)
    tracker, recorder = Tracker(total=1), Recorder()
    tracker.max_steps = MAX_STEPS
    (result,) = solver.solve(
        [longest.puzzle], lambda puzzle, step: recorder.add(tracker.observe(puzzle, step))
    )
    recorder.add(tracker.finish(result))
    gif = base64.b64encode(SAVERS[".gif"](recorder.moments)).decode()
    caption = f"{model['name']} on the hardest for it of {TRIED} generated puzzles"
    image = f'<img alt="{html.escape(caption)}" src="data:image/gif;base64,{gif}">'
    rows = [
        ("steps", f"{result.steps:,}"),
        ("settled", "yes" if result.settled else "no"),
        ("verdict", result.verdict.status),
    ]
    return Section("A settling", "", [Panel(caption, ("", ""), rows, lambda: image, words=2)])
