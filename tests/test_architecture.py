"""The shape of the package: arrows in one direction, no circle, nothing too long to hold in mind.

The graph has an arrow from each module to those that it imports anywhere, in functions too; what
only types need (`TYPE_CHECKING`) is no arrow. After a change of rooms, draw
`docs/architecture.md` anew: `python -m tests.test_architecture`.
"""

from __future__ import annotations

import ast
import functools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- drawn by tests/test_architecture.py -->\n", "<!-- end -->"
LAYERS = (
    {"__main__", "cli"},
    {"bench", "bulk", "export", "train"},
    {"loading", "pipeline", "solver", "tasks"},
    {"domains", "hub", "refine"},
    {"models"},
)
"""Rooms; each may use those of its own line and of the lines below. All others are the ground."""
GROUND = len(LAYERS)
SENTENCE = {"loading", "solver", "tasks"}
"""Modules that belong to `pipeline`."""
MOST_LINES, MOST_MODULES, MOST_README = 80, 14, 180

Graph = Mapping[str, set[str]]


@functools.cache
def trees() -> dict[str, ast.Module]:
    """All modules by name, `puzzlesolver.cli.app`, and for a folder with `__init__` its name."""
    found = {}
    for path in sorted((ROOT / "puzzlesolver").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imports(tree: ast.AST, *, lazy: bool = True) -> Iterator[str]:
    """What a module imports, at its top or, if `lazy`, anywhere."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in trees() else str(node.module) for name in whole)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from imports(ast.Module(node.orelse, []), lazy=lazy)
        elif lazy or not isinstance(node, ast.FunctionDef):
            yield from imports(node, lazy=lazy)


@functools.cache
def graph() -> Graph:
    """From every module to the others of the package that it imports."""
    return {
        name: {other for other in imports(tree) if other in trees() and other != name}
        for name, tree in trees().items()
    }


def room(module: str) -> str:
    """The folder, or the module, right below the package."""
    return (module + ".").split(".")[1] or "__init__"


def layer(name: str) -> int:
    """The line of a room, from 0 at the top."""
    return next((line for line, rooms in enumerate(LAYERS) if name in rooms), GROUND)


def rooms() -> Graph:
    """From every room to the others that it uses; the modules of the sentence are one room."""
    found = defaultdict[str, set[str]](set)
    for module, others in graph().items():
        for name in (room(module), *map(room, others)):
            if layer(name) < GROUND and name != "__main__":
                found["pipeline" if name in SENTENCE else name] |= set()
        ends = ["pipeline" if room(each) in SENTENCE else room(each) for each in (module, *others)]
        if ends[0] in found:
            found[ends[0]] |= {end for end in ends[1:] if end in found and end != ends[0]}
    return found


def circles(graph: Graph) -> list[set[str]]:
    """Nodes that can reach each other (the strongly connected parts, after Tarjan)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    found: list[set[str]] = []

    def visit(node: str) -> None:
        number[node] = low[node] = len(number)
        path.append(node)
        for other in graph[node]:
            if other not in number:
                visit(other)
            if other in path:
                low[node] = min(low[node], low[other])
        if low[node] == number[node]:
            part = set(path[path.index(node) :])
            del path[path.index(node) :]
            if len(part) > 1:
                found.append(part)

    for node in graph:
        if node not in number:
            visit(node)
    return found


def reach(start: str, *, graph: Graph) -> set[str]:
    """All nodes that can be reached, the start itself too."""
    seen, todo = set[str](), [start]
    while todo:
        if (node := todo.pop()) not in seen:
            seen.add(node)
            todo += graph[node]
    return seen


def drawing() -> str:
    """The rooms as a Mermaid flowchart, a line of rooms in a box, and all arrows as text.

    Between the boxes an arrow stands for all arrows from one line to those below it.
    """
    boxes, arrows = "", ""
    for line in range(GROUND):
        names = sorted(name for name in rooms() if layer(name) == line)
        boxes += f'    subgraph line{line}[" "]\n        direction LR\n'
        boxes += "".join(f"        {name}\n" for name in names)
        for name in names:
            inside = sorted(other for other in rooms()[name] if layer(other) == line)
            boxes += "".join(f"        {name} --> {other}\n" for other in inside)
        boxes += "    end\n"
        arrows += f"    line{line - 1} --> line{line}\n" * (line > 0)
    by_line = sorted(rooms().items(), key=lambda each: (layer(each[0]), each[0]))
    told = "".join(f"{name:<9} → {', '.join(sorted(uses)) or '-'}\n" for name, uses in by_line)
    return f"```mermaid\nflowchart TD\n{boxes}{arrows}```\n\n```text\n{told}```\n"


def page() -> str:
    """The document with the drawing of today."""
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{head}{BEGIN}\n{drawing()}\n{END}{rest.partition(END)[2]}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(graph()) == []


def test_no_rooms_use_each_other_in_a_circle() -> None:
    assert circles(rooms()) == []


def test_arrows_go_down() -> None:
    wrong = [
        f"{module} -> {other}"
        for module, others in graph().items()
        for other in others
        if layer(room(other)) < layer(room(module))
    ]
    assert wrong == []


def test_nothing_but_the_process_imports_the_command_line() -> None:
    users = {module for module, others in graph().items() if "cli" in map(room, others)}
    assert {room(user) for user in users} == {"cli", "__main__"}


@pytest.mark.parametrize("module", ["puzzlesolver", "puzzlesolver.cli.app", "puzzlesolver.domains"])
def test_what_answers_at_once_imports_no_torch(module: str) -> None:
    """Statically; `tests/cli/test_app.py` asks real commands."""
    at_once = {name: set(imports(tree, lazy=False)) for name, tree in trees().items()}
    ours = {name: others & at_once.keys() for name, others in at_once.items()}
    slow = [name for name in reach(module, graph=ours) if "torch" in at_once[name]]
    assert slow == []


def test_functions_fit_a_screen() -> None:
    """Lines of the body: parameters, decorators and docstrings are declarations."""
    long = {}
    for name, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                begin = node.body[ast.get_docstring(node) is not None :] or node.body
                lines = (node.end_lineno or 0) - begin[0].lineno + 1
                if lines > MOST_LINES:
                    long[f"{name}.{node.name}"] = lines
    assert long == {}


def test_folders_can_be_overlooked() -> None:
    counts: dict[str, int] = defaultdict(int)
    for path in (ROOT / "puzzlesolver").rglob("*.py"):
        counts[str(path.parent.relative_to(ROOT))] += path.name != "__init__.py"
    assert {folder: count for folder, count in counts.items() if count > MOST_MODULES} == {}


def test_the_readme_takes_two_minutes() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= MOST_README


def test_the_drawing_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.test_architecture"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
