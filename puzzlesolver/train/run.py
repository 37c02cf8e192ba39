"""One training run as an object: its parts, one update, and its state for saving.

In: a `TrainConfig`. Out: rows for `metrics.jsonl`, and a state that goes on exactly where it
stopped.

    >>> run = Run(get_preset("sudoku", steps=100))
    >>> run.update().loss
    2.1972
"""

from __future__ import annotations

import copy
import json
import math
import time
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from puzzlesolver.errors import ModelError
from puzzlesolver.hub.folder import read_config, read_network
from puzzlesolver.hub.store import resolve
from puzzlesolver.models.compiling import can_compile, step_function
from puzzlesolver.models.interface import Network, RecursiveModel, StepFunction
from puzzlesolver.models.registry import build_network, reads_tokens, refines_boards
from puzzlesolver.runtime import choose_runtime
from puzzlesolver.train import optim
from puzzlesolver.train.config import TrainConfig
from puzzlesolver.train.contracts.base import Contract
from puzzlesolver.train.contracts.losses import Learned
from puzzlesolver.train.contracts.registry import CONTRACTS
from puzzlesolver.train.data.sources import open_source
from puzzlesolver.train.distributed import ALONE, Ranks, check_divides
from puzzlesolver.train.evaluate import plain_accuracy
from puzzlesolver.train.settings import flag

_UPDATE_SEED = 0x9E3779B97F4A7C15
"""Keeps the seeds of updates far from those of weights and puzzles."""


class Update(NamedTuple):
    """What one update showed: `contracts.Learned` as numbers, and the norm of the gradient."""

    loss: float
    cells: float
    solved: float
    rejected: float
    grad_norm: float


class Objective(nn.Module):
    """A model with the loss it is trained by: the module whose gradient processes share."""

    def __init__(self, model: Network, contract: Contract[Any], step: StepFunction | None) -> None:
        super().__init__()
        self.model = model
        self.contract = contract
        self.step = step

    def forward(self, progress: float) -> Learned:
        return self.contract.loss(self.model, self.step, progress)


class Run:
    """Model, average, optimizers, contract, puzzles and clocks of one training run.

    Attributes:
        updates: updates done.
        compiled: whether steps are compiled; never without a C++ compiler.
        average: the exponential average of the weights, which is what gets exported.
        curve: one entry per evaluation.
        started_from: what is known of the weights that it started from, if it took some.
        objective: what is differentiated; shares gradients between ranks.
        recent: updates since the last line of metrics.

    Raises:
        UsageError: the config names a domain or device that does not exist, or its data are unfit.
        ModelError: the config names a model that does not exist.
    """

    def __init__(self, config: TrainConfig, ranks: Ranks = ALONE, rehearsal: bool = False) -> None:
        check_divides(config.batch_size, ranks.world)
        self.config = config
        self.ranks = ranks
        dtype = torch.bfloat16 if config.precision == "bf16" else torch.float32
        runtime = choose_runtime(config.device, config.threads)
        self.runtime = replace(runtime, dtype=dtype, dtype_reason=flag("precision"))
        device = self.runtime.device
        self.source = open_source(config, rehearsal)
        # The weights must not depend on, nor disturb, the caller's random numbers.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.model = self._new_model().to(device).train()
        self.average = _average_of(self.model)
        self.generator = torch.Generator(device).manual_seed(config.seed)
        self.contract = self.new_contract(config)
        self.optimizers = optim.build_optimizers(
            self.model, config.optimizer, config.embedding, ranks, self.contract.optimizers
        )
        self.compiled = config.compile and can_compile(device)
        self.step = self._step_of(self.model, config.compile_mode)
        self.average_step = self._step_of(self.average)
        self.objective: nn.Module = Objective(self.model, self.contract, self.step)
        if ranks.grouped:
            # Buffers, perhaps gigabytes, are not sent around.
            self.objective = DistributedDataParallel(self.objective, forward_sync_buffers=False)
        self.updates = 0
        self.started_from: dict[str, Any] | None = None
        self.curve: list[dict[str, Any]] = []
        self.recent: list[Update] = []
        self._minutes_before = self._core_minutes_before = 0.0
        self._started, self._cpu_started = time.monotonic(), time.process_time()

    def take_weights(self, name: str) -> None:
        """Start from those of a model; raises `ModelError` where there are none that fit.

        The model may be smaller in what its family lets grow, `GROWING`.
        """
        found = resolve(name, self.config.domain, flag("start"))
        network, sha256 = read_network(found.folder, found.sha256)
        theirs, ours = network.config.to_json(), self.model.config.to_json()
        fixed = theirs.keys() - network.config.GROWING
        other = [key for key in theirs if key in fixed and theirs[key] != ours.get(key)]
        if other or type(network) is not type(self.model):
            raise ModelError(
                f"this model has another {', '.join(other) or 'family'} than the run",
                where=flag("start"),
                hint="--set model='{…}' as in its config.json, or another --preset",
            )
        try:
            for model in (self.model, self.average):
                model.grow_from(network)
        except ValueError as error:
            raise ModelError(f"this model cannot grow: {error}", where=flag("start")) from None
        before = read_config(found.folder).training
        told = ("command", "updates", "core_minutes", "machine", "start")
        self.started_from = {"sha256": sha256} | {key: before.get(key) for key in told}

    def new_contract(self, config: TrainConfig) -> Contract[Any]:
        """A contract from the beginning, of a config that perhaps has another batch size."""
        contract = CONTRACTS[config.contract.name]
        return contract(config, self.source, self.generator, self.ranks)

    def _new_model(self) -> Network:
        named = {"num_puzzle_identifiers": self.source.identifiers}
        settings = self.config.model | (named if reads_tokens(self.config.family) else {})
        return build_network(self.config.family, settings)

    def _step_of(self, model: Network, mode: str = "default") -> StepFunction | None:
        """Its step on the layout of all puzzles; None where each has its own."""
        if self.source.layout is None:
            return None
        boards = refines_boards(model, self.config.family)
        return step_function(boards, self.source.layout, self.compiled, mode=mode)

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
        """Processor time in minutes, over all threads, sessions and ranks, which work alike."""
        spent = time.process_time() - self._cpu_started
        return self._core_minutes_before + spent * self.ranks.world / 60

    @property
    def progress(self) -> float:
        """0 at the start, 1 at the end: updates of `steps`, or elapsed time of `minutes`."""
        return self._progress_at(self.updates)

    def _progress_at(self, update: int) -> float:
        if self.config.steps is not None:
            return update / self.config.steps
        assert self.config.minutes is not None
        return min(1.0, self.minutes / self.config.minutes)

    def update(self) -> Update:
        """One batch, one loss, one change of the weights; raises `ModelError` if it diverged."""
        settings, number = self.config.optimizer, self.updates + 1
        progress = self.ranks.led(self._progress_at(number))
        scale = optim.rate_scale(settings, self.config.steps, number, progress)
        optim.set_learning_rate(self.optimizers, scale * self.contract.rate(self.updates, progress))
        for optimizer in self.optimizers:  # before the next step, which may reuse their memory
            optimizer.zero_grad()
        learned = self._learned(progress)
        if not math.isfinite(loss := learned.loss.item()):
            raise ModelError(
                f"the training diverged: the loss is {loss} at update {number}",
                where=flag("learning_rate"),
                hint="start again with a lower one; earlier checkpoints are kept",
            )
        torch.autograd.backward(learned.loss)
        frozen = optim.resting(self.model, self.config.embedding, progress)
        if frozen is not None:
            # Afterwards, for processes that share gradients expect those of all parameters.
            frozen.grad = None
        most = math.inf if settings.clip is None else settings.clip
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), most)
        for optimizer in self.optimizers:
            optimizer.step()
        optim.update_average(self.average, self.model, settings, self.updates)
        if frozen is not None:  # RSM's trainer averages what is trained, and saves the rest as is
            self.average.get_parameter(optim.EMBEDDING).copy_(frozen.detach())
        self.average.config = self.model.config  # its depth may grow
        self.updates = number
        shown = (learned.cells, learned.solved, learned.rejected, norm)
        self.recent.append(Update(loss, *(tensor.item() for tensor in shown)))
        return self.recent[-1]

    def _learned(self, progress: float) -> Learned:
        device, half = self.runtime.device, self.runtime.dtype == torch.bfloat16
        with (
            torch.random.fork_rng([device] if device.type == "cuda" else []),
            torch.autocast(device.type, torch.bfloat16, half),
        ):
            # What dropout drops depends on update and rank alone: a resumed run drops the same.
            share = self.updates * self.ranks.world + self.ranks.rank + 1
            torch.manual_seed((self.config.seed + _UPDATE_SEED * share) % 2**63)
            learned: Learned = self.objective(progress)
            return learned

    def metrics(self) -> dict[str, Any]:
        """Means over `recent`, which is emptied, as a line of `metrics.jsonl`."""
        means = {}
        for name, values in zip(Update._fields, zip(*self.recent, strict=True), strict=True):
            # A window without, say, contradictory puzzles has nothing to tell about them.
            known = [value for value in values if math.isfinite(value)]
            mean = self.ranks.agree(sum(known) / len(known) if known else math.nan)
            if math.isfinite(mean):
                means[name] = mean
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
        assert isinstance(self.average, RecursiveModel) and self.average_step is not None
        measured = plain_accuracy(self.average, self.average_step, batch, marks, seed)
        clocks = {"minutes": round(self.minutes, 3), "core_minutes": round(self.core_minutes, 3)}
        self.curve.append({"update": self.updates, **clocks, **measured})
        return self.curve[-1]

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next update depends on, and what has been measured."""
        return {
            "config": self.config.to_json(),
            "updates": self.updates,
            "started_from": json.dumps(self.started_from),
            "minutes": self.minutes,
            "core_minutes": self.core_minutes,
            "curve": self.curve,
            "recent": [list(update) for update in self.recent],
            "model": self.model.state_dict(),
            "average": dict(self.average.named_parameters()),
            "optimizers": optim.optimizer_state(self.optimizers),
            "generator": self.generator.get_state(),
            "contract": self.contract.state_dict(),
            "config_of_model": self.model.config.to_json(),
            "source": self.source.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken; raises `UsageError` if the file of puzzles has changed."""
        self.updates, self.curve = state["updates"], state["curve"]
        self._minutes_before, self._core_minutes_before = state["minutes"], state["core_minutes"]
        self._started, self._cpu_started = time.monotonic(), time.process_time()
        self.started_from = json.loads(state.get("started_from", "null"))
        self.recent = [Update(*values) for values in state["recent"]]
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"], strict=False)  # buffers are the model's
        optim.load_optimizer_state(self.optimizers, state["optimizers"])
        if len(state["generator"]) == len(self.generator.get_state()):
            self.generator.set_state(state["generator"])
        else:  # that of another kind of device
            self.generator.manual_seed((self.config.seed + _UPDATE_SEED * self.updates) % 2**63)
        # Earlier versions kept the depth of RSM's contract, which was empty, beside it.
        self.contract.load_state_dict(state["contract"] or state)
        for model in (self.model, self.average):
            model.config = type(model.config)(**state["config_of_model"])
        self.source.load_state_dict(state["source"])


def _average_of(model: Network) -> Network:
    """A copy for the exponential average; buffers, perhaps gigabytes, are shared."""
    shared = {id(buffer): buffer for buffer in model.buffers()}
    return copy.deepcopy(model, shared).requires_grad_(False).eval()
