"""Schedules of jobs from Python."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cloister.sdk.authoring import authored
from cloister.sdk.control import ControlClient
from cloister.sdk.jobs import Jobs

if TYPE_CHECKING:
    from cloister.jobs.reading.schedules import WrittenSchedule

Document = dict[str, Any]


class Schedules:
    """The schedules of jobs on a platform, as documents of its API."""

    def __init__(self, control: ControlClient, jobs: Jobs) -> None:
        self._control = control
        self._jobs = jobs

    def create(self, path: Path, overrides: Mapping[str, object] | None = None) -> Document:
        """Make a schedule from its YAML file, or replace the one of its name. Raises SpecError with every fault.

        What is said of the job, and of keys without effect, stands in `notes` of the document.
        """
        from cloister.jobs.reading.schedules import read_schedule  # noqa: PLC0415 - the SDK takes seconds to import
        from cloister.jobs.schedules.schedule import schedule_to_json  # noqa: PLC0415 - as above

        written = read_schedule(path, overrides or {}, datetime.now(UTC))
        runs = self._what_runs(written)
        body = {"schedule": json.loads(schedule_to_json(written.schedule)), **runs}
        made: Document = self._control.request("PUT", _path(written.schedule.name), json=body).json()
        return made | {"notes": [*written.notes, *made["notes"]]}

    def _what_runs(self, written: "WrittenSchedule") -> Document:
        if written.file is None:
            return {"job": written.job}
        with authored(written.file, written.replaced) as loaded:
            return {"plan": loaded.document, "snapshot": self._jobs.upload(loaded)}

    def show(self, name: str) -> Document:
        """The schedule of that name."""
        found: Document = self._control.request("GET", _path(name)).json()
        return found

    def list(self) -> tuple[Document, ...]:
        """The schedules that may be seen, by name."""
        return tuple(self._control.request("GET", "job-schedules").json()["schedules"])

    def enable(self, name: str, *, enabled: bool = True) -> Document:
        """Let its times count from now on, or not."""
        found: Document = self._control.request("POST", f"{_path(name)}/{'enable' if enabled else 'disable'}").json()
        return found

    def trigger(self, name: str) -> str:
        """Submit its job now; returns the job's name."""
        return str(self._control.request("POST", f"{_path(name)}/trigger").json()["job"])

    def delete(self, name: str) -> None:
        """Remove a schedule; its jobs stay."""
        self._control.request("DELETE", _path(name))


def _path(name: str) -> str:
    return f"job-schedules/{quote(name, safe='')}"
