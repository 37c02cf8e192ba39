"""Readers need time in proportion to a text: a second pass per character would take minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.errors import ParseError

SIZE = 200_000
"""Characters; a second pass per character would take minutes."""

BEGIN = '{"size":9,"regions":[["R1C1"]],"grid":[[{"value":1}]'
PIECES = {
    "a number": "9",
    "rows of a cell": "1\n",
    "fields": "1,",
    "rows that do not end": "│1",
    "digits of another script": "٣",
    "tables": "| 1 | 2 |\n",
    "statements": "r1c1=1 ",
    "links": "https://f-puzzles.com/?load=N4Ig ",
    "a packed link": "N4Ig",
    "fences": "```\n",
    "small mazes": "###\n#SG\n###\n\n",
    "tokens": "<ADJLIST_START>",
    "a digit and spaces": "1" + " " * 5000,
    "lines between": "-\n",
    "lists": "[[1],",
    "objects": '{"a":',
    "headings": "[Puzzle]\n",
    "labels": "row 1: 1\n",
    "quotes": '"",',
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("domain", ["auto", "sudoku", "maze"])
@pytest.mark.parametrize("kind", [*PIECES, "cells of a setter"])
def test_what_never_ends(kind: str, domain: str, tmp_path: Path) -> None:
    path = tmp_path / "puzzle.txt"
    if kind == "cells of a setter":
        text = BEGIN + ',[{"value":1}]' * (SIZE // 14) + "]}"
    else:
        text = PIECES[kind] * (SIZE // len(PIECES[kind]))
    path.write_text(text, "utf-8")
    try:
        for _ in read_puzzles([path], domain):
            pass
    except ParseError as error:
        assert error.what
