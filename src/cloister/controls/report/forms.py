"""The forms of a report by name, each loaded when it is wanted."""

from cloister.controls.report.report import Report


def write(report: Report, form: str) -> str:
    """The report as `text`, `json` or `sarif`, with a line break at its end."""
    if form == "json":
        from cloister.controls.report.as_json import as_json  # noqa: PLC0415 - only the wanted form is loaded

        return as_json(report)
    if form == "sarif":
        from cloister.controls.report.sarif import sarif  # noqa: PLC0415 - as above

        return sarif(report)
    from cloister.controls.report.text import text  # noqa: PLC0415 - as above

    return text(report)


def change_of(report: Report, way: str) -> str:
    """The change of a way out as a document, with comments that say what it is; SpecError where there is none such."""
    from cloister.controls.report.change import change  # noqa: PLC0415 - as above

    return change(report, way)


def last_line(report: Report) -> str:
    """The one line that sums the report up."""
    from cloister.controls.report.text import summary  # noqa: PLC0415 - as above

    return summary(report)
