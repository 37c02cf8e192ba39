"""`solve` from words to exit code; an untrained network fills one blank by trying, no more."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.support import (
    HARD,
    NO_SOLUTION,
    ONE_BLANK,
    SOLVED,
    TWO_FIVES,
    TWO_SOLUTIONS,
    Run,
    command,
    start,
)


@pytest.fixture
def puzzle(tmp_path: Path) -> Path:
    path = tmp_path / "puzzle.txt"
    path.write_text(ONE_BLANK + "\n")
    return path


def test_text_is_a_grid_and_one_line(run: Run, model: Path, puzzle: Path) -> None:
    done = run("solve", "puzzle.txt", "--model", model)
    assert done.code == 0
    *grid, line = done.stdout.splitlines()
    assert line.startswith("puzzle.txt: solved ✓ verified · ")
    assert "".join(c for row in grid for c in row if c.isdigit()) == SOLVED


def test_files_text_and_stdin_mix_in_order(run: Run, model: Path, puzzle: Path) -> None:
    done = run(
        "solve",
        SOLVED,
        "puzzle.txt",
        "-",
        ONE_BLANK,
        "--model",
        model,
        "--format",
        "jsonl",
        stdin=f"{SOLVED}\n{ONE_BLANK}\n",
    )
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["question"] for record in records] == [
        SOLVED,
        ONE_BLANK,
        SOLVED,
        ONE_BLANK,
        ONE_BLANK,
    ]
    assert {record["status"] for record in records} == {"solved"}
    assert done.code == 0
    assert "puzzle.txt" in records[1]["name"]


def test_json_of_one_puzzle(run: Run, model: Path) -> None:
    record = json.loads(run("solve", ONE_BLANK, "-m", model, "--seed", "7", "-f", "json").stdout)
    assert record["schema"] == 1
    assert (record["domain"], record["status"], record["verdict"]) == (
        "sudoku",
        "solved",
        "verified",
    )
    assert (record["answer"], record["seed"], record["solver"]) == (SOLVED, 7, "model")
    assert isinstance(record["settled"], bool) and record["steps"] >= 1
    assert record["model"] == str(model)


def test_an_accepted_answer_is_watched_as_long_as_asked(run: Run) -> None:
    def told(*options: str) -> tuple[object, ...]:
        record = json.loads(run("solve", ONE_BLANK, "-f", "json", *options).stdout)
        return tuple(record[name] for name in ("verdict", "answer", "steps", "settled"))

    assert told()[:3] == told("--linger", "0")[:3] == ("verified", SOLVED, 4)
    assert told()[3] and not told("--linger", "0")[3]


def test_same_seed_same_answers_whatever_the_batch_size(run: Run, model: Path) -> None:
    def records(*options: str) -> list[dict[str, object]]:
        done = run(
            "solve",
            HARD,
            ONE_BLANK,
            HARD,
            "-m",
            model,
            "--max-steps",
            "60",
            "-f",
            "jsonl",
            *options,
        )
        found = [json.loads(line) for line in done.stdout.splitlines()]
        return [{**record, "seconds": 0} for record in found]

    first = records()
    assert records("--batch-size", "1") == first
    assert records("--batch-size", "2", "--threads", "1") == first


def test_unsolved_is_1_and_prints_no_wrong_answer(run: Run, model: Path) -> None:
    done = run("solve", HARD, "-m", model, "--max-steps", "20", "-f", "line")
    assert (done.code, done.stdout) == (1, HARD + "\n")


@pytest.mark.parametrize("puzzle", [TWO_FIVES, NO_SOLUTION])
def test_contradictions_are_proved_and_5(run: Run, model: Path, puzzle: str) -> None:
    done = run("solve", puzzle, "-m", model, "-f", "json")
    record = json.loads(done.stdout)
    assert (done.code, record["status"], record["steps"]) == (5, "contradiction", 0)
    assert record["reason"]


def test_several_solutions_are_ambiguous_and_5(run: Run, model: Path) -> None:
    record = json.loads(run("solve", TWO_SOLUTIONS, "-m", model, "-f", "json").stdout)
    assert (record["status"], record["verdict"], record["steps"]) == ("ambiguous", "verified", 0)
    assert record["solver"] == "exact"
    done = run("solve", TWO_SOLUTIONS, "-m", model, "-f", "line")
    assert (done.code, done.stdout) == (5, record["answer"] + "\n")
    assert run("verify", TWO_SOLUTIONS, record["answer"]).code == 0
    assert "more than one solution; this is one of them" in run("solve", TWO_SOLUTIONS).stdout


@pytest.mark.parametrize("form", ["grid", "line"])
def test_forms_that_do_not_tell_why_leave_it_to_stderr(run: Run, model: Path, form: str) -> None:
    done = run("solve", "11..............", "-m", model, "-f", form)
    assert done.code == 5 and "1 contradiction" in done.stderr
    assert "solved" not in run("solve", ONE_BLANK, "-m", model, "-f", form).stderr


def test_contradiction_counts_more_than_unsolved(run: Run, model: Path) -> None:
    done = run("solve", HARD, TWO_FIVES, ONE_BLANK, "-m", model, "--max-steps", "20", "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["status"] for row in rows] == ["unsolved", "contradiction", "solved"]
    assert done.code == 5


def test_exact_fallback_is_labelled(run: Run, model: Path) -> None:
    done = run("solve", HARD, "-m", model, "--max-steps", "20", "--fallback", "exact", "-f", "json")
    record = json.loads(done.stdout)
    assert (done.code, record["status"], record["solver"]) == (0, "solved", "exact")
    assert run("verify", HARD, record["answer"]).code == 0
    text = run("solve", HARD, "-m", model, "--max-steps", "20", "--fallback", "exact").stdout
    assert "by the exact solver, not the model" in text


def test_step_budget_is_kept(run: Run, model: Path) -> None:
    record = json.loads(run("solve", HARD, "-m", model, "--max-steps", "30", "-f", "json").stdout)
    assert record["steps"] == 30


def test_raw_mode_stops_where_it_settles(run: Run, model: Path) -> None:
    words = ("solve", HARD, "--mode", "raw", "--max-steps", "200", "-f", "json")
    trained, untrained = (json.loads(run(*words, *more).stdout) for more in ((), ("-m", model)))
    assert trained["settled"] and trained["steps"] < 200 and trained["restarts"] == 0
    assert untrained["steps"] == 200 and untrained["restarts"] == 0
    assert untrained["verdict"] == "wrong"


def test_time_limit_ends_everything(run: Run, model: Path) -> None:
    done = run(
        "solve", HARD, "-m", model, "--max-steps", "1000000000", "--time-limit", "0.5", "-f", "json"
    )
    told = json.loads(done.stdout)
    assert done.code == 1 and told["steps"] < 1_000_000_000
    assert told["reason"].startswith("the time limit is over")


def test_output_file(run: Run, model: Path, tmp_path: Path) -> None:
    done = run("solve", ONE_BLANK, "-m", model, "-f", "line", "-o", "out.txt")
    assert (done.code, done.stdout) == (0, "")
    assert (tmp_path / "out.txt").read_text() == SOLVED + "\n"


def test_jsonl_streams(model: Path, tmp_path: Path) -> None:
    """An answer is there while stdin is still open."""
    (theirs, stdin), (stdout, out) = os.pipe(), os.pipe()
    words = ("solve", "-", "-d", "sudoku", "-m", model, "-f", "jsonl", "--batch-size", "1")
    process = start(words, tmp_path, theirs, out)
    with open(stdin, "w") as asked, open(stdout) as answers:
        asked.write(f"{ONE_BLANK}\n" * 8)
        asked.flush()
        assert json.loads(answers.readline())["status"] == "solved"
        asked.close()
        assert len(answers.readlines()) == 7
    process.join()
    assert process.exitcode == 0


def test_interruption_prints_what_is_finished(model: Path, tmp_path: Path) -> None:
    options = ("-m", model, "-f", "jsonl", "--batch-size", "1", "--max-steps", "1000000000")
    stdout, out = os.pipe()
    process = start(("solve", ONE_BLANK, HARD, *options), tmp_path, out=out, err=tmp_path / "err")
    with open(stdout) as answers:
        first = answers.readline()  # the second one is being refined now
        assert process.pid is not None
        os.kill(process.pid, signal.SIGINT)
        rest = answers.readlines()
    process.join()
    assert json.loads(first)["status"] == "solved"
    assert process.exitcode == 130
    assert all(json.loads(line)["status"] == "interrupted" for line in rest)
    assert "Traceback" not in (tmp_path / "err").read_text()


def test_broken_pipe_is_quiet(model: Path, tmp_path: Path) -> None:
    (tmp_path / "many.txt").write_text(f"{ONE_BLANK}\n" * 20)
    words = ("solve", tmp_path / "many.txt", "-m", model, "-f", "line", "--batch-size", "1")
    stdout, out = os.pipe()
    process = start(words, tmp_path, out=out, err=tmp_path / "err")
    with open(stdout) as answers:
        answers.readline()
    process.join()
    assert (tmp_path / "err").read_text() == ""


@pytest.mark.parametrize("suffix", [".gif", ".svg", ".html", ".png"])
def test_save_writes_the_settling(run: Run, model: Path, tmp_path: Path, suffix: str) -> None:
    done = run("solve", HARD, "-m", model, "--max-steps", "60", "--save", f"settling{suffix}")
    assert done.code == 1 and f"saved settling{suffix}" in done.stderr
    path = tmp_path / f"settling{suffix}"
    if suffix == ".gif":
        with Image.open(path) as image:
            assert image.n_frames > 3
    assert path.stat().st_size > 1_000
    assert not list(tmp_path.glob("*.partial"))


def test_save_of_a_contradiction_shows_the_givens(run: Run, model: Path, tmp_path: Path) -> None:
    assert run("solve", TWO_FIVES, "-m", model, "--save", "a.svg").code == 5
    assert (tmp_path / "a.svg").is_file()


def test_live_without_a_terminal_is_told(run: Run, model: Path) -> None:
    done = run("solve", ONE_BLANK, "-m", model, "-f", "line", "--live")
    assert done.stdout == SOLVED + "\n" and "not a terminal" in done.stderr
    assert "\x1b" not in done.stderr


def test_unusable_device_is_a_usage_error(run: Run, model: Path) -> None:
    done = run("solve", ONE_BLANK, "-m", model, "--device", "quantum")
    assert done.code == 2 and "--device" in done.stderr


def test_one_bad_line_names_its_place(run: Run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(f"{ONE_BLANK}\n{ONE_BLANK[:-1]}\n")
    done = run("solve", "list.txt", "-m", model, "-f", "line")
    assert done.code == 3 and "list.txt:2" in done.stderr
    assert done.stdout == SOLVED + "\n"


def test_a_folder_is_solved_before_it_is_told_what_cannot_be_read(
    run: Run, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "boards").mkdir()
    for name in ("a.txt", "d.txt"):
        (tmp_path / "boards" / name).write_text(ONE_BLANK)
    (tmp_path / "boards/readme.md").write_text("Boards of mine")
    done = run("solve", "boards", "-m", model, "-f", "line")
    assert (done.code, done.stdout) == (0, f"{SOLVED}\n" * 2)
    assert "note: boards: passed over, no puzzles: readme.md\n" in done.stderr
    assert "note" not in run("solve", "boards", "-m", model, "-f", "line", "-q").stderr
    (tmp_path / "boards/b.txt").write_text("1 2 3 4")
    (tmp_path / "boards/c.txt").write_text(ONE_BLANK[1:])
    names = [f"boards/{name}" for name in ("a.txt", "readme.md", "b.txt", "c.txt", "d.txt")]
    for words, count in ((["boards"], 2), (names, 3)):
        done = run("solve", *words, "-m", model, "-f", "line")
        assert (done.code, done.stdout) == (3, f"{SOLVED}\n" * 2)
        assert done.stderr.count("error: boards/") == count
    assert "readme.md: no known kind of puzzle" in done.stderr
    done = run("solve", *names, "-m", model, "-f", "jsonl", "-o", "out/")
    assert done.code == 3 and "readme.md" in done.stderr and not (tmp_path / "out").exists()


MAZE = "S #/ # /  G"


def test_puzzles_of_several_kinds_come_out_in_order(run: Run) -> None:
    done = run("solve", SOLVED, MAZE, ONE_BLANK, "--format", "jsonl")
    assert done.code == 0
    records = [json.loads(line) for line in done.stdout.splitlines()]
    told = [(record["domain"], record["model"], record["status"]) for record in records]
    assert told == [
        ("sudoku", "sudoku", "solved"),
        ("maze", "maze", "solved"),
        ("sudoku", "sudoku", "solved"),
    ]
    assert records[1]["answer"] == "S #/o# /ooG"


def test_a_model_solves_what_it_was_trained_for(run: Run) -> None:
    done = run("solve", MAZE, "--model", "sudoku")
    assert done.code == 4
    assert "was trained for sudoku, not maze" in done.stderr


def test_a_maze_without_a_way_is_proved_so(run: Run) -> None:
    done = run("solve", "S#G/")
    assert done.code == 5
    assert done.stdout.splitlines() == [
        "S#G/: contradiction",
        "  no path leads from S to G: 1 cells can be reached from S",
    ]


def test_after_several_puzzles_one_line_says_how_many_and_how_long(run: Run, model: Path) -> None:
    words = ("solve", ONE_BLANK, HARD, TWO_FIVES, ONE_BLANK, "-m", model, "--max-steps", "20")
    done = run(*words, "-f", "csv")
    total, hint = done.stderr.splitlines()
    assert re.fullmatch(r"2 of 4 puzzles solved in [\d.]+ s · 1 unsolved · 1 contradiction", total)
    assert hint.startswith("hint: --fallback exact")
    assert run(*words, "-f", "csv", "--quiet").stderr == ""
    assert run("solve", ONE_BLANK, "-m", model).stderr == "", "of one puzzle all is said"
    fallen_back = run(*words, "--fallback", "exact")
    assert "3 of 4" in fallen_back.stderr and "hint" not in fallen_back.stderr


def test_a_total_counts_what_was_finished_in_a_folder(run: Run, model: Path) -> None:
    done = run("solve", ONE_BLANK, ONE_BLANK, "-m", model, "-f", "jsonl", "-o", "out/")
    assert done.code == 0 and "out/: 2 of 2 puzzles solved in " in done.stderr
    quiet = run("solve", ONE_BLANK, ONE_BLANK, "-m", model, "-f", "jsonl", "-o", "two/", "-q")
    assert (quiet.code, quiet.stderr) == (0, "")


def test_what_is_piped_needs_no_dash(run: Run, model: Path) -> None:
    done = run("solve", "-m", model, "-f", "line", stdin=f"{ONE_BLANK}\n")
    assert (done.code, done.stdout) == (0, SOLVED + "\n")


def test_nothing_given_and_nothing_piped_is_a_usage_error() -> None:
    done = subprocess.run(
        command("solve"), stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 2 and "no puzzle given" in done.stderr


def test_a_submission_of_a_sudoku_fails_before_it_prints(run: Run, model: Path) -> None:
    done = run("solve", ONE_BLANK, "-m", model, "-f", "submission")
    assert (done.code, done.stdout) == (2, "") and "ARC" in done.stderr


def test_an_error_before_the_first_result_prints_nothing(run: Run) -> None:
    for format in ("json", "csv", "text"):
        done = run("solve", ONE_BLANK, "-m", "maze", "-f", format)
        assert (done.code, done.stdout) == (4, "")


def test_every_save_is_written(run: Run, model: Path, tmp_path: Path) -> None:
    done = run("solve", ONE_BLANK, "-m", model, "--save", "a.svg", "--save", "b.html")
    assert done.stderr.splitlines() == ["saved a.svg", "saved b.html"]
    assert (tmp_path / "a.svg").is_file() and (tmp_path / "b.html").is_file()
    refused = run("solve", ONE_BLANK, "-m", model, "--save", "c.svg", "--save", "d.mp4")
    assert refused.code == 2 and not (tmp_path / "c.svg").exists()


def test_a_size_that_the_model_was_not_trained_on_is_told(run: Run, model: Path) -> None:
    four = "12343412214343.1"
    done = run("solve", four, four, ONE_BLANK)
    note, *_ = done.stderr.splitlines()
    assert note == f"note: the model sudoku was trained only on 9×9 boards; {four} is 4×4"
    assert done.stderr.count("note:") == 1
    assert "note" not in run("solve", four, "-m", model).stderr, "nobody knows its boards"
    assert "note" not in run("solve", MAZE).stderr, "mazes of all sizes are alike"
