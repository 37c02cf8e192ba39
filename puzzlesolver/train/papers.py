"""The recipes of HRM, TRM, RSM and SE-RRM: those of their repositories' commands, and small ones.

Every docstring names the reported score and what it took. Without `--data` puzzles are generated,
exactly 1,000 where the paper has as many; a folder in the published layout (`puzzlesolver dataset`)
gives the papers' own data. The ARC recipes need such a folder.
"""

from __future__ import annotations

from typing import Any

from puzzlesolver.train.recipes import PRESETS, preset

__all__ = ["PRESETS"]  # with the recipes below and our own

_MLP = {"mlp_t": True, "pos_encodings": "none"}
_ARC = {"vocab_size": 12, "seq_len": 900}
_MAZE = {"vocab_size": 6, "seq_len": 900}
ARC1_IDENTIFIERS, ARC2_IDENTIFIERS = 876_406, 1_190_000
"""About as many as the published sets have; a folder tells its own number."""


def _paper(**changes: Any) -> dict[str, Any]:
    """What the three repositories have in common."""
    return {
        "precision": "bf16", "contract": "supervised", "batch_size": 768, "grad_steps": 1,
        "noise": 0.0, "reveal": 0.0, "reveal_floor": 0.0, "mix": {"extreme": 1.0},
        "optimizer": "adam-atan2", "learning_rate": 1e-4, "beta1": 0.9, "beta2": 0.95,
        "warmup_updates": 2_000, "floor": 1.0, "clip": None, "ema": 0.999, "ema_ramp": 0.0,
        "log_every": 50, "eval_every": 2_000, "eval_steps": (16, 64), "checkpoint_minutes": 10.0,
        **changes,
    }  # fmt: skip


def _thousand_sudokus(**changes: Any) -> dict[str, Any]:
    return _paper(
        train_puzzles=1_000, augment=True, weight_decay=1.0, puzzle_weight_decay=1.0, **changes
    )


def _thousand_mazes(**changes: Any) -> dict[str, Any]:
    return _paper(
        domain="maze", size=30, mix={"walls hard": 1.0}, eval_difficulty="hard",
        train_puzzles=1_000, weight_decay=1.0, puzzle_weight_decay=1.0, **changes,
    )  # fmt: skip


def _arc(**changes: Any) -> dict[str, Any]:
    return _paper(
        domain="arc", puzzle_learning_rate=1e-2, weight_decay=0.1, puzzle_weight_decay=0.1,
        **changes,
    )  # fmt: skip


def _hrm(**model: Any) -> dict[str, Any]:
    return {"family": "hrm", "model": model, "q_learning": True, "ema": 0.0}


def _trm(**model: Any) -> dict[str, Any]:
    return {"family": "trm", "model": model}


@preset
def hrm_sudoku_1k() -> dict[str, Any]:
    """HRM on 1,000 Sudokus, 26,041 updates. Paper: 55.0 % exact; 8 GPUs, about 10 minutes."""
    return _thousand_sudokus(**_hrm(), steps=26_041)


@preset
def hrm_sudoku_1k_laptop() -> dict[str, Any]:
    """The same for one small GPU, 52,083 updates. Quoted: RTX 4070 laptop, about 10 hours."""
    return _thousand_sudokus(**_hrm(), steps=52_083) | {
        "batch_size": 384, "learning_rate": 7e-5, "puzzle_learning_rate": 7e-5,
    }  # fmt: skip


@preset
def hrm_sudoku_full() -> dict[str, Any]:
    """HRM on 3.8 million Sudokus (give them by --data). Quoted: 8 GPUs, about 2 hours; no score."""
    return _paper(
        **_hrm(L_cycles=8, pos_encodings="learned"), steps=166_319, batch_size=2_304,
        learning_rate=3e-4, puzzle_learning_rate=3e-4, floor=0.1, weight_decay=0.1,
        puzzle_weight_decay=0.1, halt_max_steps=8, cross_entropy="softmax",
    ) | {"eval_steps": (8, 64)}  # fmt: skip


@preset
def hrm_maze_1k() -> dict[str, Any]:
    """HRM on 1,000 mazes of 30×30, 26,041 updates. Paper: 74.5 % exact; 8 GPUs, about 1 hour."""
    return _thousand_mazes(**_hrm(**_MAZE), steps=26_041)


@preset
def hrm_arc1() -> dict[str, Any]:
    """HRM on ARC-AGI-1, about 518,071 updates. Paper: 40.3 % in two attempts; 8 GPUs, 24 hours."""
    model = _ARC | {"num_puzzle_identifiers": ARC1_IDENTIFIERS}
    return _arc(**_hrm(**model), steps=518_071)


@preset
def hrm_arc2() -> dict[str, Any]:
    """HRM on ARC-AGI-2, about 723,914 updates. Paper: 5.0 % in two attempts; 8 GPUs, 24 hours."""
    model = _ARC | {"num_puzzle_identifiers": ARC2_IDENTIFIERS}
    return _arc(**_hrm(**model), steps=723_914)


@preset
def trm_mlp_sudoku_1k() -> dict[str, Any]:
    """TRM, mixing by MLP, on 1,000 Sudokus, 65,104 updates. Paper: 87.4 %; one L40S, 36 hours."""
    return _thousand_sudokus(**_trm(**_MLP), steps=65_104)


@preset
def trm_att_sudoku_1k() -> dict[str, Any]:
    """TRM with attention on 1,000 Sudokus, 65,104 updates. Paper: 74.7 %; one L40S, 36 hours."""
    return _thousand_sudokus(**_trm(), steps=65_104)


@preset
def trm_att_maze_1k() -> dict[str, Any]:
    """TRM with attention on 1,000 mazes, 65,104 updates. Paper: 85.3 %; four L40S, 24 hours."""
    return _thousand_mazes(**_trm(L_cycles=4, **_MAZE), steps=65_104)


@preset
def trm_arc1() -> dict[str, Any]:
    """TRM on ARC-AGI-1, about 518,071 updates. Paper: 44.6 % in two attempts; 4 H100, 3 days."""
    model = _ARC | {"num_puzzle_identifiers": ARC1_IDENTIFIERS}
    return _arc(**_trm(L_cycles=4, **model), steps=518_071)


@preset
def trm_arc2() -> dict[str, Any]:
    """TRM on ARC-AGI-2, about 723,914 updates. Paper: 7.8 % in two attempts; 4 H100, 3 days."""
    model = _ARC | {"num_puzzle_identifiers": ARC2_IDENTIFIERS}
    return _arc(**_trm(L_cycles=4, **model), steps=723_914)


_MILESTONES = (0.201, 0.401, 0.551, 0.651, 0.751, 0.851, 0.951)


def _rsm(outer: int, inner: tuple[float, ...], **model: Any) -> dict[str, Any]:
    """RSM's contract: a base depth of 2 × 2, one more at every milestone (section 3 of the paper).

    Args:
        outer: milestones at which the outer steps grow.
        inner: milestones at which the inner cycles grow.
        model: settings of the model.
    """
    return {
        "family": "rsm", "model": model | {"H_cycles": 2, "L_cycles": 2}, "contract": "final",
        "warmup_growth": tuple(enumerate_growth((0.0, *_MILESTONES[:outer]), 1)),
        "inner_growth": tuple(enumerate_growth((0.0, *inner), 2)),
        "warmup_drawn": False, "freeze_embedding": 1.0, "learning_rate": 1e-3,
        "puzzle_learning_rate": 1e-4, "beta1": 0.8, "beta2": 0.9, "floor": 0.02, "clip": 1.0,
        "puzzle_weight_decay": 1.0,
    }  # fmt: skip


def enumerate_growth(starts: tuple[float, ...], first: int) -> list[tuple[float, int]]:
    """One more at each start."""
    return [(start, first + number) for number, start in enumerate(starts)]


_RSM_SUDOKU_INNER = (0.301, 0.501, 0.701, 0.801, 0.841, 0.861, 0.881, 0.901, 0.921, 0.941)


def _rsm_sudoku(**changes: Any) -> dict[str, Any]:
    rsm = _rsm(6, _RSM_SUDOKU_INNER)
    return _paper(steps=14_968, weight_decay=0.1, chain=0.01) | rsm | {
        "batch_size": 512, "eval_steps": (8, 64), **changes,
    }  # fmt: skip


@preset
def rsm_sudoku() -> dict[str, Any]:
    """RSM on 3.8 million Sudokus (give them by --data), 14,968 updates, one A100, under 1 hour.

    The paper's 97.5 % is this one, with 640 outer steps of 8 inner cycles: not a small-sample
    result.
    """
    return _rsm_sudoku()


@preset
def rsm_sudoku_1k() -> dict[str, Any]:
    """The same on 1,000 Sudokus, as HRM and TRM were measured; nobody has published a score."""
    return _rsm_sudoku(train_puzzles=1_000, augment=True, weight_decay=1.0)


@preset
def rsm_maze() -> dict[str, Any]:
    """RSM on 1,000 mazes, 3,906 updates. Paper: about 80 %; one A100, about 40 minutes."""
    model = _MAZE | {"L_layers": 2, "mlp_t": False, "pos_encodings": "rope"}
    rsm = _rsm(7, (0.301, 0.501, 0.701), **model)
    return _thousand_mazes(steps=3_906, chain=0.0) | rsm | {
        "batch_size": 128, "growth_ramp": 200, "eval_steps": (9, 64), "eval_every": 500,
    }  # fmt: skip


def _se_rrm(**model: Any) -> dict[str, Any]:
    return {"family": "se-rrm", "model": model, "halt_randomly": True}


@preset
def se_rrm_sudoku_1k() -> dict[str, Any]:
    """SE-RRM on 1,000 Sudokus, 36,764 updates. Paper: 93.7 %, 98.8 after 128 steps; one A100."""
    return _thousand_sudokus(**_se_rrm(), steps=36_764, halt_exploration=0.05) | {
        "batch_size": 272, "eval_steps": (16, 128),
    }  # fmt: skip


@preset
def se_rrm_maze_1k() -> dict[str, Any]:
    """SE-RRM, no symbols alike, on 1,000 mazes, 156,250 updates. Paper: 88.8 %; one A100."""
    model = _MAZE | {"L_cycles": 4, "equivariant_symbols": False, "add_tokens": 0, "dropout": 0.0}
    return _thousand_mazes(**_se_rrm(**model), steps=156_250) | {
        "batch_size": 64, "learning_rate": 5e-4, "ema": 0.0,
    }  # fmt: skip


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
    boards = _paper(size=4, train_puzzles=8_192, mix={"easy": 1.0})
    return boards | family | _small(12.0) | _narrow(family, size)


@preset
def hrm_sudoku4() -> dict[str, Any]:
    """HRM of width 64 on 4×4 Sudokus: minutes on one CPU core."""
    return _sudoku4(_hrm(H_layers=2, L_layers=2))


@preset
def trm_mlp_sudoku4() -> dict[str, Any]:
    """TRM of width 64, mixing by MLP, on 4×4 Sudokus: minutes on one CPU core."""
    return _sudoku4(_trm(H_cycles=2, L_cycles=3, **_MLP))


@preset
def trm_att_sudoku4() -> dict[str, Any]:
    """TRM of width 64 with attention on 4×4 Sudokus: minutes on one CPU core."""
    return _sudoku4(_trm(H_cycles=2, L_cycles=3))


@preset
def rsm_sudoku4() -> dict[str, Any]:
    """RSM of width 64 on 4×4 Sudokus, grown to 4 × 4: minutes on one CPU core."""
    return _sudoku4(_rsm(2, (0.301, 0.501), L_layers=2, mlp_t=True))


@preset
def se_rrm_sudoku4() -> dict[str, Any]:
    """SE-RRM of width 64 on 4×4 Sudokus: minutes on one CPU core."""
    return _sudoku4(_se_rrm(H_cycles=2, L_cycles=3))


def _sudoku_small(family: dict[str, Any]) -> dict[str, Any]:
    """A model of width 128 for 9×9 boards."""
    size = _SMALL | {"hidden_size": 128, "puzzle_emb_ndim": 128}
    boards = _paper(mix={"easy": 1.0}, eval_difficulty="easy")
    return boards | family | _small(30.0, 500) | _narrow(family, size)


@preset
def hrm_sudoku_small() -> dict[str, Any]:
    """HRM of width 128 on generated 9×9 boards: 30 minutes of one CPU core."""
    return _sudoku_small(_hrm(H_layers=2, L_layers=2))


@preset
def trm_mlp_sudoku_small() -> dict[str, Any]:
    """TRM of width 128, mixing by MLP, on generated 9×9 boards: 30 minutes of one CPU core."""
    return _sudoku_small(_trm(H_cycles=2, L_cycles=3, **_MLP))


@preset
def trm_att_sudoku_small() -> dict[str, Any]:
    """TRM of width 128 with attention on generated 9×9 boards: 30 minutes of one CPU core."""
    return _sudoku_small(_trm(H_cycles=2, L_cycles=3))


@preset
def rsm_sudoku_small() -> dict[str, Any]:
    """RSM of width 128 on generated 9×9 boards, grown to 5 × 4: 30 minutes of one CPU core."""
    return _sudoku_small(_rsm(3, (0.301, 0.501), L_layers=2, mlp_t=True))
