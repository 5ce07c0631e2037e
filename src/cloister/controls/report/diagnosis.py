"""The report's part on the known-bad environments that this one is; a healthy one has no such part."""

from collections.abc import Iterator

from cloister.ask.lessons.values import Lesson, WayOut
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report
from cloister.controls.report.wrapping import padded, wrapped

_MARGIN = " " * 6
_LABELS = 11


def diagnosis(report: Report, say: Phrases) -> Iterator[str]:
    """Each lesson with its cause, the step that shows it, the rule behind it, and its ways out."""
    if report.lessons:
        yield say("diagnosis")
    for lesson in report.lessons:
        yield from _told(lesson, report.file, say)


def _told(lesson: Lesson, file: str, say: Phrases) -> Iterator[str]:
    step = lesson.step
    where = f" ({step.rule.origin})" if step.rule and step.rule.origin else ""
    yield from wrapped(lesson.name, "  !!  ", _MARGIN)
    yield from _item(say("lesson.cause"), lesson.cause)
    yield from _item(say("lesson.shown by"), f"{step.layer.value} at {step.at}: {step.text}{where}")
    yield from _item(say("lesson.behind"), lesson.root)
    for way in lesson.ways:
        yield from _way_out(way, file, say)


def _way_out(way: WayOut, file: str, say: Phrases) -> Iterator[str]:
    yield from _item(say("lesson.way out"), way.title)
    yield from _item(f"  {say('lesson.cost')}", way.cost)
    yield from _item(f"  {say('lesson.effect')}", way.effect)
    yield from _item(f"  {say('lesson.change')}", f"cloister check {file} --way-out {way.full_name}")


def _item(label: str, words: str) -> Iterator[str]:
    yield from wrapped(words, _MARGIN + padded(label, _LABELS), _MARGIN + " " * _LABELS)
