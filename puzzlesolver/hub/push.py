"""A model of ours → one commit of a repository on the Hugging Face Hub.

>>> push("runs/a/model", parse_name("hub:someone/model"))
('https://…/commit/4f1c…', True)
"""

from __future__ import annotations

from pathlib import Path

from puzzlesolver import __version__
from puzzlesolver.errors import ModelError
from puzzlesolver.hub.cached import HubName
from puzzlesolver.hub.folder import CARD, CONFIG, WEIGHTS
from puzzlesolver.hub.remote import hub_api
from puzzlesolver.hub.store import verify_model
from puzzlesolver.hub.transfer import LOGIN, explained, patient


def push(model: str | Path, name: HubName, private: bool = False) -> tuple[str, bool]:
    """Upload a model in one commit; its repository is made when it is missing.

    Args:
        model: as `store.resolve` takes it; it must pass `store.verify_model`.
        name: a repository, without file and revision.
        private: whether a new repository is visible to its owner alone.

    Returns:
        The address of the commit, and whether the repository is new.

    Raises:
        ModelError: the model is not whole, nobody is logged in, or the Hub refused.
    """
    from huggingface_hub import CommitOperationAdd, get_token

    if name != HubName(name.repo):
        raise ModelError(
            "a model is pushed to the default branch of a repository",
            where=str(name),
            hint=f"write {HubName(name.repo)}",
        )
    folder = verify_model(model).files.folder
    with explained(name, "the upload broke off"), patient():
        if get_token() is None:
            raise ModelError("pushing needs a token of the Hub", where=str(name), hint=LOGIN)
        api = hub_api()
        if is_new := not api.repo_exists(name.repo):
            api.create_repo(name.repo, private=private)
        commit = api.create_commit(
            name.repo,
            [CommitOperationAdd(file, folder / file) for file in (WEIGHTS, CONFIG, CARD)],
            commit_message=f"Model of puzzlesolver {__version__}",
        )
    return commit.commit_url, is_new
