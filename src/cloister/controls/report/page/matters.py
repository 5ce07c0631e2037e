"""The page's parts on what matters most, and on known-bad environments."""

from collections.abc import Iterable

from cloister.ask.lessons.values import Lesson, WayOut
from cloister.controls.control import Severity
from cloister.controls.report.matters_told import Told, told
from cloister.controls.report.page.markup import Content, Markup, element, joined
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report


def matters_part(report: Report, say: Phrases) -> Markup | None:
    """The matters with the worst consequence, each with its way, cause and mend."""
    found, left = told(report, say)
    if not found or report.narrowed:
        return None
    listed = element("ol", *(_matter(one, say) for one in found), class_="matters")
    return joined(listed, element("p", say("matters.more", count=left), class_="hint") if left else None)


def diagnosis_part(report: Report, say: Phrases) -> Markup | None:
    """Each lesson that the environment teaches, with its ways out."""
    if not report.lessons:
        return None
    return joined(*(_lesson(lesson, report.file, say) for lesson in report.lessons))


def severity_chip(severity: Severity, say: Phrases) -> Markup:
    """The severity as a word in its colour."""
    return element("span", say(f"severity.{severity.value}"), class_=f"chip {severity.value}")


def rows(pairs: Iterable[tuple[str, Content]]) -> Markup:
    """Labels with what is said under them."""
    told_rows = (joined(element("dt", label), element("dd", content)) for label, content in pairs)
    return element("dl", *told_rows)


def _matter(one: Told, say: Phrases) -> Markup:
    head = element("h3", severity_chip(one.severity, say), " ", one.head)
    return element("li", head, rows(one.rows), class_=f"matter {one.severity.value}")


def _lesson(lesson: Lesson, file: str, say: Phrases) -> Markup:
    step = lesson.step
    where = f" ({step.rule.origin})" if step.rule and step.rule.origin else ""
    shown = f"{step.layer.value} at {step.at}: {step.text}{where}"
    causes = rows(
        [(say("lesson.cause"), lesson.cause), (say("lesson.shown by"), shown), (say("lesson.behind"), lesson.root)]
    )
    return element("article", element("h3", lesson.name), causes, *(_way_out(way, file, say) for way in lesson.ways))


def _way_out(way: WayOut, file: str, say: Phrases) -> Markup:
    command = element("code", f"cloister check {file} --way-out {way.full_name}")
    told_rows = rows(
        [(say("lesson.cost"), way.cost), (say("lesson.effect"), way.effect), (say("lesson.change"), command)]
    )
    return joined(element("h4", f"{say.capital('lesson.way out')}: {way.title}"), told_rows)
