r"""Tasks of ARC as prompts and chats show them → JSON.

In: a text whose grids stand below or behind the words "input" and "output", or as lists before
and behind an arrow. Out: the task as a line of JSON. A pair is a test where a line above it says
so; if none does, where it has no output.

    >>> task_shown("Example 1\nInput:\n1 0\nOutput:\n0 1\n\nTest\nInput:\n2 0\nOutput:\n?\n")
    '{"train": [{"input": [[1, 0]], "output": [[0, 1]]}], "test": [{"input": [[2, 0]]}]}'
"""

from __future__ import annotations

import json
import re

from puzzlesolver.domains.formats.documents import START

Pairs = list[dict[str, list[list[int]]]]
"""Rows of "input" and "output"."""

MOST_WORDS = 5
"""A line of more is a sentence and no label."""

_LABELS = {
    name: re.compile(rf"(?<![a-z])(?:{words})s?(?![a-z])", re.IGNORECASE)
    for name, words in {
        "input": "input",
        "output": "output",
        "test": "test",
        "train": "train(?:ing)?|example|demonstration|pair",
    }.items()
}
_WORD = re.compile(r"[^\W\d_]{2,}")
_ROWS = re.compile(r"[\s\[(|]*\d[\d\s,;|\[\]()]*")
_LABELLED = re.compile(rf"(.*?)[:=]({_ROWS.pattern})")
_ARROW = re.compile(r"^([^\[\n]*)(\[ ?\[[\d ,\[\]]*\]) ?(?:[-=]+>|→)(.*)$", re.MULTILINE)
_LISTED = re.compile(r"\[([\d,\s]+)\]?")


def task_shown(text: str) -> str:
    """The task that a text shows; "" where it has no example with both grids, or no test."""
    text = _ARROW.sub(r"\1\ninput: \2\noutput: \3", text)
    if START.match(text) or not all(_LABELS[side].search(text) for side in ("input", "output")):
        return ""
    parts: dict[str, Pairs] = {"train": [], "test": []}
    pairs, part, rows = Pairs(), "train", list[list[int]]()
    for line in text.split("\n"):
        label, grid = _parted(line)
        is_label = len(_WORD.findall(label)) <= MOST_WORDS
        found = [name for name, words in _LABELS.items() if is_label and words.search(label)]
        sides = [name for name in found if name not in parts]
        part = next((name for name in ("test", "train") if name in found), part)
        if sides == ["input"]:
            pairs = parts[part]
            pairs.append({"input": (rows := [])})
        elif sides == ["output"] and pairs:
            rows = pairs[-1].setdefault("output", [])
        if sides or not label:
            rows += grid
    train, test = ([_full(pair) for pair in pairs if pair["input"]] for pairs in parts.values())
    if not test:
        test = [pair for pair in train if "output" not in pair]
        train = [pair for pair in train if "output" in pair]
    whole = test and any("output" in pair for pair in train)
    return json.dumps({"train": train, "test": test}) if whole else ""


def _parted(line: str) -> tuple[str, list[list[int]]]:
    """What stands before the rows in a line, and these."""
    if _ROWS.fullmatch(line):
        return "", _read_rows(line)
    behind = _LABELLED.fullmatch(line)
    return (behind[1], _read_rows(behind[2])) if behind else (line.strip(), [])


def _full(pair: dict[str, list[list[int]]]) -> dict[str, list[list[int]]]:
    """A pair without an output of no rows."""
    return {side: rows for side, rows in pair.items() if rows}


def _read_rows(text: str) -> list[list[int]]:
    """Rows of numbers, or of digits without anything between."""
    rows = _LISTED.findall(text) or [text]
    numbers = [re.findall(r"\d+", row, re.ASCII) for row in rows]
    cells = (row[0] if len(row) == 1 else [number[:3] for number in row] for row in numbers if row)
    return [[*map(int, row)] for row in cells]
