"""The contract of our stem for boards of many sizes and rules: each has a pool that it carries on.

In: a source with a part for every board, and a model. Out: one `Learned` per update, of one board.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from puzzlesolver.errors import UsageError
from puzzlesolver.models.compiling import can_compile, step_function
from puzzlesolver.models.interface import RecursiveModel, StepFunction
from puzzlesolver.train.contracts.base import Contract
from puzzlesolver.train.contracts.carried import Carried, CarriedState
from puzzlesolver.train.contracts.losses import Learned
from puzzlesolver.train.data.boards import USUAL_CELLS, ManyBoards
from puzzlesolver.train.settings import within

NODES = 729
"""Of the boards that `batch_size` counts; of larger ones fewer are taken, down to `least`."""

MOST = 3
"""Times the batch size that is taken of small boards at most."""


@dataclass(frozen=True)
class CarriedBoards(Carried):
    """Settings of `ManyPools`.

    Attributes:
        suppose_after_by_side: whether a board waits for its first supposition in proportion to the
            root of its cells; `suppose_after` is then what a 9×9 board waits.
        least: boards that an update takes at least, however large they are.
    """

    name: ClassVar[str] = "boards"

    suppose_after_by_side: bool = False
    least: int = within(1, 1, 4_096)


class ManyPools(Contract[CarriedBoards]):
    """A pool of states for every board, of which one is trained on in each update.

    Raises:
        UsageError: several processes are to share the boards.
    """

    wants = CarriedBoards
    draws = "many boards"
    source: ManyBoards

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        if self.ranks.world > 1:
            raise UsageError("many boards are trained on by one process", where="--nproc")
        self.compiled = self.config.compile and can_compile(self.generator.device)
        self.steps: dict[str, StepFunction] = {}
        self.pools = {}
        for name, part in self.source.parts.items():
            slots = self.config.batch_size * NODES // part.layout.nodes
            config = replace(
                self.config,
                batch_size=min(max(self.settings.least, slots), MOST * self.config.batch_size),
                contract=self._paced(part.layout.cells),
            )
            self.pools[name] = CarriedState(config, part, self.generator, self.ranks)

    def _paced(self, cells: int) -> CarriedBoards:
        """The settings for boards of that many cells."""
        if not self.settings.suppose_after_by_side:
            return self.settings
        longer = (cells / USUAL_CELLS) ** 0.5
        return replace(self.settings, suppose_after=round(self.settings.suppose_after * longer))

    def loss(self, model: RecursiveModel, step: None, progress: float) -> Learned:
        name = self.source.turn()
        if name not in self.steps:
            layout = self.source.parts[name].layout
            self.steps[name] = step_function(
                model, layout, self.compiled, mode=self.config.compile_mode
            )
        return self.pools[name].loss(model, self.steps[name], progress)

    def state_dict(self) -> dict[str, Any]:
        return {name: pool.state_dict() for name, pool in self.pools.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, pool in self.pools.items():
            pool.load_state_dict(state[name])
