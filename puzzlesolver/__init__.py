"""Recursive networks that settle on the answers of puzzles.

The public names are loaded when first used, so `import puzzlesolver` imports no torch.

    >>> import puzzlesolver
    >>> puzzlesolver.solve("1......32..1...4")
    [<Result solved '1......32..1...4': verified, settled, 14 steps, 0.1 s>]
"""

from __future__ import annotations

TYPE_CHECKING = False  # nothing is imported here, for until `__main__` a Ctrl-C gets a traceback

if TYPE_CHECKING:
    from puzzlesolver.hub.store import load_model
    from puzzlesolver.pipeline import iter_solve, solve, verify
    from puzzlesolver.refine.policy import Policy

__version__ = "0.1.0"
__all__ = ["Policy", "__version__", "iter_solve", "load_model", "solve", "verify"]

_HOMES = {
    "Policy": "puzzlesolver.refine.policy",
    "iter_solve": "puzzlesolver.pipeline",
    "load_model": "puzzlesolver.hub.store",
    "solve": "puzzlesolver.pipeline",
    "verify": "puzzlesolver.pipeline",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
