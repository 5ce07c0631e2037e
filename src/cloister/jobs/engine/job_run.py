"""One job in the memory of the process that owns it: its steps' ends, to be waited for."""

import asyncio
from collections.abc import Mapping

from cloister.jobs.planning.plan import Plan
from cloister.jobs.records.jobs import JobRecord
from cloister.jobs.records.status import StepStatus


class JobRun:
    """Made and waited for in one event loop; told of what has ended from any thread."""

    def __init__(self, record: JobRecord) -> None:
        self.owner = record.ownership
        self.record = record
        self.is_canceled = False
        self.ends_seen = 0
        self._loop = asyncio.get_running_loop()
        self._ends: dict[str, asyncio.Future[StepStatus | None]] = {}
        self._is_abandoned = False

    @property
    def plan(self) -> Plan:
        """What runs."""
        return self.record.plan

    def ended(self, step: str) -> "asyncio.Future[StepStatus | None]":
        """How the step ends; None where the job is another owner's before that."""
        if step not in self._ends:
            self._ends[step] = self._loop.create_future()
            if self._is_abandoned:
                self._ends[step].set_result(None)
        return self._ends[step]

    def note(self, ended: Mapping[str, StepStatus]) -> None:
        """Wake those who wait for the steps that have ended."""
        self._loop.call_soon_threadsafe(self._note, dict(ended))

    def abandon(self) -> None:
        """Wake all who wait: the job is another owner's."""
        self._loop.call_soon_threadsafe(self._abandon)

    def _note(self, ended: Mapping[str, StepStatus]) -> None:
        for step, status in ended.items():
            if not (end := self.ended(step)).done():
                end.set_result(status)

    def _abandon(self) -> None:
        self._is_abandoned = True
        for end in self._ends.values():
            if not end.done():
                end.set_result(None)
