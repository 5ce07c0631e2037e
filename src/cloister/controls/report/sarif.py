"""The report for code scanning: SARIF 2.1.0, one result a finding, doubt or unmet intent, and the notes.

Only findings, missed intents and rules that do nothing are failures. What could not be decided is a result of kind
`open`, and what is not modelled one of kind `informational`; the level of both must be `none` (SARIF 2.1.0, 3.27.9 and
3.27.10). Names that are declared nowhere are findings of a control, and are not told twice.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from cloister import __version__
from cloister.ask.judgement import Judged, Standing
from cloister.ask.notes import Note, NoteKind
from cloister.controls.control import Control, Doubt, Finding, Severity
from cloister.controls.fingerprints import RULES, fingerprint, key_of_told
from cloister.controls.report.phrases import Phrases, phrases
from cloister.controls.report.report import Report
from cloister.controls.report.stated import expired, stale
from cloister.controls.report.visible import escaped_in_json
from cloister.inventory.intents import Side
from cloister.inventory.statements import Waiver
from cloister.origin import Origin

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
# The scale that code scanning sorts by, 0 to 10, as GitHub's documentation of `security-severity` divides it.
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "3.0"}
_SIDES = {
    Side.CLOSURE: ("What must not be possible is not", Severity.CRITICAL),
    Side.FLOW: ("People can work", Severity.HIGH),
}


def sarif(report: Report, say: Phrases) -> str:
    """The report as a SARIF log with one run, with a line break at its end. Only titles of controls know languages."""
    rules = [*(_side_rule(side) for side in Side), *(_rule(result.control, say) for result in report.results)]
    rules += [*(_note_rule(kind) for kind in _NOTES), *_WAIVER_RULES]
    places = {rule["id"]: index for index, rule in enumerate(rules)}
    results = [_result(told, places, report.file) for told in _told(report)]
    if report.waived:  # 3.27.23: either all results have suppressions, or none has; an empty list suppresses nothing
        results = [{"suppressions": [], **result} for result in results]
    driver = {"name": "cloister", "version": __version__, "semanticVersion": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True}],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return escaped_in_json(json.dumps(log, indent=2, ensure_ascii=False)) + "\n"


def _told(report: Report) -> Iterator["_Told"]:
    yield from (*_of_intents(report), *_of_controls(report), *_of_waivers(report), *_of_notes(report))


def _note_rule(kind: NoteKind) -> dict[str, Any]:
    rule_id, title = _NOTES[kind]
    return {
        "id": rule_id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": "A note on the environment, which changes nothing of the outcome."},
        "defaultConfiguration": {"level": "none" if kind in _UNKNOWN else "note"},
        "properties": {"tags": ["note"]},
    }


def _rule(control: Control, say: Phrases) -> dict[str, Any]:
    sources = "; ".join(f"{source.document}, {source.clause}: {source.url}" for source in control.sources)
    return {
        "id": control.id,
        "shortDescription": {"text": say.title(control)},
        "fullDescription": {"text": control.why},
        "help": {"text": f"{control.remedy}\n\nSource: {sources}"},
        "helpUri": control.sources[0].url,
        "defaultConfiguration": {"level": _LEVELS[control.severity]},
        "properties": {
            "tags": [control.pillar.value, f"decided by {control.decided.value}", *control.aliases],
            "security-severity": _SCORES[control.severity],
        },
    }


def _side_rule(side: Side) -> dict[str, Any]:
    rule_id, (title, severity) = RULES[side], _SIDES[side]
    return {
        "id": rule_id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": f"An intent of the environment's {side.value}, judged by what can reach what."},
        "defaultConfiguration": {"level": _LEVELS[severity]},
        "properties": {"tags": [side.value], "security-severity": _SCORES[severity]},
    }


_NOTES = {
    NoteKind.UNREAD: ("UNREAD", "Every rule is read"),
    NoteKind.IDLE: ("IDLE", "Every rule has an effect"),
    NoteKind.DEAD_END: ("DEAD-END", "Every way leads to something"),
    NoteKind.ASTRAY: ("ASTRAY", "Every name leads where it is meant to"),
    NoteKind.UNKNOWN_TAG: ("UNKNOWN-TAG", "Every service tag is one of the list"),
    NoteKind.LOOSE: ("LOOSE", "Every resource is attached to something"),
    NoteKind.NOT_UNDERSTOOD: ("NOT-UNDERSTOOD", "Everything in the input has a meaning here"),
    NoteKind.NOT_MODELLED: ("NOT-MODELLED", "Every fact about ways is modelled"),
}


_WAIVER_RULES = [
    {
        "id": rule_id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": about},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["waiver"]},
    }
    for rule_id, title, about, level in (
        ("WAIVER-EXPIRED", "Every waiver is in date", "What was accepted for a time counts again after it.", "warning"),
        (
            "WAIVER-STALE",
            "Every waiver covers something",
            "A waiver of nothing may be meant for something else.",
            "note",
        ),
    )
]
_UNKNOWN = (NoteKind.NOT_UNDERSTOOD, NoteKind.NOT_MODELLED)


@dataclass(frozen=True, slots=True)
class _Told:
    """One result before it is written. `key` is what stays when lines move; `cause` is where it comes from."""

    rule: str
    level: str
    decided: bool
    message: str
    key: str
    origin: Origin
    cause: Origin | None = None
    kind: str = ""
    waiver: Waiver | None = None


def _of_intents(report: Report) -> Iterator[_Told]:
    for judged in report.judgement.all():
        if judged.standing is not Standing.MET:
            yield _intent(judged)
    for one in report.waiving.intents:
        yield replace(_intent(one.judged), waiver=one.waiver)


def _intent(judged: Judged) -> _Told:
    intent, step = judged.intent, judged.decisive
    rule, (_, severity) = RULES[intent.side], _SIDES[intent.side]
    wanted = "must be possible" if intent.side is Side.FLOW else "must not be possible"
    asked = judged.question or judged.heading
    mend = f" Mend: {judged.mend}." if judged.mend else ""
    return _Told(
        rule=rule,
        level=_LEVELS[severity],
        decided=judged.standing is Standing.MISSED,
        message=f"{asked} {wanted} ({intent.why}). {step.layer.value} at {step.at}: {step.text}.{mend}",
        key=intent.name,
        origin=intent.origin,
        cause=step.rule.origin if step.rule else None,
    )


def _of_controls(report: Report) -> Iterator[_Told]:
    for result, finding in report.failures():
        yield _control(finding, _LEVELS[result.control.severity], decided=True)
    for result, doubt in report.doubts():
        yield _control(doubt, _LEVELS[result.control.severity], decided=False)
    for waived in report.waived_findings:
        told = _control(waived.told, _LEVELS[waived.told.severity], decided=isinstance(waived.told, Finding))
        yield replace(told, waiver=waived.waiver)


def _of_waivers(report: Report) -> Iterator[_Told]:
    english = phrases()
    for waiver in report.waiving.expired:
        message = f"{expired(waiver, english)}. Mend: {english('waived.expired mend')}."
        yield _waiver("WAIVER-EXPIRED", "warning", message, waiver)
    for waiver in report.waiving.stale:
        message = f"{stale(waiver, english)}. Mend: {english('waived.stale mend')}."
        yield _waiver("WAIVER-STALE", "note", message, waiver)


def _waiver(rule: str, level: str, message: str, waiver: Waiver) -> _Told:
    key = f"{waiver.subject}\n{waiver.owner}\n{waiver.reason}"
    return _Told(rule=rule, level=level, decided=True, message=message, key=key, origin=waiver.origin)


def _of_notes(report: Report) -> Iterator[_Told]:
    for note in report.notes:
        if note.kind in _NOTES:
            yield _note(note)


def _note(note: Note) -> _Told:
    known = note.kind not in _UNKNOWN
    mend = f" Mend: {note.mend}." if note.mend else ""
    return _Told(
        rule=_NOTES[note.kind][0],
        level="note" if known else "none",
        decided=known,
        message=f"{note.thing}: {note.text}.{mend}"
        if known
        else f"{str(note.kind).capitalize()}: {note.text} ({note.thing}).",
        key=f"{note.thing}\n{note.text}",
        origin=note.origin,
        kind="" if known else "informational",
    )


def _control(told: Finding | Doubt, level: str, *, decided: bool) -> _Told:
    message = f"{told.resource}: {told.message}. Mend: {told.mend.rstrip('.')}."
    return _Told(told.control, level, decided, message, key_of_told(told), told.origin)


def _result(told: _Told, places: dict[str, int], file: str) -> dict[str, Any]:
    """The result as the standard has it. Its fingerprint holds no line, so that it outlives one that moves."""
    # A blueprint's file is in no repository that is scanned, so the spec's first line stands in for it.
    own = _location(told.origin if told.origin.file == file else Origin(file, 1))
    related: list[dict[str, Any]] = []
    for place in (told.origin, told.cause):
        location = _location(place) if place else own
        if location not in (own, *related):  # 3.27.22: each location once
            related.append(location)
    result = {
        "ruleId": told.rule,
        "ruleIndex": places[told.rule],
        "kind": told.kind or ("fail" if told.decided else "open"),
        "level": told.level if told.decided else "none",
        "message": {"text": told.message},
        "locations": [own],
        "partialFingerprints": {"cloister/v1": fingerprint(told.rule, told.key)},
    }
    if related:
        result["relatedLocations"] = related
    if told.waiver:
        result["suppressions"] = [_suppression(told.waiver, file)]
    return result


def _suppression(waiver: Waiver, file: str) -> dict[str, Any]:
    """A waiver as 3.35 has it: in the source where it is a comment there, external where it has a file of its own."""
    return {
        "kind": "inSource" if waiver.origin.file == file else "external",
        "status": "accepted",
        "justification": f"{waiver.reason} (waived until {waiver.until} by {waiver.owner})",
        "location": _location(waiver.origin),
    }


def _location(origin: Origin) -> dict[str, Any]:
    region = {"startLine": max(origin.line, 1)}
    if origin.column:
        region["startColumn"] = origin.column
    path = PurePath(origin.file)
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
    if origin.address:
        location["logicalLocations"] = [{"fullyQualifiedName": origin.address}]
    return location
