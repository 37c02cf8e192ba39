"""The Hugging Face Hub: what a repository holds, its files fetched and checked, a model uploaded.

This module alone speaks to the Hub, through its own client, whose settings (`HF_ENDPOINT`,
`HF_TOKEN`, `HF_HUB_OFFLINE`) hold here too. Whatever goes wrong is a `ModelError` that says what to
do.

    >>> repo = ask(parse_name("hub:someone/model"))
    >>> fetch(repo, "config.json", Path("here"))
    '4f1c…'
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from puzzlesolver import __version__
from puzzlesolver.errors import ModelError
from puzzlesolver.hub.cached import HubName, is_plain_path
from puzzlesolver.hub.folder import CARD, CONFIG, WEIGHTS

if TYPE_CHECKING:
    from huggingface_hub import HfApi

LOGIN = (
    "run `hf auth login`, or set HF_TOKEN to a token from https://huggingface.co/settings/tokens"
)
_CHUNK = 1 << 20


class UnreachableError(ModelError):
    """The Hub did not answer, or fell silent; what is on this disk may still serve."""


@dataclass(frozen=True)
class RemoteFile:
    """What the Hub tells of one file.

    Attributes:
        size: bytes, if told.
        algorithm: of the digest: sha256 for large files, git's sha1 for those kept in git itself.
        digest: in hexadecimal.
    """

    size: int | None
    algorithm: str
    digest: str | None


@dataclass(frozen=True)
class RemoteRepo:
    """A repository at one commit.

    Attributes:
        name: pinned.
        files: by path.
        licence: what its model card states, if anything.
    """

    name: HubName
    files: dict[str, RemoteFile]
    licence: str | None


def ask(name: HubName) -> RemoteRepo:
    """What a repository holds now; one request.

    Raises:
        UnreachableError: nobody answered, or nobody who speaks as the Hub does.
        ModelError: there is no such repository or revision, or it may not be read.
    """
    from huggingface_hub import constants

    with _explained(name):
        info = _api().model_info(
            name.repo,
            revision=name.revision,
            files_metadata=True,
            timeout=constants.HF_HUB_ETAG_TIMEOUT,
        )
    pinned = replace(name, revision=info.sha)
    if not pinned.is_pinned:
        raise ModelError(f"the Hub names no commit, but {info.sha!r}", where=str(name))
    files = {
        told.rfilename: RemoteFile(told.lfs.size, "sha256", told.lfs.sha256)
        if told.lfs
        else RemoteFile(told.size, "sha1", told.blob_id)
        for told in info.siblings or []
        if is_plain_path(told.rfilename)
    }
    return RemoteRepo(pinned, files, info.card_data.license if info.card_data else None)


def fetch(repo: RemoteRepo, file: str, folder: Path) -> str:
    """Download a file, or the rest of it if a part is there already, and check it.

    Args:
        repo: as `ask` answered.
        file: one of `repo.files`.
        folder: the file gets its path below it.

    Returns:
        The SHA-256 of the file.

    Raises:
        UnreachableError: the connection broke; what arrived stays for the next call.
        ModelError: the Hub refused, or something else arrived than it told; nothing stays.
    """
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    told, path = repo.files[file], folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    headers = build_hf_headers(library_name="puzzlesolver", library_version=__version__)
    try:
        # Not `hf_hub_download`: it throws away what arrived when the connection breaks. This writes
        # in pieces of 10 MB, and only what is written stays.
        broken = f"the download of {file} broke off, what arrived is kept"
        with _explained(repo.name, broken), path.open("ab") as stream:
            if told.size is None or stream.tell() > told.size:
                stream.seek(stream.truncate(0))
            http_get(
                hf_hub_url(repo.name.repo, file, revision=repo.name.revision),
                stream,
                resume_size=stream.tell(),
                headers=headers,
                expected_size=told.size,
                displayed_filename=file,
            )
        digests = _digests(path)
        if digests[told.algorithm] != told.digest:
            raise ModelError(
                f"{file} arrived damaged: its {told.algorithm} is {digests[told.algorithm]}, "
                f"expected {told.digest}",
                where=str(repo.name),
                hint="nothing of it was kept; pull again",
            )
    except UnreachableError:
        raise
    except ModelError:
        path.unlink(missing_ok=True)
        raise
    return digests["sha256"]


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

    from puzzlesolver.hub.store import verify_model

    if name != HubName(name.repo):
        raise ModelError(
            "a model is pushed to the default branch of a repository",
            where=str(name),
            hint=f"write {HubName(name.repo)}",
        )
    folder = verify_model(model).files.folder
    with _explained(name, "the upload broke off"):
        if get_token() is None:
            raise ModelError("pushing needs a token of the Hub", where=str(name), hint=LOGIN)
        api = _api()
        if is_new := not api.repo_exists(name.repo):
            api.create_repo(name.repo, private=private)
        commit = api.create_commit(
            name.repo,
            [CommitOperationAdd(file, folder / file) for file in (WEIGHTS, CONFIG, CARD)],
            commit_message=f"Model of puzzlesolver {__version__}",
        )
    return commit.commit_url, is_new


def one_at_a_time(lock: Path) -> AbstractContextManager[object]:
    """Other processes wait here; `lock` is a file that need not exist."""
    from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]

    return WeakFileLock(lock)


def is_offline() -> bool:
    """Whether the user told the client to stay off the network."""
    from huggingface_hub import constants

    return constants.is_offline_mode()


def _api() -> HfApi:
    from huggingface_hub import HfApi

    return HfApi(library_name="puzzlesolver", library_version=__version__)


def _digests(path: Path) -> dict[str, str]:
    """SHA-256 of the bytes; SHA-1 as git computes it, over a header and the bytes."""
    sha256 = hashlib.sha256()
    sha1 = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha256.update(chunk)
            sha1.update(chunk)
    return {"sha256": sha256.hexdigest(), "sha1": sha1.hexdigest()}


@contextmanager
def _explained(name: HubName, broken: str = "cannot reach the Hub") -> Iterator[None]:
    """Turn the client's errors into ours; `broken` says what a lost connection ended."""
    from huggingface_hub import errors

    transport = errors.HTTPError  # type: ignore[attr-defined]  # of whichever httpx it stands on
    try:
        yield
    except errors.HfHubHTTPError as error:
        raise _refused(error, name, broken) from error
    except (transport, errors.OfflineModeIsEnabled) as error:
        reason = "HF_HUB_OFFLINE is set" if is_offline() else str(error) or type(error).__name__
        raise _unreachable(name, f"{broken}: {reason}") from error
    except json.JSONDecodeError as error:  # a network that wants a login answers with its own page
        raise _unreachable(name, f"{broken}: something else answered in its place") from error
    except (OSError, RuntimeError, ValueError) as error:
        # The client wraps what went wrong in an upload.
        reasons = [str(reason).partition("\n")[0] for reason in (error, error.__cause__) if reason]
        raise ModelError(": ".join(reasons), where=str(name)) from error


def _unreachable(name: HubName, what: str) -> UnreachableError:
    return UnreachableError(what, where=str(name), hint="check the connection, then try again")


def _refused(error: Exception, name: HubName, broken: str) -> ModelError:
    """What an answer other than 200 means to the user."""
    from huggingface_hub import constants, errors

    assert isinstance(error, errors.HfHubHTTPError)
    page = f"{constants.ENDPOINT}/{name.repo}"
    status = error.response.status_code
    said = error.server_message or error.response.reason_phrase
    if isinstance(error, errors.GatedRepoError):
        what = "its owner grants access one by one"
        hint = f"ask for access at {page}, then {LOGIN}"
    elif isinstance(error, errors.RepositoryNotFoundError):
        what = "there is no such repository, or it is private"
        hint = f"check the spelling; for a private one {LOGIN}"
    elif isinstance(error, errors.RevisionNotFoundError):
        what = f"the repository has no revision {name.revision!r}"
        hint = f"see {page}/commits, or leave @{name.revision} out"
    elif isinstance(error, errors.DisabledRepoError):
        what, hint = "the Hub has disabled this repository", f"see {page}"
    elif status == 401:
        what, hint = "the Hub does not accept your token", LOGIN
    elif status == 403:
        what = f"your token does not allow this: {said}"
        hint = f"use one with the right permissions: {LOGIN}"
    elif status == 429 or status >= 500:
        return _unreachable(name, f"{broken}: HTTP {status} {said}")
    else:
        what, hint = f"the Hub refused: HTTP {status} {said}", f"see {page}"
    return ModelError(what, where=str(name), hint=hint)
