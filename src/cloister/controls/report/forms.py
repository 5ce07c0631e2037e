"""The forms of a report by name, each loaded when it is wanted."""

from collections.abc import Callable
from importlib import import_module

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


def write(report: Report, form: str, language: str = ENGLISH) -> str:
    """The report in one of the forms, with a line break at its end."""
    module, _, name = FORMS[form].partition(":")
    writer: Callable[[Report, Phrases], str] = getattr(import_module(module), name)
    return writer(report, phrases(language))


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
