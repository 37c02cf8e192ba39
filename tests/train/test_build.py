"""Built datasets: valid augmentations, identifiers from seed 42, no test answer to train on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from puzzlesolver.domains.arc.augment import parse_name
from puzzlesolver.domains.arc.codec import from_canvas, to_canvas
from puzzlesolver.domains.arc.task import Pair
from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.errors import ParseError, UsageError
from puzzlesolver.train.data.labelled import Labelled, collect
from puzzlesolver.train.data.published.arc import Report, build_arc, draw_variants
from puzzlesolver.train.data.published.boards import build_maze, build_sudoku, generated
from puzzlesolver.train.data.published.dataset import DatasetFolder, DatasetSplit
from puzzlesolver.train.data.published.kaggle import Tasks, read_kaggle

SUDOKU, MAZE = get_domain("sudoku"), get_domain("maze")


@pytest.fixture(scope="module")
def sudokus() -> Labelled:
    return collect(generated("sudoku", 12, seed=3, size=6))


@pytest.fixture(scope="module")
def mazes() -> Labelled:
    return collect(generated("maze", 5, seed=3, size=7, difficulty="easy"))


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def puzzle(domain: str, ids: np.ndarray) -> Puzzle:
    side = int(len(ids) ** 0.5)
    return Puzzle(domain, "", ids.reshape(side, side) - np.uint8(1), "")


def test_a_sudoku_group_is_the_board_and_then_its_augmentations(
    tmp_path: Path, sudokus: Labelled
) -> None:
    build_sudoku(tmp_path / "set", sudokus.take(slice(8)), sudokus.take(slice(8, 12)), num_aug=5)
    folder = DatasetFolder(tmp_path / "set")
    assert folder.test is not None and folder.names() == ["<blank>"]
    train = folder.train
    assert (train.groups, train.puzzles, train.examples) == (8, 48, 48)
    assert train.metadata.vocab_size == 8
    assert (train.inputs[::6] == sudokus.questions[:8] + 1).all()
    assert (train.labels[::6] == sudokus.solutions[:8] + 1).all()
    assert (folder.test.inputs == sudokus.questions[8:] + 1).all()
    for inputs, labels in zip(train.inputs, train.labels, strict=True):
        asked, answer = puzzle("sudoku", inputs), puzzle("sudoku", labels).grid
        assert SUDOKU.verify(asked, answer).status == "verified"
    assert len({row.tobytes() for row in train.inputs}) == 48


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path, sudokus: Labelled) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        build_sudoku(tmp_path / name, sudokus, None, subsample=5, num_aug=2, seed=seed)
    assert digest(tmp_path / "a") == digest(tmp_path / "b") != digest(tmp_path / "c")
    chosen = DatasetFolder(tmp_path / "a").train.inputs[::3]
    assert len({row.tobytes() for row in chosen}) == 5
    assert {row.tobytes() for row in chosen - 1} <= {row.tobytes() for row in sudokus.questions}
    with pytest.raises(UsageError, match="12 puzzles, 13 are asked for"):
        build_sudoku(tmp_path / "d", sudokus, None, subsample=13)


def test_puzzles_of_a_file_can_be_chosen_by_their_rating(tmp_path: Path, sudokus: Labelled) -> None:
    lines = ["source,question,answer,rating"]
    for rating, boards in enumerate(zip(*sudokus, strict=True)):
        question, answer = (SUDOKU.format_line(board.reshape(6, 6)) for board in boards)
        lines.append(f"x,{question},{answer},{rating}")
    path = tmp_path / "list.csv"
    path.write_text("\n".join(lines))
    assert (collect(read_puzzles([path])).questions == sudokus.questions).all()
    assert (collect(read_puzzles([path]), 9).solutions == sudokus.solutions[9:]).all()
    with pytest.raises(UsageError, match="no puzzle is left"):
        collect(read_puzzles([path]), 12)
    path.write_text("\n".join([lines[0], lines[1][:-1]]))
    with pytest.raises(UsageError, match="no rating"):
        collect(read_puzzles([path]), 1)
    with pytest.raises(UsageError, match="needs the answer"):
        collect(read_puzzles([SUDOKU.format_line(sudokus.questions[0].reshape(6, 6))]))


def test_new_puzzles_are_all_different() -> None:
    boards = collect(generated("sudoku", 300, seed=1, size=4))
    assert len({board.tobytes() for board in boards.questions}) == 300


def test_boards_of_a_dataset_have_one_square_size(sudokus: Labelled, tmp_path: Path) -> None:
    wide = MAZE.generate(1, 0, size=(3, 5), difficulty="easy")
    with pytest.raises(UsageError, match="not 3×5"):
        collect(wide)
    mixed = [next(generated("sudoku", 1, seed=1, size=size)) for size in (4, 6)]
    with pytest.raises(UsageError, match="several sizes"):
        collect(mixed)
    with pytest.raises(UsageError, match="test boards are 4×4, the others 6×6"):
        build_sudoku(tmp_path / "set", sudokus, collect(mixed[:1]))


def test_mazes_are_written_as_they_are_by_default(tmp_path: Path, mazes: Labelled) -> None:
    build_maze(tmp_path / "set", mazes.take(slice(4)), mazes.take(slice(4, 5)))
    folder = DatasetFolder(tmp_path / "set")
    assert folder.test is not None and folder.train.metadata.vocab_size == 6
    assert (folder.train.inputs == mazes.questions[:4] + 1).all()
    assert (folder.test.labels == mazes.solutions[4:] + 1).all()


def test_turned_mazes_keep_the_tie_break(tmp_path: Path, mazes: Labelled) -> None:
    build_maze(tmp_path / "set", mazes, None, dihedral=True)
    train = DatasetFolder(tmp_path / "set").train
    assert (train.groups, train.puzzles) == (5, 40)
    assert (train.labels[::8] == mazes.solutions + 1).all()
    assert len({row.tobytes() for row in train.inputs}) == 40
    for inputs, labels in zip(train.inputs, train.labels, strict=True):
        path = MAZE.solve_exactly(puzzle("maze", inputs))
        assert np.array_equal(path, puzzle("maze", labels).grid)


# --- ARC: three subsets of a few tasks, written as Kaggle writes them


def task(rng: np.random.Generator, demonstrations: int, tests: int) -> dict[str, Any]:
    """Random grids; Kaggle puts the tests first."""

    def grid() -> list[list[int]]:
        height, width = rng.integers(1, 8, 2)
        return rng.integers(0, 10, (height, width)).tolist()

    parts = {"test": tests, "train": demonstrations}
    return {
        part: [{"input": grid(), "output": grid()} for _ in range(count)]
        for part, count in parts.items()
    }


def toy_tasks() -> dict[str, dict[str, Any]]:
    rng = np.random.default_rng(0)
    subsets = {
        subset: {
            f"{subset[:2]}{number:06x}": task(rng, 2 + number % 3, 1 + number % 2)
            for number in range(count)
        }
        for subset, count in (("training", 4), ("evaluation", 3), ("concept", 2))
    }
    # One that looks the same in every variant but one: black grids, and one colour in a corner.
    same = {"input": [[0, 0], [0, 0]], "output": [[0]]}
    subsets["training"]["symmetric"] = {"test": [same], "train": [same, same]}
    # As in ARC-AGI-1: a training task demonstrates what an evaluation task asks for.
    answer = subsets["evaluation"]["ev000001"]["test"][0]
    subsets["training"]["tr000000"]["train"].insert(1, answer)
    return subsets


def write_kaggle(folder: Path, subsets: dict[str, dict[str, Any]]) -> Path:
    prefix = folder / "arc-agi"
    for subset, tasks in subsets.items():
        solutions = {name: [pair["output"] for pair in t["test"]] for name, t in tasks.items()}
        hidden = {
            name: t | {"test": [{"input": pair["input"]} for pair in t["test"]]}
            for name, t in tasks.items()
        }
        Path(f"{prefix}_{subset}_challenges.json").write_text(json.dumps(hidden))
        Path(f"{prefix}_{subset}_solutions.json").write_text(json.dumps(solutions))
    return prefix


@pytest.fixture
def kaggle(tmp_path: Path) -> Path:
    return write_kaggle(tmp_path, toy_tasks())


def read_all(prefix: Path) -> dict[str, Tasks]:
    return {subset: read_kaggle(prefix, subset) for subset in toy_tasks()}


Built = tuple[DatasetFolder, Report]


@pytest.fixture
def arc(tmp_path: Path, kaggle: Path) -> Built:
    report = build_arc(tmp_path / "arc", read_all(kaggle), test=["evaluation"], num_aug=6)
    return DatasetFolder(tmp_path / "arc"), report


def expected_names(num_aug: int, separator: str) -> list[str]:
    """Names in the order of the published calls, by numpy's global legacy generator."""
    turns: list[Callable[[np.ndarray], np.ndarray]] = [
        lambda g: g,
        lambda g: np.rot90(g, k=1),
        lambda g: np.rot90(g, k=2),
        lambda g: np.rot90(g, k=3),
        np.fliplr,
        np.flipud,
        lambda g: g.T,
        lambda g: np.fliplr(np.rot90(g, k=1)),
    ]
    names = ["<blank>"]
    before = np.random.get_state()
    np.random.seed(42)
    for tasks in toy_tasks().values():
        items = list(tasks.items())
        np.random.shuffle(items)  # type: ignore[arg-type]
        for name, parts in items:
            pairs = [
                tuple(np.array(pair[side], np.uint8) for side in ("input", "output"))
                for part in parts.values()
                for pair in part
            ]
            seen = {str(sorted((a.tolist(), b.tolist()) for a, b in pairs))}
            names.append(name)
            for _ in range(5 * num_aug):
                turn = np.random.randint(0, 8)
                colours = np.concatenate([
                    np.arange(0, 1, dtype=np.uint8),
                    np.random.permutation(np.arange(1, 10, dtype=np.uint8)),
                ])  # fmt: skip
                changed = sorted(
                    (turns[turn](colours[a]).tolist(), turns[turn](colours[b]).tolist())
                    for a, b in pairs
                )
                if str(changed) not in seen:
                    seen.add(str(changed))
                    digits = "".join(map(str, colours))
                    names.append(f"{name}{separator}t{turn}{separator}{digits}")
                if len(seen) == num_aug + 1:
                    break
    np.random.set_state(before)
    return names


@pytest.mark.parametrize(("style", "separator"), [("trm", "|||"), ("hrm", "_")])
def test_identifiers_follow_from_the_published_order_of_calls(
    tmp_path: Path, kaggle: Path, style: str, separator: str
) -> None:
    tasks = read_all(kaggle)
    report = build_arc(tmp_path / "arc", tasks, test=["evaluation"], num_aug=6, names=style)
    names = DatasetFolder(tmp_path / "arc").names()
    assert names == expected_names(6, separator)
    assert report.identifiers == len(names) == 1 + 9 * 7 + 1  # the symmetric task has no variant


def shown(split: DatasetSplit, names: list[str]) -> list[tuple[str, str, str]]:
    """Task, input and output of every example that lies in the corner, with variants undone."""
    told = []
    examples = split.take(np.arange(split.examples))
    for ids, labels, number in zip(*examples, strict=True):
        if ids[0] and labels[0]:
            name, variant = parse_name(names[number])
            grids = (variant.undo(from_canvas(each)).tolist() for each in (ids, labels))
            told.append((name, *map(str, grids)))
    return told


def pairs_of(part: str, *subsets: str) -> set[tuple[str, str, str]]:
    return {
        (name, str(pair["input"]), str(pair["output"]))
        for subset in subsets
        for name, parts in toy_tasks()[subset].items()
        for pair in parts[part]
    }


def test_evaluation_pairs_are_trained_on_only_where_they_are_demonstrations(arc: Built) -> None:
    folder, report = arc
    assert folder.test is not None
    names = folder.names()
    trained, tested = shown(folder.train, names), shown(folder.test, names)
    asked = pairs_of("test", "evaluation")
    assert set(tested) == asked
    # Also not by way of another task.
    assert not {pair[1:] for pair in asked} & {pair[1:] for pair in trained}
    assert report.kept_out == 1
    allowed = pairs_of("train", "training", "evaluation", "concept")
    allowed |= pairs_of("test", "training", "concept")
    assert set(trained) <= allowed
    assert set(folder.test_puzzles()) == {"ev000000", "ev000001", "ev000002"}
    assert folder.test_puzzles() == toy_tasks()["evaluation"]


def test_every_variant_has_all_pairs_and_one_of_them_in_the_corner(arc: Built) -> None:
    folder, _ = arc
    assert folder.test is not None
    train, test = folder.train, folder.test
    corner = (train.inputs[:, 0] > 0) & (train.labels[:, 0] > 0)
    unmoved = np.add.reduceat(corner, train.puzzle_indices[:-1])
    assert (unmoved < np.diff(train.puzzle_indices)).any()
    names = [parse_name(name)[0] for name in folder.names()]
    # Only where that pair is the one left out there may be none.
    assert {names[n] for n in train.puzzle_identifiers[unmoved == 0]} <= {"tr000000"}
    assert test.inputs[:, 0].all() and test.labels[:, 0].all()
    assert train.groups == 10 and test.groups == 3
    for split, part in ((train, "train"), (test, "test")):
        sizes = np.diff(split.puzzle_indices)
        for identifier, size in zip(split.puzzle_identifiers, sizes, strict=True):
            if (name := names[identifier]) in toy_tasks()["evaluation"]:
                assert size == len(toy_tasks()["evaluation"][name][part])


def as_pairs(parts: dict[str, Any]) -> dict[str, list[Pair]]:
    return {
        part: [Pair(*(np.array(pair[side], np.uint8) for side in ("input", "output")))
               for pair in pairs]
        for part, pairs in parts.items()
    }  # fmt: skip


def expected_canvases(num_aug: int) -> list[list[int]]:
    """Inputs of the training split by the published order of calls, the answer to a test too."""
    rng = np.random.RandomState(42)
    tasks = {name: task for subset in toy_tasks().values() for name, task in subset.items()}
    order, canvases = [], []
    for subset, some in toy_tasks().items():
        names = list(some)
        rng.shuffle(names)
        for name in names:
            variants = draw_variants(as_pairs(some[name]), num_aug, rng)
            order.append((name, subset == "evaluation", variants))
    for name, tested, variants in order:
        parts = ["train"] if tested else list(tasks[name])
        pairs = [pair for part in parts for pair in tasks[name][part]]
        for variant in variants:
            still = rng.randint(0, len(pairs))
            for number, pair in enumerate(pairs):
                grids = [variant.apply(np.array(pair[side], np.uint8))
                         for side in ("input", "output")]  # fmt: skip
                row = column = 0
                if number != still:
                    row, column = (
                        rng.randint(0, 30 - max(grid.shape[axis] for grid in grids) + 1)
                        for axis in (0, 1)
                    )
                if pair != tasks["ev000001"]["test"][0]:
                    canvases.append(to_canvas(grids[0], row, column).tolist())
    return canvases


def test_leaving_out_an_answer_moves_no_other_pair(arc: Built) -> None:
    folder, report = arc
    assert report.kept_out == 1
    assert folder.train.inputs.tolist() == expected_canvases(6)


def test_a_task_that_only_answers_tests_leaves_the_rest_alone(tmp_path: Path) -> None:
    subsets = toy_tasks()
    subsets["concept"]["co000000"] = {
        "test": [],
        "train": subsets["evaluation"]["ev000001"]["test"],
    }
    tasks = {
        subset: {name: as_pairs(parts) for name, parts in some.items()}
        for subset, some in subsets.items()
    }
    build_arc(tmp_path / "arc", tasks, test=["evaluation"], num_aug=2)
    folder = DatasetFolder(tmp_path / "arc")
    assert "co000000" in folder.names() and folder.train.groups == 9


def test_both_grids_of_an_example_move_together(arc: Built) -> None:
    folder, _ = arc
    names = folder.names()
    known = {
        (name, *pair)
        for name, *pair in pairs_of("train", "training", "evaluation", "concept")
        | pairs_of("test", "training", "concept")
    }
    moved = 0
    examples = folder.train.take(np.arange(folder.train.examples))
    for ids, labels, number in zip(*examples, strict=True):
        used = np.argwhere((ids.reshape(30, 30) > 1) | (labels.reshape(30, 30) > 1))
        row, column = used.min(0).tolist()
        name, variant = parse_name(names[number])
        grids = (variant.undo(from_canvas(each, row, column)).tolist() for each in (ids, labels))
        assert (name, *map(str, grids)) in known
        moved += (row, column) != (0, 0)
    assert moved > 50


def test_arc_sets_are_reproducible_and_depend_on_the_seed(tmp_path: Path, kaggle: Path) -> None:
    for name, seed in (("a", 42), ("b", 42), ("c", 43)):
        build_arc(tmp_path / name, read_all(kaggle), test=["evaluation"], num_aug=3, seed=seed)
    assert digest(tmp_path / "a") == digest(tmp_path / "b") != digest(tmp_path / "c")


def test_no_augmentation_and_no_test(tmp_path: Path, kaggle: Path) -> None:
    build_arc(tmp_path / "arc", read_all(kaggle), test=[], num_aug=0)
    folder = DatasetFolder(tmp_path / "arc")
    assert folder.test is None and folder.train.puzzles == 10
    assert folder.test_puzzles() == {}


def test_tests_without_solutions_are_labelled_with_a_black_cell(
    tmp_path: Path, kaggle: Path
) -> None:
    """As TRM's builder does, whose evaluator wants the key."""
    Path(f"{kaggle}_evaluation_solutions.json").unlink()
    build_arc(tmp_path / "arc", read_all(kaggle), test=["evaluation"], num_aug=6)
    folder = DatasetFolder(tmp_path / "arc")
    assert folder.test is not None and folder.test.inputs.any()
    black = to_canvas(np.zeros((1, 1), np.uint8))
    assert (folder.test.labels == black).all()
    for name, told in folder.test_puzzles().items():
        asked = toy_tasks()["evaluation"][name]
        assert told["train"] == asked["train"]
        assert told["test"] == [pair | {"output": [[0]]} for pair in asked["test"]]
    assert folder.names() == expected_names(6, "|||")
    Path(f"{kaggle}_training_solutions.json").unlink()
    with pytest.raises(UsageError, match="lacks an output to train on"):
        build_arc(tmp_path / "other", read_all(kaggle), test=["evaluation"], num_aug=0)


def test_a_task_in_two_subsets_is_refused(tmp_path: Path, kaggle: Path) -> None:
    tasks = read_kaggle(kaggle, "evaluation")
    with pytest.raises(UsageError, match="also in another subset"):
        build_arc(tmp_path / "arc", {"training2": tasks, "evaluation": tasks}, test=["evaluation"])


GRID = {"input": [[1]], "output": [[2]]}


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"a": []},
        {"a": {"train": [GRID]}},
        {"a": {"train": [GRID], "test": []}},
        {"a": {"train": [[]], "test": [GRID]}},
        {"a": {"train": [{"input": [[1]]}], "test": [GRID]}},
        {"a": {"train": [{"input": [[1]], "output": []}], "test": [GRID]}},
        {"a": {"train": [{"input": [[1]], "output": [[]]}], "test": [GRID]}},
        {"a": {"train": [{"input": [[1], [1, 2]], "output": [[1]]}], "test": [GRID]}},
        {"a": {"train": [{"input": [[10]], "output": [[1]]}], "test": [GRID]}},
        {"a": {"train": [{"input": [[True]], "output": [[1]]}], "test": [GRID]}},
        {"a": {"train": [{"input": [[1]] * 31, "output": [[1]]}], "test": [GRID]}},
        {"a": {"train": [{"input": [[1] * 31], "output": [[1]]}], "test": [GRID]}},
        {"a": {"train": [{"input": "x", "output": [[1]]}], "test": [GRID]}},
    ],
)
def test_what_is_no_task_is_refused_with_its_place(tmp_path: Path, document: object) -> None:
    path = tmp_path / "arc_x_challenges.json"
    path.write_text(json.dumps(document))
    with pytest.raises(ParseError) as caught:
        read_kaggle(tmp_path / "arc", "x")
    assert str(path) in caught.value.where


@pytest.mark.parametrize("solutions", [{"a": [[[1]], [[1]]]}, {"b": [[[1]]]}, {"a": [[1]]}, []])
def test_solutions_must_fit_their_challenges(tmp_path: Path, solutions: object) -> None:
    challenges = {"a": {"train": [GRID], "test": [{"input": [[1]]}]}}
    (tmp_path / "arc_x_challenges.json").write_text(json.dumps(challenges))
    (tmp_path / "arc_x_solutions.json").write_text(json.dumps(solutions))
    with pytest.raises(ParseError) as caught:
        read_kaggle(tmp_path / "arc", "x")
    assert "arc_x_solutions.json" in caught.value.where
