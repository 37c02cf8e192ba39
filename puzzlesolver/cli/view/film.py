"""The page of some reports, with a settling of a measured model.

In: reports. Out: one HTML file; the settling is the GIF that `solve --save` would write. A report
may come from anybody: no name in it is ever opened or downloaded. Its model is found by its
checksum, among the shipped ones and those that the user names.

    >>> make_page(Path("report.html"), [report], ["runs/trm/model"])
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from puzzlesolver.bench.report.page import Film, write_page
from puzzlesolver.bench.suites import SUITES, Suite, get_suite
from puzzlesolver.cli.view.live import Tracker
from puzzlesolver.cli.view.save import SAVERS, Recorder
from puzzlesolver.cli.view.signs import say
from puzzlesolver.domains.base import get_domain
from puzzlesolver.errors import ModelError, PuzzleSolverError
from puzzlesolver.hub.catalog import read_catalog
from puzzlesolver.pipeline import load_solver
from puzzlesolver.refine.policy import LINGER

MAX_STEPS = 1_000

TRIED = 8
"""An ordinary puzzle is over before there is much to see."""


def make_page(path: Path, reports: Sequence[Mapping[str, Any]], models: Sequence[str] = ()) -> None:
    """Write the page; the film is of the first report whose model is at hand.

    Args:
        path: of the page.
        reports: what it is about.
        models: names that the user gave, of models that may be loaded besides the shipped ones.
    """
    film = None
    for report in reports:
        if film is None and isinstance(SUITES.get(report["suite"]), Suite) and "modes" in report:
            try:
                film = film_of(report, models)
            except PuzzleSolverError as error:
                say(f"note: the page shows no settling: {error}", err=True)
    write_page(path, reports, film)


def film_of(report: Mapping[str, Any], models: Sequence[str]) -> Film:
    """The settling that takes longest of the first puzzles that are made from the report's seed.

    Raises:
        ModelError: the model that was measured is not at hand.
        UsageError: a package is missing that makes puzzles or pictures.
    """
    domain, model, seed = get_suite(report["suite"]).domain, report["model"], report["seed"]
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
    words = (f"{result.steps:,} steps", "settled" * result.settled, result.verdict.status)
    told = ", ".join(filter(None, words))
    caption = f"{model['name']} on the hardest for it of {TRIED} generated puzzles: {told}"
    return Film(caption, SAVERS[".gif"](recorder.moments))
