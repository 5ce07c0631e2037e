"""The page's part on what people state: attestations that count, waivers, and those that lapsed or cover nothing."""

from collections.abc import Iterator

from cloister.controls.report.page.markup import Markup, element, joined
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report
from cloister.controls.report.stated import (
    accepted,
    attested,
    expired,
    stale,
    waived_finding,
    waived_intent,
    waived_tally,
)


def stated_part(report: Report, say: Phrases) -> Markup | None:
    """A list; nothing where nobody stated anything."""
    lines = list(_lines(report, say))
    if not lines:
        return None
    tally = waived_tally(report, say)
    return joined(element("p", tally, class_="tally") if tally else None, element("ul", *lines, class_="notes"))


def _lines(report: Report, say: Phrases) -> Iterator[Markup]:
    waiving = report.waiving
    for waiver in waiving.expired:
        mend = say("mend", mend=say("waived.expired mend"))
        yield _line(say("waived"), "missed", expired(waiver, say), element("span", mend, class_="mend"))
    for finding in report.waived_findings:
        yield _line(say("waived"), "note", waived_finding(finding), accepted(finding.waiver, say))
    for intent in waiving.intents:
        yield _line(say("waived"), "note", waived_intent(intent, say), accepted(intent.waiver, say))
    for waiver in waiving.stale:
        yield _line(say("waived"), "note", stale(waiver, say), say("mend", mend=say("waived.stale mend")))
    for result in report.results:
        if result.attested and not result.findings:
            yield _line(say("attested"), "met", attested(result.attested, say))


def _line(word: str, css: str, words: str, more: str | Markup | None = None) -> Markup:
    chip = element("span", word, class_=f"chip {css}")
    return element("li", chip, " ", words, joined(element("br"), more) if more else None)
