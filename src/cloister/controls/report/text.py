"""The report for people: what matters most, diagnosis, closure, flow, findings, notes, one last line.

Plain text, at most 100 columns where words allow.
"""

from collections.abc import Iterator

from cloister.ask.packs.opening import Choice
from cloister.controls.report.comparing import compared_told
from cloister.controls.report.diagnosis import diagnosis
from cloister.controls.report.findings import controls_told, due_told
from cloister.controls.report.matters_told import matters_told
from cloister.controls.report.notes import notes_told
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report
from cloister.controls.report.sides import closure_told, flow_told
from cloister.controls.report.stated import stated_told
from cloister.controls.report.summary import summary
from cloister.controls.report.visible import visible
from cloister.controls.report.wrapping import labelled

_CONTINUED = " " * 12


def text(report: Report, say: Phrases) -> str:
    """The whole report, with a line break at its end."""
    sections = (
        [f"{visible(report.inventory.name)}  {visible(report.file)}"],
        list(matters_told(report, say)),
        list(diagnosis(report, say)),
        list(closure_told(report, say)),
        list(flow_told(report, say)),
        list(_left_out(report, say)),
        list(controls_told(report, say)),
        list(due_told(report, say)),
        list(stated_told(report, say)),
        list(compared_told(report, say)),
        list(notes_told(report, say)),
        [summary(report, say)],
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _left_out(report: Report, say: Phrases) -> Iterator[str]:
    """What was not asked because its owner said so or nobody switched it on, and what the owner approved."""
    packs = report.judgement.packs
    for opened in packs:
        if opened.choice is Choice.SWITCHED_OFF:
            yield from labelled(say("not asked"), f"{opened.pack.name}: {opened.why}", _CONTINUED)
    off = [opened.pack.name for opened in packs if opened.choice is Choice.OFF]
    if off:
        yield from labelled(say("not asked"), f"{', '.join(off)} ({say('not asked.off')})", _CONTINUED)
    for approval in report.judgement.approved:
        where = f" ({say('approved.from', places=', '.join(approval.places))})" if approval.places else ""
        yield from labelled(say("approved"), f"{approval.host}{where}: {approval.why}", _CONTINUED)
