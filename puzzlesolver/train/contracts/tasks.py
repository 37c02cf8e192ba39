"""The contract of weights that fits of ARC tasks start from instead of random numbers.

In: tasks with all their outputs. Out: one `Learned` per update.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.optim import AdamW

from puzzlesolver.errors import UsageError
from puzzlesolver.models.arc.stem import ArcConfig, ArcStem, TaskVectors
from puzzlesolver.refine.adapt.lesson import fit_loss, recite
from puzzlesolver.refine.adapt.settings import FitSettings
from puzzlesolver.train.contracts.base import Contract
from puzzlesolver.train.contracts.losses import Learned
from puzzlesolver.train.data.tasks import Drawn, TaskSource
from puzzlesolver.train.settings import Settings, flag, within


@dataclass(frozen=True)
class Tasks(Settings):
    """Settings of `ManyTasks`.

    Attributes:
        grad_steps: steps with gradient in one update.
        puzzle_learning_rate: peak rate of the vectors of tasks.
    """

    name: ClassVar[str] = "tasks"

    grad_steps: int = within(6, 1, 1024)
    puzzle_learning_rate: float = within(1e-4, 0, 10)


class ManyTasks(Contract[Tasks]):
    """Every task has vectors of its own, as in a fit; the weights are those of all of them.

    Vectors of tasks that an update does not draw stay as they are; their optimizer is `optimizers`.

    Raises:
        UsageError: several processes are to share the tasks, or a setting is none that the machine
            code of these steps knows.
    """

    wants = Tasks
    KEPT = ("vectors",)
    draws = "tasks"
    source: TaskSource

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        if self.ranks.world > 1:
            raise UsageError("vectors of tasks are kept by one process", where="--nproc")
        for name, found, only in (
            ("family", self.config.family, "arc-stem"),
            ("precision", self.config.precision, "fp32"),
            ("device", self.generator.device.type, "cpu"),
        ):
            if found != only:
                what = f"weights for fits of tasks are trained with {only} alone"
                raise UsageError(what, where=flag(name))
        self.fits = FitSettings()
        sizes = ArcConfig(**self.config.model)
        self.vectors = nn.ModuleList(TaskVectors(sizes) for _ in range(self.source.identifiers))
        rate, betas = self.settings.puzzle_learning_rate, self.config.optimizer.betas
        vectors = self.vectors.parameters()
        self.optimizers = [AdamW(vectors, lr=rate, betas=betas, weight_decay=0.0)]

    def loss(self, model: ArcStem, step: Callable[..., Tensor], progress: float) -> Learned:
        drawn = self.source.draw(self.config.batch_size)
        each = zip(*(self._of_one(model, task) for task in drawn), strict=True)
        learned = Learned(*(torch.stack(parts).mean() for parts in each))
        self.source.observe(learned.solved.item())
        return learned

    def _of_one(self, model: ArcStem, drawn: Drawn) -> Learned:
        task, canvases = self.vectors[drawn.number], drawn.canvases
        assert isinstance(task, TaskVectors)
        most = self.fits.free_steps
        free = int(torch.randint(most + 1, (), generator=self.generator))
        logits = recite(model, task, canvases, free, self.settings.grad_steps)
        loss = fit_loss(logits, canvases) + self.fits.asymmetry * task.asymmetry()
        assert canvases.target is not None
        right = logits.detach().argmax(-1) == canvases.target
        sheets = torch.split(right, [sheet.cells for sheet in canvases.sheets])
        solved = torch.stack([sheet.all() for sheet in sheets])
        return Learned(loss, right.float().mean(), solved.float().mean(), torch.tensor(torch.nan))
