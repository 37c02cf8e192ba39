"""numba's `njit`, which keeps its machine code on the disk where there is room for it.

numba compiles again when the file of a function changes. Here it also does when a file changes
whose functions that file uses, however indirectly.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from numba import njit
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher
from numba.core.extending import _Intrinsic

__all__ = ["njit"]


def _save_if_possible(self: Any, *overload: Any, save: Any = FunctionCache.save_overload) -> None:
    with contextlib.suppress(OSError):  # a full disk ends no command: the next one compiles again
        save(self, *overload)


def _key_with_sources(self: Any, *overload: Any, key: Any = FunctionCache._index_key) -> Any:
    return *key(self, *overload), _sources(self._py_func.__module__)


def _sources(module: str) -> str:
    """A hash of the files of a module and of all of its package whose machine code it uses."""
    names, todo = set[str](), {module}
    while todo:
        names |= todo
        used = {_home(value) for name in todo for value in vars(sys.modules[name]).values()}
        todo = {name for name in used - names if name.split(".")[0] == module.split(".")[0]}
    files = (Path(str(sys.modules[name].__file__)) for name in sorted(names))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _home(value: Any) -> str:
    """The module of machine code, or itself; "" for anything else."""
    if isinstance(value, Dispatcher | _Intrinsic):
        return str(value.__module__)
    return value.__name__ if isinstance(value, ModuleType) else ""


FunctionCache.save_overload = _save_if_possible  # type: ignore[method-assign]
FunctionCache._index_key = _key_with_sources  # type: ignore[method-assign]
