"""ARC dataset folders: every task in up to 1,000 variants, each with a puzzle identifier.

Row k of a published puzzle embedding means something only with the names of all identifiers. These
follow from the tasks in the order of Kaggle's files and numpy's legacy seed 42, when the random
calls are TRM's: of each subset shuffle the tasks, then for each task and each try of a variant draw
the turn and permute nine colours; after all of them come the places on the canvas.

Demonstrations of all tasks are for training, those of tested tasks too, and so are the other pairs
of tasks that are not tested. A pair that is the answer to a test never is, whatever task it is in;
its place is drawn all the same, so that those of the others are the published ones. A test whose
output nobody tells gets one black cell, which the published evaluators want.

In: tasks by subset. Out: a folder that `DatasetFolder` reads.

    >>> subsets = {name: read_kaggle("arc-agi", name) for name in ("training", "evaluation")}
    >>> build_arc("arc1-aug-1000", subsets, test=["evaluation"])
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from puzzlesolver.domains.arc.augment import ORIGINAL, Variant, draw_place
from puzzlesolver.domains.arc.codec import CANVAS, to_canvas
from puzzlesolver.domains.arc.document import as_json
from puzzlesolver.domains.arc.parse import Parts
from puzzlesolver.domains.arc.task import COLOURS, Pair, recoloured
from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.symmetry import TURNS
from puzzlesolver.errors import UsageError
from puzzlesolver.train.data.published.kaggle import Tasks
from puzzlesolver.train.data.published.metadata import ARC_VOCABULARY, BLANK
from puzzlesolver.train.data.published.writer import PuzzleGroup, write_dataset

SEPARATORS = {"trm": "|||", "hrm": "_"}
"""Between the parts of a variant's name, by who published it."""

SEED, NUM_AUG = 42, 1_000
TRIES = 5
"""For each variant that is asked for; symmetric tasks have fewer."""


class Planned(NamedTuple):
    """A task with its variants, the original first, and whether its test pairs are for testing.

    Variant k has puzzle identifier `first` + k.
    """

    name: str
    task: Parts
    variants: list[Variant]
    first: int
    tested: bool


class Report(NamedTuple):
    """Puzzle identifiers of a set, and pairs kept out of training because they answer a test."""

    identifiers: int
    kept_out: int


def build_arc(
    folder: str | os.PathLike[str],
    subsets: Mapping[str, Tasks],
    *,
    test: Collection[str],
    num_aug: int = NUM_AUG,
    seed: int = SEED,
    names: str = "trm",
) -> Report:
    """Write an ARC set: a group is a task, its puzzles are the task's variants.

    Args:
        folder: where; there must be nothing yet.
        subsets: tasks by subset, in the order that decides the identifiers.
        test: subsets whose test pairs are for testing.
        num_aug: variants of each task beside itself, at most.
        seed: of shuffling, variants and places.
        names: key of `SEPARATORS`.

    Raises:
        UsageError: the folder exists, a task is in two subsets, or there is no output to train on.
    """
    rng = np.random.RandomState(seed)
    planned = plan(subsets, test, num_aug, rng)
    tested = [each for each in planned if each.tested]
    answers = {pair.key for each in tested for pair in each.task["test"]}
    lessons = [(each, _lessons(each)) for each in planned]
    groups = (_group(each, pairs, rng, answers) for each, pairs in lessons)
    splits = {"train": (group for group in groups if len(group.inputs))}
    if tested:
        splits["test"] = (_group(each, each.task["test"], None) for each in tested)
    identifiers = [BLANK, *variant_names(planned, names)]
    write_dataset(
        folder,
        splits,
        vocab_size=ARC_VOCABULARY,
        seq_len=CANVAS * CANVAS,
        names=identifiers,
        test_puzzles={each.name: as_json(each.task) for each in tested},
    )
    kept_out = sum(pair.key in answers for _, pairs in lessons for pair in pairs)
    return Report(len(identifiers), kept_out)


def plan(
    subsets: Mapping[str, Tasks], test: Collection[str], num_aug: int, rng: np.random.RandomState
) -> list[Planned]:
    """Shuffle the tasks of every subset and draw variants; raises `UsageError`, see `build_arc`."""
    planned: dict[str, Planned] = {}
    first = 1
    for subset, tasks in subsets.items():
        names = list(tasks)
        rng.shuffle(names)
        for name in names:
            if name in planned:
                raise UsageError(
                    f"task {name} is also in another subset",
                    where=subset,
                    hint="ARC-AGI-1 and ARC-AGI-2 share tasks and must not be mixed",
                )
            task, tested = tasks[name], subset in test
            variants = draw_variants(task, num_aug, rng)
            if tested:
                known = [Pair(pair.input, _told(pair.output)) for pair in task["test"]]
                task = task | {"test": known}
            planned[name] = Planned(name, task, variants, first, tested)
            first += len(variants)
    return list(planned.values())


def draw_variants(task: Parts, num_aug: int, rng: np.random.RandomState) -> list[Variant]:
    """The task as it is and up to `num_aug` variants, no two of which have the same pairs."""
    pairs = [pair for part in task.values() for pair in part]
    keys = [[pair.turned(turn).key for pair in pairs] for turn in range(TURNS)]

    def look(variant: Variant) -> tuple[bytes, ...]:
        return tuple(sorted(recoloured(key, variant.colours) for key in keys[variant.turn]))

    found = {look(ORIGINAL): ORIGINAL}
    for _ in range(TRIES * num_aug):
        if len(found) > num_aug:
            break
        turn = int(rng.randint(0, TURNS))
        variant = Variant(turn, bytes([0, *rng.permutation(np.arange(1, COLOURS)).tolist()]))
        found.setdefault(look(variant), variant)
    return list(found.values())


def variant_names(planned: Iterable[Planned], style: str) -> Iterator[str]:
    """Names of the puzzle identifiers from 1 on; `style` is a key of `SEPARATORS`."""
    for each in planned:
        yield each.name
        for variant in each.variants[1:]:
            yield variant.name(each.name, SEPARATORS[style])


def _lessons(each: Planned) -> list[Pair]:
    """Pairs that the task's subset leaves for training."""
    parts = ["train"] if each.tested else list(each.task)
    pairs = [pair for part in parts for pair in each.task[part]]
    if any(pair.output is None for pair in pairs):
        raise UsageError(
            f"task {each.name} lacks an output to train on",
            hint="put the file of solutions beside it, or test the subset",
        )
    return pairs


def _told(output: Grid | None) -> Grid:
    return np.zeros((1, 1), np.uint8) if output is None else output


def _group(
    each: Planned,
    pairs: list[Pair],
    rng: np.random.RandomState | None,
    left_out: Collection[bytes] = (),
) -> PuzzleGroup:
    """All variants of the pairs; with `rng` moved about, but for one pair of every variant."""
    canvases = []
    for variant in each.variants:
        still = 0 if rng is None else rng.randint(0, len(pairs))
        for number, pair in enumerate(pairs):
            grids = [variant.apply(grid) for grid in pair.grids]
            place = (0, 0) if rng is None or number == still else draw_place(grids, rng)
            if pair.key not in left_out:
                canvases += [to_canvas(grid, *place) for grid in grids]
    ids = np.array(canvases, np.uint8).reshape(-1, 2, CANVAS * CANVAS)
    numbers = each.first + np.arange(len(each.variants))
    sizes = np.full(len(numbers), len(ids) // len(numbers))
    return PuzzleGroup(ids[:, 0], ids[:, 1], numbers, sizes)
