"""The change of a way out as a part of cloister.yaml."""

from cloister.controls.report.report import Report
from cloister.errors import Fault, SpecError
from cloister.sources.expanded import members_text


def change(report: Report, name: str) -> str:
    """The document to lay over the one that was checked; raises SpecError with the ways out that there are."""
    ways = {way.full_name: way for lesson in report.lessons for way in lesson.ways}
    if name not in ways:
        known = ", ".join(ways) or "nothing: no known-bad environment is recognised here"
        raise SpecError(Fault(f'way out "{name}"', "is not one of this environment", f"write {known}"))
    way = ways[name]
    head = f"# {way.title[0].upper()}{way.title[1:]}.\n# Cost: {way.cost}.\n# Effect: {way.effect}.\n"
    return head + members_text(dict(way.change))
