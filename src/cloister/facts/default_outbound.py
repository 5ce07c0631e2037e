"""Whether a subnet has default outbound access where nobody says so: by what created its network, and when."""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table

UNSTATED = "azurerm"
"""The tool whose default is taken where nothing is stated: this file format speaks its words."""


@dataclass(frozen=True, slots=True)
class DefaultOutbound:
    """What a tool gives to networks that it creates, since a version of its own or, where that is empty, always."""

    tool: str
    since: str
    access: str
    text: str
    source: str
    read: str

    @property
    def open(self) -> bool:
        """Whether there is default outbound access."""
        return self.access == "true"


@cache
def default_outbounds() -> tuple[DefaultOutbound, ...]:
    """All rows, those of one tool with the oldest first."""
    return read_table("default_outbound", DefaultOutbound)


def default_outbound(tool: str | None, version: str | None) -> DefaultOutbound | None:
    """What the tool gave with that version. None where it depends on a version that is not known.

    Versions are days, so that the later one is the greater text; a preview counts as the version of its day.
    """
    rows = [row for row in default_outbounds() if row.tool == (tool or UNSTATED)]
    if version is None:
        return rows[0] if len(rows) == 1 else None
    return next(row for row in reversed(rows) if row.since <= version[:10])
