"""Help pages fit 80 columns without broken words, and name every choice."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from puzzlesolver.cli.app import app, main
from tests.cli.test_docs import paths


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    root = get_command(app)
    for path in paths(root):
        command: Any = root
        for word in path:
            command = command.commands[word]
        yield path, command


@pytest.mark.parametrize("columns", ["80", "120"])
def test_words_are_whole_and_types_are_not_shown(
    columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    for path, command in commands():
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            assert main([*path, "--help"]) == 0
        page = printed.getvalue()
        assert max(map(len, page.splitlines())) <= int(columns)
        assert not re.search(r"<(bool|str|int|path|list)", page), path
        words = set(re.findall(r"[^\s│]+", page))
        for parameter in command.params:
            told = f"{parameter.help or ''} {parameter.metavar or ''}"
            assert words.issuperset(told.split()), (path, parameter.name, {*told.split()} - words)


def test_choices_are_named() -> None:
    for path, command in commands():
        for parameter in command.params:
            for choice in parameter.type_descriptor.choices or ():
                told = f"{parameter.help} {parameter.metavar}"
                assert re.search(rf"\b{choice}\b", told), (path, parameter.name, choice)
