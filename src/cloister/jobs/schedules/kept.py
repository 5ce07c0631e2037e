"""Schedules in the database, by name. A tick is one conditional UPDATE: of several agents one makes it."""

import json
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from cloister.access.principals import Principal
from cloister.errors import Fault, SpecError
from cloister.jobs.errors import MissingError
from cloister.jobs.planning.plan import Plan
from cloister.jobs.planning.plan_json import from_json, to_json
from cloister.jobs.records.clock import Clock
from cloister.jobs.schedules.schedule import Schedule, schedule_from, schedule_to_json
from cloister.jobs.schedules.tables import SCHEDULE

# Each may be due every minute, and all are looked at one after the other.
_MOST_OF_ONE_PERSON = 200


@dataclass(frozen=True, slots=True)
class KeptSchedule:
    """A schedule with what it runs, as whom, and where it stands."""

    schedule: Schedule
    plan: Plan
    snapshot: str
    owner: str
    principal: Principal
    enabled: bool
    next_due: datetime | None
    last_job: str
    reason: str
    created_at: datetime


class Schedules:
    """The rows. `clock` gives seconds since 1970."""

    def __init__(self, engine: sa.Engine, clock: Clock = time.time) -> None:
        self._engine = engine
        self._clock = clock

    @property
    def now(self) -> datetime:
        """The present moment."""
        return datetime.fromtimestamp(self._clock(), UTC)

    def put(self, schedule: Schedule, plan: Plan, snapshot: str, owner: str, principal: Principal) -> KeptSchedule:
        """Make the schedule, or replace the one of its name; it is enabled, and due by its trigger.

        Raises SpecError where its owner has as many others as one person may.
        """
        row: dict[str, object] = {"schedule": schedule_to_json(schedule), "plan": to_json(plan), "snapshot": snapshot}
        row |= {"owner": owner, "principal": json.dumps(asdict(principal)), "enabled": True, "reason": ""}
        row["next_due"] = _stamp(schedule.timing.first_due(self.now))
        others = sa.select(sa.func.count()).where(SCHEDULE.c.owner == owner, SCHEDULE.c.name != schedule.name)
        with self._engine.begin() as connection:
            there = connection.execute(sa.update(SCHEDULE).where(SCHEDULE.c.name == schedule.name).values(row))
            if connection.execute(others).scalar_one() >= _MOST_OF_ONE_PERSON:
                reason = f"would be one more than the {_MOST_OF_ONE_PERSON} that a person may have"
                raise SpecError(Fault(f'schedule "{schedule.name}"', reason, "delete one: cloister schedule delete"))
            if there.rowcount == 0:
                made = {"name": schedule.name, "last_job": "", "created_at": self._clock()}
                connection.execute(sa.insert(SCHEDULE).values(row | made))
        return self.find(schedule.name)

    def find(self, name: str) -> KeptSchedule:
        """The schedule of that name. Raises MissingError."""
        found = self._select(SCHEDULE.c.name == name)
        if not found:
            raise _missing(name)
        return found[0]

    def owner(self, name: str) -> str | None:
        """Whose schedule it is; None where there is none."""
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(SCHEDULE.c.owner).where(SCHEDULE.c.name == name)).scalar()
        return None if found is None else str(found)

    def all(self) -> tuple[KeptSchedule, ...]:
        """Every schedule, by name."""
        return self._select(sa.true())

    def due(self) -> tuple[str, ...]:
        """The names of the enabled schedules whose time has come, the one that waits longest first."""
        query = sa.select(SCHEDULE.c.name).where(SCHEDULE.c.enabled & (SCHEDULE.c.next_due <= self._clock()))
        with self._engine.connect() as connection:
            return tuple(connection.execute(query.order_by(SCHEDULE.c.next_due, SCHEDULE.c.name)).scalars())

    def enable(self, name: str, *, enabled: bool) -> KeptSchedule:
        """Let its trigger count from now on, or not. Raises MissingError."""
        due = self.find(name).schedule.timing.next_due(self.now) if enabled else None
        self._change(SCHEDULE.c.name == name, enabled=enabled, next_due=_stamp(due), reason="")
        return self.find(name)

    def pause(self, kept: KeptSchedule, reason: str) -> None:
        """Let its trigger not count until somebody enables it again, and keep the reason."""
        here = (SCHEDULE.c.name == kept.schedule.name, SCHEDULE.c.next_due == _stamp(kept.next_due))
        self._change(*here, enabled=False, next_due=None, reason=reason)

    def pause_unread(self, name: str, reason: str) -> None:
        """The same of one that is due, and that nobody can make sense of."""
        here = (SCHEDULE.c.name == name, SCHEDULE.c.next_due <= self._clock())
        self._change(*here, enabled=False, next_due=None, reason=reason)

    def pass_over(self, kept: KeptSchedule, reason: str) -> None:
        """Let one time go by, and keep the reason."""
        with self._engine.begin() as connection:
            self.take_turn(connection, kept, "", reason)

    def take_turn(self, connection: sa.Connection, kept: KeptSchedule, job: str, reason: str = "") -> bool:
        """Set the schedule to its next time, within a transaction; False where somebody else has, or changed it.

        However many times went by, they are one. The next time is never before one that was, wherever the clock stands.
        """
        name, due = kept.schedule.name, kept.next_due
        here = (SCHEDULE.c.name == name, SCHEDULE.c.enabled, SCHEDULE.c.next_due == _stamp(due))
        after = self.now if due is None else max(self.now, due)
        values: dict[str, object] = {"next_due": _stamp(kept.schedule.timing.next_due(after)), "reason": reason}
        values |= {"last_job": job} if job else {}
        unchanged = SCHEDULE.c.schedule == schedule_to_json(kept.schedule)
        return connection.execute(sa.update(SCHEDULE).where(*here, unchanged).values(values)).rowcount == 1

    def note_job(self, name: str, job: str) -> None:
        """Keep the newest job of a schedule."""
        self._change(SCHEDULE.c.name == name, last_job=job)

    def delete(self, name: str) -> None:
        """Remove the schedule; its jobs stay. Raises MissingError."""
        with self._engine.begin() as connection:
            if connection.execute(sa.delete(SCHEDULE).where(SCHEDULE.c.name == name)).rowcount == 0:
                raise _missing(name)

    def _change(self, *here: "sa.ColumnElement[bool]", **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.update(SCHEDULE).where(*here).values(values))

    def _select(self, here: "sa.ColumnElement[bool]") -> tuple[KeptSchedule, ...]:
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(SCHEDULE).where(here).order_by(SCHEDULE.c.name)).mappings().all()
        return tuple(_kept(row) for row in rows)


def _kept(row: sa.RowMapping) -> KeptSchedule:
    due = row["next_due"]
    return KeptSchedule(
        schedule=schedule_from(row["schedule"]),
        plan=from_json(row["plan"]),
        snapshot=row["snapshot"],
        owner=row["owner"],
        principal=_principal(json.loads(row["principal"])),
        enabled=row["enabled"],
        next_due=None if due is None else datetime.fromtimestamp(due, UTC),
        last_job=row["last_job"],
        reason=row["reason"],
        created_at=datetime.fromtimestamp(row["created_at"], UTC),
    )


def _principal(told: dict[str, object]) -> Principal:
    groups, tags = told.pop("groups"), told.pop("tags")
    pairs = tuple((str(key), str(value)) for key, value in tags)  # type: ignore[attr-defined]  # JSON of ours
    return Principal(**told, groups=tuple(groups), tags=pairs)  # type: ignore[arg-type]  # JSON of ours


def _stamp(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _missing(name: str) -> MissingError:
    return MissingError(Fault(f'schedule "{name}"', "there is none of that name", "see: cloister schedule list"))
