"""What to try next with one puzzle: a supposition of the model's, a hypothesis, fresh noise.

A search is a coroutine: it yields the `Attempt` to run and is sent the `Reading` of where that
ended; it returns when nothing is left to try.

In raw mode the model is alone: one trajectory, on which it supposes and drops by its own belief
(`suppose.py`), until it has settled on an answer without a doubtful cell.

In verified mode the beliefs are the model's, the tree is ours: a hypothesis (one more cell clamped
to a digit) whose confident cells break the rules is dropped, the others branch, the most believed
first. When the tree is exhausted the puzzle starts anew from other noise, because a belief of zero
in the right digit may have been this start's mistake. Where that would lead to the same mistake,
because all first hypotheses are doubted, or because the tree has been searched for long, the state
is shaken and becomes another root.

    >>> search = start_search(puzzle, domain, policy)
    >>> attempt = next(search)
    >>> attempt = search.send(reading)
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from puzzlesolver.domains.base import Domain, Puzzle
from puzzlesolver.models.interface import Readout, State
from puzzlesolver.refine.policy import Policy
from puzzlesolver.refine.suppose import Supposition, cell_doubt, decided, draw, turned

Tokens = npt.NDArray[np.int64]
Conflict = Callable[[Tokens], bool]
Peers = npt.NDArray[np.bool_]
"""Which cells see each other, `bool[C, C]`."""


@dataclass(frozen=True, eq=False)
class Attempt:
    """One run of the model.

    Attributes:
        tokens: givens and clamps, `int64[C]`, 0 = unknown.
        patience: steps after which it counts as failed.
        state: the state to go on from, one tensor `[…]` per part; None = fresh noise, a restart.
        calming: whether each state that is read is drawn half the way back to the one before.
    """

    tokens: Tokens
    patience: int
    state: State | None = None
    calming: bool = False


@dataclass(frozen=True, eq=False)
class Reading:
    """Where an attempt ended.

    Attributes:
        readout: what the state says, of one puzzle: tensors `[1, …]`.
        settled: whether the trajectory had stopped moving.
        state: of the one puzzle, one tensor `[…]` per part.
    """

    readout: Readout
    settled: bool
    state: State

    @property
    def probabilities(self) -> npt.NDArray[np.float32]:
        """Of every cell's symbol, `float32[C, S]`."""
        return self.readout.probabilities[0].cpu().numpy()

    @property
    def contradiction(self) -> float:
        """The model's probability that givens and clamps allow no answer; 0 if it has none."""
        belief = self.readout.contradiction
        return 0.0 if belief is None else float(belief)


FAINT = 0.005
"""Belief below which a digit is not tried; a restart may see it otherwise."""

SURE = 0.98
"""Belief from which a cell counts as decided."""

REFUTED = 0.999
"""Belief in a contradiction that drops a hypothesis.

Nothing brings back a right one that is dropped; one that is kept waits behind those with less
doubt, and nearly never costs a step.
"""

HASTE = 2
"""A first hypothesis waits for so small a part of the patience: what it clamps helps to settle."""

OPEN = 0.05
"""Belief in a digit, and in its absence, from which a peer counts as undecided about it."""

SWAY = 0.3
"""What the belief of undecided peers in a cell's two digits counts beside the cell's doubt.

A clamp settles these peers too. For each digit their beliefs add up to about one a unit, on boards
of any size.
"""

GUESS = 0.1
"""What -log of the belief in a clamp counts beside -log of the belief in no contradiction."""

DOUBTED = 0.9
"""Belief in a contradiction that not all first hypotheses have, unless their root is mistaken."""

ENOUGH = 8
"""Hypotheses that show whether their root is mistaken."""

LONG = 1_024
"""Steps in hypotheses of one root, after which another one joins it."""

SHAKE = 0.8
"""Size of the noise that shakes a state, whose numbers have a mean square of about 1."""

SHAKE_EVERY = 4
"""Steps between two shakes."""

RESTLESS = 4
"""Attempts in which all is decided and the state still moves, before it is calmed.

Such a state turns around a fixed point of the steps; means of two states lead there (damped
iteration, Mann 1953).
"""

SPARE = 32
"""Hypotheses beyond reach that are kept until as many have come together."""

Search = Generator[Attempt, Reading, None]


def start_search(
    puzzle: Puzzle, domain: Domain, policy: Policy, generator: torch.Generator
) -> Search:
    """The search that a policy asks for; `generator` decides all its random moves."""
    givens = puzzle.values

    def conflict(tokens: Tokens) -> bool:
        grid = puzzle.as_grid(tokens.astype(np.uint8))
        return domain.contradiction(replace(puzzle, grid=grid)) is not None

    if policy.mode == "settle" or (policy.mode == "raw" and not domain.clamps):
        return _settle(givens, policy.max_steps)
    if policy.mode == "raw":
        return _suppositions(givens, policy, generator)
    if not domain.clamps:
        return _restarts(givens, policy.max_steps)
    if policy.search:
        board = domain.board_of(puzzle)
        assert board is not None
        return _hypotheses(givens, board.peers, conflict, policy)
    return _restarts(givens, policy.patience)


def next_attempt(search: Search, reading: Reading) -> Attempt | None:
    """What the search makes of a reading; None when nothing is left to try."""
    try:
        return search.send(reading)
    except StopIteration:
        return None


def _settle(givens: Tokens, patience: int) -> Search:
    yield Attempt(givens, patience)


def _restarts(givens: Tokens, patience: int) -> Search:
    while True:
        yield Attempt(givens, patience)


def _suppositions(givens: Tokens, policy: Policy, generator: torch.Generator) -> Search:
    """One trajectory: no rule is asked, no earlier state comes back."""
    reading = yield Attempt(givens, policy.patience)
    while reading.readout.contradiction is None:  # a model that cannot doubt
        if reading.settled:
            return
        reading = yield Attempt(givens, policy.max_steps, reading.state)
    assert policy.refuted is not None and policy.deepest is not None
    tokens, standing, restless = givens, list[Supposition](), 0
    while True:
        if (tokens > 0).all() or decided(reading.readout.logits):
            if reading.settled:
                return
        elif standing and reading.contradiction > policy.refuted:
            standing = turned(standing)
        elif len(standing) >= policy.deepest:
            standing = []
        else:
            lots = torch.rand(1, len(givens) + 1, generator=generator)
            drawn = draw(torch.from_numpy(tokens)[None], reading.readout, lots)
            standing.append(Supposition(*(int(each) for each in drawn)))
        before, tokens = tokens, givens.copy()
        for supposed in standing:
            tokens[supposed.cell] = supposed.symbol
        restless = restless + 1 if np.array_equal(tokens, before) else 0
        calming = restless > RESTLESS
        reading = yield Attempt(tokens, policy.branch_patience, reading.state, calming)


def _hypotheses(givens: Tokens, peers: Peers, conflict: Conflict, policy: Policy) -> Search:
    """Best-first search over clamps, restarted when exhausted.

    A root is shaken into another one where all of its first hypotheses are doubted (then the state
    has ruled out a right digit, and does so again from other noise), or after many steps. What a
    state says of a contradiction replaces what earlier ones said; the beliefs in the clamps,
    when they were made, add up, but count little. Hypotheses that the budget cannot reach any more
    are dropped with their states, of which a 25×25 board has 3 MB each.
    """
    age, seeds = itertools.count(), itertools.count()  # equal doubts: the older one first
    reach = policy.max_steps // policy.branch_patience
    while True:
        root = reading = yield Attempt(givens, math.ceil(policy.patience / HASTE))
        guessed, tokens, tried, hope = 0.0, givens, 0, 1.0
        frontier: list[tuple[float, int, float, Tokens, State]] = []
        while True:
            if tokens is givens or not _refuted(tokens, reading, conflict):
                sound = 1 - min(reading.contradiction, REFUTED)
                for share, child in _children(tokens, peers, reading.probabilities):
                    if not conflict(child):
                        guess = guessed - GUESS * math.log(share)
                        doubt = guess - math.log(sound)
                        heapq.heappush(frontier, (doubt, next(age), guess, child, reading.state))
            if not frontier:
                break
            if (tried >= ENOUGH and hope > DOUBTED) or tried * policy.branch_patience >= LONG:
                reading = yield from _another_root(givens, root.state, policy, seeds)
                guessed, tokens, tried, hope = 0.0, givens, 0, 1.0
                continue
            reach = max(1, reach - 1)
            if len(frontier) > reach + SPARE:
                frontier = heapq.nsmallest(reach, frontier)
            _, _, guessed, tokens, state = heapq.heappop(frontier)
            reading = yield Attempt(tokens, policy.branch_patience, state)
            tried, hope = tried + 1, min(hope, reading.contradiction)


def _another_root(
    givens: Tokens, state: State, policy: Policy, seeds: Iterator[int]
) -> Generator[Attempt, Reading, Reading]:
    """Where a trajectory ends that is shaken again and again."""
    for _ in range(math.ceil(policy.patience / SHAKE_EVERY)):
        shaken = tuple(_noisy(part, next(seeds)) for part in state)
        reading = yield Attempt(givens, SHAKE_EVERY, shaken)
        state = reading.state
    return reading


def _noisy(part: Tensor, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)  # which a page in a browser has, too
    return part + SHAKE * torch.randn(part.shape, generator=generator).to(part)


def _children(
    tokens: Tokens, peers: Peers, probabilities: npt.NDArray[np.float32]
) -> list[tuple[float, Tokens]]:
    """One more clamp, of an open cell that two digits share: belief and tokens of each digit.

    Of such cells it is the one whose peers have most to learn from it.
    """
    open_cells = np.flatnonzero(tokens == 0)
    if not len(open_cells):
        return []
    believed = probabilities[open_cells]
    undecided = np.where(np.abs(probabilities - 0.5) < 0.5 - OPEN, probabilities, 0)
    heard = peers[open_cells] @ undecided
    both = np.argpartition(believed, -2)[:, -2:]
    sway = np.take_along_axis(heard, both, 1).sum(1)
    cell = open_cells[(cell_doubt(torch.from_numpy(believed)).numpy() - SWAY * sway).argmin()]
    children = []
    for symbol in np.flatnonzero(probabilities[cell] >= FAINT):
        child = tokens.copy()
        child[cell] = symbol + 1
        children.append((float(probabilities[cell, symbol]), child))
    return children


def _refuted(tokens: Tokens, reading: Reading, conflict: Conflict) -> bool:
    """Whether the model sees a contradiction, or is sure of cells that break the rules together."""
    sure = (tokens == 0) & (reading.probabilities.max(1) >= SURE)
    return reading.contradiction >= REFUTED or conflict(
        np.where(sure, reading.probabilities.argmax(1) + 1, tokens)
    )
