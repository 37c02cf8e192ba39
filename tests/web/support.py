"""The page as a person meets it: served here, in a Chromium that can reach nothing else."""

from __future__ import annotations

import functools
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

PATIENCE = 120
"""Seconds; machines that run other work at the same time are slow."""

POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--proxy-server=http://127.0.0.1:9",
)  # fmt: skip
"""The proxy is none: what is not on this machine cannot be reached."""


@dataclass
class Site:
    """A served folder.

    Attributes:
        address: of its page.
        strayed: what the page or its worker asked of others; the browser tells.
    """

    address: str
    strayed: list[str] = field(default_factory=list)


@contextmanager
def served(folder: Path) -> Iterator[Site]:
    """The files of a folder on a port of this machine."""

    class Handler(SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            self.send_header("Content-Security-Policy", f"{POLICY}; report-uri /strayed")
            super().end_headers()

        def do_POST(self) -> None:
            site.strayed.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    handler = functools.partial(Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        site = Site(f"http://127.0.0.1:{server.server_address[1]}/")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield site
        server.shutdown()


@contextmanager
def chromium(binary: str, driver: str, profile: Path) -> Iterator[Chrome]:
    """Debian's Chromium without a window."""
    options = ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, f"--user-data-dir={profile}", "--window-size=1280,1000"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = Chrome(options, Service(driver))
    browser.set_script_timeout(PATIENCE)
    try:
        yield browser
    finally:
        browser.quit()


class Page:
    """The page in a browser, by what a person sees of it."""

    def __init__(self, browser: Chrome) -> None:
        self.browser = browser

    def begin(self) -> None:
        """Fields as they are at first, and another example of the first model."""
        self.until(lambda: self.grid())
        self.browser.execute_script(
            "for (const each of document.querySelectorAll('option'))"
            " each.selected = each.defaultSelected;"
            "document.getElementById('text').value = '';"
            "document.querySelector('details').open = false;"
            "document.activeElement.blur();"
            "document.querySelector('#models button').click();"
        )
        self.until(lambda: len(self.grid()) == 81)

    def element(self, name: str) -> WebElement:
        return self.browser.find_element(By.ID, name)

    def text(self, name: str) -> str:
        return self.element(name).text

    def choose(self, name: str, value: str) -> None:
        Select(self.element(name)).select_by_value(value)

    def choose_model(self, title: str) -> None:
        self.element("models").find_element(By.XPATH, f"button[.='{title}']").click()
        self.until(lambda: self.pressed_model() == title)

    def pressed_model(self) -> str:
        return self.browser.find_element(By.CSS_SELECTOR, "#models [aria-pressed=true]").text

    def paste(self, text: str) -> None:
        """As the text area takes it."""
        self.browser.execute_script("document.querySelector('details').open = true")
        area = self.element("text")
        area.clear()
        area.send_keys(text)
        self.element("use").click()

    def solve(self, mode: str, max_steps: int) -> None:
        self.choose("mode", mode)
        self.choose("speed", "0")
        self.element("max-steps").clear()
        self.element("max-steps").send_keys(str(max_steps))
        self.element("solve").click()
        self.browser.execute_async_script(
            "const done = arguments[0], button = document.getElementById('solve');"
            "(function look() {"
            " button.textContent === 'Solve' ? done() : setTimeout(look, 10); })()"
        )

    def until(self, condition: Any) -> None:
        WebDriverWait(self.browser, PATIENCE, 0.03).until(lambda _: condition())

    def lamps(self) -> tuple[str, str]:
        """What the lamps for settled and verified say."""
        settled, verified = (
            self.element(name).find_element(By.CLASS_NAME, "said").text
            for name in ("settled", "verified")
        )
        return settled, verified

    def grid(self) -> list[int]:
        """The values of all cells, once they are drawn."""
        script = (
            "const done = arguments[0];"
            "requestAnimationFrame(() => requestAnimationFrame(() => done("
            "Array.from(document.querySelectorAll('[role=gridcell]'), c => +c.dataset.value))))"
        )
        values: list[int] = self.browser.execute_async_script(script)
        return values

    def steps(self) -> int:
        """Those of the outcome, from the status."""
        found = re.search(r"after ([\d,]+) steps?:", self.text("status"))
        assert found is not None, self.text("status")
        return int(found[1].replace(",", ""))

    def call(self, module: str, expression: str, *arguments: Any) -> Any:
        """The value of an expression of JavaScript, with `module` imported and `args` at hand."""
        script = (
            "const done = arguments[arguments.length - 1], args = JSON.parse(arguments[1]);"
            "import(arguments[0]).then(module => eval_(module, args))"
            ".then(value => done({value}))"
            ".catch(error => done({error: String(error)}));"
            f"function eval_(module, args) {{ return {expression}; }}"
        )
        reply = self.browser.execute_async_script(script, module, json.dumps(arguments))
        assert "error" not in reply, reply
        return reply["value"]

    def faults(self) -> list[str]:
        """What stands in the console; reading empties it."""
        return [entry["message"] for entry in self.browser.get_log("browser")]
