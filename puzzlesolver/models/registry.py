"""Model families by name: a new architecture is a file and one line here.

>>> model = build_model("stem", {"width": 32})
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from puzzlesolver.errors import ModelError, nearest
from puzzlesolver.models.arc.stem import ArcConfig, ArcStem
from puzzlesolver.models.hrm import HRM, HRMConfig
from puzzlesolver.models.interface import ModelConfig, Network, RecursiveModel
from puzzlesolver.models.published import PublishedModel
from puzzlesolver.models.rsm import RSM, RSMConfig
from puzzlesolver.models.se_rrm import SERRM, SERRMConfig
from puzzlesolver.models.se_trm import SETRM
from puzzlesolver.models.stem import RelationalStem, StemConfig
from puzzlesolver.models.trm import TRM, TRMConfig

MODELS: dict[str, tuple[type[Any], type[ModelConfig]]] = {
    "stem": (RelationalStem, StemConfig),
    "arc-stem": (ArcStem, ArcConfig),
    "hrm": (HRM, HRMConfig),
    "trm": (TRM, TRMConfig),
    "rsm": (RSM, RSMConfig),
    "se-rrm": (SERRM, SERRMConfig),
    "se-trm": (SETRM, SERRMConfig),
}


def build_model(family: str, config: dict[str, Any]) -> RecursiveModel:
    """A freshly initialised model of boards; errors of `build_network` and `refines_boards`."""
    return refines_boards(build_network(family, config), family)


def refines_boards(network: Network, where: str) -> RecursiveModel:
    """The same network; raises `ModelError` where it is none that boards are given to."""
    if not isinstance(network, RecursiveModel):
        raise ModelError(
            "this network is fitted to tasks of ARC and knows no boards",
            where=where,
            hint="puzzlesolver solve task.json --model FOLDER",
        )
    return network


def build_network(family: str, config: dict[str, Any]) -> Network:
    """Freshly initialised, of any family; raises `ModelError` on an unknown family or setting."""
    network: Network = _classes(family)[0](build_config(family, config))
    return network


def build_config(family: str, config: dict[str, Any]) -> ModelConfig:
    """The hyperparameters of a family; errors of `build_network`."""
    try:
        return _classes(family)[1](**config)
    except (TypeError, ValueError) as error:
        raise ModelError(f"the configuration does not fit family {family!r}: {error}") from error


def build_empty(family: str, config: dict[str, Any]) -> Network:
    """`build_network` on the meta device: a hostile size costs no memory, and nothing is drawn."""
    with torch.device("meta"), _Undrawn():
        return build_network(family, config)


class _Undrawn(TorchFunctionMode):
    """Normal numbers on the meta device would import torch's compiler, which takes seconds."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        arguments = kwargs or {}
        if getattr(func, "__module__", None) == "torch.nn.init":
            return arguments["tensor"] if "tensor" in arguments else args[0]
        return (torch.empty if func is torch.randn else func)(*args, **arguments)


def reads_tokens(family: str) -> bool:
    """Whether its answers are one symbol a cell for every puzzle kind, as in the published models.

    Raises:
        ModelError: there is no such family.
    """
    return issubclass(_classes(family)[0], PublishedModel)


def _classes(family: str) -> tuple[type[Any], type[ModelConfig]]:
    if family not in MODELS:
        hint = nearest(family, MODELS, "known families")
        raise ModelError(f"unknown model family {family!r}", hint=hint)
    return MODELS[family]
