"""A task as the ARC stem sees it: one view of it, one size rule, one sheet for each grid.

In: a task, of which no test output is looked at. Out: its canonical variant, and a `Desk` with the
sheets of its demonstrations and tests.

    >>> variant = canonical_variant(task)
    >>> desk = prepare(variant.apply_task(task.without_answers()))
    >>> desk.rule.name
    'same size'
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from puzzlesolver.domains.arc.augment import Variant
from puzzlesolver.domains.arc.task import COLOURS, Pair, Task
from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.symmetry import TURNS
from puzzlesolver.models.arc.features import Sheet, read_sheet
from puzzlesolver.models.arc.objects import BLACK
from puzzlesolver.refine.adapt.canvas.more_sizes import choose_more
from puzzlesolver.refine.adapt.canvas.rule import Rule
from puzzlesolver.refine.adapt.canvas.sizes import choose_rule


@dataclass(frozen=True, eq=False)
class Desk:
    """Everything that a fit may look at.

    Attributes:
        rule: chosen from the demonstrations.
        demos: one sheet each, with targets.
        inputs: of the tests.
        tests: one sheet each; None where the rule has no canvas for the input.
    """

    rule: Rule
    demos: tuple[Sheet, ...]
    inputs: tuple[Grid, ...]
    tests: tuple[Sheet | None, ...]

    @property
    def tokens(self) -> int:
        """Of all demonstrations."""
        return sum(sheet.tokens for sheet in self.demos)


def canonical_variant(task: Task) -> Variant:
    """The turn and the colours that give equivalent tasks the same form.

    A fit of that form, undone, is the same for all of them: not only the network but also rounding
    and the order of panels turn with the task. Black stays black, as it means something.
    """
    keyed, asked = [], task.without_answers()
    for turn in range(TURNS):
        seen = Variant(turn, bytes(range(COLOURS))).apply_task(asked)
        pairs = (*seen.train, *seen.test)
        cells = np.concatenate([grid.ravel() for pair in pairs for grid in pair.grids])
        found, first = np.unique(np.append(cells, np.arange(COLOURS)), return_index=True)
        order = [colour for colour in found[first.argsort()] if colour != BLACK]
        colours = np.zeros(COLOURS, np.uint8)
        colours[order] = np.arange(1, COLOURS)
        variant = Variant(turn, colours.tobytes())
        form = variant.apply_task(asked)
        keyed.append((b"".join(pair.key for pair in (*form.train, *form.test)), turn, variant))
    return min(keyed)[2]


def prepare(task: Task, shapes: bool = True) -> Desk | None:
    """Choose the rule and read all sheets; None where no rule gives every demonstration's size.

    Args:
        task: as it is to be seen.
        shapes: what sheets tell, as in `read_sheet`.
    """
    rule = choose_rule(task.train) or choose_more(task.train)
    if rule is None:
        return None
    introduced = {
        colour for pair in task.train for colour in _colours(pair.output) - _colours(pair.input)
    }
    demos = [_sheet(pair, rule, introduced, shapes) for pair in task.train]
    tests = [_sheet(Pair(pair.input), rule, introduced, shapes) for pair in task.test]
    return Desk(
        rule,
        tuple(sheet for sheet in demos if sheet is not None),
        tuple(pair.input for pair in task.test),
        tuple(tests),
    )


def _sheet(pair: Pair, rule: Rule, introduced: set[int], shapes: bool) -> Sheet | None:
    planes = rule.lay(pair.input)
    if planes is None:
        return None
    colours = tuple(sorted(_colours(pair.input) | introduced | {BLACK}))
    sheet = read_sheet(planes, colours, pair.output, shapes)
    if np.array_equal(planes[0], pair.input):
        return sheet
    whole = pair.input[None].astype(np.int8)
    return replace(sheet, source=read_sheet(whole, colours, None, shapes))


def _colours(grid: Grid | None) -> set[int]:
    return set() if grid is None else set(np.unique(grid).tolist())
