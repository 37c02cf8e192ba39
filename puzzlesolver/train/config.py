"""Every setting of a training run in one frozen dataclass; `recipes.py` and `papers.py` fill it.

In: a preset name and what the user changed. Out: a checked `TrainConfig`. No torch is imported
here.

A command line gives these fields flags of their own: `--preset --data --exclude --minutes --steps
--seed --device --threads`. Every other field is reached by `--set NAME=VALUE` (`override`); `--set
model.width=48` reaches into a mapping.

    >>> override(get_preset("sudoku", minutes=60), "learning_rate=0.003").learning_rate
    0.003
"""

from __future__ import annotations

import difflib
import json
import math
import shlex
import types
import typing
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from puzzlesolver.errors import UsageError

FLAGS = ("preset", "data", "exclude", "minutes", "steps", "seed", "device", "threads")
"""Fields with a command-line flag of their own; the others are set by `--set NAME=VALUE`."""

FREE = frozenset({"minutes", "steps", "device", "threads", "compile", "checkpoint_minutes"})
"""Fields that may change on resuming; changing `minutes` or `steps` stretches the schedule."""


@dataclass(frozen=True)
class TrainConfig:
    """All that decides a training run; the same config and seed give the same run.

    Attributes:
        preset: the recipe it came from.
        domain: key of `puzzlesolver.train.data.SOURCES`.
        minutes: length in wall-clock minutes; progress is elapsed time, so a resumed run is not
            bitwise the same.
        steps: length in updates; such a run resumes bitwise. Give one of the two.
        seed: of weights, puzzles and noise.
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
        threads: CPU threads; None leaves torch's default.
        precision: `fp32`, or `bf16` (autocast): twice as fast on AMD's Zen 4, slower on Intel CPUs
            without AMX.
        compile: whether `torch.compile` makes the step; half a minute once, then about twice as
            fast.

        family: key of `puzzlesolver.models.registry.MODELS`.
        model: settings of that family's config; what is left out keeps its default.

        data: CSV of puzzles (`source,question,answer,rating`, as `generate` writes it), or a
            dataset folder in the layout of the papers, instead of fresh ones.
        exclude: file of puzzles that must not be trained on, nor any that is the same up to
            symmetry.
        train_puzzles: exactly so many different puzzles, the first of the data; None = without
            limit. Tasks: so many of our own.
        size: rows and columns of generated boards.
        augment: whether every draw is turned into an equivalent puzzle: Sudokus get digits, rows
            and columns shuffled, mazes are turned and flipped.
        mix: kind of puzzle → share of the draws. Sudoku: `easy` are random minimal boards, new
            every time; any other key is a difficulty of `generate`. With `data` all shares but that
            of `easy` go to the file. Maze: a kind of `generate`, perhaps with the least cells of
            its paths, as in `walls 30`. Tasks of ARC: `public` and `own`.
        fresh: share of hard draws that wait for a newly generated puzzle; the rest repeats earlier
            ones.
        warm_puzzles: hard puzzles generated before the first repetition.

        reveal: extra clues revealed at the start of training, at most; shrinks to 0 as puzzles get
            solved.
        reveal_speed: clues by which that maximum shrinks in one update, while enough puzzles are
            solved.
        reveal_solved: share of puzzles leaving the pool solved that counts as enough.
        reveal_floor: share of draws that still get extra clues when the maximum has reached 0 …
        reveal_floor_clues: … and how many, at most.
        wrong: share of draws with one wrong digit clamped; every cell's target is then the extra
            class "none", which the model must have (`none_class` of the stem).
        suppositions: carried: probability, per puzzle and update, that a puzzle moves its
            suppositions as raw refinement does (`refine/suppose.py`).
        suppose_after: carried: updates a puzzle has to settle before the first supposition.
        loss_every_step: carried: whether the loss is the mean over the steps with gradient, instead
            of that of the last one.
        stillness: carried: weight, in the loss, of the squared relative residual of solved puzzles.

        contract: `carried` (states persist across updates), `supervised` (HRM, TRM: a loss after
            every step, learned halting), `final` (RSM: fresh state, detached warm-up) or `tasks`
            (ARC: weights that fits start from).
        cross_entropy: of published models: `stablemax` or `softmax`.
        q_learning: supervised: whether halting is learned as in HRM, by a second logit for going
            on, or as in TRM without.
        halt_max_steps: supervised: steps after which a puzzle is replaced in any case.
        halt_exploration: supervised: probability that a puzzle must make a random number of steps;
            with `halt_randomly`, that it is replaced.
        halt_randomly: supervised: whether chance replaces puzzles after a step, as in SE-RRM,
            instead of a halting head.
        batch_size: puzzles in one update.
        grad_steps: steps with gradient in one update; the loss is taken after the last.
        noise: standard deviation of Gaussian noise on the state before the steps with gradient.
        max_age: carried: updates after which a puzzle is replaced, solved or not.
        linger: carried: updates in a row that a puzzle must be right before it is replaced.
        warmup_growth: final: pairs (progress, detached steps): from that share of training on, so
            many warm-up steps.
        inner_growth: final: the same for the inner cycles of a step, which RSM has; empty = the
            model's own number.
        growth_ramp: final: updates over which the rate rises from zero again when either grows.
        warmup_drawn: final: whether the number is drawn evenly from 0 to that length instead.
        chain: final: probability that the last warm-up step joins the graph (RSM's stochastic outer
            transition).

        freeze_embedding: progress from which the embedding of tokens, also RSM's head, rests;
            None = never.

        optimizer: `adamw`, `adam-atan2` (the published models), or `muon` for the hidden matrices
            with AdamW for the rest.
        learning_rate: peak rate of AdamW or AdamATan2.
        muon_learning_rate: peak rate of Muon.
        puzzle_learning_rate: peak rate of the rows of a puzzle embedding, or of tasks' vectors.
        beta1: AdamW's decay of the first moment.
        beta2: AdamW's decay of the second moment.
        weight_decay: decoupled, on every parameter.
        puzzle_weight_decay: the same on the rows of a puzzle embedding.
        clip: largest gradient norm; None = any.
        warmup_updates: updates of linear warm-up of the rate.
        floor: share of the peak rate at which the cosine ends.
        ema: decay of the averaged weights; 0 = the weights themselves.
        ema_ramp: updates at which the decay has risen to a half; 0 = it is the same from the start.

        log_every: updates between lines of `metrics.jsonl`.
        eval_every: updates between evaluations; 0 = never.
        eval_puzzles: held-out puzzles, of `eval_difficulty` or the last rows of `data`.
        eval_difficulty: difficulty of generated held-out puzzles.
        eval_steps: step counts at which their accuracy is taken.
        checkpoint_minutes: minutes between checkpoints.
    """

    preset: str = "sudoku"
    domain: str = "sudoku"
    minutes: float | None = None
    steps: int | None = None
    seed: int = 0
    device: str = "auto"
    threads: int | None = None
    precision: str = "fp32"
    compile: bool = True

    family: str = "stem"
    model: dict[str, Any] = field(default_factory=dict)

    data: str | None = None
    exclude: str | None = None
    train_puzzles: int | None = None
    size: int = 9
    augment: bool = False
    mix: dict[str, float] = field(default_factory=lambda: {"easy": 0.15, "extreme": 0.85})
    fresh: float = 0.1
    warm_puzzles: int = 64

    reveal: float = 24.0
    reveal_speed: float = 0.025
    reveal_solved: float = 0.6
    reveal_floor: float = 0.3
    reveal_floor_clues: int = 12
    wrong: float = 0.0
    suppositions: float = 0.0
    suppose_after: int = 6
    loss_every_step: bool = False
    stillness: float = 0.0

    contract: str = "carried"
    cross_entropy: str = "stablemax"
    q_learning: bool = False
    halt_max_steps: int = 16
    halt_exploration: float = 0.1
    halt_randomly: bool = False
    batch_size: int = 96
    grad_steps: int = 6
    noise: float = 0.01
    max_age: int = 24
    linger: int = 3
    warmup_growth: tuple[tuple[float, int], ...] = (
        (0.0, 2), (0.2, 4), (0.4, 8), (0.55, 12), (0.65, 16), (0.75, 24), (0.85, 32),
    )  # fmt: skip
    inner_growth: tuple[tuple[float, int], ...] = ()
    growth_ramp: int = 0
    warmup_drawn: bool = True
    chain: float = 0.01
    freeze_embedding: float | None = None

    optimizer: str = "adamw"
    learning_rate: float = 2e-3
    muon_learning_rate: float = 0.02
    puzzle_learning_rate: float = 1e-4
    beta1: float = 0.9
    beta2: float = 0.95
    weight_decay: float = 0.1
    puzzle_weight_decay: float = 1.0
    clip: float | None = 1.0
    warmup_updates: int = 200
    floor: float = 0.02
    ema: float = 0.999
    ema_ramp: float = 50.0

    log_every: int = 50
    eval_every: int = 500
    eval_puzzles: int = 128
    eval_difficulty: str = "extreme"
    eval_steps: tuple[int, ...] = (16, 64, 256)
    checkpoint_minutes: float = 5.0

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.steps is None):
            raise UsageError(
                "a run has one length, in minutes or in steps",
                where="--minutes",
                hint="give exactly one of --minutes and --steps",
            )
        for name, (lowest, highest) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not (lowest <= value <= highest and math.isfinite(value)):
                bounds = f"at least {lowest}" if highest == _MANY else f"{lowest} to {highest}"
                raise UsageError(f"expected {bounds}, not {value}", where=flag(name))
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                raise UsageError(
                    f"unknown value {getattr(self, name)!r}",
                    where=flag(name),
                    hint=" or ".join(known),
                )
        shares = self.mix.values()
        if not all(_is_number(share) and share >= 0 for share in shares) or not sum(shares):
            raise UsageError("expected shares, not all of them 0", where=flag("mix"))
        if not self.eval_steps or not all(type(n) is int and n > 0 for n in self.eval_steps):
            raise UsageError("expected step counts from 1 up", where=flag("eval_steps"))
        for name in ("warmup_growth", "inner_growth"):
            pairs = getattr(self, name)
            if not _is_growth(pairs) and (name == "warmup_growth" or pairs):
                raise UsageError(
                    "expected pairs of progress, rising from 0, and a number of steps",
                    where=flag(name),
                    hint="for example [[0, 2], [0.5, 8]]",
                )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> TrainConfig:
        """The inverse of `to_json`; raises `UsageError` on an unknown name or a wrong type."""
        return cls(**{name: _typed(name, value) for name, value in document.items()})

    def command(self, out: Path) -> str:
        """The command line that starts this run."""
        return shlex.join(["puzzlesolver", *self.arguments(out)])

    def arguments(self, out: Path) -> list[str]:
        """Its words after the name of the program, with all that differs from the preset."""
        preset = get_preset(self.preset, minutes=self.minutes, steps=self.steps)
        words = ["train", self.domain, "--preset", self.preset]
        for name in (entry.name for entry in fields(self) if entry.name != "preset"):
            value = getattr(self, name)
            if name in ("minutes", "steps") and value is not None:
                words += [flag(name), f"{value:g}" if isinstance(value, float) else str(value)]
            elif value != getattr(preset, name):
                text = value if isinstance(value, str) else json.dumps(value)
                words += [flag(name), text] if name in FLAGS else ["--set", f"{name}={text}"]
        return [*words, "--out", str(out)]


_MANY = 10**12
_RANGES: dict[str, tuple[float, float]] = {
    "minutes": (1e-3, _MANY), "steps": (1, _MANY), "seed": (0, 2**62), "threads": (1, 1024),
    "train_puzzles": (1, _MANY), "fresh": (0, 1), "warm_puzzles": (1, _MANY),
    "size": (2, 1024), "reveal": (0, 600), "reveal_speed": (0, 600), "reveal_solved": (0, 1),
    "reveal_floor": (0, 1), "reveal_floor_clues": (0, 600), "wrong": (0, 1), "suppositions": (0, 1),
    "suppose_after": (0, _MANY), "stillness": (0, _MANY),
    "batch_size": (1, 2**20), "grad_steps": (1, 1024), "noise": (0, 100), "max_age": (1, _MANY),
    "linger": (1, _MANY), "chain": (0, 1), "freeze_embedding": (0, 1),
    "halt_max_steps": (2, _MANY), "halt_exploration": (0, 1), "growth_ramp": (0, _MANY),
    "puzzle_learning_rate": (0, 10), "puzzle_weight_decay": (0, 10), "ema_ramp": (0, _MANY),
    "learning_rate": (0, 10), "muon_learning_rate": (0, 10), "beta1": (0, 1), "beta2": (0, 1),
    "weight_decay": (0, 10), "clip": (1e-9, _MANY), "warmup_updates": (0, _MANY), "floor": (0, 1),
    "ema": (0, 1), "log_every": (1, _MANY), "eval_every": (0, _MANY), "eval_puzzles": (0, _MANY),
    "checkpoint_minutes": (0, _MANY),
}  # fmt: skip
_CHOICES = {
    "precision": ("fp32", "bf16"),
    "contract": ("carried", "supervised", "final", "tasks"),
    "cross_entropy": ("stablemax", "softmax"),
    "optimizer": ("adamw", "adam-atan2", "muon"),
}


def get_preset(name: str, **changes: Any) -> TrainConfig:
    """The recipe called `name` with some fields changed; a change to None is no change.

    Giving `steps` drops the preset's `minutes`, and the other way round. Raises `UsageError` on an
    unknown name or field.
    """
    from puzzlesolver.train.recipes import PRESETS

    if name not in PRESETS:
        raise UsageError(
            f"unknown preset {name!r}", where="--preset", hint=_nearest(name, list(PRESETS))
        )
    given = {key: _typed(key, value) for key, value in changes.items() if value is not None}
    recipe = PRESETS[name]()
    if given.keys() & {"minutes", "steps"}:
        recipe = {key: value for key, value in recipe.items() if key not in ("minutes", "steps")}
    return TrainConfig(**{"preset": name, **recipe, **given})


def override(config: TrainConfig, setting: str) -> TrainConfig:
    """`config` with one `NAME=VALUE` or `NAME.KEY=VALUE` applied; values are JSON, or plain text.

    Raises:
        UsageError: no such field, or a value of the wrong type or out of range.
    """
    path, equals, text = setting.partition("=")
    if not equals:
        raise UsageError(f"expected NAME=VALUE, not {setting!r}", where="--set")
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    name, dot, key = path.strip().partition(".")
    if dot and isinstance(getattr(config, name, None), dict):
        value = getattr(config, name) | {key: value}
    return replace(config, **{name: _typed(name, value)})


def flag(name: str) -> str:
    """How the command line calls a field."""
    return f"--{name}" if name in FLAGS else f"--set {name}"


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _is_growth(pairs: tuple[Any, ...]) -> bool:
    if not all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
        return False
    starts = [start for start, _ in pairs]
    rising = all(map(_is_number, starts)) and starts[:1] == [0] and sorted(set(starts)) == starts
    return rising and all(type(steps) is int and steps >= 0 for _, steps in pairs)


def _typed(name: str, value: Any) -> Any:
    """`value` as field `name` wants it: ints may stand for floats or texts, lists for tuples."""
    hints = typing.get_type_hints(TrainConfig)
    if name not in hints:
        raise UsageError(f"unknown setting {name!r}", where="--set", hint=_nearest(name, hints))
    hint = hints[name]
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    for kind in kinds:
        wanted = typing.get_origin(kind) or kind
        if wanted in (float, str) and type(value) is int:
            return wanted(value)
        if wanted is tuple and isinstance(value, list):
            value = tuple(tuple(item) if isinstance(item, list) else item for item in value)
        if type(value) is wanted:
            return value
    expected = " or ".join(
        "nothing" if k is types.NoneType else str(getattr(k, "__name__", k)) for k in kinds
    )
    raise UsageError(f"expected {expected}, not {value!r}", where=flag(name))


def _nearest(name: str, known: typing.Iterable[str]) -> str:
    close = difflib.get_close_matches(name, known := list(known))
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
