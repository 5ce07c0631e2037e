"""The report for a comment on a pull request: a table that sums up, what matters most with its mend, the rest folded.

Names come from the input, so that every character by which Markdown or HTML could be written is escaped; what quotes
the input, such as questions, stands in code spans. A comment may hold 65,536 characters (GitHub): what is left out is
said.
"""

import re
from collections.abc import Iterator, Sequence

from cloister.ask.judgement import Judged, Standing
from cloister.controls.control import Pillar, Status, Told
from cloister.controls.report.causes import alike, told_mend, told_step
from cloister.controls.report.comparing import compared_tally
from cloister.controls.report.findings import alike_findings, due
from cloister.controls.report.matters_told import told
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Outcome, Report, counted
from cloister.controls.report.sides import first, questions_told
from cloister.controls.report.stated import accepted, expired, stale, waived_finding, waived_intent, waived_tally
from cloister.controls.report.summary import summary
from cloister.controls.report.visible import visible

LONGEST = 60_000
_MOST = 8
_COUNTED = (Status.PASS, Status.FAIL, Status.UNDECIDED, Status.DUE)
_SIGNS = {
    Outcome.HOLDS: "✅",
    Outcome.FINDINGS: "❌",
    Outcome.UNDECIDED: "❔",
    Outcome.NOTHING_CHECKED: "⚪",
}
_SPECIAL = re.compile(r"([\\`*_{}\[\]|~!]|^[#>+-]|(?<=^\d)[.)]|(?<=www)\.|:(?=//|\w+:))")
_MENTIONS = re.compile(r"([@#])(?=\w)")


def markdown(report: Report, say: Phrases) -> str:
    """The report as GitHub's and Azure DevOps' Markdown, with a line break at its end."""
    head = [f"### {_SIGNS[report.outcome]} Cloister: {plain(report.inventory.name)}", plain(summary(report, say))]
    parts = [*head, "\n".join(_table(report, say)), *_matters(report, say)]
    text = "\n\n".join(parts) + "\n"
    for fold in _folds(report, say):
        if len(text) + len(fold) > LONGEST:
            return f"{text}\n{say('markdown.cut')}\n"
        text += f"\n{fold}\n"
    return text


def plain(words: str) -> str:
    """Words in which nothing is markup, nor a mention of somebody, nor a link."""
    escaped = _SPECIAL.sub(r"\\\1", visible(words))
    safe = escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A backslash does not keep a code host from telling the person, or linking the issue: a comment between does.
    return _MENTIONS.sub(r"\1<!-- -->", safe)


def code(words: str) -> str:
    """Words as a code span, in which nothing is markup; in a table, a bar would end the cell."""
    inner = visible(words)
    fence = "`" * (max((len(run) for run in re.findall("`+", inner)), default=0) + 1)
    pad = " " if inner.startswith("`") or inner.endswith("`") else ""
    return f"{fence}{pad}{inner}{pad}{fence}"


def _table(report: Report, say: Phrases) -> Iterator[str]:
    """A row for closure, flow and each pillar: how many hold, and how many do not."""
    columns = ("", *(say(f"column.{name}") for name in ("holds", "fails", "undecided", "due")))
    yield f"| {' | '.join(columns)} |"
    yield "|---|--:|--:|--:|--:|"
    for key, judged in (("closure", report.judgement.closure), ("flow", report.judgement.flow)):
        met, missed, undecided = (counted(judged, one) for one in Standing)
        yield f"| {say(key)} | {met} | {missed} | {undecided} | |"
    for pillar in Pillar:
        statuses = [result.status for result in report.results if result.control.pillar is pillar]
        counts = [statuses.count(status) for status in _COUNTED]
        if any(counts):
            yield f"| {say(f'pillar.{pillar.value}')} | {' | '.join(str(count) for count in counts)} |"


def _matters(report: Report, say: Phrases) -> Iterator[str]:
    found, left = told(report, say)
    if not found:
        return
    yield f"#### {say.capital('matters')}"
    for number, one in enumerate(found, 1):
        head = f"{number}. **{say(f'severity.{one.severity.value}')}**: {plain(one.head)}"
        yield "\n".join([head, *(f"   - {label}: {code(words)}" for label, words in one.rows)])
    if left:
        yield plain(say("matters.more", count=left))


def _folds(report: Report, say: Phrases) -> Iterator[str]:
    """Closure, flow, each control that does not pass, notes: each under a line that unfolds it."""
    for key, judged in (("closure", report.judgement.closure), ("flow", report.judgement.flow)):
        lines = [line for standing in (Standing.MISSED, Standing.UNDECIDED) for line in _side(judged, standing, say)]
        if lines:
            yield _fold(f"{say.capital(key)}", "\n".join(lines))
    for result in report.results:
        if result.findings or result.doubts:
            control = result.control
            title = f"{control.id} ({say(f'severity.{control.severity.value}')}): {say.title(control)}"
            yield _fold(title, "\n".join([*_found(result.findings, say), *_found(result.doubts, say)]))
    if due(report):
        lines = [f"- {one.control.id} {plain(say.title(one.control))}" for one in due(report)]
        yield _fold(say.capital("due"), "\n".join(lines))
    if waived_tally(report, say):
        lines = [f"- {plain(words)}" for words in _waived(report, say)]
        yield _fold(f"{say.capital('waived')}: {waived_tally(report, say)}", "\n".join(lines))
    if report.compared:
        lines = [f"- {plain(f'{one.rule} {one.thing}')}" for one in report.compared.gone]
        yield _fold(f"{say.capital('baseline')}: {compared_tally(report, report.compared, say)}", "\n".join(lines))
    if report.notes:
        lines = [f"- {say(f'kind.{note.kind.value}')}: {code(note.thing)} {plain(note.text)}" for note in report.notes]
        yield _fold(say.capital("notes"), "\n".join(lines))


def _waived(report: Report, say: Phrases) -> Iterator[str]:
    waiving = report.waiving
    yield from (f"{waived_finding(one)}: {accepted(one.waiver, say)}" for one in report.waived_findings)
    yield from (f"{waived_intent(one, say)}: {accepted(one.waiver, say)}" for one in waiving.intents)
    yield from (expired(one, say) for one in waiving.expired)
    yield from (stale(one, say) for one in waiving.stale)


def _side(judged: Sequence[Judged], standing: Standing, say: Phrases) -> Iterator[str]:
    for group in alike(one for one in judged if one.standing is standing):
        questions = questions_told([one.question for one in group if one.question], most=_MOST, more=say)
        yield f"- **{say(f'standing.{standing.value}')}** {code(questions or group[0].heading)}"
        yield f"  - {plain(told_step(group))}"
        if told_mend(group):
            yield f"  - {plain(say('mend', mend=told_mend(group)))}"


def _found(told_of: Sequence[Told], say: Phrases) -> Iterator[str]:
    for (message, mend), group in alike_findings(told_of).items():
        places = first([f"{code(one.resource)} ({code(str(one.origin))})" for one in group], _MOST, say)
        yield f"- {places}: {plain(message)}"
        yield f"  - {plain(say('mend', mend=mend))}"


def _fold(title: str, body: str) -> str:
    shown = visible(title).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<details><summary>{shown}</summary>\n\n{body}\n\n</details>"
