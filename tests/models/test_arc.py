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
from puzzlesolver.models.arc.describing import describe
from puzzlesolver.models.arc.features import Sheet, read_sheet
from puzzlesolver.models.arc.hearing import hear
from puzzlesolver.models.arc.modes import from_modes, to_modes
from puzzlesolver.models.arc.objects import alike, label
from puzzlesolver.models.arc.stem import (
    ArcConfig,
    ArcStem,
    Canvases,
    TaskVectors,
    TurnedLinear,
    lay,
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


def exact(canvases: Canvases, kind: torch.dtype) -> Canvases:
    """With numbers of this precision."""
    relations = canvases.relations
    return replace(
        canvases,
        plain=canvases.plain.to(kind),
        directed=canvases.directed.to(kind),
        relations=replace(
            relations, average=relations.average.to(kind), source=relations.source.to(kind)
        ),
    )


def run(stem: ArcStem, task: TaskVectors, sheets: Sequence[Sheet], steps: int = 6) -> Tensor:
    """Logits `[C, colours]`."""
    canvases = exact(lay(sheets), stem.head.dtype)
    told, state = stem.embed(canvases, task), stem.init_state(canvases)
    for _ in range(steps):
        state = stem.step(state, told, canvases)
    return stem.readout(state, canvases)


def fit(stem: ArcStem, task: TaskVectors, pairs: Sequence[tuple[Grid, Grid]]) -> None:
    """One large optimizer step of everything, task vectors included: more magnify rounding."""
    canvases = lay([sheet_of(*pair) for pair in pairs])
    optimizer = torch.optim.SGD([*stem.parameters(), *task.parameters()], lr=0.5)
    logits = run(stem, task, canvases.sheets, steps=4)
    assert canvases.target is not None
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
        stem, task = ArcStem(SIZES), TaskVectors(SIZES)
        views = [np.ascontiguousarray(turned(grid, turn)) for pair in pairs for grid in pair]
        fit(stem, task, list(zip(views[::2], views[1::2], strict=True)))
        assert task.direction.abs().max() > 1e-4  # the fit has broken the symmetry, and turned it
        assert (task.diagonal.abs().max() > 1e-4) == (shape[0] == shape[1])
        logits.append(run(stem, task, [sheet_of(np.ascontiguousarray(turned(question, turn)))]))
    expected = turned_logits(logits[0], shape[::-1], 1)
    torch.testing.assert_close(logits[1], expected, atol=5e-5, rtol=0)


def test_recolouring_a_task_recolours_what_a_fit_learns() -> None:
    table = np.arange(10, dtype=np.uint8)
    table[list(COLOURS)] = RENAMED
    pairs = [(grid_like(4, 5, seed), grid_like(4, 5, seed + 9)) for seed in range(2)]
    question, logits = grid_like(4, 4, 30), []
    for names in (np.arange(10, dtype=np.uint8), table):
        torch.manual_seed(1)
        stem, task = ArcStem(SIZES), TaskVectors(SIZES)
        fit(stem, task, [(names[before], names[after]) for before, after in pairs])
        logits.append(run(stem, task, [sheet_of(names[question])]))
    order = np.argsort(RENAMED)
    torch.testing.assert_close(logits[1], logits[0][:, order], atol=5e-5, rtol=0)


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


def slow_messages(
    x: Tensor, say: Tensor, decay: Tensor, signs: Tensor, canvases: Canvases
) -> tuple[Tensor, ...]:
    """What tokens are reached by, one after the other: lines, components, colours and cells."""
    scanned, pooled = len(decay), say.shape[1] - 4 * len(decay)
    along, across, message = from_modes(say @ x).split((2 * scanned, 2 * scanned, pooled), 1)
    gate, news = torch.cat((along, across + across.roll(-1, 0))).chunk(2, 1)
    gate = torch.sigmoid(gate + decay[:, None])
    news, message = (1 - gate) * F.silu(news), F.silu(message)
    gate = gate * signs[:, None]
    arrived, shared = torch.zeros_like(gate), [torch.zeros_like(message) for _ in range(2)]
    by_colour, by_cell = [], []
    for sheet, tokens in loose(canvases):
        shape = (len(sheet.colours), *sheet.shape)
        arrived[..., tokens] = walked(gate[..., tokens], news[..., tokens], shape)
        said = message[..., tokens].unflatten(-1, (shape[0], -1))
        for kind, groups in enumerate(sheet.groups):
            for number in np.unique(groups):
                members = torch.from_numpy(groups == number)
                mean = (
                    said[..., members].mean(-1, keepdim=True).expand(*said.shape[:-1], len(groups))
                )
                shared[kind][..., tokens] += (mean * members).flatten(2)
        by_colour.append(torch.cat((said.mean(-1), said.amax(-1)), 1))
        by_cell.append(torch.cat((said.mean(-2), said.amax(-2)), 1))
    return arrived, torch.cat(shared, 1), torch.cat(by_colour, -1), torch.cat(by_cell, -1)


WAYS = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, -1), (-1, 1))
"""Rows down and columns to the right, for each direction of a line."""


def walked(gate: Tensor, news: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """What arrives when every cell hears the one behind it, again and again."""
    gate, news = (each.unflatten(-1, shape) for each in (gate, news))
    arrived = torch.zeros_like(gate)
    for _ in range(max(shape[1:])):
        leaves, heard = gate * arrived + news, []
        for way, (down, right) in enumerate(WAYS):
            padded = F.pad(leaves[way], (1, 1, 1, 1)).roll((down, right), (-2, -1))
            heard.append(padded[..., 1:-1, 1:-1])
        arrived = torch.stack(heard)
    return arrived.flatten(2)


def slow_step(
    state: Tensor,
    tokens: Tensor,
    rule: Tensor,
    say: Tensor,
    of_colour: Tensor,
    of_cell: Tensor,
    up: Tensor,
    down: Tensor,
    decay: Tensor,
    gain: Tensor,
    signs: Tensor,
    canvases: Canvases,
) -> Tensor:
    """`hear` from its definition."""
    x, relations = state + tokens, canvases.relations
    arrived, shared, colours, cells = slow_messages(x, say, decay, signs, canvases)
    along, across = arrived.chunk(2)
    news = torch.cat((along, across + across.roll(1, 0), shared), 1)
    heard = torch.cat((x, to_modes(news)), 1)
    colours, pooled = to_modes(colours), shared.shape[1] // 2
    average, source = (each.to(x) for each in (relations.average, relations.source))
    colours = torch.cat((colours, colours[:, :pooled] @ average, colours @ source), 1)
    by_colour, by_cell = of_colour @ colours, of_cell @ to_modes(cells)
    told, runs, first = [], 0, 0
    for sheet, _ in loose(canvases):
        colours = by_colour[..., runs : runs + len(sheet.colours), None]
        told.append((colours + by_cell[..., None, first : first + sheet.cells]).flatten(2))
        runs, first = runs + len(sheet.colours), first + sheet.cells
    risen = from_modes(up @ (heard + torch.cat(told, -1))) + rule[:, None]
    opens, value = risen.chunk(2, 1)
    fresh = x + down @ to_modes(F.silu(opens) * value)
    return fresh * torch.rsqrt(fresh.square().mean((0, 1)) + 1e-6) * gain[:, None]


@pytest.fixture
def several() -> Canvases:
    """More tokens than are computed together, in sheets of many shapes."""
    shapes = ((3, 4), (3, 4), (5, 2), (1, 9), (6, 1), (1, 1), (8, 8))
    return lay([sheet_of(grid_like(*shape)) for shape in shapes])


def arguments(canvases: Canvases, sizes: ArcConfig, kind: torch.dtype) -> list[Tensor]:
    """Random ones of `hear`; by this seed no two maxima are nearly the same."""
    generator = torch.Generator().manual_seed(3)
    width, scanned, pooled, hidden = sizes.width, sizes.scanned, sizes.pooled, sizes.hidden
    state, heard = (4, width, canvases.plain.shape[1]), width + 2 * scanned + 2 * pooled
    shapes = (
        state,
        state,
        (2 * hidden,),
        (4, 4 * scanned + pooled, width),
        (4, heard, 5 * pooled),
        (4, heard, 2 * pooled),
        (4, 2 * hidden, heard),
        (4, width, hidden),
        (scanned,),
        (width,),
    )
    return [
        torch.randn(shape, generator=generator, dtype=kind).requires_grad_() for shape in shapes
    ]


@pytest.mark.parametrize("sizes", [SIZES, ArcConfig()])
@pytest.mark.parametrize(
    "kind", [torch.float32, pytest.param(torch.float64, marks=pytest.mark.soak)]
)
def test_a_step_and_its_gradients_are_as_defined(
    several: Canvases, sizes: ArcConfig, kind: torch.dtype
) -> None:
    inputs, canvases = arguments(several, sizes, kind), exact(several, kind)
    bound = {"atol": 5e-4, "rtol": 5e-4} if kind == torch.float32 else {"atol": 1e-5, "rtol": 1e-5}
    signs = torch.ones(sizes.scanned, dtype=kind)
    signs[1::2] = -1
    states = [hear(*inputs, signs, canvases.relations), slow_step(*inputs, signs, canvases)]
    back = torch.randn_like(states[0])
    gradients = [torch.autograd.grad(state, inputs, back) for state in states]
    for got, expected in zip((states[0], *gradients[0]), (states[1], *gradients[1]), strict=True):
        torch.testing.assert_close(got, expected, **bound)


def test_tokens_that_are_alike_share_what_their_maximum_is_given(canvases: Canvases) -> None:
    state, tokens, rule, say, *others = arguments(canvases, SIZES, torch.float32)
    alike = [torch.zeros_like(each, requires_grad=True) for each in (state, tokens)]
    silent = say.detach().clone()
    silent[:, : 4 * SIZES.scanned] = 0  # along lines, which tell tokens apart
    fresh = hear(*alike, rule, silent, *others, torch.ones(SIZES.scanned), canvases.relations)
    (fresh * torch.randn(4, SIZES.width, 1)).sum().backward()
    assert alike[0].grad is not None
    by_token = alike[0].grad[..., : canvases.sheets[0].tokens]
    torch.testing.assert_close(by_token, by_token[..., :1].expand_as(by_token))
    assert by_token.abs().max() > 1e-3


def test_components_of_one_shape_are_alike_whatever_their_colour() -> None:
    grid = np.array([[3, 5, 0, 4], [3, 0, 0, 4], [0, 5, 0, 6]])
    assert label(grid).tolist() == [[0, 1, 2, 3], [0, 2, 2, 3], [4, 5, 2, 6]]
    assert alike(label(grid)).tolist() == [[0, 1, 2, 0], [0, 2, 2, 0], [1, 1, 2, 1]]


def test_components_are_told_their_holes_their_symmetry_and_their_company() -> None:
    grid = np.array(
        [[1, 1, 1, 0, 2, 0], [1, 0, 1, 0, 2, 2], [1, 1, 1, 0, 0, 0], [0, 0, 0, 3, 0, 0]]
    )
    ring, ground, corner, _, hole, _, dot = describe(grid, label(grid)).T
    holes, symmetric, touching, same_shape, alone = range(8, 13)
    assert [ring[holes], corner[holes], ground[holes]] == [0.5, 0, 0]
    assert [bool(each[symmetric]) for each in (ring, corner, dot)] == [True, False, True]
    assert [bool(each[touching]) for each in (ring, corner, dot)] == [True, False, True]
    assert hole[same_shape] == dot[same_shape]
    assert [each[alone] for each in (ring, hole, dot)] == [1, 0, 1]


def test_black_cells_that_touch_at_corners_are_apart_and_others_are_not() -> None:
    assert label(np.array([[0, 1], [1, 0]])).tolist() == [[0, 1], [1, 2]]
    assert label(np.array([[3, 1], [1, 3]]), straight=None).tolist() == [[0, 1], [1, 0]]
