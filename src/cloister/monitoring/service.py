"""Monitors, their runs and alerts in the database: the one door to their tables.

A run moves Requested -> Running -> Completed or Failed; nobody takes a run that another one has taken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, delete, insert, select, update

from cloister.errors import Fault
from cloister.monitoring import schedule
from cloister.monitoring.errors import ConflictError, NotFoundError
from cloister.monitoring.schedule import Monitor
from cloister.monitoring.tables import alerts, monitors, runs
from cloister.monitoring.values import Alert, MonitorRun, alerts_of

SCHEDULER = "schedule"
_SHOWN = 50


class RunState(StrEnum):
    """Where a run stands."""

    REQUESTED = "Requested"
    RUNNING = "Running"
    COMPLETED = "Completed"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A run with what it came to; `result` is None until it is completed."""

    id: int
    monitor: str
    requested_at: str
    requested_by: str
    state: RunState
    reason: str
    outcome: str
    result: MonitorRun | None


@dataclass(frozen=True, slots=True)
class MonitorStatus:
    """A monitor with its newest runs and alerts, newest first, the runs without their results."""

    monitor: Monitor
    is_enabled: bool
    next_due: str
    created_at: str
    created_by: str
    runs: tuple[RunStatus, ...]
    alerts: tuple[Alert, ...]


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


class MonitorService:
    """Changes and answers about monitors; each change is one transaction."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._now = now

    def create(self, monitor: Monitor, by: str) -> MonitorStatus:
        """Make or replace a monitor, as `az ml schedule create` does; it is enabled, and due by its trigger."""
        spec = schedule.MONITOR.dump_json(monitor).decode()
        row = {"spec": spec, "is_enabled": True, "next_due": _told(monitor.timing.first_due(self._now()))}
        with self._engine.begin() as connection:
            change = update(monitors).where(monitors.c.name == monitor.name)
            if connection.execute(change.values(**row, revision=monitors.c.revision + 1)).rowcount == 0:
                made = {"created_at": _stamp(self._now()), "created_by": by, "revision": 1}
                connection.execute(insert(monitors).values(name=monitor.name, **row, **made))
        return self.show(monitor.name)

    def show(self, name: str) -> MonitorStatus:
        """One monitor. Raises NotFoundError."""
        with self._engine.connect() as connection:
            return self._status(connection, self._row(connection, name))

    def list(self) -> tuple[MonitorStatus, ...]:
        """Every monitor, by name."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(monitors).order_by(monitors.c.name)).all()
            return tuple(self._status(connection, row) for row in rows)

    def delete(self, name: str) -> None:
        """Remove a monitor with its runs and alerts. Raises NotFoundError."""
        with self._engine.begin() as connection:
            row = self._row(connection, name)
            ours = select(runs.c.id).where(runs.c.monitor == row.name)
            connection.execute(delete(alerts).where(alerts.c.run.in_(ours)))
            connection.execute(delete(runs).where(runs.c.monitor == row.name))
            connection.execute(delete(monitors).where(monitors.c.name == row.name))

    def enable(self, name: str, *, is_enabled: bool) -> MonitorStatus:
        """Let the monitor's trigger count, or not. Raises NotFoundError."""
        with self._engine.begin() as connection:
            monitor = _monitor_of(self._row(connection, name))
            change = update(monitors).where(monitors.c.name == name)
            connection.execute(change.values(is_enabled=is_enabled, next_due=self._due(monitor) if is_enabled else ""))
        return self.show(name)

    def trigger(self, name: str, by: str) -> RunStatus:
        """Ask for a run now, whether or not the monitor is enabled. Raises NotFoundError."""
        with self._engine.begin() as connection:
            self._row(connection, name)
            number = self._request(connection, name, by)
        return self.show_run(number)

    def show_run(self, number: int) -> RunStatus:
        """One run with its result. Raises NotFoundError."""
        with self._engine.connect() as connection:
            row = connection.execute(select(runs).where(runs.c.id == number)).first()
        if row is None:
            mend = "see the runs of a monitor: cloister schedule show --name NAME"
            raise NotFoundError(Fault(f"run {number}", "does not exist", mend))
        return _run_of(row)

    def alerts(self, name: str = "") -> tuple[Alert, ...]:
        """The newest alerts, of one monitor or of all, newest first."""
        with self._engine.connect() as connection:
            return _alerts(connection, select(alerts.c.alert).where(alerts.c.monitor == name) if name else None)

    def request_due(self) -> int:
        """Ask for a run of each enabled monitor that is due, once, however late; answers with how many."""
        now, requested = _stamp(self._now()), 0
        with self._engine.begin() as connection:
            waiting = (monitors.c.is_enabled, monitors.c.next_due != "", monitors.c.next_due <= now)
            for row in connection.execute(select(monitors).where(*waiting)).all():
                this = (monitors.c.name == row.name, monitors.c.next_due == row.next_due)
                moved = update(monitors).where(*this).values(next_due=self._due(_monitor_of(row)))
                if connection.execute(moved).rowcount:
                    self._request(connection, row.name, SCHEDULER)
                    requested += 1
        return requested

    def take(self) -> RunStatus | None:
        """The oldest requested run, now Running; None where none waits."""
        with self._engine.begin() as connection:
            asked = select(runs).where(runs.c.state == RunState.REQUESTED.value).order_by(runs.c.id).limit(1)
            row = connection.execute(asked).first()
            if row is None:
                return None
            this = (runs.c.id == row.id, runs.c.state == RunState.REQUESTED.value)
            taken = connection.execute(update(runs).where(*this).values(state=RunState.RUNNING.value)).rowcount
        return self.show_run(row.id) if taken else None

    def give_back(self) -> int:
        """Ask anew for the runs that were running when their process died; answers with how many."""
        with self._engine.begin() as connection:
            left = update(runs).where(runs.c.state == RunState.RUNNING.value)
            return int(connection.execute(left.values(state=RunState.REQUESTED.value)).rowcount)

    def complete(self, number: int, result: MonitorRun) -> tuple[Alert, ...]:
        """Store what a run came to, and the alerts that it raises, which are returned."""
        told = schedule.RUN.dump_json(result).decode()
        with self._engine.begin() as connection:
            monitor = _monitor_of(self._row(connection, result.monitor))
            raised = alerts_of(result, frozenset(one.name for one in monitor.signals if not one.alerts))
            done = {"state": RunState.COMPLETED.value, "outcome": result.outcome.value, "result": told, "reason": ""}
            this = (runs.c.id == number, runs.c.state == RunState.RUNNING.value)
            if connection.execute(update(runs).where(*this).values(**done)).rowcount == 0:
                raise ConflictError(Fault(f"run {number}", "is not running", "trigger the monitor again"))
            for alert in raised:
                text = schedule.ALERT.dump_json(alert).decode()
                row = {"run": number, "monitor": result.monitor, "at": _stamp(alert.at), "alert": text}
                connection.execute(insert(alerts).values(**row))
        return raised

    def fail(self, number: int, reason: str) -> None:
        """Store why a run came to nothing."""
        with self._engine.begin() as connection:
            this = (runs.c.id == number, runs.c.state == RunState.RUNNING.value)
            connection.execute(update(runs).where(*this).values(state=RunState.FAILED.value, reason=reason))

    def _due(self, monitor: Monitor) -> str:
        return _told(monitor.timing.next_due(self._now()))

    def _request(self, connection: Connection, name: str, by: str) -> int:
        row = {"monitor": name, "requested_at": _stamp(self._now()), "requested_by": by}
        blank = {"state": RunState.REQUESTED.value, "reason": "", "outcome": "", "result": ""}
        inserted = connection.execute(insert(runs).values(**row, **blank)).inserted_primary_key
        return int(inserted[0]) if inserted else 0

    @staticmethod
    def _row(connection: Connection, name: str) -> Row[Any]:
        row = connection.execute(select(monitors).where(monitors.c.name == name)).first()
        if row is None:
            names = connection.scalars(select(monitors.c.name).order_by(monitors.c.name)).all()
            known = f"there are: {', '.join(names)}" if names else "create one: cloister schedule create --file FILE"
            raise NotFoundError(Fault(f'monitor "{name}"', "does not exist", known))
        return row

    @staticmethod
    def _status(connection: Connection, row: Row[Any]) -> MonitorStatus:
        past = select(runs).where(runs.c.monitor == row.name).order_by(runs.c.id.desc()).limit(_SHOWN)
        return MonitorStatus(
            monitor=_monitor_of(row),
            is_enabled=row.is_enabled,
            next_due=row.next_due,
            created_at=row.created_at,
            created_by=row.created_by,
            runs=tuple(_run_of(one, with_result=False) for one in connection.execute(past).all()),
            alerts=_alerts(connection, select(alerts.c.alert).where(alerts.c.monitor == row.name)),
        )


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _told(moment: datetime | None) -> str:
    return _stamp(moment) if moment else ""


def _monitor_of(row: Row[Any]) -> Monitor:
    monitor: Monitor = schedule.build(schedule.MONITOR, row.spec)
    return monitor


def _run_of(row: Row[Any], *, with_result: bool = True) -> RunStatus:
    result = schedule.build(schedule.RUN, row.result) if with_result and row.result else None
    told = (row.id, row.monitor, row.requested_at, row.requested_by, RunState(row.state), row.reason, row.outcome)
    return RunStatus(*told, result)


def _alerts(connection: Connection, chosen: Select[Any] | None) -> tuple[Alert, ...]:
    query = select(alerts.c.alert) if chosen is None else chosen
    rows = connection.scalars(query.order_by(alerts.c.id.desc()).limit(_SHOWN)).all()
    return tuple(schedule.build(schedule.ALERT, text) for text in rows)
