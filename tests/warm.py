"""What every command that solves needs, imported before processes are forked."""

# ruff: noqa: F401

import safetensors.torch
from numba.core.registry import cpu_target

import puzzlesolver.cli.app
import puzzlesolver.cli.solving
import puzzlesolver.domains.sudoku.search
import puzzlesolver.models.fused

# What numba knows of Python and numpy, which it else looks up at the first call of machine code.
cpu_target.typing_context.refresh()
cpu_target.target_context.refresh()
