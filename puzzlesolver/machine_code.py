"""numba's `njit`, which keeps its machine code on the disk where there is room for it."""

from __future__ import annotations

import contextlib
from typing import Any

from numba import njit
from numba.core.caching import FunctionCache

__all__ = ["njit"]


def _save_if_possible(self: Any, *overload: Any, save: Any = FunctionCache.save_overload) -> None:
    with contextlib.suppress(OSError):  # a full disk ends no command: the next one compiles again
        save(self, *overload)


FunctionCache.save_overload = _save_if_possible  # type: ignore[method-assign]
