"""Dataset folders: what is written is read, damage is named, draws come in the published order."""

from __future__ import annotations

import io
import json
import pickle
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from puzzlesolver.errors import ParseError, PuzzleSolverError, UsageError
from puzzlesolver.train.checkpoint import load_checkpoint, save_checkpoint
from puzzlesolver.train.config import TrainConfig
from puzzlesolver.train.data.folders import FolderSource
from puzzlesolver.train.data.published.dataset import DatasetFolder
from puzzlesolver.train.data.published.metadata import BLANK
from puzzlesolver.train.data.published.writer import PuzzleGroup, write_dataset
from puzzlesolver.train.presets import from_json, get_preset

CELLS, VOCABULARY = 16, 6
"""4×4 Sudokus."""

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"


def group(sizes: list[int], first: int, identifiers: int = 1) -> PuzzleGroup:
    """Puzzles of so many examples; cells 0 and 1 of the input tell the number of the example."""
    numbers = first + np.arange(sum(sizes))
    inputs = np.ones((len(numbers), CELLS), np.uint8)
    inputs[:, :4] += (numbers[:, None] // [64, 16, 4, 1] % 4).astype(np.uint8)
    labels = np.full_like(inputs, 2) + (numbers % 3).astype(np.uint8)[:, None]
    names = (first + np.arange(len(sizes))) % identifiers
    return PuzzleGroup(inputs, labels, names, np.array(sizes))


def groups(sizes: list[list[int]], identifiers: int = 1) -> list[PuzzleGroup]:
    made, first = [], 0
    for each in sizes:
        made.append(group(each, first, identifiers))
        first += sum(each)
    return made


def number(tokens: torch.Tensor) -> list[int]:
    """Which examples these are."""
    return (tokens[:, :4] @ torch.tensor([64, 16, 4, 1])).tolist()


def write(folder: Path, sizes: list[list[int]], test: int = 3, identifiers: int = 1) -> Path:
    names = [BLANK, *map(str, range(1, identifiers))]
    splits = {"train": groups(sizes, identifiers), "test": groups([[1]] * test)}
    write_dataset(folder, splits, vocab_size=VOCABULARY, seq_len=CELLS, names=names)
    return folder


def config(folder: Path, **changes: object) -> TrainConfig:
    options = {"data": str(folder), "seed": 5, "batch_size": 4, "steps": 1, **changes}
    return get_preset("sudoku", **options)


@st.composite
def datasets(draw: st.DrawFn) -> list[PuzzleGroup]:
    sizes = draw(
        st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=3), min_size=1, max_size=5)
    )
    return groups(sizes, draw(st.integers(1, 4)))


@settings(max_examples=25)
@given(datasets(), datasets())
def test_what_is_written_is_read(train: list[PuzzleGroup], test: list[PuzzleGroup]) -> None:
    with tempfile.TemporaryDirectory() as parent:
        path = Path(parent) / "set"
        splits = {"train": train, "test": test}
        names = [BLANK, "a", "b", "c"]
        write_dataset(path, splits, vocab_size=VOCABULARY, seq_len=CELLS, names=names)
        folder = DatasetFolder(path)
        assert folder.names() == names
        for name, written in splits.items():
            split = folder.splits[name]
            split.check_ids()
            for array in ("inputs", "labels"):
                expected = np.concatenate([getattr(each, array) for each in written])
                assert np.array_equal(getattr(split, array), expected)
            identifiers = np.concatenate([each.identifiers for each in written])
            sizes = np.concatenate([each.sizes for each in written])
            assert np.array_equal(split.puzzle_identifiers, identifiers)
            assert np.array_equal(np.diff(split.puzzle_indices), sizes)
            assert np.diff(split.group_indices).tolist() == [len(each.sizes) for each in written]
            taken = split.take(np.arange(split.examples)[::-1])
            assert np.array_equal(taken.identifiers[::-1], np.repeat(identifiers, sizes))
        del folder, split  # mapped files outlive no folder on Windows


def test_files_are_as_published(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", [[1, 2], [3]], identifiers=4)
    about = json.loads((folder / "train" / "dataset.json").read_text())
    assert about == {
        "pad_id": 0, "ignore_label_id": 0, "blank_identifier_id": 0, "vocab_size": 6,
        "seq_len": 16, "num_puzzle_identifiers": 4, "total_groups": 2, "total_puzzles": 3,
        "mean_puzzle_examples": 2.0, "sets": ["all"],
    }  # fmt: skip
    arrays = {
        path.name: np.load(path, allow_pickle=False)
        for path in sorted((folder / "train").glob("*.npy"))
    }
    assert {name: (str(array.dtype), array.shape) for name, array in arrays.items()} == {
        "all__group_indices.npy": ("int32", (3,)),
        "all__inputs.npy": ("uint8", (6, 16)),
        "all__labels.npy": ("uint8", (6, 16)),
        "all__puzzle_identifiers.npy": ("int32", (3,)),
        "all__puzzle_indices.npy": ("int32", (4,)),
    }
    assert arrays["all__puzzle_indices.npy"].tolist() == [0, 1, 3, 6]
    assert arrays["all__group_indices.npy"].tolist() == [0, 2, 3]


def test_files_of_other_writers_are_read(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", [[1], [1]])
    for split in ("train", "test"):
        about = json.loads((folder / split / "dataset.json").read_text())
        del about["total_puzzles"]  # HRM does not write it
        (folder / split / "dataset.json").write_text(json.dumps(about))
        for path in (folder / split).glob("*.npy"):
            np.save(path, np.load(path))
    assert DatasetFolder(folder).train.metadata.total_puzzles is None


def write_as_builders(folder: Path, integer: str, counted: str) -> Path:
    """Three Sudokus with an augmentation each, in the layout of the published builders."""
    write(folder, [[1, 1]] * 3)
    for split, groups in (("train", 3), ("test", 3)):
        for name in ("inputs", "labels", "puzzle_identifiers", "puzzle_indices", "group_indices"):
            path = folder / split / f"all__{name}.npy"
            np.save(path, np.load(path).astype(integer))
        path = folder / split / "dataset.json"
        about = json.loads(path.read_text())
        if counted == "groups":
            about["total_puzzles"] = groups
        elif counted == "nothing":
            del about["total_puzzles"]
        path.write_text(json.dumps(about))
    return folder


@pytest.mark.parametrize("integer", ["uint8", "int8", "int32", "int64", "uint64", ">i8"])
@pytest.mark.parametrize("counted", ["groups", "puzzles", "nothing"])
def test_sets_of_the_published_builders(tmp_path: Path, integer: str, counted: str) -> None:
    ours = FolderSource(config(write(tmp_path / "ours", [[1, 1]] * 3), batch_size=3))
    folder = write_as_builders(tmp_path / "theirs", integer, counted)
    for split in DatasetFolder(folder).splits.values():
        split.check_ids()
    theirs = FolderSource(config(folder, batch_size=3))
    for _ in range(4):
        here, there = ours.draw(3), theirs.draw(3)
        for part in ("tokens", "targets", "identifiers"):
            assert torch.equal(getattr(here, part), getattr(there, part))
    assert theirs.heldout() is not None


def test_nothing_is_overwritten_and_nothing_half_written(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", [[1]])
    before = (folder / "train" / "all__inputs.npy").read_bytes()
    with pytest.raises(UsageError, match="exists already"):
        write(folder, [[2]])
    assert (folder / "train" / "all__inputs.npy").read_bytes() == before

    def interrupted() -> object:
        yield group([1], 0)
        raise KeyboardInterrupt

    for train in (interrupted(), iter([])):
        with pytest.raises((KeyboardInterrupt, UsageError)):
            write_dataset(
                tmp_path / "other", {"train": train}, vocab_size=6, seq_len=16, names=[BLANK]
            )
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot write it"):
        write(tmp_path / "file" / "set", [[1]])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "set"]


def expected_rows(sizes: list[list[int]], number_of_pass: int, batch: int) -> list[int]:
    """Numbers of the examples of one pass of one epoch, in straight lines."""
    puzzles = [[sum(map(len, [[0] * n for g in sizes[:i] for n in g])) + sum(each[:j])
                for j in range(len(each))] for i, each in enumerate(sizes)]  # fmt: skip
    rng = np.random.Generator(np.random.Philox(5 + number_of_pass))
    before = np.cumsum([0] + [len(each) for each in sizes])
    rows: list[int] = []
    for index in rng.permutation(len(sizes)):
        puzzle = rng.integers(before[index], before[index + 1]) - before[index]
        size = sizes[index][puzzle]
        room = batch - len(rows) % batch
        order = puzzles[index][puzzle] + rng.permutation(size)
        rows += order[: min(size, room)].tolist()
    return rows[: len(rows) // batch * batch]


def test_draws_come_in_the_published_order(tmp_path: Path) -> None:
    sizes = [[1, 3], [2], [4, 4, 4], [1], [2, 1], [3], [1, 1]]
    source = FolderSource(config(write(tmp_path / "set", sizes)))
    expected = [row for number in (1, 2, 3, 4) for row in expected_rows(sizes, number, 4)]
    drawn = [row for _ in range(len(expected) // 4) for row in number(source.draw(4).tokens)]
    assert drawn == expected
    assert source.drawn == len(expected)


def test_an_epoch_takes_one_puzzle_of_every_group_once_and_drops_what_fills_no_batch(
    tmp_path: Path,
) -> None:
    source = FolderSource(config(write(tmp_path / "set", [[1]] * 10)))
    epochs = [number(source.draw(4).tokens) + number(source.draw(4).tokens) for _ in range(20)]
    assert all(len(set(epoch)) == 8 for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 20


def test_fewer_groups_than_a_batch_make_a_pass_of_several_epochs(tmp_path: Path) -> None:
    source = FolderSource(config(write(tmp_path / "set", [[1]] * 3), batch_size=8))
    drawn = number(source.draw(8).tokens)
    assert sorted(drawn[:3]) == sorted(drawn[3:6]) == [0, 1, 2]
    with pytest.raises(UsageError, match="9 examples, 10 are asked for"):
        source.draw(10)


@settings(max_examples=15)
@given(st.lists(st.integers(1, 6), max_size=8), st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_a_resumed_source_goes_on_exactly(before: list[int], after: list[int]) -> None:
    with tempfile.TemporaryDirectory() as parent:
        sizes = [[1, 3], [2], [4, 4], [1], [2, 1], [3]]
        folder = write(Path(parent) / "set", sizes, identifiers=5)
        source = FolderSource(config(folder, batch_size=6))
        for count in before:
            source.draw(count)
        save_checkpoint(Path(parent) / "checkpoints", 1, {"source": source.state_dict()})
        resumed = FolderSource(config(folder, batch_size=6))
        loaded = load_checkpoint(Path(parent) / "checkpoints")
        assert loaded is not None
        resumed.load_state_dict(loaded["source"])
        for count in after:
            here, there = source.draw(count), resumed.draw(count)
            for part in ("tokens", "targets", "identifiers"):
                assert torch.equal(getattr(here, part), getattr(there, part))
        assert source.drawn == resumed.drawn
        assert len(json.dumps(source.state_dict(), default=lambda array: array.tolist())) < 2_000


def test_another_dataset_is_another_run(tmp_path: Path) -> None:
    saved = FolderSource(config(write(tmp_path / "a", [[1]] * 4))).state_dict()
    other = FolderSource(config(write(tmp_path / "b", [[1]] * 5)))
    with pytest.raises(UsageError, match="this dataset changed after the run was started"):
        other.load_state_dict(saved)


def test_sudokus_are_digits_again(tmp_path: Path) -> None:
    question = np.array([[0, 2, 3, 4, 3, 4, 0, 2, 2, 1, 4, 3, 4, 3, 2, 1]], np.uint8)
    answer = np.array([[1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1]], np.uint8)
    puzzles = [PuzzleGroup(question + 1, answer + 1, np.zeros(1, int), np.ones(1, int))]
    splits = {"train": puzzles, "test": puzzles}
    write_dataset(tmp_path / "set", splits, vocab_size=6, seq_len=16, names=[BLANK])
    source = FolderSource(config(tmp_path / "set"))
    batch, heldout = source.draw(1), source.heldout()
    assert heldout is not None
    for each in (batch, heldout):
        assert each.layout.symbols == 4 and each.layout.cells == 16
        assert each.tokens.tolist() == question.tolist() and each.tokens.dtype == torch.int64
        assert each.targets is not None and each.targets.tolist() == answer.tolist()
        assert each.identifiers is not None and each.identifiers.tolist() == [0]


def arc_set(folder: Path) -> Path:
    ids = np.zeros((2, 900), np.uint8)
    ids[:, :3] = [2, 11, 1]
    one = PuzzleGroup(ids[:1], ids[1:], np.array([3]), np.ones(1, int))
    names = [BLANK, "a", "b", "c"]
    write_dataset(folder, {"train": [one]}, vocab_size=12, seq_len=900, names=names)
    return folder


def test_arc_keeps_edges_and_ignores_padding(tmp_path: Path) -> None:
    data = str(arc_set(tmp_path / "set"))
    arc = from_json({"domain": "arc", "data": data, "steps": 1, "family": "trm"})
    source = FolderSource(arc)
    batch = source.draw(2)
    assert batch.layout.lattice == (30, 30, 1) and batch.layout.relations == ()
    assert batch.tokens[0, :4].tolist() == [1, 10, 0, -1]
    assert batch.targets is not None and batch.targets[0, :4].tolist() == [2, 11, 1, 0]
    assert batch.identifiers is not None and batch.identifiers.tolist() == [3, 3]
    assert source.heldout() is None


@pytest.mark.parametrize("family", ["trm", "stem"])
def test_maze_labels_are_those_of_the_set_for_models_that_answer_in_cells(
    tmp_path: Path, family: str
) -> None:
    maze, solved = np.array([[2, 1, 1, 3]], np.uint8), np.array([[2, 1, 4, 3]], np.uint8)
    one = PuzzleGroup(maze + 1, solved + 1, np.zeros(1, int), np.ones(1, int))
    write_dataset(tmp_path / "set", {"train": [one]}, vocab_size=6, seq_len=4, names=[BLANK])
    data = str(tmp_path / "set")
    mazes = from_json({"domain": "maze", "data": data, "steps": 1, "family": family})
    batch = FolderSource(mazes).draw(1)
    assert batch.tokens.tolist() == maze.tolist() and batch.layout.lattice == (2, 2, 1)
    assert batch.targets is not None
    if family == "trm":
        assert batch.targets.tolist() == (solved + 1).tolist()
    else:
        assert batch.targets.shape == (1, 4, 4) and batch.known_from is not None


def test_held_out_are_the_first_of_the_test_split(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", [[1]] * 4, test=7)
    heldout = FolderSource(config(folder, eval_puzzles=5)).heldout()
    assert heldout is not None and number(heldout.tokens) == [0, 1, 2, 3, 4]
    assert FolderSource(config(folder, eval_puzzles=0)).heldout() is None


def test_exactly_so_many_puzzles_are_the_first_groups(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", [[1, 1], [1], [1], [1]])
    source = FolderSource(config(folder, train_puzzles=2))
    assert {row for _ in range(30) for row in number(source.draw(2).tokens)} == {0, 1, 2}
    assert source.recipe == "set: 2 groups, 3 puzzles, 3 examples"
    with pytest.raises(UsageError, match="4 groups, 5 are asked for"):
        FolderSource(config(folder, train_puzzles=5))


def test_what_a_folder_cannot_do_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", [[1]])
    with pytest.raises(UsageError, match="a dataset folder has no setting 'exclude'"):
        FolderSource(config(folder, exclude=str(folder)))
    with pytest.raises(UsageError, match="900 cells with a vocabulary of 12 are no maze set"):
        FolderSource(get_preset("maze", data=str(arc_set(tmp_path / "arc"))))
    with pytest.raises(UsageError, match="are no arc set"):
        FolderSource(from_json({"domain": "arc", "data": str(folder), "steps": 1}))
    with pytest.raises(UsageError, match="needs a dataset folder"):
        FolderSource(from_json({"domain": "arc", "steps": 1}))
    with pytest.raises(UsageError, match="no dataset"):
        FolderSource(config(tmp_path))


def edit(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        path = folder / "train" / f"all__{name}.npy"
        np.save(path, change(np.load(path)))

    return damage


def tell(**values: object) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        path = folder / "train" / "dataset.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return damage


def put(name: str, data: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / "train" / name).write_bytes(data) and None


def cut(name: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        path = folder / "train" / name
        path.write_bytes(path.read_bytes()[:-1])

    return damage


class Hostile:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return pytest.fail, ("a pickle was loaded",)


def hostile_array() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([Hostile()], dtype=object), allow_pickle=True)
    return file.getvalue()


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("inputs.npy", b"x")
    return file.getvalue()


def set_last(value: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda array: np.concatenate([array[:-1], np.array([value], array.dtype)])


@pytest.mark.parametrize(
    ("damage", "file", "what"),
    [
        (lambda f: (f / "train" / "all__labels.npy").unlink(), "all__labels.npy", "cannot read"),
        (lambda f: (f / "train" / "dataset.json").unlink(), "dataset.json", "cannot read"),
        (edit("inputs", lambda a: a.astype(float)), "all__inputs.npy", "expected integers"),
        (edit("labels", lambda a: a.astype(bool)), "all__labels.npy", "expected integers"),
        (edit("inputs", lambda a: a[0]), "all__inputs.npy", "2 axes"),
        (edit("inputs", lambda a: a[:, 1:]), "all__inputs.npy", "its shape"),
        (edit("labels", lambda a: a[1:]), "all__labels.npy", "its shape"),
        (edit("group_indices", lambda a: a.astype(float)), "all__group_indices.npy", "integers"),
        (edit("group_indices", lambda a: a[:1]), "all__group_indices.npy", "two offsets"),
        (edit("group_indices", lambda a: a + np.int32(1)), "all__group_indices.npy", "first"),
        (edit("group_indices", lambda a: a[[0, 2, 1]]), "all__group_indices.npy", "must rise"),
        (edit("puzzle_indices", set_last(7)), "all__puzzle_indices.npy", "last offset is 7"),
        (edit("puzzle_indices", lambda a: a[:-1]), "all__puzzle_indices.npy", "3 offsets"),
        (edit("puzzle_indices", set_last(-5)), "all__puzzle_indices.npy", "must rise"),
        (edit("puzzle_identifiers", set_last(2)), "all__puzzle_identifiers.npy", "identifier 2"),
        (edit("puzzle_identifiers", set_last(-1)), "all__puzzle_identifiers.npy", "identifier -1"),
        (put("all__inputs.npy", hostile_array()), "all__inputs.npy", "no array file"),
        (put("all__inputs.npy", pickle.dumps(Hostile())), "all__inputs.npy", "no array file"),
        (put("all__inputs.npy", archive()), "all__inputs.npy", "no array file"),
        (put("all__inputs.npy", POINTER), "all__inputs.npy", "git-LFS pointer"),
        (put("dataset.json", POINTER), "dataset.json", "git-LFS pointer"),
        (put("all__inputs.npy", b""), "all__inputs.npy", "no array file"),
        (cut("all__inputs.npy"), "all__inputs.npy", "no array file"),
        (cut("all__group_indices.npy"), "all__group_indices.npy", "no array file"),
        (cut("dataset.json"), "dataset.json", "not valid JSON"),
        (put("dataset.json", b"[" * 100_000), "dataset.json", "not valid JSON"),
        (put("dataset.json", b" " * 2**21), "dataset.json", "larger than"),
        (put("dataset.json", b"[]"), "dataset.json", "an object"),
        (tell(pad_id=1), "dataset.json", '"pad_id" must be 0'),
        (tell(sets=["all", "more"]), "dataset.json", '"sets"'),
        (tell(vocab_size=None), "dataset.json", '"vocab_size"'),
        (tell(vocab_size=True), "dataset.json", '"vocab_size"'),
        (tell(vocab_size=257), "dataset.json", "from 1 to 256"),
        (tell(seq_len=10**12), "dataset.json", '"seq_len"'),
        (tell(mean_puzzle_examples="2"), "dataset.json", '"mean_puzzle_examples"'),
        (tell(mean_puzzle_examples=3.0), "dataset.json", '"mean_puzzle_examples" is 3.0'),
        (tell(total_groups=3), "dataset.json", '"total_groups" is 3'),
        (tell(total_puzzles=9), "dataset.json", '"total_puzzles" is 9'),
        (tell(num_puzzle_identifiers=3), "test/dataset.json", '"num_puzzle_identifiers" is 2'),
    ],
)
def test_damage_is_named_with_its_file(
    tmp_path: Path, damage: Callable[[Path], None], file: str, what: str
) -> None:
    folder = write(tmp_path / "set", [[1, 2], [3]], identifiers=2)
    damage(folder)
    with pytest.raises(ParseError) as caught:
        DatasetFolder(folder)
    assert what in caught.value.what
    assert caught.value.where.endswith(file)


def test_ids_beyond_the_vocabulary_are_found(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", [[1], [1], [1]])
    edit("labels", lambda a: np.where(np.arange(16) == 2, np.uint8(6), a).astype(np.uint8))(folder)
    train = DatasetFolder(folder).train
    with pytest.raises(ParseError, match="example 2 holds id 6 in cell 2") as caught:
        train.take(np.array([2]))
    assert caught.value.where.endswith("all__labels.npy")
    with pytest.raises(ParseError, match="example 0"):
        train.check_ids()
    for outside in (-1, 6, 256 + 2):
        edit("labels", lambda a, n=outside: np.full_like(a, n, np.int64))(folder)
        with pytest.raises(ParseError, match=f"example 1 holds id {outside} in cell 0"):
            DatasetFolder(folder).train.take(np.array([1]))


@pytest.mark.parametrize("text", ["{}", "[1]", '["<blank>", "a", "b"]', "[", ""])
def test_names_must_fit(tmp_path: Path, text: str) -> None:
    folder = write(tmp_path / "set", [[1]], identifiers=2)
    assert DatasetFolder(folder).names() == [BLANK, "1"]
    (folder / "identifiers.json").write_text(text)
    with pytest.raises(ParseError):
        DatasetFolder(folder).names()
    with pytest.raises(PuzzleSolverError, match="cannot read"):
        DatasetFolder(folder).test_puzzles()
