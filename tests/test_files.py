"""Files appear whole or not at all: with a full disk, several writers, and whatever is raised."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from puzzlesolver.errors import UsageError
from puzzlesolver.files import held, placed, sweep, write_file, writing
from tests.cli.support import environment, small_disk

ROOM = 10_000
"""Bytes that a file may have on a small disk."""


def test_bytes_that_do_not_fit_leave_the_old_file(tmp_path: Path) -> None:
    write_file(tmp_path / "a", "old")
    with small_disk(ROOM):
        with pytest.raises(UsageError, match="cannot write it: File too large") as caught:
            write_file(tmp_path / "a", b"x" * 2 * ROOM)
        with pytest.raises(UsageError), writing(tmp_path / "a") as file:
            file.write("x" * 2 * ROOM)
    assert caught.value.where == str(tmp_path / "a")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "old")]


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    failing = pytest.raises(UsageError, match="cannot write it")
    with small_disk(ROOM), failing, placed(tmp_path / "b") as partial:
        partial.mkdir()
        write_file(partial / "one", b"x")
        write_file(partial / "two", b"x" * 2 * ROOM)
    assert not list(tmp_path.iterdir())
    with placed(tmp_path / "b") as partial:
        partial.mkdir()
        write_file(partial / "one", b"x")
    assert [path.name for path in tmp_path.rglob("*")] == ["b", "one"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, BrokenPipeError])
def test_whatever_is_raised_passes(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), writing(tmp_path / "a") as file:
        file.write("half")
        raise error
    assert not list(tmp_path.iterdir())


def test_an_error_about_another_file_keeps_its_words(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="elsewhere"), writing(tmp_path / "a"):
        (tmp_path / "elsewhere").read_bytes()


def test_the_last_of_two_writers_wins(tmp_path: Path) -> None:
    with writing(tmp_path / "a") as first, writing(tmp_path / "a") as second:
        first.write("first")
        second.write("second")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "first")]


def test_links_and_long_names_are_written_through(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    long = tmp_path / ("ä" * 127)
    for path in (tmp_path / "link", long):
        write_file(path, "new")
        assert path.read_text() == "new"
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_text() == "new"
    write_file(Path("/dev/null"), "nothing")
    assert Path("/dev/null").is_char_device()


def test_nobody_else_writes_what_is_held(tmp_path: Path) -> None:
    with held(tmp_path, "another run"):
        with (
            pytest.raises(UsageError, match="another run writes here"),
            held(tmp_path, "another run"),
        ):
            pass
        code = (
            "import sys; from pathlib import Path; from puzzlesolver.files import held\n"
            "with held(Path(sys.argv[1]), 'another run'): pass"
        )
        other = subprocess.run([sys.executable, "-c", code, tmp_path], stderr=subprocess.PIPE)
        assert b"another run writes here" in other.stderr
    assert not list(tmp_path.iterdir())


def test_what_a_killed_writer_left_goes_with_the_next_one(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from puzzlesolver.files import *\n"
        "b, a = Path(sys.argv[1], 'b[1]'), Path(sys.argv[1], 'a')\n"
        "with placed(b) as folder, writing(a) as file:\n"
        "    folder.mkdir(); write_file(folder / 'c', 'half'); file.write('half'); file.flush()\n"
        "    os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], env=environment())
    (left,) = tmp_path.glob(".a.*")
    others = (
        re.sub("-[0-9]+-", f"-{os.getpid()}-", left.name),  # of a process that lives
        re.sub("[.][0-9a-f]{8}-", ".0123abcd-", left.name),  # of another machine
        left.name.replace(".a.", ".aa."),
        re.sub("-[0-9]+-", f"-{'9' * 30}-", left.name),
    )
    for name in others:
        (tmp_path / name).touch()
    with placed(tmp_path / "b[1]") as folder, writing(tmp_path / "a") as file:
        folder.mkdir()
        file.write("whole")
        assert not left.exists()
        assert len(list(tmp_path.iterdir())) == len(others) + 2
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b[1]", *others}


def test_what_is_held_is_free_when_its_holder_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from puzzlesolver.files import *\n"
        "with held(Path(sys.argv[1]), 'x'), writing(Path(sys.argv[1], 'a')) as file:\n"
        "    file.write('half'); file.flush(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], env=environment())
    assert not (tmp_path / "a").exists()
    with held(tmp_path, "another run"):
        sweep(tmp_path)
    assert not list(tmp_path.iterdir())
