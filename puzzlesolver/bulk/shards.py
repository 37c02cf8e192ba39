"""An input cut into shards, and a folder that remembers which of them are finished.

A shard's file is written under a temporary name and renamed when it is complete; its name holds the
shard's position and a hash of its puzzles. So whatever is killed at whatever time, a file is there
with all its results or not at all, and a changed input is noticed. `run.json`, written first, says
what the results depend on; `manifest.json`, written last, says that all are there.

    >>> folder = Folder(Path("out"), settings)
    >>> for shard in folder.unfinished(cut(puzzles, size=2_000)):
    ...     write_shard(folder.path / shard.name, lines)
    >>> folder.finish()["statuses"]
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import socket
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from puzzlesolver.domains.base import Puzzle
from puzzlesolver.domains.detect import RUN, SHARDS
from puzzlesolver.errors import UsageError
from puzzlesolver.files import explained, open_regular, sweep, write_file, writing
from puzzlesolver.shapes import check, difference

SCHEMA = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Shard:
    """Neighbours of an input.

    Attributes:
        index: of the shard, from 0.
        puzzles: at least one.
    """

    index: int
    puzzles: tuple[Puzzle, ...]

    @functools.cached_property
    def name(self) -> str:
        """Of its file; the names sort like the input."""
        digest = hashlib.sha256()
        for puzzle in self.puzzles:
            head = json.dumps([puzzle.domain, puzzle.name, puzzle.grid.shape])
            digest.update(head.encode() + b"\n" + puzzle.grid.tobytes())
        return f"{self.index:08}-{digest.hexdigest()[:16]}.jsonl"


def cut(puzzles: Iterable[Puzzle], size: int) -> Iterator[Shard]:
    """Shards of `size` puzzles, the last one smaller, read when they are asked for.

    Raises:
        UsageError: a puzzle is of another kind than the first one.
        ParseError: that of `puzzles`; the shard in which it happens is left out.
    """
    stream = iter(puzzles)
    kind: str | None = None
    for index in itertools.count():
        members = tuple(itertools.islice(stream, size))
        if not members:
            return
        kind = kind or members[0].domain
        other = next((puzzle for puzzle in members if puzzle.domain != kind), None)
        if other is not None:
            what = f"this is a {other.domain} puzzle, and those before it are {kind} puzzles"
            hint = "a folder holds the results of one kind and one model"
            raise UsageError(what, where=other.source, hint=hint)
        yield Shard(index, members)


class Folder:
    """Where the results of one run lie.

    Args:
        path: made when missing.
        settings: all that the results depend on beside the puzzles, as JSON data.

    Raises:
        UsageError: it holds the results of another run, or something else, or cannot be written.
    """

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self.path = path
        self._seen: list[str] = []
        with explained(path):
            path.mkdir(parents=True, exist_ok=True)
        if (path / RUN).exists():
            check_run(path, settings)
        elif any(path.glob("*.jsonl")):
            what = f"this folder holds other results: {RUN} is missing"
            raise UsageError(what, where=str(path), hint="name an empty folder")
        else:
            write_file(path / RUN, _json(_run(settings)))
        self._finished = {int(name.partition("-")[0]): name for name in self._names()}

    def unfinished(self, shards: Iterable[Shard]) -> Iterator[Shard]:
        """Shards that have no file yet; raises `UsageError` where the input has changed."""
        for shard in shards:
            self._seen.append(shard.name)
            found = self._finished.get(shard.index)
            if found is None:
                (self.path / MANIFEST).unlink(missing_ok=True)
                yield shard
            elif found != shard.name:
                what = f"the puzzles from here on are not those of {self.path / found}"
                hint = "give the input and --shard-size of the earlier run, or another folder"
                raise UsageError(what, where=shard.puzzles[0].source, hint=hint)

    def finish(self) -> dict[str, Any]:
        """Write and return the manifest: every shard with its hash, and how often each status.

        Raises:
            UsageError: the folder has shards that the input does not have.
        """
        if more := sorted({*self._names()} - {*self._seen}):
            hint = "give the whole input of the earlier run, or another folder"
            raise UsageError(f"the input ends before {more[0]}", where=str(self.path), hint=hint)
        statuses: Counter[str] = Counter()
        shards = []
        for name in self._seen:  # a network file system may list what is new a little later
            with open_regular(self.path / name) as file:
                data = file.read()
            try:
                rows = [json.loads(line) for line in data.splitlines()]
                check(rows, [{"status": str}])
            except (ValueError, RecursionError) as error:
                what, where = f"this is damaged: {error}", str(self.path / name)
                hint = "delete it and run the same command again"
                raise UsageError(what, where=where, hint=hint) from error
            found = Counter(row["status"] for row in rows)
            statuses += found
            sha256 = hashlib.sha256(data).hexdigest()
            shards.append({"file": name, "puzzles": found.total(), "sha256": sha256})
        manifest = {
            "schema": SCHEMA,
            "puzzles": statuses.total(),
            "statuses": dict(sorted(statuses.items())),
            "shards": shards,
        }
        write_file(self.path / MANIFEST, _json(manifest))
        sweep(self.path)
        return manifest

    def _names(self) -> list[str]:
        return sorted(path.name for path in self.path.glob(SHARDS))


def check_run(folder: Path, settings: dict[str, Any]) -> None:
    """Raise `UsageError` unless the folder is of a run with these settings."""
    path = folder / RUN
    try:
        with open_regular(path) as file:
            other = difference(json.load(file), _run(settings))
    except OSError as error:
        what = f"{socket.gethostname()} cannot read it: {error.strerror}"
        hint = "a folder that several machines fill must be one that all of them see"
        raise UsageError(what, where=str(path), hint=hint) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"this is damaged: {error}", where=str(path)) from error
    if other:
        what = f"the results here are of another run: its {other}"
        hint = "use the settings it was started with, or another folder"
        raise UsageError(what, where=str(folder), hint=hint)


def write_shard(path: Path, lines: Iterable[str]) -> None:
    """All results or no file."""
    with writing(path) as file:
        file.writelines(line + "\n" for line in lines)


def _run(settings: dict[str, Any]) -> Any:
    """What `RUN` says, as reading gives it back."""
    return json.loads(json.dumps({"schema": SCHEMA, **settings}))


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, indent=2).encode() + b"\n"
