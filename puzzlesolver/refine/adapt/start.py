"""Weights that `train arc` made, for fits to start from instead of random numbers.

In: the name of a model. Out: what a fit needs of it.

    >>> start = find_start("runs/arc/model")
    >>> fit_task(task, seed=0, settings=start.settings(FitSettings()), start=start.folder)
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from puzzlesolver.errors import ModelError
from puzzlesolver.hub.folder import StoredConfig, read_config, read_network
from puzzlesolver.hub.store import resolve
from puzzlesolver.models.arc.stem import ArcConfig
from puzzlesolver.refine.adapt.settings import FitSettings

FAMILY = "arc-stem"


@dataclass(frozen=True)
class Start:
    """A model to start from.

    Attributes:
        name: as results tell it.
        folder: where it lies.
        stored: what it says of itself.
        sha256: of its weights.
    """

    name: str
    folder: str
    stored: StoredConfig
    sha256: str

    def settings(self, settings: FitSettings) -> FitSettings:
        """The same for a network of its sizes."""
        return replace(settings, model=ArcConfig(**self.stored.config))


def is_start(model: str | Path) -> bool:
    """Whether fits may start from a model; raises `ModelError` where there is none for ARC."""
    return read_config(resolve(model, "arc").folder).family == FAMILY


def find_start(model: str | Path) -> Start:
    """Find and check it.

    Raises:
        ModelError: there is no such model, it is damaged, or of another family.
    """
    files = resolve(model, "arc")
    stored = read_config(files.folder)
    if stored.family != FAMILY:
        raise ModelError(
            f"no fit of a task can start from family {stored.family!r}",
            where="--model",
            hint="`train arc` makes weights for that; a published model answers the tasks it has "
            "learned in `bench arc-eval --ids DATASET`",
        )
    _, sha256 = read_network(files.folder, files.sha256)
    return Start(files.name, str(files.folder), stored, sha256)


@functools.cache
def start_weights(folder: str) -> dict[str, Tensor]:
    """The tensors of a model folder, by their names."""
    return read_network(Path(folder))[0].state_dict()
