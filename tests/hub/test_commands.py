"""`models pull|push|rm|list` and `solve --model hub:…` as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from puzzlesolver.cli.app import main
from tests.cli.support import ONE_BLANK, SOLVED, Done, Run, run_in
from tests.hub.server import TOKEN, Hub
from tests.hub.support import NAME, REPO

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(hub: Hub, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `puzzlesolver ARGUMENTS…` in this process."""

    def run(*arguments: str | Path) -> Done:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Done(code, *capsys.readouterr())

    return run


def test_solve_online_offline_and_with_the_hub_out_of_reach(
    hub: Hub, commit: str, tmp_path: Path
) -> None:

    def solve(**changes: str) -> Done:
        variables = {
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(tmp_path / "hf"),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        }
        words = ("solve", ONE_BLANK, "--model", NAME, "--format", "json")
        return run_in(tmp_path, *words, **variables | changes)

    done = solve()
    assert (done.code, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    assert (result["status"], result["answer"]) == ("solved", SOLVED)
    assert result["model"] == f"{NAME}@{commit}"

    hub.requests.clear()
    offline = solve(HF_HUB_OFFLINE="1")
    assert json.loads(offline.stdout)["model"] == result["model"]
    assert offline.stderr == "" and hub.requests == []

    unreachable = solve(HF_ENDPOINT="http://127.0.0.1:9")
    assert unreachable.code == 0
    assert "cannot reach the Hub" in unreachable.stderr and commit in unreachable.stderr


def test_pull_prints_the_folder_and_rm_takes_it_away(commit: str, run: Run) -> None:
    done = run("models", "pull", NAME)
    assert done.code == 0, done.stderr
    folder = Path(done.stdout.removesuffix("\n"))
    assert folder.name == commit and (folder / "config.json").is_file()
    assert "apache-2.0" in done.stderr
    assert f"{NAME}@{commit}" in run("models", "list").stdout

    removed = run("models", "rm", NAME)
    assert (removed.code, removed.stdout) == (0, "") and commit in removed.stderr
    assert not folder.exists()
    again = run("models", "rm", NAME)
    assert again.code == 4 and "hint: models in the cache: none" in again.stderr


# The client's upload to storage calls its own HTTP library in a way that this deprecates.
@pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")
def test_push_prints_the_commit(hub: Hub, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run("models", "push", "sudoku", NAME)
    assert done.code == 4 and "HF_TOKEN" in done.stderr and done.stdout == ""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    done = run("models", "push", "sudoku", NAME, "--private")
    assert done.code == 0, done.stderr
    repo = hub.repos[REPO]
    assert done.stdout == f"{hub.url}/{REPO}/commit/{repo.refs['main']}\n"
    assert repo.private
    done = run("models", "push", "sudoku", NAME, "--private")
    assert "--private is ignored" in done.stderr


def test_files_of_a_copy_that_somebody_changed(hub: Hub, commit: str, run: Run) -> None:
    folder = Path(run("models", "pull", NAME).stdout.strip())
    (folder / "README.md").write_bytes(b"\xff\xfe a card")
    done = run("models", "show", NAME)
    assert done.code == 0 and "a card" in done.stdout
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"training": {}}))
    done = run("models", "pull", NAME)
    assert done.code == 0 and "licence: unknown" in done.stderr
    (folder / "config.json").write_text("{")
    done = run("models", "list")
    assert done.code == 0 and "damaged" in done.stdout and "sudoku" in done.stdout
    assert run("models", "pull", NAME).code == 4


@pytest.mark.parametrize(
    "name",
    [
        NAME,
        "https://there/model",
        *(pytest.param(each, marks=pytest.mark.soak) for each in (f"{NAME}@main", "hub:no/model")),
    ],
)
def test_reading_a_result_asks_nobody(
    hub: Hub, commit: str, run: Run, tmp_path: Path, name: str
) -> None:
    report = json.loads((ROOT / "benchmarks" / "settle-4x4-sudoku.json").read_text())
    report["model"] |= {"name": name, "sha256": "0" * 64}
    file = tmp_path / "result.json"
    file.write_text(json.dumps(report))
    done = run("bench", "report", file, "--html", tmp_path / "page.html")
    assert done.code == 0 and f"no settling: {name}: " in done.stderr
    assert hub.requests == []


def test_errors_are_messages(run: Run) -> None:
    done = run("solve", ONE_BLANK, "--model", "hub:no/body")
    assert done.code == 4 and done.stdout == ""
    assert "error: hub:no/body: there is no such repository" in done.stderr
    assert "Traceback" not in done.stderr
