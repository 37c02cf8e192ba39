"""A folder of results that is the same whatever was killed on the way."""

from __future__ import annotations

import json
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from puzzlesolver.bulk.stream import Prepare, solve_stream
from puzzlesolver.cli.app import main
from puzzlesolver.cli.view.output import record
from puzzlesolver.domains.base import Puzzle
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.errors import ParseError, UsageError
from puzzlesolver.hub.folder import save_model
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.pipeline import Solver, load_solver
from puzzlesolver.runtime import choose_runtime
from tests.bulk.support import KILLS, SHARD_SIZE, contents, kill_often, options, run
from tests.cli.support import command, environment


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
@pytest.mark.parametrize("kills", KILLS)
def test_kills_at_any_time_lose_and_double_nothing(
    many: Path, model: Path, tmp_path: Path, kills: int
) -> None:
    """So many kill -9, of a worker or of the whole run, then a run to the end."""
    whole, out = tmp_path / "whole", tmp_path / "out"
    run(many, model, whole)
    words = command("solve", many, *options(model, out, "--jobs", "2"))
    kill_often(words, environment(), b"spawn_main", out, whole, kills)
    run(many, model, out)
    assert contents(out) == contents(whole)


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
        (["--engine", "onnx"], "engine is 'torch', not 'onnx'"),
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


def test_settings_that_change_no_answer_are_taken(many: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(many, model, out)
    before = contents(out)
    for name in ("manifest.json", next(iter(before))):  # more to do
        (out / name).unlink()
    assert run(many, model, out, "--batch-size", "3", "--jobs", "2") == 1
    assert contents(out) == before


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


def test_a_worker_refuses_another_model_and_a_folder_that_it_cannot_see(
    many: Path, model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    solve_stream(islice(read_puzzles([many]), 20), out, load(model), record, SHARD_SIZE)
    with pytest.raises(UsageError, match=r"policy\.seed is 0, not 1"):
        Prepare(load(model, seed=1), record, out, SHARD_SIZE)()
    with pytest.raises(UsageError, match=r"run\.json.*cannot read it"):
        Prepare(load(model), record, tmp_path / "elsewhere", SHARD_SIZE)()


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
