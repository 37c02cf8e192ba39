"""Bytes from the Hub, never more than is accepted, and what goes wrong there as `ModelError`.

This module and `remote` alone speak to the Hub, through its own client, whose settings
(`HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE`) hold here too.

    >>> with explained(name):
    ...     told = get_json("https://huggingface.co/api/models/someone/model")
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, BinaryIO

from puzzlesolver import __version__, files
from puzzlesolver.errors import ModelError
from puzzlesolver.hub.cached import HubName
from puzzlesolver.limits import MAX_JSON_BYTES

LOGIN = (
    "run `hf auth login`, or set HF_TOKEN to a token from https://huggingface.co/settings/tokens"
)
AGAIN = "check the connection, then try again"
TRIES = 5
"""How often a download goes on by itself after its connection broke."""


PATIENCE, LEAST_BYTES = 60.0, 6_000
"""In so many seconds so many bytes must come, or the Hub counts as silent."""


class UnreachableError(ModelError):
    """The Hub did not answer, or fell silent; what is on this disk may still serve."""


def get_json(url: str) -> Any:
    """What an address of the Hub's API answers; raises `UnreachableError` where it has no end."""
    with _answer(url, 0) as (_, pieces):
        return json.loads(_whole(pieces))


def download(url: str, path: Path, size: int) -> None:
    """Add what is missing of a file; no byte more than `size` is ever written.

    Raises:
        ModelError: more arrives, or less.
        UsageError: the disk is full, or writing is not allowed.
        Exception: what the client raises; what arrived stays.
    """
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]
    from huggingface_hub.utils import tqdm  # type: ignore[attr-defined]

    with files.explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("ab", buffering=0)
    if stream.tell() > size:
        stream.truncate(0)
        stream.seek(0)
    sizes = {"total": size, "initial": stream.tell(), "unit": "B", "unit_scale": True}
    bar = tqdm(desc=path.name, disable=None, **sizes)  # type: ignore[no-untyped-call]
    with stream, bar:
        for left in reversed(range(TRIES)):
            if (start := stream.tell()) == size:
                return
            try:
                _append(url, stream, path, size, bar)
                return
            except HTTPError:
                if not left or stream.tell() <= start:
                    raise


def _append(url: str, stream: BinaryIO, path: Path, size: int, bar: Any) -> None:
    with _answer(url, stream.tell()) as (resumed, pieces):
        if not resumed:
            stream.truncate(0)
            stream.seek(0)
            bar.reset()
        for piece in pieces:
            if stream.tell() + len(piece) > size:
                raise ModelError(
                    f"{path.name} has more than the {size:,} bytes that the Hub reported"
                )
            bar.update(len(piece))
            with files.explained(path):
                while piece:
                    piece = piece[stream.write(piece) :]
    if stream.tell() < size:
        raise ModelError(f"{path.name} has {stream.tell():,} bytes, the Hub reported {size:,}")


@contextmanager
def _answer(url: str, start: int) -> Iterator[tuple[bool, Iterator[bytes]]]:
    """Whether an answer begins at byte `start`, and its bytes as they come.

    Of a refusal only the headers are read.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils import (  # type: ignore[attr-defined]
        build_hf_headers,
        hf_raise_for_status,
    )

    headers = build_hf_headers(library_name="puzzlesolver", library_version=__version__)
    headers |= {"range": f"bytes={start}-"} if start else {}
    timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with (
        patient() as session,
        session.stream("GET", url, headers=headers, timeout=timeout) as response,
    ):
        if not response.is_success:
            told = {name: value for name, value in response.headers.items() if name[:2] == "x-"}
            request = response.request
            hf_raise_for_status(type(response)(response.status_code, headers=told, request=request))
        yield response.status_code == 206, _steady(response.iter_raw())


@contextmanager
def patient() -> Iterator[Any]:
    """The client's session, which within the block neither waits nor reads without end.

    So do those that the client makes in its place, as it does when a connection was refused.
    """
    from huggingface_hub import get_session

    session = get_session()
    kind: Any = type(session)
    send = kind.send

    def guarded(session: Any, request: Any, **options: Any) -> Any:
        return _send(partial(send, session), request, **options)

    kind.send = guarded
    try:
        yield session
    finally:
        kind.send = send


def _send(send: Callable[..., Any], request: Any, *, stream: bool = False, **options: Any) -> Any:
    """Send a request in the place of the session's `send`; returns the response.

    Nothing is unpacked, as a few bytes may stand for gigabytes.
    """
    asked: list[float] = []

    def trace(event: str, _: object) -> None:
        if event.endswith("receive_response_headers.started"):
            asked.append(time.monotonic())

    def work() -> None:
        try:
            answer.set_result(send(request, stream=True, **options))
        except BaseException as error:
            answer.set_exception(error)

    limits = request.extensions["timeout"].items()
    request.extensions["timeout"] = {kind: limit or PATIENCE for kind, limit in limits}
    request.extensions["trace"] = trace
    request.headers["accept-encoding"] = "identity"
    answer: Future[Any] = Future()
    # The client's timeouts begin again with every byte: only who is not inside can end a drip.
    Thread(target=work, daemon=True).start()
    while not wait([answer], PATIENCE).done:
        if asked and time.monotonic() - asked[-1] > PATIENCE:
            raise UnreachableError(f"no answer began in {PATIENCE:.0f} s", hint=AGAIN)
    response = answer.result()
    if stream:
        return response
    try:
        data = _whole(_steady(response.iter_raw()))
    finally:
        response.close()
    headers = [each for each in response.headers.multi_items() if "encoding" not in each[0]]
    return type(response)(
        response.status_code, headers=headers, content=data, request=response.request
    )


def _whole(pieces: Iterator[bytes]) -> bytes:
    """All bytes of an answer in JSON; raises `UnreachableError` where it has no end."""
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) > MAX_JSON_BYTES:
            raise UnreachableError(f"the answer has over {MAX_JSON_BYTES:,} bytes", hint=AGAIN)
    return bytes(data)


def _steady(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces; raises `UnreachableError` where they only drip."""
    began, arrived = time.monotonic(), 0
    for piece in pieces:
        yield piece
        arrived += len(piece)
        if (passed := time.monotonic() - began) > PATIENCE:
            if arrived < LEAST_BYTES:
                what = f"only {arrived:,} bytes arrived in {passed:.0f} s"
                raise UnreachableError(what, hint=AGAIN)
            began, arrived = time.monotonic(), 0


@contextmanager
def explained(name: HubName, broken: str = "cannot reach the Hub") -> Iterator[None]:
    """Turn the client's errors into ours; `broken` says what a lost connection ended."""
    from huggingface_hub import errors, is_offline_mode

    transport = errors.HTTPError  # type: ignore[attr-defined]  # of whichever httpx it stands on
    try:
        yield
    except ModelError as error:
        error.where, error.hint = error.where or str(name), error.hint or "pull again"
        raise
    except errors.HfHubHTTPError as error:
        raise _refused(error, name, broken) from error
    except (transport, errors.OfflineModeIsEnabled) as error:
        offline = is_offline_mode()
        reason = "HF_HUB_OFFLINE is set" if offline else str(error) or type(error).__name__
        raise unreachable(name, f"{broken}: {reason}") from error
    # A network that wants a login answers with its own page, others with JSON of another shape.
    except (AttributeError, LookupError, RecursionError, TypeError, UnicodeDecodeError,
            json.JSONDecodeError) as error:  # fmt: skip
        raise unreachable(name, f"{broken}: something else answered in its place") from error
    except (OSError, RuntimeError, ValueError) as error:
        # The client wraps what went wrong in an upload.
        reasons = [str(reason).partition("\n")[0] for reason in (error, error.__cause__) if reason]
        raise ModelError(": ".join(reasons), where=str(name)) from error


def unreachable(name: HubName, what: str) -> UnreachableError:
    """The Hub, or what speaks in its place, was of no use."""
    return UnreachableError(what, where=str(name), hint=AGAIN)


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
        return unreachable(name, f"{broken}: HTTP {status} {said}")
    else:
        what, hint = f"the Hub refused: HTTP {status} {said}", f"see {page}"
    return ModelError(what, where=str(name), hint=hint)
