"""Markup that never ends is read in one pass: a second pass per character would take minutes."""

from __future__ import annotations

import pytest

from puzzlesolver.domains.formats.markup import plain_rows
from puzzlesolver.domains.formats.programs import bracketed

LENGTH = 200_000


@pytest.mark.timeout(60)
@pytest.mark.parametrize("begin", ["", "<tr>", "\\begin{"])
@pytest.mark.parametrize(
    "piece",
    [
        *(" ", "[", "[b", "[[1,", "<a", "<input ", "<head ", "<script ", "<!--", "</td >   "),
        *("[]", "[1]", "0=>", "new  ", "c(1,", "[1]\n", "1: #\n", "'a\\\n"),
        *("http://a", "\\begin{", "\\a{", "> ", "'a", "version: 1 |", "{(["),
    ],
)
def test_what_never_ends(piece: str, begin: str) -> None:
    text = begin + piece * (LENGTH // len(piece))
    plain_rows(text)
    assert bracketed(text) == []
