"""Rules that a text, a record, a document or the caller tells reach the board, or are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from puzzlesolver.domains.base import Puzzle, get_domain, written
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.domains.sudoku.board import HOLE, boxes, make_board
from puzzlesolver.domains.sudoku.rules import verify
from puzzlesolver.domains.sudoku.told import map_in
from puzzlesolver.errors import ParseError, UsageError

BOARD = "..2.537.....6..2...59..1...34.......9..84.5......2............68..1...7.5.7.6..4."
MAP = "AAAABBCCCAABBBBCCCAAABBBCCCDDDEEEFFFDDDEEEFFFDDDEEEFFFGGGHHHIIIGGGHHHIIIGGGHHHIII"
WRONG_MAP = "A" + MAP[1:].replace("B", "A", 1)


def rows(text: str, side: int = 9) -> str:
    return "\n".join(text[start : start + side] for start in range(0, len(text), side))


def read(text: str, **options: Any) -> list[Puzzle]:
    return list(read_puzzles([text], **options))


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (f"{BOARD} rules=X,anti-knight", "diagonal,anti-knight"),
        (f"rules: Hyper Sudoku, anti king\n{rows(BOARD)}", "windoku,anti-king"),
        (f"# variant: diagonal\n{BOARD}", "diagonal"),
        (f"{rows(BOARD)}\n\n{rows(MAP)}", f"jigsaw={MAP}"),
        (f"{rows(BOARD)}\n\n{rows(MAP.translate(str.maketrans('ABCDEFGHI', '012345678')))}", None),
        (f"{BOARD} rules=jigsaw={MAP}", f"jigsaw={MAP}"),
        (f"{BOARD} {MAP}", f"jigsaw={MAP}"),
        (f"{rows(BOARD)}\n\n{rows(boxes(9, 3, 3))}", ""),
        (f"# Rules: Normal sudoku rules apply.\n{rows(BOARD)}", ""),
        (f"question,rules\n{BOARD},'diagonal,anti-king'".replace("'", '"'), "diagonal,anti-king"),
        (json.dumps({"puzzle": BOARD, "rules": "diagonal"}), "diagonal"),
        (json.dumps({"puzzle": BOARD, "rules": ["X", "anti-king"]}), "diagonal,anti-king"),
        (json.dumps({"puzzle": BOARD, "rules": {"time": 3}}), ""),
        (json.dumps({"puzzle": BOARD, "rules": {"X": True, "anti-king": False}}), "diagonal"),
        (json.dumps({"puzzle": BOARD, "rules": "Normal sudoku rules apply here."}), ""),
        (json.dumps({"grid": [[0] * 9] * 9, "antiknight": True}), "anti-knight"),
        (json.dumps({"puzzle": BOARD, "antiking": True, "rules": "X"}), "diagonal,anti-king"),
        (json.dumps({"puzzle": BOARD, "rules": ["X", "Each digit is once in a row."]}), "diagonal"),
        (json.dumps({"variant": "X", "antiking": True, "puzzles": [BOARD]}), "diagonal,anti-king"),
        (json.dumps({"metadata": {"rules": ["X"]}, "level": {"puzzle": BOARD}}), "diagonal"),
        (json.dumps({"puzzle": [BOARD], "rules": ["X"]}), "diagonal"),
        (json.dumps({"puzzle": {"0": BOARD}, "rules": {"0": "X"}}), "diagonal"),
        (json.dumps({"puzzle": BOARD, "x": 3, "ratio": 0.5, "iterations": [1]}), ""),
    ],
)
def test_rules_in_texts(text: str, rules: str | None) -> None:
    (puzzle,) = read(text)
    if rules is not None:
        assert puzzle.rules == rules
    else:
        assert puzzle.board is not None and puzzle.board.rules == ("jigsaw",)


def test_a_heading_holds_for_all_boards_below_it() -> None:
    first, second, third = read(f"{BOARD}\nrules: x\n{BOARD}\n{BOARD}")
    assert [first.rules, second.rules, third.rules] == ["", "diagonal", "diagonal"]


def test_a_rule_beside_a_board_is_that_board_s_alone() -> None:
    first, second = read(f"{BOARD} rules=x\n{BOARD}")
    assert [first.rules, second.rules] == ["diagonal", ""]


def test_rules_of_the_caller_come_on_top() -> None:
    (puzzle,) = read(f"{BOARD} rules=x", rules="anti-king")
    assert puzzle.rules == "diagonal,anti-king"
    (latin,) = read("1......\n.......\n.......\n......2\n.......\n.......\n.......", rules="latin")
    assert latin.grid.shape == (7, 7) and latin.rules == "latin"
    (small,) = read("1...5\n.....\n.2...\n.....\n....4", rules="latin")
    assert small.grid.shape == (5, 5)
    first, second = read(f"{BOARD}\n{MAP}\n{BOARD}\n{MAP}", rules="jigsaw")
    assert first.rules == second.rules == f"jigsaw={MAP}"


def test_two_boards_are_no_board_and_its_map() -> None:
    full = "123456789456789123789123456234567891567891234891234567345678912678912345912345678"
    assert len(read(f"{rows(BOARD)}\n\n{rows(full)}")) == 2
    # Not even where the second one is full of mistakes.
    assert len(read(f"{rows(BOARD)}\n\n{rows(full.replace('1', '2'))}")) == 2


@pytest.mark.parametrize(
    ("text", "options", "told", "where"),
    [
        (f"{rows(BOARD)}\n\n{rows(WRONG_MAP)}", {}, "region A has 10 cells and region B has 8", 11),
        (f"{rows(BOARD)}", {"rules": "jigsaw"}, "jigsaw needs a map", 1),
        (f"rules: killer\n{BOARD}", {}, "'killer' is more than different digits", 1),
        (f"{BOARD} rules=anti-knigt", {}, "unknown rule 'anti-knigt'", 1),
        ("1......32..1...4 rules=windoku,asterisk", {}, "asterisk does not fit 4×4", 1),
        (f"{BOARD}\n{BOARD} rules=latin,jigsaw={MAP}", {}, "latin and jigsaw exclude", 2),
        (f"rules: samurai, latin\n{BOARD}", {}, "latin and samurai exclude", 1),
        (f"rules: anti knigt, anti king\n{BOARD}", {}, "unknown rule 'anti knigt'", 1),
        (f"rules: {1_000 * 'a'}\n{BOARD}", {}, "unknown rule", 1),
        (f"puzzle,rules\n{BOARD},samurai", {}, "need a board of 21×21, not 9×9", 2),
        (BOARD, {"rules": "samurai"}, "need a board of 21×21, not 9×9", 1),
        (
            json.dumps({"grid": [[0] * 9] * 9}),
            {"rules": "twin"},
            "row 7 of this board has 15 cells, found 9",
            0,
        ),
    ],
)
def test_what_makes_no_board_is_told_with_its_place(
    text: str, options: dict[str, str], told: str, where: int, tmp_path: Path
) -> None:
    path = tmp_path / "list.txt"
    path.write_text(text)
    with pytest.raises(ParseError, match=told) as caught:
        list(read_puzzles([path], **options))
    assert caught.value.where.startswith(f"{path}:{where}" if where else str(path))


def test_rules_are_for_sudokus() -> None:
    with pytest.raises(UsageError, match="maze has no rules"):
        read(BOARD, domain="maze", rules="x")
    with pytest.raises(UsageError, match="more than different digits"):
        read(BOARD, rules="thermo")


@pytest.mark.parametrize("form", ["line", "grid"])
@pytest.mark.parametrize(
    "options",
    [
        {"rules": "jigsaw"},
        {"rules": "diagonal,anti-king"},
        {"size": 6, "rules": "diagonal"},
        {"size": 7, "rules": "jigsaw"},
        {"size": 5, "rules": "latin"},
        {"rules": "samurai", "difficulty": "easy"},
        {"rules": "twin,diagonal", "difficulty": "easy"},
        {"rules": "extra=r1c1r2c2r3c3"},
    ],
)
def test_what_is_written_is_read_again(options: dict[str, Any], form: Any) -> None:
    made = next(get_domain("sudoku").generate(1, 3, **options))
    text = written(made, made.grid, form)
    for again in (read(text)[0], read(f"\n{text}\n")[0]):
        assert again.board is made.board and np.array_equal(again.grid, made.grid)


@pytest.mark.parametrize(
    ("rule", "told", "where"),
    [
        ({"rules": 3}, "the rules are 3, and not names", "rules"),
        ({"rules": 0}, "the rules are 0", "rules"),
        ({"rules": True}, "the rules are true", "rules"),
        ({"rules": [["diagonal"]]}, r"a rule is a list, and not a name", "rules[0]"),
        ({"variant": ["diagonal", None]}, "a rule is null", "variant[1]"),
        ({"rules": [{"name": "diagonal"}]}, "a rule is an object", "rules[0]"),
        ({"rules": {"diagonal": 1}}, "this rule is 1, and not true", "rules.diagonal"),
        ({"rules": {"name": "diagonal"}}, 'this rule is "diagonal"', "rules.name"),
        ({"rules": {"X": True, "cells": [1]}}, "this rule is a list", "rules.cells"),
        ({"antiknight": "true"}, 'this rule is "true"', "antiknight"),
        ({"metadata": {"antiknight": 1}}, "this rule is 1", "metadata.antiknight"),
        ({"settings": {"antiknight": 1}}, "this rule is 1", "settings.antiknight"),
        ({"thermometer": [{"lines": []}]}, "more than different digits .*: thermometer", ""),
        ({"regions": MAP}, "more than different digits .*: regions", ""),
    ],
)
@pytest.mark.parametrize("form", ["text", "rows", "cells"])
def test_no_rule_of_a_document_is_dropped(
    rule: dict[str, Any], told: str, where: str, form: str, tmp_path: Path
) -> None:
    grid = {"text": {"puzzle": BOARD}, "rows": {"grid": [[0] * 9] * 9}, "cells": {"grid": cells()}}
    path = tmp_path / "board.json"
    path.write_text(json.dumps({**grid[form], **rule}))
    with pytest.raises(ParseError, match=told) as caught:
        list(read_puzzles([path]))
    assert caught.value.where == (f"{path}: {where}" if where else str(path))


def test_the_size_of_a_document_is_that_of_its_grid() -> None:
    for size in (9, "9", None):
        assert read(json.dumps({"size": size, "grid": cells()}))[0].grid.shape == (9, 9)
    for size in (0, 4, 16, "6", -9, 8.5, [9], True, 1e30):
        with pytest.raises(ParseError, match="and the grid has 9 rows") as caught:
            read(json.dumps({"size": size, "grid": cells()}))
        assert caught.value.where.endswith(": size")


def test_a_cage_whose_digits_may_repeat_is_no_rule() -> None:
    cage = {"cells": [[0, 0], [0, 1]], "unique": False}
    assert read(json.dumps({"grid": cells(), "cages": [cage]}))[0].rules == ""
    with pytest.raises(ParseError, match="cages"):
        read(json.dumps({"grid": cells(), "cages": [cage | {"sum": 3}]}))


def samurai(holes: str) -> tuple[Puzzle, str]:
    made = next(get_domain("sudoku").generate(1, 1, rules="samurai", difficulty="easy"))
    signs = [["." if v == 0 else holes if v == HOLE else str(v) for v in row] for row in made.grid]
    return made, "\n".join("".join(row) for row in signs)


@pytest.mark.parametrize("holes", [" ", "#", ".", "0", "", "~"])
def test_a_samurai_with_any_holes(holes: str) -> None:
    made, text = samurai(holes)
    (puzzle,) = read(text, rules="samurai")
    assert puzzle.board is make_board(9, "samurai") and np.array_equal(puzzle.grid, made.grid)
    assert made.label is not None and verify(puzzle, made.label).status == "verified"


def test_a_samurai_on_one_line_needs_no_name() -> None:
    made, text = samurai("")
    (puzzle,) = read(text.replace("\n", ""))
    assert puzzle.rules == "samurai" and np.array_equal(puzzle.grid, made.grid)
    assert read("." * 369)[0].rules == "samurai"


def test_a_samurai_that_is_none() -> None:
    _, text = samurai(" ")
    first, second, *others = text.split("\n")
    with pytest.raises(ParseError, match="row 2 of this board has 18 cells, found 17"):
        read("\n".join([first, second[1:], *others]), rules="samurai")
    with pytest.raises(ParseError, match="ends with row 20"):
        read("\n".join(text.split("\n")[:20]), rules="samurai")


def cells(**more: Any) -> list[list[dict[str, Any]]]:
    return [[dict(more) for _ in range(9)] for _ in range(9)]


@pytest.mark.parametrize(
    ("document", "rules"),
    [
        ({"diagonal+": True, "diagonal-": True}, "diagonal"),
        ({"diagonal-": True, "antiking": True}, "main-diagonal,anti-king"),
        ({"antiknight": True, "disjointgroups": True}, "disjoint-groups,anti-knight"),
        ({"antiknight": False, "killercage": []}, ""),
        ({"extraregion": [{"cells": ["R1C1", "R2C2", "R1C3"]}]}, "extra=r1c1r1c3r2c2"),
        ({"cages": [{"cells": [[0, 0], [1, 1]], "unique": True}]}, "extra=r1c1r2c2"),
        ({"cages": [{"value": "title: x"}], "metadata": {"antiknight": True}}, "anti-knight"),
        ({"global": ["antiking"]}, "anti-king"),
        ({"regions": [[[r, c] for c in range(9)] for r in range(9)]}, None),
    ],
)
def test_documents_of_setters(document: dict[str, Any], rules: str | None) -> None:
    grid = cells()
    grid[0][0] = {"value": 5, "given": True}
    (puzzle,) = read(json.dumps({"size": 9, "grid": grid, **document}))
    assert puzzle.grid[0, 0] == 5 and puzzle.grid.sum() == 5
    if rules is not None:
        assert puzzle.rules == rules
    else:
        assert puzzle.board is not None and len(puzzle.board.units) == 18


def test_irregular_regions_of_cells() -> None:
    grid = cells()
    for at, label in enumerate(MAP):
        grid[at // 9][at % 9]["region"] = "ABCDEFGHI".index(label)
    (puzzle,) = read(json.dumps({"size": 9, "grid": grid}))
    assert puzzle.board is not None and puzzle.board.rules == ("jigsaw",)
    grid[0][0]["region"] = 1
    with pytest.raises(ParseError, match="region 2 has 10 cells"):
        read(json.dumps({"size": 9, "grid": grid}))
    for strange in (25, -1, "A", 1e9, [1]):
        grid[0][0]["region"] = strange
        with pytest.raises(ParseError, match=r"a cell's region is .*, and not a number from 0"):
            read(json.dumps({"size": 9, "grid": grid}))


@pytest.mark.parametrize(
    "rule",
    [
        {"killercage": [{"cells": ["R1C1", "R1C2"], "value": "3"}]},
        {"thermometer": [{"lines": [["R1C1", "R1C2"]]}]},
        {"arrow": [{"lines": [["R1C1"]], "cells": ["R1C1"]}]},
        {"difference": [{"cells": ["R1C1", "R1C2"]}]},
        {"nonconsecutive": True},
        {"littlekillersum": [{"cell": "R0C1"}]},
        {"cages": [{"cells": [[0, 0], [0, 1]], "value": 10}]},
        {"lines": [{"wayPoints": [[0, 0], [1, 1]]}]},
        {"metadata": {"antiking": True, "source": "x", "nonconsecutive": True}},
    ],
)
def test_other_rules_are_refused_by_name(rule: dict[str, Any]) -> None:
    key = next(iter(rule))
    name = "nonconsecutive" if key == "metadata" else key
    document = {"size": 9, "grid": cells(value=1), "antiknight": True, **rule}
    with pytest.raises(ParseError, match=f"more than different digits in some cells: {name}"):
        read(json.dumps(document))
    with pytest.raises(ParseError, match="unknown rule 'entropy'"):
        read(json.dumps({"size": 9, "grid": cells(value=1), "global": ["antiking", "entropy"]}))
    with pytest.raises(ParseError, match="minimum"):
        read(json.dumps({"size": 9, "grid": cells(minimum=True)}))


def test_maps_of_their_own() -> None:
    assert map_in(rows(MAP).split("\n"), "map.txt") == MAP
    numbers = [" ".join(str(10 + (r > 1) * 2 + (c > 1)) for c in range(4)) for r in range(4)]
    assert map_in(numbers, "map.txt") == "1122112233443344"
    with pytest.raises(ParseError, match="expected 9 cells in every row"):
        map_in(rows(MAP)[:-1].split("\n"), "map.txt")
