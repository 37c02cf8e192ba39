"""How commands declare what they take, and the options that several of them share.

In: a function whose parameters, or the fields of its one frozen dataclass `arguments`, are
annotated with an option and the help of it. Out: what Typer makes a command of.

    >>> @command
    ... def count(number: Annotated[int, option("--number -n", "N", whole(1)), "How many."] = 1):
    ...     print(number)
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import math
import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import typer

from puzzlesolver.cli import complete
from puzzlesolver.errors import UsageError

MOST = 2**31 - 1
"""Largest number that an option takes, where nothing else limits it."""

MOST_PROCESSES = 4_096
MOST_THREADS = 1_024
"""Far more than cores make nothing faster; torch crashes on 100,000."""

MOST_SEED = 2**62
MOST_NOISE = 100.0
MOST_TOGETHER = 2**14
"""Puzzles or rollouts in one batch; a million of them took more memory than machines have."""

MACHINE = "Machine"
"""Panel of the help for options that change the speed and never an answer."""

SEARCH = "Search"
"""Panel of the help for options that change how long and how widely is searched."""

OUTPUT = "Output"
"""Panel of the help for options that say what is written where."""

Format = Literal["text", "grid", "line", "json", "jsonl", "csv", "submission"]
"""What `view.output.ResultWriter` can write."""


def command(run: Callable[..., None]) -> Callable[..., None]:
    """What Typer takes for a command: help is part of the option, fields are parameters."""
    given = get_type_hints(run).get("arguments")
    hints = get_type_hints(given or run, include_extras=True)
    for hint in hints.values():
        if get_origin(hint) is Annotated:
            _, declared, declared.help = get_args(hint)

    @functools.wraps(run)
    def called(**words: Any) -> None:
        if given is None:
            run(**words)
        else:
            run(given(**words))

    parameters = inspect.signature(given or run).parameters
    typed = [each.replace(annotation=hints[name]) for name, each in parameters.items()]
    called.__signature__ = inspect.Signature(typed)  # type: ignore[attr-defined]
    return called


def option(
    flags: str,
    metavar: str | None = None,
    parser: Callable[[Any], Any] | None = None,
    panel: str | None = None,
    **more: Any,
) -> Any:
    """An option for `Annotated`, in front of its help.

    Args:
        flags: such as `--model -m`.
        metavar: how its help calls the value.
        parser: of the value's text; None = as its type says.
        panel: of the help.
        more: as `typer.Option` takes it.
    """
    return typer.Option(
        *flags.split(), metavar=metavar, parser=parser, rich_help_panel=panel, **more
    )


def argument(metavar: str, **more: Any) -> Any:
    """A word without a flag for `Annotated`, in front of its help; `more` as Typer takes it."""
    return typer.Argument(metavar=metavar, **more)


def whole(least: int, most: int = MOST) -> Callable[[str | int], int]:
    """The `parser` of an option that takes whole numbers from `least` to `most`."""

    def parse(value: str | int) -> int:
        digits = str(value).strip().replace(",", "").replace("_", "")
        # Python refuses to convert texts of thousands of digits.
        number = int(digits) if re.fullmatch(r"-?\d{1,20}", digits) else least - 1
        if not least <= number <= most:
            told = f"expected a whole number from {least:,} to {most:,}"
            raise ValueError(f"{told}, not {str(value)[:20]!r}")
        return number

    return parse


def real(
    least: float = -math.inf, most: float = math.inf, *, positive: bool = False
) -> Callable[[str | float], float]:
    """The `parser` of an option that takes finite numbers from `least` to `most`."""
    told = " above 0" if positive else f" from {least:g} to {most:g}" if most < math.inf else ""

    def parse(value: str | float) -> float:
        with contextlib.suppress(ValueError):
            number = float(value)
            if math.isfinite(number) and least <= number <= most and (number > 0 or not positive):
                return number
        raise ValueError(f"expected a finite number{told}, not {str(value)[:20]!r}")

    return parse


def sides(text: str, digits: int = 6) -> tuple[int, int]:
    """Rows and columns of `--size N` or `--size HxW`; raises `UsageError` for anything else."""
    if not (match := re.fullmatch(rf"(\d{{1,{digits}}})(?:[x×](\d{{1,{digits}}}))?", text)):
        raise UsageError(f"expected N or HxW, not {text!r}", where="--size")
    return int(match[1]), int(match[2] or match[1])


MODEL_HELP = "A shipped model's name, the folder of one you trained, or hub:OWNER/REPO"

Domain = Annotated[
    str,
    option("--domain -d", "KIND", autocompletion=complete.domains),
    "Kind of puzzle: sudoku, maze or arc; auto looks at the text.",
]
Rules = Annotated[
    str,
    option("--rules", "NAME,…", show_default=False),
    "Further rules of Sudokus: diagonal (X; main-diagonal or anti-diagonal alone), windoku "
    "(hyper), anti-knight, anti-king, disjoint-groups, center-dot, asterisk, girandola, argyle; "
    "latin or jigsaw in place of boxes; samurai and other grids that overlap.",
]
Regions = Annotated[
    str | None,
    option("--regions", "FILE|HxW", show_default="a second grid in the same file"),
    "A map of the regions of a jigsaw, a letter or a digit a cell; or rows and columns of boxes.",
]
Model = Annotated[
    str | None,
    option("--model -m", "MODEL", autocompletion=complete.models, show_default="the shipped one"),
    f"{MODEL_HELP}.",
]
Device = Annotated[
    str,
    option("--device", "DEVICE", panel=MACHINE, autocompletion=complete.devices),
    "auto, cpu, mps, cuda or cuda:N.",
]
Engine = Annotated[
    Literal["torch", "onnx"],
    option("--engine", "torch|onnx", panel=MACHINE),
    "onnx runs exported graphs with ONNX Runtime: give --model an .onnx file, or any model, which "
    "is then exported into the cache.",
]
Threads = Annotated[
    int | None,
    option("--threads", "N", whole(1, MOST_THREADS), MACHINE, show_default="torch's choice"),
    "CPU threads to use.",
]
BatchSize = Annotated[
    int,
    option("--batch-size", "N", whole(1, MOST_TOGETHER), MACHINE),
    "Puzzles, or rollouts of them, refined together; changes the speed, never an answer.",
]
Noise = Annotated[
    float,
    option("--noise", "X", real(0, MOST_NOISE), SEARCH),
    "Standard deviation of noise added at every step.",
]
Rollouts = Annotated[
    int,
    option("--rollouts", "K", whole(1, MOST_TOGETHER), SEARCH),
    "Trajectories of a puzzle side by side, each with its own noise; they share its steps and end "
    "with the first answer that the rules accept.",
]
Symmetries = Annotated[
    bool | None,
    option(
        "--symmetries/--no-symmetries", panel=SEARCH, show_default="where all starts would be alike"
    ),
    "Solve further rollouts, and after every restart, in an equivalent form: relabelled, permuted, "
    "turned or flipped.",
]
Choose = Annotated[
    Literal["weighted", "vote", "halt"],
    option("--choose", "HOW", panel=SEARCH),
    "Which answer counts where the rules accepted none: weighted, that of most rollouts, each "
    "weighted by the model's estimated probability that it is right; vote, that of most rollouts; "
    "halt, that of the rollout with the highest halting logit.",
]
Quiet = Annotated[
    bool,
    option("--quiet -q", panel=OUTPUT),
    "Say nothing on stderr but errors: no progress, no notes, no total.",
]


def told_rules(rules: str, regions: str | None) -> str:
    """The values of `--rules` and `--regions` as the text that `read_puzzles` takes."""
    if regions is None:
        return rules
    from puzzlesolver.domains.detect import read_lines
    from puzzlesolver.domains.sudoku.told import joined, map_in
    from puzzlesolver.domains.sudoku.units import FREE_SIZES, boxes

    if shape := re.fullmatch(r"(\d{1,9})[x×](\d{1,9})", regions):
        rows, columns = map(int, shape.groups())
        if rows * columns not in FREE_SIZES:
            what = f"no board has boxes of {rows}×{columns} cells"
            hint = f"boards have {FREE_SIZES[0]} to {FREE_SIZES[-1]} rows"
            raise UsageError(what, where="--regions", hint=hint)
        return joined(rules, f"jigsaw={boxes(rows * columns, rows, columns)}")
    with read_lines(regions) as (lines, source):
        return joined(rules, f"jigsaw={map_in(lines, source)}")
