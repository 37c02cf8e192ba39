"""How the tasks of ARC are fitted: every number that may be tuned, frozen on training tasks.

>>> FitSettings(seeds=1, seconds=20).gradient_steps
3
>>> EFFORTS["thorough"].rounds
4
"""

from __future__ import annotations

from dataclasses import dataclass, field

from puzzlesolver.models.arc.stem import ArcConfig


@dataclass(frozen=True)
class Prior:
    """Which of the rules that give the same demonstrations a fit tends to find.

    Attributes:
        shapes: whether shapes and neighbours of components are told.
        alternating: whether some scanned channels change their sign from cell to cell.
        pointing: whether every cell chooses what it copies.
    """

    shapes: bool = False
    alternating: bool = False
    pointing: bool = False


@dataclass(frozen=True)
class FitSettings:
    """How one task is fitted.

    Attributes:
        model: sizes of the network.
        seeds: fits of one task in a round, numbered from `first_seed`.
        rounds: of fits, at most.
        enough_chance: estimated probability of the attempts at which no further round begins.
        first_seed: of the weights, and of all that is drawn.
        priors: of the fits of one task, which take turns.
        scale: of the weights at the start, relative to the usual ones.
        decay: of the weights.
        denoise: the largest share of the right output in the noise that recurrent steps are told,
            at the last of them; a prediction is told its own guess. 0 = nothing is told.
        work: token-steps of one fit: optimizer steps times tokens of a batch.
        most_steps: optimizer steps of one fit, at most.
        seconds: CPU seconds of one fit, at most; the fit then ends where it is.
        tokens: of one batch; demonstrations beyond them take turns.
        learning_rate: of the weights, at first; it falls to a tenth, linearly.
        task_learning_rate: of the task vectors, likewise.
        asymmetry: penalty on the squared length of what tells colours and directions apart.
        average: share of the older weights in those that predict.
        free_steps: recurrent steps without gradient, at most; drawn anew every time.
        gradient_steps: recurrent steps with gradient.
        predict_steps: recurrent steps of a prediction.
        first_check: share of the steps before the first vote.
        check_every: optimizer steps from one report to the next.
        enough_checks: votes with all demonstrations reproduced after which a fit ends.
        enough_loss: below which, smoothed, such a vote counts for that.
    """

    model: ArcConfig = field(default_factory=ArcConfig)
    seeds: int = 4
    rounds: int = 1
    enough_chance: float = 0.8
    first_seed: int = 0
    priors: tuple[Prior, ...] = (
        Prior(),
        Prior(pointing=True),
        Prior(shapes=True),
        Prior(alternating=True),
    )
    scale: float = 0.5
    decay: float = 1.0
    denoise: float = 0.9
    work: float = 1.5e6
    most_steps: int = 1500
    seconds: float = 60.0
    tokens: int = 6000
    learning_rate: float = 5e-3
    task_learning_rate: float = 2e-2
    asymmetry: float = 1e-3
    average: float = 0.95
    free_steps: int = 4
    gradient_steps: int = 3
    predict_steps: int = 12
    first_check: float = 0.15
    check_every: int = 10
    enough_checks: int = 5
    enough_loss: float = 0.02


NORMAL = "normal"
EFFORTS = {
    "quick": FitSettings(seeds=1, rounds=2),
    NORMAL: FitSettings(),
    "thorough": FitSettings(rounds=4),
}
"""Settings by the word for how much time a task may take; all but normal end when they are sure."""
