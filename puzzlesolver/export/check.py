"""Does an exported graph do what the model does? By numbers, and by answers on a check set.

Both engines start from the same seeds. A trajectory that wanders multiplies every rounding error,
so no two programs stay together on it for long. How far they may part is therefore measured: by
torch against itself from a start that is off by `DISTURBANCE`. After one step the numbers must
agree; later they may be `FACTOR` times as far apart as torch is from itself. Answers must be the
same wherever torch itself gives the same one from both starts.

    >>> check_graph(Path("sudoku.onnx"), model, check_set("sudoku", (9, 9)))["answers"]
    {'puzzles': 8, 'compared': 40, 'different': 0, 'sensitive': 0, 'verified': [8, 8]}
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
from puzzlesolver.models.interface import RecursiveModel, State
from puzzlesolver.refine.engines import Engine, TorchEngine
from puzzlesolver.refine.graph import GraphFile
from puzzlesolver.refine.onnx_engine import OnnxEngine
from puzzlesolver.refine.settle import relative_residual
from puzzlesolver.runtime import choose_runtime

LONGEST = 1_000
MILESTONES = (1, 16, 64, 256)
"""Steps after which all is compared, and after the longest."""

ONE_STEP, LATER = 1e-4, 1e-3
"""Relative distance ‖z' - z‖ / ‖z‖ of the states that is always allowed, after 1 and more steps."""

DISTURBANCE, FACTOR = 1e-6, 10
EACH, SEED = 4, 20_251_125
"""Puzzles of each difficulty in the check set, and its seed."""


class Moment(NamedTuple):
    """A batch after some steps."""

    state: State
    logits: torch.Tensor
    answers: list[Grid]


def check_set(domain: str, size: tuple[int, int]) -> list[Puzzle]:
    """Generated puzzles of one size, easy ones and usual ones where there are such.

    Raises:
        UsageError: the domain has no boards of this size, or numba is missing.
    """
    rows, columns = size
    puzzles: list[Puzzle] = []
    for difficulty in ("easy", None):
        sides: Any = rows if rows == columns else size
        options = {"size": sides, "difficulty": difficulty}
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
        different, on how many torch contradicts itself, and the puzzles that each solved.

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
    beside = _moments(torch_engine, _disturbed(start), puzzles, marks)
    found = _moments(onnx_engine, start, puzzles, marks)
    int8 = graph.graph.facts.int8
    steps, faults = {}, []
    for mark, there, here, shaken in zip(marks, found, exact, beside, strict=True):
        distance, own = _distance(there.state, here.state), _distance(shaken.state, here.state)
        logits = float((there.logits - here.logits).abs().max())
        steps[str(mark)] = {"states": distance, "logits": logits, "torch_from_itself": own}
        allowed = ONE_STEP if mark == 1 else max(LATER, FACTOR * own)
        if not int8 and not distance <= allowed:  # not a number is a fault too
            faults.append(
                f"after {mark} step{'s' * (mark > 1)} states are {distance:.2g} apart, where "
                f"{allowed:.2g} is allowed"
            )
    answers = _compare(puzzles, found, exact, beside)
    last = _differing(found[-1].answers, exact[-1].answers)
    wrong = len(last) if int8 else answers["different"]
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
    engine: Engine, state: State, puzzles: Sequence[Puzzle], marks: Sequence[int]
) -> list[Moment]:
    domain = get_domain(puzzles[0].domain)
    batch = domain.encode(puzzles)
    inputs, done, moments = engine.embed(batch), 0, []
    for mark in marks:
        state, _ = engine.advance(state, inputs, batch.layout, mark - done)
        said, done = engine.readout(state, batch.layout), mark
        beliefs = said.probabilities.numpy()
        grids = [domain.decode(*each).grid for each in zip(beliefs, puzzles, strict=True)]
        moments.append(Moment(state, said.logits, grids))
    return moments


def _disturbed(state: State) -> State:
    generator = torch.Generator().manual_seed(SEED)
    return tuple(
        part
        + DISTURBANCE * part.square().mean().sqrt() * torch.randn(part.shape, generator=generator)
        for part in state
    )


def _distance(state: State, other: State) -> float:
    """The largest of the batch."""
    return float(relative_residual(other, state).max())


def _compare(
    puzzles: Sequence[Puzzle],
    found: Sequence[Moment],
    exact: Sequence[Moment],
    beside: Sequence[Moment],
) -> dict[str, Any]:
    different = sensitive = 0
    solved: tuple[set[int], set[int]] = set(), set()
    for its, ours, ours_too in zip(found, exact, beside, strict=True):
        torn = _differing(ours.answers, ours_too.answers)
        sensitive += len(torn)
        different += len(_differing(its.answers, ours.answers) - torn)
        for row, puzzle in enumerate(puzzles):
            for those, moment in zip(solved, (its, ours), strict=True):
                if (
                    get_domain(puzzle.domain).verify(puzzle, moment.answers[row]).status
                    == "verified"
                ):
                    those.add(row)
    return {
        "compared": len(found) * len(puzzles),
        "different": different,
        "sensitive": sensitive,
        "verified": list(map(len, solved)),
    }


def _differing(some: Sequence[Grid], others: Sequence[Grid]) -> set[int]:
    return {
        row for row, pair in enumerate(zip(some, others, strict=True)) if not np.array_equal(*pair)
    }
