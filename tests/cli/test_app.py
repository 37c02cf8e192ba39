"""Errors, exit codes and imports of every command."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from puzzlesolver import __version__
from tests.cli.support import SOLVED, Run, command, environment

HEAVY = {"torch", "numba", "pysat", "matplotlib", "PIL", "huggingface_hub", "onnxruntime"}
COMMANDS = (
    "",
    "solve",
    "verify",
    "generate",
    "generate sudoku",
    "generate arc",
    "train",
    "train sudoku",
    "bench",
    "models",
    "models list",
    "models show",
    "models path",
    "models verify",
    "doctor",
)


def heavy_imports(*commands: str) -> tuple[list[int], set[str]]:
    """Exit codes of commands run one after another in one new process, and what that imported."""
    probe = (
        "import sys; from puzzlesolver.cli.app import main;"
        "codes = [main(command.split()) for command in sys.argv[1:]];"
        "print(*codes, '/', *{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, *commands],
        capture_output=True,
        encoding="utf-8",
        env=environment(),
    )
    codes, _, modules = done.stderr.splitlines()[-1].partition("/")
    return [int(code) for code in codes.split()], HEAVY & set(modules.split())


def test_help_imports_nothing_heavy() -> None:
    codes, imported = heavy_imports(*(f"{command} --help" for command in COMMANDS))
    assert (set(codes), imported) == ({0}, set())


def test_reading_and_checking_imports_nothing_heavy() -> None:
    codes, imported = heavy_imports(
        f"verify {SOLVED} {SOLVED}", "solve 12345", f"solve {SOLVED} --save a.mp4"
    )
    assert (codes, imported) == ([0, 3, 2], set())


def test_version(run: Run) -> None:
    assert run("--version").stdout == f"puzzlesolver {__version__}\n"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("solve", 2, "no puzzle given"),
        ("solve --max-steps 0 x", 2, "--max-steps: expected a whole number from 1 to"),
        ("solve --threads 100000 x", 2, "--threads: expected a whole number from 1 to 1,024"),
        ("solve --noise inf x", 2, "--noise: expected a finite number from 0 to 100"),
        ("solve --noise nan x", 2, "--noise"),
        ("solve --noise -0.1 x", 2, "--noise"),
        ("solve --time-limit nan x", 2, "--time-limit: expected a finite number above 0"),
        ("solve --time-limit inf x", 2, "--time-limit"),
        ("solve --time-limit -1 x", 2, "--time-limit"),
        ("solve --time-limit 0 x", 2, "--time-limit"),
        ("solve --seed 99999999999999999999 x", 2, "--seed"),
        ("solve --shard-size 100000000000000000000 x", 2, "--shard-size"),
        ("solve --rollouts 1e3 x", 2, "--rollouts: expected a whole number"),
        ("bench sudoku-extreme --threads 100000", 2, "--threads"),
        ("bench sudoku-extreme --limit 0", 2, "--limit"),
        ("bench sudoku-extreme --noise nan", 2, "--noise"),
        ("train sudoku --minutes inf", 2, "--minutes"),
        ("train sudoku --steps 0", 2, "--steps"),
        ("train sudoku --nproc 99999", 2, "--nproc"),
        ("generate sudoku -n 0", 2, "--count"),
        ("export sudoku a.onnx --check-steps 0", 2, "--check-steps"),
        ("dataset sudoku new --min-difficulty nan", 2, "--min-difficulty"),
        ("generate maze --difficulty 99999999999999999999", 2, "--difficulty"),
        ("generate sudoku --size x", 2, "--size: expected a whole number"),
        ("train", 2, "commands are sudoku, maze, arc"),
        ("train chess", 2, "commands are sudoku, maze, arc"),
        ("solv x", 2, "did you mean 'solve'?"),
        ("models lst", 2, "did you mean 'list'?"),
        ("solve --modee raw x", 2, "did you mean --mode"),
        ("solve --mode rwa x", 2, "did you mean 'raw'?"),
        ("solve --mode RAW x", 2, "did you mean 'raw'?"),
        ("solve --max-steps", 2, "see `puzzlesolver solve --help`"),
        ("train sudoku --resume", 2, "see `puzzlesolver train sudoku --help`"),
        ("-V", 2, "did you mean '--version'?"),
        ("version", 2, "did you mean '--version'?"),
        ("help solve", 2, "did you mean '--help'?"),
        ("-y", 2, "commands are solve,"),
        ("puzzle.txt", 2, "puzzlesolver solve puzzle.txt"),
        (SOLVED, 2, f"puzzlesolver solve {SOLVED}"),
        ("solve --format yaml x", 2, "--format"),
        ("solve --nonsense", 2, "--nonsense"),
        ("nonsense", 2, "nonsense"),
        (f"solve {SOLVED} --domain chess", 2, "chess"),
        (f"solve {SOLVED} --save a.mp4", 2, ".mp4"),
        (f"solve {SOLVED} --save nowhere/a.gif", 2, "nowhere"),
        (f"solve {SOLVED} {SOLVED} --save a.gif", 2, "one puzzle at a time"),
        ("solve 12345", 3, "12345"),
        ("verify - -", 2, "stdin"),
        (f"solve {SOLVED} --model no-such-model", 4, "no-such-model"),
        ("models show no-such-model", 4, "no-such-model"),
        ("models rm sudoku", 4, "hint: it is shipped with this package"),
        ("models pull maze", 4, "hint: it is shipped with this package"),
        (f"solve {os.devnull}", 3, "hint: give a file with a puzzle"),
        ("generate sudoku --exclude nowhere.csv", 3, "nowhere.csv"),
        ("generate sudoku --size 5", 2, "5"),
        ("train sudoku --preset nothing", 2, "nothing"),
    ],
)
def test_errors_say_what_and_exit_as_documented(run: Run, words: str, code: int, told: str) -> None:
    done = run(*words.split())
    assert (done.code, done.stdout) == (code, "")
    assert done.stderr.startswith("error: ") and told in done.stderr
    assert "Value error" not in done.stderr and "Input should" not in done.stderr
    assert "Traceback" not in done.stderr


def test_hint_stands_on_its_own_line(run: Run) -> None:
    assert "\nhint: " in run("solve").stderr


@pytest.mark.parametrize("words", ["--debug solve 12345", "solve 12345 --debug"])
def test_debug_shows_the_traceback(run: Run, words: str) -> None:
    done = run(*words.split())
    assert done.code == 3
    assert "Traceback" in done.stderr and "error: " in done.stderr


def test_a_process_ends_with_the_same_code() -> None:
    done = subprocess.run(command("solve", "12345"), capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stdout) == (3, "") and done.stderr.startswith("error: ")


def test_without_a_command_the_help_is_shown(run: Run) -> None:
    done = run()
    assert done.code == 0 and "Usage" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("solve", "p.txt", "-o", "a", "--output", "b"),
        ("solve", "p.txt", "--model=a", "-m", "b"),
        ("generate", "sudoku", "--seed", "1", "--seed", "2"),
        ("bench", "sudoku-easy", "--limit", "1", "--limit", "2"),
    ],
)
def test_one_value_given_twice_is_not_dropped_in_silence(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.code == 2 and "given 2 times" in done.stderr and done.stdout == ""
    assert done.stderr.startswith("error: --")


def test_a_flag_may_be_repeated_and_the_last_one_counts(run: Run) -> None:
    done = run("solve", "nothing.txt", "--live", "--no-live", "--no-live")
    assert done.code == 3
