"""Model families by name: a new architecture is a file and one line here.

>>> model = build_model("stem", {"width": 32})
"""

from __future__ import annotations

import difflib
from typing import Any

from puzzlesolver.errors import ModelError
from puzzlesolver.models.hrm import HRM, HRMConfig
from puzzlesolver.models.interface import ModelConfig, RecursiveModel
from puzzlesolver.models.rsm import RSM, RSMConfig
from puzzlesolver.models.stem import RelationalStem, StemConfig
from puzzlesolver.models.tokens import TokenModel
from puzzlesolver.models.trm import TRM, TRMConfig

MODELS: dict[str, tuple[type[Any], type[ModelConfig]]] = {
    "stem": (RelationalStem, StemConfig),
    "hrm": (HRM, HRMConfig),
    "trm": (TRM, TRMConfig),
    "rsm": (RSM, RSMConfig),
}


def build_model(family: str, config: dict[str, Any]) -> RecursiveModel:
    """A freshly initialised model; raises `ModelError` on an unknown family or setting."""
    model_class, config_class = _classes(family)
    try:
        typed_config = config_class(**config)
    except (TypeError, ValueError) as error:
        raise ModelError(f"the configuration does not fit family {family!r}: {error}") from error
    model: RecursiveModel = model_class(typed_config)
    return model


def reads_tokens(family: str) -> bool:
    """Whether its answers are one symbol a cell for every puzzle kind, as in the published models.

    Raises:
        ModelError: there is no such family.
    """
    return issubclass(_classes(family)[0], TokenModel)


def _classes(family: str) -> tuple[type[Any], type[ModelConfig]]:
    if family not in MODELS:
        close = difflib.get_close_matches(family, MODELS)
        hint = f"did you mean {close[0]!r}?" if close else f"known families: {', '.join(MODELS)}"
        raise ModelError(f"unknown model family {family!r}", hint=hint)
    return MODELS[family]
