r"""Text with something around its rows - a page, a post, a program - → the rows alone.

In: a text of any kind that is no JSON. Out: the same text without tags, quotes, labels and heads,
and which of its lines each of the new ones comes from. What is no markup stays as it is.

    >>> plain_rows("[code]\n> 1 2\n> 3 4\n[/code]")
    ('\n1 2\n3 4\n', [1, 2, 3, 4])
"""

from __future__ import annotations

import re
from html import unescape
from math import isqrt
from urllib.parse import unquote

from puzzlesolver.domains.formats.texts import plain

_BBCODE = re.compile(r"\[/?(?:code|quote|pre|tt|[biu]|size|font|color|spoiler)\b[^\[\]\n]*\]", re.I)
_QUOTED = re.compile(r"^(?:> ?)+(?=.*\S)", re.MULTILINE)
_TABLE = re.compile(r"<(?:tr|row|pre|br)\b", re.IGNORECASE)
_UNSEEN = re.compile(
    r"<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|<title\b[^<]*",
    re.IGNORECASE | re.DOTALL,
)
_VALUE = re.compile(r"<input\b[^<>]*?\bvalue=[\"']?(\w?)[^<>]*>", re.IGNORECASE)
_CELL_END = re.compile(r"(?<!\s)\s*</t[dh]\s*>\s*(?=<t[dh]\b)", re.IGNORECASE)
_LINE_END = re.compile(r"</?(?:tr|row|p|br|div|table|pre|h\d|li)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_PAGE = [(_UNSEEN, ""), (_VALUE, r"\1"), (_CELL_END, "\t"), (_LINE_END, "\n"), (_TAG, "")]
_ENDS = re.compile(r"\n[\n\x1e]*")
_BREAK = "\x1e"
"""Stands for an end of a line of a page; no text has it."""

_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z]{2,31});", re.IGNORECASE)

_STATE = re.compile(r"version: \d+(?:\s|&#10;|\\n)+((?:[^|\"<]*\|){243,})")
"""How OpenSudoku writes a game that has begun: fields of 81 cells, the last one 0 for a given."""

_LATEX = re.compile(
    r"\\(?:begin|end|[hc]line|usepackage|documentclass|\w+rule)\b(?:[\[{][^\n\]}]{0,200}[\]}])*|\\\\"
)
_STYLED = re.compile(r"\\\w+\{([^{}]{0,200})\}")

_STRING = re.compile(
    r"""^[^\n"'`=]{0,60}=[ \t]*[bfru]?("{3}|'{3}|`)\\?([^"'`]*?\n?)[ \t]*\1[;,)]*[ \t]*$""",
    re.MULTILINE,
)
"""A text of many lines in a program."""

_NUMBERED = re.compile(
    r"(?P<ruler>^ *0? ?1 ?2 ?3[\d ]*\n)?(?:^ *\d+(?: *[:.)|])?[ \t]*[#█].*(?:\n|\Z)){3,}",
    re.MULTILINE,
)
"""Rows of a maze behind their numbers."""

_LINK = re.compile(r"https?://[^\s%]{0,2000}%[0-9A-Fa-f]{2}\S*")
_WHOLE = re.compile(r"^[ \t]*(?:-[ ]+)?([\"'])([^\"'\n]{4,}?)(?:\\n)?\1[ \t,;+\\)]*$", re.M)
_FIRST = re.compile(r"^[\w .:]+=[ \t(]*([\"'])([^\"'\n]{4,25}?)(?:\\n)?\1[ \t,+\\]*$", re.M)
_LISTS = re.compile(r"(?:\s*\[[^\[\]\n]*\][,;]?[ \t]*(?:\n|\Z)){4,}\s*")
_SHORT = re.compile(r"(?<![^,;\t\n])([\"'])([^\"',;\t\n]{0,3})\1(?![^,;\t\n])")
_MISSING = re.compile(r"(?<![^,;\t\n])[ ]*(?:None|NULL|null|NaN|nan|NA)(?![^,;\t\n])")
_FLOAT = re.compile(r"(?<![^,;\t\n])([ ]*\d{1,2})\.0*(?![^,;\t\n])")
_BOXED = re.compile(r"[\[(]([ 1-9._])[\])]")
_SLASHED = re.compile(r"(?<!\S)(?=\S*[4-9])(?:[\d.*_-]{9}/){8}[\d.*_-]{9}/?(?!\S)")
_CELLS = re.compile(r"(?=.*[1-9])[\dA-Pa-p.*_?Xx-]+")
_MARKED = re.compile(r"(?<!\S)(\*\*|__|`+)(\S{81}|\S{16})\1(?!\S)")
"""A board in bold letters or as code."""

_BOLD = re.compile(r"(?<=\|)[ \t]*(\*\*|__)([^\W_]{1,2})\1[ \t]*(?=\|)")
"""A cell in bold letters."""

_BOLD_ROW = re.compile(
    r"^[ \t]*\|(?:[ \t]{0,9}(?:(\*\*|__)[^\W_]{1,2}\1|[^\s|]{0,2})[ \t]{0,9}\|){4,}[ \t]*$",
    re.MULTILINE,
)
"""A row with a bar after each cell; where a bar ends a box, `|**J**|` is five cells."""

_BULLET = re.compile(r"^[ ]*[-*•+][ ]+", re.MULTILINE)

LEAST_CELLS, LEAST_SPACED, LEAST_ENDS = 16, 7, 2


def plain_rows(text: str) -> tuple[str, list[int]]:
    """The text without what pages, posts and programs write around rows.

    Returns:
        The new text, and for each of its lines the number of the old one where it begins.
    """
    text = _STATE.sub(_givens, text)
    numbers = list(range(1, text.count("\n") + 2))
    if (
        not text.strip().count("\n") and text.count("\\n") >= LEAST_ENDS
    ):  # a text as programs show it
        text = text.strip("\"' \n").replace("\\n", "\n")
        numbers = [1] * (text.count("\n") + 1)
    if _TABLE.search(text):
        text, numbers = _rows_of_page(text)
    text = _ENTITY.sub(lambda it: plain(unescape(it[0]).replace("\n", " ")), text)
    if "\\begin{" in text:
        text = _STYLED.sub(r"\1", _LATEX.sub("", text))
        text = re.sub(r"\|\.[ ]*$", "|", text.replace("&", "\t"), flags=re.MULTILINE)
    if column := _column(text):
        return column, [1]
    text = _STRING.sub(r"\2", text)
    text = _LINK.sub(lambda link: "".join(unquote(link[0]).split()), text)
    text = _SLASHED.sub(lambda rows: rows[0].replace("/", ""), text)
    if len(_BOXED.findall(text)) >= LEAST_CELLS:
        text = _BOXED.sub(r"\1", text)
    text = _BOLD_ROW.sub(lambda row: _BOLD.sub(r" \2 ", row[0]), _MARKED.sub(r"\2", text))
    text = _without_bullets(text)
    text = _QUOTED.sub("", _WHOLE.sub(r"\2", _FIRST.sub(r"\2", _BBCODE.sub("", text))))
    if _LISTS.fullmatch(text):  # a row a line
        text = re.sub(r"[\[\]]|(?<=,) (?=[\"'])|,[ \t]*$", "", text.replace("],", "]"))
    text = _NUMBERED.sub(_without_numbers, text)
    lines = _plain_fields(text).split("\n")
    if len(lines) >= LEAST_SPACED and "=" not in text:  # statements end at empty lines
        for first in (0, 1):
            if not any(lines[1 - first :: 2]):
                lines, numbers = lines[first::2], numbers[first::2]
    return "\n".join(lines), numbers


def _column(text: str) -> str:
    """The board of a square number of cells, each on a line of its own; "" where it is none."""
    cells = [line.strip() for line in text.split("\n")]
    if len(cells) >= LEAST_CELLS and {*map(len, cells)} <= {0, 1}:
        for found in (cells, cells[:-1], [*filter(None, cells)]):
            board = "".join(cell or "." for cell in found)
            if _CELLS.fullmatch(board) and isqrt(len(board)) ** 2 == len(board):
                return board
    return ""


def _rows_of_page(text: str) -> tuple[str, list[int]]:
    """A row of a table, or what stands between other breaks, a line; and where each begins."""

    def without(pattern: re.Pattern[str], instead: str = "") -> str:
        return pattern.sub(lambda it: it.expand(instead) + _BREAK * it[0].count(_BREAK), text)

    if "<pre" in text.lower():
        text = text.replace("\n", f"\n{_BREAK}")
    else:
        text = _BREAK.join(line.strip() for line in text.split("\n"))
    for pattern, instead in _PAGE:
        text = without(pattern, instead)
    text = unescape(text).replace("\u00a0", " ")
    text = without(_ENDS, "\n")
    numbers, line = [], 1
    for row in text.split("\n"):
        numbers.append(line + len(row) - len(row.lstrip(_BREAK)))
        line += row.count(_BREAK)
    return text.replace(_BREAK, ""), numbers


def _plain_fields(text: str) -> str:
    """The cells of a table without quotes, decimals, words for nothing, or an empty last column."""
    text = _FLOAT.sub(r"\1", _MISSING.sub("", _SHORT.sub(r"\2", text)))
    lines = [line for line in text.split("\n") if line.strip()]
    if lines and all(line.startswith("\t") and "\t" not in line.strip() for line in lines):
        return re.sub("^\t+", "", text, flags=re.MULTILINE)
    for sign in ",;\t":
        if lines and all(line.endswith(sign) and line.count(sign) == len(lines) for line in lines):
            return re.sub(f"{sign}$", "", text, flags=re.MULTILINE)
    return text


def _without_bullets(text: str) -> str:
    """The text without the signs of a list where its items are the rows of a square."""
    lines = [line for line in text.split("\n") if line.strip()]
    for line in lines:
        row = line[sign.end() :].split() if (sign := _BULLET.match(line)) else []
        if len(lines) not in (len(row), len("".join(row))):
            return text
    return _BULLET.sub("", text)


def _without_numbers(rows: re.Match[str]) -> str:
    ruler = rows["ruler"] or ""
    text = rows[0].removeprefix(ruler)
    numbers = [int(number) for number in re.findall(r"^ *(\d+)", text, re.M)]
    if numbers != [*range(numbers[0], numbers[0] + len(numbers))]:
        return rows[0]
    return ruler[-1:] + re.sub(r"^ *\d+(?: *[:.)|])?[ \t]*", "", text, flags=re.M)


def _givens(state: re.Match[str]) -> str:
    fields = state[1].split("|")[:-1]
    step, rest = divmod(len(fields), 81)
    if rest:
        return state[0]
    given = {"0"} if "0" in (states := fields[step - 1 :: step]) else {*states}
    cells = (
        value.strip() if fixed in given else "0"
        for value, fixed in zip(fields[::step], states, strict=True)
    )
    return "".join(cells) + "\n" * state[0].count("\n")
