"""batch → contract → update, until the schedule ends; saves, shows, evaluates, stops when asked.

In: a `TrainConfig` and a folder. Out: the folder `OUT/model` (averaged weights, config, model card;
renewed at every checkpoint), with `OUT/metrics.jsonl` and `OUT/checkpoints/` beside it. Nothing
here knows a model or a puzzle kind.

Ctrl-C or SIGTERM saves, prints the command to go on, and raises `KeyboardInterrupt`.

A run with `steps` that was interrupted and resumed ends bitwise like one that was not. With
`minutes` the schedule follows the clock, so it ends alike but not bitwise.

    >>> config = get_preset("sudoku", steps=1_000)
    >>> train(config, Path("a"), resume=True, dry_run=False, console=Console(stderr=True))
    PosixPath('a/model')
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console

from puzzlesolver.errors import ModelError, UsageError
from puzzlesolver.files import explained, held, write_file
from puzzlesolver.hub.folder import save_model
from puzzlesolver.printable import printable
from puzzlesolver.train.card import model_card, training_record
from puzzlesolver.train.checkpoint import load_checkpoint, peek_checkpoint, save_checkpoint
from puzzlesolver.train.config import FREE, TrainConfig
from puzzlesolver.train.distributed import ALONE, Ranks
from puzzlesolver.train.estimate import rehearse
from puzzlesolver.train.presets import LENGTHS, command, from_json
from puzzlesolver.train.progress import Display
from puzzlesolver.train.run import Run
from puzzlesolver.train.settings import flag

CHECKPOINTS, METRICS, MODEL = "checkpoints", "metrics.jsonl", "model"


def train(
    config: TrainConfig,
    out: Path,
    *,
    resume: bool,
    dry_run: bool,
    console: Console,
    ranks: Ranks = ALONE,
) -> Path:
    """Train to the end of the schedule.

    Args:
        config: all settings.
        out: folder of the run; made when missing.
        resume: go on with the run in `out`, if there is one.
        dry_run: build, try two updates, report, write nothing.
        console: where people are told things; stderr.
        ranks: the processes that train together, each calling this.

    Returns:
        The folder of the finished model.

    Raises:
        UsageError: `out` holds a run and `resume` is off, or it is longer than this one, or its
            settings differ; or the config is unfit.
        ModelError: the checkpoint is damaged, or the training diverged.
        KeyboardInterrupt: Ctrl-C or SIGTERM arrived; the run is saved.
    """
    saved = load_checkpoint(out / CHECKPOINTS) if resume else None
    if saved is not None:
        _check_same_run(config, _stored_config(saved, out), out)
    elif not dry_run and peek_checkpoint(out / CHECKPOINTS) is not None:
        raise UsageError(
            f"{out} already holds a run",
            where="--out",
            hint="go on with --resume auto, or choose another folder",
        )
    console.print("building the model and reading the data …")
    run = Run(config, ranks, rehearsal=dry_run)
    if saved is None and config.start is not None:
        run.take_weights(config.start)
    _describe(run, console)
    if dry_run:
        with Display(run, console, transient=True) as display:
            rehearse(run, display)
        return out / MODEL
    if saved is not None:
        run.load_state_dict(saved)
        _check_length(run, _stored_config(saved, out), out)
        console.print(f"going on after update {run.updates:,}, minute {run.minutes:.1f}")
    with explained(out):
        out.mkdir(parents=True, exist_ok=True)
    with held(out, "another run") if ranks.leads else nullcontext():
        if ranks.leads:
            _drop_metrics_after(out / METRICS, run.updates)
        try:
            with Display(run, console) as display, _stop_on_signal(ranks, display) as stop:
                try:
                    _loop(run, out, stop, display)
                except Exception as error:
                    if not stop.arrived:
                        raise
                    raise KeyboardInterrupt from error  # a compiler hears the same Ctrl-C
                with display.doing("saving"):
                    _save(run, out)
            if stop.arrived:
                raise KeyboardInterrupt
        except KeyboardInterrupt:
            _tell_how_to_resume(out, config, console)
            raise
    return out / MODEL


def _tell_how_to_resume(out: Path, config: TrainConfig, console: Console) -> None:
    saved = peek_checkpoint(out / CHECKPOINTS)
    if saved is None:
        console.print("stopped before anything was saved")
        return
    console.print(f"stopped; update {saved['updates']:,} is saved; go on with")
    console.print(
        printable(f"  {command(config, out)} --resume auto"), soft_wrap=True, markup=False
    )


def run_config(out: Path) -> TrainConfig | None:
    """The settings of the run in `out`, or None; raises `ModelError` on a damaged checkpoint."""
    saved = peek_checkpoint(out / CHECKPOINTS)
    return None if saved is None else _stored_config(saved, out)


def _loop(run: Run, out: Path, stop: StopRequest, display: Display) -> None:
    config, ranks = run.config, run.ranks
    last_save = last_log = time.monotonic()
    metrics_file = out / METRICS if ranks.leads else Path(os.devnull)
    with metrics_file.open("a", encoding="utf-8") as metrics:

        def tell(row: dict[str, Any]) -> None:
            with explained(metrics_file):
                metrics.write(json.dumps(row, allow_nan=False) + "\n")
                metrics.flush()

        while ranks.led(run.progress) < 1 and not stop.agreed():
            display.show(run.update())
            if run.updates % config.log_every == 0:
                now = time.monotonic()
                speed = len(run.recent) * config.batch_size / (now - last_log)
                tell(run.metrics() | {"puzzles_per_second": round(speed, 2)})
                last_log = now
            if ranks.leads and config.eval_every and run.updates % config.eval_every == 0:
                _evaluate(run, tell, display)
            if ranks.led(time.monotonic() - last_save) > 60 * config.checkpoint_minutes:
                with display.doing("saving"):
                    _save(run, out)
                last_save = time.monotonic()
        evaluated = run.curve[-1]["update"] if run.curve else -1
        finished = ranks.leads and not stop.arrived
        if finished and config.eval_every and evaluated < run.updates:
            _evaluate(run, tell, display)


def _evaluate(run: Run, tell: Callable[[dict[str, Any]], None], display: Display) -> None:
    with display.doing("evaluating"):
        point = run.evaluate()
    if point is not None:
        tell(point)
        shares = "  ".join(
            f"@{mark} {share:.1%} (ever {point['ever'][mark]:.1%})"
            for mark, share in point["right"].items()
        )
        display.say(f"held-out after update {run.updates:,}: right {shares}")


def _save(run: Run, out: Path) -> None:
    state = run.state_dict()  # collects the rows of all ranks
    if not run.ranks.leads:
        return
    record = training_record(run, out)
    save_checkpoint(out / CHECKPOINTS, run.updates, state)
    save_model(run.average, out / MODEL, record, model_card(record))


def _describe(run: Run, console: Console) -> None:
    config = run.config
    length = f"{config.minutes:g} minutes" if config.steps is None else f"{config.steps:,} updates"
    if config.compile and not run.compiled:
        console.print("no C++ compiler found: steps are not compiled, about half as fast")
    console.print(
        f"network: {config.family}, {run.parameters:,} parameters, seed {config.seed}",
        f"schedule: {length} of {config.batch_size} puzzles, contract {config.contract.name}",
        f"training data: {printable(run.source.recipe)}",
        str(run.runtime),
        sep="\n",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )


class StopRequest:
    """Whether Ctrl-C or SIGTERM arrived here, and whether all ranks know of one."""

    def __init__(self, ranks: Ranks) -> None:
        self.ranks = ranks
        self.arrived = False

    def agreed(self) -> bool:
        """Whether it arrived at any rank; every rank must call it."""
        self.arrived = self.ranks.agree(float(self.arrived)) > 0
        return self.arrived


@contextmanager
def _stop_on_signal(ranks: Ranks, display: Display) -> Iterator[StopRequest]:
    """Note the first Ctrl-C or SIGTERM; a second one acts at once."""
    request = StopRequest(ranks)
    if threading.current_thread() is not threading.main_thread():
        # Signals reach the main thread alone; whoever started this thread handles them.
        yield request
        return

    def handle(number: int, frame: FrameType | None) -> None:
        request.arrived = display.leaving = True
        # A launcher of several processes passes on what the terminal has sent already.
        for each, before in previous.items() if ranks.world == 1 else ():
            signal.signal(each, before)

    previous = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    for each in previous:
        signal.signal(each, handle)
    try:
        yield request
    finally:
        for each, before in previous.items():
            signal.signal(each, before)


def _stored_config(saved: dict[str, Any], out: Path) -> TrainConfig:
    try:
        return from_json(saved["config"])
    except (KeyError, UsageError) as error:
        raise ModelError(
            f"this run was made by another version of puzzlesolver: {error}",
            where=str(out / CHECKPOINTS),
            hint="start another run with another --out",
        ) from error


def _check_same_run(config: TrainConfig, stored: TrainConfig, out: Path) -> None:
    """A run goes on with its own settings; only its length and its speed may change."""
    now = config.to_json()
    for name, before in stored.to_json().items():
        if name not in FREE and before != now.get(name):
            raise UsageError(
                f"the run in {out} has {name} = {before!r}, not {now.get(name)!r}",
                where=flag(name),
                hint="leave the option out to go on, or start another run with another --out",
            )


def _check_length(run: Run, stored: TrainConfig, out: Path) -> None:
    """A run that would already be over with a shorter length stays what it is."""
    config = run.config
    for name in LENGTHS:
        asked, before = getattr(config, name), getattr(stored, name)
        if asked is not None and asked != before and run.progress >= 1:
            raise UsageError(
                f"the run in {out} has had {run.updates:,} updates in {run.minutes:.1f} minutes",
                where=f"{flag(name)} {asked:g}",
                hint="ask for more to go on, or start another run with another --out",
            )


def _drop_metrics_after(path: Path, update: int) -> None:
    """Cut what was written after the last checkpoint: those updates happen again."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    kept = [line for line in lines if _update_of(line) <= update]
    if len(kept) < len(lines):
        write_file(path, "".join(line + "\n" for line in kept).encode())


def _update_of(line: str) -> float:
    try:
        return float(json.loads(line)["update"])
    except (ValueError, KeyError, TypeError):
        return float("inf")
