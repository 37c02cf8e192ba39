"""Names of models on the Hugging Face Hub, and the copies of them on this disk; no network.

`hub:OWNER/REPO[:FILE][@REV]` names a model: FILE is one checkpoint of several, REV a branch, a tag
or a commit. A copy is a whole, verified model folder, `CACHE/hub/OWNER--REPO/COMMIT[--FILE]`; it
gets that name when it is complete. Beside the copies, `refs/` remembers the commits that branches
and tags had when they were last asked for.

    >>> parse_name("hub:someone/model@main").folder
    PosixPath('/home/me/.cache/puzzlesolver/hub/someone--model/main')
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from puzzlesolver.errors import ModelError
from puzzlesolver.files import write_file
from puzzlesolver.hub.catalog import read_catalog
from puzzlesolver.hub.folder import CONFIG

PREFIX = "hub:"
DEFAULT_REVISION = "main"

_NAME = re.compile(r"hub:(?P<repo>[^:@]+)(:(?P<file>[^:@]+))?(@(?P<revision>[^:@]+))?")
_REPO_PART = r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?"
_REPO = re.compile(f"{_REPO_PART}/{_REPO_PART}")
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+/-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_COMMIT_START = re.compile(r"[0-9a-f]{7,40}")


def cache_folder() -> Path:
    """Where downloaded models are kept; asking does not create it."""
    import platformdirs

    return platformdirs.user_cache_path("puzzlesolver", appauthor=False)


@dataclass(frozen=True)
class HubName:
    """What `hub:OWNER/REPO[:FILE][@REV]` says.

    Attributes:
        repo: `OWNER/REPO`.
        file: the checkpoint that is meant, `/` between folders; None where the name leaves it open.
        revision: a branch, a tag or a commit; None = the newest commit of the default branch.
    """

    repo: str
    file: str | None = None
    revision: str | None = None

    def __str__(self) -> str:
        file = f":{self.file}" if self.file else ""
        revision = f"@{self.revision}" if self.revision else ""
        return f"{PREFIX}{self.repo}{file}{revision}"

    @property
    def is_pinned(self) -> bool:
        """Whether it can only ever mean one commit."""
        return self.revision is not None and _COMMIT.fullmatch(self.revision) is not None

    @property
    def root(self) -> Path:
        """All that is kept of the repository."""
        return cache_folder() / "hub" / self.repo.replace("/", "--")

    @property
    def folder(self) -> Path:
        """Where the copy of a pinned name lies, or would lie."""
        file = f"--{quote(self.file, safe='')}" if self.file else ""
        return self.root / f"{self.revision}{file}"

    @property
    def is_cached(self) -> bool:
        """Whether it is pinned and its copy is whole."""
        return self.is_pinned and (self.folder / CONFIG).is_file()


def parse_name(text: str) -> HubName:
    """Read a name; raises `ModelError` for what no repository, file or revision can be called."""
    match = _NAME.fullmatch(text)
    name = HubName(**match.groupdict()) if match else None
    if name is None or not _is_repo(name.repo):
        fault = "expected hub:OWNER/REPO"
    elif name.file is not None and not is_plain_path(name.file):
        fault = f"{name.file!r} is no path of a file in a repository"
    elif name.revision is not None and not _is_revision(name.revision):
        fault = f"{name.revision!r} is no branch, tag or commit"
    else:
        return name
    if text in read_catalog().models:
        raise ModelError(f"{text} is no model of the Hub", hint="it is shipped with this package")
    raise ModelError(
        f"{text!r} does not name a model on the Hub: {fault}",
        hint="write hub:OWNER/REPO, hub:OWNER/REPO@REV or hub:OWNER/REPO:FILE@REV",
    )


def is_plain_path(file: str) -> bool:
    """Whether a file of a repository stays below any folder that it is joined to."""
    portable = file.isprintable() and not set(file) & set('\\:*?"<>|')
    # Quoted, it is part of a folder's name, which may not be longer than 255.
    fits = len(quote(file, safe="")) <= 200
    return portable and fits and not set(file.split("/")) & {"", ".", ".."}


def cached_models(repo: str | None = None) -> list[HubName]:
    """Every whole copy, or those of one repository, pinned; the latest pulled first."""
    names = [
        HubName(folder.parent.name.replace("--", "/", 1), unquote(file) or None, commit)
        for folder in (cache_folder() / "hub").glob("*--*/*")
        for commit, _, file in [folder.name.partition("--")]
    ]
    found = [name for name in names if name.is_cached and repo in (None, name.repo)]
    return sorted(found, key=_pulled, reverse=True)


def find_cached(name: HubName) -> HubName | None:
    """The copy that a name means as far as is known without asking the Hub, pinned."""
    copies = [copy for copy in cached_models(name.repo) if copy.file == name.file]
    known = _of_revision(copies, name)
    return next(iter(known or (copies if name.revision is None else [])), None)


def remember_commit(name: HubName, commit: str) -> None:
    """Note what commit the branch or tag of a name has now."""
    if not name.is_pinned:
        path = _ref(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, commit)


def remove_cached(name: HubName) -> list[HubName]:
    """Delete the copies that a name covers: of every commit and file that it leaves open.

    A link is removed, and what it leads to stays.

    Raises:
        ModelError: nothing of it is cached, or its copies lie behind a link.
    """
    copies = [copy for copy in cached_models(name.repo) if name.file in (None, copy.file)]
    if name.revision is not None:
        copies = _of_revision(copies, name)
    everything = name == HubName(name.repo)
    if not copies and not (everything and (name.root.is_dir() or name.root.is_symlink())):
        raise ModelError("nothing of it is in the cache", where=str(name), hint=what_is_cached())
    if everything:  # unfinished downloads too
        remove_folder(name.root)
    elif name.root.is_symlink():
        raise ModelError(
            f"its copies lie behind a link, {name.root}",
            where=str(name),
            hint=f"`puzzlesolver models rm {HubName(name.repo)}` removes the link",
        )
    else:
        for copy in copies:
            remove_folder(copy.folder)
    return copies


def remove_folder(folder: Path) -> None:
    """Delete a folder, its `config.json` first; of a link the link alone."""
    if folder.is_symlink():
        folder.unlink()
        return
    for config in (folder / CONFIG, *folder.glob(f"*/{CONFIG}")):
        if not config.parent.is_symlink():  # an interruption leaves no copy that looks whole
            config.unlink(missing_ok=True)
    shutil.rmtree(folder)


def what_is_cached() -> str:
    """A sentence for hints."""
    return f"models in the cache: {', '.join(map(str, cached_models())) or 'none'}"


def _of_revision(copies: list[HubName], name: HubName) -> list[HubName]:
    ref = _ref(name)
    commit = ref.read_text() if ref.is_file() else name.revision or ""
    if not _COMMIT_START.fullmatch(commit):
        return []
    return [copy for copy in copies if str(copy.revision).startswith(commit)]


def _ref(name: HubName) -> Path:
    return name.root / "refs" / quote(name.revision or DEFAULT_REVISION, safe="")


def _pulled(name: HubName) -> int:
    return (name.folder / CONFIG).stat().st_mtime_ns


def _is_repo(repo: str) -> bool:
    # "--" stands for the slash in folder names; the Hub forbids it for the same reason.
    forbidden = "--" in repo or ".." in repo or repo.endswith(".git") or len(repo) > 96
    return not forbidden and _REPO.fullmatch(repo) is not None


def _is_revision(revision: str) -> bool:
    parts = revision.split("/")
    return _REVISION.fullmatch(revision) is not None and not set(parts) & {"", ".", ".."}
