"""The report's part on controls: what was found, then what is in doubt, a control at a time."""

from collections.abc import Iterator, Sequence

from cloister.controls.control import Finding, Result, Severity, Status, Told
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report
from cloister.controls.report.visible import visible
from cloister.controls.report.wrapping import WIDTH, columns, heading, labelled, wrapped
from cloister.inventory.azure import Inventory

_MARGIN = " " * 9
_FEW = 10
"""Of the claims that wait for a statement, so many are told by their titles."""


def controls_told(report: Report, say: Phrases) -> Iterator[str]:
    """How many pass, and each control that does not."""
    if not report.results:
        return
    yield from labelled(say("controls"), controls_tally(report, say))
    observed = report.inventory.observed if isinstance(report.inventory, Inventory) else None
    if observed:
        seen = say("seen.when", day=observed.collected, file=observed.origin.file)
        days = report.seen_days
        yield from labelled(say("seen"), seen if days is None else say.listed([seen, say.count("seen.age", days)]))
    for result, group in _told(report):
        control = result.control
        yield ""
        severity = say(f"severity.{control.severity.value}")
        yield from wrapped(f"{control.id}  {severity}: {say.title(control)}", "  ", _MARGIN)
        yield from _group(group, say)


def controls_tally(report: Report, say: Phrases) -> str:
    """`18 of 20 pass, 2 fail, 1 not applicable`; what is none is left out."""
    applicable = len(report.results) - report.count(Status.NOT_APPLICABLE)
    more = [
        say(f"controls.{status.value}", count=report.count(status))
        for status in sorted(set(Status) - {Status.PASS}, key=list(Status).index)
        if report.count(status)
    ]
    return say.listed([say("controls.pass", count=report.count(Status.PASS), applicable=applicable), *more])


def alike_findings(told: Sequence[Told]) -> dict[tuple[str, str], list[Told]]:
    """What was told of one control, by message and mend: resources with the same together."""
    found: dict[tuple[str, str], list[Told]] = {}
    for one in told:
        found.setdefault((one.message, one.mend), []).append(one)
    return found


def due_told(report: Report, say: Phrases) -> Iterator[str]:
    """The claims that wait for a person's statement: the most severe by title, the others by their ids."""
    waiting = due(report)
    if not waiting:
        return
    yield heading(say("due")) + say.count("due.waiting", len(waiting))
    for result in waiting[:_FEW]:
        control = result.control
        severity = say(f"severity.{control.severity.value}")
        yield from wrapped(f"{control.id}  {severity}: {say.title(control)}", "  ", _MARGIN)
    if waiting[_FEW:]:
        ids = ", ".join(result.control.id for result in waiting[_FEW:])
        yield from wrapped(say("due.more", ids=ids), "  ", _MARGIN)


def due(report: Report) -> list[Result]:
    """The results that wait for a person's statement, the most severe first."""
    waiting = [result for result in report.results if result.status is Status.DUE]
    return sorted(waiting, key=lambda result: list(Severity).index(result.control.severity))


def _told(report: Report) -> Iterator[tuple[Result, Sequence[Told]]]:
    """Findings, then doubts, a control at a time."""
    found: dict[str, tuple[Result, list[Finding]]] = {}
    for result, finding in report.failures():
        found.setdefault(result.control.id, (result, []))[1].append(finding)
    yield from found.values()
    for result in report.results:
        if result.doubts:
            yield result, result.doubts


def _group(told: Sequence[Told], say: Phrases) -> Iterator[str]:
    for (message, mend), group in alike_findings(told).items():
        for one in group:
            yield from _located(visible(one.resource), visible(str(one.origin)))
        yield from wrapped(message, _MARGIN + "  ", _MARGIN + "  ")
        yield from wrapped(say("mend", mend=mend), _MARGIN + "  ", _MARGIN + "    ")


def _located(resource: str, place: str) -> Iterator[str]:
    """The resource with the place at which it is written, flush right where there is room."""
    line = f"{_MARGIN}{resource}"
    gap = WIDTH - columns(line) - columns(place)
    if gap > 1:
        yield f"{line}{' ' * gap}{place}"
    else:
        yield line
        yield f"{_MARGIN}  {place}"
