"""The report's first part for people: the known-bad environments that this one is; a healthy one has no such part."""

from collections.abc import Iterator

from cloister.ask.lessons.values import Lesson, WayOut
from cloister.controls.report.report import Report
from cloister.controls.report.wrapping import wrapped

_MARGIN = " " * 6


def diagnosis(report: Report) -> Iterator[str]:
    """Each lesson with its cause, the step that shows it, the rule behind it, and its ways out."""
    if report.lessons:
        yield "diagnosis"
    for lesson in report.lessons:
        yield from _told(lesson, report.file)


def _told(lesson: Lesson, file: str) -> Iterator[str]:
    step = lesson.step
    where = f" ({step.rule.origin})" if step.rule and step.rule.origin else ""
    yield from wrapped(lesson.name, "  !!  ", _MARGIN)
    yield from _item("cause", lesson.cause)
    yield from _item("shown by", f"{step.layer.value} at {step.at}: {step.text}{where}")
    yield from _item("behind it", lesson.root)
    for way in lesson.ways:
        yield from _way_out(way, file)


def _way_out(way: WayOut, file: str) -> Iterator[str]:
    yield from _item("way out", way.title)
    yield from _item("  cost", way.cost)
    yield from _item("  effect", way.effect)
    yield from _item("  change", f"cloister check {file} --way-out {way.full_name}")


def _item(label: str, words: str) -> Iterator[str]:
    yield from wrapped(words, f"{_MARGIN}{label:<11}", f"{_MARGIN}{'':<11}")
