"""`solve` with every published family on both kinds: untrained weights solve nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from puzzlesolver.hub.folder import save_model
from puzzlesolver.models.registry import build_model
from tests.cli.support import HARD, Run, run_on_terminal

SMALL = {"hidden_size": 16, "num_heads": 2, "puzzle_emb_ndim": 16, "H_cycles": 1, "L_cycles": 1}
MLP = {"mlp_t": True, "pos_encodings": "none"}
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "HRM": ("hrm", {"H_layers": 1, "L_layers": 1}),
    "TRM-MLP": ("trm", MLP),
    "TRM-Att": ("trm", {}),
    "RSM-MLP": ("rsm", MLP),
    "RSM-Att": ("rsm", {"mlp_t": False, "pos_encodings": "rope"}),
}
MAZE = "#####\n#S  #\n# # #\n#  G#\n#####\n"
SIZES = {"sudoku": {}, "maze": {"vocab_size": 6, "seq_len": 25}}
PUZZLES = {"sudoku": HARD, "maze": MAZE}


def untrained(folder: Path, name: str, domain: str) -> Path:
    family, settings = FAMILIES[name]
    torch.manual_seed(0)
    model = build_model(family, SMALL | SIZES[domain] | settings)
    save_model(model, folder / name, training={"domain": domain}, card=f"# Untrained {name}\n")
    return folder / name


@pytest.mark.parametrize("mode", ["settle", "raw", "verified"])
@pytest.mark.parametrize("domain", SIZES)
@pytest.mark.parametrize("name", FAMILIES)
def test_untrained_weights_answer_and_solve_nothing(
    run: Run, tmp_path: Path, name: str, domain: str, mode: str
) -> None:
    model = untrained(tmp_path, name, domain)
    (tmp_path / "puzzle.txt").write_text(PUZZLES[domain])
    options = ["--model", model, "--mode", mode, "--max-steps", "12", "--format", "json"]
    done = run("solve", "puzzle.txt", *options)
    assert done.code == 1, done.stderr
    result = json.loads(done.stdout)
    assert result["status"] == "unsolved" and result["verdict"] != "verified"


@pytest.mark.parametrize("domain", SIZES)
@pytest.mark.parametrize("name", ["HRM", "RSM-MLP"])
def test_the_live_view_shows_them(tmp_path: Path, name: str, domain: str) -> None:
    model = untrained(tmp_path, name, domain)
    puzzle = tmp_path / "puzzle.txt"
    puzzle.write_text(PUZZLES[domain])
    screen = run_on_terminal(["solve", puzzle, "-m", model, "--max-steps", "12"], 80, 24)
    assert screen.code == 1
    assert "○ not verified" in str(screen) and "step 12 of 12" in str(screen)


def test_a_model_of_one_size_refuses_another(run: Run, tmp_path: Path) -> None:
    model = untrained(tmp_path, "TRM-MLP", "maze")
    (tmp_path / "larger.txt").write_text(MAZE.replace("#   #", "#   #\n#   #") + "#####\n")
    done = run("solve", "larger.txt", "--domain", "maze", "--model", model)
    assert done.code == 4
    assert "25 cells" in done.stderr and "Traceback" not in done.stderr
