"""The report for build servers: JUnit XML, a suite for closure, one for flow, and one for each pillar.

A case is an intent or a control. What is missed or found is a failure; what is undecided is an error, because it was
asked and not answered; what is not applicable, is waived, or waits for a person's statement, is skipped.
Elements and attributes are those of Jenkins' junit-10.xsd.
"""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from cloister.ask.judgement import Judged, Standing
from cloister.controls.control import Pillar, Result, Status, Told
from cloister.controls.report.causes import told_step
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report
from cloister.controls.report.stated import accepted
from cloister.controls.report.visible import visible
from cloister.inventory.intents import Side

_UNMET = {Standing.MISSED: "failure", Standing.UNDECIDED: "error"}
_OUTCOMES = {Status.FAIL: "failure", Status.UNDECIDED: "error", Status.PASS: ""}
_Case = tuple[str, str]
"""What a case is to its build server (`failure`, `error`, `skipped`, or nothing), and its element."""


def junit(report: Report, say: Phrases) -> str:
    """The report as one XML document, with a line break at its end."""
    suites = [
        _suite(
            say("closure"),
            [*(_intent(one, "closure") for one in report.judgement.closure), *_waived(report, say, Side.CLOSURE)],
        ),
        _suite(
            say("flow"), [*(_intent(one, "flow") for one in report.judgement.flow), *_waived(report, say, Side.FLOW)]
        ),
        *(_pillar(pillar, report, say) for pillar in Pillar),
    ]
    body = "".join(suite for suite in suites if suite)
    name = quoteattr(visible(report.inventory.name))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name={name}>\n{body}</testsuites>\n'


def _pillar(pillar: Pillar, report: Report, say: Phrases) -> str:
    results = [result for result in report.results if result.control.pillar is pillar]
    return _suite(say(f"pillar.{pillar.value}"), [_control(result, say) for result in results])


def _suite(name: str, cases: Sequence[_Case]) -> str:
    """A suite with its counts; nothing where it has no case."""
    if not cases:
        return ""
    kinds = [kind for kind, _ in cases]
    counts = " ".join(
        f'{word}="{count}"'
        for word, count in (
            ("tests", len(kinds)),
            ("failures", kinds.count("failure")),
            ("errors", kinds.count("error")),
            ("skipped", kinds.count("skipped")),
        )
    )
    lines = "".join(case for _, case in cases)
    return f"  <testsuite name={quoteattr(visible(name))} {counts}>\n{lines}  </testsuite>\n"


def _intent(judged: Judged, side: str) -> _Case:
    asked = judged.question or judged.heading
    kind = _UNMET.get(judged.standing, "")
    lines = [told_step([judged]), *([f"mend: {judged.mend}"] if judged.mend else []), f"at: {judged.intent.origin}"]
    name = judged.intent.name if len(judged.asked) > 1 else asked
    return kind, _case(f"cloister.{side}.{_word(judged.heading)}", name, kind, judged.intent.why, lines)


def _waived(report: Report, say: Phrases, side: Side) -> Iterator[_Case]:
    """The intents of a side that somebody accepts as they are: skipped, with who does until when."""
    for one in report.waiving.intents:
        intent = one.judged.intent
        if intent.side is side:
            name = f"cloister.{side.value}.{_word(one.judged.heading)}"
            yield "skipped", _case(name, intent.name, "skipped", "", [accepted(one.waiver, say)])


def _control(result: Result, say: Phrases) -> _Case:
    control = result.control
    kind = _OUTCOMES.get(result.status, "skipped")
    told = result.findings or result.doubts or result.dues or tuple(one.told for one in result.waived)
    message = told[0].message if told else result.status.value
    lines = [line for one in told for line in _told(one)] or [result.status.value]
    lines += [accepted(one.waiver, say) for one in result.waived]
    classname = f"cloister.{_word(control.pillar.value)}"
    return kind, _case(classname, f"{control.id} {say.title(control)}", kind, message, lines)


def _told(one: Told) -> Iterator[str]:
    yield f"{one.resource}: {one.message}"
    yield f"mend: {one.mend}"
    yield f"at: {one.origin}"


def _case(classname: str, name: str, kind: str, message: str, lines: Sequence[str]) -> str:
    head = f"    <testcase classname={_attribute(classname)} name={_attribute(name)}"
    if not kind:
        return f"{head}/>\n"
    body = "\n".join(escape(visible(line)) for line in lines)
    # What was skipped takes no message in Jenkins' schema; its reason is its text.
    start = kind if kind == "skipped" else f"{kind} message={_attribute(message)}"
    inner = f"<{start}>{body}</{kind}>"
    return f"{head}>\n      {inner}\n    </testcase>\n"


def _attribute(words: str) -> str:
    return quoteattr(visible(words))


def _word(words: str) -> str:
    """Words as a part of a class name, which build servers divide at full stops."""
    return words.replace(".", "_").replace(" ", "-")
