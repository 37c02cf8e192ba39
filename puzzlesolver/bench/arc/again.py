"""Count the votes of finished runs once more, by today's way to count.

In: journals, each beside its report and named after its suite. Out: both, replaced.

    python -m puzzlesolver.bench.arc.again benchmarks/arc-dev.jsonl
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from puzzlesolver.bench.arc.tasks import run


def main(journals: Sequence[Path]) -> None:
    """Replace journals and reports by what their fits answer today."""
    for journal in journals:
        run(journal.stem, again=journal, out_json=journal.with_suffix(".json"))


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]])
