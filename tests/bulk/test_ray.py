"""The same folder from workers of a Ray cluster; only Ray itself decides when they are gone."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from puzzlesolver.cli.app import main
from tests.bulk.support import MANY, contents, kill_often, options, run
from tests.cli.support import command, environment

WORKER = b"ray::Clerk"


@pytest.fixture
def ray_environment() -> Iterator[dict[str, str]]:
    """That of a cluster which shares neither files nor the token with any other one."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'puzzlesolver[scale]'")
    home = tempfile.mkdtemp(prefix="ray", dir="/tmp")  # paths of sockets are short
    yield environment(
        RAY_TMPDIR=home,
        RAY_AUTH_MODE="token",
        RAY_AUTH_TOKEN=secrets.token_hex(32),
        RAY_USAGE_STATS_ENABLED="0",
    )
    while left := processes(home):  # Ray's agents outlive a killed cluster for a minute
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    shutil.rmtree(home)


def processes(home: str, named: bytes = b"") -> list[int]:
    """Those that have files open there, and whose command line has these words."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            files = [os.path.realpath(file) for file in (process / "fd").iterdir()]
            if named in (process / "cmdline").read_bytes() and any(home in file for file in files):
                found.append(int(process.name))
    return found


@pytest.mark.soak  # every kill costs the start of a process, or of a cluster
def test_kills_at_any_time_lose_and_double_nothing(
    many: Path, model: Path, tmp_path: Path, ray_environment: dict[str, str]
) -> None:
    """Many kill -9, of one of two workers or of the whole run, then a run to the end."""
    whole, out = tmp_path / "whole", tmp_path / "out"
    run(many, model, whole)
    words = command("solve", many, *options(model, out, "--jobs", "2", "--ray"))
    kill_often(words, ray_environment, WORKER, out, whole, MANY)
    while processes(ray_environment["RAY_TMPDIR"], WORKER):
        time.sleep(0.1)
    run(many, model, out)
    assert contents(out) == contents(whole)


def test_workers_of_a_running_cluster_fill_the_same_folder_though_one_is_killed(
    many: Path,
    model: Path,
    tmp_path: Path,
    ray_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Relative paths mean what they mean here, wherever the cluster was started."""
    monkeypatch.chdir(tmp_path)
    relative = Path(model.name)
    run(many, relative, Path("whole"))
    with cluster(ray_environment) as address:
        more = options(relative, Path("out"), "--jobs", "2", "--ray", address)
        words, pipe = command("solve", many, *more), subprocess.PIPE
        with subprocess.Popen(
            words, env=ray_environment, stdout=pipe, stderr=pipe, text=True
        ) as solving:
            while not (hired := processes(ray_environment["RAY_TMPDIR"], WORKER)):
                assert solving.poll() is None
                time.sleep(0.02)
            os.kill(hired[0], signal.SIGKILL)
            said, told = solving.communicate()
        assert solving.returncode == 1, told
    assert "65 puzzles finished" in told and said == ""
    assert contents(Path("out")) == contents(Path("whole"))


@contextlib.contextmanager
def cluster(env: dict[str, str]) -> Iterator[str]:
    """Address of a cluster with two CPUs that was started elsewhere."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ray = Path(sys.executable).with_name("ray")
    words = ["start", "--head", "--block", "--include-dashboard=false", "--num-cpus=2"]
    head = subprocess.Popen(
        [ray, *words, f"--port={port}", f"--temp-dir={env['RAY_TMPDIR']}"],
        cwd="/",
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not list(Path(env["RAY_TMPDIR"]).glob("session_*/sockets/raylet")):
            assert head.poll() is None
            time.sleep(0.1)
        yield f"127.0.0.1:{port}"
    finally:
        head.kill()  # the rest of it, too, afterwards; in good order it would take seconds
        head.wait()


def test_an_address_where_no_cluster_is(
    many: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'puzzlesolver[scale]'")
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    assert run(many, model, tmp_path / "out", "--ray", address) == 2
    assert f"no Ray cluster can be reached at '{address}'" in capsys.readouterr().err


def test_without_ray_it_says_what_to_install(
    many: Path,
    model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert run(many, model, tmp_path / "out", "--ray") == 2
    assert "pip install 'puzzlesolver[scale]'" in capsys.readouterr().err


def test_what_follows_the_option_is_a_puzzle_unless_it_is_an_address(
    many: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert main(["solve", "--ray", str(many), "-f", "jsonl"]) == 2
    assert "--ray: only a folder" in capsys.readouterr().err
    assert main(["solve", "-f", "jsonl", "-o", "out/", "--ray", "head:6379"]) == 2
    assert "no puzzle given" in capsys.readouterr().err
