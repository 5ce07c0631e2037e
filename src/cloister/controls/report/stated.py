"""The report's part on what people state: what is attested, what is waived by whom and until when, and what lapsed."""

from collections.abc import Iterator

from cloister.controls.control import Waived
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report
from cloister.controls.report.wrapping import heading, labelled, wrapped
from cloister.controls.waiving import WaivedIntent
from cloister.inventory.statements import Attestation, Waiver

_MARGIN = " " * 6
_CONTINUED = " " * 12


def stated_told(report: Report, say: Phrases) -> Iterator[str]:
    """Each attestation that counts; then what is waived, waivers that have expired, and waivers that cover nothing."""
    for result in report.results:
        if result.attested and not result.findings:
            yield from labelled(say("attested"), attested(result.attested, say), _CONTINUED)
    waiving = report.waiving
    tally = waived_tally(report, say)
    if tally:
        yield heading(say("waived")) + tally
    for finding in report.waived_findings:
        yield from _item("--", f"{waived_finding(finding)} ({finding.told.origin})", accepted(finding.waiver, say))
    for intent in waiving.intents:
        yield from _item("--", waived_intent(intent, say), accepted(intent.waiver, say))
    for waiver in waiving.expired:
        yield from _item("NO", expired(waiver, say), say("mend", mend=say("waived.expired mend")))
    for waiver in waiving.stale:
        yield from _item("--", stale(waiver, say), say("mend", mend=say("waived.stale mend")))


def waived_tally(report: Report, say: Phrases) -> str:
    """How much is waived, and how many waivers have lapsed; what is none is left out."""
    waiving = report.waiving
    counts = (
        ("waived.findings", len(report.waived_findings)),
        ("waived.intents", len(waiving.intents)),
        ("waived.expired", len(waiving.expired)),
        ("waived.stale", len(waiving.stale)),
    )
    told = [say.count(key, count) for key, count in counts if count]
    return say.listed(told) if told else ""


def attested(one: Attestation, say: Phrases) -> str:
    """Who attests what until when, and what shows it."""
    evidence = say("attested.evidence", evidence=one.evidence) if one.evidence else ""
    said = {"control": one.control, "until": one.until, "owner": one.owner, "statement": one.statement}
    return f"{say('attested.told', **said)}{evidence} ({one.origin})"


def waived_finding(one: Waived) -> str:
    """What was found of what."""
    return f"{one.told.control} {one.told.resource}: {one.told.message}"


def waived_intent(one: WaivedIntent, say: Phrases) -> str:
    """Which intent stands how."""
    judged = one.judged
    return f"{judged.intent.name}: {judged.question}: {say(f'standing.{judged.standing.value}')}"


def accepted(waiver: Waiver, say: Phrases) -> str:
    """Who accepts it until when, and why."""
    said = say("waived.accepted", until=waiver.until, owner=waiver.owner, reason=waiver.reason)
    return f"{said} ({waiver.origin})"


def expired(waiver: Waiver, say: Phrases) -> str:
    """What a waiver that has expired was about."""
    said = {"subject": waiver.subject, "owner": waiver.owner, "until": waiver.until, "reason": waiver.reason}
    return f"{say('waived.lapsed', **said)} ({waiver.origin})"


def stale(waiver: Waiver, say: Phrases) -> str:
    """Which waiver covers nothing."""
    return f"{say('waived.nothing', subject=waiver.subject)} ({waiver.origin})"


def _item(mark: str, words: str, then: str) -> Iterator[str]:
    yield from wrapped(words, f"  {mark}  ", _MARGIN)
    yield from wrapped(then, _MARGIN, _MARGIN + "  ")
