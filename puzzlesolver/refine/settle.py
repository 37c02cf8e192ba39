"""When has a trajectory stopped moving? When answer and state have held still for a window of steps.

Settled is a fact about the trajectory, never about the answer: a settled state can be wrong (arXiv 2601.10679).

    >>> quiet = quiet_steps(quiet, unchanged, residual, every=4, tolerance=0.02)
    >>> settled = quiet >= window
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def quiet_steps(
    quiet: npt.NDArray[np.int64],
    unchanged: npt.NDArray[np.bool_],
    residual: npt.NDArray[np.float32],
    *,
    every: int,
    tolerance: float,
) -> npt.NDArray[np.int64]:
    """Steps for which each row has now held still.

    Args:
        quiet: the same at the last reading, `int64[B]`.
        unchanged: whether the decoded answer is that of the last reading, `bool[B]`.
        residual: ‖z' - z‖ / ‖z‖ of the last step, `float32[B]`.
        every: steps since the last reading.
        tolerance: residual above which a state moves.
    """
    return np.where(unchanged & (residual < tolerance), quiet + every, 0)
