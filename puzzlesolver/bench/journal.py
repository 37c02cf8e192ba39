"""A run's memory on disk: its settings on the first line, then one line a puzzle as it finishes.

While a run lasts its journal is `NAME.partial.jsonl`; beside the finished `NAME.json` it is
`NAME.jsonl`.

    >>> journal = Journal(Path("result.json"), settings, resume=True)
    >>> journal.add(record)
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from puzzlesolver.errors import UsageError
from puzzlesolver.files import explained, held, open_regular, write_file
from puzzlesolver.shapes import Rule, check, difference

SCHEMA = 1


class Journal:
    """What is known so far of a run.

    Args:
        out_json: where the run's report will be; None keeps the journal in memory.
        settings: all that the records depend on, as JSON data; another run's journal is refused.
        resume: go on with an unfinished journal, if there is one.
        kind: a dataclass, of the records.
        fits: whether a record, as JSON data of the kind's shape, can be one of this run.
        cost: the shape of what `cost.measure_cost` found.

    Attributes:
        records: of the puzzles that finished, in any session.
        cost: what `cost.measure_cost` found, once it has.
        path: the unfinished journal, or None in memory.

    Raises:
        UsageError: an unfinished journal is in the way, or is of another run, or cannot be written,
            or another process writes it.
    """

    def __init__(
        self,
        out_json: Path | None,
        settings: dict[str, Any],
        resume: bool,
        kind: type[Any],
        fits: Callable[[Any], bool] = lambda record: True,
        cost: Any = dict,
    ) -> None:
        self.records: list[Any] = []
        self._kind = kind
        self._line = ({"puzzle": Rule(kind, "a record of this run", fits)}, {"cost": cost})
        self._lock = contextlib.ExitStack()
        self.cost: dict[str, Any] | None = None
        self._header = {"schema": SCHEMA, "run": json.loads(json.dumps(settings))}
        self.path = None if out_json is None else out_json.with_suffix(".partial.jsonl")
        if self.path is None:
            if resume:
                raise UsageError(
                    "nothing to resume without a file", where="--resume", hint="add --json FILE"
                )
            return
        with explained(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as lock:
            lock.enter_context(held(self.path, "another run"))
            if not self.path.exists() or (self.path.is_file() and not self.path.stat().st_size):
                write_file(self.path, json.dumps(self._header) + "\n")
            elif resume:
                self._read(self.path)
            else:
                raise UsageError(
                    "an unfinished run is kept here",
                    where=str(self.path),
                    hint="go on with --resume, or delete it to start anew",
                )
            self._lock = lock.pop_all()  # else it ends with the error

    def add(self, record: Any) -> None:
        """One more puzzle has finished."""
        self.records.append(record)
        self._append({"puzzle": asdict(record)})

    def add_cost(self, cost: dict[str, Any]) -> None:
        """The cost has been measured."""
        self.cost = cost
        self._append({"cost": cost})

    def absorb(self, path: Path, key: Callable[[Any], Any]) -> None:
        """Take over the records of another journal of the same run whose keys are not here yet."""
        known = {key(record) for record in self.records}
        own, self.records = self.records, []
        self._read(path)
        found, self.records = self.records, own
        for record in found:
            if key(record) not in known:
                self.add(record)

    def finish(self) -> None:
        """Take the finished name."""
        if self.path is not None:
            self.path.replace(self.path.with_suffix("").with_suffix(".jsonl"))
        self._lock.close()

    def discard(self) -> None:
        """Forget it: all that it kept stands elsewhere."""
        if self.path is not None:
            self.path.unlink()
        self._lock.close()

    def _append(self, line: dict[str, Any]) -> None:
        if self.path is None:
            return
        with explained(self.path), contextlib.ExitStack() as failed:
            failed.callback(self._lock.close)  # who cannot write does not keep others from it
            with self.path.open("ab") as file:
                file.write(json.dumps(line).encode() + b"\n")
            failed.pop_all()

    def _read(self, path: Path) -> None:
        with explained(path, verb="read"), open_regular(path) as file:
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]  # a killed run may leave half a line
        try:
            if not whole:
                raise ValueError("its first line does not end")
            header, *lines = whole.split(b"\n")[:-1]
            if other := difference(json.loads(header), self._header).removeprefix("run."):
                raise UsageError(
                    f"this journal is of another run: its {other}",
                    where=str(path),
                    hint="use the settings it was started with, or delete it to start anew",
                )
            for number, line in enumerate(map(json.loads, lines), 2):
                check(line, self._line, f"line {number}")
                if "cost" in line:
                    self.cost = line["cost"]
                else:
                    self.records.append(self._kind(**line["puzzle"]))
        except (ValueError, RecursionError) as error:
            raise UsageError(
                f"this journal is damaged: {error}",
                where=str(path),
                hint="delete it to start anew",
            ) from error
        if path == self.path and whole != data:
            write_file(path, whole)
