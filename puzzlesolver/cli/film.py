"""The page of some reports, with a settling of a measured model.

In: reports. Out: one HTML file; the settling is the GIF that `solve --save` would write.

    >>> make_page(Path("report.html"), [report])
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from puzzlesolver.bench.page import Film, write_page
from puzzlesolver.bench.suites import get_suite
from puzzlesolver.cli.live import Tracker
from puzzlesolver.cli.save import SAVERS, Recorder
from puzzlesolver.cli.signs import say
from puzzlesolver.domains.base import get_domain
from puzzlesolver.errors import ModelError, PuzzleSolverError
from puzzlesolver.pipeline import load_solver
from puzzlesolver.refine.policy import LINGER

MAX_STEPS = 1_000

TRIED = 8
"""An ordinary puzzle is over before there is much to see."""


def make_page(path: Path, reports: Sequence[Mapping[str, Any]]) -> None:
    """Write the page; the film is of the first model that is still at hand."""
    film = None
    for report in reports:
        if film is None and "modes" in report:
            try:
                film = film_of(report)
            except PuzzleSolverError as error:
                say(f"note: the page shows no settling: {error}", err=True)
    write_page(path, reports, film)


def film_of(report: Mapping[str, Any]) -> Film:
    """The settling that takes longest of the first puzzles that are made from the report's seed.

    Raises:
        ModelError: the model is not here, or not the one that was measured.
        UsageError: a package is missing that makes puzzles or pictures.
    """
    domain, model, seed = get_suite(report["suite"]).domain, report["model"], report["seed"]
    settings = {"max_steps": MAX_STEPS, "seed": seed, "linger": LINGER[get_domain(domain).clamps]}
    solver = load_solver(domain, model["name"], settings)
    if solver.model_sha256 != model["sha256"]:
        raise ModelError("these weights are not those that were measured", where=model["name"])
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
