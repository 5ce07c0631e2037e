from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from cloister.errors import SpecError
from cloister.triggers import Cron, Recurrence, Trigger


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# 22 November 2026 is a Sunday.
NOW = "2026-11-22T12:34:56"
START = at("2026-11-22T06:15:00")


@pytest.mark.parametrize(
    ("trigger", "moment", "due"),
    [
        (Cron("15 3 * * *"), NOW, "2026-11-23T03:15:00"),
        (Cron("* * * * *"), NOW, "2026-11-22T12:35:00"),
        (Cron("*/15 * * * *"), NOW, "2026-11-22T12:45:00"),
        (Cron("35 12 * * *"), NOW, "2026-11-22T12:35:00"),
        (Cron("34 12 * * *"), NOW, "2026-11-23T12:34:00"),
        (Cron("0 9-17/4 * * 1-5"), NOW, "2026-11-23T09:00:00"),
        (Cron("0 0 * * 7"), NOW, "2026-11-29T00:00:00"),
        (Cron("0 0 1 * *"), NOW, "2026-12-01T00:00:00"),
        (Cron("0 0 29 2 *"), NOW, "2028-02-29T00:00:00"),
        (Cron("0 0 31 2 *"), NOW, None),
        # Vixie cron: where day of month and day of week are both restricted, one of them is enough.
        (Cron("0 0 1 * 2"), NOW, "2026-11-24T00:00:00"),
        (Cron("15 3 * * *", "Europe/Berlin"), NOW, "2026-11-23T02:15:00"),
        # Berlin's clock jumps from 2 to 3 on 29 March 2026, and from 3 back to 2 on 25 October.
        (Cron("30 2 * * *", "Europe/Berlin"), "2026-03-28T12:00:00", "2026-03-29T01:30:00"),
        (Cron("15,45 2,3 * * *", "Europe/Berlin"), "2026-03-29T00:00:00", "2026-03-29T01:15:00"),
        (Cron("30 2 * * *", "Europe/Berlin"), "2026-10-24T12:00:00", "2026-10-25T00:30:00"),
        (Cron("30 2 * * *", "Europe/Berlin"), "2026-10-25T00:30:00", "2026-10-26T01:30:00"),
        (Cron("0 * * * *", "Europe/Berlin"), "2026-10-25T00:00:00", "2026-10-25T01:00:00"),
        (Cron("0 * * * *", "Europe/Berlin"), "2026-03-29T00:00:00", "2026-03-29T01:00:00"),
        (Recurrence("day", 1, START, (2,), (30,), zone="Europe/Berlin"), "2027-03-27T12:00:00", "2027-03-28T01:30:00"),
        (Recurrence("minute", 10, START), NOW, "2026-11-22T12:35:00"),
        (Recurrence("hour", 6, START), NOW, "2026-11-22T18:15:00"),
        (Recurrence("hour", 1, at("2027-01-01T00:00:00")), NOW, "2027-01-01T00:00:00"),
        (Recurrence("day", 1, START), NOW, "2026-11-23T06:15:00"),
        (Recurrence("day", 1, START, hours=(3, 21), minutes=(15,)), NOW, "2026-11-22T21:15:00"),
        (Recurrence("day", 3, START), NOW, "2026-11-25T06:15:00"),
        (Recurrence("week", 1, START, week_days=("wednesday",)), NOW, "2026-11-25T06:15:00"),
        (Recurrence("week", 2, START), NOW, "2026-12-06T06:15:00"),
        (Recurrence("month", 1, START, month_days=(1, 15)), NOW, "2026-12-01T06:15:00"),
        (Recurrence("month", 2, START), NOW, "2027-01-22T06:15:00"),
    ],
)
def test_when_a_schedule_is_due(trigger: Trigger, moment: str, due: str | None) -> None:
    assert trigger.next_after(at(moment)) == (at(due) if due else None)


@pytest.mark.parametrize(
    ("expression", "reasons"),
    [
        ("15 3 * *", ["has 4 fields, and needs 5"]),
        ("60 24 * * *", ['"60" is no minute', '"24" is no hour']),
        ("a * * * *", ['"a" is no minute']),
        ("*/0 * * * *", ['"*/0" is no minute']),
        ("5-1 * * * *", ['"5-1" is no minute']),
        ("* * 0 13 8", ['"0" is no day of month', '"13" is no month', '"8" is no day of week']),
        ("0,1" * 200 + " * * * *", ["is longer than 500 characters"]),
    ],
)
def test_expressions_that_are_refused(expression: str, reasons: list[str]) -> None:
    with pytest.raises(SpecError) as caught:
        Cron(expression)
    assert [one.reason for one in caught.value.faults] == reasons


def test_a_recurrence_without_sense_is_refused() -> None:
    with pytest.raises(SpecError) as caught:
        Recurrence("week", 0, START, hours=(24,), minutes=(60,), week_days=("someday",))
    assert [one.reason for one in caught.value.faults] == [
        "the interval is not from 1 to 1000000",
        "hours are out of bounds",
        "minutes are out of bounds",
        "someday is no day of the week",
    ]


MANY = tuple(range(24)) * 2
ABSURD: list[tuple[Callable[[], object], str]] = [
    (lambda: Cron("* * * * *", "Nowhere/X"), 'there is none named "Nowhere/X"'),
    (lambda: Cron("* * * * *", "../../etc/passwd"), 'there is none named "../../etc/passwd"'),
    (lambda: Cron("* * * * *", "Europe"), 'there is none named "Europe"'),
    (lambda: Recurrence("hour", 10**9, START), "the interval is not from 1 to 1000000"),
    (lambda: Recurrence("day", 1, START.replace(tzinfo=None)), "has no zone"),
    (lambda: Recurrence("day", 1, START.replace(year=9999)), "is in the year 9999"),
    (lambda: Recurrence("day", 1, START.replace(year=1)), "is in the year 1"),
    (lambda: Recurrence("day", 1, START, hours=MANY), "hours are more than there are"),
    (lambda: Recurrence("month", 1, START, month_days=(32,)), "days are out of bounds"),
]


@pytest.mark.parametrize(("make", "reason"), ABSURD, ids=[row[1] for row in ABSURD])
def test_a_trigger_that_could_not_be_counted_with_is_none(make: Callable[[], object], reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        make()
    assert [one.reason for one in caught.value.faults] == [reason]
