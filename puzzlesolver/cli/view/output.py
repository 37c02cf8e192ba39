"""The sink: results in, one of seven formats out, to stdout or a file that appears when complete.

`text` is for people. `grid` and `line` carry answers only, so a puzzle without a right answer keeps
its blanks there and no wrong answer can pass for a right one. `json`, `jsonl` and `csv` carry
everything that is known. `submission` has the two attempts at each task of ARC, as Kaggle wants
them.

    >>> with open_output(Path("answers.jsonl")) as file:
    ...     writer = ResultWriter(file, "jsonl")
    ...     for result in results:
    ...         writer.write(result)
    ...     writer.close()
"""

from __future__ import annotations

import contextlib
import csv
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

from puzzlesolver.cli.options import Format
from puzzlesolver.domains.arc.submission import write_records
from puzzlesolver.domains.base import get_domain, written
from puzzlesolver.errors import UsageError
from puzzlesolver.files import writing
from puzzlesolver.printable import printable

if TYPE_CHECKING:
    from rich.text import Text

    from puzzlesolver.refine.report import Result

SCHEMA = 1
FIELDS = (
    *("name", "domain", "status", "verdict", "reason", "settled", "steps", "restarts", "seconds"),
    *("model", "seed", "solver", "question", "rules", "answer", "confidence"),
)
"""Fields of a JSON record after `schema`, and columns of the CSV."""

RECORDS = ("json", "jsonl", "csv", "submission")
"""Formats that are made of records."""

LIST = re.compile(r"\[\n([^\[\]{}\"]*)\n *\]")
"""A list of numbers in indented JSON, such as a row of a grid; texts have no line ends there."""

TRUSTED = ("solved", "answered", "ambiguous")
"""Statuses whose answer the formats `grid` and `line` print."""

STANDARD = "rules: standard"
"""What ends the rules of the grid before."""

STATUS_WORDS = {
    "solved": ("solved ✓ verified", "bold green"),
    "answered": ("answered", "bold"),
    "unsolved": ("unsolved", "bold red"),
}
"""Words and style of a status in text; others are themselves, in yellow."""


def record(result: Result) -> dict[str, Any]:
    """One result as JSON data: `schema`, then `FIELDS`, then what its kind has besides.

    `answer` is the last one the model gave, right or wrong, or null when it never started; of a
    task of ARC the first attempts at all its test inputs, with spaces between them;
    `confidence` is that of the least sure cell that it fills.
    """
    domain, answer = get_domain(result.puzzle.domain), result.answer
    values = {
        "name": result.puzzle.name,
        "domain": result.puzzle.domain,
        "status": result.status,
        "verdict": result.verdict.status,
        "reason": result.reason or result.verdict.reason,
        "settled": result.settled,
        "steps": result.steps,
        "restarts": result.restarts,
        "seconds": round(result.seconds, 4),
        "model": result.model,
        "seed": result.seed,
        "solver": result.solver,
        "question": result.puzzle.spell(domain.format_line(result.puzzle.grid)),
        "rules": result.puzzle.rules,
        "answer": " ".join(result.puzzle.spell(domain.format_line(grid)) for grid in result.answers)
        or None,
        "confidence": round(answer.least_sure(result.puzzle.grid), 4) if answer else None,
    }
    assert tuple(values) == FIELDS
    return {"schema": SCHEMA, **values, **result.details}


def summarise(result: Result) -> str:
    """What became of a puzzle, in one line."""
    return f"{printable(result.puzzle.name, keep='')}: {_outcome(result).plain}"


def _outcome(result: Result) -> Text:
    """The rules' verdict and the network's settling, always told apart."""
    from rich.text import Text

    words, style = STATUS_WORDS.get(result.status, (result.status, "bold yellow"))
    facts = [Text(words, style)]
    if result.solver == "exact":
        facts.append(Text("by the exact solver, not the model"))
    if result.steps:
        facts.append(Text("settled" if result.settled else "not settled"))
        facts.append(Text(count(result.steps, "step")))
        if result.restarts:
            facts.append(Text(count(result.restarts, "restart")))
        facts.append(Text(f"{result.seconds:.1f} s"))
    return Text(" · ").join(facts)


def _notes(result: Result) -> str:
    """Why it ended so, and what else is known."""
    reasons = [result.reason, *result.remarks]
    if result.status in ("unsolved", "answered", "interrupted"):
        reasons = [*reasons, result.verdict.reason]
    return "; ".join(dict.fromkeys(each for each in reasons if each not in ("", result.status)))


class ResultWriter:
    """Writes results one by one; every result but those of `json` is flushed at once.

    Args:
        file: where to.
        format: `json` is one object for one result and a list of them for more, written by `close`,
            as `submission` is.
    """

    def __init__(self, file: TextIO, format: Format) -> None:
        self.file = file
        self.format = format
        self._records: list[dict[str, Any]] = []
        self._attempts: dict[str, Any] = {}
        self._parted = False
        self._told = ""
        self._rows: csv.DictWriter[str] | None = None

    def write(self, result: Result, *, with_grid: bool = True) -> None:
        """Print one result; `with_grid=False` leaves out the grid of `text`."""
        if self.format in RECORDS:
            self.write_record(record(result))
            return
        if self.format == "text":
            self._write_text(result, with_grid)
        else:
            form: Literal["line", "grid"] = "line" if self.format == "line" else "grid"
            trusted = result.status in TRUSTED and result.answers
            for grid in trusted or [result.puzzle.grid]:
                if self._parted:  # rows of two mazes would be those of one
                    print(file=self.file)
                self._parted = self.format == "grid"
                if form == "grid" and (rules := self._heading(result)) == STANDARD:
                    print(rules, file=self.file)
                print(written(result.puzzle, grid, form), file=self.file)
        self.file.flush()

    def _heading(self, result: Result) -> str:
        """What says the rules of the next grid where they, or those before, are not the usual."""
        rules, before = result.puzzle.rules, self._told
        self._told = rules
        return f"rules: {rules}" if rules else STANDARD if before else ""

    def write_record(self, told: dict[str, Any]) -> None:
        """Print one result of an earlier run; `format` is one of `RECORDS`."""
        if self.format == "json":
            self._records.append(told)
        elif self.format == "submission":
            if "attempts" not in told:
                raise UsageError("a submission has tasks of ARC alone", where=told["name"])
            name, self._attempts[name] = told["name"], told["attempts"]
        elif self.format == "jsonl":
            print(json.dumps(told), file=self.file, flush=True)
        else:
            if self._rows is None:
                self._rows = csv.DictWriter(
                    self.file, FIELDS, extrasaction="ignore", lineterminator="\n"
                )
                self._rows.writeheader()
            self._rows.writerow(told | {"name": printable(told["name"])})
            self.file.flush()

    def close(self) -> None:
        """Write what had to wait for the last result."""
        if self.format == "json" and self._records:
            whole = self._records[0] if len(self._records) == 1 else self._records
            rows = LIST.sub(
                lambda row: f"[{' '.join(row[1].split())}]", json.dumps(whole, indent=2)
            )
            print(rows, file=self.file)
        elif self.format == "submission" and self._attempts:
            write_records(self._attempts, self.file)
        self.file.flush()

    def _write_text(self, result: Result, with_grid: bool) -> None:
        """A picture, a line that begins with the name, and what else there is to say below it."""
        from rich.console import Console
        from rich.text import Text

        from puzzlesolver.cli.view.frame import shortened

        console = Console(file=self.file, soft_wrap=True, highlight=False)
        if with_grid and (result.answer is not None or result.verdict.where):
            if rules := self._heading(result):
                console.print(Text(rules, "dim"))
            console.print(result.picture(console.width, console.color_system is not None))
        outcome, notes = _outcome(result), Text(printable(_notes(result)))
        name = shortened(result.puzzle.name, console.width - outcome.cell_len - 2)
        console.print(Text.assemble((name, "bold"), ": ", outcome))
        for line in notes.wrap(console, console.width - 2) if notes else ():
            console.print(Text("  ") + line)


@contextlib.contextmanager
def open_output(path: Path | None) -> Iterator[TextIO]:
    """Stdout, or a file that is renamed into place at the end.

    A puzzle that cannot be read, or Ctrl-C, keeps what was written before it, as stdout would; when
    nothing was, or the disk is full, an older file stays.

    Raises:
        UsageError: the file cannot be written.
    """
    if path is None:
        yield sys.stdout
        return
    ended: BaseException | None = None
    with writing(path) as file:
        try:
            yield file
        except OSError:
            raise
        except BaseException as error:
            if not file.tell():
                raise
            ended = error
    if ended is not None:
        raise ended


def count(number: int, noun: str) -> str:
    """So many of something, in words."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
