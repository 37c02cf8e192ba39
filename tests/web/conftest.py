"""One page for all tests: the shipped models, exported and served, in one browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from puzzlesolver.cli.app import main
from puzzlesolver.errors import UsageError
from puzzlesolver.export.web import find_browser_runtime
from tests.export.test_onnx import export
from tests.web.support import Page, Site, chromium, served

MAP = "111222551122351424354444355666333666"
BOARDS = {
    "sudoku-any 16×16": ("--size", "16"),
    "sudoku-any 9×9 diagonal, anti-king": ("--rules", "X, Anti King"),
    "sudoku-any 6×6 jigsaw": ("--size", "6", "--rules", f"jigsaw={MAP}"),
}
"""Titles of the general model on the page, and how its graphs are exported."""

SOAKED = ("sudoku-any 16×16", "hrm")
"""They show little more, and an export takes seconds: on the page of `make soak` alone."""


@pytest.fixture(scope="session")
def programs() -> tuple[str, str]:
    """Chromium and its driver; without them, or without onnxruntime-web, tests are skipped."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    fault = None if browser and driver else "chromium or chromedriver is missing"
    try:
        find_browser_runtime()
    except UsageError as error:
        fault = f"{error} ({error.hint})"
    if fault is None:
        assert browser is not None and driver is not None
        return browser, driver
    if os.environ.get("PUZZLESOLVER_REQUIRE_WEB"):
        pytest.fail(fault)
    pytest.skip(f"{fault}; tests/web/install.sh installs what is needed")


@pytest.fixture(scope="session")
def graphs(quick_exports: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file of each title but that of Sudoku, which is not kept; trained or not."""
    folder = tmp_path_factory.mktemp("graphs")
    titles = [title for title in ("maze", "trm", "rsm", "hrm", *BOARDS) if _shown(title)]
    graphs = {title: folder / f"{title}.onnx" for title in titles}
    for title, file in graphs.items():
        if title in ("trm", "rsm", "hrm"):
            export(title, file, longest=1)
        else:
            words = BOARDS.get(title, ("--size", "15"))
            name = title.partition(" ")[0]
            assert main(["export", name, str(file), *words, "--check-steps", "4"]) == 0
    return graphs


def _shown(title: str) -> bool:
    return title not in SOAKED or "SOAK" in os.environ


@pytest.fixture(scope="session")
def folder(
    programs: tuple[str, str], graphs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The page as the command writes it, from a model and from files exported before."""
    folder = tmp_path_factory.mktemp("web") / "site"
    for model in ("sudoku", *map(str, graphs.values())):
        assert main(["export", model, "--web", str(folder), "--check-steps", "4"]) == 0
    return folder


@pytest.fixture(scope="session")
def site(folder: Path) -> Iterator[Site]:
    with served(folder) as site:
        yield site


@pytest.fixture(scope="session")
def opened(
    programs: tuple[str, str], site: Site, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    with chromium(*programs, tmp_path_factory.mktemp("profile")) as browser:
        yield Page(browser)


@pytest.fixture
def page(opened: Page, site: Site, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page as it opens; afterwards nothing may stand in its console, and nobody else was asked.

    It is loaded once, as that takes two seconds of a core, and anew where a test has failed.
    """
    if opened.browser.current_url != site.address or request.session.testsfailed:
        opened.browser.get(site.address)
    opened.begin()
    yield opened
    assert opened.faults() == []
    assert site.strayed == []
