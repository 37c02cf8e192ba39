"""Files, literal text and stdin become puzzles, without torch."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from puzzlesolver.domains.base import DOMAINS, get_domain, written
from puzzlesolver.domains.detect import parse_text, read_puzzles
from puzzlesolver.domains.sudoku.render import format_line
from puzzlesolver.errors import ParseError, UsageError
from puzzlesolver.limits import DETECT_BYTES, MAX_LINE_CHARS
from tests.domains.sudoku.support import HARD, SOLVED


def lines(*inputs: str | Path, domain: str = "auto") -> list[str]:
    return [format_line(puzzle.grid) for puzzle in read_puzzles(inputs, domain)]


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    stream = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
    return stream


def test_any_mix_of_inputs_in_order(tmp_path: Path, stdin: io.BytesIO) -> None:
    path = tmp_path / "list.sdm"
    path.write_text(f"{HARD}\n{SOLVED}\n")
    stdin.write(SOLVED.encode())
    stdin.seek(0)
    puzzles = list(read_puzzles([HARD, path, "-", "1......32..1...4"]))
    assert [puzzle.name for puzzle in puzzles] == [
        f"{HARD[:20]}…", f"{path}:1", f"{path}:2", "stdin", "1......32..1...4",
    ]  # fmt: skip
    assert {puzzle.domain for puzzle in puzzles} == {"sudoku"} <= DOMAINS.keys()


def test_one_puzzle_of_a_file_has_the_name_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "puzzle.txt").write_text(HARD)
    (puzzle,) = read_puzzles([tmp_path / "puzzle.txt"])
    assert (puzzle.name, puzzle.source) == (f"{tmp_path}/puzzle.txt", f"{tmp_path}/puzzle.txt:1")


def test_literal_text_of_many_lines() -> None:
    rows = "\n".join(HARD[start : start + 9] for start in range(0, 81, 9))
    assert lines(rows) == [HARD]


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_files_of_other_systems(tmp_path: Path, bom: str, end: str) -> None:
    path = tmp_path / "puzzle.txt"
    path.write_bytes(f"{bom}# ä{end}{HARD}{end}{end}".encode())
    assert lines(path) == [HARD]


def test_what_comes_after_the_head_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "long.sdm"
    count = DETECT_BYTES // len(HARD) + 100
    path.write_text(f"{HARD}\n" * count)
    assert len(lines(path)) == count


@pytest.mark.parametrize("comment", ["# a remark on it", "// a remark", "#Author: nobody"])
def test_a_puzzle_after_long_comments_is_found(tmp_path: Path, comment: str) -> None:
    path = tmp_path / "long.txt"
    path.write_text(f"{comment}\n" * (3 * DETECT_BYTES // len(comment)) + f"{HARD}\n")
    (puzzle,) = read_puzzles([str(path)])
    assert puzzle.domain == "sudoku"


def test_files_are_read_lazily(tmp_path: Path) -> None:
    path = tmp_path / "list.sdm"
    path.write_text(f"{HARD}\n" * 5000 + "?\n")
    puzzles = read_puzzles([path, "no such file"])
    assert [next(puzzles).name for _ in range(3)][2] == f"{path}:3"
    with pytest.raises(ParseError) as caught:
        list(puzzles)
    assert caught.value.where == f"{path}:5001:1"


@pytest.mark.parametrize(
    ("content", "domain", "where", "told"),
    [
        (b" \n", "auto", "", "nothing in it"),
        (b"", "sudoku", "", "no puzzle found"),
        (b"dear reader\n", "auto", "", "no known kind"),
        (b"dear reader\n", "sudoku", "", "no puzzle found"),
        (b"1 2 3 4\n\xff\xfe\n", "auto", ":1:1", "row 1 of 4"),
        (b"1 2 3 4\0\n", "auto", "", "no text: it has the byte 0x00"),
        (b"1" * MAX_LINE_CHARS * 5, "auto", f":1:{MAX_LINE_CHARS}", "longer than"),
        (HARD[:-1].encode(), "auto", ":1:1", "found 80"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "auto", "", "a git-LFS pointer"),
        (b"\x89PNG\r\n\x1a\n", "sudoku", "", "sudoku is not read from images"),
    ],
)
def test_unreadable_files(
    tmp_path: Path, content: bytes, domain: str, where: str, told: str
) -> None:
    path = tmp_path / "puzzle.txt"
    path.write_bytes(content)
    with pytest.raises(ParseError) as caught:
        lines(path, domain=domain)
    assert caught.value.where == f"{path}{where}" and told in caught.value.what


@pytest.mark.parametrize("text", ["[" * 60_000, "[(1," * 15_000, "[[1,2]," * 9_000])
def test_brackets_without_end_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(ParseError):
        lines(tmp_path / "a.txt")


@pytest.mark.parametrize("text", ["nowhere.txt", "", "folder/puzzle", "\0", "x" * 5000])
def test_paths_that_lead_nowhere(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        lines(text)
    assert "no such file" in caught.value.what and "paste the puzzle" in caught.value.hint
    assert len(caught.value.where) < 30


def test_wrong_literals_say_where() -> None:
    with pytest.raises(ParseError) as caught:
        lines("12345")
    assert caught.value.where == "12345:1:1"


@pytest.mark.parametrize(
    ("page", "row", "cell"),
    [
        ("<table>\n{}</table>", "<tr>\n{}</tr>\n", "<td\n class=c>{}</td>\n"),
        ("<table>{}</table>", "<tr>{}\n</tr>\n", "\n\n<!-- a\nb --><td>{}</td>"),
        ("<br><table>{}</table>\n", "<tr>{}</tr>", "<td>{}</td>"),
        ("<pre>\n{}</pre>", "{}\n", "{}"),
    ],
)
def test_lines_of_a_page_are_those_of_the_file(
    page: str, row: str, cell: str, tmp_path: Path
) -> None:
    rows = [[*SOLVED[start : start + 9]] for start in range(0, 81, 9)]
    path = tmp_path / "page.html"

    def written(first: list[list[str]], second: list[list[str]]) -> int:
        """Write two boards; returns the line of the @, which is left out."""
        boards = (
            page.format("".join(row.format("".join(map(cell.format, cells))) for cells in board))
            for board in (first, second)
        )
        text = "<html>\n<script>\nvar a;\n\n</script>\n" + "<p>\n</p>".join(boards)
        path.write_text(text.replace("@", ""))
        return text[: text.index("@")].count("\n") + 1

    second = written(rows, [[f"@{rows[0][0]}", *rows[0][1:]], *rows[1:]])
    assert [puzzle.source for puzzle in read_puzzles([path])][1] == f"{path}:{second}"
    wrong = written([*rows[:4], [f"@{rows[4][0]}", *rows[4][2:]], *rows[5:]], rows)
    with pytest.raises(ParseError) as caught:
        list(read_puzzles([path], "sudoku"))
    assert caught.value.where in (f"{path}:{wrong}", f"{path}:{wrong}:1")


def test_broken_links(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    with pytest.raises(ParseError, match="cannot read it") as caught:
        lines(tmp_path / "link")
    assert caught.value.where == f"{tmp_path}/link"


@pytest.mark.parametrize("row", ["".join, " ".join, ",".join])
@pytest.mark.parametrize(
    "bands",
    [
        ["1000", "0020", "", "0300", "0001"],
        ["1000", "0020", "", "0200", "0003"],
        ["100000", "000200", "", "000010", "030000", "", "002000", "000003"],
    ],
)
def test_bands_of_small_digits_are_one_sudoku(bands: list[str], row: Callable[[str], str]) -> None:
    (puzzle,) = read_puzzles(["\n".join(map(row, bands))])
    cells = [int(cell) for cell in "".join(bands)]
    assert puzzle.domain == "sudoku" and puzzle.grid.ravel().tolist() == cells


def test_folders_are_read_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b/1.json").write_text(f'{{"puzzle": "{HARD}"}}')
    (tmp_path / "a.txt").write_text(SOLVED)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden/file").write_text("nothing of the kind")
    assert lines(tmp_path) == [SOLVED, HARD]
    (tmp_path / "aa.txt").write_text("dear reader")
    (tmp_path / "c.txt").write_bytes(b"1 2 3 4\n")
    found, told = [], []
    with pytest.raises(ParseError, match="1 more of the 4 files") as caught:
        found += (puzzle.name for puzzle in read_puzzles([tmp_path], tell=told.append))
    assert caught.value.where == f"{tmp_path}/c.txt:1:1" and len(found) == 2 and not told
    assert [error.where for error in caught.value.others] == [f"{tmp_path}/aa.txt"]


TASK = {"train": [{"input": [[1]], "output": [[2]]}], "test": [{"input": [[3]]}]}
COMPANIONS = {
    "README.md": f"# Boards of mine\n\n{HARD}\n",
    "LICENSE": "MIT License\n\nCopyright (c) 2024 nobody",
    ".DS_Store": "\0\0\0\1Bud1\0\0",
    ".gitignore": "*.pyc\n",
    "index.json": '{"version": 1, "tasks": ["a", "b"], "count": 2}',
    "sample_submission.json": '{"a": [{"attempt_1": [[0]], "attempt_2": [[0]]}]}',
    "data/paper.pdf": "%PDF-1.7",
    "solve.py": "import json\n\n\ndef main() -> None:\n    print(json.load(open('a.json')))\n",
    "archive.bin": "\0\1\2",
    "empty/__init__.py": "",
}
"""Files that lie beside puzzles."""


@pytest.mark.parametrize("domain", ["auto", "of the folder"])
@pytest.mark.parametrize(
    ("kind", "whole", "damaged"),
    [
        (
            "sudoku",
            {"a.txt": HARD, "b.sdm": SOLVED},
            {"c.txt": HARD[:-1], "d.sdm": ""},
        ),
        ("maze", {"a.txt": "###\n#S#\n#G#\n###"}, {"b.txt": "###\n#S#\n###", "c.txt": "\0"}),
        (
            "arc",
            {"a.json": json.dumps(TASK), "b.json": json.dumps(TASK)},
            {"c.json": json.dumps(TASK)[:-9], "d.json": "{}", "e.json": '{"train": []}'},
        ),
    ],
)
def test_companions_are_passed_over_and_damaged_files_are_named(
    tmp_path: Path, kind: str, whole: dict[str, str], damaged: dict[str, str], domain: str
) -> None:
    for name, text in {**COMPANIONS, **whole}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    told: list[str] = []
    domain = kind if domain != "auto" else domain
    read = [puzzle.domain for puzzle in read_puzzles([tmp_path], domain, tell=told.append)]
    assert read == [kind] * len(whole)
    (line,) = told
    assert {*line.split("no puzzles: ")[1].split(", ")} == {*COMPANIONS}
    for name, text in damaged.items():
        (tmp_path / name).write_text(text)
    found: list[str] = []
    with pytest.raises(ParseError) as caught:
        found += (each.domain for each in read_puzzles([tmp_path], domain, tell=told.append))
    errors = [caught.value, *caught.value.others]
    assert found == read and told == [line] * 2
    assert sorted(error.where.split("/")[-1].split(":")[0] for error in errors) == [*damaged]


def test_a_folder_without_puzzles_names_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text('{"version": 1}')
    (tmp_path / "README").write_text("nothing here")
    with pytest.raises(ParseError, match="no puzzle found") as caught:
        lines(tmp_path)
    assert caught.value.where == f"{tmp_path}/index.json"


def test_inputs_behind_an_unreadable_one_are_read(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text(HARD[:-1])
    found = []
    with pytest.raises(ParseError, match="found 80; 1 more of the 4 inputs") as caught:
        inputs = [HARD, tmp_path / "bad.txt", "missing.txt", SOLVED]
        found += (format_line(puzzle.grid) for puzzle in read_puzzles(inputs))
    assert found == [HARD, SOLVED]
    assert [error.where for error in caught.value.others] == ["missing.txt"]
    strict = read_puzzles([HARD, "missing.txt", SOLVED], strict=True)
    assert format_line(next(strict).grid) == HARD
    with pytest.raises(ParseError, match="no such file"):
        next(strict)


def test_folders_that_solve_filled(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"model": "sudoku"}')
    (tmp_path / "manifest.json").write_text("{}")
    for number, board in enumerate((HARD, SOLVED)):
        record = f'{{"schema": 1, "domain": "sudoku", "question": "{board}", "answer": null}}\n'
        (tmp_path / f"{number:08}-0123456789abcdef.jsonl").write_text(record)
    assert lines(tmp_path) == [HARD, SOLVED]


def test_folders_without_files(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="no file"):
        lines(tmp_path)


def test_unknown_domain() -> None:
    with pytest.raises(UsageError, match="chess"):
        lines(HARD, domain="chess")


def test_reading_and_verifying_imports_nothing_heavy() -> None:
    code = f"""
import sys
from puzzlesolver.domains.base import get_domain
from puzzlesolver.domains.detect import read_puzzles
(puzzle,) = read_puzzles(["{HARD}"])
sudoku = get_domain("sudoku")
assert sudoku.verify(puzzle, puzzle.grid).status == "wrong"
sudoku.render(puzzle.grid, puzzle.grid)
print(sorted({{"torch", "numba", "pysat", "scipy"}} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(("begin", "end"), [('{"a":', "}"), ("[", "]")])
def test_json_of_every_depth_is_refused(begin: str, end: str, tmp_path: Path) -> None:
    """At some depth Python can still read it, but not follow it any more."""
    path = tmp_path / "deep.json"
    for depth in range(900, 1_000):
        path.write_text(begin * depth + "[[1,2],[3,4]]" + end * depth)
        with pytest.raises(ParseError):
            list(read_puzzles([path], "maze"))


def test_all_lines_of_json_are_named_alike(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text('\n{"puzzle": "1......32..1...4"}\n{"puzzle": "1......32..1...4"}\n')
    assert [puzzle.name for puzzle in read_puzzles([path])] == [f"{path}:2", f"{path}:3"]


@pytest.mark.parametrize("text", [" " * 60_000, "start:" + " " * 60_000, "{" + '"a": 1 ' * 8_000])
def test_long_runs_of_spaces_are_looked_through_once(text: str, tmp_path: Path) -> None:
    (tmp_path / "long").write_text(text)
    with pytest.raises(ParseError):
        list(read_puzzles([tmp_path / "long"]))


def test_a_path_is_never_taken_for_a_puzzle(tmp_path: Path) -> None:
    for name in ("missing.txt", 81 * "1"):
        with pytest.raises(ParseError, match="No such file"):
            list(read_puzzles([tmp_path / name], "sudoku"))


BOARD = "".join(f"{HARD[at : at + 9]}\n" for at in range(0, 81, 9))
MAZE = "#######\n#S    #\n# ### #\n#    G#\n#######\n"
LATTICE = "+-+-+-+\n|S    |\n+ +-+ +\n|    G|\n+-+-+-+\n"


@pytest.mark.parametrize("gap", ["", "\n", "\nBelow:\n", "\n# the next one\n\n"])
def test_kinds_in_one_text(gap: str) -> None:
    """In any order, with or without lines between them; each has its own line."""
    read = list(parse_text(f"{MAZE}{gap}{BOARD}{gap}{MAZE}".splitlines(), "mixed"))
    assert [puzzle.domain for puzzle in read] == ["maze", "sudoku", "maze"]
    second = 6 + len(gap.splitlines())
    assert [each.name for each in read][:2] == ["mixed:1", f"mixed:{second}"]


@pytest.mark.parametrize(
    "maze",
    [MAZE.replace("#", "X"), MAZE.replace("#", "@"), LATTICE, "S #/# #/ G#\n", "S #\n# #\n#G \n"],
)
def test_a_maze_of_any_signs_below_a_sudoku(maze: str) -> None:
    read = parse_text(f"{BOARD}\n{maze}".splitlines(), "mixed")
    assert [(each.domain, each.name) for each in read][1:] == [("maze", "mixed:11")]


def test_a_broken_puzzle_of_another_kind_is_told() -> None:
    broken = MAZE.replace("G", " ")
    with pytest.raises(ParseError) as caught:
        list(parse_text(f"{BOARD}\n{broken}".splitlines(), "mixed"))
    assert "a row of a maze" in caught.value.what and caught.value.where == "mixed:12:1"


def test_sudokus_alone_refuse_a_maze() -> None:
    """Of the kind that the user named, and in texts too long to look at as a whole."""
    sudoku = (get_domain("sudoku"),)
    long = "\n".join([*[BOARD] * 1_000, MAZE]).splitlines()
    for text, kinds in (([*BOARD.splitlines(), *MAZE.splitlines()], sudoku), (long, None)):
        with pytest.raises(ParseError) as caught:
            list(parse_text(text, "mixed", kinds))
        assert "a row of a maze" in caught.value.what and caught.value.hint


@pytest.mark.parametrize("title", ["# Sudoku #", "#  EASY  #"])
def test_a_framed_title_is_no_maze(title: str) -> None:
    text = f"##########\n{title}\n##########\n\n{BOARD}"
    assert [each.domain for each in parse_text(text.splitlines(), "titled")] == ["sudoku"]


def test_a_band_of_blanks_is_no_maze() -> None:
    blank = "XXXXXXXXX\n"
    bands = "\n".join([BOARD[:30], blank * 3, BOARD[60:]]).replace(".", "X")
    assert len(list(parse_text(bands.splitlines(), "bands"))) == 1


WITH_PATH = "#######\n#S    #\n#o### #\n#ooooG#\n#######\n"
LINE = f".{SOLVED[1:]}\n"
ROWS = "".join(f"{LINE[at : at + 9]}\n" for at in range(0, 81, 9))


@pytest.mark.parametrize(
    "heading",
    ["Solution\n", "## Answer:\n", "The solution is\n\n", "[Solution]\n", "Solution 1:\n"],
)
@pytest.mark.parametrize("question", [LINE, ROWS, MAZE])
def test_an_answer_below_its_heading(question: str, heading: str) -> None:
    """It belongs to the puzzle above, as in a table, of one puzzle or of several."""
    answer = WITH_PATH if question == MAZE else f"{SOLVED}\n"
    one = f"{question}\n{heading}{answer}"
    for text, count in ((one, 1), (f"{one}\nPuzzle 2\n{one}", 2)):
        read = list(parse_text(text.splitlines(), "told"))
        assert len(read) == count
        for each in read:
            assert each.label is not None and not each.note
            assert get_domain(each.domain).verify(each, each.label).status == "verified"


def test_an_answer_on_the_line_of_its_heading() -> None:
    (puzzle,) = parse_text([LINE, f"Solution: {SOLVED}"], "told")
    assert puzzle.label is not None and format_line(puzzle.label) == SOLVED


def test_an_answer_below_a_jigsaw() -> None:
    (made,) = get_domain("sudoku").generate(1, seed=1, size=6, rules="jigsaw")
    told, answer = (written(made, grid, "line") for grid in (made.grid, made.answer))
    (puzzle,) = parse_text([told, "Solution:", answer.split()[0]], "told")
    assert puzzle.rules == made.rules and puzzle.label is not None


def test_what_is_no_answer_of_the_puzzle_above_is_noted() -> None:
    other = SOLVED.translate(str.maketrans("12", "21"))
    for text in ([LINE, "Solution", f"9{other[1:]}"], [LINE, LINE, "Solutions", SOLVED, SOLVED]):
        *puzzles, last = parse_text(text, "told")
        assert "headed as an answer" in last.note and not puzzles[0].note
    (alone,) = parse_text(["Solution", SOLVED], "told")
    assert not alone.note


def test_numbered_sections_are_all_read() -> None:
    text = f"[Puzzle 1]\n{ROWS}[Author]\nA. Nobody\n[Puzzle 2]\n{ROWS}"
    assert len(list(parse_text(text.splitlines(), "sections"))) == 2
