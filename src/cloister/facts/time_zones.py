"""Time zones by the names that Windows has, as Azure's schedules write them, and by those of the IANA."""

from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cloister.errors import Fault, SpecError
from cloister.facts.tables import read_table


@dataclass(frozen=True, slots=True)
class _Row:
    windows: str
    iana: str
    source: str
    read: str


@cache
def iana_of(name: str) -> str:
    """The IANA's name of a zone that is named either way. Raises SpecError on a zone that there is not."""
    zone = {row.windows: row.iana for row in read_table("time_zones", _Row)}.get(name, name)
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        mend = 'write "Europe/Berlin", or "W. Europe Standard Time"'
        raise SpecError(Fault(f'time zone "{name[:60]}"', "does not exist", mend)) from error
    return zone
