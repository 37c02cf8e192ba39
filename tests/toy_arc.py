"""A dozen small tasks of ours by rules that a reader can see, and a model whose weights are set by
hand, so that what it answers is known.

`python -m tests.toy_arc FOLDER` writes them as `FOLDER/toy_evaluation_challenges.json` and
`…_solutions.json`, for `puzzlesolver dataset arc --kaggle FOLDER/toy --subset evaluation`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np
import torch

from puzzlesolver.domains.arc.codec import BLACK
from puzzlesolver.domains.base import Grid
from puzzlesolver.models.registry import build_model
from puzzlesolver.models.tokens import TokenModel

SIDES = range(3, 7)
DEMONSTRATIONS = 3
IDS, WIDTH = 12, 16


def _recoloured(grid: Grid, **changes: int) -> Grid:
    """Colours by the letters that stand for them: `c2=5` makes a 2 a 5."""
    colours = np.arange(10, dtype=np.uint8)
    for old, new in changes.items():
        colours[int(old[1:])] = new
    return colours[grid]


def _framed(grid: Grid) -> Grid:
    framed = grid.copy()
    framed[[0, -1], :] = framed[:, [0, -1]] = 8
    return framed


RULES: dict[str, Callable[[Grid], Grid]] = {
    "copy": lambda grid: grid,
    "one": lambda grid: _recoloured(grid, c1=6),
    "swap": lambda grid: _recoloured(grid, c1=2, c2=1),
    "fill": lambda grid: _recoloured(grid, c0=7),
    "erase": lambda grid: _recoloured(grid, c3=0),
    "shadow": lambda grid: np.where(grid > 0, 5, 0).astype(np.uint8),
    "frame": _framed,
    "left-right": np.fliplr,
    "up-down": np.flipud,
    "half-turn": lambda grid: np.rot90(grid, 2),
    "transpose": np.transpose,
    "top": lambda grid: grid[:1],
}
"""What becomes of a grid in the task of this name."""


def write_toy_tasks(folder: Path, rules: Collection[str] = tuple(RULES)) -> Path:
    """Tasks of these rules, one test input each but two of `swap`; returns the file of inputs."""
    rng = np.random.default_rng(0)
    tasks = {name: _task(RULES[name], 1 + (name == "swap"), rng) for name in rules}
    challenges, solutions = (
        folder / f"toy_evaluation_{ending}.json" for ending in ("challenges", "solutions")
    )
    solutions.write_text(
        json.dumps({name: [pair.pop("output") for pair in t["test"]] for name, t in tasks.items()})
    )
    challenges.write_text(json.dumps(tasks))
    return challenges


def _task(
    rule: Callable[[Grid], Grid], tests: int, rng: np.random.Generator
) -> dict[str, list[dict[str, list[list[int]]]]]:
    grids = [
        rng.integers(0, 5, rng.choice(SIDES, 2)).astype(np.uint8)
        for _ in range(DEMONSTRATIONS + tests)
    ]
    pairs = [{"input": grid.tolist(), "output": rule(grid).tolist()} for grid in grids]
    return {"train": pairs[:DEMONSTRATIONS], "test": pairs[DEMONSTRATIONS:]}


def painter(beliefs: Sequence[bool], family: str = "trm", painted: bool = True) -> TokenModel:
    """A model that copies its canvas and paints the corner 9.

    Args:
        beliefs: for each row of its puzzle embedding, whether it holds its answer right.
        family: `trm` or `hrm`.
        painted: whether it paints.
    """
    size = {"hidden_size": WIDTH, "num_heads": 1, "puzzle_emb_ndim": WIDTH, "expansion": 0.1}
    canvas = {"vocab_size": IDS, "seq_len": 900, "pos_encodings": "learned"}
    cycles = {"H_cycles": 1, "L_cycles": 1, "L_layers": 1}
    prefix = {"puzzle_emb_len": 1} if family == "trm" else {"H_layers": 1}
    rows = {"num_puzzle_identifiers": len(beliefs)}
    model = build_model(family, size | canvas | cycles | prefix | rows).eval()
    assert isinstance(model, TokenModel) and model.lm_head is not None and model.q_head is not None
    with torch.no_grad():
        for tensor in (*model.parameters(), *model.buffers()):
            tensor.zero_()
        ids = torch.eye(IDS, WIDTH)
        model.embed_tokens.embedding_weight.copy_(ids)
        model.lm_head.weight.copy_(ids)
        model.embed_pos.embedding_weight[model.config.prefix] = 5 * painted * ids[BLACK + 9]
        model.puzzle_emb.weights[:, 0] = torch.tensor(beliefs) * 2.0 - 1
        model.q_head.weight[0, 0] = 1
    return model


if __name__ == "__main__":
    write_toy_tasks(Path(sys.argv[1]))
