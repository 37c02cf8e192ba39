"""The page solves what the command line solves, with the same answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from selenium.webdriver import ActionChains, Keys

from puzzlesolver import solve
from puzzlesolver.domains.base import Puzzle, get_domain, written
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.pipeline import load_solver
from puzzlesolver.refine.engines.graph import StepGraph
from puzzlesolver.runtime import PRECISION
from tests.web.conftest import BOARDS, SOAKED
from tests.web.support import Page

EXAMPLES = Path(__file__).parents[2] / "examples" / "puzzles"
EASY = EXAMPLES / "sudoku" / "grid.txt"
"""Its first board settles alone."""

NEEDS_A_HYPOTHESIS = (
    "7...2...6..83......9...7.5...56...1.8....1...9....4..7.2..9.1.......3.68..34....."
)
TWO_SOLUTIONS = "32.79861.16854297397.36128.256879431497136528813425769589617342631254897742983156"
"""The rules accept either answer."""

NO_SOLUTION = "12345678." + "........9" + "." * 63
MAZE = EXAMPLES / "maze" / "ascii.txt"
SMALL = "S    /   # /  #  / #   /    G"


@pytest.fixture(autouse=True)
def _float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page computes in nothing else."""
    monkeypatch.setenv(PRECISION, "fp32")


@pytest.mark.parametrize("mode", ["settle", "verified"])
def test_a_sudoku_is_answered_as_by_the_command(page: Page, mode: str) -> None:
    ours = solve(str(EASY), mode=mode)[0]
    assert ours.answer is not None and ours.verdict.status == "verified"
    page.paste(EASY.read_text())
    page.solve(mode, 200)
    assert page.grid() == ours.answer.grid.ravel().tolist()
    assert page.steps() == ours.steps, "it is the same trajectory"
    assert page.lamps() == ("yes", "yes")


@pytest.mark.parametrize("mode", ["settle", "verified"])
def test_a_maze_is_answered_as_by_the_command(page: Page, mode: str) -> None:
    (ours,) = solve(str(MAZE), mode=mode)
    assert ours.answer is not None and ours.verdict.status == "verified"
    page.choose_model("maze 15×15")
    page.paste(MAZE.read_text())
    page.solve(mode, 1_000)
    assert page.grid() == ours.answer.grid.ravel().tolist()
    assert page.steps() == ours.steps
    assert page.lamps() == ("yes", "yes")
    assert ours.verdict.reason in page.text("status")


@pytest.mark.parametrize(
    ("name", "size", "puzzle"),
    [
        ("trm", "9×9", EASY),
        ("rsm", "5×5", SMALL),
        pytest.param("hrm", "9×9", EASY, marks=pytest.mark.soak),
    ],
)
def test_other_families_step_as_by_the_command(
    page: Page, graphs: dict[str, Path], name: str, size: str, puzzle: str | Path
) -> None:
    question = next(iter(read_puzzles([str(puzzle)])))
    settings = {"mode": "settle", "max_steps": 6}
    solver = load_solver(question.domain, str(graphs[name]), settings, engine="onnx")
    (ours,) = solver.solve([question])
    assert ours.answer is not None
    page.choose_model(f"{name} {size}")
    page.paste(puzzle if isinstance(puzzle, str) else puzzle.read_text())
    page.solve("settle", 6)
    assert page.grid() == ours.answer.grid.ravel().tolist()
    assert page.steps() == 6 and page.lamps() == ("no", "no")


@pytest.mark.parametrize(
    "title",
    [pytest.param(each, marks=[pytest.mark.soak] * (each in SOAKED)) for each in BOARDS],
)
def test_boards_of_all_rules_are_read_and_answered_as_by_the_command(
    page: Page, title: str, graphs: dict[str, Path]
) -> None:
    rules = StepGraph(graphs[title]).facts.layout.get("rules", "")
    side = int(title.split()[1].partition("×")[0])
    made = get_domain("sudoku").generate(1, 5, size=side, rules=rules, difficulty="easy")
    (ours,) = solve(puzzle := next(made), max_steps=200, model="sudoku-any")
    assert ours.answer is not None and ours.verdict.status == "verified"
    page.paste(written(puzzle, puzzle.grid, "grid"))
    page.until(lambda: page.pressed_model() == title)  # the text tells the size and the rules
    assert page.text("rules") == (f"Rules: {title.split(' ', 2)[2]}" if rules else "")
    page.solve("verified", 200)
    assert page.grid() == ours.answer.grid.ravel().tolist()
    assert page.lamps()[1] == "yes" and page.lamps()[0] in ("yes", "no")
    shaded = page.browser.find_elements("css selector", "#board .shaded")
    assert len(shaded) == (17 if "diagonal" in rules else 0)


def test_rules_that_no_model_of_the_page_knows_are_told(page: Page) -> None:
    before = page.grid()
    page.paste(f"rules: hyper\n{NEEDS_A_HYPOTHESIS}")
    page.until(lambda: "no model of this page is for the rules “windoku”" in page.text("status"))
    assert page.grid() == before
    page.paste(f"{NEEDS_A_HYPOTHESIS} rules=standard")
    page.until(lambda: page.text("status") == "The puzzle is on the board.")


def test_hypotheses_find_what_one_trajectory_does_not(page: Page) -> None:
    (alone,) = solve(NEEDS_A_HYPOTHESIS, mode="settle", max_steps=40)
    (ours,) = solve(NEEDS_A_HYPOTHESIS)
    assert alone.answer is not None and alone.verdict.status == "wrong"
    assert ours.answer is not None and ours.verdict.status == "verified"
    page.paste(NEEDS_A_HYPOTHESIS)
    page.solve("settle", 40)
    assert page.lamps() == ("no", "no")
    assert f"Not solved after 40 steps: {alone.verdict.reason};" in page.text("status")
    assert page.grid() == alone.answer.grid.ravel().tolist(), "the same wrong answer"
    page.solve("verified", 2_000)
    assert page.lamps()[1] == "yes" and "hypotheses" in page.text("count")
    assert page.grid() == ours.answer.grid.ravel().tolist()


@pytest.mark.parametrize(
    ("puzzle", "reason"),
    [
        ("55" + "." * 79, "row 1 is given 5 twice: r1c1 and r1c2"),
        (NO_SOLUTION, "it has no solution"),
    ],
)
def test_what_contradicts_its_rules_is_never_verified(page: Page, puzzle: str, reason: str) -> None:
    page.paste(puzzle)
    page.solve("verified", 60)
    assert page.lamps()[1] == "no"
    assert page.text("status") == f"The puzzle contradicts its rules: {reason}."


@pytest.mark.parametrize("puzzle", [TWO_SOLUTIONS, "." * 81])
def test_several_solutions_are_told_before_a_step_with_one_of_them(page: Page, puzzle: str) -> None:
    page.paste(puzzle)
    page.solve("verified", 20_000)
    assert page.text("status").startswith("Ambiguous: more than one solution; this is one of them")
    assert page.lamps() == ("no", "one of several") and page.text("count") == "0"
    given = [int(cell.replace(".", "0")) for cell in puzzle]
    answer = page.grid()
    assert all(value in (0, found) for value, found in zip(given, answer, strict=True))
    board, solved = (np.array(cells, np.uint8).reshape(9, 9) for cells in (given, answer))
    verdict = get_domain("sudoku").verify(Puzzle("sudoku", "", board, ""), solved)
    assert verdict.status == "verified"


def test_the_tab_is_named_after_the_model(page: Page) -> None:
    page.choose_model("maze 15×15")
    assert page.browser.title == "maze 15×15 · puzzlesolver"


def test_a_maze_without_a_way_is_never_verified(page: Page) -> None:
    page.choose_model("maze 15×15")
    page.paste("#####\n#S#G#\n#####")
    page.solve("verified", 60)
    assert page.lamps() == ("no", "no")
    assert "no path leads from S to G: 1 cells can be reached from S" in page.text("status")


def test_a_sudoku_is_typed_with_arrows_and_digits(page: Page) -> None:
    page.element("clear").click()
    board = page.element("board")
    board.find_element("css selector", "[tabindex='0']").click()
    keys = ActionChains(page.browser)
    (puzzle, *_) = read_puzzles([str(EASY)])
    for row in puzzle.grid:
        keys.send_keys(Keys.HOME)
        for digit in row:
            keys.send_keys(str(digit) if digit else Keys.BACKSPACE, Keys.ARROW_RIGHT)
        keys.send_keys(Keys.ARROW_DOWN)
    keys.perform()
    assert page.grid() == puzzle.grid.ravel().tolist()
    ActionChains(page.browser).send_keys(Keys.BACKSPACE, Keys.ENTER).perform()
    page.until(lambda: page.lamps()[1] == "yes")


def test_a_maze_is_drawn_with_the_keyboard(page: Page) -> None:
    page.choose_model("maze 15×15")
    page.paste("\n".join(["S" + " " * 14, *[" " * 15] * 13, " " * 14 + "G"]))
    page.element("board").find_element("css selector", "[tabindex='0']").click()
    down, right = Keys.ARROW_DOWN, Keys.ARROW_RIGHT
    keys = ActionChains(page.browser)
    keys.send_keys(Keys.HOME, down, Keys.SPACE)  # a wall below S
    keys.key_down(Keys.SHIFT).send_keys(*[right] * 3).key_up(Keys.SHIFT)  # drawn on
    keys.send_keys(down, "g", down, "s")
    keys.perform()
    rows = [page.grid()[start : start + 15] for start in range(0, 225, 15)]
    assert rows[1][:5] == [0, 0, 0, 0, 1]
    assert (rows[2][3], rows[3][3]) == (3, 2)
    assert rows[0][0] == rows[14][14] == 1, "there is one of each"


def test_a_pointer_draws_walls_and_moves_the_ends(page: Page) -> None:
    page.choose_model("maze 15×15")
    page.element("clear").click()
    cells = page.element("board").find_elements("css selector", "[role=gridcell]")
    stroke = ActionChains(page.browser, duration=50)
    for way in ([(5, 3), (5, 4), (5, 5)], [(1, 1), (1, 2), (2, 2)]):  # a wall; the start
        first, *others = (cells[15 * row + column] for row, column in way)
        stroke.click_and_hold(first)
        for cell in others:
            stroke.move_to_element(cell)
        stroke.release()
    stroke.perform()
    rows = [page.grid()[start : start + 15] for start in range(0, 225, 15)]
    assert rows[5][2:7] == [1, 0, 0, 0, 1]
    assert rows[2][2] == 2 and rows[1][1:3] == [1, 1]


def test_text_that_is_no_puzzle_is_refused_and_changes_nothing(page: Page) -> None:
    before = page.grid()
    page.paste("hello")
    assert page.text("status").startswith("This is no puzzle: ")
    assert page.grid() == before


def test_a_puzzle_is_pasted_on_the_board(page: Page) -> None:
    page.browser.execute_script(
        "const clipboardData = new DataTransfer(); clipboardData.setData('text', arguments[0]);"
        "document.activeElement.dispatchEvent("
        "new ClipboardEvent('paste', {clipboardData, bubbles: true}))",
        NEEDS_A_HYPOTHESIS,
    )
    digits = "".join(map(str, page.grid())).replace("0", ".")
    assert digits == NEEDS_A_HYPOTHESIS


def test_the_slider_shows_the_steps_again(page: Page) -> None:
    page.paste(EASY.read_text())
    page.solve("settle", 200)
    end = page.grid()
    page.element("step").send_keys(Keys.HOME)
    assert page.text("count") == "1" and page.grid() != end
    page.element("step").send_keys(Keys.END)
    assert page.grid() == end


def test_a_run_can_be_stopped(page: Page) -> None:
    page.paste(NEEDS_A_HYPOTHESIS)
    page.choose("mode", "settle")
    page.choose("speed", "5")
    page.element("solve").click()
    page.until(lambda: page.text("count") not in ("", "0", "1"))
    page.element("solve").click()
    assert page.text("status") == "Stopped." and page.text("solve") == "Solve"
    assert page.lamps() == ("not yet", "not yet")


def test_what_is_shown_is_also_said(page: Page) -> None:
    page.paste(EASY.read_text())
    cells = page.element("board").find_elements("css selector", "[role=gridcell]")
    labels = [cell.get_attribute("aria-label") for cell in cells[:2]]
    assert labels == ["row 1, column 1: blank", "row 1, column 2: 1, given"]
    assert page.element("status").get_attribute("aria-live") == "polite"
    fields = "[...document.querySelectorAll('input, select, textarea')]"
    assert page.browser.execute_script(f"return {fields}.every(field => field.labels.length)")
