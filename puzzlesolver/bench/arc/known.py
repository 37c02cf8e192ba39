"""Suites of ARC for a model that was trained on their demonstrations: the papers' way.

In: a model, and the names of its puzzle identifiers as `puzzlesolver dataset arc` writes them. Out:
what `arc.run` needs of a way to answer. Scores say nothing of tasks that were not trained on.

    >>> known = Known("runs/trm-arc1/model", Path("data/arc1-aug-1000"), choose_runtime())
    >>> list(known.records(tasks))
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from puzzlesolver.bench.arc.records import KnownRecord, record_known, summarise_known
from puzzlesolver.bench.machine import describe_machine
from puzzlesolver.bench.runner import about_model
from puzzlesolver.domains.arc import Task
from puzzlesolver.domains.arc.codec import CANVAS
from puzzlesolver.domains.arc.questions import TEST_PUZZLES
from puzzlesolver.errors import ModelError, ParseError, UsageError
from puzzlesolver.files import read_json
from puzzlesolver.loading import load_network
from puzzlesolver.models.published import PublishedModel
from puzzlesolver.refine.engines.pytorch import TorchEngine
from puzzlesolver.refine.known import BATCH_SIZE, PUBLISHED_STEPS, VOTES, KnownTasks
from puzzlesolver.runtime import Runtime
from puzzlesolver.train.data.published import metadata


class Known:
    """A model and the tasks that it knows.

    Args:
        model: as in `load_network`.
        ids: the dataset folder that it was trained on, or the file `identifiers.json` of it.
        runtime: where it runs.
        max_steps: outer steps of every variant; None = the published number.
        batch_size: variants refined together; None = so many as most machines have memory for.
        votes: key of `VOTES`; None = as published.

    Attributes:
        settings: all that answers depend on.

    Raises:
        UsageError: `ids` is None.
        ModelError: the model is unknown, does not read canvases of ARC, or has other identifiers.
        ParseError: the names cannot be read.
    """

    kind = KnownRecord
    summarise = staticmethod(summarise_known)

    def __init__(
        self,
        model: str | Path,
        ids: Path | None,
        runtime: Runtime,
        max_steps: int | None = None,
        batch_size: int | None = None,
        votes: str | None = None,
    ) -> None:
        if ids is None:
            raise UsageError(
                "the names of the model's puzzle identifiers are needed",
                where="--ids",
                hint="its dataset folder; `puzzlesolver dataset arc` builds the published ones",
            )
        path = ids / metadata.IDENTIFIERS if ids.is_dir() else ids
        names = metadata.read_names(path)
        self.runtime = runtime
        loaded = load_network(model, "arc")
        network = loaded.network
        wanted = CANVAS * CANVAS, metadata.ARC_VOCABULARY
        if not (
            isinstance(network, PublishedModel)
            and network.halts
            and network.config.puzzle_emb_ndim
            and (network.config.seq_len, network.config.vocab_size) == wanted
        ):
            raise ModelError(
                "only HRM, TRM and SE-RRM with a puzzle embedding, on canvases of ARC, know tasks "
                "by name",
                where="--model",
                hint="leave --model out to fit a network to each task",
            )
        if (rows := network.config.num_puzzle_identifiers) != len(names):
            raise ModelError(
                f"the model has {rows:,} puzzle identifiers, the file names {len(names):,}",
                where=str(path),
                hint="give the folder of the set that it was trained on",
            )
        tested = path.parent / TEST_PUZZLES
        self._tested = (
            set(read_json(tested, metadata.MAX_NAMES_BYTES, ParseError))
            if tested.exists()
            else None
        )
        steps = max_steps or PUBLISHED_STEPS
        engine = TorchEngine(network, runtime)
        rule = votes or "published"
        self._tasks = KnownTasks(engine, names, steps, batch_size or BATCH_SIZE, rule)
        self.settings = {
            "model": about_model(loaded),
            "identifiers": {
                "count": len(names),
                "sha256": hashlib.sha256("\n".join(names).encode()).hexdigest(),
            },
            "max_steps": steps,
            "votes": f"{rule}: {VOTES[rule]}",
        }

    def machine(self) -> dict[str, Any]:
        """Where the answers come from."""
        return describe_machine(self.runtime)

    def overlap(self, tasks: Sequence[str]) -> str:
        """What is known of these tasks' part in the training set."""
        known = [task for task in tasks if task in self._tasks]
        words = (
            f"the demonstrations of {len(known)} of these {len(tasks)} tasks were in the training "
            "set, so this tells nothing of others"
        )
        if self._tested is None:
            return f"{words}; whether their tests were is not known"
        leaked = len([task for task in known if task not in self._tested])
        return f"{words}; so were the tests of {leaked} of them"

    def records(self, tasks: Sequence[Task]) -> Iterator[KnownRecord]:
        """Answer tasks and compare, one after another."""
        for task in tasks:
            yield record_known(task, self._tasks.answer(task.without_answers()))
