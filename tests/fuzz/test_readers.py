"""Every reader against damaged files: a result or a typed error, within 300 MB.

Whole files of each kind are cut, spliced, repeated and overwritten at random, ten thousand times a
reader (`make fuzz` as often as one likes), whose kinds of file share them; the same seed damages
them the same way.
"""

from __future__ import annotations

import base64
import os
import random
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import pytest
import torch

from puzzlesolver.bench.journal import Journal
from puzzlesolver.bench.records import Record
from puzzlesolver.bench.schema import read_report
from puzzlesolver.domains.arc.submission import read_attempts
from puzzlesolver.domains.detect import read_lines, read_puzzles
from puzzlesolver.domains.marking import mark
from puzzlesolver.errors import ModelError, PuzzleSolverError
from puzzlesolver.hub.folder import CONFIG, WEIGHTS, read_network, save_model
from puzzlesolver.hub.foreign.files import read_checkpoint
from puzzlesolver.hub.foreign.settings import read_settings
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.refine.engines.facts import GraphFacts
from puzzlesolver.refine.engines.graph import StepGraph
from puzzlesolver.refine.engines.sessions import TRIVIAL
from puzzlesolver.train.data.published.dataset import DatasetFolder
from puzzlesolver.train.data.published.writer import PuzzleGroup, write_dataset
from tests.domains.sudoku.support import HARD

ROOT = Path(__file__).parents[2]
TIMES = int(os.environ.get("FUZZ", "10000"))
MOST_MIB = 300

PUZZLES = 20
"""So many puzzles of a file are read: the readers are lazy."""

KINDS = 4
"""Of text files that hold puzzles, which go through one reader."""

pytestmark = [
    pytest.mark.hypothesis,  # for `make fuzz`
    # numpy warns of a header that looks like Python 2's, and then reads it.
    pytest.mark.filterwarnings("ignore:Reading `.npy`:UserWarning"),
]

TOKENS = (
    *(b"\0", b"\xff\xfe", b"\x1b[2J", b"\n", b"\r", b"\xe2\x80\xae", b"\xc2\xa0", b"#", b"S", b"G"),
    *(b"{", b"[" * 9, b'"', b"-1", b"1e999", b"9" * 30, b"NaN", b"null", b"0-9", b",", b";", b"|"),
)


def damaged(whole: list[bytes], times: int) -> Iterator[bytes]:
    """Files that were once whole."""
    rng = random.Random(0)
    for _ in range(times):
        data = rng.choice(whole)
        for _ in range(rng.randrange(1, 5)):
            first, last = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
            other = rng.choice(whole)
            start = rng.randrange(len(other) + 1)
            replacement = (
                b"",  # a cut
                rng.choice(TOKENS),
                rng.randbytes(rng.randrange(1, 9)),
                other[start : start + rng.randrange(1, 200)],
                2 * data[first : first + 500],
            )[rng.randrange(5)]
            keep = first + rng.randrange(4) if rng.random() < 0.7 else last
            data = data[:first] + replacement + data[keep:]
        yield data


def survives(
    whole: list[bytes], file: Path, read: Callable[[Path], object], kinds: int = 1
) -> None:
    """Read damaged files, which so many kinds share; nothing but a typed error may come of it."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number, data in enumerate(damaged(whole, TIMES // kinds)):
        file.unlink(missing_ok=True)  # some file systems wait for the disk where one is cut to 0
        file.write_bytes(data)
        try:
            read(file)
        except PuzzleSolverError as error:
            assert error.what
        except Exception as error:
            kept = file.with_name(f"damaged-{number}{file.suffix}")
            shutil.copyfile(file, kept)
            raise AssertionError(f"{type(error).__name__} on {kept}") from error
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sys.platform != "linux" or after - before < MOST_MIB * 1024


def files(*patterns: str) -> list[bytes]:
    """Small files that the project has."""
    found = [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]
    assert found
    return [path.read_bytes() for path in found if path.stat().st_size < 20_000]


def _puzzles(path: Path) -> None:
    list(islice(read_puzzles([path]), PUZZLES))


@pytest.mark.parametrize(
    ("patterns", "name"),
    [
        (("tests/cases/sudoku/*", "examples/puzzles/sudoku/*"), "sudoku.txt"),
        (("tests/cases/maze/*.txt", "tests/cases/maze/*.npy", "examples/puzzles/maze/*"), "maze"),
        (("tests/cases/arc/*", "examples/puzzles/arc/*"), "arc_challenges.json"),
        (("tests/cases/*/*.npy",), "grid.npy"),
    ],
)
def test_puzzles(patterns: tuple[str, ...], name: str, tmp_path: Path) -> None:
    survives(files(*patterns), tmp_path / name, _puzzles, KINDS)


def test_pictures(tmp_path: Path) -> None:
    small = files("tests/cases/maze/[pt]*.png")
    large = files("tests/cases/maze/scaled.png", "tests/cases/maze/*.jpg")
    whole = 4 * small + large  # of which one takes as long as ten small ones
    survives(whole, tmp_path / "maze.png", _puzzles)


def test_submissions(tmp_path: Path) -> None:
    def read(path: Path) -> None:
        with read_lines(str(path)) as (lines, source):
            read_attempts(lines, source)

    survives(files("tests/cases/arc/submission_partial.json"), tmp_path / "submission.json", read)


def test_reports_of_bench(tmp_path: Path) -> None:
    survives(files("benchmarks/*.json"), tmp_path / "report.json", read_report)


def test_journals_of_bench(tmp_path: Path) -> None:
    path = tmp_path / "run.partial.jsonl"
    journal = Journal(tmp_path / "run.json", {"seed": 0}, False, Record)
    facts = (0, "board", "", None, "solved", "verified", True, True, None, True, 8, 0, 0.1)
    journal.add(Record("settle", *facts))
    journal.finish()
    whole = (tmp_path / "run.jsonl").read_bytes()

    def read(_: Path) -> None:
        Journal(tmp_path / "run.json", {"seed": 0}, True, Record).finish()

    survives([whole], path, read)


def test_checkpoints(tmp_path: Path) -> None:
    file = tmp_path / "step_1"
    torch.save({"_orig_mod.model.inner.H_init": torch.zeros(3)}, file)
    survives([file.read_bytes()], file, read_checkpoint)


def test_settings_of_other_trainers(tmp_path: Path) -> None:
    whole = b"arch:\n  name: trm@Model\n  loss: {type: x}\n  L_cycles: 6\nlr: 1e-4\nx: [0, 'a']\n"
    survives([whole], tmp_path / "all_config.yaml", read_settings)


def test_answers(tmp_path: Path) -> None:
    whole = files("tests/cases/sudoku/*")
    survives(whole, tmp_path / "answer", lambda path: list(mark(HARD, str(path))))


def test_boards_with_rules(tmp_path: Path) -> None:
    """Regions, rules that are told in the text, documents of setters and their links."""
    board = "rules: windoku\n" + "\n".join(["12.4.....", *["." * 9] * 8, ""])
    regions = "\n".join(["aaabbbccc"] * 3 + ["dddeeefff"] * 3 + ["ggghhhiii"] * 3)
    document = b'{"size":4,"grid":[[{"value":1,"region":0},{},{},{}],[],[],[]],"diagonal+":true}'
    link = (
        b"https://www.f-puzzles.com/?load=N4IgzglgXgpiBcBOANCALhNAbO8QBkA3GAOwHMEBtUCAIxAF0BfZIA="
    )
    whole = [f"{board}\n{regions}\n".encode(), document, link, b"." * 369 + b"\n"]
    rules = cycle(["", "diagonal,anti-knight", "jigsaw", "samurai"])
    survives(
        whole,
        tmp_path / "boards.txt",
        lambda path: list(islice(read_puzzles([path], "sudoku", next(rules)), PUZZLES)),
    )


PARTS = ("train/dataset.json", "train/all__inputs.npy", "identifiers.json")


@pytest.mark.parametrize("part", PARTS)
def test_dataset_folders(part: str, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    boards = np.ones((2, 16), np.uint8)
    group = PuzzleGroup(boards, boards, np.array([0, 0]), np.array([1, 1]))
    write_dataset(folder, {"train": [group]}, vocab_size=6, seq_len=16, names=["<blank>"])

    opened = DatasetFolder(folder)

    def read(_: Path) -> None:
        if part == "identifiers.json":
            opened.names()
        else:
            DatasetFolder(folder).train.check_ids()

    whole = [(folder / part).read_bytes()]
    survives(whole, folder / part, read, len(PARTS))


@pytest.mark.parametrize("part", [CONFIG, WEIGHTS])
def test_models(part: str, tiny_model: RecursiveModel, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    save_model(tiny_model, folder, {}, "card")
    whole = [(folder / part).read_bytes()]
    survives(whole, folder / part, lambda path: read_network(path.parent), kinds=2)


def test_metadata_of_graphs(tmp_path: Path) -> None:
    relations = [
        {"name": "row", "over": [1], "weights": "line"},
        {"name": "left", "axis": 1, "step": -1, "weights": "left"},
    ]
    start = {"shape": [81, 2], "vector": [0.0, 1.0], "noise": 1.0}
    facts = GraphFacts(
        *("1.0", 18, "stem", {"width": 4}, "sudoku", {"lattice": [9, 9], "relations": relations}),
        *("0" * 64, 300, None, True, [start], False, base64.b64encode(TRIVIAL).decode(), False, {}),
    )
    whole = b"\n".join(f"{name}\t{value}".encode() for name, value in facts.to_metadata().items())

    def field(number: int, value: bytes) -> bytes:
        """A field of protobuf that has a length, of up to 2**21 bytes."""
        size = len(value)
        tag = number << 3 | 2
        return bytes([tag, size & 127 | 128, size >> 7 & 127 | 128, size >> 14]) + value

    def read(path: Path) -> None:
        pairs = (line.split(b"\t", 1) for line in path.read_bytes().split(b"\n"))
        entries = (
            field(1, key) + b"".join(field(2, each) for each in value) for key, *value in pairs
        )
        graph = path.with_suffix(".onnx")
        graph.unlink(missing_ok=True)
        graph.write_bytes(TRIVIAL + b"".join(field(14, entry) for entry in entries))
        StepGraph(graph)

    path = tmp_path / "metadata"
    path.write_bytes(whole)
    with pytest.raises(ModelError, match="it has no next_state_0"):
        read(path)
    survives([whole], path, read)
