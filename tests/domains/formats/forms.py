"""Ways in which other programs, sites and people write one board of 9×9 or more."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from html import escape
from string import ascii_uppercase
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.sudoku.render import format_line
from tests.domains.sudoku.support import BOX_SHAPES

Form = Callable[[Grid], bytes]


def _rows(grid: Grid, blank: str = ".") -> list[str]:
    line = format_line(grid).replace(".", blank)
    return [line[start : start + len(grid)] for start in range(0, len(line), len(grid))]


def _line(grid: Grid, blank: str = ".") -> str:
    return "".join(_rows(grid, blank))


def _less(grid: Grid) -> npt.NDArray[np.int8]:
    """The numbers, with -1 for blanks."""
    return np.where(grid, grid, -1).astype(np.int8)


def _framed(grid: Grid, signs: str, *, tight: bool = False) -> str:
    """Boxes in a frame, blanks as spaces; signs are those of left, middle and right of 3 lines."""
    height, width = BOX_SHAPES[len(grid)]
    across, down = signs[9:]
    boxes = len(grid) // width

    def rule(left: str, middle: str, right: str) -> str:
        part = across * (width if tight else 2 * width + 1)
        return left + middle.join([part] * boxes) + right

    lines = [rule(*signs[:3])]
    for number, row in enumerate(_rows(grid, " ")):
        if number and number % height == 0:
            lines.append(rule(*signs[3:6]))
        words = [row[start : start + width] for start in range(0, len(row), width)]
        cells = words if tight else [f" {' '.join(word)} " for word in words]
        lines.append(down + down.join(cells) + down)
    return "\n".join([*lines, rule(*signs[6:9])])


def _ruled(grid: Grid, signs: str) -> str:
    """A line around every cell."""
    left, middle, right, across, down = signs
    rule = left + middle.join([across * 3] * len(grid)) + right
    rows = [down + down.join(f" {cell} " for cell in row) + down for row in _rows(grid, " ")]
    return f"{rule}\n" + f"\n{rule}\n".join(rows) + f"\n{rule}"


def _table(grid: Grid, heads: list[str] | None) -> str:
    """A table of Markdown, whose first row is the heads where it has none of its own."""
    rows = [list(row) for row in _rows(grid, " ")]
    first, *others = [heads, *rows] if heads else rows
    lines = [first, ["---"] * len(grid), *others]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _marks(grid: Grid) -> str:
    """Candidates in open cells, as many solvers print them."""
    rng = np.random.default_rng(grid.sum())

    def cell(value: int) -> str:
        options = np.flatnonzero(rng.random(len(grid)) < 0.4) + 1
        many = "".join(map(str, options)) if len(options) > 1 else "12"
        return f"{value or many:<9}"

    return "\n".join(f"| {' '.join(map(cell, row))} |" for row in grid.tolist())


def _statements(grid: Grid) -> str:
    return " ".join(f"r{r + 1}c{c + 1}={grid[r, c]}" for r, c in np.argwhere(grid))


def _setter(grid: Grid, cell: Callable[[int], object], **others: object) -> str:
    rows = [[cell(value) for value in row] for row in grid.tolist()]
    return json.dumps({**others, "grid" if "size" in others else "cells": rows})


def _given(value: int) -> object:
    return {"value": value, "given": True} if value else {"cornerPencilMarks": [1]}


def _csv(grid: Grid, separator: str, blank: str = "") -> str:
    return "\n".join(separator.join(str(v or blank) for v in row) for row in grid.tolist())


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def _wide(text: str) -> str:
    """Full-width forms of all signs."""
    return "".join("　" if sign == " " else chr(ord(sign) + 0xFEE0) for sign in text)


def _arabic(text: str) -> str:
    return text.translate({ord("0") + digit: 0x660 + digit for digit in range(10)})


def _index(grid: Grid, first: int) -> str:
    heads = ",".join(["", *map(str, range(first, len(grid) + first))])
    rows = [f"{number},{row}" for number, row in enumerate(_csv(grid, ",", "0").split("\n"))]
    return "\n".join([heads, *rows])


LIGHT = "┌┬┐├┼┤└┴┘─│"
DOUBLE = "╔╦╗╠╬╣╚╩╝═║"
HEAVY = "┏┳┓┣╋┫┗┻┛━┃"
MIXED = "╔╤╗╟┼╢╚╧╝─│"
ASCII = "+++++++++-|"

TEXTS: dict[str, Callable[[Grid], str]] = {
    **{
        f"frame {signs}": lambda grid, signs=signs: _framed(grid, signs)
        for signs in (LIGHT, DOUBLE, HEAVY, MIXED, ASCII)
    },
    "tight frame": lambda grid: _framed(grid, LIGHT, tight=True),
    "tight frame of ASCII": lambda grid: _framed(grid, ASCII, tight=True),
    "ruled": lambda grid: _ruled(grid, "├┼┤─│"),
    "ruled in ASCII": lambda grid: _ruled(grid, "+++-|"),
    "question marks": lambda grid: " ".join(_line(grid, "?")),
    "middle dots": lambda grid: "\n".join(_rows(grid, "·")),
    "boxes for blanks": lambda grid: "\n".join(_rows(grid, "□")),
    "dashes of typographers": lambda grid: "\n".join(map(" ".join, _rows(grid, "–"))),
    "no-break spaces": lambda grid: "\n".join(map("\u00a0".join, _rows(grid))),
    "thin spaces": lambda grid: "\n".join(map("\u2009".join, _rows(grid))),
    "full width": lambda grid: _wide("\n".join(map(" ".join, _rows(grid)))).replace("ﻪ", "\n"),
    "Arabic digits": lambda grid: _arabic("\n".join(_rows(grid, "0"))),
    "carriage returns": lambda grid: "\r".join(_rows(grid)),
    "heading": lambda grid: "Puzzle 17 (hard), by me\n" + "\n".join(_rows(grid)),
    "number above": lambda grid: "17.\n" + "\n".join(_rows(grid)),
    "number before": lambda grid: f"17: {_line(grid)}",
    "number in brackets": lambda grid: f"17) {_line(grid)}",
    "rating before": lambda grid: f"4.5 {_line(grid)}",
    "rating behind": lambda grid: f"{_line(grid)} 4.5",
    "comment behind": lambda grid: f"{_line(grid)}  # hard",
    "comment of C": lambda grid: f"{_line(grid)} // hard",
    "comment after a semicolon": lambda grid: f"{_line(grid)} ; ED=1.2",
    "quotation": lambda grid: "\n".join(f"> {' '.join(row)}" for row in _rows(grid)),
    "fence": lambda grid: "Look:\n\n```\n" + "\n".join(_rows(grid)) + "\n```\n",
    "table": lambda grid: _table(grid, [*ascii_uppercase[: len(grid)]]),
    "table with numbers": lambda grid: _table(grid, [str(n + 1) for n in range(len(grid))]),
    "table without heads": lambda grid: _table(grid, None),
    "link": lambda grid: f"https://example.org/sudoku.htm?bd={_line(grid, '0')}&x=1",
    "link with a fragment": lambda grid: f"https://example.org/#{_line(grid)}",
    "XML": lambda grid: (
        f'<?xml version="1.0"?>\n<opensudoku>\n<name>A</name>\n<game data="{_line(grid, "0")}" />\n'
        "</opensudoku>"
    ),
    "XML on one line": lambda grid: f'<opensudoku><game data="{_line(grid, "0")}"/></opensudoku>',
    "YAML": lambda grid: f"puzzle: {escape(_line(grid))}\n",
    "commas": lambda grid: _csv(grid, ",", "0"),
    "commas and blanks": lambda grid: _csv(grid, ","),
    "semicolons": lambda grid: _csv(grid, ";"),
    "tabs": lambda grid: _csv(grid, "\t"),
    "cells on one line": lambda grid: ",".join(map(str, grid.ravel())),
    "cells on one line below heads": lambda grid: (
        ",".join(f"c{n}" for n in range(grid.size)) + "\n" + ",".join(map(str, grid.ravel()))
    ),
    "index": lambda grid: _index(grid, 0),
    "header": lambda grid: f"puzzle,solution\n{_line(grid)},\n",
    "header of Kaggle": lambda grid: f"quizzes,solutions\n{_line(grid, '0')},{_line(grid, '0')}",
    "header and semicolons": lambda grid: f"ID;Sudoku;Level\n1;{_line(grid)};easy\n",
    "header and tabs": lambda grid: f"id\tunsolved\n1\t{_line(grid)}\n",
    "quoted fields": lambda grid: f'"id","Puzzle"\n"1","{_line(grid)}"\n',
    "fields of many lines": lambda grid: 'puzzle\n"' + "\n".join(_rows(grid)) + '"\n',
    "JSON": lambda grid: json.dumps(grid.tolist()),
    "JSON with nulls": lambda grid: json.dumps([[v or None for v in row] for row in grid.tolist()]),
    "JSON of text": lambda grid: json.dumps(_rows(grid)),
    "JSON of one list": lambda grid: json.dumps(grid.ravel().tolist()),
    "JSON of characters": lambda grid: json.dumps([list(row) for row in _rows(grid, " ")]),
    "JSON object": lambda grid: json.dumps({"id": 1, "puzzle": _line(grid), "solution": ""}),
    "JSON object with a grid": lambda grid: json.dumps({"Grid": grid.tolist(), "level": "hard"}),
    "JSON within JSON": lambda grid: json.dumps({"data": {"a": [{"question": grid.tolist()}]}}),
    "JSON list of objects": lambda grid: json.dumps([{"board": _line(grid)}]),
    "JSON with line ends": lambda grid: json.dumps({"puzzle": "\n".join(_rows(grid))}),
    "Python": lambda grid: "board = " + json.dumps(grid.tolist()).replace("], ", "],\n "),
    "print of numpy": lambda grid: str(grid),
    "f-puzzles": lambda grid: _setter(grid, _given, size=len(grid), title="", negative=[]),
    "SudokuPad": lambda grid: _setter(grid, lambda v: {"value": v} if v else {}, cages=[]),
}

PAGES: dict[str, Callable[[Grid], str]] = {
    "JSON with -1": lambda grid: json.dumps(_less(grid).tolist()),
    "CSV with -1": lambda grid: "\n".join(",".join(map(str, row)) for row in _less(grid)),
    "columns with -1": lambda grid: "\n".join(
        " ".join(f"{cell:2}" for cell in row) for row in _less(grid)
    ),
    "list of rows": lambda grid: "\n".join(f"- {row}" for row in _rows(grid)),
    "list of cells": lambda grid: "\n".join(f"* {' '.join(row)}" for row in _rows(grid, "_")),
    "bold cells": lambda grid: "\n".join(
        f"| {' | '.join(f'**{cell}**' if cell.strip() else ' ' for cell in row)} |"
        for row in _rows(grid, " ")
    ),
    "table of HTML": lambda grid: _html(grid, "\n", "&nbsp;"),
    "table of HTML on one line": lambda grid: _html(grid, "", ""),
    "LaTeX": lambda grid: (
        "\\begin{tabular}{|c|c|}\n\\hline\n"
        + _csv(grid, " & ").replace("\n", " \\\\ \\hline\n")
        + " \\\\ \\hline\n\\end{tabular}"
    ),
    "code of a forum": lambda grid: "[code]\n" + "\n".join(_rows(grid)) + "\n[/code]\nWhat next?",
    "repr of numpy": lambda grid: repr(grid.astype(int)),
    "print of floats": lambda grid: str(grid.astype(float)),
    "tuples": lambda grid: f"b = {tuple(tuple(v or None for v in row) for row in grid.tolist())}",
    "C": lambda grid: (
        "int b[9][9] = "
        + str(grid.tolist()).translate(str.maketrans("[]", "{}")).replace("}, ", "},  // row\n ")
        + ";"
    ),
    "Java": lambda grid: "String[] b = {" + ",\n".join(f'"{row}"' for row in _rows(grid)) + "};",
    "Prolog": lambda grid: f"problem(1, {_lists(grid)}).".replace("0", "_"),
    "game of OpenSudoku": lambda grid: (
        '<opensudoku><game state="1" data="version: 1\n'
        + "".join(f"{value}|{'-' if value else '1,2,'}|{int(not value)}|" for value in grid.ravel())
        + '" /></opensudoku>'
    ),
    "quoted cells": lambda grid: "\n".join(
        ",".join(f'"{value or ""}"' for value in row) for row in grid.tolist()
    ),
    "floats": lambda grid: "\n".join(
        ",".join(f"{value}.0" if value else "NaN" for value in row) for row in grid.tolist()
    ),
    "commas behind": lambda grid: _csv(grid, ",").replace("\n", ",\n") + ",",
    "letters above": lambda grid: f"{','.join('ABCDEFGHI')}\n{_csv(grid, ',', '0')}",
    "spaces for blanks": lambda grid: "\n".join(_rows(grid, " ")),
    "spaces for blanks in bands": lambda grid: "\n".join(_framed(grid, ASCII).split("\n")[1:-1]),
    "keycaps": lambda grid: re.sub(r"(\d)", "\\1\ufe0f\u20e3", "\n".join(_rows(grid, "🟦"))),
    "circles": lambda grid: "\n".join(_rows(grid)).translate(
        {ord("0") + digit: 0x2460 + digit - 1 for digit in range(1, 10)}
    ),
    "labels": lambda grid: (
        "    1 2 3   4 5 6   7 8 9\n  +-------+\n"
        + "\n".join(
            f"{label} | {' '.join(row)} |"
            for label, row in zip("ABCDEFGHI", _rows(grid), strict=True)
        )
    ),
    "numbers of rows": lambda grid: "\n".join(
        f"R{number} {' '.join(row)}" for number, row in enumerate(_rows(grid), 1)
    ),
    "link with percents": lambda grid: "https://example.org/?s=" + quote(_line(grid, "*"), safe=""),
    "rows with slashes": lambda grid: "/".join(_rows(grid)),
    "header in other words": lambda grid: f"solved_sudoku,unsolved_sudoku\n,{_line(grid)}\n",
    "JSON of pandas": lambda grid: json.dumps({"puzzle": {"0": _line(grid)}, "level": {"0": 1}}),
    "JSON split": lambda grid: json.dumps({"columns": ["puzzle"], "data": [[_line(grid)]]}),
    "JSON of floats": lambda grid: json.dumps(grid.astype(float).tolist()),
    "cells on lines": lambda grid: "\n".join(_line(grid)),
    "cells on lines, some empty": lambda grid: "\n".join(str(v or "") for v in grid.ravel()) + "\n",
    "Mathematica": lambda grid: "{{" + _lists(grid)[2:-2].translate(CURLY) + "}}",
    "MATLAB": lambda grid: "A = [" + ";\n     ".join(map(" ".join, _rows(grid, "0"))) + "];",
    "Go": lambda grid: (
        "b := [][]byte{\n"
        + "".join("  {" + ",".join(f"'{c}'" for c in row) + "},\n" for row in _rows(grid))
        + "}"
    ),
    "print of pandas": lambda grid: "\n".join(
        ["   " + "  ".join("012345678")]
        + [f"{n}  {'  '.join(row)}" for n, row in enumerate(_rows(grid, "0"))]
    ),
    "print of R": lambda grid: "\n".join(
        ["      " + " ".join(f"[,{n}]" for n in range(1, 10))]
        + [f" [{n},]    {'    '.join(row)}" for n, row in enumerate(_rows(grid, "0"), 1)]
    ),
    "rows and columns by name": lambda grid: "\n".join(
        ["   " + " ".join(f"c{n}" for n in range(1, 10))]
        + [f"r{n} {'  '.join(row)}" for n, row in enumerate(_rows(grid), 1)]
    ),
    "string of Python": lambda grid: 'grid = """\n' + "\n".join(_rows(grid)) + '\n"""\n',
    "string of Python from the first line": lambda grid: (
        "puzzle = r'''" + "\n".join(map(" ".join, _rows(grid))) + "'''"
    ),
    "string of JavaScript": lambda grid: "const s = `\n" + "\n".join(_rows(grid)) + "\n`;",
    "time behind": lambda grid: "Puzzle:\n" + "\n".join(_rows(grid)) + "\nTime: 0.01 s\n",
    "clock behind": lambda grid: f"{_line(grid)}\nSolved in: 12.5 ms\n",
    "entities": lambda grid: "\n".join(map("&nbsp;".join, _rows(grid))),
    "entities for all blanks": lambda grid: "&#10;".join(_rows(grid)).replace(".", "&middot;"),
    "empty lines between": lambda grid: "\n\n".join(map(" ".join, _rows(grid))),
    "empty lines between all": lambda grid: (
        "My puzzle:\n\n" + _framed(grid, ASCII).replace("\n", "\n\n") + "\n"
    ),
    "bars between cells": lambda grid: "\n".join(map("|".join, _rows(grid, " "))),
    "bars between cells and bands": lambda grid: "\n---+---+---\n".join(
        " │ ".join(row).rstrip() for row in _rows(grid, " ")
    ),
    "list of Markdown": lambda grid: "\n".join(
        f"{number}. {' '.join(row)}" for number, row in enumerate(_rows(grid), 1)
    ),
    "table of a spreadsheet": lambda grid: "\n".join(
        [",A,B,C,D,E,F,G,H,I"]
        + [f"{number},{row}" for number, row in enumerate(_csv(grid, ",").split("\n"), 1)]
    ),
    "cells of a spreadsheet": lambda grid: "\n".join(
        ["\tA\tB\tC\tD\tE\tF\tG\tH\tI"]
        + [f"{number}\t{row}" for number, row in enumerate(_csv(grid, "\t").split("\n"), 1)]
    ),
    "table with names of cells": lambda grid: "\n".join(
        ["| |A|B|C|D|E|F|G|H|I|", "|-" * 10 + "|"]
        + [f"|{n}|{'|'.join(row)}|" for n, row in enumerate(_rows(grid, " "), 1)]
    ),
    "program around strings": lambda grid: (
        "grid = (\n" + "\n".join(f'    "{row}"' for row in _rows(grid)) + "\n)\nprint(grid)\n"
    ),
    "strings of C": lambda grid: (
        "char *s =\n" + "\n".join(f'  "{row}"' for row in _rows(grid)) + ";\n"
    ),
    "JSON by names": lambda grid: json.dumps({"easy": {"1": _line(grid)}, "by": "me"}),
    "JSON of a text of lines": lambda grid: json.dumps({"hard": "\n".join(_rows(grid))}),
    "JSON of rows by name": lambda grid: json.dumps(
        {f"row{number}": row for number, row in enumerate(_rows(grid), 1)}
    ),
    "JSON of names of cells": lambda grid: json.dumps(
        {f"{'ABCDEFGHI'[r]}{c + 1}": int(grid[r, c]) for r, c in np.ndindex(*grid.shape)}
    ),
    "JSON of places of cells": lambda grid: json.dumps(
        {"cells": [{"col": c, "row": r, "value": int(v)} for (r, c), v in np.ndenumerate(grid)]}
    ),
    "dict of Python": lambda grid: str({"easy": {1: _line(grid)}, "done": None}),
    "dict of Python in double quotes": lambda grid: '{"hard": None, "grid": "' + _line(grid) + '"}',
    "dict of Python with an array": lambda grid: "{'puzzle': " + repr(grid.astype(int)) + "}",
    "dict of names of cells": lambda grid: str(
        {f"{'ABCDEFGHI'[r]}{c + 1}": str(v or "123") for (r, c), v in np.ndenumerate(grid)}
    ),
    "lists of Python on lines": lambda grid: "\n".join(map(str, grid.tolist())),
    "strings with plus": lambda grid: (
        "s = '" + "' +\n    '".join(_rows(grid)) + "';\nconsole.log(solve(s));"
    ),
    "strings with backslashes": lambda grid: "grid = '" + "' \\\n  '".join(_rows(grid)) + "'",
    "matrix of R": lambda grid: f"m <- matrix(c({_all(grid)}),\n  nrow = 9, byrow = TRUE)",
    "matrix of R, filled by columns": lambda grid: f"m <- matrix(c({_all(grid.T)}), 9, 9)",
    "matrix of R, turned": lambda grid: f"t(matrix(c({_all(grid)}), nrow=9))",
    "rbind of R": lambda grid: "m <- rbind(" + _made("c({})", grid) + ")",
    "cbind of R": lambda grid: "m <- cbind(" + _made("c({})", grid.T) + ")",
    "reshape of numpy": lambda grid: f"a = np.array([{_all(grid)}]).reshape((9, 9))",
    "reshape of numpy by columns": lambda grid: f"np.reshape([{_all(grid.T)}], (9, 9), order='F')",
    "reshape of MATLAB": lambda grid: f"A = reshape([{_all(grid)}], 9, 9)';",
    "rows of MATLAB": lambda grid: "A = [" + "; ...\n".join(_csv(grid, ",", "0").split()) + "];",
    "array2d of MiniZinc": lambda grid: f"p = array2d(1..9, 1..9, [\n{_all(grid)}]);",
    "matrix of MiniZinc": lambda grid: (
        "p = [| " + "\n | ".join(_csv(grid, ", ", "_").split("\n")) + " |];"
    ),
    "one list of C": lambda grid: f"int grid[81] = {{\n{_all(grid)}\n}};",
    "Kotlin": lambda grid: "val b = arrayOf(\n" + _made("intArrayOf({})", grid) + ")",
    "Go with types": lambda grid: "b := [][]int{\n" + _made("[]int{{{}}}", grid) + ",\n}",
    "Rust": lambda grid: "let b = vec![" + _made("vec![{}]", grid) + "];",
    "F#": lambda grid: (
        "let b = [ " + _made("[{}]", grid).replace(", ", ";").replace(",\n", "\n") + " ]"
    ),
    "PHP": lambda grid: "$b = array(" + _made("0 => array({})", grid) + ");",
    "Lisp": lambda grid: (
        "(setf *b* #2A(" + "\n".join(f"({' '.join(r)})" for r in _rows(grid, "0")) + "))"
    ),
    "SQL": lambda grid: f"INSERT INTO p (id, puzzle, answer) VALUES\n(1, '{_line(grid)}', NULL);",
    "INI": lambda grid: "[Puzzle]\n" + "\n".join(f"row{n}={r}" for n, r in enumerate(_rows(grid))),
    "text as Python shows it": lambda grid: repr("\n".join(_rows(grid))),
    "ends of lines by name": lambda grid: "\\n".join(_rows(grid)),
    "fence around JSON": lambda grid: (
        'Here it is:\n\n```json\n{\n "puzzle": "' + _line(grid) + '"\n}\n```\nCan you solve it?'
    ),
    "object with a name": lambda grid: "const p = " + json.dumps({"grid": grid.tolist()}) + ";",
    "bold": lambda grid: f"**{_line(grid)}**",
    "code in a sentence": lambda grid: f"Try `{_line(grid)}` please",
    "table of a database": lambda grid: (
        f" id | puzzle \n----+--------\n  1 | {_line(grid)}\n(1 row)\n"
    ),
    "table of boards": lambda grid: f"| id | puzzle |\n|----|:---|\n| 1 | {_line(grid)} |\n",
    "colours of a terminal": lambda grid: "\n".join(f"\x1b[1;31m{r}\x1b[0m" for r in _rows(grid)),
    "JSON of cells": lambda grid: json.dumps(
        {"board": [[{"value": v or None, "isGiven": v > 0} for v in r] for r in grid.tolist()]}
    ),
    "JSON of an object a cell": lambda grid: json.dumps(
        {"cells": [{"r": r, "c": c, "v": int(grid[r, c])} for r, c in _told(grid)]}
    ),
    "JSON of places": lambda grid: json.dumps(
        {f"{r},{c}": int(grid[r, c]) for r, c in np.ndindex(grid.shape)}
    ),
    "JSON list of cells": lambda grid: (
        "[" + _cells(grid, '{{"row": {r}, "column": {c}, "value": {v}}}', ",\n") + "]"
    ),
    "JSON with commas at the end": lambda grid: (
        "[\n" + "".join(f"  {row},\n" for row in grid.tolist()) + "]\n"
    ),
    "Python's dict of cells": lambda grid: (
        "puzzle = {" + _cells(grid, "({r}, {c}): {v}", ", ") + "}"
    ),
    "facts": lambda grid: "% clues\n" + _cells(grid, "given({r},{c},{v}).", "\n", 1),
    "assignments": lambda grid: _cells(grid, "grid[{r}][{c}] = {v};", "\n"),
    "cells by name": lambda grid: "\n".join(
        f"{ascii_uppercase[r]}{c + 1}: {grid[r, c]}" for r, c in np.argwhere(grid)
    ),
    "list of triples": lambda grid: "clues = [" + _cells(grid, "[{r}, {c}, {v}]", ", ") + "]",
    "JSON of triples": lambda grid: (
        '{"givens": [' + _cells(grid, "[{r}, {c}, {v}]", ", ", 1) + "]}"
    ),
    "constraints": lambda grid: _cells(grid, "constraint x[{r},{c}] = {v};", "\n", 1),
    "statements of z3": lambda grid: _cells(grid, "s.add(X[{r}][{c}] == {v})", "\n"),
    "one statement of z3": lambda grid: f"s.add({_cells(grid, 'X[{r}][{c}]=={v}', ', ')})",
    "answer set of clingo": lambda grid: (
        "clingo version 5.4.0\nReading from a.lp\nSolving...\nAnswer: 1\nrow(1) row(2) num(9) "
        + _cells(grid, "value({r},{c},{v})", " ", 1)
        + "\nSATISFIABLE\n\nModels       : 1+\nTime         : 0.013s\n"
    ),
    "records of pandas": lambda grid: json.dumps(_records(grid, "{n}")),
    "records of pandas by letters": lambda grid: json.dumps(_records(grid, "{letter}"), indent=1),
    "records of pandas a line": lambda grid: "\n".join(map(json.dumps, _records(grid, "c{n}"))),
    "records that Python printed": lambda grid: str(_records(grid, "col_{n}")),
    "JSON of i and j": lambda grid: json.dumps(
        [{"i": r, "j": c, "value": int(grid[r, c])} for r, c in _told(grid)]
    ),
    "JSON of indices": lambda grid: json.dumps(
        [{"index": r * len(grid) + c, "value": int(grid[r, c]) or None} for r, c in _told(grid)]
    ),
    "table of cells": lambda grid: "row,col,value\n" + _cells(grid, "{r},{c},{v}", "\n", 1),
}
"""What has other things around it, so that it stands alone in a text."""


def _cells(grid: Grid, form: str, between: str, first: int = 0) -> str:
    """The givens one by one, their places counted from that number."""
    return between.join(form.format(r=r + first, c=c + first, v=grid[r, c]) for r, c in _told(grid))


def _records(grid: Grid, name: str) -> list[dict[str, int | None]]:
    """The rows with a name for each column."""
    names = [name.format(n=n, letter=letter) for n, letter in enumerate(ascii_uppercase)]
    rows = grid.tolist()
    return [{name: v or None for name, v in zip(names, row, strict=False)} for row in rows]


def _told(grid: Grid) -> list[list[int]]:
    """The places of the givens, and of two corners, without which the first may be 0 or 1."""
    told = grid > 0
    told[0, 0] = told[-1, -1] = True
    return np.argwhere(told).tolist()


def _html(grid: Grid, end: str, blank: str) -> str:
    rows = (
        "<tr>" + end.join(f"<td class='c'>{value or blank}</td>" for value in row) + "</tr>"
        for row in grid.tolist()
    )
    return f"<html><body><table>{end}{end.join(rows)}{end}</table></body></html>"


CURLY = str.maketrans("[]", "{}")


def _all(grid: Grid) -> str:
    return ", ".join(map(str, grid.ravel()))


def _made(row: str, grid: Grid) -> str:
    return ",\n".join(row.format(", ".join(map(str, cells))) for cells in grid.tolist())


def _lists(grid: Grid) -> str:
    return "[[" + "],\n [".join(_csv(grid, ",", "0").split("\n")) + "]]"


FILES: dict[str, Form] = {
    **{
        f"rows in {encoding}": lambda grid, encoding=encoding: "\n".join(_rows(grid)).encode(
            encoding
        )
        for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "utf-8-sig")
    },
    "heading in Latin-1": lambda grid: f"Rätsel\n{_line(grid)}".encode("latin-1"),
    "end of DOS": lambda grid: f"{_line(grid)}\r\n\x1a".encode(),
    "npy with -1": lambda grid: _npy(_less(grid)),
    "npy": lambda grid: _npy(grid),
    "npy of floats": lambda grid: _npy(grid.astype(">f8")),
    "npy in Fortran's order": lambda grid: _npy(np.asfortranarray(grid.astype(np.int32))),
    "npy of one line": lambda grid: _npy(grid.ravel()),
    "npy of text": lambda grid: _npy(np.array([_line(grid)])),
    "npz": lambda grid: _npz(grid=grid),
    "npz with answers": lambda grid: _npz(quizzes=grid[None], solutions=grid[None]),
}
