"""Training on boards of many sizes and rules: the right boards, at equal cost, resumed exactly."""

from __future__ import annotations

import copy
import math

import pytest
import torch

from puzzlesolver.domains.sudoku.board import make_board
from puzzlesolver.domains.sudoku.codec import layout_of
from puzzlesolver.errors import UsageError
from puzzlesolver.train.config import TrainConfig
from puzzlesolver.train.data.boards import ManyBoards
from puzzlesolver.train.data.recipe import data_recipe
from puzzlesolver.train.data.sources import open_source
from puzzlesolver.train.presets import get_preset, override
from puzzlesolver.train.recipes import PRESETS
from puzzlesolver.train.run import Run

MIX = '{"4: minimal": 1, "6: easy hard": 1, "9 diagonal,anti-king: easy": 1, "5 jigsaw: easy": 2}'
TINY = (
    "compile=false", "precision=fp32", "batch_size=4", "warm_puzzles=2", "maps=3",
    "model.width=8", "model.messages=8", "model.hidden=8", "model.layers=1",
)  # fmt: skip


def config_of(*settings: str, steps: int = 8) -> TrainConfig:
    return override(
        get_preset("sudoku-any", steps=steps, threads=1), f"mix={MIX}", *TINY, *settings
    )


def test_every_board_has_a_source_and_maps_share_the_turns_of_their_kind() -> None:
    source = open_source(config_of())
    assert isinstance(source, ManyBoards) and source.layout is None
    assert len(source.parts) == 6 and math.isclose(sum(source.shares), 1)
    assert [round(share, 3) for share in source.shares] == [0.2, 0.2, 0.2, 0.133, 0.133, 0.133]
    maps = [part.layout for name, part in source.parts.items() if "jigsaw" in name]
    assert len(set(maps)) == 3
    ruled = source.parts["9 diagonal,anti-king: easy"]
    assert ruled.layout == layout_of(make_board(9, "diagonal,anti-king"))
    assert {source.turn() for _ in range(200)} == set(source.parts)


def test_targets_keep_the_rules_and_the_clues() -> None:
    source = open_source(config_of())
    for part in source.parts.values():
        batch = part.draw(3)
        given = batch.tokens > 0
        assert batch.targets is not None
        assert torch.equal(batch.tokens[given], batch.targets[given]) and not given.all()
        for solution in batch.targets.numpy():
            for relation in part.layout.relations:
                for unit in getattr(relation, "cells", ()) + getattr(relation, "pairs", ()):
                    assert len({*solution[list(unit)]}) == len(unit)
    assert source.drawn == 18


def test_updates_of_all_boards_cost_alike() -> None:
    contract = Run(config_of('mix={"4": 1, "9": 1, "12": 1, "16": 1}', "batch_size=16")).contract
    slots = {name: pool.slots for name, pool in contract.pools.items()}
    assert slots == {"4": 48, "9": 16, "12": 6, "16": 2}


@pytest.mark.parametrize(("by_side", "waits"), [(False, [6, 6, 6]), (True, [3, 6, 11])])
def test_large_boards_may_wait_longer_for_a_supposition(by_side: bool, waits: list[int]) -> None:
    config = config_of('mix={"4": 1, "9": 1, "16": 1}', f"suppose_after_by_side={by_side}".lower())
    pools = Run(config).contract.pools
    assert [pools[name].settings.suppose_after for name in ("4", "9", "16")] == waits


def test_a_resumed_run_makes_the_same_updates() -> None:
    run = Run(config_of())
    for _ in range(6):
        run.update()
    again = Run(config_of())
    again.load_state_dict(copy.deepcopy(run.state_dict()))
    for _ in range(3):
        assert str(run.update()) == str(again.update())


@pytest.mark.parametrize("preset", [name for name in PRESETS if name.startswith("sudoku-any")])
def test_presets_never_see_a_diagonal_with_the_rule_of_kings(preset: str) -> None:
    for kind in get_preset(preset).puzzles.shares:
        assert not ("diagonal" in kind and "anti-king" in kind)


def test_what_it_was_trained_on_is_told_in_words() -> None:
    told = data_recipe(config_of().to_json())
    assert told == (
        "new boards of 4×4 (20 %), 5×5 (40 %), 6×6 (20 %), 9×9 (20 %) of all updates; "
        "some with the rules diagonal,anti-king; jigsaw"
    )


def test_maps_without_a_solution_are_left_out_and_boards_never_so_hard_are_easy() -> None:
    source = open_source(config_of('mix={"6 jigsaw,diagonal: easy": 1, "4: hard": 1}', "maps=4"))
    assert 1 < len(source.parts) <= 5  # most maps of 6×6 have no solution with diagonals
    for part in source.parts.values():
        assert len(part.draw(2).tokens) == 2
    (stream,) = [kind.stream for kind in source.parts["4: hard"].kinds.values()]
    assert stream.state_dict() == {"made": 2, "difficulty": "easy"}


def test_what_is_no_board_is_refused() -> None:
    for mix in ('{"diagonal": 1}', '{"7": 1}', '{"9 diagnal": 1}'):
        with pytest.raises(UsageError):
            open_source(config_of(f"mix={mix}"))
