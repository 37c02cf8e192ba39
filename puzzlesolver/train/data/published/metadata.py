"""The small files of a dataset folder: its metadata, and the names of its puzzle identifiers."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NoReturn

from puzzlesolver.errors import ParseError
from puzzlesolver.files import read_json

BLANK = "<blank>"
"""Name of puzzle identifier 0."""

SUDOKU_IDS, MAZE_VOCABULARY, ARC_VOCABULARY = 2, 6, 12
"""Ids of a Sudoku besides its digits: padding and blank; all ids of the others."""

SET = "all"
IDS = ("inputs", "labels")
INTEGERS = ("puzzle_identifiers", "puzzle_indices", "group_indices")
SIZES = ("vocab_size", "seq_len", "num_puzzle_identifiers")
ZEROS = ("pad_id", "ignore_label_id", "blank_identifier_id")
IDENTIFIERS = "identifiers.json"

MAX_METADATA_BYTES = 2**20
MAX_NAMES_BYTES = 2**28
"""ARC-AGI-2 with 1,000 augmentations has 1.2 million names of 30 characters."""

_MOST, _MOST_IDS = 2**31 - 1, 2**8


@dataclass(frozen=True)
class Metadata:
    """`dataset.json`.

    Attributes:
        vocab_size: ids are below it.
        seq_len: cells.
        num_puzzle_identifiers: puzzle identifiers are below it.
        total_groups: groups of the split.
        mean_puzzle_examples: examples a puzzle.
        total_puzzles: puzzles of the split, or its groups, as TRM's and RSM's builders for Sudoku
            and mazes write; None in HRM's files.
    """

    vocab_size: int
    seq_len: int
    num_puzzle_identifiers: int
    total_groups: int
    mean_puzzle_examples: float
    total_puzzles: int | None


def read_names(path: Path) -> list[str]:
    """The names in a file `identifiers.json`; raises `ParseError` when it is unfit."""
    names = read_json(path, MAX_NAMES_BYTES, ParseError)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        refuse(path, "expected a list of names")
    return names


def read_metadata(path: Path) -> Metadata:
    """A file `dataset.json`; raises `ParseError` when it is unfit."""
    document = read_json(path, MAX_METADATA_BYTES, ParseError)
    if not isinstance(document, dict):
        refuse(path, "expected an object")
    for name, only in (dict.fromkeys(ZEROS, 0) | {"sets": [SET]}).items():
        if document.get(name) != only:
            refuse(path, f'"{name}" must be {json.dumps(only)}, not {document.get(name)!r}')
    known: dict[str, Any] = {field.name: document.get(field.name) for field in fields(Metadata)}
    for name, value in known.items():
        kinds = (int, float) if name == "mean_puzzle_examples" else (int,)
        if value is None and name == "total_puzzles":
            continue
        most = _MOST_IDS if name == "vocab_size" else _MOST
        if type(value) not in kinds or not 1 <= value <= most:
            refuse(path, f'"{name}" must be a number from 1 to {most:,}, not {value!r}')
    return Metadata(**known)


def refuse(path: Path, what: str) -> NoReturn:
    """Raise the `ParseError` that a file is damaged."""
    raise ParseError(what, where=str(path))
