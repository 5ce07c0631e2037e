"""The report for code scanning: SARIF 2.1.0, one result a finding, doubt or unmet intent.

Only findings and missed intents are failures. What could not be decided is a result of kind `open`, whose level must
be `none` (SARIF 2.1.0, 3.27.9 and 3.27.10).
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from cloister import __version__
from cloister.ask.judgement import Judged, Standing
from cloister.controls.control import Control, Doubt, Finding, Severity
from cloister.controls.report.report import Report
from cloister.inventory.intents import Side
from cloister.origin import Origin

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
# The scale that code scanning sorts by, 0 to 10, as GitHub's documentation of `security-severity` divides it.
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "3.0"}
_SIDES = {
    Side.CLOSURE: ("CLOSURE", "What must not be possible is not", Severity.CRITICAL),
    Side.FLOW: ("FLOW", "People can work", Severity.HIGH),
}


def sarif(report: Report) -> str:
    """The report as a SARIF log with one run, with a line break at its end."""
    rules = [*(_side_rule(side) for side in Side), *(_rule(result.control) for result in report.results)]
    places = {rule["id"]: index for index, rule in enumerate(rules)}
    results = [*_of_intents(report, places), *_of_controls(report, places)]
    driver = {"name": "cloister", "version": __version__, "semanticVersion": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True}],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(control: Control) -> dict[str, Any]:
    sources = "; ".join(f"{source.document}, {source.clause}: {source.url}" for source in control.sources)
    return {
        "id": control.id,
        "shortDescription": {"text": control.title},
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
    rule_id, title, severity = _SIDES[side]
    return {
        "id": rule_id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": f"An intent of the environment's {side.value}, judged by what can reach what."},
        "defaultConfiguration": {"level": _LEVELS[severity]},
        "properties": {"tags": [side.value], "security-severity": _SCORES[severity]},
    }


def _of_intents(report: Report, places: dict[str, int]) -> Iterator[dict[str, Any]]:
    for judged in report.judgement.all():
        if judged.standing is not Standing.MET:
            yield _intent(judged, places)


def _intent(judged: Judged, places: dict[str, int]) -> dict[str, Any]:
    intent, step = judged.intent, judged.decisive
    rule_id, _, severity = _SIDES[intent.side]
    wanted = "must be possible" if intent.side is Side.FLOW else "must not be possible"
    asked = intent.question or judged.heading
    told = f"{asked} {wanted} ({intent.why}). {step.layer.value}, {step.at}: {step.text}."
    mend = f" Mend: {judged.mend}." if judged.mend else ""
    decided = judged.standing is Standing.MISSED
    result = _result(rule_id, places, f"{told}{mend}", intent.origin, key=intent.name, decided=decided)
    if decided:
        result["level"] = _LEVELS[severity]
    if step.rule and step.rule.origin and step.rule.origin != intent.origin:
        related = {"id": 1, "message": {"text": step.text}, **_location(step.rule.origin)}
        result["relatedLocations"] = [related]
    return result


def _of_controls(report: Report, places: dict[str, int]) -> Iterator[dict[str, Any]]:
    for result, finding in report.failures():
        told = _told(finding, places, decided=True)
        told["level"] = _LEVELS[result.control.severity]
        yield told
    for _, doubt in report.doubts():
        yield _told(doubt, places, decided=False)


def _told(told: Finding | Doubt, places: dict[str, int], *, decided: bool) -> dict[str, Any]:
    message = f"{told.resource}: {told.message}. Mend: {told.mend.rstrip('.')}."
    return _result(told.control, places, message, told.origin, key=f"{told.resource}\n{told.message}", decided=decided)


def _result(
    rule_id: str, places: dict[str, int], message: str, origin: Origin, *, key: str, decided: bool
) -> dict[str, Any]:
    """A result without a level. The fingerprint holds rule, resource and reason, so that it outlives a moved line."""
    return {
        "ruleId": rule_id,
        "ruleIndex": places[rule_id],
        "kind": "fail" if decided else "open",
        "level": "none",
        "message": {"text": message},
        "locations": [_location(origin)],
        "partialFingerprints": {"cloister/v1": sha256(f"{rule_id}\n{key}".encode()).hexdigest()},
    }


def _location(origin: Origin) -> dict[str, Any]:
    region = {"startLine": origin.line}
    if origin.column:
        region["startColumn"] = origin.column
    uri = quote(PurePath(origin.file).as_posix())
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
