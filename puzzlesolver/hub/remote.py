"""The Hugging Face Hub: what a repository holds, its files fetched and checked.

Nothing that the Hub tells is trusted: not the shape of its answers, nor a size, nor a name.
Whatever goes wrong is a `ModelError` that says what to do.

    >>> repo = ask(parse_name("hub:someone/model"))
    >>> fetch(repo, "config.json", Path("here"))
    '4f1c…'
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from puzzlesolver import __version__
from puzzlesolver.errors import ModelError
from puzzlesolver.hub.cached import HubName, is_plain_path
from puzzlesolver.hub.transfer import (
    UnreachableError,
    download,
    explained,
    get_json,
    unreachable,
)
from puzzlesolver.limits import (
    MAX_CARD_BYTES,
    MAX_CHECKPOINT_BYTES,
    MAX_JSON_BYTES,
    MAX_YAML_BYTES,
)

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_CHUNK = 1 << 20
_LIMITS = {
    ".json": MAX_JSON_BYTES, ".md": MAX_CARD_BYTES,
    ".yaml": MAX_YAML_BYTES, ".yml": MAX_YAML_BYTES,
}  # fmt: skip
"""Most bytes of a file by how its name ends; all others are checkpoints."""


@dataclass(frozen=True)
class RemoteFile:
    """What the Hub tells of one file.

    Attributes:
        size: bytes; None where that is not told as a number.
        algorithm: of the digest: sha256 for large files, git's sha1 for those kept in git itself.
        digest: in hexadecimal; None where it is not told.
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
    revision = f"/revision/{quote(name.revision, safe='')}" if name.revision else ""
    with explained(name):
        told = get_json(f"{hub_api().endpoint}/api/models/{name.repo}{revision}?blobs=true")
        pinned = replace(name, revision=told["sha"])
        if not pinned.is_pinned:
            raise unreachable(name, f"the Hub names no commit, but {str(told['sha'])[:80]!r}")
        files = {
            each["rfilename"]: _described(each)
            for each in told.get("siblings") or []
            if is_plain_path(each["rfilename"])
        }
        licence = (told.get("cardData") or {}).get("license")
    return RemoteRepo(pinned, files, licence if isinstance(licence, str) else None)


def _described(told: dict[str, Any]) -> RemoteFile:
    if large := told.get("lfs"):
        size, algorithm, digest = large.get("size"), "sha256", large.get("sha256")
    else:
        size, algorithm, digest = told.get("size"), "sha1", told.get("blobId")
    is_size, is_digest = type(size) is int and size >= 0, isinstance(digest, str)
    return RemoteFile(size if is_size else None, algorithm, digest if is_digest else None)


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
        ModelError: the Hub refused, tells no size or too large a one, or something else arrived
            than it told; nothing stays.
        UsageError: the disk is full, or writing is not allowed.
    """
    from huggingface_hub import hf_hub_url

    told, path = repo.files[file], folder / file
    _check_told(repo, file)
    try:
        with explained(repo.name, f"the download of {file} broke off, what arrived is kept"):
            # Not `hf_hub_download`: it writes all that arrives, and throws a broken part away.
            url = hf_hub_url(repo.name.repo, file, revision=repo.name.revision)
            download(url, path, told.size or 0)
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


def _check_told(repo: RemoteRepo, file: str) -> None:
    """Raises `ModelError` unless a file has a checksum, and a size that such files may have."""
    told = repo.files[file]
    most = _LIMITS.get(PurePosixPath(file).suffix.lower(), MAX_CHECKPOINT_BYTES)
    if told.size is None or told.digest is None:
        what = f"the Hub does not report the size and the checksum of {file}"
    elif told.size > most:
        what = f"{file} has {told.size:,} bytes; at most {most:,} are accepted"
    else:
        return
    raise ModelError(what, where=str(repo.name), hint="ask its owner")


def hub_api() -> HfApi:
    """The client of the Hub's own library, under our name."""
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
