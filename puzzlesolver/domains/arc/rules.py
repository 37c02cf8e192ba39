"""Are these attempts right? ARC has examples and no rules, so only known outputs can tell.

In: a task and two attempts at each of its test inputs. Out: a `Score` for `bench`, or a `Verdict`
for `verify`. No solver may ask either.

    >>> verify(task, attempts).reason
    'test 1: attempt 2 is closest, 3 of 81 cells differ, the first is r2c4'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.arc.submission import FORM, read_attempts
from puzzlesolver.domains.arc.task import Attempts, Task, TaskPuzzle
from puzzlesolver.domains.formats.documents import At
from puzzlesolver.domains.puzzle import Grid, Puzzle, Verdict, place_name, size_of
from puzzlesolver.errors import UsageError


@dataclass(frozen=True)
class Score:
    """Which attempts equal the known output.

    Attributes:
        right: of every test input, whether the first and the second one do.
    """

    right: tuple[tuple[bool, bool], ...]

    @property
    def inputs(self) -> int:
        """Test inputs that either attempt answers: the official score counts these."""
        return sum(map(any, self.right))

    @property
    def solved(self) -> bool:
        """Whether all test inputs are answered (pass@2)."""
        return all(map(any, self.right))

    @property
    def solved_at_once(self) -> bool:
        """Whether the first attempts alone do (pass@1)."""
        return all(first for first, _ in self.right)


def score(task: Task, attempts: Attempts) -> Score:
    """Compare attempts with the known outputs of all tests; `ValueError` where one is unknown."""
    outputs = [pair.output for pair in task.test]
    known = [output for output in outputs if output is not None]
    if len(known) < len(outputs):
        raise ValueError(f"the outputs of task {task.name} are not all known")
    return Score(
        tuple(
            (np.array_equal(first, output), np.array_equal(second, output))
            for (first, second), output in zip(attempts, known, strict=True)
        )
    )


def verify(task: Task, attempts: Attempts) -> Verdict:
    """`verified` where one attempt of each test equals its output.

    `wrong` where neither does, at the first such test; otherwise `unverifiable` where an output is
    not known. `right` counts the tests that are answered.
    """
    by: list[str] = []
    unknown = []
    wrong: Verdict | None = None
    for number, (pair, both) in enumerate(zip(task.test, attempts, strict=True), 1):
        if pair.output is None:
            unknown.append(str(number))
            continue
        equal = [np.array_equal(attempt, pair.output) for attempt in both]
        if any(equal):
            by.append(f"test {number} by attempt {equal.index(True) + 1}")
        elif wrong is None:
            reason, where = _fault(both, pair.output)
            wrong = Verdict("wrong", f"test {number}: {reason}", where)
    right = len(by), len(task.test) - len(unknown)
    if wrong is not None:
        also = f"; {right[0]} of {right[1]} tests are right" * (right[1] > 1)
        return replace(wrong, reason=wrong.reason + also, right=right)
    if unknown:
        which = f"test{'s' * (len(unknown) > 1)} {', '.join(unknown)}"
        return Verdict("unverifiable", f"no output is known of {which}", right=right)
    return Verdict("verified", ", ".join(by), right=right)


def differences(attempt: Grid, output: Grid) -> npt.NDArray[np.bool_] | None:
    """The cells that differ, `bool[height, width]`; None where the sizes do."""
    return None if attempt.shape != output.shape else attempt != output


def _fault(both: tuple[Grid, Grid], output: Grid) -> tuple[str, tuple[tuple[int, int], ...]]:
    """What is wrong with the better attempt, and its wrong cells."""
    marks = [differences(attempt, output) for attempt in both]
    wrong = {number: mask for number, mask in enumerate(marks, 1) if mask is not None}
    if not wrong:
        sizes = " and ".join(dict.fromkeys(map(size_of, both)))
        return f"the output is {size_of(output)}, the attempts are {sizes}", ()
    number = min(wrong, key=lambda each: int(wrong[each].sum()))
    cells = [(row, column) for row, column in np.argwhere(wrong[number]).tolist()]
    count = f"{len(cells)} of {output.size} cells differ{'s' * (len(cells) == 1)}"
    reason = f"attempt {number} is closest, {count}, the first is {place_name(cells[0])}"
    return reason, tuple(cells)


def mark(
    puzzles: Iterable[Puzzle], lines: Iterable[str], source: str
) -> Iterator[tuple[Puzzle, Verdict]]:
    """Check the attempts in a text; tasks find theirs by name, or else by their order.

    A task without attempts is wrong, as Kaggle counts it, unless it is the only one. Attempts at
    other tasks count for nothing, which a note at the first task says.

    Raises:
        ParseError: it has no attempts, or one task's do not fit its tests.
        UsageError: no task has attempts in it.
    """
    tasks = [(puzzle, puzzle.task) for puzzle in puzzles if isinstance(puzzle, TaskPuzzle)]
    attempts = read_attempts(lines, source)
    if isinstance(attempts, list):
        attempts = _in_order([task for _, task in tasks], attempts, source)
    names = {task.name for _, task in tasks}
    others = [name for name in attempts if name not in names]
    told = ", ".join(others[:3]) + ", …" * (len(others) > 3)
    if len(others) == len(attempts):
        raise UsageError(
            f"there are no attempts at {tasks[0][1].name}",
            where=source,
            hint=f"it has attempts at {told or 'no task'}; a task's file is named by its id",
        )
    for _, task in tasks:
        if len(attempts.get(task.name, task.test)) != len(task.test):
            tests = f"{len(task.test)} test input{'s' * (len(task.test) > 1)}"
            what = f"expected attempts at {tests}, found them at {len(attempts[task.name])}"
            raise At(source).key(task.name).error(what, FORM)
    if others:
        many = f"{len(others):,} other task{'s' * (len(others) > 1)}"
        note = f"{source} also has attempts at {many}, which count for nothing: {told}"
        tasks[0] = replace(tasks[0][0], note=note), tasks[0][1]
    for puzzle, task in tasks:
        if task.name not in attempts:
            count = sum(pair.output is not None for pair in task.test)
            yield puzzle, Verdict("wrong", "there are no attempts at it", right=(0, count))
            continue
        yield puzzle, verify(task, attempts[task.name])


def _in_order(tasks: list[Task], grids: list[Grid], source: str) -> dict[str, Attempts]:
    """Attempts by the names of tasks, of one grid for each test input."""
    tests = sum(len(task.test) for task in tasks)
    if len(grids) != tests:
        raise UsageError(f"{len(grids)} grids, but {tests} test inputs", where=source)
    rest = iter(grids)
    return {
        task.name: [(grid, grid) for _, grid in zip(task.test, rest, strict=False)]
        for task in tasks
    }
