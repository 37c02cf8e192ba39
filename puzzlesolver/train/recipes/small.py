"""Small models of every architecture for one CPU core, so that all can be compared in minutes."""

from __future__ import annotations

from typing import Any

from puzzlesolver.train.recipes.papers import MLP, hrm, rsm, se_rrm, sudokus, trm
from puzzlesolver.train.recipes.registry import preset

_SMALL = {"hidden_size": 64, "num_heads": 4, "puzzle_emb_ndim": 64}


def _small(minutes: float, eval_every: int = 200) -> dict[str, Any]:
    """What one CPU core can train: a rate ten times higher, and a faster average."""
    return {
        "minutes": minutes, "batch_size": 64, "learning_rate": 1e-3, "weight_decay": 0.1,
        "warmup_updates": 100, "floor": 0.02, "ema": 0.998, "ema_ramp": 50.0, "clip": 1.0,
        "eval_every": eval_every, "eval_puzzles": 256, "checkpoint_minutes": 5.0,
    }  # fmt: skip


def _narrow(family: dict[str, Any], size: dict[str, Any]) -> dict[str, Any]:
    """A small model; at such widths bfloat16 makes MLPs faster and attention slower.

    Attention finds rows and boxes far sooner from learned positions than from rotary ones
    (docs/experiments.md).
    """
    model = size | family["model"]
    if family["family"] == "se-rrm":
        heads = dict.fromkeys(("head_dim", "head_dim_t"), size["hidden_size"] // size["num_heads"])
        model |= heads | {"puzzle_emb_ndim": 0, "dropout": 0.0}
        return {"model": model, "precision": "fp32", "threads": 1, "learning_rate": 2e-3}
    if family["family"] != "hrm":
        model |= {"puzzle_emb_len": 4}
    if model.get("mlp_t"):
        return {"model": model, "precision": "bf16", "threads": 1}
    attention = {"precision": "fp32", "threads": 1, "learning_rate": 2e-3}
    return {"model": model | {"pos_encodings": "learned"}, **attention}


def _sudoku4(family: dict[str, Any]) -> dict[str, Any]:
    """A model of width 64 for 4×4 boards, all different, with held-out ones among them."""
    size = _SMALL | {"vocab_size": 6, "seq_len": 16}
    boards = sudokus(size=4, train_puzzles=8_192)
    return boards | family | _small(12.0) | _narrow(family, size)


@preset
def hrm_sudoku4() -> dict[str, Any]:
    """HRM of width 64 on 4×4 Sudokus: minutes on one CPU core."""
    return _sudoku4(hrm(H_layers=2, L_layers=2))


@preset
def trm_mlp_sudoku4() -> dict[str, Any]:
    """TRM of width 64, mixing by MLP, on 4×4 Sudokus: minutes on one CPU core."""
    return _sudoku4(trm(H_cycles=2, L_cycles=3, **MLP))


@preset
def trm_att_sudoku4() -> dict[str, Any]:
    """TRM of width 64 with attention on 4×4 Sudokus: minutes on one CPU core."""
    return _sudoku4(trm(H_cycles=2, L_cycles=3))


@preset
def rsm_sudoku4() -> dict[str, Any]:
    """RSM of width 64 on 4×4 Sudokus, grown to 4 × 4: minutes on one CPU core."""
    return _sudoku4(rsm(2, (0.301, 0.501), L_layers=2, mlp_t=True))


@preset
def se_rrm_sudoku4() -> dict[str, Any]:
    """SE-RRM of width 64 on 4×4 Sudokus: minutes on one CPU core."""
    return _sudoku4(se_rrm(H_cycles=2, L_cycles=3))


def _sudoku_small(family: dict[str, Any]) -> dict[str, Any]:
    """A model of width 128 for 9×9 boards."""
    size = _SMALL | {"hidden_size": 128, "puzzle_emb_ndim": 128}
    boards = sudokus(mix={"easy": 1.0}, eval_difficulty="easy")
    return boards | family | _small(30.0, 500) | _narrow(family, size)


@preset
def hrm_sudoku_small() -> dict[str, Any]:
    """HRM of width 128 on generated 9×9 boards: 30 minutes of one CPU core."""
    return _sudoku_small(hrm(H_layers=2, L_layers=2))


@preset
def trm_mlp_sudoku_small() -> dict[str, Any]:
    """TRM of width 128, mixing by MLP, on generated 9×9 boards: 30 minutes of one CPU core."""
    return _sudoku_small(trm(H_cycles=2, L_cycles=3, **MLP))


@preset
def trm_att_sudoku_small() -> dict[str, Any]:
    """TRM of width 128 with attention on generated 9×9 boards: 30 minutes of one CPU core."""
    return _sudoku_small(trm(H_cycles=2, L_cycles=3))


@preset
def rsm_sudoku_small() -> dict[str, Any]:
    """RSM of width 128 on generated 9×9 boards, grown to 5 × 4: 30 minutes of one CPU core."""
    return _sudoku_small(rsm(3, (0.301, 0.501), L_layers=2, mlp_t=True))
