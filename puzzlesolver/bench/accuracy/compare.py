"""What got worse since an earlier report; `bench --compare` exits with 1 when anything did.

A drop counts when chance alone would hardly make it. The accuracy of a mode may not fall below the
lower end of its old 95 % interval. Of the many smaller numbers some always fall that far, so they
count only when the old interval and the new one lie apart. Time and memory count where nothing but
the program can have changed, and only doubled: machines are shared.

    >>> compare(read_report(Path("old.json")), report)
    ['verified accuracy fell to 95.1%, below 97.2%, the lower end of the old 95 % interval']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from puzzlesolver.bench.runner import MUCH, same
from puzzlesolver.errors import UsageError

Report = Mapping[str, Any]


def faults(report: Report) -> list[str]:
    """Wrong answers that were called verified, solvable puzzles that were called contradictory."""
    kinds = {
        "wrong_verified": "wrong answers called verified",
        "wrong_contradictions": "solvable puzzles called contradictory",
    }
    return [
        f"{len(names)} {told} in {name} mode: {', '.join(names[:5])}"
        for name, mode in report["modes"].items()
        for kind, told in kinds.items()
        if (names := mode[kind])
    ]


def compare(old: Report, new: Report) -> list[str]:
    """What got worse, one sentence each; empty = no regression. Any unsound answer is one.

    Raises:
        UsageError: the reports are of different puzzles or budgets, or share no mode.
    """
    worse: list[str] = []
    for mode in shared_modes(old, new):
        worse += _drops(mode, old["modes"][mode], new["modes"][mode])
        if _conditions(old) == _conditions(new):
            worse += _growths(mode, old["modes"][mode], new["modes"][mode])
    return worse + faults(new)


def shared_modes(old: Report, new: Report) -> list[str]:
    """The modes that can be compared; of the new report its settings are enough.

    Raises:
        UsageError: the reports are of different puzzles or budgets, or share no mode.
    """
    same(_identity(old), _identity(new))
    shared = [mode for mode in new["policies"] if mode in old.get("modes", {})]
    if not shared:
        raise UsageError("the reports share no mode", where="--compare")
    for mode in shared:
        same(*(f"{each['policies'][mode]['max_steps']:,} steps" for each in (old, new)))
    return shared


def _drops(mode: str, old: Report, new: Report) -> Iterator[str]:
    now, then = new["accuracy"], old["accuracy"]
    if now["share"] < then["low"]:
        yield (
            f"{mode} accuracy fell to {now['share']:.1%}, below {then['low']:.1%}, "
            "the lower end of the old 95 % interval"
        )
    before = dict(_details(old))
    for name, detail in _details(new):
        if (then := before.get(name)) is None or None in (then["low"], detail["high"]):
            continue
        if detail["high"] < then["low"]:
            yield (
                f"{mode}, {name}: at most {detail['high']:.1%} now, "
                f"at least {then['low']:.1%} before (95 % intervals)"
            )


def _details(mode: Report) -> Iterator[tuple[str, Report]]:
    """Shares of puzzles that are one part each, and areas under ROC curves, by name."""
    for band, part in mode["by_rating"].items():
        yield f"accuracy at rating {band}", part
    for fact, part in mode["given_settled"].items():
        yield f"{fact} when settled", part
    for population, signs in ((mode.get("settling") or {}).get("signs") or {}).items():
        for sign, worth in signs.items():
            if worth is not None:
                yield f"AUROC of {sign} ({population})", worth


def _growths(mode: str, old: Report, new: Report) -> Iterator[str]:
    for key, unit in (("seconds", "s"), ("peak_memory_mib", "MiB")):
        then, now = old[key], new[key]
        if then and now and now > MUCH * then:
            yield f"{mode} took {now:,.1f} {unit}, more than {MUCH:g} times the old {then:,.1f}"


def _conditions(report: Report) -> list[Any]:
    """What decides the speed, besides the program and who else uses the machine."""
    machine = report["machine"]
    settings = ("batch_size", "compiled", "engine")
    return [machine["cpu"], machine["device"], *(report.get(name) for name in settings)]


def _identity(report: Report) -> str:
    data = report.get("data", {})
    digest = str(data.get("sha256", ""))[:12]
    return f"{report['suite']}, {data.get('rows')} puzzles, SHA-256 {digest}"
