"""Look through the pickle of a torch file before torch opens it; nothing in it is ever called.

Torch's own reader refuses code as well (`weights_only=True`), but not what takes all memory
(`bytearray(10**12)`) or all time (tuples of tuples as keys); and it cannot say what is wrong.

In: the bytes of `data.pkl`. Out: nothing, or `RefusedPickleError`.

    >>> inspect_pickle(pickle.dumps(os.system))
    Traceback (most recent call last):
    RefusedPickleError: it uses instruction 0x95, which torch does not write
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from typing import Any

STORAGES = frozenset(
    f"torch.{kind}Storage"
    for kind in (
        *("Float", "Half", "BFloat16", "Double"),
        *("Long", "Int", "Short", "Char", "Byte", "Bool"),
    )
)


class RefusedPickleError(Exception):
    """It holds more than containers, numbers, text and plain tensors."""


def inspect_pickle(data: bytes) -> None:
    """Raises `RefusedPickleError`, or whatever damaged bytes make the reader of pickles raise."""
    _Inspector(io.BytesIO(data)).load()


class _Mapping(dict[Any, Any]):
    """Stands for a dict; hashing its keys takes no time."""

    def __setitem__(self, key: Any, value: Any) -> None:
        if not isinstance(key, str | int | float | None):
            raise RefusedPickleError(f"it uses a {type(key).__name__} as a key")
        super().__setitem__(key, value)


def _mapping(*items: Any) -> _Mapping:
    if items:
        raise RefusedPickleError("it makes a mapping in an unknown way")
    return _Mapping()


def _tensor(storage: Any, offset: Any, shape: Any, stride: Any, *flags: Any) -> str:
    if not all(type(number) is int for number in (offset, *shape, *stride)) or len(flags) > 2:
        raise RefusedPickleError("it makes a tensor in an unknown way")
    return "tensor"


def _parameter(tensor: Any, *flags: Any) -> str:
    return "tensor"


_STAND_INS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": _mapping,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
}

_INSTRUCTIONS = (
    *("PROTO", "STOP", "MARK", "GLOBAL", "REDUCE", "BUILD", "BINPERSID"),
    *("BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET"),
    *("NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
    *("BINUNICODE", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"),
    *("EMPTY_LIST", "APPEND", "APPENDS", "EMPTY_DICT", "SETITEM", "SETITEMS"),
)
"""What `torch.save` writes for dicts, lists, numbers, text and tensors."""


class _Handlers(dict[int, Callable[..., Any]]):
    def __missing__(self, code: int) -> Callable[..., Any]:
        raise RefusedPickleError(f"it uses instruction {code:#04x}, which torch does not write")


# The reader written in Python: it keeps its memo in a dict, where the one written in C allocates
# as many places as a forged index says.
class _Inspector(pickle._Unpickler):
    """Reads a pickle with stand-ins for all that it names."""

    append: Callable[[Any], None]
    stack: list[Any]
    dispatch = _Handlers(
        (code, pickle._Unpickler.dispatch[code])
        for code in (getattr(pickle, name)[0] for name in _INSTRUCTIONS)
    )

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        name = f"{module_name}.{global_name}"
        if name in STORAGES:
            return name
        if name not in _STAND_INS:
            raise RefusedPickleError(f"it names {name[:80]!r}")
        return _STAND_INS[name]

    def persistent_load(self, pid: Any) -> Any:
        kind, storage, key, _, count = pid
        # Archives are searched without regard to case: letters could name one member many times.
        if kind != "storage" or storage not in STORAGES or not key.isdecimal() or count < 0:
            raise RefusedPickleError("it refers to something other than a tensor's numbers")
        return "storage"

    def _empty_mapping(self) -> None:
        self.append(_Mapping())

    def _build(self) -> None:
        """Attributes of an object; torch gives one to the dict that holds a model's tensors."""
        state = self.stack.pop()
        if type(self.stack[-1]) is not _Mapping or state.keys() != {"_metadata"}:
            raise RefusedPickleError("it gives attributes to an object")

    dispatch[pickle.EMPTY_DICT[0]] = _empty_mapping
    dispatch[pickle.BUILD[0]] = _build
