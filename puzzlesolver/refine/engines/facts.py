"""What an exported file says of itself, as the texts that an ONNX file keeps beside its graph.

>>> GraphFacts.from_metadata(session.get_modelmeta().custom_metadata_map).family
'stem'
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from puzzlesolver.models.relations import Layout, Links, Neighbour, Pool, Units
from puzzlesolver.shapes import Rule, check

if TYPE_CHECKING:
    from puzzlesolver.models.interface import Habits

LENGTH = Rule(int, "a whole number above 0", lambda number: number > 0)
START = Rule(
    {"shape": Rule([LENGTH], "one or more lengths", len), "vector": [float], "noise": float},
    "a vector as long as the last axis",
    lambda it: len(it["vector"]) == it["shape"][-1],
)


@dataclass(frozen=True)
class GraphFacts:
    """What an exported file says of itself; one metadata entry a field, JSON where not text.

    Attributes:
        puzzlesolver: version that wrote it.
        opset: of the graph.
        family: key of `puzzlesolver.models.registry.MODELS`.
        config: hyperparameters of that family.
        domain: the puzzle kind.
        layout: of the boards, the only ones that it serves; see `layout_to_json`.
        weights_sha256: of the `model.safetensors` it was made from.
        parameters: how many numbers were learned.
        default_steps: step budget where the user names none; None = the general one.
        exclusive: as in `Readout`: softmax, else a sigmoid, makes probabilities of logits.
        starts: of each part of the state: `shape` after the batch, `vector` (its last axis, the
            same in all nodes) and `noise`, the standard deviation of what is added to it.
        fixed_start: whether no part has noise.
        reader: the second graph, states → `logits` and the rest, in base64.
        int8: whether the weights of matrix products are rounded to 8 bits.
        checked: how far it was found to agree with torch; see `export/check.py`.
    """

    puzzlesolver: str
    opset: int
    family: str
    config: dict[str, Any]
    domain: str
    layout: dict[str, Any]
    weights_sha256: str
    parameters: int
    default_steps: int | None
    exclusive: bool
    starts: list[dict[str, Any]]
    fixed_start: bool
    reader: str
    int8: bool
    checked: dict[str, Any]

    @property
    def habits(self) -> Habits:
        """As in `ModelConfig`."""
        from puzzlesolver.models.registry import build_config  # torch takes a second to import

        return build_config(self.family, self.config).habits

    def to_metadata(self) -> dict[str, str]:
        return {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_metadata(cls, metadata: dict[str, str]) -> GraphFacts:
        """The facts; raises `KeyError`, `RecursionError` or `ValueError` on what others wrote."""
        values: dict[str, Any] = {
            field.name: metadata[field.name]
            if field.type == "str"
            else json.loads(metadata[field.name])
            for field in fields(cls)
        }
        check({**values, "reader": ""}, cls)  # that may be longer than other texts
        relations = [(Pool, Neighbour, Units, Links)]
        check(
            values["layout"], {"lattice": [LENGTH], "relations": relations, "rules?": str}, "layout"
        )
        check(values["starts"], [START], "starts")
        return cls(**values)


def layout_to_json(layout: Layout) -> dict[str, Any]:
    """The lattice, each relation with its fields, and the rules, if any."""
    return {
        "lattice": list(layout.lattice),
        "relations": [asdict(relation) for relation in layout.relations],
        **({"rules": layout.rules} if layout.rules else {}),
    }


def layout_from_json(document: dict[str, Any]) -> Layout:
    """The inverse of `layout_to_json`; raises `KeyError` or `TypeError` on anything else."""
    marks = {"over": Pool, "cells": Units, "pairs": Links}
    relations = [
        next((kind for mark, kind in marks.items() if mark in each), Neighbour)(
            **{name: _as_tuples(value) for name, value in each.items()}
        )
        for each in document["relations"]
    ]
    return Layout(tuple(document["lattice"]), tuple(relations), document.get("rules", ""))


def _as_tuples(value: Any) -> Any:
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value
