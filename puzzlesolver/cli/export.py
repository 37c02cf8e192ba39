"""`puzzlesolver export`: a model's step as an ONNX file that is known to answer the same.

$ puzzlesolver export sudoku sudoku.onnx
$ puzzlesolver solve puzzle.txt --engine onnx --model sudoku.onnx
$ puzzlesolver export sudoku.onnx --web site
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from puzzlesolver.cli import complete
from puzzlesolver.cli.options import (
    Regions,
    Rules,
    argument,
    command,
    option,
    sides,
    told_rules,
    whole,
)
from puzzlesolver.cli.view.signs import say
from puzzlesolver.errors import UsageError

if TYPE_CHECKING:
    from puzzlesolver.refine.engines.facts import GraphFacts

SUFFIX = ".onnx"
EPILOG = (
    "Exit codes: 0 exported and checked; 2 usage; 4 model problem, or the graph does not do what "
    "the model does, and then there is no file."
)


@dataclass(frozen=True)
class Arguments:
    """The words of one command line."""

    model: Annotated[
        str,
        argument("MODEL", autocompletion=complete.models),
        "A shipped model, the folder of one, or one on the Hub; with --web also a file exported "
        "before.",
    ]
    out: Annotated[
        Path | None, argument("OUT.onnx"), "The file to write; may be left out with --web."
    ] = None
    web: Annotated[
        Path | None,
        option("--web", "DIR"),
        "Write a page of static files that runs the graph in a browser, or add the graph to the "
        "page that is there.",
    ] = None
    size: Annotated[
        str | None,
        option(
            "--size", "N|HxW", show_default="9 for Sudoku, 30 for mazes, or the model's only size"
        ),
        "Rows and columns of the boards that the graph serves.",
    ] = None
    rules: Rules = ""
    regions: Regions = None
    int8: Annotated[
        bool,
        option("--int8"),
        "Round the weights to 8 bits; refused where that changes an answer of the check.",
    ] = False
    check_steps: Annotated[
        int, option("--check-steps", "N", whole(1)), "Steps of the longest comparison with torch."
    ] = 1_000
    checked: Annotated[
        str | None,
        option("--check", "FILE", show_default="a few generated ones"),
        "Puzzles on which answers are compared with those of torch; the graph is for their rules.",
    ] = None

    @property
    def exported(self) -> bool:
        """Whether the model is a file that was exported before."""
        return self.model.endswith(SUFFIX)


@command
def export(arguments: Arguments) -> None:
    """Export one step of a model as ONNX, compare it with torch, and print the file's path.

    The comparison, by numbers and by answers, is reported on
    stderr and kept in the file. The page of --web needs the npm package
    onnxruntime-web, which it copies; its path is printed last.
    """
    check(arguments)
    size = None if arguments.size is None else sides(arguments.size, digits=3)
    rules = told_rules(arguments.rules, arguments.regions)

    from puzzlesolver.domains.sudoku.board import needs_map
    from puzzlesolver.export.onnx import export_model
    from puzzlesolver.export.web import add_to_page, find_browser_runtime

    if needs_map(rules):
        hint = "give it with --regions FILE"
        raise UsageError("a graph is for one map of regions", where="--rules", hint=hint)
    model, out, web = arguments.model, arguments.out, arguments.web
    runtime = None if web is None else find_browser_runtime()
    with tempfile.TemporaryDirectory() as scratch:
        graph = Path(model) if arguments.exported else out or Path(scratch) / "step.onnx"
        if not arguments.exported:
            facts = export_model(
                model, graph, size=size, rules=rules, int8=arguments.int8,
                longest=arguments.check_steps, checked=arguments.checked,
            )  # fmt: skip
            _tell(facts, graph)
        if web is not None and runtime is not None:
            add_to_page(graph, web, runtime, Path(model).name.removesuffix(SUFFIX))
    if out is not None:
        say(out)
        say(f"next: puzzlesolver solve PUZZLE --engine onnx --model {out}", err=True)
    if web is not None:
        say(f"next: python3 -m http.server --directory {web}", err=True)
        say(web)


def check(arguments: Arguments) -> None:
    """Raise `UsageError` for words that make no sense together, before anything is loaded."""
    model, out = arguments.model, arguments.out
    if out is None and arguments.web is None:
        raise UsageError(
            "neither OUT.onnx nor --web is given",
            where="export",
            hint=f"puzzlesolver export {model} {Path(model).stem}.onnx",
        )
    if out is not None and out.suffix != SUFFIX:
        raise UsageError(
            "the name of the file must end in .onnx", where=str(out), hint=f"{out.stem}.onnx"
        )
    if out is not None and not out.parent.is_dir():
        raise UsageError(
            f"there is no folder {str(out.parent)!r}", where=str(out), hint="make it first"
        )
    told = out, arguments.size, arguments.rules, arguments.regions, arguments.int8
    if arguments.exported and any(told):
        raise UsageError(
            "a file exported before only makes a page", where=model, hint="leave all but --web out"
        )


def _tell(facts: GraphFacts, graph: Path) -> None:
    """What the check found, on stderr."""
    for steps, found in facts.checked["steps"].items():
        say(
            f"after {int(steps):,} step{'s' * (steps != '1')}: states of ONNX Runtime and torch "
            f"differ by {found['states']:.1g} (torch, after a tiny disturbance, from itself by "
            f"{found['torch_from_itself']:.1g})",
            err=True,
        )
    answers = facts.checked["answers"]
    say(
        f"answers: {answers['compared']} compared, {answers['different']} differ, "
        f"{answers['sensitive']} change in torch itself after a tiny disturbance",
        err=True,
    )
    say(f"opset {facts.opset}, {graph.stat().st_size / 2**20:.1f} MiB", err=True)
