"""The report for a SIEM that reads OCSF: one Compliance Finding (class 2003) a line, as JSON.

Written for version 1.5.0 of the schema: events/findings/compliance_finding.json, objects/compliance.json and
events/findings/finding.json of github.com/ocsf/ocsf-schema (read 2026-11-25). What could not be told, or waits for a
person, is a Warning: "did not yield a result due to missing information".
"""

import json
from datetime import datetime
from typing import Any

from cloister import __version__
from cloister.controls.control import Severity
from cloister.controls.report.events import Event, State, events
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report
from cloister.controls.report.visible import escaped_in_json

_VERSION = "1.5.0"
_CLASS, _CATEGORY, _CREATE = 2003, 2, 1
_SEVERITIES = {
    Severity.CRITICAL: (5, "Critical"),
    Severity.HIGH: (4, "High"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.LOW: (2, "Low"),
}
_STATUSES = {
    State.FAIL: (3, "Fail"),
    State.UNDECIDED: (2, "Warning"),
    State.DUE: (2, "Warning"),
    State.WAIVED: (3, "Fail"),
}
_NEW, _SUPPRESSED = (1, "New"), (3, "Suppressed")


def ocsf(report: Report, say: Phrases, moment: datetime) -> str:
    """A line for each event, at the moment of the check; nothing where all holds."""
    lines = (json.dumps(_event(event, report, moment), ensure_ascii=False) for event in events(report, say))
    return "".join(f"{escaped_in_json(line)}\n" for line in lines)


def _event(event: Event, report: Report, moment: datetime) -> dict[str, Any]:
    severity_id, severity = _SEVERITIES[event.severity]
    status_id, status = _SUPPRESSED if event.state is State.WAIVED else _NEW
    milliseconds = int(moment.timestamp() * 1000)
    return {
        "activity_id": _CREATE,
        "activity_name": "Create",
        "category_uid": _CATEGORY,
        "category_name": "Findings",
        "class_uid": _CLASS,
        "class_name": "Compliance Finding",
        "type_uid": _CLASS * 100 + _CREATE,
        "type_name": "Compliance Finding: Create",
        "time": milliseconds,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "message": f"{event.resource}: {event.message}" if event.resource else event.message,
        "metadata": {
            "version": _VERSION,
            "profiles": ["cloud"],
            "product": {"name": "Cloister", "vendor_name": "Cloister", "version": __version__},
        },
        "cloud": {"provider": report.inventory.cloud.value, "region": report.inventory.region},
        "finding_info": {
            "uid": event.fingerprint,
            "title": event.title,
            "desc": event.control.why if event.control else event.message,
            "created_time": milliseconds,
        },
        "compliance": _compliance(event),
        "remediation": {"desc": event.mend or "none is known"},
        "resources": [_resource(event, report)],
    }


def _compliance(event: Event) -> dict[str, Any]:
    status_id, status = _STATUSES[event.state]
    control = event.control
    return {
        "control": event.rule,
        "requirements": list(control.aliases) if control else [],
        "standards": [one.document for one in control.sources] if control else ["Cloister closure and flow"],
        "status_id": status_id,
        "status": status,
        "status_detail": event.state.value,
    }


def _resource(event: Event, report: Report) -> dict[str, Any]:
    return {
        "name": event.resource or report.inventory.name,
        "labels": [str(event.origin)],
    }
