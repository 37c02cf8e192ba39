"""The recipes of HRM, TRM, RSM and SE-RRM: those of their repositories' commands.

Every docstring names the reported score and what it took. Without `--data` puzzles are generated,
exactly 1,000 where the paper has as many; a folder in the published layout (`puzzlesolver dataset`)
gives the papers' own data. The ARC recipes need such a folder.
"""

from __future__ import annotations

from typing import Any

from puzzlesolver.train.recipes.registry import preset

MLP = {"mlp_t": True, "pos_encodings": "none"}
_ARC = {"vocab_size": 12, "seq_len": 900}
MAZE = {"vocab_size": 6, "seq_len": 900}
ARC1_IDENTIFIERS, ARC2_IDENTIFIERS = 876_406, 1_190_000
"""About as many as the published sets have; a folder tells its own number."""


def published(**changes: Any) -> dict[str, Any]:
    """What the three repositories have in common."""
    return {
        "precision": "bf16", "contract": "supervised", "batch_size": 768,
        "optimizer": "adam-atan2", "learning_rate": 1e-4, "beta1": 0.9, "beta2": 0.95,
        "warmup_updates": 2_000, "floor": 1.0, "clip": None, "ema": 0.999, "ema_ramp": 0.0,
        "log_every": 50, "eval_every": 2_000, "eval_steps": (16, 64), "checkpoint_minutes": 10.0,
        **changes,
    }  # fmt: skip


def sudokus(**changes: Any) -> dict[str, Any]:
    """The same for Sudokus, which get no extra clues."""
    return published(reveal=0.0, reveal_floor=0.0, **changes)


def _many_sudokus(**changes: Any) -> dict[str, Any]:
    return sudokus(mix={"extreme": 1.0}, **changes)


def _thousand_sudokus(**changes: Any) -> dict[str, Any]:
    return _many_sudokus(
        train_puzzles=1_000, augment=True, weight_decay=1.0, puzzle_weight_decay=1.0, **changes
    )


def _thousand_mazes(**changes: Any) -> dict[str, Any]:
    return published(
        domain="maze", size=30, mix={"walls hard": 1.0}, eval_difficulty="hard",
        train_puzzles=1_000, weight_decay=1.0, puzzle_weight_decay=1.0, **changes,
    )  # fmt: skip


def _arc(**changes: Any) -> dict[str, Any]:
    return published(
        domain="arc", puzzle_learning_rate=1e-2, weight_decay=0.1, puzzle_weight_decay=0.1,
        **changes,
    )  # fmt: skip


def hrm(**model: Any) -> dict[str, Any]:
    """HRM with its Q-learning; `model` are settings of the model, here and below."""
    return {"family": "hrm", "model": model, "q_learning": True, "ema": 0.0}


def trm(**model: Any) -> dict[str, Any]:
    """TRM, which learns to halt without Q-learning."""
    return {"family": "trm", "model": model}


@preset
def hrm_sudoku_1k() -> dict[str, Any]:
    """HRM on 1,000 Sudokus, 26,041 updates. Paper: 55.0 % exact; 8 GPUs, about 10 minutes."""
    return _thousand_sudokus(**hrm(), steps=26_041)


@preset
def hrm_sudoku_1k_laptop() -> dict[str, Any]:
    """The same for one small GPU, 52,083 updates. Quoted: RTX 4070 laptop, about 10 hours."""
    return _thousand_sudokus(**hrm(), steps=52_083) | {
        "batch_size": 384, "learning_rate": 7e-5, "puzzle_learning_rate": 7e-5,
    }  # fmt: skip


@preset
def hrm_sudoku_full() -> dict[str, Any]:
    """HRM on 3.8 million Sudokus (give them by --data). Quoted: 8 GPUs, about 2 hours; no score."""
    return _many_sudokus(
        **hrm(L_cycles=8, pos_encodings="learned"), steps=166_319, batch_size=2_304,
        learning_rate=3e-4, puzzle_learning_rate=3e-4, floor=0.1, weight_decay=0.1,
        puzzle_weight_decay=0.1, halt_max_steps=8, cross_entropy="softmax",
    ) | {"eval_steps": (8, 64)}  # fmt: skip


@preset
def hrm_maze_1k() -> dict[str, Any]:
    """HRM on 1,000 mazes of 30×30, 26,041 updates. Paper: 74.5 % exact; 8 GPUs, about 1 hour."""
    return _thousand_mazes(**hrm(**MAZE), steps=26_041)


@preset
def hrm_arc1() -> dict[str, Any]:
    """HRM on ARC-AGI-1, about 518,071 updates. Paper: 40.3 % in two attempts; 8 GPUs, 24 hours."""
    model = _ARC | {"num_puzzle_identifiers": ARC1_IDENTIFIERS}
    return _arc(**hrm(**model), steps=518_071)


@preset
def hrm_arc2() -> dict[str, Any]:
    """HRM on ARC-AGI-2, about 723,914 updates. Paper: 5.0 % in two attempts; 8 GPUs, 24 hours."""
    model = _ARC | {"num_puzzle_identifiers": ARC2_IDENTIFIERS}
    return _arc(**hrm(**model), steps=723_914)


@preset
def trm_mlp_sudoku_1k() -> dict[str, Any]:
    """TRM, mixing by MLP, on 1,000 Sudokus, 65,104 updates. Paper: 87.4 %; one L40S, 36 hours."""
    return _thousand_sudokus(**trm(**MLP), steps=65_104)


@preset
def trm_att_sudoku_1k() -> dict[str, Any]:
    """TRM with attention on 1,000 Sudokus, 65,104 updates. Paper: 74.7 %; one L40S, 36 hours."""
    return _thousand_sudokus(**trm(), steps=65_104)


@preset
def trm_att_maze_1k() -> dict[str, Any]:
    """TRM with attention on 1,000 mazes, 65,104 updates. Paper: 85.3 %; four L40S, 24 hours."""
    return _thousand_mazes(**trm(L_cycles=4, **MAZE), steps=65_104)


@preset
def trm_arc1() -> dict[str, Any]:
    """TRM on ARC-AGI-1, about 518,071 updates. Paper: 44.6 % in two attempts; 4 H100, 3 days."""
    model = _ARC | {"num_puzzle_identifiers": ARC1_IDENTIFIERS}
    return _arc(**trm(L_cycles=4, **model), steps=518_071)


@preset
def trm_arc2() -> dict[str, Any]:
    """TRM on ARC-AGI-2, about 723,914 updates. Paper: 7.8 % in two attempts; 4 H100, 3 days."""
    model = _ARC | {"num_puzzle_identifiers": ARC2_IDENTIFIERS}
    return _arc(**trm(L_cycles=4, **model), steps=723_914)


_MILESTONES = (0.201, 0.401, 0.551, 0.651, 0.751, 0.851, 0.951)


def rsm(outer: int, inner: tuple[float, ...], **model: Any) -> dict[str, Any]:
    """RSM's contract: a base depth of 2 × 2, one more at every milestone (section 3 of the paper).

    Args:
        outer: milestones at which the outer steps grow.
        inner: milestones at which the inner cycles grow.
        model: settings of the model.
    """
    return {
        "family": "rsm", "model": model | {"H_cycles": 2, "L_cycles": 2},
        "contract": "final", "grad_steps": 1, "noise": 0.0,
        "warmup_growth": tuple(_growth((0.0, *_MILESTONES[:outer]), 1)),
        "inner_growth": tuple(_growth((0.0, *inner), 2)),
        "warmup_drawn": False, "freeze_embedding": 1.0, "learning_rate": 1e-3,
        "puzzle_learning_rate": 1e-4, "beta1": 0.8, "beta2": 0.9, "floor": 0.02, "clip": 1.0,
        "puzzle_weight_decay": 1.0,
    }  # fmt: skip


def _growth(starts: tuple[float, ...], first: int) -> list[tuple[float, int]]:
    """One more at each start."""
    return [(start, first + number) for number, start in enumerate(starts)]


_RSM_SUDOKU_INNER = (0.301, 0.501, 0.701, 0.801, 0.841, 0.861, 0.881, 0.901, 0.921, 0.941)


def _rsm_sudoku(**changes: Any) -> dict[str, Any]:
    growing = rsm(6, _RSM_SUDOKU_INNER)
    return _many_sudokus(steps=14_968, weight_decay=0.1, chain=0.01) | growing | {
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
    model = MAZE | {"L_layers": 2, "mlp_t": False, "pos_encodings": "rope"}
    growing = rsm(7, (0.301, 0.501, 0.701), **model)
    return _thousand_mazes(steps=3_906, chain=0.0) | growing | {
        "batch_size": 128, "growth_ramp": 200, "eval_steps": (9, 64), "eval_every": 500,
    }  # fmt: skip


def se_rrm(**model: Any) -> dict[str, Any]:
    """SE-RRM, which chance halts."""
    return {"family": "se-rrm", "model": model, "halt_randomly": True}


@preset
def se_rrm_sudoku_1k() -> dict[str, Any]:
    """SE-RRM on 1,000 Sudokus, 36,764 updates. Paper: 93.7 %, 98.8 after 128 steps; one A100."""
    return _thousand_sudokus(**se_rrm(), steps=36_764, halt_exploration=0.05) | {
        "batch_size": 272, "eval_steps": (16, 128),
    }  # fmt: skip


@preset
def se_trm_sudoku_1k() -> dict[str, Any]:
    """SE-RRM's blocks in TRM's loop, width 128, on 1,000 Sudokus. Quoted: 99.5 % after 64 steps."""
    model = {"hidden_size": 128, "num_heads": 2, "dropout": 0.0}
    return _thousand_sudokus(**se_rrm(**model), steps=65_104) | {"family": "se-trm"}


@preset
def se_rrm_maze_1k() -> dict[str, Any]:
    """SE-RRM, no symbols alike, on 1,000 mazes, 156,250 updates. Paper: 88.8 %; one A100."""
    model = MAZE | {"L_cycles": 4, "equivariant_symbols": False, "add_tokens": 0, "dropout": 0.0}
    return _thousand_mazes(**se_rrm(**model), steps=156_250) | {
        "batch_size": 64, "learning_rate": 5e-4, "ema": 0.0,
    }  # fmt: skip
