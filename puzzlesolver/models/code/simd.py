"""LLVM's vectors of this processor: how long they are, code in its terms, and a sigmoid of one.

>>> sigmoid(x)  # inside a function that numba compiles
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import llvmlite.binding
import numba.core.cgutils
import numba.core.config
import numba.extending
import numpy as np
from llvmlite import ir

cgutils: Any = numba.core.cgutils  # untyped
config: Any = numba.core.config

_FEATURES = llvmlite.binding.get_host_cpu_features()
_NAME = llvmlite.binding.get_host_cpu_name()
llvmlite.binding.initialize_native_asmparser()  # of the few instructions that LLVM's terms lack
LANES = 16 if _FEATURES.get("avx512f") else 8 if _FEATURES.get("avx") else 4
"""Float32 in a register of this processor."""

_ELSEWHERE = bool(config.CPU_NAME or config.CPU_FEATURES)

HAS_AMX = bool(_FEATURES.get("amx-bf16") and _FEATURES.get("avx512bf16")) and not _ELSEWHERE
"""Whether this processor has tiles of bfloat16 (`amx.py`)."""

MULTIPLIES_PAIRS = (
    _NAME.startswith("znver") and bool(_FEATURES.get("avx512bf16")) and not _ELSEWHERE
)
"""Whether vectors of this processor multiply pairs of bfloat16 faster than float32.

AMD's take twice as many in the same time; Intel's do not. Code that numba is to compile for another
processor uses no such instruction.
"""

FAST = ("reassoc", "contract", "nsz")


def intrinsic(function: Callable[..., Any]) -> Any:
    """A function whose code is written here in LLVM's terms."""
    return numba.extending.intrinsic(function)


def sigmoid_of(builder: Any, x: Any) -> Any:
    """1 / (1 + e^-x) of a number or a vector, without a call or a branch.

    2^y is the exponent of the nearest integer times Taylor's polynomial of what is left.
    """
    kind = getattr(x.type, "element", x.type)
    double = isinstance(kind, ir.DoubleType)
    width, digits, bias, degree = (64, 52, 1023, 13) if double else (32, 23, 127, 6)

    def every(number: Any, of: Any = kind) -> Any:
        if x.type is kind:
            return ir.Constant(of, number)
        return ir.Constant(ir.VectorType(of, LANES), [number] * LANES)

    y = builder.fmul(x, every(-float(np.log2(np.e))), flags=FAST)
    for nearer, bound in (("<", every(bias - 1.0)), (">", every(1.0 - bias))):
        y = builder.select(builder.fcmp_ordered(nearer, y, bound), y, bound)
    suffix = f"f{width}" if x.type is kind else f"v{LANES}f{width}"
    of = ir.FunctionType(x.type, [x.type])
    rint = cgutils.get_or_insert_function(builder.module, of, f"llvm.rint.{suffix}")
    whole = builder.call(rint, [y])
    part = builder.fsub(y, whole, flags=FAST)
    power = every(float(np.log(2)) ** degree / math.factorial(degree))
    for k in reversed(range(degree)):
        term = every(float(np.log(2)) ** k / math.factorial(k))
        power = builder.fadd(builder.fmul(power, part, flags=FAST), term, flags=FAST)
    integer = ir.IntType(width)
    exponent = builder.fptosi(whole, every(0, integer).type)
    exponent = builder.shl(builder.add(exponent, every(bias, integer)), every(digits, integer))
    power = builder.fmul(power, builder.bitcast(exponent, x.type), flags=FAST)
    return builder.fdiv(every(1.0), builder.fadd(every(1.0), power, flags=FAST), flags=FAST)


@intrinsic
def sigmoid(typing: Any, x: Any) -> Any:
    """1 / (1 + e^-x), in loops that become vectors."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return sigmoid_of(builder, values[0])

    return x(x), generate
