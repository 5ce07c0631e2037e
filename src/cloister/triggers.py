"""When a schedule is due: cron expressions and recurrences, as Azure Machine Learning's schedules have them. Pure."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from cloister.errors import Fault, SpecError

Frequency = Literal["minute", "hour", "day", "week", "month"]
WEEK_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
_PART = re.compile(r"(?P<from>\*|\d+)(?:-(?P<to>\d+))?(?:/(?P<step>\d+))?")
_HOURS = 24
# Calendars are counted far beyond any schedule, and still end before Python's do.
_YEARS = range(1970, 9000)
_MOST = 1_000_000
# Every number of every field once.
_LONGEST = 500
# No date repeats later than the 29th of February does.
_HORIZON = timedelta(days=366 * 9)


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression of five fields, read in a time zone."""

    expression: str
    zone: str = "UTC"

    def __post_init__(self) -> None:
        _sets(self.expression)
        if found := _faults_of_zone(self.zone):
            raise SpecError(found)

    def __str__(self) -> str:
        return self.expression

    def next_after(self, moment: datetime) -> datetime | None:
        """The first minute after `moment` that the expression names, in UTC; None where there is none."""
        minutes, hours, days, months, weekdays = _sets(self.expression)
        fields = self.expression.split()
        any_day, any_weekday = fields[2].startswith("*"), fields[4].startswith("*")
        for day in _days_from(moment.astimezone(ZoneInfo(self.zone))):
            in_month, in_week = day.day in days, day.isoweekday() % 7 in weekdays
            # Vixie cron: where both days are restricted, one of them is enough.
            is_named = (in_month and in_week) if any_day or any_weekday else (in_month or in_week)
            if day.month not in months or not is_named:
                continue
            if later := [due for due in _times(day, hours, minutes) if due > moment]:
                return min(later)
        return None


def _sets(expression: str) -> tuple[frozenset[int], ...]:
    if len(expression) > _LONGEST:
        reason = f"is longer than {_LONGEST} characters"
        raise SpecError(Fault(f'cron expression "{expression[:40]}"', reason, "write ranges: 0-29"))
    parts = expression.split()
    if len(parts) != len(_FIELDS):
        mend = "write minute, hour, day of month, month, day of week: 15 3 * * *"
        raise SpecError(Fault(f'cron expression "{expression}"', f"has {len(parts)} fields, and needs 5", mend))
    faults: list[Fault] = []
    sets = []
    for part, (name, low, high) in zip(parts, _FIELDS, strict=True):
        values = _values(part, low, high)
        if values is None:
            reason = f'"{part}" is no {name}'
            faults.append(Fault(f'cron expression "{expression}"', reason, f"write *, or numbers from {low} to {high}"))
        sets.append(values or frozenset())
    if faults:
        raise SpecError(faults)
    sets[4] = frozenset(day % 7 for day in sets[4])
    return tuple(sets)


def _values(text: str, low: int, high: int) -> frozenset[int] | None:
    values: set[int] = set()
    for piece in text.split(","):
        match = _PART.fullmatch(piece)
        if match is None:
            return None
        step = int(match["step"] or 1)
        first = low if match["from"] == "*" else int(match["from"])
        last = int(match["to"]) if match["to"] else high if match["from"] == "*" or match["step"] else first
        if step < 1 or first < low or last > high or first > last or (match["from"] == "*" and match["to"]):
            return None
        values |= set(range(first, last + 1, step))
    return frozenset(values)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Every `interval` minutes, hours, days, weeks or months from `start`; days can be narrowed to hours and days."""

    frequency: Frequency
    interval: int
    start: datetime
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    week_days: tuple[str, ...] = ()
    month_days: tuple[int, ...] = ()
    zone: str = "UTC"

    def __post_init__(self) -> None:
        faults = [*_faults_of_zone(self.zone), *faults_of_time(self.start)]
        if not 1 <= self.interval <= _MOST:
            faults.append(Fault("trigger", f"the interval is not from 1 to {_MOST}", "write one that is"))
        bounds = (("hours", self.hours, 0, 23), ("minutes", self.minutes, 0, 59), ("days", self.month_days, 1, 31))
        for name, values, low, high in bounds:
            if any(not low <= one <= high for one in values):
                faults.append(Fault("trigger", f"{name} are out of bounds", f"write {low} to {high}"))
            if len(values) > high - low + 1:
                faults.append(Fault("trigger", f"{name} are more than there are", "write each once"))
        if unknown := sorted(set(self.week_days) - set(WEEK_DAYS)):
            faults.append(Fault("trigger", f"{', '.join(unknown)} is no day of the week", "write monday, tuesday, ..."))
        if faults:
            raise SpecError(faults)

    def __str__(self) -> str:
        days = ", ".join((*self.week_days, *map(str, self.month_days)))
        times = ", ".join(f"{hour}:{minute:02}" for hour in self.hours for minute in self.minutes)
        every = f"every {self.interval} {self.frequency}s" if self.interval > 1 else f"every {self.frequency}"
        return every + (f" on {days}" if days else "") + (f" at {times}" if times else "")

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time after `moment`, in UTC; None where there is none."""
        if self.frequency in ("minute", "hour"):
            step = timedelta(**{f"{self.frequency}s": self.interval})
            return self.start + max(0, (moment - self.start) // step + 1) * step
        zone = ZoneInfo(self.zone)
        start = self.start.astimezone(zone)
        for day in _days_from(max(moment, self.start - timedelta(seconds=1)).astimezone(zone)):
            if not self._names_day(day, start):
                continue
            times = _times(day, self.hours or (start.hour,), self.minutes or (start.minute,))
            first = self.start.replace(second=0, microsecond=0)
            if later := [due for due in times if due > moment and due >= first]:
                return min(later)
        return None

    def _names_day(self, day: datetime, start: datetime) -> bool:
        distance = (day.date() - start.date()).days
        if self.frequency == "day":
            return distance >= 0 and distance % self.interval == 0
        if self.frequency == "week":
            weeks = (day.date() - (start.date() - timedelta(days=start.weekday()))).days // 7
            return weeks % self.interval == 0 and WEEK_DAYS[day.weekday()] in (
                self.week_days or (WEEK_DAYS[start.weekday()],)
            )
        months = (day.year - start.year) * 12 + day.month - start.month
        return months >= 0 and months % self.interval == 0 and day.day in (self.month_days or (start.day,))


Trigger = Cron | Recurrence


def faults_of_time(moment: datetime) -> list[Fault]:
    """What is wrong with a moment that times are counted from; nothing where it is a sound one."""
    if moment.tzinfo is None:
        return [Fault("a time", "has no zone", "add the offset: +00:00")]
    if moment.year not in _YEARS:
        return [Fault("a time", f"is in the year {moment.year}", f"give one from {_YEARS[0]} to {_YEARS[-1]}")]
    return []


def _faults_of_zone(zone: str) -> list[Fault]:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return [Fault("time zone", f'there is none named "{zone[:40]}"', "name one of the IANA's: Europe/Berlin")]
    return []


def _times(day: datetime, hours: Collection[int], minutes: Collection[int]) -> Iterator[datetime]:
    """The times of a day in UTC. What a change of the clock leaves out comes as much later; of an hour that comes
    twice the first counts, except where every hour is meant.
    """
    folds = (0, 1) if len(set(hours)) == _HOURS else (0,)
    for hour in hours:
        for minute in minutes:
            for fold in folds:
                yield day.replace(hour=hour, minute=minute, fold=fold).astimezone(UTC)


def _days_from(moment: datetime) -> Iterator[datetime]:
    """The midnights of the day of `moment` and of those after it, in its time zone."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    last = day + _HORIZON
    while day < last:
        yield day
        day += timedelta(days=1)
