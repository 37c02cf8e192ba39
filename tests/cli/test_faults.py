"""What fails underneath: full disks, closed streams, signals, two runs at once.

The suite tries a few times; `make soak` as often as one likes.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import onnxruntime
import pytest
import safetensors.torch
import torch

import puzzlesolver
from puzzlesolver.cli.app import EXIT_CODES
from puzzlesolver.domains.sudoku.render import format_line
from puzzlesolver.files import held
from puzzlesolver.hub.folder import WEIGHTS
from tests.cli.support import HARD, SOLVED, TWO_FIVES, Run, command, environment, small_disk, start
from tests.cli.test_train import SMALL
from tests.domains.sudoku.support import pigeonhole
from tests.hub.server import TOKEN, serve
from tests.hub.support import NAME, REPO, SUDOKU, files_of
from tests.hub.test_convert import prefixed, tensors_of

SOAK = int(os.environ.get("SOAK", "100"))
"""Signals per command and kind."""

CPU_SECONDS = 7.5
"""When they come at the latest, of a process that has all to import."""
FORKED_SECONDS = 0.3
"""The same of one that has nothing to import any more; most commands have then written."""

ONE = f"{HARD} -m tiny --max-steps 60"
WRITERS = {
    "generate": "generate sudoku --size 16 -n 30 -o out",
    "generate arc": "generate arc -n 9 -o out",
    "dataset": "dataset sudoku out -n 8 --test-count 2 --size 4",
    "solve": f"solve {ONE} --format json -o out",
    "save": f"solve {ONE} --save out.svg",
    "shards": f"solve {ONE} --format jsonl -o out/",
    "bench": "bench settle-4x4 --limit 1 --max-steps 8 --mode settle -m tiny --json out.json",
}
"""Commands that write `out`; `tiny` is an untrained model."""


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell, in which `$P` is the command."""
    words = " ".join(command())
    return subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env=environment(P=words, PYTHONPATH=os.pathsep.join(sys.path)),
    )


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        (f"$P verify {SOLVED} {SOLVED} >&-", 2, "cannot write the output: Bad file descriptor"),
        (f"$P verify {SOLVED} {SOLVED} >/dev/full", 2, "No space left on device"),
        ("$P --help >/dev/full", 2, "No space left on device"),
        ("$P verify nothing.txt 2>&-", 3, ""),
        ("$P verify nothing.txt 2>/dev/full", 3, ""),
        (f"$P verify {SOLVED} {SOLVED} 2>&-", 0, ""),
        (f"$P verify - {SOLVED} <&-", 3, "stdin: cannot read it: Bad file descriptor"),
        ("$P generate sudoku --size 4 -o out <&- >&- 2>&- && test $(wc -c <out) = 17", 0, ""),
        ("$P generate sudoku --size 4 -n 9999 | head -n 1 >out; exit ${PIPESTATUS[0]}", 141, ""),
        ("$P generate sudoku --size 4 -o nowhere/out", 2, "nowhere/out: cannot write it"),
    ],
)
def test_streams(tmp_path: Path, line: str, code: int, told: str) -> None:
    done = shell(line, tmp_path)
    assert done.returncode == code and told in done.stderr
    assert bool(done.stderr) == bool(told)
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


def test_every_exit_code_of_the_table_is_met(run: Run, tmp_path: Path) -> None:
    lines = {
        0: f"verify {SOLVED} {SOLVED}",
        1: f"verify {HARD} {SOLVED}",
        2: "verify --nonsense",
        3: "verify 12345",
        4: "models show nothing",
        5: f"verify {TWO_FIVES} {SOLVED}",
    }
    met = {code: run(*line.split()).code for code, line in lines.items()}
    signalled = {
        130: "generate sudoku --size 4 -n 9999999 >out & until [ -s out ]; do sleep 0.1; done;"
        " kill -TERM $!; wait $!",
        141: "generate sudoku --size 4 -n 9999 | head -n 1; exit ${PIPESTATUS[0]}",
    }
    met |= {code: shell(f"$P {line}", tmp_path).returncode for code, line in signalled.items()}
    assert met == {code: code for code in EXIT_CODES}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_told_and_leaves_nothing(
    run: Run, model: Path, tmp_path: Path, name: str
) -> None:
    with small_disk(150):
        done = run(*WRITERS[name].split())
    assert done.code == 2 and "cannot write it: File too large" in done.stderr
    assert {path.name for path in tmp_path.rglob("*")} <= {
        "tiny", "model.safetensors", "config.json", "README.md", "out", ".out.partial.jsonl.lock",
    }  # fmt: skip
    assert (tmp_path / "out").is_dir() == (name == "shards")


def test_what_another_run_holds_is_refused(run: Run, model: Path, tmp_path: Path) -> None:
    for name in ("run", "out"):
        (tmp_path / name).mkdir()
    data = run("generate", "sudoku", "-n", "12", "-f", "csv", "-o", "data.csv")
    train = ("train", "sudoku", "--data", "data.csv", "--out", "run", *SMALL, "--steps", "1")
    for held_path, words in (
        ("run", train),
        ("out", WRITERS["shards"].split()),
        ("out.partial.jsonl", WRITERS["bench"].split()),
    ):
        with held(tmp_path / held_path, "another run"):
            done = run(*words)
        assert data.code == 0 and done.code == 2 and "another run writes here" in done.stderr


def test_two_runs_with_one_output_leave_one_whole(model: Path, tmp_path: Path) -> None:
    words = WRITERS["solve"].split()
    runs = [start([*words, "--seed", str(seed)], tmp_path) for seed in (1, 2)]
    for run in runs:
        run.join()
    assert [run.exitcode for run in runs] == [1, 1]
    assert json.loads((tmp_path / "out").read_text())["seed"] in (1, 2)
    assert {path.name for path in tmp_path.iterdir()} == {"out", "tiny"}


PULLED = "cache/puzzlesolver/hub/someone--model"
KILLED = {
    **WRITERS,
    "export": "export sudoku out.onnx --check-steps 1",
    "convert": "models convert step_1 -o out --config all_config.yaml",
    "pull": f"models pull {NAME}",
    "rm": f"models rm {NAME}",
    "push": f"models push tiny {NAME}",
}
"""Every command that writes, but `train`, which has its own tests."""

ONCE = zip(KILLED, itertools.cycle((signal.SIGINT, signal.SIGTERM)))
OFTEN = itertools.product(KILLED, (signal.SIGINT, signal.SIGTERM))


@pytest.fixture
def surroundings(model: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A Hub with a model, a copy of it in the cache, and a checkpoint of another trainer."""
    torch.save(prefixed(tensors_of("trm")), tmp_path / "step_1")
    (tmp_path / "all_config.yaml").write_text("arch: {num_heads: 2}")
    with serve() as hub:
        folder = tmp_path / PULLED / hub.commit(REPO, files_of(SUDOKU))
        shutil.copytree(SUDOKU, folder)
        yield environment(HF_ENDPOINT=hub.url, HF_TOKEN=TOKEN)


@pytest.mark.parametrize(
    ("name", "number", "times"),
    [
        *((*each, 1) for each in ONCE),
        *(pytest.param(*each, SOAK, marks=pytest.mark.soak) for each in OFTEN),
    ],
)
def test_signals_at_random_times(
    tmp_path: Path, surroundings: dict[str, str], name: str, number: signal.Signals, times: int
) -> None:
    """Once in a process that has imported all; as often as asked in new ones."""
    words, rng = KILLED[name].split(), random.Random(f"{name}{number}{times}")
    if name == "pull":
        shutil.rmtree(tmp_path / PULLED)
    for turn in range(times):
        folder = tmp_path.with_name(f"{tmp_path.name}-{turn}")
        shutil.copytree(tmp_path, folder)
        changed = surroundings | {"XDG_CACHE_HOME": str(folder / "cache")}
        fresh = times > 1
        after = rng.random() * CPU_SECONDS if fresh else 0.05 + rng.random() * FORKED_SECONDS
        code, told = _interrupted(words, folder, changed, number, after, fresh)
        # Before Python has read our first line the system ends the process, which shells call 130.
        assert code in (0, 1, 130, -number), f"{code} after {after} s: {told}"
        assert code == -number or ("Traceback" not in told and "Exception ignored" not in told)
        for path in folder.rglob("*"):
            unfinished = re.search(r"/\.|/partial-|\.(download|partial)\b", str(path))
            assert unfinished or _is_whole(path), f"{path} after {after} s"
        shutil.rmtree(folder)


def _is_whole(path: Path) -> bool:
    """Whether a file or folder that has its final name is complete, as far as it can tell."""
    if path.is_dir():
        named = {file.name for file in path.iterdir()}
        whole = {"config.json": {WEIGHTS, "README.md"}, "train": {"test", "identifiers.json"}}
        return all(rest <= named for marker, rest in whole.items() if marker in named)
    data = path.read_bytes()
    if path.suffix == ".json":
        json.loads(data)
    elif path.suffix == ".jsonl":
        [json.loads(line) for line in data.splitlines()]
    elif path.suffix == ".onnx":
        onnxruntime.InferenceSession(data)
    elif path.suffix == ".safetensors":
        safetensors.torch.load(data)
    elif path.suffix == ".svg":
        return data.rstrip().endswith(b"</svg>")
    return True


def _interrupted(
    words: Sequence[str],
    folder: Path,
    surroundings: dict[str, str],
    number: signal.Signals,
    after: float,
    fresh: bool,
) -> tuple[int | None, str]:
    """Exit code and stderr of a command that is ended when it has taken so many CPU seconds."""
    with tempfile.NamedTemporaryFile("r") as told:
        if fresh:
            with open(told.name, "w") as err:
                pipes = {"stdout": subprocess.DEVNULL, "stderr": err}
                new = subprocess.Popen(command(*words), cwd=folder, env=surroundings, **pipes)
            _signal_after(new.pid, number, after)
            return new.wait(timeout=120), told.read()
        forked = start(words, folder, err=told.name, **surroundings)
        assert forked.pid is not None
        _signal_after(forked.pid, number, after)
        forked.join(timeout=120)
        return forked.exitcode, told.read()


def _signal_after(pid: int, number: signal.Signals, cpu_seconds: float) -> None:
    """However busy the machine is; of a process that has ended before nothing becomes."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        while True:
            state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
            spent = sum(map(int, fields[10:12])) / os.sysconf("SC_CLK_TCK")
            if state == "Z" or spent >= cpu_seconds:
                break
            time.sleep(0.01)
        os.kill(pid, number)


@pytest.mark.parametrize(
    ("line", "code", "where"),
    [
        ("models verify half", 4, "half/model.safetensors: cannot read the weights: not a regular"),
        ("models verify pipes", 4, "config.json is missing"),
        ("models convert pipe -o out --config pipe", 4, "pipe"),
        ("solve {ONE} -m pipe.onnx --engine onnx", 4, "pipe.onnx"),
        ("models convert pipe -o out", 4, "pipe"),
        ("bench report pipe.json --html page.html", 2, "pipe.json"),
        ("bench settle-4x4 --compare pipe.json", 2, "pipe.json"),
        ("bench settle-4x4 -m tiny --json pipe.json", 2, "pipe.partial.jsonl"),
        ("bench settle-4x4 -m tiny --json pipe.json --resume", 2, "pipe.partial.jsonl"),
        ("train sudoku --data pipes --out run", 3, "pipes/train/dataset.json"),
        ("solve {ONE} -o pipes/ --format jsonl", 2, "pipes/run.json"),
        ("solve pipes", 3, "there is no file with a puzzle in this folder"),
    ],
)
def test_what_is_no_regular_file_is_refused(
    run: Run, model: Path, tmp_path: Path, line: str, code: int, where: str
) -> None:
    """A pipe that nobody writes to would be waited for without end."""
    model.rename(tmp_path / "half")
    shutil.copytree(tmp_path / "half", model)
    (tmp_path / "half" / "model.safetensors").unlink()
    (tmp_path / "pipes" / "train").mkdir(parents=True)
    for name in (
        *("pipe", "pipe.onnx", "pipe.json", "pipe.partial.jsonl", "pipes/run.json"),
        *(
            "pipes/config.json",
            "pipes/model.safetensors",
            "pipes/train/dataset.json",
            "half/model.safetensors",
        ),
    ):
        os.mkfifo(tmp_path / name)
    done = run(*line.format(ONE=HARD).split())
    assert done.code == code and where in done.stdout + done.stderr


def test_puzzles_come_through_pipes(tmp_path: Path) -> None:
    for line in (f"$P verify <(echo {SOLVED})", f"echo {SOLVED} | $P verify /dev/stdin"):
        assert shell(line, tmp_path).returncode == 0


def test_a_board_that_defeats_the_proof_is_left_open(run: Run, tmp_path: Path) -> None:
    (tmp_path / "board.txt").write_text(format_line(pigeonhole(25, 12)))
    done = run("solve", "board.txt", "--time-limit", "1", "--fallback", "exact")
    assert done.code == 1
    assert "whether it has a solution was not decided in time" in done.stdout


MAZE = ("generate", "maze", "--size", "9", "--seed", "1")
"""What takes the least machine code."""


def test_where_nothing_can_be_kept_machine_code_is_made_anew(run: Run, tmp_path: Path) -> None:
    package = Path(puzzlesolver.__file__).parent
    alone = f"mount --bind {package} {package} && mount -o remount,ro,bind {package}"
    if subprocess.run(["unshare", "-m", "bash", "-c", alone], capture_output=True).returncode:
        pytest.skip("this user may not mount a folder read-only")
    line = f"{alone}; HOME=/proc XDG_CACHE_HOME=/proc/none $P {' '.join(MAZE)}"
    done = shell(f"unshare -m bash -c '{line}'", tmp_path)
    assert (done.returncode, done.stdout) == (0, run(*MAZE).stdout)


@pytest.mark.parametrize(
    ("line", "last", "times"),
    [
        (f"verify {SOLVED}", "verified", 2),
        pytest.param(f"verify {SOLVED}", "verified", SOAK, marks=pytest.mark.soak),
        pytest.param("doctor", "self-test", SOAK, marks=pytest.mark.soak),
    ],
)
def test_signals_around_the_end(line: str, last: str, times: int) -> None:
    rng = random.Random(line)
    for number in (signal.SIGINT, signal.SIGTERM) * times:
        process = subprocess.Popen(
            command(*line.split()), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert any(last in said for said in process.stdout)
        time.sleep(rng.random() * 0.1)
        process.send_signal(number)
        assert process.communicate()[1] == "" and process.returncode in (0, 130)


def _end_of(program: str, *words: str, **changes: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command that begins with lines of a program."""
    program += f"\nimport sys\nsys.argv = ['puzzlesolver', *{words}]"
    program += "\nfrom puzzlesolver.__main__ import run\nrun()"
    words = (sys.executable, "-c", program)
    done = subprocess.run(words, env=environment(**changes), capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "code"), [([SOLVED], 0), ([HARD, SOLVED], 1), (["--nonsense"], 2), ([], 2)]
)
def test_the_end_of_python_itself_where_signals_kill_is_not_met(
    words: Sequence[str], code: int
) -> None:
    program = """
class End:
    def __del__(self):
        print("the end of Python")

end = End()"""
    ended, said, _ = _end_of(program, "verify", *words)
    assert ended == code and "the end of Python" not in said


def test_a_fault_of_ours_is_told_with_its_traceback() -> None:
    program = "import puzzlesolver.cli.app as app\napp.build = lambda: 1 / 0"
    code, said, told = _end_of(program, "doctor")
    assert (code, said) == (1, "") and "ZeroDivisionError" in told


def test_a_signal_that_was_taken_for_a_fault_ends_the_command() -> None:
    program = """
import signal
from puzzlesolver.domains import marking

def deaf(*_):
    try:
        signal.raise_signal(signal.SIGTERM)
    except KeyboardInterrupt as error:
        raise ImportError("half a module") from error

marking.mark = deaf"""
    assert _end_of(program, "verify", SOLVED, SOLVED)[0] == 130


@pytest.mark.parametrize("end", ["pass", "raise RuntimeError"])
def test_a_signal_that_a_compiler_swallows_ends_the_command(tmp_path: Path, end: str) -> None:
    program = f"""
import signal
from numba.core import event

class Deaf(event.Listener):
    def on_start(self, _):
        if not heard:
            heard.append(1)
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                {end}

    def on_end(self, _):
        pass

heard = []
event.register("numba:compile", Deaf())
"""
    words = "generate", "sudoku", "--count", "1", "--seed", "1"
    assert _end_of(program, *words, NUMBA_CACHE_DIR=str(tmp_path)) == (130, "", "")


def test_what_an_interrupt_leaves_half_built_is_silent() -> None:
    program = """
import signal
from puzzlesolver.domains import marking

class Half:
    def __del__(self):
        self.never_set

def cut(*_):
    half = Half()
    signal.raise_signal(signal.SIGINT)

marking.mark = cut"""
    assert _end_of(program, "verify", SOLVED, SOLVED) == (130, "", "")
    program = program.replace("signal.raise_signal(signal.SIGINT)", "return iter(())")
    assert "never_set" in _end_of(program, "verify", SOLVED, SOLVED)[2]


def test_a_disk_without_room_for_machine_code_ends_no_command(run: Run, tmp_path: Path) -> None:
    variables = "NUMBA_CACHE_DIR=$PWD PYTHONDONTWRITEBYTECODE=1"
    done = shell(f"ulimit -f 1; {variables} $P {' '.join(MAZE)}", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, run(*MAZE).stdout, "")
