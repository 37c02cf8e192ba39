r"""Lists of a program's source, or that it printed → the values in them.

In: a text that is no JSON. Out: grids from brackets of any language, whether a list of rows or one
list; and what Python printed, as lines of JSON.

    >>> bracketed("board = [[1, None],\n         [0, 2]]  # hard")
    [[[1, None], [0, 2]]]
"""

from __future__ import annotations

import ast
import contextlib
import json
import re
from math import isqrt
from typing import Any

from puzzlesolver.domains.formats.documents import START
from puzzlesolver.domains.formats.fields import as_text

LEAST_CELLS, MOST_TRIES, LEAST_SIDE, LEAST_ROWS = 16, 64, 6, 3

_OTHERS = re.compile(r"[\d.*_?-]{16}|^[\d.*_?| -]{7,}$", re.MULTILINE)
_PRINTED = re.compile(r"\s*(?:[\[(]+\s*)?(?:\{\s*(?:'[^'\n]*'|\d+)\s*:|'<)")
"""How a dict of Python begins, or a list of such, or of tokens; none of JSON does."""

_PYTHON = re.compile(r"[:,\[]\s*(?:None|True|False)\b|,\s*[\]}]")
"""What Python has and JSON has not."""

_WALLS = re.compile(r"^[#█+][#█+ -]*[#█+]$", re.MULTILINE)
_KEY = re.compile(r"\{\s*[\"']")
_BRACKET = re.compile(r"[\[({]\s*[\[({\"']")
_NOTHING = re.compile(r"\b(?:None|NULL|null|nil|NaN|nan|NA|undefined|_)\b|(?<=[\[,])\s*(?=[,\]])")
_COMMENT = re.compile(r"(?:#(?!\dA\()|//)[^\"'\n]*$", re.MULTILINE)
_GAP = re.compile(r"(?<=[\w\]])\s+(?=[\w\[])")
_MADE = re.compile(
    r"(?:\bnew\s+)?(?<![\w\])])[A-Za-z_][\w.:]*(?:<\w*>)?(?:\[\d*\])*!?\s*(?=[\[({])"
    r"|(?<!\])(?:\[\d*\])+\w+\s*(?=\{)|(?<!\d)\d+\s*=>\s*|,\s*dtype=[\w.'<]+"
)
"""What a program writes before a list: `c(`, `array(`, `new int[] {`, `vec![`, `0 =>`."""

_FLAT = re.compile(
    r"(?P<call>(?<![.\w])(?:matrix|reshape)\s*\(\s*)?(?:\bc\s*)?"
    r"[\[({](?P<cells>[^\[\](){}]{31,})[\])}](?=(?P<rest>(?:\)\.reshape\()?(?:\([^()]*\)|[^()]){0,200}))"
)
"""A board as one list; `matrix` of R and `reshape` of MATLAB and Julia fill columns first."""

_BETWEEN = re.compile(r"[,;|]|\.{3}")
_BY_ROWS = re.compile(r"byrow\s*=\s*T|,\s*T(?:RUE)?\s*$")
_HEIGHT = re.compile(r"nrow\s*=\s*(\d{1,3})")
_TURNED = re.compile(r"order\s*=\s*[\"']F")
_AS_JSON = str.maketrans("(){}'", '[][]"')


def bracketed(text: str) -> list[Any]:
    """The grids that a program's source, or what it printed, has in brackets of any kind."""
    source = _COMMENT.sub("", text)
    text = _MADE.sub("", source)
    found, at, tries, rest, closings = [], 0, 0, text, _closings(text)
    while tries < MOST_TRIES and (begin := _BRACKET.search(text, at)):
        end = closings.get(begin.start(), begin.start())
        value = _value(text[begin.start() : end])
        if value is not None and len(as_text(value) or "") >= LEAST_CELLS:
            by_columns = source.count("cbind(") and {*map(len, value)} == {len(value)}
            found.append([*map(list, zip(*value, strict=True))] if by_columns else value)
            rest = rest.replace(text[begin.start() : end], "", 1)
            at = end
        else:
            at, tries = begin.end() - 1, tries + 1
    if not found:
        found, rest = _flat(source)
    return [] if _OTHERS.search(rest) else found  # no board beside them may be lost


def python_values(text: str) -> list[str]:
    """What Python printed, an object or one a line, as lines of JSON; empty where it is no such.

    So is an object of JSON or Python that other words stand around: a fence, a name, a comment.
    """
    begin, end = text.find("{"), text.rfind("}") + 1
    tries: list[list[str]] = []
    if _PRINTED.match(text) or (START.match(text) and _PYTHON.search(text)):
        with contextlib.suppress(ValueError, RecursionError):
            json.loads(text)
            return []
        tries = [[text], [*filter(str.strip, text.split("\n"))], [_MADE.sub("", text)]]
    elif 0 <= begin < end and _KEY.match(text, begin) and not START.match(text):
        around = text[:begin] + text[end:]
        if not (_OTHERS.search(around) or _WALLS.search(around)):
            tries = [[text[begin:end]]]
    for parts in tries:
        with contextlib.suppress(ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return [json.dumps(_literal(part.strip())) for part in parts]
    return []


def _literal(text: str) -> Any:
    """The value of JSON or of a literal of Python."""
    with contextlib.suppress(ValueError):
        return json.loads(text)
    return ast.literal_eval(text)


def _flat(text: str) -> tuple[list[Any], str]:
    """The rows of boards whose cells are one list each, and what stands beside these."""
    found, rest = [], text
    for each in _FLAT.finditer(text):
        turned = [
            each["call"] and not _BY_ROWS.search(each["rest"]),
            _TURNED.search(each["rest"]),
            text[: each.start()].endswith("t("),
            text[each.end("rest") :].startswith(")'"),
        ]
        height = _HEIGHT.search(each["rest"])
        if rows := _chunks(each["cells"], int(height[1]) if height else 0, sum(map(bool, turned))):
            found.append(rows)
            rest = rest.replace(each["cells"], "")
    rows_alone = len(found) > 1 and any(len(rows) < LEAST_SIDE for rows in found)
    return ([] if rows_alone else found), rest


def _chunks(text: str, height: int, turns: int) -> list[list[int]]:
    """The rows of the cells of a list: of so many rows, of those that it tells, or of a square."""
    text = _NOTHING.sub("0", text)
    for ends in (";|", "", "\n"):
        lines = [_BETWEEN.sub(" ", line).split() for line in re.split(f"[{ends or ' '}]", text)]
        lines = [line for line in lines if line]
        cells = [cell for line in lines for cell in line]
        count = height or (len(lines) if ends else isqrt(len(cells)))
        told = height or not ends or {*map(len, lines)} == {len(lines[0])}
        if told and count >= LEAST_ROWS and len(cells) % count == 0 and len(cells) // count > 2:
            break
    else:
        return []
    if not all(map(str.isdecimal, cells)):
        return []
    width = len(cells) // count
    if turns % 2:
        return [[*map(int, cells[row::count])] for row in range(count)]
    return [[*map(int, cells[start : start + width])] for start in range(0, len(cells), width)]


def _closings(text: str) -> dict[int, int]:
    """Where each bracket's pair ends, by where it starts."""
    open_ones: list[int] = []
    ends = {}
    for sign in re.finditer(r"[\[({})\]]", text):
        if sign[0] in "[({":
            open_ones.append(sign.start())
        elif open_ones:
            ends[open_ones.pop()] = sign.end()
    return ends


def _value(source: str) -> Any:
    """A list of lists, or None."""
    text = _COMMENT.sub("", source).translate(_AS_JSON)
    if not re.match(r'\[\s*(?:\[|"[^"]{4,})', text):
        return None
    text = re.sub(r",(?=\s*\])", "", text.replace("True", "true").replace("False", "false"))
    if '"' not in text:
        text = text.replace(";", ",")
        text = _NOTHING.sub("null", _GAP.sub(",", re.sub(r"(\d)\.(?!\d)", r"\1", text)))
    else:
        text = re.sub(r"\b(?:None|nan|NaN|NULL|nil)\b", "null", text)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
