"""What others published: accuracies on the test sets of `PUBLISHED_ON`, never on ours.

>>> [row.system for row in PUBLISHED["maze-hard"]][:2]
['HRM', 'RSM']
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """An accuracy that others report.

    Attributes:
        system: its name.
        accuracy: percent of puzzles answered exactly as the label has it.
        training: what it was trained on.
        setting: how much it may compute for one puzzle, where that is not the paper's default.
        source: where the figure stands.
    """

    system: str
    accuracy: float
    training: str
    setting: str
    source: str


SMALL = "1,000 puzzles, augmented"
MAZES = "1,000 mazes"
DEMONSTRATIONS = "other tasks and the demonstrations of these, augmented"
VOTES = "up to 1,000 variants of a task vote"
PUBLISHED_ON = {
    "sudoku-extreme": "Sudoku-Extreme",
    "maze-hard": "Maze-Hard",
    "arc-eval": "ARC-AGI-1, public evaluation",
    "arc2-eval": "ARC-AGI-2, public evaluation",
}

PUBLISHED = {
    "sudoku-extreme": (
        Published("HRM", 55.0, SMALL, "", "arXiv 2506.21734"),
        Published("TRM", 87.4, SMALL, "", "arXiv 2510.04871"),
        Published("SE-RRM", 93.7, SMALL, "16 steps", "arXiv 2603.02193"),
        Published("SE-RRM", 98.8, SMALL, "128 steps", "arXiv 2603.02193"),
        Published("RSM", 97.5, "3.8 million puzzles", "640 × 8 steps", "arXiv 2603.15641"),
        Published("PTRM", 98.75, SMALL, "100 noisy rollouts of 64 steps", "arXiv 2605.19943"),
        Published("EqR", 99.8, SMALL, "128 restarts of 64 steps", "arXiv 2605.21488"),
        Published("LDT", 100.0, SMALL, "with branching search", "arXiv 2605.08605"),
    ),
    "maze-hard": (
        Published("HRM", 74.5, MAZES, "", "arXiv 2506.21734"),
        Published("RSM", 80.0, MAZES, "", "arXiv 2603.15641"),
        Published("TRM", 85.3, f"{MAZES}, turned and flipped", "", "arXiv 2510.04871"),
        Published("SE-RRM", 88.8, MAZES, "", "arXiv 2603.02193"),
        Published("LDT", 99.3, MAZES, "", "arXiv 2605.08605"),
    ),
    "arc-eval": (
        Published("CompressARC", 20.0, "nothing", "20 GPU-minutes a task", "arXiv 2512.06104"),
        Published(
            "icecuber, symbolic search", 30.8, "nothing: 142 transformations, by hand",
            "about a minute a task", "Kaggle 2020, first place; the figure is second-hand",
        ),
        Published("HRM", 40.3, DEMONSTRATIONS, VOTES, "arXiv 2506.21734"),
        Published("TRM", 44.6, DEMONSTRATIONS, VOTES, "arXiv 2510.04871"),
        Published("SE-RRM", 45.3, DEMONSTRATIONS, VOTES, "arXiv 2603.02193"),
    ),
    "arc2-eval": (
        Published("HRM", 5.0, DEMONSTRATIONS, VOTES, "arXiv 2506.21734"),
        Published("SE-RRM", 7.1, DEMONSTRATIONS, VOTES, "arXiv 2603.02193"),
        Published("TRM", 7.8, DEMONSTRATIONS, VOTES, "arXiv 2510.04871"),
    ),
}  # fmt: skip
"""By suite; figures of 2026 papers come from their abstracts."""
