"""The forms of a report by name, each loaded when it is wanted."""

from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from typing import Any

from cloister.controls.report.phrases import ENGLISH, Phrases, phrases
from cloister.controls.report.report import Report

FORMS = {
    "text": "cloister.controls.report.text:text",
    "markdown": "cloister.controls.report.markdown:markdown",
    "json": "cloister.controls.report.as_json:as_json",
    "sarif": "cloister.controls.report.sarif:sarif",
    "junit": "cloister.controls.report.junit:junit",
}
"""Each form with the function that writes it from a report and the phrases of a language."""

STAMPED = {
    "ocsf": "cloister.controls.report.ocsf:ocsf",
    "syslog": "cloister.controls.report.syslog:syslog",
}
"""The forms that are events, which say when they were."""


def write(report: Report, form: str, language: str = ENGLISH) -> str:
    """The report in one of the forms, with a line break at its end."""
    writer: Callable[[Report, Phrases], str] = _writer(FORMS[form])
    return writer(report, phrases(language))


def write_events(report: Report, form: str, moment: datetime, language: str = ENGLISH) -> str:
    """The report as events of that moment, a line each."""
    writer: Callable[[Report, Phrases, datetime], str] = _writer(STAMPED[form])
    return writer(report, phrases(language), moment)


def _writer(place: str) -> Any:  # noqa: ANN401 - what is loaded by its name has no type
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def page_of(report: Report, drawing: str, language: str = ENGLISH) -> str:
    """The report as a page of HTML with the map, which is SVG that we drew."""
    from cloister.controls.report.page.page import page  # noqa: PLC0415 - only what is wanted is loaded

    return page(report, phrases(language), drawing)


def change_of(report: Report, way: str) -> str:
    """The change of a way out as a document, with comments that say what it is; SpecError where there is none such."""
    from cloister.controls.report.change import change  # noqa: PLC0415 - as above

    return change(report, way)


def last_line(report: Report, language: str = ENGLISH) -> str:
    """The one line that sums the report up."""
    from cloister.controls.report.summary import summary  # noqa: PLC0415 - as above

    return summary(report, phrases(language))
