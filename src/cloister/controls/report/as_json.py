"""The report for programs: JSON with a published schema, keys and lists in a stable order."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cloister.ask.judgement import Judged, Need, Standing
from cloister.ask.lessons.values import Lesson, WayOut
from cloister.ask.notes import Note
from cloister.ask.packs.opening import Opened
from cloister.controls.baseline import Compared
from cloister.controls.control import Result, Status, Told
from cloister.controls.report.matters import Matter, matters
from cloister.controls.report.matters_told import hops
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report, counted
from cloister.controls.report.visible import escaped_in_json
from cloister.inventory.azure import Inventory
from cloister.inventory.statements import Attestation, Waiver
from cloister.origin import Origin
from cloister.verdict import Step

VERSION = 1


def as_json(report: Report, say: Phrases) -> str:
    """The report as one JSON document, with a line break at its end. Only the titles of controls know languages."""
    return escaped_in_json(json.dumps(document(report, say), indent=2, ensure_ascii=False)) + "\n"


def document(report: Report, say: Phrases) -> dict[str, Any]:
    """The report as plain values."""
    judgement = report.judgement
    return {
        "version": VERSION,
        "environment": {
            "name": report.inventory.name,
            "file": report.file,
            "cloud": report.inventory.cloud.value,
            "region": report.inventory.region,
            "seen": _seen(report),
        },
        "outcome": report.outcome.value,
        "matters": [] if report.narrowed else [_matter(matter) for matter in matters(report)],
        "diagnosis": [_lesson(lesson) for lesson in report.lessons],
        "closure": _side(judgement.closure),
        "flow": {
            **_side(judgement.flow),
            "needs": [
                {"name": need.name, "loop": need.loop, "standing": need.standing.value, "acts": _acts(need)}
                for need in judgement.needs
            ],
        },
        "packs": [_pack(opened) for opened in judgement.packs],
        "approved": [
            {"host": one.host, "from": list(one.places), "why": one.why, "origin": origin(one.origin)}
            for one in judgement.approved
        ],
        "controls": {
            **{_key(status): report.count(status) for status in Status},
            "results": [_result(result, say) for result in report.results],
        },
        "waivers": {
            "intents": [{**_intent(one.judged), "waiver": _waiver(one.waiver)} for one in report.waiving.intents],
            "expired": [_waiver(waiver) for waiver in report.waiving.expired],
            "stale": [_waiver(waiver) for waiver in report.waiving.stale],
        },
        "baseline": _baseline(report, report.compared) if report.compared else None,
        "notes": [_note(note) for note in report.notes],
    }


def _baseline(report: Report, compared: Compared) -> dict[str, Any]:
    gone = [{"rule": one.rule, "thing": one.thing, "fingerprint": one.fingerprint} for one in compared.gone]
    return {"file": compared.file, "known": report.known, "gone": gone}


def _matter(matter: Matter) -> dict[str, Any]:
    """By reference: the intents and controls stand in full in their own parts."""
    return {
        "consequence": matter.consequence.value,
        "severity": matter.severity.value,
        "intents": [one.intent.name for one in matter.judged],
        "controls": [matter.control.id] if matter.control else list(matter.controls),
        "resources": list(dict.fromkeys(one.resource for one in matter.findings)),
        "way": hops(matter.open_way) if matter.open_way else None,
    }


def _seen(report: Report) -> dict[str, Any] | None:
    """When the running estate was seen, where it was."""
    observed = report.inventory.observed if isinstance(report.inventory, Inventory) else None
    if observed is None:
        return None
    return {"on": str(observed.collected), "days": report.seen_days, "file": observed.origin.file}


def _lesson(lesson: Lesson) -> dict[str, Any]:
    return {
        "id": lesson.id,
        "name": lesson.name,
        "cause": lesson.cause,
        "shown_by": _step(lesson.step),
        "root": lesson.root,
        "source": lesson.source,
        "explains": [one.intent.question for one in lesson.explains],
        "ways_out": [_way_out(way) for way in lesson.ways],
    }


def _way_out(way: WayOut) -> dict[str, Any]:
    return {
        "name": way.full_name,
        "title": way.title,
        "cost": way.cost,
        "effect": way.effect,
        "source": way.source,
        "change": way.change,
    }


def _key(status: Status) -> str:
    return status.value.replace(" ", "_")


def _side(judged: Sequence[Judged]) -> dict[str, Any]:
    counts = {standing.value: counted(tuple(judged), standing) for standing in Standing}
    return {**counts, "intents": [_intent(one) for one in judged]}


def _acts(need: Need) -> list[dict[str, Any]]:
    """Each question of a need as place, action and resource."""
    split = [(one, *one.question.partition(" -> ")) for one in need.judged]
    return [
        {
            "place": place or None,
            "action": one.action or None,
            "resource": target or None,
            "standing": one.standing.value,
        }
        for one, place, _, target in split
    ]


def _pack(opened: Opened) -> dict[str, Any]:
    pack = opened.pack
    return {
        "name": pack.name,
        "heading": pack.heading,
        "side": pack.side,
        "choice": opened.choice.value,
        "why": opened.why or None,
        "intents": len(opened.posed),
    }


def _intent(judged: Judged) -> dict[str, Any]:
    intent = judged.intent
    return {
        "name": intent.name,
        "heading": judged.heading,
        "pack": judged.pack or None,
        "loop": intent.loop or None,
        "action": judged.action or None,
        "question": judged.question or None,
        "questions": [
            {"question": one.question, "answer": one.verdict.answer.value, "reason": one.verdict.reason}
            for one in judged.asked
            if one.question
        ],
        "why": intent.why,
        "standing": judged.standing.value,
        "answer": judged.verdict.answer.value,
        "reason": judged.verdict.reason,
        "decided_at": _step(judged.decisive),
        "mend": judged.mend or None,
        "origin": origin(intent.origin),
    }


def _step(step: Step) -> dict[str, Any]:
    rule = step.rule
    return {
        "layer": step.layer.value,
        "at": step.at,
        "outcome": step.outcome.value,
        "text": step.text,
        "rule": rule.name if rule else None,
        "origin": origin(rule.origin) if rule and rule.origin else None,
        "source": rule.source or None if rule else None,
    }


def _result(result: Result, say: Phrases) -> dict[str, Any]:
    control = result.control
    return {
        "id": control.id,
        "title": say.title(control),
        "severity": control.severity.value,
        "pillar": control.pillar.value,
        "decided": control.decided.value,
        "aliases": list(control.aliases),
        "status": result.status.value,
        "checked": result.checked,
        "findings": [_told(finding) for finding in result.findings],
        "undecided": [_told(doubt) for doubt in result.doubts],
        "due": [_told(due) for due in result.dues],
        "attested": _attestation(result.attested) if result.attested else None,
        "waived": [{**_told(one.told), "waiver": _waiver(one.waiver)} for one in result.waived],
        "known": [_told(one) for one in result.known],
    }


def _attestation(one: Attestation) -> dict[str, Any]:
    return {
        "statement": one.statement,
        "owner": one.owner,
        "until": one.until.isoformat(),
        "evidence": one.evidence or None,
        "origin": origin(one.origin),
    }


def _waiver(one: Waiver) -> dict[str, Any]:
    return {
        "control": one.control or None,
        "intent": one.intent or None,
        "resource": one.resource or None,
        "reason": one.reason,
        "owner": one.owner,
        "until": one.until.isoformat(),
        "origin": origin(one.origin),
    }


def _told(told: Told) -> dict[str, Any]:
    return {
        "resource": told.resource,
        "message": told.message,
        "mend": told.mend,
        "origin": origin(told.origin),
    }


def _note(note: Note) -> dict[str, Any]:
    return {
        "kind": note.kind.value,
        "thing": note.thing,
        "text": note.text,
        "mend": note.mend or None,
        "origin": origin(note.origin),
    }


def origin(place: Origin) -> Mapping[str, Any]:
    """A place in a file; the column is null where the whole line is meant, the address where lines say enough."""
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column or None,
        "address": place.address or None,
    }
