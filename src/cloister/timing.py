"""When a schedule is due, from what its author wrote: one reading for schedules of jobs and for monitors. Pure.

The words are those of Azure Machine Learning's triggers. Time zones go by Windows' names or the IANA's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from cloister.errors import Fault, SpecError
from cloister.facts.time_zones import iana_of
from cloister.triggers import Cron, Frequency, Recurrence, Trigger, faults_of_time


@dataclass(frozen=True, slots=True)
class Timing:
    """A trigger, and from when to when it counts, in UTC; `zone` is the time zone as its author wrote it.

    With `at_once` it is due when the schedule is made, as a recurrence without a start has it.
    """

    trigger: Trigger
    start: datetime | None = None
    end: datetime | None = None
    zone: str = "UTC"
    at_once: bool = False

    def __post_init__(self) -> None:
        if found := [fault for moment in (self.start, self.end) if moment for fault in faults_of_time(moment)]:
            raise SpecError(found)
        if self.start is not None and self.end is not None and self.end <= self.start:
            reason = f"ends at {self.end.isoformat()}, which is not after its start"
            raise SpecError(Fault("trigger", reason, "give a later end_time"))

    def first_due(self, now: datetime) -> datetime | None:
        """When it is due first, for a schedule that is made now; None where it is over."""
        return now if self.at_once and self.start is None and self._lasts(now) else self.next_due(now)

    def next_due(self, moment: datetime) -> datetime | None:
        """The first time after `moment` that it is due; None where there is none."""
        earliest = moment if self.start is None else max(moment, self.start - timedelta(microseconds=1))
        due = self.trigger.next_after(earliest)
        return due if due is not None and self._lasts(due) else None

    def _lasts(self, moment: datetime) -> bool:
        return self.end is None or moment <= self.end


@dataclass(frozen=True, slots=True)
class WrittenTrigger:
    """A trigger as it is written. A time without an offset is of the zone."""

    type: Literal["cron", "recurrence"]
    expression: str = ""
    frequency: Frequency | None = None
    interval: int | None = None
    hours: Sequence[int] = ()
    minutes: Sequence[int] = ()
    week_days: Sequence[str] = ()
    month_days: Sequence[int] = ()
    start_time: datetime | str | None = None
    end_time: datetime | str | None = None
    time_zone: str = "UTC"

    def timing(self, now: datetime) -> Timing:
        """When it is due; `now` is when a recurrence without a start begins. Raises SpecError."""
        zone = iana_of(self.time_zone)
        start, end = (_moment(written, zone) for written in (self.start_time, self.end_time))
        trigger = self._cron(zone) if self.type == "cron" else self._recurrence(start or now, zone)
        at_once = start is None and isinstance(trigger, Recurrence) and not (trigger.hours or trigger.minutes)
        return Timing(trigger, start, end, self.time_zone, at_once)

    def _cron(self, zone: str) -> Cron:
        if not self.expression:
            raise SpecError(Fault("trigger", "a cron trigger needs an expression", 'write expression: "15 3 * * *"'))
        return Cron(self.expression, zone)

    def _recurrence(self, start: datetime, zone: str) -> Recurrence:
        if self.frequency is None or self.interval is None:
            mend = "write frequency: day and interval: 1"
            raise SpecError(Fault("trigger", "a recurrence needs frequency and interval", mend))
        return Recurrence(
            frequency=self.frequency,
            interval=self.interval,
            start=start.replace(microsecond=0).astimezone(UTC),
            hours=tuple(self.hours),
            minutes=tuple(self.minutes),
            week_days=tuple(self.week_days),
            month_days=tuple(self.month_days),
            zone=zone,
        )


def _moment(written: datetime | str | None, zone: str) -> datetime | None:
    """The time in UTC; one without an offset is of the schedule's zone."""
    if written is None:
        return None
    try:
        moment = datetime.fromisoformat(written) if isinstance(written, str) else written
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise SpecError(Fault(f'time "{written}"', "is none", "write 2026-11-22T03:15:00")) from error
