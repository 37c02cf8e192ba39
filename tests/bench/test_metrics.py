from __future__ import annotations

import pytest

from puzzlesolver.bench.accuracy.metrics import band, budgets, summarise
from puzzlesolver.bench.records import Record
from puzzlesolver.bench.statistics import share, wilson
from puzzlesolver.bench.suites import GUESSES


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 0.8389, 1.0),
    ],
)
def test_wilson_interval(count: int, of: int, low: float, high: float) -> None:
    assert wilson(count, of) == pytest.approx((low, high), abs=5e-5)


def test_share_of_nothing_is_no_number() -> None:
    assert share(0, 0) == {"count": 0, "of": 0, "share": None, "low": None, "high": None}


def test_budgets() -> None:
    assert budgets(16) == [16]
    assert budgets(100) == [16, 32, 64, 100]
    assert budgets(2_000) == [16, 32, 64, 128, 256, 512, 1_024, 2_000]
    assert budgets(20_000)[-3:] == [8_192, 16_384, 20_000]
    assert 2_000 in budgets(20_000)


@pytest.mark.parametrize(
    ("rating", "name"),
    [(None, "unrated"), (0, "0"), (0.5, "1-9"), (1, "1-9"), (9, "1-9"), (10, "10-19"),
     (19, "10-19"), (20, "20-49"), (49, "20-49"), (50, "50+"), (9_999, "50+")],
)  # fmt: skip
def test_band(rating: float | None, name: str) -> None:
    assert band(rating, GUESSES) == name


def record(index: int, **changes: object) -> Record:
    facts = {
        "mode": "verified", "index": index, "name": f"p{index}", "group": "a", "rating": 3.0,
        "status": "solved", "verdict": "verified", "matches": True, "as_good": True, "drawn": None,
        "settled": True, "steps": 16, "restarts": 0, "elapsed": 0.0,
    }  # fmt: skip
    return Record(**{**facts, **changes})  # type: ignore[arg-type]


UNSOLVED = {"status": "unsolved", "verdict": "wrong", "matches": False, "as_good": False}


def test_summary() -> None:
    records = [
        record(0, elapsed=1.0),
        record(1, steps=20, rating=50.0, elapsed=2.0),
        record(2, steps=100, group="b", settled=False, rating=None, restarts=2, elapsed=4.0),
        record(3, steps=200, **UNSOLVED, restarts=1, elapsed=8.0),
    ]
    told = summarise(records, 200, GUESSES)
    assert (told["accuracy"]["count"], told["accuracy"]["of"]) == (3, 4)
    by_budget = {budget: part["count"] for budget, part in told["by_budget"].items()}
    assert by_budget == {"16": 1, "32": 2, "64": 2, "128": 3, "200": 3}
    by_rating = {name: (part["count"], part["of"]) for name, part in told["by_rating"].items()}
    assert list(by_rating.items()) == [("1-9", (1, 2)), ("50+", (1, 1)), ("unrated", (1, 1))]
    by_source = {name: (part["count"], part["of"]) for name, part in told["by_source"].items()}
    assert by_source == {"a": (2, 3), "b": (1, 1)}
    assert (
        told["given_settled"]["verified"]["count"],
        told["given_settled"]["verified"]["of"],
    ) == (2, 3)
    assert (told["steps"]["median"], told["steps"]["p95"]) == (20, 92)
    assert told["steps"]["histogram"] == {"16": 1, "32": 1, "64": 0, "128": 1, "200": 0}
    assert (told["restarts"], told["labelled"]) == (3, 4)
    assert (told["seconds"], told["puzzles_per_second"], told["verified_per_second"]) == (
        8.0,
        0.5,
        0.375,
    )
    assert told["wrong_verified"] == told["wrong_contradictions"] == []


def test_the_order_of_records_does_not_matter() -> None:
    records = [record(0), record(1, steps=40, group="b"), record(2, **UNSOLVED)]
    assert summarise(records, 64, GUESSES) == summarise(records[::-1], 64, GUESSES)


def test_raw_goes_by_the_known_answer_and_verified_by_the_rules() -> None:
    lucky = {"verdict": "verified", "matches": False, "as_good": False}
    assert record(0, **lucky).correct
    assert record(0, **lucky).wrong_verified
    assert not record(0, mode="raw", **lucky).correct
    assert record(0, mode="raw", verdict="verified", matches=None, as_good=None).correct


def test_unsound_results_are_named() -> None:
    records = [
        record(0, matches=False, as_good=False),
        record(1, status="contradiction"),
        record(2, status="contradiction", matches=None),
    ]
    told = summarise(records, 64, GUESSES)
    assert told["wrong_verified"] == ["p0"]
    assert told["wrong_contradictions"] == ["p1"]


def test_nothing_solved() -> None:
    told = summarise([record(0, **UNSOLVED, settled=False)], 64, GUESSES)
    assert told["steps"]["median"] is None
    assert told["given_settled"]["correct"]["share"] is None


def test_another_answer_may_be_as_good_as_the_known_one() -> None:
    records = [record(0, matches=False, drawn=True), record(1, mode="raw", drawn=False)]
    told = summarise(records, 64, GUESSES)
    assert told["accuracy"]["count"] == 2
    assert (told["exact"]["count"], told["drawn"]["count"]) == (1, 1)
    assert told["wrong_verified"] == []
