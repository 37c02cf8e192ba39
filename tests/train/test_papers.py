"""The recipes of the papers: what they contain, and that each can make an update."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch
from rich.console import Console

from puzzlesolver.errors import UsageError
from puzzlesolver.train.contracts.final import grown
from puzzlesolver.train.loop import train
from puzzlesolver.train.presets import get_preset, override
from puzzlesolver.train.recipes import PRESETS
from puzzlesolver.train.run import Run

FULL_SIZE = [
    name for name in PRESETS
    if name.startswith(("hrm", "trm", "rsm", "se-")) and not name.endswith(("sudoku4", "small"))
]  # fmt: skip
SMALL = [name for name in PRESETS if name.endswith("sudoku4")]


def rehearse(name: str, *settings: str) -> str:
    config = override(get_preset(name, threads=1), "batch_size=2", "compile=false", *settings)
    limit = config.puzzles.train_puzzles
    if config.domain == "sudoku":
        config = override(config, mix={"easy": 1.0} if limit is None else {"1": 1.0})
    if limit is not None:
        config = override(config, train_puzzles=4)
    said = io.StringIO()
    train(config, Path("unused"), resume=False, dry_run=True, console=Console(file=said, width=200))
    return said.getvalue()


@pytest.fixture(params=[False, pytest.param(True, marks=pytest.mark.soak)], ids=["narrow", "wide"])
def shallow(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Settings of few cycles, and of a width at which an update takes no gigabytes.

    docs/experiments.md has the recipes at full depth.
    """
    narrow = {"hidden_size": 32, "num_heads": 2, "puzzle_emb_ndim": 32}
    sizes = {"H_cycles": 1, "L_cycles": 1} | ({} if request.param else narrow)
    return tuple(f"model.{name}={size}" for name, size in sizes.items())


@pytest.mark.parametrize("name", [name for name in FULL_SIZE if "arc" not in name])
def test_every_full_size_recipe_makes_updates(name: str, shallow: tuple[str, ...]) -> None:
    growth = ("inner_growth=[[0,1]]",) if name.startswith("rsm") else ()
    assert "nothing was written" in rehearse(name, *shallow, *growth)


@pytest.mark.parametrize("name", ["hrm-arc1", "trm-arc2"])
def test_arc_recipes_rehearse_without_a_dataset(name: str, shallow: tuple[str, ...]) -> None:
    said = rehearse(name, "model.num_puzzle_identifiers=1000", *shallow)
    assert "random tokens" in said and "nothing was written" in said


def test_arc_is_not_trained_without_a_dataset(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs a dataset folder"):
        Run(get_preset("trm-arc1"))


@pytest.mark.parametrize("name", FULL_SIZE)
def test_every_recipe_says_what_the_paper_reports(name: str) -> None:
    told = PRESETS[name].__doc__
    assert told is not None
    assert any(word in told for word in ("Paper:", "paper's", "Quoted:", "nobody has published"))


def test_a_resumed_run_drops_what_an_uninterrupted_one_drops() -> None:
    """SE-RRM's recipe has dropout, whose luck torch keeps for all of the process."""
    config = get_preset("se-rrm-sudoku4", steps=4)
    for setting in ("compile=false", "batch_size=4", "train_puzzles=8", "eval_puzzles=0"):
        config = override(config, setting)
    config = override(override(config, "model.dropout=0.5"), "model.L_cycles=1")
    whole = [run.update().loss for run in [Run(config)] for _ in range(4)]
    first = Run(config)
    begun = [first.update().loss for _ in range(2)]
    torch.rand(3)
    second = Run(config)
    second.load_state_dict(first.state_dict())
    assert whole == begun + [second.update().loss for _ in range(2)]


def test_rsm_grows_as_its_paper_says() -> None:
    config = get_preset("rsm-sudoku")
    outer, inner = config.contract.warmup_growth, config.contract.inner_growth
    assert [1 + warmup for _, warmup in outer] == [2, 3, 4, 5, 6, 7, 8]
    assert [cycles for _, cycles in inner] == list(range(2, 13))
    maze = get_preset("rsm-maze")
    assert maze.contract.warmup_growth[-1] == (0.951, 8)
    assert maze.contract.inner_growth[-1] == (0.701, 5)


@pytest.mark.parametrize("total", [14_968, 3_906, 1_000, 365])
@pytest.mark.parametrize("milestone", [20.1, 30.1, 40.1, 55.1, 65.1, 70.1, 80.1, 95.1])
def test_depth_grows_at_the_published_update(total: int, milestone: float) -> None:
    near = round(total * milestone / 100)
    published = [step for step in range(near - 2, near + 3) if step / total * 100.0 >= milestone]
    growth = ((0.0, 1), (milestone / 100, 2))
    ours = [step for step in range(near - 2, near + 3) if grown(growth, step / total) == 2]
    assert ours == published and 0 < len(ours) < 5


@pytest.mark.parametrize("name", SMALL)
def test_small_recipes_learn(name: str) -> None:
    config = override(get_preset(name, steps=25), "train_puzzles=1")
    for setting in ("compile=false", "batch_size=2", "eval_puzzles=0", "warmup_updates=1"):
        config = override(config, setting)
    run = Run(config)
    losses = [run.update().loss for _ in range(25)]
    assert min(losses[5:]) < 0.8 * losses[0]


def tiny_rsm(steps: int, *settings: str) -> Run:
    config = get_preset("rsm-sudoku4", steps=steps)
    for setting in (
        "train_puzzles=16", "eval_puzzles=0", "compile=false", "batch_size=2", "warmup_updates=0",
        *settings,
    ):  # fmt: skip
        config = override(config, setting)
    return Run(config)


def test_growth_slows_the_rate_down_for_a_while() -> None:
    growth = ("inner_growth=[[0,1],[0.5,2]]", "warmup_growth=[[0,1]]", "growth_ramp=4", "floor=1.0")
    run = tiny_rsm(20, *growth)
    rates = []
    for _ in range(20):
        run.update()
        rates.append(run.optimizers[0].param_groups[0]["lr"] / run.config.optimizer.learning_rate)
    # Updates count from 1: number 10 of 20 is half of the training.
    assert rates[:9] == [1.0] * 9
    assert rates[9:14] == pytest.approx([0, 0.25, 0.5, 0.75, 1.0])
    assert run.average.config.L_cycles == 2  # what will be exported


@pytest.mark.parametrize("freeze", ["1.0", "0.5", "null"])
def test_rsm_leaves_its_embedding_alone_at_the_end(freeze: str) -> None:
    run = tiny_rsm(4, f"freeze_embedding={freeze}")
    assert all(
        get_preset(each).embedding.freeze_embedding == 1 for each in ("rsm-sudoku", "rsm-maze")
    )
    name, moved = "embed_tokens.embedding_weight", []
    for _ in range(4):
        before = {key: tensor.clone() for key, tensor in run.model.named_parameters()}
        run.update()
        after = dict(run.model.named_parameters())
        moved.append(not torch.equal(before.pop(name), after[name]))
        assert not any(torch.equal(tensor, after[key]) for key, tensor in before.items())
    expected = {"1.0": [True] * 3 + [False], "0.5": [True] + [False] * 3, "null": [True] * 4}
    assert moved == expected[freeze]
    averaged = run.average.get_parameter(name)
    # As in the file that RSM's trainer saves then: what rests is not averaged.
    assert torch.equal(averaged, run.model.get_parameter(name)) == (freeze != "null")


def test_only_models_of_tokens_have_an_embedding_that_may_rest() -> None:
    with pytest.raises(UsageError, match="a model without embeddings has no setting"):
        override(get_preset("sudoku", steps=1), "freeze_embedding=1.0")


def test_halting_exploration_keeps_some_puzzles_for_a_while() -> None:
    config = get_preset("trm-mlp-sudoku4", steps=60)
    for setting in (
        "train_puzzles=64", "eval_puzzles=0", "compile=false", "batch_size=32",
        "learning_rate=0", "halt_max_steps=5", "halt_exploration=0.5",
        "model.H_cycles=1", "model.L_cycles=1",
    ):  # fmt: skip
        config = override(config, setting)
    run = Run(config)
    with torch.no_grad():
        run.model.q_head.bias.fill_(5.0)  # it always wants to stop
    made = []
    for _ in range(60):
        run.update()
        steps, halted = run.contract.steps, run.contract.halted
        made += steps[halted].tolist()
    share = [made.count(number) / len(made) for number in range(1, 6)]
    # Of each step half of those that go on must do so until a number drawn anew: few last long.
    assert share[0] == pytest.approx(0.5, abs=0.05)
    assert share[0] > share[1] > share[3] > 0 and sum(share) == 1
