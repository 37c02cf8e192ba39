"""Does an exported graph do what the model does? By numbers, and by answers on a check set.

Both engines start from the same seeds. A trajectory that wanders multiplies every rounding error,
so no two programs stay together on it for long. How far they may part is therefore measured: by
torch against itself with `DISTURBANCE` added at every step, about what rounding adds. After one
step the numbers must agree; later they may be `FACTOR` times as far apart as torch is from itself.
Answers must be the same, except where torch's own answer becomes another one when its logits move
`FACTOR` times as far as the disturbance moves them, to either side.

    >>> check_graph(Path("sudoku.onnx"), model, check_set("sudoku", (9, 9)))["answers"]
    {'compared': 40, 'different': 0, 'sensitive': 0, 'changed_at_the_end': 0, 'verified': [6, 6]}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from puzzlesolver.domains.base import Grid, Puzzle, get_domain
from puzzlesolver.errors import ModelError, UsageError
from puzzlesolver.models.interface import Readout, RecursiveModel, State
from puzzlesolver.refine.engines.engine import Engine
from puzzlesolver.refine.engines.graph import GraphFile
from puzzlesolver.refine.engines.onnx import OnnxEngine
from puzzlesolver.refine.engines.pytorch import TorchEngine
from puzzlesolver.refine.settle import relative_residual
from puzzlesolver.runtime import choose_runtime

LONGEST = 1_000
MILESTONES = (1, 16, 64, 256)
"""Steps after which all is compared, and after the longest."""

ONE_STEP, LATER = 1e-4, 1e-3
"""Relative distance ‖z' - z‖ / ‖z‖ of the states that is always allowed, after 1 and more steps."""

DISTURBANCE, FACTOR = 1e-6, 10
"""Standard deviation, where numbers of a state are about 1 in size; see above."""

EACH, SEED = 4, 20_251_125
"""Puzzles of each difficulty in the check set, and its seed."""


class Moment(NamedTuple):
    """A batch after some steps."""

    state: State
    said: Readout


def check_set(domain: str, size: tuple[int, int], rules: str = "") -> list[Puzzle]:
    """Generated puzzles of one size and rules, easy ones and usual ones where there are such.

    Raises:
        UsageError: the domain has no boards of this size.
    """
    rows, columns = size
    puzzles: list[Puzzle] = []
    for difficulty in ("easy", None):
        sides: Any = rows if rows == columns else size
        options = {"size": sides, "difficulty": difficulty} | ({"rules": rules} if rules else {})
        try:
            puzzles += get_domain(domain).generate(EACH, SEED, **options)
        except UsageError as error:  # boards of some sizes come in one difficulty
            refused = error
    if not puzzles:
        raise refused
    return puzzles


def check_graph(
    path: Path, model: RecursiveModel, puzzles: Sequence[Puzzle], longest: int = LONGEST
) -> dict[str, Any]:
    """Compare a file with the model it was made from.

    Returns:
        `steps`: for every milestone the largest relative distance of the states, that of the
        logits, and torch's distance from itself; `answers`: how many were compared, how many were
        different, on how many torch contradicts itself, how many were another one after the
        last step, and how many puzzles ONNX Runtime and torch solved.

    Raises:
        ModelError: they do not agree; with the numbers.
    """
    runtime = replace(choose_runtime("cpu", 1), dtype=torch.float32)
    graph = GraphFile(path)
    torch_engine, onnx_engine = TorchEngine(model, runtime), OnnxEngine(graph, runtime)
    batch, seeds = get_domain(puzzles[0].domain).encode(puzzles), range(len(puzzles))
    start = torch_engine.init_state(batch, seeds)
    for ours, its in zip(start, onnx_engine.init_state(batch, seeds), strict=True):
        if not torch.equal(ours, its):
            raise ModelError("the graph does not start from the same states", where="export")
    marks = sorted({*(mark for mark in MILESTONES if mark < longest), longest})
    exact = _moments(torch_engine, start, puzzles, marks)
    beside = _moments(torch_engine, start, puzzles, marks, DISTURBANCE)
    found = _moments(onnx_engine, start, puzzles, marks)
    int8 = graph.graph.facts.int8
    steps, faults = {}, []
    for mark, there, here, shaken in zip(marks, found, exact, beside, strict=True):
        distance, own = _distance(there.state, here.state), _distance(shaken.state, here.state)
        logits = float((there.said.logits - here.said.logits).abs().max())
        steps[str(mark)] = {"states": distance, "logits": logits, "torch_from_itself": own}
        allowed = ONE_STEP if mark == 1 else max(LATER, FACTOR * own)
        if not int8 and not distance <= allowed:  # not a number is a fault too
            faults.append(
                f"after {mark} step{'s' * (mark > 1)} states are {distance:.2g} apart, where "
                f"{allowed:.2g} is allowed"
            )
    answers = _compare(puzzles, found, exact, beside)
    wrong = answers["changed_at_the_end"] if int8 else answers["different"]
    if wrong:
        compared = len(puzzles) if int8 else answers["compared"]
        faults.append(f"{wrong} of {compared} answers are not those of torch")
    if faults:
        raise ModelError(
            f"{'with 8-bit weights ' if int8 else ''}the graph does not do what the model does: "
            f"{'; '.join(faults)}",
            where="export",
            hint="leave --int8 out" if int8 else "no file was written",
        )
    return {"puzzles": len(puzzles), "seed": SEED, "steps": steps, "answers": answers}


def _moments(
    engine: Engine,
    state: State,
    puzzles: Sequence[Puzzle],
    marks: Sequence[int],
    noise: float = 0.0,
) -> list[Moment]:
    batch = get_domain(puzzles[0].domain).encode(puzzles)
    generators = [torch.Generator().manual_seed(SEED + row) for row in range(len(puzzles))]
    inputs, done, moments = engine.embed(batch), 0, []
    for mark in marks:
        steps, done = mark - done, mark
        state, _ = engine.advance(state, inputs, batch.layout, steps, noise, generators)
        moments.append(Moment(state, engine.readout(state, batch.layout)))
    return moments


def _distance(state: State, other: State) -> float:
    """The largest of the batch."""
    return float(relative_residual(other, state).max())


def _compare(
    puzzles: Sequence[Puzzle],
    found: Sequence[Moment],
    exact: Sequence[Moment],
    beside: Sequence[Moment],
) -> dict[str, Any]:
    domain = get_domain(puzzles[0].domain)
    different = sensitive = 0
    solved: tuple[set[int], set[int]] = set(), set()
    changed: set[int] = set()
    for there, here, shaken in zip(found, exact, beside, strict=True):
        theirs, ours = _answers(there.said, puzzles), _answers(here.said, puzzles)
        moved = FACTOR * (shaken.said.logits - here.said.logits)
        torn: set[int] = set()
        for way in (moved, -moved):
            said = here.said._replace(logits=here.said.logits + way)
            torn |= _differing(_answers(said, puzzles), ours)
        changed = _differing(theirs, ours)
        sensitive += len(torn)
        different += len(changed - torn)
        for those, grids in zip(solved, (theirs, ours), strict=True):
            verdicts = map(domain.verify, puzzles, grids)
            those |= {row for row, each in enumerate(verdicts) if each.status == "verified"}
    return {
        "compared": len(found) * len(puzzles),
        "different": different,
        "sensitive": sensitive,
        "changed_at_the_end": len(changed),
        "verified": list(map(len, solved)),
    }


def _answers(said: Readout, puzzles: Sequence[Puzzle]) -> list[Grid]:
    beliefs = said.probabilities.numpy()
    decode = get_domain(puzzles[0].domain).decode
    return [decode(*each).grid for each in zip(beliefs, puzzles, strict=True)]


def _differing(some: Sequence[Grid], others: Sequence[Grid]) -> set[int]:
    return {
        row for row, pair in enumerate(zip(some, others, strict=True)) if not np.array_equal(*pair)
    }
