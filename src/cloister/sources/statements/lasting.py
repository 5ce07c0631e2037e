"""For how long a statement may count: what nobody looks at again for years is no decision any more."""

from datetime import date, timedelta

from cloister.errors import Fault
from cloister.origin import Origin

_LONGEST = timedelta(days=366)


def lasts_too_long(thing: str, until: date, today: date, place: Origin) -> Fault | None:
    """The fault of a statement that would count for more than a year from today."""
    if until <= last_day(today):
        return None
    reason = f"until {until} is more than a year from {today}"
    return Fault(thing, reason, f"write {last_day(today)} or an earlier day, or state why_longer", place)


def last_day(today: date) -> date:
    """The last day until which a statement may count without a word about why."""
    return min(today, date.max - _LONGEST) + _LONGEST
