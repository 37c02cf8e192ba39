"""What to try next with one puzzle: fresh noise, or a hypothesis (one more cell clamped to a digit the model believes in).

A search is a coroutine: it yields the `Attempt` to run and is sent the `Reading` of where that ended without success.
The beliefs are the model's, the tree is ours: a hypothesis whose confident cells break the rules is dropped, the others
branch, the most believed first. When the tree is exhausted the puzzle starts anew from other noise, because a belief of
zero in the right digit may have been this start's mistake.

    >>> search = start_search(puzzle, domain, policy)
    >>> attempt = next(search)
    >>> attempt = search.send(Reading(probabilities))
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import Domain, Puzzle
from puzzlesolver.refine.policy import Policy

Tokens = npt.NDArray[np.int64]
Conflict = Callable[[Tokens], bool]


@dataclass(frozen=True, eq=False)
class Attempt:
    """One run of the model from fresh noise.

    Attributes:
        tokens: givens and clamps, `int64[C]`, 0 = unknown.
        patience: steps after which it counts as failed.
        restart: whether the search begins anew with it.
    """

    tokens: Tokens
    patience: int
    restart: bool


@dataclass(frozen=True, eq=False)
class Reading:
    """Where an attempt ended: `probabilities[C, S]` of every cell's symbol."""

    probabilities: npt.NDArray[np.float32]


EVEN_ODDS = 0.5
"""Clamping a cell believed at one half halves the tree whichever way it goes."""

SURE = 0.98
"""Belief from which a cell counts as decided when a hypothesis is tested for conflicts."""

FAINT = 0.02
"""Belief below which a digit is not tried; a restart may see it otherwise."""

Search = Generator[Attempt, Reading, None]


def start_search(puzzle: Puzzle, domain: Domain, policy: Policy) -> Search:
    """The search that a policy asks for."""
    givens = puzzle.grid.reshape(-1).astype(np.int64)
    if policy.mode == "raw":
        return _restarts(givens, patience=policy.max_steps)
    if not policy.search:
        return _restarts(givens, policy.patience)

    def conflict(tokens: Tokens) -> bool:
        grid = tokens.reshape(puzzle.grid.shape).astype(np.uint8)
        return domain.contradiction(replace(puzzle, grid=grid)) is not None

    return _hypotheses(givens, conflict, policy)


def _restarts(givens: Tokens, patience: int) -> Search:
    while True:
        yield Attempt(givens, patience, restart=True)


def _hypotheses(givens: Tokens, conflict: Conflict, policy: Policy) -> Search:
    order = itertools.count()  # ties go to the older hypothesis
    while True:
        reading = yield Attempt(givens, policy.patience, restart=True)
        frontier: list[tuple[float, int, Tokens]] = []
        doubt, tokens = 0.0, givens
        while True:
            for probability, clamped in _branches(tokens, reading.probabilities):
                if not conflict(clamped):
                    child = (doubt - math.log(probability), next(order), clamped)
                    heapq.heappush(frontier, child)
            alive = False
            while frontier and not alive:
                doubt, _, tokens = heapq.heappop(frontier)
                reading = yield Attempt(tokens, policy.branch_patience, restart=False)
                alive = not conflict(_confident(tokens, reading.probabilities))
            if not alive:
                break


def _branches(tokens: Tokens, probabilities: npt.NDArray[np.float32]) -> list[tuple[float, Tokens]]:
    """One more clamp: the digits of the cell whose best digit is nearest to even odds, with their probabilities."""
    open_cells = np.flatnonzero(tokens == 0)
    if not len(open_cells):
        return []
    best = probabilities[open_cells].max(1)
    cell = open_cells[np.abs(best - EVEN_ODDS).argmin()]
    share = probabilities[cell] / probabilities[cell].sum()
    children = []
    for symbol in np.flatnonzero(share >= FAINT):
        clamped = tokens.copy()
        clamped[cell] = symbol + 1
        children.append((float(share[symbol]), clamped))
    return children


def _confident(tokens: Tokens, probabilities: npt.NDArray[np.float32]) -> Tokens:
    """The clamps, and every open cell that the model is sure of."""
    sure = (tokens == 0) & (probabilities.max(1) >= SURE)
    return np.where(sure, probabilities.argmax(1) + 1, tokens)
