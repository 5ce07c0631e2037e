"""The page's parts on closure and flow: what is missed by cause with its whole trace, and what is met in short."""

from collections.abc import Sequence

from cloister.ask.judgement import Judged, Standing
from cloister.controls.report.causes import alike, told_mend, told_step
from cloister.controls.report.page.markup import Markup, element, joined
from cloister.controls.report.page.matters import rows
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report
from cloister.controls.report.sides import first, questions_told, tally
from cloister.verdict import Outcome, Step

_MOST = 6
_MOST_MET = 60
_MARKS = {Outcome.PASS: "✓", Outcome.REFUSE: "✕", Outcome.UNKNOWN: "?", Outcome.NOTE: "·"}


def side_part(judged: Sequence[Judged], say: Phrases) -> Markup | None:
    """The tally; then the intents that are not met, and those that are."""
    if not judged:
        return None
    groups = [
        _group(group, standing, say)
        for standing in (Standing.MISSED, Standing.UNDECIDED)
        for group in alike(one for one in judged if one.standing is standing)
    ]
    met = [one for one in judged if one.standing is Standing.MET]
    return joined(element("p", tally(judged, say), class_="tally"), *groups, _met(met, say) if met else None)


def approved_part(report: Report, say: Phrases) -> Markup | None:
    """What the owner approved, from where, and why."""
    approved = report.judgement.approved
    if not approved:
        return None
    lines = (
        element(
            "tr", element("th", one.host, scope="row"), element("td", ", ".join(one.places)), element("td", one.why)
        )
        for one in approved
    )
    heads = (element("th", say(f"page.{name}"), scope="col") for name in ("host", "from", "why"))
    return element("table", element("thead", element("tr", *heads)), element("tbody", *lines))


def trace(steps: Sequence[Step]) -> Markup:
    """The steps of a verdict, in the order in which a packet meets them."""
    return element("ol", *map(_step, steps), class_="trace")


def _step(step: Step) -> Markup:
    rule = step.rule
    told = [rule.name, f" ({rule.origin})" if rule.origin else ""] if rule else []
    return element(
        "li",
        element("span", _MARKS[step.outcome], class_="mark", aria_hidden="true"),
        element("span", step.layer.value, class_="layer"),
        element("span", element("b", step.at), f": {step.text}", element("small", *told) if told else None),
        class_=step.outcome.value,
    )


def _group(group: Sequence[Judged], standing: Standing, say: Phrases) -> Markup:
    asked = [one.question for one in group if one.question]
    head = questions_told(asked, most=_MOST, more=say) or group[0].heading
    chip = element("span", say(f"standing.{standing.value}"), class_=f"chip {standing.value}")
    why = first(list(dict.fromkeys(one.intent.why for one in group)), 2, say)
    facts = [(say("page.why"), why), (say("label.because"), told_step(group)), (say("label.mend"), told_mend(group))]
    body = joined(
        rows((label, words) for label, words in facts if words),
        element("h3", say("page.trace", question=group[0].question)) if group[0].question else None,
        trace(group[0].verdict.trace),
        _all_questions(asked, say),
    )
    return element("details", element("summary", chip, " ", element("code", head)), body, class_="item")


def _all_questions(asked: Sequence[str], say: Phrases) -> Markup | None:
    if len(asked) <= _MOST:
        return None
    lines = (element("li", element("code", question)) for question in asked[:_MOST_MET])
    more = element("li", say("map.more", count=len(asked) - _MOST_MET)) if len(asked) > _MOST_MET else None
    head = element("h3", say.count("page.questions", len(asked)))
    return joined(head, element("ul", *lines, more, class_="questions"))


def _met(judged: Sequence[Judged], say: Phrases) -> Markup:
    """What is met, by heading."""
    headings: dict[str, list[str]] = {}
    for one in judged:
        asked = [asked.question for asked in one.asked if asked.question]
        headings.setdefault(say.named("heading", one.heading), []).extend(asked)
    lines = [
        (f"{heading} ({len(asked)})", element("code", questions_told(asked[:_MOST_MET], most=_MOST, more=say)))
        for heading, asked in headings.items()
    ]
    chip = element("span", say("standing.met"), class_="chip met")
    head = element("summary", chip, " ", say.count("page.met", len(judged)))
    return element("details", head, rows(lines), class_="item")
