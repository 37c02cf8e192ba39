"""A Hugging Face Hub on 127.0.0.1: as much of its API as the real client needs to pull and push.

Large files are answered as the Hub answers them: a redirect to a storage address, `Range` honoured
there. Switches break it in the ways that networks and disks do.

    >>> with serve() as hub:
    ...     commit = hub.commit("someone/model", {"README.md": b"# Model"})
    ...     hub.url
    'http://127.0.0.1:34567'
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_test"
LARGE = 20_000
"""Bytes from which a file is kept outside git, with a SHA-256."""


@dataclass
class Repo:
    """Commits by their SHA; branches and tags by name."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    private: bool = False
    gated: bool = False


@dataclass
class Hub:
    """Everything the server knows; tests read and change it.

    Attributes:
        url: where it listens.
        repos: by `OWNER/REPO`.
        objects: large files by SHA-256.
        requests: method, path and `Range` of every request.
        status: answer every request so; 0 = as it should be.
        body: of an answer that is refused.
        portal: answer every request with a web page.
        truncate: send only so many bytes of the next large file, then hang up and answer 503.
        corrupt: paths whose bytes arrive changed.
        told: what is said of a path besides or instead of the truth: its size, its digests.
        answer: sent for every question about a repository, in the place of the truth.
        endless: send what `told` or `answer` is about again and again: "chunked", or with a
            "Content-Length" of a terabyte.
            "drip": a byte now and then.
            "headers": so already before the body.
        flood: every request whose path has this part is answered so.
        sent: bytes of endless answers.
    """

    url: str = ""
    repos: dict[str, Repo] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    status: int = 0
    body: bytes = b"{}"
    portal: bool = False
    truncate: int | None = None
    corrupt: set[str] = field(default_factory=set)
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    answer: bytes | None = None
    endless: str = ""
    flood: str | None = None
    sent: int = 0

    def commit(self, name: str, files: dict[str, bytes], ref: str = "main") -> str:
        """Replace all files of a branch; returns the SHA of the commit."""
        repo = self.repos.setdefault(name, Repo())
        parent = repo.refs.get(ref, "")
        digest = hashlib.sha1(parent.encode())
        for path, data in sorted(files.items()):
            digest.update(path.encode() + b"\0" + data)
        repo.refs[ref] = digest.hexdigest()
        repo.commits[repo.refs[ref]] = dict(files)
        return repo.refs[ref]

    def asked_for(self, part: str) -> list[tuple[str, str, str | None]]:
        """The requests whose path has this part."""
        return [request for request in self.requests if part in request[1]]


@contextmanager
def serve() -> Iterator[Hub]:
    """A fresh Hub that listens until the block ends."""
    hub = Hub()

    class Handler(_Handler):
        state = hub

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()


class _Refusal(Exception):
    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        super().__init__(status, code, message)


class _Handler(BaseHTTPRequestHandler):
    state: Hub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # it would hold every body back for 40 ms

    def log_message(self, *arguments: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def do_PUT(self) -> None:
        self._handle("PUT")

    def _handle(self, method: str) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.state.requests.append((method, parts.path, self.headers.get("Range")))
        try:
            if self.state.status:
                raise _Refusal(self.state.status, message="broken on purpose")
            if self.state.portal:
                self._send(200, b"<html>Welcome to our network</html>")
                return
            if self.state.flood is not None and self.state.flood in parts.path:
                self._flood(b'["much", ')
                return
            for route, pattern in ROUTES:
                if match := re.fullmatch(pattern, f"{method} {parts.path}"):
                    arguments = [unquote(group) for group in match.groups()]
                    route(self, *arguments, body=body, query=parse_qs(parts.query))
                    return
            raise _Refusal(404, "RepoNotFound", f"no such route: {method} {parts.path}")
        except _Refusal as refusal:
            status, code, message = refusal.args
            headers = {"X-Error-Code": code, "X-Error-Message": message}
            self._send(
                status, self.state.body, {key: value for key, value in headers.items() if value}
            )

    def _send(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with contextlib.suppress(OSError):  # who is refused may not care for the rest
            self.wfile.write(data)

    def _flood(self, data: bytes) -> None:
        """Send so much that a test fails which writes it all, and never an end."""
        self.close_connection = True
        self.send_response(200)
        if self.state.endless == "headers":
            with contextlib.suppress(OSError):
                self._drip(b"X-More: \r\n")
            return
        chunked = self.state.endless == "chunked"
        kind = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(2**40))
        self.send_header(*kind)
        self.end_headers()
        block = data * (1 + 2**16 // len(data))
        with contextlib.suppress(OSError):
            if self.state.endless == "drip":
                self._drip(b" ")
            while self.state.sent < 2**26:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(block), block) if chunked else block)
                self.state.sent += len(block)

    def _drip(self, data: bytes) -> None:
        self.flush_headers()
        while self.state.sent < 2_000:
            self.wfile.write(data)
            self.state.sent += 1
            time.sleep(0.01)

    def _json(self, document: Any) -> None:
        self._send(200, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def _repo(self, name: str) -> Repo:
        """The repository, if whoever asks may see it."""
        token = self.headers.get("Authorization")
        if token not in (None, f"Bearer {TOKEN}"):
            raise _Refusal(401, message="Invalid credentials in Authorization header")
        repo = self.state.repos.get(name)
        if repo is None or (repo.private and token is None):
            # As the Hub does: whoever is not logged in does not learn whether it exists.
            raise _Refusal(404 if token else 401, "RepoNotFound", "Repository not found")
        if repo.gated:
            raise _Refusal(403, "GatedRepo", "Access to it is restricted")
        return repo

    def _commit(self, repo: Repo, revision: str) -> str:
        sha = repo.refs.get(revision, revision)
        if sha not in repo.commits:
            raise _Refusal(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return sha

    def _authorized(self) -> None:
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise _Refusal(401, message="Invalid credentials in Authorization header")

    def info(self, name: str, revision: str = "main", **rest: Any) -> None:
        repo = self._repo(name)
        sha = self._commit(repo, revision)
        if self.state.answer is not None:
            self._flood(self.state.answer) if self.state.endless else self._send(
                200, self.state.answer, {"Content-Type": "application/json"}
            )
            return
        files = repo.commits[sha]
        licence = re.search(rb"^license: (.+)$", files.get("README.md", b""), re.MULTILINE)
        with_digests = "blobs" in rest["query"]
        self._json(
            {
                "id": name,
                "sha": sha,
                "private": repo.private,
                "cardData": {"license": licence.group(1).decode()} if licence else None,
                "siblings": [
                    {"rfilename": path, **(digests(data) if with_digests else {})}
                    | self.state.told.get(path, {})
                    for path, data in files.items()
                ],
            }
        )

    def resolve(self, name: str, revision: str, path: str, **rest: Any) -> None:
        repo = self._repo(name)
        sha = self._commit(repo, revision)
        if path not in repo.commits[sha]:
            raise _Refusal(404, "EntryNotFound", "Entry not found")
        data = repo.commits[sha][path]
        if self.state.endless and path in self.state.told:
            self._flood(data)
            return
        headers = {"X-Repo-Commit": sha}
        if len(data) < LARGE:
            changed = data.replace(b"e", b"3") if path in self.state.corrupt else data
            self._send(200, changed, {**headers, "ETag": f'"{digests(data)["blobId"]}"'})
            return
        oid = hashlib.sha256(data).hexdigest()
        self.state.objects[oid] = data
        headers |= {"X-Linked-Etag": f'"{oid}"', "X-Linked-Size": str(len(data))}
        changed = "?corrupt" if path in self.state.corrupt else ""
        # Another origin: the client must not send its token there.
        storage = self.state.url.replace("127.0.0.1", "localhost")
        self._send(302, b"", {**headers, "Location": f"{storage}/storage/{oid}{changed}"})

    def storage(self, oid: str, **rest: Any) -> None:
        if "Authorization" in self.headers:
            raise _Refusal(400, message="Only one auth mechanism allowed")
        data = self.state.objects[oid]
        if self.path.endswith("?corrupt"):
            data = data[:-1] + bytes([data[-1] ^ 1])
        start = int(re.sub(r"\D", "", self.headers.get("Range") or "0"))
        headers = {"ETag": f'"{oid}"', "Accept-Ranges": "bytes"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        if self.state.truncate is None:
            self._send(206 if start else 200, data[start:], headers)
            return
        self.send_response(206 if start else 200)
        for key, value in {**headers, "Content-Length": str(len(data) - start)}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(data[start : start + self.state.truncate])
        self.close_connection = True
        self.state.truncate, self.state.status = None, 503

    def create(self, *, body: bytes, **rest: Any) -> None:
        self._authorized()
        wanted = json.loads(body)
        name = f"{wanted['organization']}/{wanted['name']}"
        if wanted["organization"] != "someone":
            raise _Refusal(403, message="You don't have the rights to create a model under it")
        self.state.commit(name, {".gitattributes": b"*.safetensors filter=lfs\n"})
        self.state.repos[name].private = wanted.get("visibility") == "private"
        self._json({"url": f"{self.state.url}/{name}", "name": name})

    def validate_yaml(self, **rest: Any) -> None:
        self._json({"errors": [], "warnings": []})

    def preupload(self, name: str, revision: str, *, body: bytes, **rest: Any) -> None:
        self._authorized()
        modes = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["size"] >= LARGE else "regular",
                "shouldIgnore": False,
            }
            for file in json.loads(body)["files"]
        ]
        self._json({"files": modes})

    def lfs_batch(self, name: str, *, body: bytes, **rest: Any) -> None:
        self._authorized()
        objects = [
            {**wanted, "actions": {"upload": {"href": f"{self.state.url}/storage/{wanted['oid']}"}}}
            for wanted in json.loads(body)["objects"]
        ]
        self._json({"transfer": "basic", "objects": objects})

    def upload(self, oid: str, *, body: bytes, **rest: Any) -> None:
        assert hashlib.sha256(body).hexdigest() == oid
        self.state.objects[oid] = body
        self._send(200, b"")

    def add_commit(self, name: str, revision: str, *, body: bytes, **rest: Any) -> None:
        self._authorized()
        repo = self._repo(name)
        files = dict(repo.commits[repo.refs[revision]])
        for line in body.splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif item["key"] == "lfsFile":
                files[value["path"]] = self.state.objects[value["oid"]]
        sha = self.state.commit(name, files, revision)
        self._json({"commitUrl": f"{self.state.url}/{name}/commit/{sha}", "commitOid": sha})


def digests(data: bytes) -> dict[str, Any]:
    """What the Hub tells of a file when it is asked for metadata."""
    if len(data) < LARGE:
        return {"size": len(data), "blobId": _git_sha1(data)}
    oid = hashlib.sha256(data).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(data)}\n"
    return {
        "size": len(data),
        "blobId": _git_sha1(pointer.encode()),
        "lfs": {"sha256": oid, "size": len(data), "pointerSize": len(pointer)},
    }


def _git_sha1(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


_NAME = "([^/]+/[^/]+)"
ROUTES = [
    (_Handler.create, r"POST /api/repos/create"),
    (_Handler.validate_yaml, r"POST /api/validate-yaml"),
    (_Handler.preupload, f"POST /api/models/{_NAME}/preupload/([^/]+)"),
    (_Handler.add_commit, f"POST /api/models/{_NAME}/commit/([^/]+)"),
    (_Handler.lfs_batch, rf"POST /{_NAME}\.git/info/lfs/objects/batch"),
    (_Handler.info, f"GET /api/models/{_NAME}/revision/([^/]+)"),
    (_Handler.info, f"GET /api/models/{_NAME}"),
    (_Handler.storage, r"GET /storage/(\w+)"),
    (_Handler.upload, r"PUT /storage/(\w+)"),
    (_Handler.resolve, f"GET /{_NAME}/resolve/([^/]+)/(.+)"),
]
