"""`model.step` for one layout as a plain function, compiled where that is wanted and possible.

>>> step = step_function(model, layout, compiled=can_compile(device))
>>> state = step(state, inputs)
"""

from __future__ import annotations

import contextlib
import functools
import time
from pathlib import Path

import torch
from torch import Tensor

from puzzlesolver.models.interface import RecursiveModel, State, StepFunction
from puzzlesolver.models.relations import Layout

LINKING = 10.0
"""Seconds after which no linker is still at work on an empty file."""


def can_compile(device: torch.device) -> bool:
    """Whether `torch.compile` can make code here: for a CPU and for CUDA it calls a compiler."""
    from torch._inductor.cpp_builder import get_cpp_compiler
    from torch._inductor.exc import InvalidCxxCompiler

    try:
        return device.type == "mps" or bool(get_cpp_compiler())
    except InvalidCxxCompiler:
        return False


def step_function(
    model: RecursiveModel,
    layout: Layout,
    compiled: bool,
    dtype: torch.dtype | None = None,
    mode: str = "default",
) -> StepFunction:
    """The step on one layout; compiled, it is specialised on gradient mode and batch size.

    Args:
        model: whose step it is.
        layout: of the boards.
        compiled: whether `torch.compile` makes it.
        dtype: of its matrix products, by autocast; None leaves that to the caller.
        mode: of `torch.compile` on CUDA; with CUDA graphs a call overwrites what an earlier one
            returned, unless its backward pass is still to come.
    """

    def step(state: State, inputs: Tensor) -> State:
        if dtype is None:
            return model.step(state, inputs, layout)
        with torch.autocast(inputs.device.type, torch.bfloat16, enabled=dtype == torch.bfloat16):
            return model.step(state, inputs, layout)

    if not compiled:
        return step
    from torch import _dynamo

    _leave_wiring()
    _drop_cut_off()
    # Past the limit dynamo silently falls back to eager code.
    _dynamo.config.recompile_limit = 64
    if not next(model.parameters()).is_cuda:
        mode = "default"
    if model.cores:
        # Unrolled, a step of many calls would be one huge graph that takes minutes to compile.
        for core in model.cores:
            core.compile(dynamic=False, mode=mode)
        return step
    fast: StepFunction = torch.compile(step, dynamic=False, mode=mode)
    return fast


@functools.cache
def _leave_wiring() -> None:
    """Let a stem be wired outside of compiled code, which then serves all boards of one shape."""
    from puzzlesolver.models import stem

    # Said here, for as a decorator this would import the compiler at every start.
    stem.wiring_of = torch.compiler.disable(stem.wiring_of)  # type: ignore[no-untyped-call]


def _drop_cut_off() -> None:
    """Remove empty libraries from torch's cache, which would be loaded instead of compiled.

    A linker leaves one when Ctrl-C ends it; one that has just begun may still be at work.
    """
    from torch._inductor.runtime.cache_dir_utils import cache_dir

    for library in Path(cache_dir()).glob("*/*.so"):
        with contextlib.suppress(OSError):  # another process does the same, or it is not ours
            about = library.stat()
            if about.st_size == 0 and time.time() - about.st_mtime > LINKING:
                library.unlink()
