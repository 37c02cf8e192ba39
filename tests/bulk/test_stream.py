"""A folder of results that is the same whatever was killed on the way."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from puzzlesolver.bulk.stream import solve_stream
from puzzlesolver.cli.app import main
from puzzlesolver.cli.output import record
from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.errors import ParseError, UsageError
from puzzlesolver.hub.store import save_model
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.pipeline import Solver, load_solver
from puzzlesolver.runtime import choose_runtime
from tests.cli.support import command, environment

SOLUTION = np.array([[1, 2, 3, 4], [3, 4, 1, 2], [2, 1, 4, 3], [4, 3, 2, 1]], np.uint8)
SHARD_SIZE = 10


@pytest.fixture
def model(tiny_model: RecursiveModel, tmp_path: Path) -> Path:
    """Folder of an untrained model."""
    save_model(tiny_model, tmp_path / "tiny", training={}, card="# An untrained model\n")
    return tmp_path / "tiny"


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A CSV of 65 boards, from nearly full to nearly empty, each with one solution."""
    rng, sudoku, boards = np.random.default_rng(0), get_domain("sudoku"), []
    while len(boards) < 65:
        grid = SOLUTION.copy()
        grid.flat[rng.choice(16, 1 + len(boards) % 10, replace=False)] = 0
        if sudoku.count_solutions(Puzzle("sudoku", "", grid, "")) == 1:
            boards.append(sudoku.format_line(grid))
    path = tmp_path / "many.csv"
    path.write_text("question\n" + "\n".join(boards) + "\n")
    return path


def options(model: Path, out: Path, *more: str) -> list[str]:
    fixed = ["-m", str(model), "-f", "jsonl", "-o", f"{out}/", "--max-steps", "40"]
    return [*fixed, "--device", "cpu", "--shard-size", str(SHARD_SIZE), *more]


def run(many: Path, model: Path, out: Path, *more: str) -> int:
    return main(["solve", str(many), *options(model, out, *more)])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def merged(folder: Path) -> list[dict[str, object]]:
    files = sorted(folder.glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def load(model: Path, **settings: object) -> partial[Solver]:
    runtime = choose_runtime("cpu", 1)
    policy = {"max_steps": 40, "linger": 32, **settings}
    return partial(load_solver, "sudoku", str(model), policy, runtime=runtime)


def test_results_are_those_of_solve_in_the_order_of_the_input(
    many: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    code = run(many, model, out)
    assert "65 puzzles finished" in capsys.readouterr().err
    found = merged(out)
    assert [line["name"] for line in found] == [f"{many}:{n}" for n in range(2, 67)]
    assert main(["solve", str(many), "-m", str(model), "-f", "jsonl", "--max-steps", "40"]) == code
    plain = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert found == [{k: v for k, v in line.items() if k != "seconds"} for line in plain]
    manifest = json.loads((out / "manifest.json").read_text())
    assert (manifest["puzzles"], len(manifest["shards"])) == (65, 7)
    assert sum(manifest["statuses"].values()) == 65
    assert code == 1 and manifest["statuses"].keys() == {"solved", "unsolved"}
    before = {path: path.stat().st_mtime_ns for path in out.glob("*.jsonl")}
    assert run(many, model, out) == code, "a second time there is nothing to do"
    assert before == {path: path.stat().st_mtime_ns for path in out.glob("*.jsonl")}


@pytest.mark.timeout(900)  # every kill costs the start of a process
def test_kills_at_any_time_lose_and_double_nothing(many: Path, model: Path, tmp_path: Path) -> None:
    """Twenty kill -9, of a worker or of the whole run, then a run to the end."""
    whole, out = tmp_path / "whole", tmp_path / "out"
    run(many, model, whole)
    rng, kills = random.Random(0), 0
    words = command("solve", many, *options(model, out, "--jobs", "2"))
    while kills < 20:
        process = subprocess.Popen(words, env=environment(), stderr=subprocess.DEVNULL)
        while kills < 20 and process.poll() is None:
            before = set(out.glob("*")) if rng.random() < 0.7 else None
            while process.poll() is None and (
                not workers(process.pid) or before == set(out.glob("*"))
            ):  # most often until something is written; sometimes while a worker is starting
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 0.2))
            victim = process.pid if rng.random() < 0.25 else rng.choice([*workers(process.pid), 0])
            if victim:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
                    kills += 1
        if kills == 20:
            process.kill()
        process.wait()
        if (out / "manifest.json").exists():
            assert contents(out) == contents(whole)
            (out / "manifest.json").unlink()  # more to do
            for path in rng.sample(sorted(out.glob("*.jsonl")), 4):
                path.unlink()
    run(many, model, out)
    assert contents(out) == contents(whole)


def workers(pid: int) -> list[int]:
    """Worker processes of a run."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [
            int(child)
            for child in children
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
        ]
    except (FileNotFoundError, ProcessLookupError):
        return []


def test_workers_fill_the_same_folder(many: Path, model: Path, tmp_path: Path) -> None:
    alone, together = tmp_path / "alone", tmp_path / "together"
    puzzles = list(read_puzzles([many]))
    told: list[int] = []
    first = solve_stream(puzzles, alone, load(model), record, SHARD_SIZE)
    second = solve_stream(puzzles, together, load(model), record, SHARD_SIZE, 2, told.append)
    assert first == second
    assert contents(alone) == contents(together)
    assert sum(told) == 65


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (["--seed", "1"], "policy.seed is 0, not 1"),
        (["--max-steps", "100"], "policy.max_steps is 40, not 100"),
        (["--shard-size", "7"], "shard_size is 10, not 7"),
        (["--fallback", "exact"], "fallback is 'none', not 'exact'"),
    ],
)
def test_other_settings_are_refused(
    many: Path,
    model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: list[str],
    told: str,
) -> None:
    out = tmp_path / "out"
    run(many, model, out)
    before = contents(out)
    assert run(many, model, out, *change) == 2
    assert told in capsys.readouterr().err
    assert contents(out) == before
    assert run(many, model, out, "--batch-size", "3", "--jobs", "2") == 1, "these change no answer"


def test_another_model_is_refused(
    many: Path, model: Path, tiny_model: RecursiveModel, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    puzzles = list(islice(read_puzzles([many]), 20))
    solve_stream(puzzles, out, load(model), record, SHARD_SIZE)
    for parameter in tiny_model.parameters():
        parameter.data.mul_(2)
    save_model(tiny_model, model, training={}, card="# Another one of that name\n")
    with pytest.raises(UsageError, match="model_sha256"):
        solve_stream(puzzles, out, load(model), record, SHARD_SIZE)


def test_another_input_is_refused(many: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    puzzles = list(read_puzzles([many]))

    def again(changed: list[Puzzle]) -> None:
        solve_stream(changed, out, load(model), record, SHARD_SIZE)

    again(puzzles[:60])
    before = contents(out)
    with pytest.raises(UsageError, match=r"not those of .*000002-") as caught:
        again([*puzzles[:25], puzzles[0], *puzzles[26:60]])
    assert caught.value.where == puzzles[20].source
    with pytest.raises(UsageError, match="ends before 00000004"):
        again(puzzles[:40])
    assert contents(out) == before
    again(puzzles)
    assert json.loads((out / "manifest.json").read_text())["puzzles"] == 65, "it may grow"


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_bad_line_loses_nothing_that_is_finished(
    many: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], jobs: str
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    run(many, model, whole)
    lines = many.read_text().splitlines()
    good, lines[36] = lines[36], "12x"
    many.write_text("\n".join(lines) + "\n")
    # The first batch of a command line is read ahead, hence the small batches.
    more = ("--jobs", jobs, "--batch-size", "4")
    capsys.readouterr()
    assert run(many, model, out, *more) == 3
    assert f"{many}:37:" in capsys.readouterr().err
    assert len(merged(out)) == 30 and not (out / "manifest.json").exists()
    lines[36] = good
    many.write_text("\n".join(lines) + "\n")
    run(many, model, out)
    assert contents(out) == contents(whole)


def test_no_input_makes_no_folder(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty, out = tmp_path / "empty.csv", tmp_path / "out"
    empty.write_text("")
    assert run(empty, model, out) == 3
    assert "there is nothing in it" in capsys.readouterr().err
    assert not out.exists()


def test_what_makes_no_sense_is_told(
    many: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["solve", str(many), "-o", f"{out}/", "-f", "csv"]) == 2
    assert "--format jsonl" in capsys.readouterr().err
    assert main(["solve", str(many), "-f", "jsonl", "--jobs", "2"]) == 2
    assert "--jobs" in capsys.readouterr().err
    assert run(many, model, out, "--time-limit", "9") == 2
    assert "--time-limit" in capsys.readouterr().err
    out.mkdir()
    (out / "mine.jsonl").write_text("{}\n")
    assert run(many, model, out) == 2
    assert contents(out) == {"mine.jsonl": b"{}\n"}


def test_one_folder_is_for_one_kind(many: Path, model: Path, tmp_path: Path) -> None:
    maze = Puzzle("maze", "maze", np.ones((3, 3), np.uint8), "maze.txt:1")
    puzzles = [*read_puzzles([many]), maze]
    with pytest.raises(UsageError, match="maze puzzle") as caught:
        solve_stream(puzzles, tmp_path / "out", load(model), record, SHARD_SIZE)
    assert caught.value.where == "maze.txt:1"
    with pytest.raises(ParseError):
        solve_stream(read_puzzles(["nothing"]), tmp_path / "none", load(model), record, SHARD_SIZE)
