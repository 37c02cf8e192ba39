"""`--dry-run`: what a run will need, estimated from a few puzzles instead of whole batches.

In: a `Run` that has not begun. Out: words for people; the run is spent. What a puzzle takes is what
autograd keeps for its backward pass: at first of one puzzle without compilation, which needs more.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import Tensor

from puzzlesolver.runtime import peak_memory
from puzzlesolver.train.progress import Display
from puzzlesolver.train.run import Run

MOST_BYTES, MOST_SECONDS = 2**30, 10.0
"""What the forward pass of the measured batch may take; a larger one is extrapolated."""

COPIES = 3
"""Numbers beside each weight while it is trained: its gradient and two moments."""


def rehearse(run: Run, display: Display) -> None:
    """Print estimates of memory and time; two updates of few puzzles, the second one timed."""
    config, fixed = run.config, 0
    whole = part = config.batch_size
    if run.source.layout is not None:
        with display.doing("measuring one puzzle"), torch.compiler.set_stance("force_eager"):
            _rebatch(run, run.ranks.world)
            for _ in range(2):  # the first one waits for more than it will later
                started = time.monotonic()
                each = _kept_by_autograd(run)
                seconds = time.monotonic() - started
        fixed = (_peak(run.runtime.device) or 0) + COPIES * _bytes(run.model.parameters())
        less = "; compiled steps need less" * run.compiled
        display.say(f"estimated memory {_total(run, fixed, each)}{less}")
        most = run.ranks.led(min(MOST_BYTES // each, MOST_SECONDS // seconds))
        part = min(whole, max(1, int(most)) * run.ranks.world)
        _rebatch(run, part)
    started = time.monotonic()
    puzzles = f"{part} puzzle{'s' * (part > 1)}"
    with _counting(run) as kept:  # of both: what was compiled without counting counts nothing
        with display.doing(f"first update of {puzzles}"):
            run.update()
        first = time.monotonic() - started
        every = sum(kept.values())
        with display.doing("second update"):
            run.update()
    each_update = (time.monotonic() - started - first) * whole / part
    if config.steps is not None:
        minutes = (first + each_update * config.steps) / 60
        length = f"{config.steps:,} updates in about {minutes:,.1f} minutes"
    else:
        assert config.minutes is not None
        updates = config.minutes * 60 / each_update
        length = f"about {updates:,.0f} updates in {config.minutes:g} minutes"
    how = "" if part == whole else f" (estimated from {puzzles})"
    if fixed:
        each = every * run.ranks.world // part
        display.say(f"estimated memory {_total(run, fixed, each)}")
    for words in (
        f"first update {first:.1f} s with compilation, then {each_update:.2f} s each{how}",
        f"{length}, {_rounded(whole / each_update, 3)} puzzles/s, beside evaluations and making "
        "puzzles",
        f"peak memory of this dry run {_gib(_peak(run.runtime.device))}",
        "dry run: nothing was written",
    ):
        display.say(words)


def _peak(device: torch.device) -> int | None:
    """Bytes, of the device or else of the process."""
    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else peak_memory()


def _kept_by_autograd(run: Run) -> int:
    """Bytes that the backward pass of the batch needs, when the schedule is at its end."""
    device = run.runtime.device.type
    with (
        _counting(run) as kept,
        torch.autocast(device, torch.bfloat16, enabled=run.runtime.dtype == torch.bfloat16),
    ):
        run.objective(1.0)
    return max(1, sum(kept.values()))


@contextmanager
def _counting(run: Run) -> Iterator[dict[int, int]]:
    """Bytes of each storage that autograd keeps and that grows with the batch, by address."""
    weights = {tuple(sorted(each.shape)) for each in run.model.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        if tuple(sorted(tensor.shape)) not in weights:  # nor a copy of lower precision
            storage = tensor.untyped_storage()
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        yield kept


def _rebatch(run: Run, count: int) -> None:
    """Let the run take so many puzzles at once, from the beginning."""
    config = replace(run.config, batch_size=count)
    run.contract = run.new_contract(config)
    objective = getattr(run.objective, "module", run.objective)
    objective.contract = run.contract


def _bytes(tensors: Iterable[Tensor]) -> int:
    return sum(each.numel() * each.element_size() for each in tensors)


def _rounded(number: float, digits: int) -> str:
    """A number by its first digits, and never with an exponent."""
    return f"{float(f'{number:.{digits}g}'):,.12g}"


def _total(run: Run, fixed: int, each: int) -> str:
    share = run.config.batch_size // run.ranks.world
    parts = f"{_gib(fixed)} and {_rounded(each / 2**20, 2)} MiB for each of {share} puzzles"
    return f"{_gib(fixed + share * each)} a process ({parts})"


def _gib(size: int | None) -> str:
    return "unknown" if size is None else f"{size / 2**30:.2f} GiB"
