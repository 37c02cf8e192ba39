"""Contracts: which puzzles are replaced, what is carried, where gradient flows."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from puzzlesolver.errors import UsageError
from puzzlesolver.models.interface import Batch, Noise, Readout, RecursiveModel, State
from puzzlesolver.models.registry import build_model
from puzzlesolver.models.relations import Layout
from puzzlesolver.models.stem import StemConfig
from puzzlesolver.train.config import TrainConfig
from puzzlesolver.train.contracts.carried import CarriedState
from puzzlesolver.train.contracts.final import FinalStep
from puzzlesolver.train.data.mazes import MazeSource
from puzzlesolver.train.data.sudoku import SudokuSource
from puzzlesolver.train.presets import get_preset

Config = Callable[..., TrainConfig]


class CopyClues(RecursiveModel):
    """Knows the clues and nothing else: it solves exactly the boards without a blank.

    With `none_class` it also tells the probability of a contradiction: never.
    """

    def __init__(self, none_class: bool = False, deepest: int = 3) -> None:
        super().__init__()
        self.config = StemConfig(deepest=deepest)
        self.none_class = none_class
        self.scale = torch.nn.Parameter(torch.ones(()))

    def embed(self, batch: Batch) -> Tensor:
        return F.one_hot(batch.tokens, batch.layout.symbols + 1)[..., 1:].float() * self.scale

    def init_state(self, batch: Batch, noise: Noise) -> State:
        return (torch.zeros(len(batch.tokens), batch.layout.cells, batch.layout.symbols),)

    def step(self, state: State, inputs: Tensor, layout: Layout) -> State:
        return (state[0] + inputs,)

    def readout(self, state: State, layout: Layout) -> Readout:
        return Readout(
            state[0], contradiction=torch.zeros(len(state[0])) if self.none_class else None
        )


def steps_of(model: RecursiveModel, layout: Layout) -> tuple[Callable[..., State], list[bool]]:
    """The model's step, and a growing list that says for each call whether it was recorded."""
    recorded: list[bool] = []

    def step(state: State, inputs: Tensor) -> State:
        recorded.append(torch.is_grad_enabled())
        return model.step(state, inputs, layout)

    return step, recorded


def test_solved_puzzles_linger_and_others_grow_old(tiny_config: Config) -> None:
    # Up to all of the 16 blanks are revealed, so some boards are complete and some are not.
    config = tiny_config("reveal=24", "reveal_speed=0", "linger=2", "max_age=4", "batch_size=32")
    source = SudokuSource(config)
    contract = CarriedState(config, source, torch.Generator().manual_seed(0))
    model = CopyClues()
    step, _ = steps_of(model, source.layout)
    history = []
    for _ in range(5):
        learned = contract.loss(model, step, 0.0)
        assert contract.pool is not None
        history.append(contract.pool.tokens.clone())
    complete = (history[0] > 0).all(1)
    assert 0 < complete.sum() < 32
    assert learned.solved.item() > 0

    def replaced(first: int, second: int) -> Tensor:
        return (history[first] != history[second]).any(1)

    assert not replaced(0, 1).any()
    # New boards may look alike, so a few of those replaced are not noticed.
    assert replaced(1, 2)[complete].float().mean() > 0.5
    assert not replaced(1, 3)[~complete].any()
    assert replaced(3, 4)[~complete].float().mean() > 0.5
    assert source.reveal.solved > 0


def test_carried_state_trains_from_where_it_was(tiny_config: Config) -> None:
    config = tiny_config("noise=0", "max_age=50")
    source = SudokuSource(config)
    contract = CarriedState(config, source, torch.Generator().manual_seed(0))
    model = build_model(config.family, config.model)
    step, recorded = steps_of(model, source.layout)
    contract.loss(model, step, 0.0).loss.backward()
    (before,) = contract.state
    contract.loss(model, step, 0.0).loss.backward()
    assert recorded == [True] * 6
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert not contract.state[0].requires_grad
    state = (before,)
    with torch.no_grad():
        assert contract.pool is not None
        for _ in range(3):
            state = model.step(state, model.embed(contract.pool), source.layout)
    torch.testing.assert_close(state, contract.state)


@pytest.mark.parametrize(
    ("progress", "chain", "expected"),
    [(0.0, 0, [False] * 2 + [True] * 3), (0.7, 0, [False] * 5 + [True] * 3),
     (1.0, 1, [False] * 4 + [True] * 4)],
)  # fmt: skip
def test_final_step_warms_up_without_gradient(
    tiny_config: Config, progress: float, chain: int, expected: list[bool]
) -> None:
    config = tiny_config(
        "contract=final", "warmup_drawn=false", "warmup_growth=[[0, 2], [0.5, 5]]", f"chain={chain}"
    )
    source = SudokuSource(config)
    contract = FinalStep(config, source, torch.Generator().manual_seed(0))
    model = build_model(config.family, config.model)
    step, recorded = steps_of(model, source.layout)
    contract.loss(model, step, progress).loss.backward()
    assert recorded == expected
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_final_step_draws_its_warmup(tiny_config: Config) -> None:
    config = tiny_config("contract=final", "warmup_growth=[[0, 4]]", "batch_size=1")
    source = SudokuSource(config)
    contract = FinalStep(config, source, torch.Generator().manual_seed(0))
    model = build_model(config.family, config.model)
    lengths = set()
    for _ in range(60):
        step, recorded = steps_of(model, source.layout)
        contract.loss(model, step, 0.0)
        lengths.add(recorded.count(False))
    assert lengths == {0, 1, 2, 3, 4}


def test_contradictory_puzzles_are_told_apart(tiny_config: Config) -> None:
    config = tiny_config("wrong=1")
    source = SudokuSource(config)
    contract = CarriedState(config, source, torch.Generator().manual_seed(0))
    model = CopyClues(none_class=True)
    learned = contract.loss(model, steps_of(model, source.layout)[0], 0.0)
    assert learned.rejected.item() == 0  # no logit of CopyClues is negative


def test_contradictory_puzzles_need_a_model_that_knows_them(tiny_config: Config) -> None:
    config = tiny_config("wrong=1")
    source = SudokuSource(config)
    contract = CarriedState(config, source, torch.Generator().manual_seed(0))
    model = CopyClues()
    with pytest.raises(UsageError) as caught:
        contract.loss(model, steps_of(model, source.layout)[0], 0.0)
    assert caught.value.where == "--set wrong"


def test_suppositions_become_clues_or_contradictions_and_come_off_again(
    tiny_config: Config,
) -> None:
    config = tiny_config("suppositions=1", "suppose_after=0", "reveal=0", "max_age=50")
    source = SudokuSource(config)
    contract = CarriedState(config, source, torch.Generator().manual_seed(0))
    model = CopyClues(none_class=True)
    step, _ = steps_of(model, source.layout)
    contract.loss(model, step, 0.0)
    assert contract.pool is not None and contract.pool.targets is not None
    givens, solutions = contract.pool.tokens.clone(), contract.pool.targets.clone()
    supposed = contract.tokens != givens
    assert (supposed.sum(1) == 1).all(), "one cell of every puzzle, because none is decided"
    wrong = (contract.tokens != solutions)[supposed]
    assert 0 < wrong.sum() < len(wrong)
    learned = contract.loss(model, step, 0.0)
    assert not learned.rejected.isnan(), "boards with a wrong supposition are contradictory"
    for _ in range(model.config.habits.deepest - 1):
        contract.loss(model, step, 0.0)
    assert torch.equal(contract.tokens, givens), "they led nowhere and were dropped"
    assert torch.equal(contract.pool.targets, solutions)


def test_guided_suppositions_are_right_and_stand_deeper(tiny_config: Config) -> None:
    changes = "suppositions=1", "suppose_after=0", "reveal=0", "max_age=50", "guided=1"
    config = tiny_config(*changes)
    source = SudokuSource(config)
    contract = CarriedState(config, source, torch.Generator().manual_seed(0))
    model = CopyClues(none_class=True, deepest=5)
    step, _ = steps_of(model, source.layout)
    for _ in range(5):
        contract.loss(model, step, 0.0)
    assert contract.pool is not None and contract.pool.targets is not None
    supposed = contract.tokens != contract.pool.tokens
    assert (supposed.sum(1) == 5).all(), "two more than without the setting"
    assert (contract.tokens == contract.pool.targets)[supposed].all()
    contract.loss(model, step, 0.0)
    assert torch.equal(contract.tokens, contract.pool.tokens), "they led nowhere and were dropped"


def test_stillness_is_what_solved_puzzles_lack(tiny_config: Config) -> None:
    """CopyClues never stands still, and solves the boards without a blank alone."""

    def loss(stillness: str, reveal: str) -> float:
        config = tiny_config(f"stillness={stillness}", reveal, "reveal_speed=0", "noise=0")
        source = SudokuSource(config)
        contract = CarriedState(config, source, torch.Generator().manual_seed(0))
        model = CopyClues()
        return contract.loss(model, steps_of(model, source.layout)[0], 0.0).loss.item()

    # Third step of a state that grows by the same each time: it moves by half of what it was.
    assert loss("1", "reveal=16") == pytest.approx(loss("0", "reveal=16"), abs=0.25)
    assert loss("1", "reveal=16") > loss("0", "reveal=16")
    assert loss("1", "reveal=0") == loss("0", "reveal=0")


def test_a_puzzle_has_time_before_the_first_supposition(tiny_config: Config) -> None:
    config = tiny_config("suppositions=1", "suppose_after=3", "reveal=0", "max_age=50")
    source = SudokuSource(config)
    contract = CarriedState(config, source, torch.Generator().manual_seed(0))
    model = CopyClues(none_class=True)
    step, _ = steps_of(model, source.layout)
    changed = []
    for _ in range(3):
        contract.loss(model, step, 0.0)
        assert contract.pool is not None
        changed.append(bool((contract.tokens != contract.pool.tokens).any()))
    assert changed == [False, False, True]


def test_every_step_may_count_in_the_loss(tiny_config: Config) -> None:
    losses = {}
    for every in ("false", "true"):
        config = tiny_config(f"loss_every_step={every}", "grad_steps=3", "noise=0")
        source = SudokuSource(config)
        contract = CarriedState(config, source, torch.Generator().manual_seed(0))
        model = CopyClues()
        step, _ = steps_of(model, source.layout)
        losses[every] = contract.loss(model, step, 0.0).loss.item()
    # Clues add up with the steps, so that the last one alone has another loss than all three.
    assert losses["true"] != pytest.approx(losses["false"])


def test_mazes_are_let_go_when_all_could_be_known() -> None:
    config = get_preset(
        "maze", steps=1, size=6, mix={"walls": 1}, max_age=1_000, linger=2, batch_size=8
    )
    source = MazeSource(config)
    contract = CarriedState(config, source, torch.Generator().manual_seed(0))
    model = build_model("stem", config.model | {"width": 4, "messages": 4, "hidden": 4})
    step, _ = steps_of(model, source.layout)
    history = []
    for _ in range(14):
        contract.loss(model, step, 0.0)
        history.append(source.drawn)
    assert history[0] == history[1] == 8  # nothing can be known, and then linger, that soon
    assert history[-1] >= 16  # a path of 6×6 cells is known and lingered upon by then


def test_what_a_maze_could_know_is_saved() -> None:
    config = get_preset("maze", steps=1, size=5, mix={"walls": 1}, batch_size=4)
    source, other = MazeSource(config), MazeSource(config)
    model = build_model("stem", config.model | {"width": 4, "messages": 4, "hidden": 4})
    step, _ = steps_of(model, source.layout)
    contract = CarriedState(config, source, torch.Generator().manual_seed(0))
    contract.loss(model, step, 0.0)
    resumed = CarriedState(config, other, torch.Generator().manual_seed(0))
    resumed.load_state_dict(copy.deepcopy(contract.state_dict()))
    resumed.generator.set_state(contract.generator.get_state())
    other.load_state_dict(source.state_dict())
    first, second = (each.loss(model, step, 0.0).loss for each in (contract, resumed))
    assert torch.equal(first, second)
