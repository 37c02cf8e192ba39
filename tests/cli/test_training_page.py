"""The commands of `docs/training.md`: small ones run, others are read to the last option."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from puzzlesolver.train.config import TrainConfig
from puzzlesolver.train.contracts.registry import CONTRACTS
from tests.cli.support import Run

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text()
BLOCK = re.compile(r"^```(console|bash)\n(.*?)^```$", re.M | re.S)
COMMANDS = [
    line for kind, body in BLOCK.findall(PAGE) if kind == "bash" for line in body.splitlines()
]


def test_the_first_run_prints_what_the_page_shows(run: Run) -> None:
    (shown,) = (body for kind, body in BLOCK.findall(PAGE) if kind == "console")
    for each in shown.split("$ ")[1:]:
        command, _, expected = each.partition("\n")
        done = run(*shlex.split(command)[1:])
        assert done.code == 0, done.stderr
        assert done.stdout.startswith(expected.rstrip().removesuffix("..."))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_understood(
    command: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = shlex.split(command)
    words = words[words.index("puzzlesolver") + 1 :]
    done = run(*words, "--help")
    assert done.code == 0, done.stderr
    if words[0] != "train":
        return
    begun: list[TrainConfig] = []

    def begin(config: TrainConfig, out: Path, **_: Any) -> Path:
        begun.append(config)
        return out / "model"

    # The real recipes take hours; here they only have to get as far as the training.
    monkeypatch.setattr("puzzlesolver.train.loop.train", begin)
    monkeypatch.setattr("puzzlesolver.train.distributed.launch", lambda *_: begun.append(None))
    done = run(*words)
    assert done.code == 0 and len(begun) == 1, done.stderr


def test_every_contract_and_the_refusal_are_as_described(run: Run) -> None:
    assert all(f"| `{name}` |" in PAGE for name in CONTRACTS)
    done = run("train", "sudoku", "--set", "halt_max_steps=3")
    assert done.code == 2 and " ".join(done.stderr.split()) in " ".join(PAGE.split())
