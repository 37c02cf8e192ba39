"""Many processes, one training: who has which rows of the global batch, and how they exchange.

Every rank draws the same puzzles and the same luck for the whole batch and keeps its own rows, so
neither depends on how many ranks there are. What is carried from update to update is gathered for
checkpoints, which rank 0 writes; any number of ranks can go on from them.

    >>> ranks = Ranks(rank=0, world=2)
    >>> ranks.rows(96)
    slice(0, 48, None)
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed

from puzzlesolver.errors import ModelError, ParseError, UsageError

INTERRUPTED = 130
"""Exit code of a process that saved after Ctrl-C."""


@dataclass(frozen=True)
class Ranks:
    """This process among those that train together.

    Attributes:
        rank: its number, from 0.
        world: how many there are.
        grouped: whether they are joined in a process group; one alone may be, too.
    """

    rank: int = 0
    world: int = 1
    grouped: bool = False

    @property
    def leads(self) -> bool:
        """Whether this one writes and speaks for all."""
        return self.rank == 0

    def rows(self, total: int) -> slice:
        """Its share of so many rows."""
        share = total // self.world
        return slice(self.rank * share, (self.rank + 1) * share)

    def mine(self, tensor: Tensor) -> Tensor:
        """Its share of a tensor with one row a puzzle."""
        return tensor[self.rows(len(tensor))]

    def gather(self, tensor: Tensor) -> Tensor:
        """The rows of all ranks, in order; every rank must call it."""
        if self.world == 1:
            return tensor
        parts = [torch.empty_like(tensor) for _ in range(self.world)]
        distributed.all_gather(parts, tensor.contiguous())
        return torch.cat(parts)

    def draw(self, make: Callable[[tuple[int, ...]], Tensor], shape: tuple[int, ...]) -> Tensor:
        """Its rows of random numbers that are drawn for all ranks at once.

        Args:
            make: draws a tensor of a given shape.
            shape: `[B, …]` with the rows of this rank alone.
        """
        return self.mine(make((shape[0] * self.world, *shape[1:])))

    def agree(self, value: float) -> float:
        """The mean of a number over all ranks; every rank must call it."""
        return self.gather(torch.tensor([value], dtype=torch.float64)).mean().item()

    def led(self, value: float) -> float:
        """The number that rank 0 has; every rank must call it."""
        return self.gather(torch.tensor([value], dtype=torch.float64))[0].item()


ALONE = Ranks()


def check_divides(batch_size: int, world: int) -> None:
    """Raise `UsageError` unless every rank gets the same number of puzzles."""
    if batch_size % world:
        raise UsageError(
            f"{batch_size} puzzles cannot be shared evenly by {world} processes",
            where="--set batch_size",
            hint="the batch is the global one; choose a multiple of the number of processes",
        )


@contextmanager
def joined(device: str) -> Iterator[Ranks]:
    """The ranks that `torchrun` has started, as its environment tells; `ALONE` without it."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1 and "TORCHELASTIC_RUN_ID" not in os.environ:
        yield ALONE
        return
    on_gpu = device != "cpu" and torch.cuda.is_available()
    if on_gpu:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    # Puzzles stay on the CPU until they are needed, so gloo takes part on a GPU too.
    distributed.init_process_group("cpu:gloo,cuda:nccl" if on_gpu else "gloo")
    try:
        yield Ranks(distributed.get_rank(), world, grouped=True)
        distributed.barrier()  # who leaves early takes the connections of the others along
    finally:
        gc.collect()  # what still holds the group would end after its threads, and abort
        distributed.destroy_process_group()


def launch(processes: int, arguments: list[str]) -> None:
    """Run a command line of ours in so many processes on this machine, and wait.

    Raises:
        PuzzleSolverError: one of them ended badly, the kind by its exit code; the others were
            stopped.
        KeyboardInterrupt: Ctrl-C or SIGTERM arrived; they have saved.
    """
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main as torchrun

    cores = os.cpu_count() or processes
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, cores // processes)))
    # Behind `--` the launcher takes no option of ours for one of its own.
    ours = ["-m", "--", "puzzlesolver", *arguments]
    words = ["--standalone", f"--nproc-per-node={processes}", *ours]
    try:
        torchrun(words)
    except SignalException as error:
        raise KeyboardInterrupt from error
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        if failure.exitcode == INTERRUPTED:
            raise KeyboardInterrupt from error
        kinds = (UsageError, ParseError)
        kind = {kind.exit_code: kind for kind in kinds}.get(failure.exitcode, ModelError)
        raise kind(
            f"process {rank} of {processes} ended with exit code {failure.exitcode}",
            where="--nproc",
            hint="its own message stands above; the same command goes on from the last checkpoint",
        ) from error
