"""All settings of a training run: what every run has, and one part each for four choices.

In: nothing; `presets.py` makes configs of recipes and of what the user typed. Out: `TrainConfig`,
which a run obeys.
"""

from __future__ import annotations

import dataclasses
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar, Literal

from puzzlesolver.errors import UsageError
from puzzlesolver.train.optim import Optimization
from puzzlesolver.train.settings import Settings, flag, within

FREE = frozenset(
    {"minutes", "steps", "device", "threads", "compile", "compile_mode", "checkpoint_minutes"}
)
"""Settings that may change on resuming; changing `minutes` or `steps` stretches the schedule."""


CompileMode = Literal["default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs"]


@dataclass(frozen=True)
class Puzzles(Settings):
    """Settings of every source.

    Attributes:
        data: a file of puzzles, or a dataset folder in the layout of the papers; None = new ones.
        train_puzzles: exactly so many different puzzles, the first of the data; None = without
            limit.
    """

    data: str | None = None
    train_puzzles: int | None = within(None, 1)


@dataclass(frozen=True)
class TrainConfig(Settings):
    """All that decides a training run; the same config and seed give the same run.

    Attributes:
        preset: the recipe it came from.
        domain: `sudoku`, `maze` or `arc`.
        minutes: length in wall-clock minutes; progress is elapsed time, so a resumed run is not
            bitwise the same.
        steps: length in updates; such a run resumes bitwise. Give one of the two.
        start: a model, by name or folder, whose weights the run starts from; None = random ones.
        seed: of weights, puzzles and noise.
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
        threads: CPU threads; None leaves torch's default.
        precision: `fp32`, or `bf16` (autocast): twice as fast on AMD's Zen 4, slower on Intel CPUs
            without AMX.
        compile: whether `torch.compile` makes the step; half a minute once, then about twice as
            fast.
        compile_mode: of `torch.compile`, on CUDA alone. `reduce-overhead` replays CUDA graphs: for
            small batches, where launching kernels takes longer than running them.
        family: key of `puzzlesolver.models.registry.MODELS`.
        model: settings of that family's config; what is left out keeps its default.
        batch_size: puzzles in one update, over all processes.
        log_every: updates between lines of `metrics.jsonl`.
        eval_every: updates between evaluations; 0 = never.
        eval_steps: step counts at which the accuracy on held-out puzzles is measured.
        checkpoint_minutes: minutes between checkpoints.
        contract: settings of the training contract (`contracts/`).
        puzzles: settings of the data (`data/`).
        optimizer: settings of the optimizer (`optim.py`).
        embedding: settings of embeddings that have a schedule of their own (`optim.py`).
    """

    what: ClassVar[str] = "a training"

    preset: str = "sudoku"
    domain: str = "sudoku"
    minutes: float | None = within(None, 1e-3)
    steps: int | None = within(None, 1)
    start: str | None = None
    seed: int = within(0, 0, 2**62)
    device: str = "auto"
    threads: int | None = within(None, 1, 1024)
    precision: Literal["fp32", "bf16"] = "fp32"
    compile: bool = True
    compile_mode: CompileMode = "default"
    family: str = "stem"
    model: dict[str, Any] = field(default_factory=dict)
    batch_size: int = within(96, 1, 2**20)
    log_every: int = within(50, 1)
    eval_every: int = within(500, 0)
    eval_steps: tuple[int, ...] = (16, 64, 256)
    checkpoint_minutes: float = within(5.0, 0)

    _: KW_ONLY
    contract: Settings
    puzzles: Puzzles
    optimizer: Optimization
    embedding: Settings

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.minutes is None) == (self.steps is None):
            raise UsageError(
                "a run has one length, in minutes or in steps",
                where="--minutes",
                hint="give exactly one of --minutes and --steps",
            )
        if not self.eval_steps or not all(type(n) is int and n > 0 for n in self.eval_steps):
            raise UsageError("expected step counts from 1 up", where=flag("eval_steps"))

    def to_json(self) -> dict[str, Any]:
        """All settings by their flat names; a part that is chosen by name has that name, too."""
        flat: dict[str, Any] = {}
        for entry in dataclasses.fields(self):
            value = getattr(self, entry.name)
            if not isinstance(value, Settings):
                flat[entry.name] = value
                continue
            if value.name:
                flat[entry.name] = value.name
            flat |= dataclasses.asdict(value)
        return flat
