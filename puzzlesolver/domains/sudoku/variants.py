"""Rules by name.

In: names as people write them, perhaps with details. Out: the names of `RULES`.

    >>> rule_names("X, Anti Knight")
    ('diagonal', 'anti-knight')
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from puzzlesolver.domains.sudoku.units import ANTI, DIAGONAL, EXTRA, JIGSAW, LATIN, OVERLAPS
from puzzlesolver.errors import UsageError

EXTRA_REGION = "extra"
"""How rules tell a further region: `extra=r1c1r2c3`."""

RULES = ("diagonal", *EXTRA, *ANTI, LATIN, JIGSAW, *OVERLAPS)
"""All that can be named, in the order in which rules are told."""

SYNONYMS = {
    "x": "diagonal", "diagonals": "diagonal", "hyper": "windoku", "nrc": "windoku",
    "windowed": "windoku", "knight": "anti-knight", "king": "anti-king", "touchless": "anti-king",
    "notouch": "anti-king", "disjoint": "disjoint-groups", "disjointsets": "disjoint-groups",
    "irregular": JIGSAW, "nonomino": JIGSAW, "latinsquare": LATIN, "noboxes": LATIN,
    "gattai5": "samurai", "twodoku": "twin", "double": "twin", "tripledoku": "triple",
    "kazaguruma": "windmill", "diagonal+": "anti-diagonal", "diagonal-": "main-diagonal",
    "centerdots": "center-dot",
}  # fmt: skip
"""Other names, as `_plain` writes them; those with a sign are those of f-puzzles."""

STANDARD = {"", "sudoku", "standard", "classic", "normal", "none"}
MORE = {
    "killer", "cage", "thermo", "arrow", "kropki", "sandwich", "xv", "whisper", "renban",
    "palindrome", "quadruple", "consecutive", "evenodd", "greaterthan", "inequality", "skyscraper",
    "ratio", "difference", "clone", "betweenline", "minimum", "maximum", "regionsum", "zipper",
    "littlekiller", "nonconsecutive",
}  # fmt: skip
"""Rules that compare or add digits; no set of units says them."""


def _plain(name: str) -> str:
    """Letters, digits and signs alone, without case; `Hyper Sudoku` is `hyper`."""
    name = re.sub(r"[^a-z0-9+-]|-(?=.)", "", name.casefold().replace("centre", "center"))
    return re.sub("^sudoku|sudoku$", "", name) or name


KNOWN = {_plain(name): name for name in RULES} | SYNONYMS


def is_rule(name: str) -> bool:
    """Whether there is a rule of this name."""
    return _plain(name) in KNOWN


def is_more(name: str) -> bool:
    """Whether a name begins like that of a rule about more than different symbols."""
    return _plain(name).startswith(tuple(MORE))


def rule_names(text: str | Iterable[str], where: str = "--rules") -> tuple[str, ...]:
    """The rules that people name, in the order of `RULES`, each once.

    Args:
        text: names with commas between them, or one by one.
        where: what errors call the place.

    Raises:
        UsageError: there is no such rule, or it is about more than different symbols.
    """
    found = set[str]()
    for name in text.split(",") if isinstance(text, str) else text:
        plain, told = _plain(name), name.strip()[:40]
        if plain in KNOWN:
            found.add(KNOWN[plain])
        elif plain not in STANDARD:
            if any(more in plain for more in MORE):
                what = f"{told!r} is more than different digits in some cells"
                raise UsageError(what, where=where, hint=f"known rules: {', '.join(RULES)}")
            close = difflib.get_close_matches(plain[:40], KNOWN, 1)
            hint = f"did you mean {KNOWN[close[0]]!r}?" if close else f"known: {', '.join(RULES)}"
            raise UsageError(f"unknown rule {told!r}", where=where, hint=hint)
    if found.issuperset(DIAGONAL):
        found.add("diagonal")
    if "diagonal" in found:
        found -= {*DIAGONAL}
    return tuple(rule for rule in RULES if rule in found)


def rule_details(rules: str | Iterable[str]) -> tuple[tuple[str, ...], dict[str, list[str]]]:
    """The names of rules, and what stands behind them as `name=detail`."""
    names, details = [], dict[str, list[str]]()
    for word in rules.split(",") if isinstance(rules, str) else rules:
        name, _, detail = word.partition("=")
        if detail:
            (key,) = [EXTRA_REGION] if name.strip() == EXTRA_REGION else rule_names([name])
            details.setdefault(key, []).append(detail)
        names += [name] if name.strip() != EXTRA_REGION else []
    return rule_names(names), details
