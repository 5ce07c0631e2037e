"""The names of service tags, as the documentation and the published files list them."""

from dataclasses import dataclass

from cloister.facts.tables import read_table


@dataclass(frozen=True, slots=True)
class ServiceTag:
    """The name of a tag, without the name of a region behind it."""

    tag: str
    source: str
    read: str


def service_tags() -> tuple[ServiceTag, ...]:
    """Every tag that was listed when the rows were read; Microsoft adds new ones without notice."""
    return read_table("service_tags", ServiceTag)
