"""The report for a SIEM that reads syslog: RFC 5424, one message a line.

The facility is 13, log audit. What could be parsed stands in structured data under `cloister@32473`; that number is the
one which RFC 5612 keeps for examples, because no enterprise number is ours.
"""

import re
from datetime import UTC, datetime

from cloister.controls.control import Severity
from cloister.controls.report.events import Event, State, events
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report
from cloister.controls.report.visible import visible

_FACILITY = 13
_LEVELS = {Severity.CRITICAL: 2, Severity.HIGH: 3, Severity.MEDIUM: 4, Severity.LOW: 5}
_INFORMATIONAL = 6
_BOM = "\ufeff"
"""What begins a message in UTF-8 (6.4)."""
_ESCAPED = re.compile(r'(["\\\]])')
"""What is escaped in the value of a parameter (6.3.3)."""


def syslog(report: Report, say: Phrases, moment: datetime) -> str:
    """A line for each event, at the moment of the check; nothing where all holds."""
    stamp = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return "".join(f"{_line(event, report, stamp)}\n" for event in events(report, say))


def _line(event: Event, report: Report, stamp: str) -> str:
    """What somebody waived is for information, whatever it weighs."""
    level = _INFORMATIONAL if event.state is State.WAIVED else _LEVELS[event.severity]
    told = {
        "environment": report.inventory.name,
        "state": event.state.value,
        "severity": event.severity.value,
        "resource": event.resource,
        "at": str(event.origin),
        "fingerprint": event.fingerprint,
    }
    data = " ".join(f'{name}="{_value(words)}"' for name, words in told.items())
    mend = f" Mend: {event.mend}." if event.mend else ""
    words = visible(f"{event.title}: {event.message}.{mend}")
    return f"<{_FACILITY * 8 + level}>1 {stamp} - cloister - {event.rule} [cloister@32473 {data}] {_BOM}{words}"


def _value(words: str) -> str:
    return _ESCAPED.sub(r"\\\1", visible(words))
