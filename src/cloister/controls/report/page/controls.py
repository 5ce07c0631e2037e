"""The page's parts on controls: what was found or is in doubt, what waits for a statement, and the notes."""

from collections.abc import Iterable, Iterator, Sequence

from cloister.controls.control import Result, Severity, Status, Told
from cloister.controls.report.findings import alike_findings, controls_tally, due
from cloister.controls.report.matters import Consequence, Reached
from cloister.controls.report.matters_told import hops
from cloister.controls.report.notes import notes_tally
from cloister.controls.report.page.markup import Content, Markup, element, joined
from cloister.controls.report.page.matters import rows, severity_chip
from cloister.controls.report.page.sides import trace
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report


def findings_part(report: Report, say: Phrases) -> Markup | None:
    """Each control that does not pass, the worst first; those that pass by their titles."""
    if not report.results:
        return None
    worst = sorted(report.results, key=lambda result: list(Severity).index(result.control.severity))
    failed = [result for result in worst if result.findings] + [
        result for result in worst if result.doubts and not result.findings
    ]
    passed = [result for result in report.results if result.status is Status.PASS]
    reach = Reached(report.judgement.closure)
    return joined(
        element("p", controls_tally(report, say), class_="tally"),
        *(_control(result, reach, say) for result in failed),
        _titles(passed, say) if passed else None,
    )


def due_part(report: Report, say: Phrases) -> Markup | None:
    """The claims that wait for a person's statement, with what is asked."""
    waiting = due(report)
    if not waiting:
        return None
    lines = (
        element(
            "tr",
            element("th", result.control.id, scope="row"),
            element("td", severity_chip(result.control.severity, say)),
            element("td", say.title(result.control), element("br"), element("small", result.control.question)),
        )
        for result in waiting
    )
    told = element("p", say.count("due.waiting", len(waiting)), class_="tally")
    heads = (element("th", say(f"page.{name}"), scope="col") for name in ("control", "severity", "claim"))
    return joined(told, element("table", element("thead", element("tr", *heads)), element("tbody", *lines)))


def notes_part(report: Report, say: Phrases) -> Markup:
    """What no verdict tells."""
    lines = (
        element(
            "li",
            element("span", say(f"kind.{note.kind.value}"), class_="chip note"),
            " ",
            element("b", note.thing),
            f": {note.text}",
            joined("; ", element("span", say("mend", mend=note.mend), class_="mend")) if note.mend else None,
            joined(" ", element("small", str(note.origin))),
        )
        for note in report.notes
    )
    return joined(element("p", notes_tally(report, say), class_="tally"), element("ul", *lines, class_="notes"))


def _control(result: Result, reach: Reached, say: Phrases) -> Markup:
    control = result.control
    count = len(result.findings) + len(result.doubts)
    head = element(
        "summary",
        severity_chip(control.severity, say),
        " ",
        element("b", control.id),
        f" {say.title(control)} ",
        element("span", str(count), class_="count"),
    )
    parts = [*_told(result.findings, result, reach, say)]
    if result.doubts:
        parts += [element("h3", say.capital("standing.undecided")), *_told(result.doubts, result, reach, say)]
    sources = (
        joined(element("a", one.document, href=one.url, rel="noreferrer"), f", {one.clause}", element("br"))
        for one in control.sources
    )
    background: list[tuple[str, Content]] = [
        (say("page.why"), control.why),
        (say("page.remedy"), control.remedy),
        (say("page.sources"), joined(*sources)),
        (say("page.elsewhere"), ", ".join(control.aliases)),
    ]
    return element("details", head, *parts, rows(background), class_="item", id=control.id)


def _told(found: Sequence[Told], result: Result, reach: Reached, say: Phrases) -> Iterator[Markup]:
    for (message, mend), group in alike_findings(found).items():
        resources = (
            element(
                "li",
                element("b", one.resource),
                " ",
                element("small", str(one.origin)),
                _reach(one, result, reach, say),
            )
            for one in group
        )
        yield element(
            "div",
            element("ul", *resources, class_="resources"),
            element("p", message),
            element("p", say("mend", mend=mend), class_="mend"),
            class_="told",
        )


def _reach(one: Told, result: Result, reach: Reached, say: Phrases) -> Markup | None:
    """What reach says of the resource: the open way with its trace, or that none from the internet leads there."""
    kind, way = reach.of(result.control, one)
    if way is not None:
        head = element(
            "summary", element("span", say("label.way in"), class_="chip missed"), " ", element("code", hops(way))
        )
        return element("details", head, trace(way.verdict.trace), class_="way")
    return element("span", say("reach.closed"), class_="chip met") if kind is Consequence.CLOSED else None


def _titles(results: Iterable[Result], say: Phrases) -> Markup:
    listed = list(results)
    lines = (element("li", element("b", one.control.id), f" {say.title(one.control)}") for one in listed)
    chip = element("span", say("standing.met"), class_="chip met")
    head = element("summary", chip, " ", say.count("page.passing", len(listed)))
    return element("details", head, element("ul", *lines, class_="plain"), class_="item")
