from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.symmetry import TURNS, turned
from puzzlesolver.models.arc.features import Sheet, read_sheet
from puzzlesolver.models.arc.hearing import component_mean, pool, scan, spread_
from puzzlesolver.models.arc.objects import label
from puzzlesolver.models.arc.stem import (
    ArcConfig,
    ArcStem,
    Canvases,
    TaskVectors,
    TurnedLinear,
    from_modes,
    lay,
    to_modes,
)

SIZES = ArcConfig(width=6, scanned=3, pooled=3, hidden=5, rule=4)
COLOURS = (0, 2, 5, 7)
RENAMED = (0, 9, 1, 4)
"""What becomes of `COLOURS`; their order changes, too."""


def grid_like(height: int, width: int, seed: int = 0) -> Grid:
    drawn = np.random.default_rng(seed).choice(COLOURS, (height, width), p=(0.5, 0.2, 0.2, 0.1))
    return drawn.astype(np.uint8)


def sheet_of(grid: Grid, target: Grid | None = None) -> Sheet:
    colours = sorted({0, *grid.ravel().tolist()} | set(() if target is None else target.ravel()))
    return read_sheet(grid[None].astype(np.int8), tuple(colours), target)


@pytest.fixture
def stem() -> ArcStem:
    torch.manual_seed(0)
    return ArcStem(SIZES)


@pytest.fixture
def task() -> TaskVectors:
    return TaskVectors(SIZES)


def exact(canvases: Canvases, stem: ArcStem) -> Canvases:
    """With features in the precision of the network."""
    kind = stem.head.dtype
    components = canvases.relations.components
    components = replace(components, share=components.share.to(kind))
    return replace(
        canvases,
        plain=canvases.plain.to(kind),
        directed=canvases.directed.to(kind),
        relations=replace(
            canvases.relations,
            components=components,
            average=canvases.relations.average.to(kind),
            source=canvases.relations.source.to(kind),
        ),
    )


def run(stem: ArcStem, task: TaskVectors, sheets: Sequence[Sheet], steps: int = 6) -> Tensor:
    """Logits `[C, colours]`."""
    canvases = exact(lay(sheets), stem)
    told, state = stem.embed(canvases, task), stem.init_state(canvases)
    for _ in range(steps):
        state = stem.step(state, told, canvases)
    return stem.readout(state, canvases)


def fit(stem: ArcStem, task: TaskVectors, pairs: Sequence[tuple[Grid, Grid]]) -> None:
    """A few optimizer steps of everything, task vectors included.

    In double precision, for steps that follow one another magnify rounding.
    """
    canvases = lay([sheet_of(*pair) for pair in pairs])
    optimizer = torch.optim.SGD([*stem.parameters(), *task.parameters()], lr=0.05)
    for _ in range(4):
        logits = run(stem, task, canvases.sheets, steps=4)
        assert canvases.target is not None
        optimizer.zero_grad()
        F.cross_entropy(logits, canvases.target).backward()
        optimizer.step()


def turned_logits(logits: Tensor, shape: tuple[int, int], turn: int) -> Tensor:
    by_cell = logits.detach().reshape(*shape, -1).numpy()
    moved = np.stack([turned(by_cell[..., slot], turn) for slot in range(by_cell.shape[-1])], -1)
    return torch.from_numpy(moved.copy()).flatten(0, 1)


@pytest.mark.parametrize("turn", range(TURNS))
@pytest.mark.parametrize("shape", [(4, 6), (5, 5)])
def test_turned_grids_give_turned_logits(
    stem: ArcStem, task: TaskVectors, shape: tuple[int, int], turn: int
) -> None:
    grid = grid_like(*shape)
    logits = run(stem, task, [sheet_of(grid)])
    again = run(stem, task, [sheet_of(np.ascontiguousarray(turned(grid, turn)))])
    torch.testing.assert_close(again, turned_logits(logits, shape, turn), atol=1e-4, rtol=0)
    assert logits.std() > 0.1


@pytest.mark.parametrize("shape", [(4, 5), (5, 5)])
def test_a_turned_task_turns_what_a_fit_learns(shape: tuple[int, int]) -> None:
    pairs = [(grid_like(*shape, seed), grid_like(*shape, seed + 9)) for seed in range(2)]
    question, logits = grid_like(*shape[::-1], 30), []
    for turn in (0, 1):
        torch.manual_seed(1)
        stem, task = ArcStem(SIZES).double(), TaskVectors(SIZES).double()
        views = [np.ascontiguousarray(turned(grid, turn)) for pair in pairs for grid in pair]
        fit(stem, task, list(zip(views[::2], views[1::2], strict=True)))
        assert task.direction.abs().max() > 1e-4  # the fit has broken the symmetry, and turned it
        assert (task.diagonal.abs().max() > 1e-4) == (shape[0] == shape[1])
        logits.append(run(stem, task, [sheet_of(np.ascontiguousarray(turned(question, turn)))]))
    expected = turned_logits(logits[0], shape[::-1], 1)
    torch.testing.assert_close(logits[1], expected, atol=1e-9, rtol=0)


def test_recolouring_a_task_recolours_what_a_fit_learns() -> None:
    table = np.arange(10, dtype=np.uint8)
    table[list(COLOURS)] = RENAMED
    pairs = [(grid_like(4, 5, seed), grid_like(4, 5, seed + 9)) for seed in range(2)]
    question, logits = grid_like(4, 4, 30), []
    for names in (np.arange(10, dtype=np.uint8), table):
        torch.manual_seed(1)
        stem, task = ArcStem(SIZES).double(), TaskVectors(SIZES).double()
        fit(stem, task, [(names[before], names[after]) for before, after in pairs])
        logits.append(run(stem, task, [sheet_of(names[question])]))
    order = np.argsort(RENAMED)
    torch.testing.assert_close(logits[1], logits[0][:, order], atol=1e-9, rtol=0)


def test_only_the_task_vectors_tell_directions_and_colours_apart(stem: ArcStem) -> None:
    grid, task = grid_like(5, 5), TaskVectors(SIZES)
    torch.nn.init.normal_(task.direction)
    logits = run(stem, task, [sheet_of(grid)])
    again = run(stem, task, [sheet_of(np.ascontiguousarray(np.rot90(grid)))])
    assert (again - turned_logits(logits, (5, 5), 1)).abs().max() > 1e-2


def test_a_sheet_gives_the_same_logits_alone_and_among_others(
    stem: ArcStem, task: TaskVectors
) -> None:
    sheets = [sheet_of(grid_like(*shape)) for shape in ((3, 7), (3, 7), (1, 1), (6, 2))]
    together = run(stem, task, sheets).split([sheet.cells for sheet in sheets])
    for sheet, logits in zip(sheets, together, strict=True):
        alone = run(stem, task, [sheet])
        torch.testing.assert_close(logits[:, : alone.shape[1]], alone, atol=1e-5, rtol=1e-5)
        assert (logits[:, alone.shape[1] :] == -torch.inf).all()


def test_modes_keep_lengths_and_give_the_maps_that_commute_with_turning() -> None:
    x = torch.randn(4, 3, 7)
    torch.testing.assert_close(from_modes(to_modes(x)), x)
    torch.testing.assert_close(to_modes(x).norm(), x.norm())
    linear = TurnedLinear(3, 2)
    mixed = from_modes(linear(to_modes(x)))
    same, opposite, across = linear.weight
    there = same @ x[0] + opposite @ x[2] + across @ (x[1] + x[3])
    torch.testing.assert_close(mixed[0], there)
    torch.testing.assert_close(from_modes(linear(to_modes(x.roll(1, 0)))), mixed.roll(1, 0))


@pytest.mark.parametrize("shape", [(4, 4), (3, 5)])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_canvas_may_have_one_to_four_planes_of_any_shape(
    shape: tuple[int, int], count: int
) -> None:
    planes = np.stack([grid_like(*shape, seed) for seed in range(count)]).astype(np.int8)
    sheet = read_sheet(planes, COLOURS)
    shown = sheet.plain[:4].reshape(4, len(COLOURS), -1)
    assert (shown[:count].sum(1) == 1).all() and not shown[count:].any()


@pytest.fixture
def canvases() -> Canvases:
    return lay([sheet_of(grid_like(*shape)) for shape in ((3, 4), (3, 4), (5, 2))])


def loose(canvases: Canvases) -> list[tuple[Sheet, slice]]:
    """Each sheet with its tokens."""
    starts = np.cumsum([0, *(sheet.tokens for sheet in canvases.sheets)])
    return [
        (sheet, slice(start, start + sheet.tokens))
        for sheet, start in zip(canvases.sheets, starts, strict=False)
    ]


STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, -1), (-1, 1))
"""Rows down and columns to the right, for each direction of a scan."""


def test_a_scan_equals_a_walk_along_every_line(canvases: Canvases) -> None:
    gate, said = torch.rand(2, 8, 2, len(canvases.colour)).unbind(0)
    heard = scan(gate, said, canvases.relations.lines)
    for sheet, tokens in loose(canvases):
        (height, width), lattice = sheet.shape, (8, 2, len(sheet.colours), *sheet.shape)
        gates, adds, hears = (x[..., tokens].reshape(lattice) for x in (gate, said, heard))
        for direction, (down, right) in enumerate(STEPS):
            for row, column in np.ndindex(height, width):
                y, x = row - down, column - right
                inside = 0 <= y < height and 0 <= x < width
                behind = [
                    each[direction, ..., y, x] if inside else 0 for each in (gates, hears, adds)
                ]
                expected = torch.as_tensor(behind[0] * behind[1] + behind[2])
                got = hears[direction, ..., row, column]
                torch.testing.assert_close(got, expected.expand_as(got).to(got.dtype))


def test_the_component_mean_averages_same_component_and_colour(canvases: Canvases) -> None:
    said = torch.randn(4, 2, len(canvases.colour))
    mean = component_mean(said, canvases.relations.components)
    for sheet, tokens in loose(canvases):
        by_cell = said[..., tokens].unflatten(-1, (len(sheet.colours), -1))
        for number in np.unique(sheet.component):
            members = torch.from_numpy(sheet.component == number)
            expected = by_cell[..., members].mean(-1, keepdim=True)
            got = mean[..., tokens].unflatten(-1, (len(sheet.colours), -1))[..., members]
            torch.testing.assert_close(got, expected.expand_as(got))


def test_gradients_of_the_relations_are_right() -> None:
    small = lay([sheet_of(grid_like(2, 3)), sheet_of(grid_like(2, 3)), sheet_of(grid_like(3, 1))])
    relations, tokens = small.relations, len(small.colour)
    x = torch.rand(4, 1, tokens, dtype=torch.float64, requires_grad=True)
    news, gate = (
        torch.rand(8, 1, tokens, dtype=torch.float64, requires_grad=True) for _ in range(2)
    )
    colours = sum(len(sheet.colours) for sheet in small.sheets)
    cells = sum(sheet.cells for sheet in small.sheets)
    told = [torch.rand(4, 1, n, dtype=torch.float64, requires_grad=True) for n in (colours, cells)]
    groups = relations.components
    check = torch.autograd.gradcheck
    assert check(lambda a, b: scan(a, b, relations.lines), (gate, news))
    assert check(lambda a: component_mean(a, groups), (x,))
    assert check(lambda a: pool(a, relations.blocks), (x,))
    assert check(lambda a, b, c: spread_(a * 1, b, c, relations.blocks), (x, *told))
    assert check(lambda a: (to_modes(a), from_modes(a)), (x,))


def test_equal_maxima_share_the_gradient(canvases: Canvases) -> None:
    said = torch.zeros(4, 1, len(canvases.colour), requires_grad=True)
    by_colour, _ = pool(said, canvases.relations.blocks)
    by_colour[:, 1].sum().backward()
    assert said.grad is not None
    torch.testing.assert_close(said.grad.sum(), torch.tensor(4.0 * by_colour.shape[-1]))


def test_black_cells_that_touch_at_corners_are_apart_and_others_are_not() -> None:
    assert label(np.array([[0, 1], [1, 0]])).tolist() == [[0, 1], [1, 2]]
    assert label(np.array([[3, 1], [1, 3]]), straight=None).tolist() == [[0, 1], [1, 0]]
