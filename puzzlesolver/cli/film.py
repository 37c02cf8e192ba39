"""The page of some reports, with the settling of a measured model on a puzzle that nobody chose.

In: reports. Out: one HTML file; the settling is the GIF that `solve --save` would write.

    >>> make_page(Path("report.html"), [report])
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from puzzlesolver.bench.page import Film, write_page
from puzzlesolver.bench.suites import get_suite
from puzzlesolver.cli.live import Tracker
from puzzlesolver.cli.save import SAVERS, Recorder
from puzzlesolver.domains.base import get_domain
from puzzlesolver.errors import ModelError, PuzzleSolverError
from puzzlesolver.pipeline import load_solver
from puzzlesolver.refine.policy import LINGER

MAX_STEPS = 4_000


def make_page(path: Path, reports: Sequence[Mapping[str, Any]]) -> None:
    """Write the page; the film is of the first model that is still at hand."""
    film = None
    for report in reports:
        if film is None and "modes" in report:
            try:
                film = film_of(report)
            except PuzzleSolverError as error:
                typer.echo(f"note: the page shows no settling: {error}", err=True)
    write_page(path, reports, film)


def film_of(report: Mapping[str, Any]) -> Film:
    """The first puzzle that the generator makes of the report's seed.

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
    puzzle = next(get_domain(domain).generate(1, seed, **size))
    tracker, recorder = Tracker(total=1), Recorder()
    tracker.max_steps = MAX_STEPS
    (result,) = solver.solve(
        [puzzle], lambda puzzle, step: recorder.add(tracker.observe(puzzle, step))
    )
    recorder.add(tracker.finish(result))
    words = (f"{result.steps:,} steps", "settled" * result.settled, result.verdict.status)
    caption = f"{model['name']} on a generated puzzle: {', '.join(filter(None, words))}"
    return Film(caption, SAVERS[".gif"](recorder.moments))
