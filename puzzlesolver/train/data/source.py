"""What the loop and the contracts ask of the puzzles that a run trains on.

A new kind of puzzles is a file with its settings and its class, and one line in `sources.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from puzzlesolver.errors import UsageError
from puzzlesolver.models.interface import Batch
from puzzlesolver.models.relations import Layout
from puzzlesolver.train.config import Puzzles, TrainConfig
from puzzlesolver.train.data.curriculum import Reveal
from puzzlesolver.train.data.recipe import data_recipe
from puzzlesolver.train.resuming import Resumable
from puzzlesolver.train.settings import Flat, Settings, flag, is_number


@dataclass(frozen=True)
class Mixed(Settings):
    """Settings of a source that mixes kinds of puzzles.

    Attributes:
        mix: kind of puzzle → share of the draws.
    """

    mix: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        shares = self.mix.values()
        if not all(is_number(share) and share >= 0 for share in shares) or not sum(shares):
            raise UsageError("expected shares, not all of them 0", where=flag("mix"))

    @property
    def shares(self) -> dict[str, float]:
        """Those above 0; they add up to 1."""
        total = sum(self.mix.values())
        return {kind: share / total for kind, share in self.mix.items() if share}


P = TypeVar("P", bound=Puzzles)


class Source(Resumable, ABC, Generic[P]):
    """Puzzles, drawn in an order that depends on the seed alone and can be resumed.

    Attributes:
        KINDS: classes of its settings.
        layout: of every batch; None where each puzzle has its own.
        identifiers: how many there are; rows of a puzzle embedding.
        reveal: the difficulty ramp.
        drawn: puzzles drawn so far.
        epoch: different puzzles in one pass over the data; None where new ones are made.
        settings: its own.
        config: those of the run.
    """

    KEPT: ClassVar[tuple[str, ...]] = ("reveal", "drawn")
    KINDS: ClassVar[tuple[type[Puzzles], ...]]
    layout: Layout | None = None
    identifiers: int = 1
    settings: P

    def __init__(self, config: TrainConfig, reveal: Reveal | None = None) -> None:
        assert isinstance(config.puzzles, self.KINDS)
        self.config, self.settings = config, config.puzzles  # type: ignore[assignment]
        self.reveal = reveal or Reveal()
        self.drawn = 0
        self.epoch: int | None = self.settings.train_puzzles

    @classmethod
    def wants(cls, flat: Flat) -> type[Puzzles]:
        """The class of the settings that it has with these."""
        return cls.KINDS[0]

    @classmethod
    def rehearsing(cls, config: TrainConfig) -> Source[Any]:
        """A source for a dry run, which waits for nothing."""
        return cls(config)

    @property
    def recipe(self) -> str:
        """Where the puzzles come from, for people."""
        return data_recipe(self.config.to_json())

    @abstractmethod
    def draw(self, count: int) -> Any:
        """So many puzzles with their answers."""

    def heldout(self) -> Batch | None:
        """Puzzles that are never drawn: the same ones at every call; None when there are none."""
        return None

    def observe(self, solved: float | None) -> None:
        """Once per update: the share solved among puzzles that training is done with, if any."""
        self.reveal.observe(solved)


class BoardSource(Source[P]):
    """A source of boards that all have one layout."""

    layout: Layout

    @abstractmethod
    def draw(self, count: int) -> Batch:
        """`count` puzzles with targets; target 0 in every cell = the clues contradict the rules."""
