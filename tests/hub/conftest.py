"""A Hub of this test's own, and an empty cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import close_session, constants

from tests.hub.server import Hub, serve
from tests.hub.support import REPO, SUDOKU, files_of


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The client of this process talks to it, nobody is logged in, and nothing is cached."""
    with serve() as state:
        # The client reads its environment when it is imported, which was before this test.
        monkeypatch.setattr(constants, "ENDPOINT", state.url)
        template = f"{state.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        # What has arrived is written in pieces of this size, 10 MB otherwise.
        monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1_000)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        yield state
        close_session()


@pytest.fixture
def commit(hub: Hub) -> str:
    """Our Sudoku model on the Hub."""
    return hub.commit(REPO, files_of(SUDOKU))
