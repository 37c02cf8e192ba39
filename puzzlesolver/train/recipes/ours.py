"""Our own recipes.

>>> sudoku()["optimizer"]
'muon'
"""

from __future__ import annotations

from typing import Any

from puzzlesolver.train.recipes.registry import preset


def _stem() -> dict[str, Any]:
    """What made the relational stem learn, row by row in `docs/experiments.md`."""
    return {
        "precision": "bf16", "batch_size": 32, "grad_steps": 8,
        "optimizer": "muon", "learning_rate": 3e-3, "weight_decay": 0.01,
        "log_every": 100, "eval_every": 1_000, "eval_puzzles": 64, "eval_difficulty": "hard",
    }  # fmt: skip


@preset
def sudoku() -> dict[str, Any]:
    """Generated puzzles without limit, hard ones above all: the first part of the shipped model."""
    return _stem() | {
        "minutes": 52.0, "model": {"layers": 2}, "mix": {"easy": 0.1, "10": 0.2, "50": 0.7},
        "max_age": 32, "suppositions": 0.06, "reveal": 20.0, "reveal_speed": 0.05,
    }  # fmt: skip


@preset
def sudoku_gpu() -> dict[str, Any]:
    """A wide stem for 15 minutes of one data-centre GPU; give it a dataset folder by --data."""
    return sudoku() | {
        "minutes": 15.0, "batch_size": 1_024,
        "model": {"layers": 2, "width": 256, "messages": 128, "hidden": 512},
        "mix": {"easy": 0.1, "10": 0.1, "50": 0.5, "deep": 0.3}, "extra_clues": True,
        "save_states": False, "eval_puzzles": 256, "eval_steps": (16, 64, 256, 1_024),
        "checkpoint_minutes": 2.0,
    }  # fmt: skip


@preset
def sudoku_any() -> dict[str, Any]:
    """Boards of every size and rule, 4×4 to 25×25; never a diagonal with the anti-king rule."""
    sizes = {
        "4: minimal": 1, "6: easy minimal": 1, "8": 3, "9: easy 10 50": 12, "10": 2, "12": 6,
        "16": 16, "25: easy hard": 8,
    }  # fmt: skip
    rules = {
        "latin": 2, "diagonal": 3, "windoku": 3, "disjoint-groups": 3, "anti-king": 6,
        "anti-knight": 10, "jigsaw": 8, "jigsaw,diagonal": 3, "diagonal,windoku": 2,
        "diagonal,anti-knight": 4, "anti-knight,anti-king": 4,
    }  # fmt: skip
    relations = ["cell", "line", "box", "extra", "pair"]
    held_out = ("eval_puzzles", "eval_difficulty")  # here none are
    common = {name: value for name, value in _stem().items() if name not in held_out}
    return common | {
        "contract": "boards", "minutes": 125.0,
        "mix": sizes | {f"9 {each}: hard minimal": share for each, share in rules.items()},
        "model": {"layers": 2, "width": 48, "hidden": 96, "messages": 48, "balanced": True,
                  "relations": relations},
        "max_age": 32, "suppositions": 0.06, "reveal": 20.0, "reveal_speed": 0.05, "fresh": 0.3,
        "eval_every": 0,
    }  # fmt: skip


@preset
def sudoku_any_second() -> dict[str, Any]:
    """From the weights of `sudoku-any` on: minimal boards with up to five clues more."""
    sizes = {
        "4: minimal": 1, "6: easy minimal": 1, "8": 1, "9: easy 10 50": 8, "10": 1, "12": 3,
        "16": 10, "25: easy": 10,
    }  # fmt: skip
    rules = {
        "samurai: easy hard": 4, "latin: minimal": 1, "diagonal: minimal": 4,
        "windoku: minimal": 4, "disjoint-groups: minimal": 1, "anti-king: minimal": 10,
        "anti-knight: minimal": 24, "jigsaw: minimal": 6, "jigsaw,diagonal: minimal": 2,
        "diagonal,windoku: minimal": 2, "diagonal,anti-knight: minimal": 3,
        "anti-knight,anti-king: minimal": 3,
    }  # fmt: skip
    return sudoku_any() | {
        "mix": sizes | {f"9 {each}": share for each, share in rules.items()},
        "start": "runs/sudoku-any/model", "minutes": 76.0,
        "learning_rate": 1.5e-3, "muon_learning_rate": 0.01, "suppositions": 0.2,
        "reveal": 0.0, "reveal_floor": 0.85, "reveal_floor_clues": 5,
    }  # fmt: skip


@preset
def sudoku_any_third() -> dict[str, Any]:
    """From those of `sudoku-any-second` on: more anti-knight and 25×25, up to four clues more."""
    second = sudoku_any_second()
    shares = {
        "16": 9, "25: easy": 14, "9 windoku: minimal": 3, "9 anti-king: minimal": 8,
        "9 anti-knight: minimal": 36, "9 jigsaw: minimal": 8, "9 diagonal,anti-knight: minimal": 4,
        "9 anti-knight,anti-king: minimal": 4,
    }  # fmt: skip
    return second | {
        "mix": second["mix"] | shares, "start": "runs/sudoku-any-second/model", "minutes": 112.0,
        "suppose_after_by_side": True, "reveal_floor_clues": 4,
    }  # fmt: skip


@preset
def sudoku_any_fourth() -> dict[str, Any]:
    """From those of `sudoku-any-third` on: cells hear parts of units, three 25×25 boards."""
    third = sudoku_any_third()
    return third | {
        "mix": third["mix"] | {"25: easy": 9}, "model": third["model"] | {"overlaps": 16},
        "start": "runs/sudoku-any-third/model", "minutes": 112.0, "least": 3,
    }  # fmt: skip


@preset
def sudoku_any_fifth() -> dict[str, Any]:
    """From those of `sudoku-any-fourth` on: more 25×25."""
    fourth = sudoku_any_fourth()
    shares = {"25: easy": 16, "9 anti-king: minimal": 6, "9 jigsaw: minimal": 6}
    return fourth | {
        "mix": fourth["mix"] | shares, "start": "runs/sudoku-any-fourth/model", "minutes": 125.0,
    }  # fmt: skip


@preset
def sudoku_any_sixth() -> dict[str, Any]:
    """From those of `sudoku-any-fifth` on: twice the layers; more suppositions are right.

    A step starts as two of the former ones, so half as many have a gradient.
    """
    fifth = sudoku_any_fifth()
    return fifth | {
        "mix": fifth["mix"] | {"9 anti-knight: minimal": 56},
        "model": fifth["model"] | {"layers": 4, "refuted": 0.7, "deepest": 6}, "grad_steps": 4,
        "start": "runs/sudoku-any-fifth/model", "minutes": 93.0,
        "learning_rate": 1e-3, "muon_learning_rate": 6e-3,
        "guided": 0.5,
    }  # fmt: skip


@preset
def sudoku_deep() -> dict[str, Any]:
    """From the weights of `sudoku-any-fourth` on: 9×9 alone, most boards deep; twice the layers.

    A step starts as two of the former ones, so half as many have a gradient.
    """
    fourth = sudoku_any_fourth()
    return _stem() | {
        "minutes": 100.0, "start": "runs/sudoku-any-fourth/model", "eval_every": 0,
        "model": fourth["model"] | {"layers": 4, "refuted": 0.7, "deepest": 6}, "grad_steps": 4,
        "mix": {"easy": 0.05, "10": 0.1, "50": 0.25, "deep": 0.6}, "fresh": 0.3, "max_age": 40,
        "learning_rate": 1e-3, "muon_learning_rate": 6e-3, "suppositions": 0.15, "guided": 0.5,
        "reveal": 0.0, "reveal_floor": 0.5, "reveal_floor_clues": 3,
    }  # fmt: skip


@preset
def sudoku_second() -> dict[str, Any]:
    """From the weights of `sudoku` on, as `sudoku-deep`: parts of units, most boards deep."""
    model = {
        "layers": 2, "width": 32, "hidden": 64, "messages": 32, "overlaps": 8,
        "relations": ["cell", "line", "box", "segment"], "refuted": 0.7, "deepest": 6,
    }  # fmt: skip
    return sudoku_deep() | {
        "minutes": 78.0, "start": "runs/sudoku/model", "model": model, "grad_steps": 8,
        "reveal_floor": 0.2, "reveal_floor_clues": 57,
    }  # fmt: skip


@preset
def sudoku_third() -> dict[str, Any]:
    """From those of `sudoku-second` on, at lower rates."""
    return sudoku_second() | {
        "minutes": 120.0, "start": "runs/sudoku-second/model",
        "learning_rate": 6e-4, "muon_learning_rate": 3.6e-3,
    }  # fmt: skip


@preset
def sudoku_deep_second() -> dict[str, Any]:
    """From those of `sudoku-deep` on: lower rates, and boards with all but a few clues."""
    return sudoku_deep() | {
        "minutes": 64.0, "start": "runs/sudoku-deep/model",
        "learning_rate": 6e-4, "muon_learning_rate": 3.6e-3,
        "reveal_floor": 0.12, "reveal_floor_clues": 57,
    }  # fmt: skip


@preset
def sudoku_1k() -> dict[str, Any]:
    """Exactly 1,000 training puzzles, the small-sample setting of the HRM and TRM papers."""
    return _stem() | {
        "minutes": 100.0, "train_puzzles": 1_000, "mix": {"deep": 1.0},
        "eval_puzzles": 0, "eval_every": 0,
        "model": {"layers": 2, "width": 48, "hidden": 96, "messages": 48, "overlaps": 16,
                  "relations": ["cell", "line", "box"], "refuted": 0.7, "deepest": 6},
        "max_age": 32, "suppositions": 0.1, "guided": 0.5,
        "reveal_speed": 0.05, "reveal_floor": 0.5, "reveal_floor_clues": 4,
    }  # fmt: skip


@preset
def maze() -> dict[str, Any]:
    """Mazes without limit, 12×12 and laid anew: the recipe of the shipped model."""
    relations = ["below", "left", "right", "above"]
    return _stem() | {
        "domain": "maze", "minutes": 10.0, "size": 12, "augment": True,
        "model": {
            "none_class": False, "relations": relations, "clues": 4, "outputs": 4,
            "learned_start": True, "start_noise": 0.1,
        },
        "mix": {"walls": 0.3, "walls 30": 0.3, "open": 0.2, "perfect": 0.2},
        "max_age": 40, "linger": 10, "noise": 0.1, "stillness": 0.5, "loss_every_step": True,
        "eval_difficulty": "30", "eval_steps": (64, 128, 256),
    }  # fmt: skip


@preset
def arc() -> dict[str, Any]:
    """Weights that fits of ARC tasks may start from, from public training tasks and our own."""
    return {
        "domain": "arc", "family": "arc-stem", "contract": "tasks", "minutes": 60.0,
        "mix": {"public": 0.5, "own": 0.5}, "batch_size": 4, "grad_steps": 3,
        "learning_rate": 2e-3, "puzzle_learning_rate": 1e-2, "weight_decay": 0.01,
        "device": "cpu", "threads": 1, "compile": False, "eval_every": 0,
    }  # fmt: skip


@preset
def stem_sudoku_small() -> dict[str, Any]:
    """Our stem on the boards of the other `-sudoku-small` recipes: 30 minutes of one CPU core."""
    return sudoku() | {
        "minutes": 30.0, "mix": {"easy": 1.0}, "eval_difficulty": "easy", "eval_puzzles": 256,
        "eval_steps": (16, 64), "threads": 1, "suppositions": 0.0,
    }  # fmt: skip
