"""Models uploaded through the Hub's real client, and pulled back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from huggingface_hub import close_session, get_session

from puzzlesolver.hub import transfer
from puzzlesolver.hub.cached import parse_name
from puzzlesolver.hub.push import push
from puzzlesolver.hub.store import verify_model
from tests.hub.server import TOKEN, Hub
from tests.hub.support import NAME, REPO, SUDOKU, failure, pull_text


# The client's upload to storage calls its own HTTP library in a way that this deprecates.
@pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")
class TestPush:
    @pytest.fixture
    def logged_in(self, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HF_TOKEN", TOKEN)

    @pytest.mark.usefixtures("logged_in")
    def test_what_was_pushed_comes_back(self, hub: Hub) -> None:
        address, is_new = push("sudoku", parse_name(NAME))
        assert is_new and not hub.repos[REPO].private
        sha = hub.repos[REPO].refs["main"]
        assert address == f"{hub.url}/{REPO}/commit/{sha}"
        assert len(hub.repos[REPO].commits) == 2, "the first one, and one for all files"
        folder = pull_text(NAME)
        assert folder.name == sha
        assert verify_model(folder).sha256 == verify_model("sudoku").sha256
        assert (folder / "README.md").read_bytes() == (SUDOKU / "README.md").read_bytes()

    @pytest.mark.usefixtures("logged_in")
    def test_into_a_repository_that_exists_and_a_private_one(self, hub: Hub, commit: str) -> None:
        _, is_new = push("sudoku-1k", parse_name(NAME), private=True)
        assert not is_new and not hub.repos[REPO].private
        _, is_new = push("sudoku", parse_name("hub:someone/secret"), private=True)
        assert is_new and hub.repos["someone/secret"].private

    @pytest.mark.usefixtures("logged_in")
    @pytest.mark.parametrize("endless", ["chunked", "length", "drip", "headers"])
    @pytest.mark.parametrize("part", ["/api/models/someone/model", "create", "preupload", "commit"])
    def test_answers_without_end(
        self, hub: Hub, part: str, endless: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if endless in ("drip", "headers"):
            monkeypatch.setattr(transfer, "PATIENCE", 0.1)
        hub.endless, hub.flood = endless, part
        error = failure(push, "sudoku", parse_name(NAME))
        assert "8,388,608 bytes" in error.what or "0 s" in error.what
        assert error.hint and hub.sent < 2**25
        name = type(get_session()).send.__qualname__
        assert name == "Client.send", "other users of the client meet it as it was"

    def test_sessions_that_the_client_makes_anew_are_guarded(self, hub: Hub) -> None:
        """It does when a connection was refused."""
        hub.endless, hub.flood = "chunked", "/api"
        with transfer.patient(), pytest.raises(transfer.UnreachableError):
            close_session()
            get_session().get(f"{hub.url}/api/models/{REPO}")

    def test_nobody_is_logged_in(self, hub: Hub) -> None:
        error = failure(push, "sudoku", parse_name(NAME))
        assert "token" in error.what
        assert "hf auth login" in error.hint and "HF_TOKEN" in error.hint
        assert hub.requests == []

    @pytest.mark.usefixtures("logged_in")
    def test_a_damaged_model_stays_here(self, hub: Hub, tmp_path: Path) -> None:
        shutil.copytree(SUDOKU, tmp_path / "model")
        (tmp_path / "model" / "model.safetensors").write_bytes(b"no weights")
        assert "safetensors" in failure(push, tmp_path / "model", parse_name(NAME)).what
        assert hub.requests == []

    @pytest.mark.usefixtures("logged_in")
    def test_a_foreign_owner(self, hub: Hub) -> None:
        assert "does not allow" in failure(push, "sudoku", parse_name("hub:other/model")).what

    @pytest.mark.usefixtures("logged_in")
    def test_a_revision_is_no_target(self, hub: Hub) -> None:
        assert NAME in failure(push, "sudoku", parse_name(f"{NAME}@v1")).hint
        assert hub.requests == []
