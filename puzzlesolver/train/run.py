"""One training run as an object: its parts, one update, and its state for saving.

In: a `TrainConfig`. Out: rows for `metrics.jsonl`, and a state that goes on exactly where it
stopped.

    >>> run = Run(get_preset("sudoku", steps=100))
    >>> run.update().loss
    2.1972
"""

from __future__ import annotations

import copy
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch

from puzzlesolver.errors import ModelError, UsageError
from puzzlesolver.models.compiling import can_compile, step_function
from puzzlesolver.models.registry import build_model
from puzzlesolver.runtime import choose_runtime
from puzzlesolver.train.card import machine
from puzzlesolver.train.contracts import CONTRACTS
from puzzlesolver.train.data import SOURCES
from puzzlesolver.train.evaluate import plain_accuracy
from puzzlesolver.train.optim import (
    build_optimizers,
    load_optimizer_state,
    optimizer_state,
    rate_scale,
    set_learning_rate,
    update_average,
)
from puzzlesolver.train.presets import TrainConfig, flag


class Update(NamedTuple):
    """What one update showed: `contracts.Learned` as numbers, and the norm of the gradient."""

    loss: float
    cells: float
    solved: float
    rejected: float
    grad_norm: float


class Run:
    """Model, average, optimizers, contract, puzzles and clocks of one training run.

    Attributes:
        updates: updates done.
        compiled: whether steps are compiled; never without a C++ compiler.
        average: the exponential average of the weights, which is what gets exported.
        curve: one entry per evaluation.
        recent: updates since the last line of metrics.

    Raises:
        UsageError: the config names a domain or device that does not exist, or its data are unfit.
        ModelError: the config names a model that does not exist.
    """

    def __init__(self, config: TrainConfig) -> None:
        if config.domain not in SOURCES:
            known = f"known: {', '.join(SOURCES)}"
            raise UsageError(f"cannot train {config.domain!r} yet", where="--domain", hint=known)
        self.config = config
        dtype = torch.bfloat16 if config.precision == "bf16" else torch.float32
        runtime = choose_runtime(config.device, config.threads)
        self.runtime = replace(runtime, dtype=dtype, dtype_reason=flag("precision"))
        device = self.runtime.device
        # The weights must not depend on, nor disturb, the caller's random numbers.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.model = build_model(config.family, config.model).to(device).train()
        self.average = copy.deepcopy(self.model).requires_grad_(False).eval()
        self.source = SOURCES[config.domain](config)
        self.generator = torch.Generator(device).manual_seed(config.seed)
        self.contract = CONTRACTS[config.contract](config, self.source, self.generator)
        self.optimizers = build_optimizers(self.model, config)
        self.compiled = config.compile and can_compile(device)
        self.step = step_function(self.model, self.source.layout, self.compiled)
        self.average_step = step_function(self.average, self.source.layout, self.compiled)
        self.updates = 0
        self.curve: list[dict[str, Any]] = []
        self.recent: list[Update] = []
        self._minutes_before = self._core_minutes_before = 0.0
        self._started, self._cpu_started = time.monotonic(), time.process_time()

    @property
    def parameters(self) -> int:
        """How many numbers training adjusts."""
        return sum(parameter.numel() for parameter in self.model.parameters())

    @property
    def minutes(self) -> float:
        """Wall-clock minutes, over all sessions."""
        return self._minutes_before + (time.monotonic() - self._started) / 60

    @property
    def core_minutes(self) -> float:
        """Processor time in minutes, over all threads and sessions."""
        return self._core_minutes_before + (time.process_time() - self._cpu_started) / 60

    @property
    def progress(self) -> float:
        """0 at the start, 1 at the end: updates of `steps`, or elapsed time of `minutes`."""
        if self.config.steps is not None:
            return self.updates / self.config.steps
        assert self.config.minutes is not None
        return min(1.0, self.minutes / self.config.minutes)

    def update(self) -> Update:
        """One batch, one loss, one change of the weights; raises `ModelError` if it diverged."""
        config, progress = self.config, self.progress
        set_learning_rate(self.optimizers, rate_scale(config, self.updates, progress))
        device = self.runtime.device.type
        with torch.autocast(device, torch.bfloat16, enabled=self.runtime.dtype == torch.bfloat16):
            learned = self.contract.loss(self.model, self.step, progress)
        if not math.isfinite(loss := learned.loss.item()):
            raise ModelError(
                f"the training diverged: the loss is {loss} at update {self.updates}",
                where=flag("learning_rate"),
                hint="start again with a lower one; earlier checkpoints are kept",
            )
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        learned.loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.clip)
        for optimizer in self.optimizers:
            optimizer.step()
        update_average(self.average, self.model, config.ema, self.updates)
        self.updates += 1
        shown = (learned.cells, learned.solved, learned.rejected, norm)
        self.recent.append(Update(loss, *(tensor.item() for tensor in shown)))
        return self.recent[-1]

    def metrics(self) -> dict[str, Any]:
        """Means over `recent`, which is emptied, as a line of `metrics.jsonl`."""
        columns = zip(Update._fields, zip(*self.recent, strict=True), strict=True)
        # Not a number: a window without, say, contradictory puzzles has nothing to tell about them.
        known = {name: [v for v in values if math.isfinite(v)] for name, values in columns}
        means = {name: sum(values) / len(values) for name, values in known.items() if values}
        self.recent = []
        return {
            "update": self.updates,
            "minutes": round(self.minutes, 3),
            **means,
            "leaving_solved": self.source.reveal.solved,
            "reveal": self.source.reveal.most,
            "puzzles": self.source.drawn,
            "learning_rate": self.optimizers[0].param_groups[0]["lr"],
        }

    def evaluate(self) -> dict[str, Any] | None:
        """Raw accuracy of the average on held-out puzzles, if any; added to the curve."""
        if (batch := self.source.heldout()) is None:
            return None
        batch = batch.to(self.runtime.device)
        marks, seed = self.config.eval_steps, self.config.seed
        measured = plain_accuracy(self.average, self.average_step, batch, marks, seed)
        point = {"update": self.updates, "minutes": round(self.minutes, 3), **measured}
        self.curve.append(point)
        return point

    def record(self, out: Path) -> dict[str, Any]:
        """How the weights came to be: what the model card and `config.json` tell."""
        config = self.config
        return {
            "command": config.command(out),
            "preset": config.preset,
            "domain": config.domain,
            "family": config.family,
            "contract": config.contract,
            "seed": config.seed,
            "data": self.source.recipe,
            "updates": self.updates,
            "progress": min(1.0, self.progress),
            "puzzles": self.source.drawn,
            "parameters": self.parameters,
            "minutes": round(self.minutes, 2),
            "core_minutes": round(self.core_minutes, 2),
            "machine": machine(self.runtime.device, self.runtime.threads),
            "curve": self.curve,
            "settings": config.to_json(),
        }

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next update depends on, and what has been measured."""
        return {
            "config": self.config.to_json(),
            "updates": self.updates,
            "minutes": self.minutes,
            "core_minutes": self.core_minutes,
            "curve": self.curve,
            "recent": [list(update) for update in self.recent],
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizers": optimizer_state(self.optimizers),
            "generator": self.generator.get_state(),
            "contract": self.contract.state_dict(),
            "source": self.source.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken; raises `UsageError` if the file of puzzles has changed."""
        self.updates, self.curve = state["updates"], state["curve"]
        self._minutes_before, self._core_minutes_before = state["minutes"], state["core_minutes"]
        self._started, self._cpu_started = time.monotonic(), time.process_time()
        self.recent = [Update(*values) for values in state["recent"]]
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        load_optimizer_state(self.optimizers, state["optimizers"])
        self.generator.set_state(state["generator"])
        self.contract.load_state_dict(state["contract"])
        self.source.load_state_dict(state["source"])
