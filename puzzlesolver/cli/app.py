"""The command `puzzlesolver`: one sub-command per file, errors as messages and exit codes.

In: the words of a command line. Out: data on stdout, everything for people on stderr, and an exit
code. No command module imports torch, numpy or a puzzle kind before its command runs, so `--help`
stays fast.

    >>> main(["solve", "puzzle.txt"])
    0
"""

from __future__ import annotations

import contextlib
import difflib
import errno
import itertools
import os
import re
import shlex
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer
from typer.main import get_command

from puzzlesolver import __version__
from puzzlesolver.cli import bench, dataset, doctor, export, generate, models, solve, train, verify
from puzzlesolver.cli.view.signs import adapt_streams, say
from puzzlesolver.cli.view.waiting import told_imports
from puzzlesolver.errors import INTERRUPTED, PuzzleSolverError, UsageError

BROKEN_PIPE = 141
"""As a shell says of programs that the system ends when nobody reads on: 128 + SIGPIPE."""
EXIT_CODES = {
    0: (
        "fine",
        "every answer is verified, or no rule can check it; or the command is done",
    ),
    1: ("some not solved", "a puzzle is not solved, or an answer is wrong or cannot be verified"),
    2: ("usage", "a wrong command line, another run in the way, or what cannot be written"),
    3: ("unreadable puzzle", "an input cannot be read; the message has file, line and column"),
    4: ("model problem", "a model is unknown, damaged, unfit for the puzzle, or out of reach"),
    5: ("proved: no solution or several", "a puzzle is proved to have no solution, or several"),
    INTERRUPTED: (
        "interrupted",
        "Ctrl-C or SIGTERM; what is finished is printed or saved. Until Python itself has started "
        "it ends by the signal, perhaps with a traceback of its own",
    ),
    BROKEN_PIPE: ("closed pipe", "the reader of a pipe has ended, as `head` does"),
}
"""In a word, and what it means."""
ADDRESS = re.compile(r"auto|\S+:\d+")
"""Of a Ray cluster; what else follows `--ray` is a puzzle."""
MOST_ERRORS = 20
"""Inputs that cannot be read, beside the first, which are told one by one."""
HELP_FLAGS = ["-h", "--help"]
ROOT_FLAGS = ["--help", "--version"]
"""What people type as commands, too."""

app = typer.Typer(
    name="puzzlesolver",
    help="Solve Sudokus, mazes and ARC tasks with small recursive networks; the rules decide "
    "whether an answer is right.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": HELP_FLAGS},
    epilog="Data goes to stdout, messages to stderr. Exit codes: "
    + ", ".join(f"{code} {what}" for code, (what, _) in EXIT_CODES.items())
    + ".",
)
app.command("solve", epilog=solve.EPILOG)(solve.solve)
app.command("verify", epilog=verify.EPILOG)(verify.verify)
app.add_typer(generate.app, name="generate")
app.add_typer(dataset.app, name="dataset")
app.add_typer(train.app, name="train")
app.command("bench", epilog=bench.EPILOG)(bench.bench)
app.command("export", epilog=export.EPILOG)(export.export)
app.add_typer(models.app, name="models")
app.command("doctor")(doctor.doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"puzzlesolver {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Print the traceback of an error; may stand anywhere.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def build() -> Any:
    """The command with all its sub-commands, with help that fits 80 columns."""
    root = get_command(app)
    context = typer.Context(root, help_option_names=HELP_FLAGS)
    for command in _with_inner(root):
        _say_no_types(command, context)
        _refuse_repetitions(command)
    return root


def _with_inner(command: Any) -> Iterator[Any]:
    yield command
    for inner in getattr(command, "commands", {}).values():
        yield from _with_inner(inner)


def _say_no_types(command: Any, context: typer.Context) -> None:
    """Help shows flags and arguments without `<bool>` and `<str>`."""
    for parameter in (*command.params, command.get_help_option(context)):
        if getattr(parameter, "is_flag", True):
            parameter.display_type_rich = lambda ctx: None


def _refuse_repetitions(command: Any) -> None:
    """An option with one value may be given once; otherwise the last one would win in silence."""
    parse = command.parse_args

    def parse_once(context: Any, words: list[str]) -> Any:
        *_, given = command.make_parser(context).parse_args(args=list(words))
        for parameter, times in Counter(given).items():
            single = not getattr(parameter, "is_flag", True) and not parameter.multiple
            if times > 1 and single:
                name = max(parameter.opts, key=len)
                raise UsageError(f"given {times} times, it takes one value", where=name)
        return parse(context, words)

    command.parse_args = parse_once


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; never raises for what a user can cause."""
    adapt_streams()
    words = _spell_ray_out(list(sys.argv[1:] if arguments is None else arguments))
    if debug := "--debug" in words:
        words = ["--debug", *(word for word in words if word != "--debug")]
    try:
        with told_imports():
            code = build()(words, prog_name="puzzlesolver", standalone_mode=False) or 0
            sys.stdout.flush()
            return int(code)
    except typer.TyperException as error:
        _complain(*_explain(error, words))
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return BROKEN_PIPE
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):  # how Typer ends for it
            return BROKEN_PIPE
        raise
    except (PuzzleSolverError, OSError) as error:
        if _comes_from_ctrl_c(error):
            return INTERRUPTED
        if debug:
            traceback.print_exc()
        told = error if isinstance(error, PuzzleSolverError) else _refused(error)
        with contextlib.suppress(OSError):  # stderr itself may be what cannot be written
            _complain(str(told), told.hint)
            for other in getattr(told, "others", ())[:MOST_ERRORS]:
                _complain(str(other), other.hint * (other.hint != told.hint))
        return told.exit_code


def _spell_ray_out(words: list[str]) -> list[str]:
    """`--ray` without an ADDRESS becomes `--ray=local`; Typer has no values to leave out."""
    return [
        "--ray=local" if word == "--ray" and not ADDRESS.fullmatch(after) else word
        for word, after in itertools.pairwise([*words, ""])
    ]


def _comes_from_ctrl_c(error: BaseException) -> bool:
    """Whether a library has turned Ctrl-C into an error of its own, as Python does in classes."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, KeyboardInterrupt):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


def _refused(error: OSError) -> UsageError:
    """What the system refused, if no part of the program has said it better."""
    reason = error.strerror or str(error)
    if error.filename is not None:
        return UsageError(f"the system refuses: {reason}", where=os.fsdecode(error.filename))
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EBADF, errno.EIO):
        return UsageError(f"cannot write the output: {reason}")
    return UsageError(reason)


def _explain(error: typer.TyperException, words: Sequence[str]) -> tuple[str, str]:
    """What Typer found wrong with the words of a command line, and what to do about it."""
    context, parameter = getattr(error, "ctx", None), getattr(error, "param", None)
    path = context.command_path if context else _command_path(words)
    hint = f"see `{path} --help`"
    what, _, close = error.format_message().partition(" Did you mean ")
    if isinstance(error, typer.BadParameter) and error.message and parameter is not None:
        what = f"{parameter.opts[0]}: {error.message.removeprefix('Value error, ')}"
        value = error.message.partition("'")[2].partition("'")[0]
        choices = [*map(str, parameter.type_descriptor.choices or ())]
        close = " or ".join(map(repr, difflib.get_close_matches(value.lower(), choices)))
    elif options := getattr(error, "possibilities", None):
        what, close = f"No such option: {getattr(error, 'option_name', '')}", " or ".join(options)
    elif commands := getattr(context and context.command, "commands", None):
        word = next((word for word in words if not word.startswith("--")), "solve")
        if f"--{word}" in ROOT_FLAGS or word == "-V":
            close = f"'{'--help' if word == 'help' else '--version'}'"
        elif not close:
            hint = f"commands are {', '.join(commands)}; {hint}"
            if os.path.lexists(word) or not re.fullmatch(r"-\w|[a-z-]{2,}", word):
                hint = f"to solve a puzzle: puzzlesolver solve {shlex.quote(word)}"
    return what.rstrip("."), f"did you mean {close.rstrip('?')}? {hint}" if close else hint


def _command_path(words: Sequence[str]) -> str:
    """The commands that the words begin with, for errors which do not know them."""
    command, path = get_command(app), ["puzzlesolver"]
    for word in words:
        if (inner := getattr(command, "commands", {}).get(word)) is None:
            break
        command, path = inner, [*path, word]
    return " ".join(path)


def _complain(message: str, hint: str) -> None:
    typer.secho("error: ", fg="red", bold=True, err=True, nl=False)
    say(message, err=True)
    if hint:
        typer.secho("hint: ", fg="cyan", err=True, nl=False)
        say(hint, err=True)
