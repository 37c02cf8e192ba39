"""Suites of ARC for a model that knows the tasks: what is voted, kept, refused and said of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from puzzlesolver.bench.arc import tasks as arc
from puzzlesolver.bench.report.terminal import show
from puzzlesolver.cli.app import main
from puzzlesolver.errors import ModelError, ParseError, UsageError
from puzzlesolver.hub.folder import save_model
from puzzlesolver.loading import load_network
from puzzlesolver.models.registry import build_model
from puzzlesolver.train.data.published.arc import build_arc
from puzzlesolver.train.data.published.dataset import DatasetFolder
from puzzlesolver.train.data.published.kaggle import read_kaggle
from tests.toy_arc import painter, write_toy_tasks

LEARNED = ("copy", "one", "shadow")


@pytest.fixture
def toy(tmp_path: Path) -> dict[str, Any]:
    """Options of a run on four tasks, by a model that knows two of them and copies everything."""
    write_toy_tasks(tmp_path, ["copy", "one"])
    tasks = {"evaluation": read_kaggle(tmp_path / "toy", "evaluation")}
    build_arc(tmp_path / "ids", tasks, test=["evaluation"], num_aug=3)
    rows = len(DatasetFolder(tmp_path / "ids").names())
    save_model(painter([True] * rows, painted=False), tmp_path / "model", {}, "# A copier")
    data = write_toy_tasks(tmp_path, ["copy", "one", "fill", "swap"])
    return {
        "model": tmp_path / "model", "ids": tmp_path / "ids", "data": data, "max_steps": 1,
        "device": "cpu", "threads": 1, "out_json": tmp_path / "arc.json",
    }  # fmt: skip


def lines(toy: dict[str, Any]) -> dict[str, dict[str, Any]]:
    text = toy["out_json"].with_suffix(".jsonl").read_text()
    records = [json.loads(line)["puzzle"] for line in text.splitlines()[1:]]
    return {record["task"]: record for record in records}


def test_known_tasks_are_voted_on_and_others_are_told(toy: dict[str, Any]) -> None:
    report = arc.run("arc-eval", **toy)
    found = lines(toy)
    assert found["copy"]["right"] == [[True, True]] and found["copy"]["ranks"] == [1]
    assert found["copy"]["variants"] == 4 and found["copy"]["shares"] == [[1, 0]]
    assert found["one"]["right"] == [[False, False]] and found["one"]["ranks"] == [None]
    assert found["swap"]["variants"] == 0 and found["swap"]["beliefs"] == [[], []]
    assert len(set(found["swap"]["attempts"][0])) == 1, "the input, twice"
    assert report["by_map"]["in the id map"]["count"] == 1
    assert report["by_map"]["in the id map"]["of"] == 2
    assert report["by_map"]["not in the id map"]["of"] == 2
    assert report["inputs"]["of"] == 5 and report["score"] == 0.25
    assert report["overlap"].startswith("the demonstrations of 2 of these 4 tasks were in the")
    assert report["overlap"].endswith("so were the tests of 0 of them")


@pytest.mark.parametrize("votes", [None, "published", "grids"])
def test_a_report_says_by_which_rule_variants_voted(
    toy: dict[str, Any], votes: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    report = arc.run("arc-eval", **toy, votes=votes)
    assert report["votes"].startswith(f"{votes or 'published'}: an empty prediction")
    show(report, Console(width=500))
    assert report["votes"] in capsys.readouterr().out


def test_nothing_in_the_corner_is_an_attempt_by_the_published_rule(toy: dict[str, Any]) -> None:
    """A model that says padding everywhere: empty attempts, or the input where none has a vote."""
    model = load_network(toy["model"], "arc").network
    with torch.no_grad():
        for tensor in model.lm_head.parameters():
            tensor.zero_()
    save_model(model, toy["model"], {}, "# Says nothing")
    arc.run("arc-eval", **toy)
    assert lines(toy)["copy"]["attempts"] == [["", ""]] and lines(toy)["copy"]["shares"] == [[1, 0]]
    assert lines(toy)["copy"]["right"] == [[False, False]]
    arc.run("arc-eval", **toy, votes="grids")
    assert lines(toy)["copy"]["right"] == [[True, True]]


def test_outputs_of_tests_change_no_attempt(toy: dict[str, Any]) -> None:
    arc.run("arc-eval", **toy)
    before = lines(toy)
    solutions = toy["data"].with_name("toy_evaluation_solutions.json")
    other = {
        task: [[[7]]] * len(grids) for task, grids in json.loads(solutions.read_text()).items()
    }
    solutions.write_text(json.dumps(other))
    report = arc.run("arc-eval", **toy)
    assert report["inputs"]["count"] == 0
    for task, record in lines(toy).items():
        assert record["attempts"] == before[task]["attempts"]


def test_a_run_goes_on_where_it_ended(toy: dict[str, Any], tmp_path: Path) -> None:
    arc.run("arc-eval", **toy, shard="1/2")
    part = tmp_path / "arc.1-of-2.jsonl"
    part.write_text(part.read_text().replace('"cpu_seconds": ', '"cpu_seconds": 77'))
    report = arc.run("arc-eval", **toy, resume=True)
    assert report["tasks"]["of"] == 4
    assert sum(record["cpu_seconds"] >= 77 for record in lines(toy).values()) == 2
    (tmp_path / "arc.jsonl").rename(tmp_path / "arc.partial.jsonl")
    with pytest.raises(UsageError, match="another run: its max_steps is 1, not 2"):
        arc.run("arc-eval", **toy | {"max_steps": 2}, resume=True)


def test_the_file_of_names_is_enough_but_says_nothing_of_tests(toy: dict[str, Any]) -> None:
    toy["ids"] = (toy["ids"] / "identifiers.json").rename(toy["out_json"].with_name("names.json"))
    assert arc.run("arc-eval", **toy)["overlap"].endswith("whether their tests were is not known")


def test_tests_that_were_trained_on_are_told(toy: dict[str, Any]) -> None:
    path = toy["ids"] / "test_puzzles.json"
    path.write_text(json.dumps({"one": {}}))
    assert arc.run("arc-eval", **toy)["overlap"].endswith("so were the tests of 1 of them")


def test_what_cannot_know_tasks_is_refused(toy: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="names of the model's puzzle identifiers"):
        arc.run("arc-eval", **toy | {"ids": None})
    for option in ({"seed": 1}, {"processes": 2}):
        with pytest.raises(UsageError, match="would change nothing"):
            arc.run("arc-eval", **toy, **option)
    with pytest.raises(UsageError, match="would change nothing"):
        arc.run("arc-eval", **toy | {"model": None})
    names = toy["ids"] / "identifiers.json"
    names.write_text(json.dumps(["<blank>", "copy"]))
    with pytest.raises(ModelError, match="9 puzzle identifiers, the file names 2"):
        arc.run("arc-eval", **toy)
    names.write_text("{}")
    with pytest.raises(ParseError, match="expected a list of names"):
        arc.run("arc-eval", **toy)
    names.write_text(json.dumps(["<blank>"] * 9))
    small = {"width": 4, "messages": 4, "hidden": 4}
    save_model(build_model("stem", small), tmp_path / "stem", {}, "# A stem")
    with pytest.raises(ModelError, match="only HRM, TRM and SE-RRM"):
        arc.run("arc-eval", **toy | {"model": tmp_path / "stem"})
    assert not toy["out_json"].with_suffix(".partial.jsonl").exists()


def test_data_must_have_the_outputs_of_its_tests(toy: dict[str, Any]) -> None:
    toy["data"].with_name("toy_evaluation_solutions.json").unlink()
    with pytest.raises(UsageError, match="outputs of task copy are not all known"):
        arc.run("arc-eval", **toy)


def test_the_way_of_the_papers_from_end_to_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Build a set, train TRM on it, and let the variants vote: colours are learned in seconds."""
    data = write_toy_tasks(tmp_path, LEARNED)
    ids = tmp_path / "ids"
    words = ["--subset", "evaluation", "--num-aug", "1"]
    assert main(["dataset", "arc", str(ids), "--kaggle", str(tmp_path / "toy"), *words]) == 0
    solved = {}
    for steps in (1, 60):
        out = tmp_path / f"run{steps}"
        settings = ["precision=fp32", "compile=false", "eval_every=0", "batch_size=4", "clip=1.0",
                    "cross_entropy=softmax", "halt_max_steps=2", "warmup_updates=1", "floor=0.02",
                    "optimizer=muon", "learning_rate=2e-2", "ema=0.9"]  # fmt: skip
        model = {"vocab_size": 12, "seq_len": 900, "hidden_size": 16, "num_heads": 1,
                 "puzzle_emb_ndim": 16, "puzzle_emb_len": 1, "H_cycles": 1, "L_cycles": 1,
                 "L_layers": 1, "expansion": 0.1, "pos_encodings": "none"}  # fmt: skip
        settings.append(f"model={json.dumps(model)}")
        options = [word for setting in settings for word in ("--set", setting)]
        run = ["--preset", "trm-arc1", "--data", str(ids), "--steps", str(steps), "--threads", "1"]
        assert main(["train", "arc", *run, *options, "--out", str(out)]) == 0
        report = tmp_path / f"{steps}.json"
        asked = ["--model", str(out / "model"), "--ids", str(ids), "--data", str(data)]
        told = ["--max-steps", "2", "--threads", "1", "--device", "cpu", "--json", str(report)]
        assert main(["bench", "arc-eval", *asked, *told]) == 0
        solved[steps] = json.loads(report.read_text())["tasks"]["count"]
    assert solved[1] < solved[60]
    assert f"bench arc-eval --ids {ids} --model" in capsys.readouterr().err
