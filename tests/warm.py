"""What every command that solves or trains needs, imported before processes are forked."""

# ruff: noqa: F401

import gc

import safetensors.torch
import torch._dynamo  # imported with the first optimizer; takes longer than all else here but torch
from numba.core.registry import cpu_target

import puzzlesolver.cli.app
import puzzlesolver.cli.solving
import puzzlesolver.cli.view.show
import puzzlesolver.domains.sudoku.search
import puzzlesolver.models.code.fused
import puzzlesolver.refine.adapt.fitters
import puzzlesolver.train.loop

# What numba knows of Python and numpy, which it else looks up at the first call of machine code.
cpu_target.typing_context.refresh()
cpu_target.target_context.refresh()

# Twenty frames that wait for a person's eyes would take each test of the live view two seconds.
puzzlesolver.cli.view.show.UNHURRIED = 2

gc.freeze()  # no forked process need look at all this again
