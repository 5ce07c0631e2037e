"""The orchestrator: owns jobs, queues the steps that are ready, and waits for their ends in the database.

What runs is decided in `run_step`, one coroutine a step, all of them in the event loop of the durable engine. One
thread looks at the database for all jobs together; that is the only polling. The worker of the same process shortens
it by saying when a step has ended.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from cloister.access.principals import job_step
from cloister.jobs.engine.job_run import JobRun
from cloister.jobs.planning.plan import PlannedStep
from cloister.jobs.records.agents import Sighting
from cloister.jobs.records.jobs import JobRecord
from cloister.jobs.records.ownership import Ownership
from cloister.jobs.records.patience import ERROR_PAUSE_SECONDS, first_line
from cloister.jobs.records.records import Records
from cloister.jobs.records.status import FINISHED_JOBS, JobStatus, StepStatus
from cloister.jobs.running.tracking import RunStatus, Tracking, TrackingError

_LOG = logging.getLogger(__name__)
# How often the database is asked for ends while steps run; the pause grows as long as nothing happens.
_SHORTEST_PAUSE_SECONDS = 0.05
# The step name of the job's own identity, as whom its parent run is made.
_WHOLE = "pipeline"
_RUN_STATUS: dict[JobStatus, RunStatus] = {
    JobStatus.COMPLETED: "FINISHED",
    JobStatus.FAILED: "FAILED",
    JobStatus.CANCELED: "KILLED",
}


class Driver(Protocol):
    """Runs a step by others that it brings forth, as a sweep does by trials."""

    def drives(self, step: PlannedStep) -> bool:
        """Whether this kind of step is its own."""

    async def drive(self, run: JobRun, step: PlannedStep) -> StepStatus | None:
        """How the step ended, which it has written down; None where the job is another owner's by now."""


class Orchestrator:
    """The jobs of one agent. `start` begins the durable workflow of a job; `queued` says that steps wait."""

    def __init__(
        self,
        agent: str,
        records: Records,
        tracking: Tracking | None,
        *,
        most_jobs: int,
        poll_seconds: float,
        drivers: Iterable[Driver] = (),
    ) -> None:
        self._agent = agent
        self._records = records
        self._tracking = tracking
        self._most_jobs = most_jobs
        self._poll_seconds = poll_seconds
        self._drivers = tuple(drivers)
        self._runs: dict[str, JobRun] = {}
        self._begun: set[Ownership] = set()
        self._wake = threading.Event()
        self._takes = True
        self.orphans_of: Collection[Sighting] = ()
        self.start: Callable[[Ownership], None] = lambda _owner: None
        # Whether a step has completed with the result of an earlier one.
        self.reuse: Callable[[JobRun, PlannedStep], bool] = lambda _run, _step: False
        self.queued: Callable[[], None] = lambda: None

    # The thread that looks at the database.

    def watch(self) -> None:
        """Take and adopt jobs, and tell of steps that have ended, for as long as the process lives."""
        pause, next_take = _SHORTEST_PAUSE_SECONDS, 0.0
        while True:
            try:
                if time.monotonic() >= next_take:
                    self._take()
                    next_take = time.monotonic() + self._poll_seconds
                news = self._look()
            except SQLAlchemyError as error:
                # It is busy or restarts; the next round tries again.
                _LOG.warning("the database did not answer: %s", first_line(error))
                news = False
                time.sleep(ERROR_PAUSE_SECONDS)
            pause = _SHORTEST_PAUSE_SECONDS if news else min(pause * 1.5, self._poll_seconds)
            if self._wake.wait(pause if self._runs else self._poll_seconds):
                self._wake.clear()
                pause = _SHORTEST_PAUSE_SECONDS

    def wake(self) -> None:
        """Look at once: something has ended."""
        self._wake.set()

    def drain(self) -> None:
        """Take no more jobs; those that are ours go on."""
        self._takes = False

    def release(self) -> None:
        """Take no more jobs, and let go of those that are ours."""
        self.drain()
        self._records.jobs.release(self._agent)

    def _take(self) -> None:
        if not self._takes:
            return
        # Ours that are not in memory as well: of an earlier process, or their workflow broke off without the database.
        taken = self._records.jobs.adopt(self.orphans_of, self._agent, but=self._begun)
        for owner in taken:
            _LOG.info("job %s is adopted, as its owner %d", owner.job, owner.epoch)
        free = self._most_jobs - len(self._begun)
        taken += self._records.jobs.take(free, self._agent) if free > 0 else ()
        for owner in taken:
            self._begun.add(owner)
            try:
                self.start(owner)
            except BaseException:
                # It is ours on record and not in memory: the next round adopts it.
                self._begun.discard(owner)
                raise

    def _look(self) -> bool:
        """Tell of what changed since the last look; returns whether anything did."""
        runs = dict(self._runs)
        if not runs:
            return False
        news = False
        standings = self._records.jobs.standings(runs)
        for name, run in runs.items():
            standing = standings.get(name)
            if standing is None or standing.ownership != run.owner:
                run.abandon()
            elif standing.status is JobStatus.CANCEL_REQUESTED and not run.is_canceled:
                self._cancel(run)
                run.is_canceled = news = True
        for name, count in self._records.steps.count_ended(runs).items():
            if count != runs[name].ends_seen:
                runs[name].note(self._records.steps.ended(name))
                runs[name].ends_seen = count
                news = True
        return news

    def _cancel(self, run: JobRun) -> None:
        record = self._records.jobs.find(run.owner.job)
        self._records.steps.cancel(run.owner, record.reason if record else "")
        self._wake.set()

    # What the durable workflow calls.

    async def open(self, owner: Ownership) -> JobRun | None:
        """The job in memory, with its parent run; None where it has ended, or is another owner's."""
        record = await asyncio.to_thread(self._begin, owner)
        if record is None:
            self._begun.discard(owner)
            return None
        run = JobRun(record)
        self._begun.add(owner)
        if (before := self._runs.get(owner.job)) is not None:
            before.abandon()
        self._runs[owner.job] = run
        self._wake.set()
        return run

    async def run_step(self, owner: Ownership, name: str) -> str:
        """How the step ended, or that the job is another owner's."""
        run = self._runs.get(owner.job)
        if run is None or run.owner != owner:
            return "abandoned"
        step = run.plan.step(name)
        status = await self._ended(run, step)
        if status is StepStatus.FAILED and not run.plan.continue_on_step_failure:
            # What runs is cancelled and what waits never begins, as Azure ML has it where the pipeline may not go on
            # (https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-pipeline, settings; read 2026-11).
            await asyncio.to_thread(self._records.steps.cancel, owner, f"step {name} failed")
            self._wake.set()
        return str(status or "abandoned")

    async def _ended(self, run: JobRun, step: PlannedStep) -> StepStatus | None:
        own = run.ended(step.name)
        for need in sorted(step.needs):
            before = run.ended(need)
            await asyncio.wait({own, before}, return_when=asyncio.FIRST_COMPLETED)
            if not own.done() and before.result() is not StepStatus.COMPLETED:
                if before.result() is not None:
                    settle = self._records.steps.settle
                    reason = f"step {need} {'failed' if before.result() is StepStatus.FAILED else 'did not complete'}"
                    await asyncio.to_thread(settle, run.owner, step.name, StepStatus.CANCELED, reason)
                    self._wake.set()
                return await own
            if own.done():
                return own.result()
        if await asyncio.to_thread(self.reuse, run, step):
            self._wake.set()
            return await own
        for driver in self._drivers:
            if driver.drives(step):
                return await driver.drive(run, step)
        await asyncio.to_thread(self._records.steps.queue, run.owner, (step.name,))
        self.queued()
        return await own

    async def close(self, run: JobRun) -> str:
        """Write down how the job ended, from how its steps did."""
        try:
            return await asyncio.to_thread(self._conclude, run.owner)
        finally:
            self.forget(run.owner)

    def forget(self, owner: Ownership) -> None:
        """Drop the job from memory."""
        self._begun.discard(owner)
        run = self._runs.get(owner.job)
        if run is not None and run.owner == owner:
            del self._runs[owner.job]
            # Where the workflow broke off, some of its steps still wait.
            run.abandon()

    def _begin(self, owner: Ownership) -> JobRecord | None:
        record = self._owned(owner)
        if record is None:
            return None
        run_id = record.run_id
        if self._tracking is not None and not run_id and record.plan.kind == "pipeline":
            principal = job_step(record.name, _WHOLE, record.submitter)
            tags = {"mlflow.source.type": "JOB", "mlflow.source.name": record.name, "cloister.job": record.name}
            tags |= {"cloister.submitter": record.submitter, "cloister.code_sha256": record.snapshot}
            title = record.plan.display_name or record.name
            try:
                run_id = self._tracking.start_run(principal, record.plan.experiment_name, title, tags)
                self._tracking.log_parameters(principal, run_id, dict(record.plan.inputs))
            except TrackingError as error:
                self.finish(owner, JobStatus.FAILED, f"MLflow cannot be used: {error}")
                return None
        self._records.jobs.note(owner, run_id=run_id)
        return self._owned(owner)

    def _owned(self, owner: Ownership) -> JobRecord | None:
        record = self._records.jobs.find(owner.job)
        if record is None or record.ownership != owner or record.status in FINISHED_JOBS:
            return None
        return record

    def _conclude(self, owner: Ownership) -> str:
        record = self._owned(owner)
        if record is None:
            return "abandoned"
        named = [step for step in record.steps if not step.parent]
        if all(step.status is StepStatus.COMPLETED for step in named):
            self.finish(owner, JobStatus.COMPLETED, "")
        elif record.status is JobStatus.CANCEL_REQUESTED:
            self.finish(owner, JobStatus.CANCELED, record.reason)
        else:
            failed = [step.name for step in named if step.status is StepStatus.FAILED]
            self.finish(
                owner, JobStatus.FAILED, f"step {', '.join(failed)} failed" if failed else "a step was canceled"
            )
        return "ended"

    def finish(self, owner: Ownership, status: JobStatus, reason: str) -> None:
        """Write down the job's end, cancel what did not begin, and end its parent run."""
        record = self._owned(owner)
        if record is None:
            return
        # The runs first: whoever sees that the job has ended finds them ended as well.
        for step in record.steps:
            if step.status is StepStatus.CANCELED:
                # Its agent died, or it waited for another one; nobody else has ended its run.
                self._end_run(record, step.name, step.run_id, "KILLED")
        self._end_run(record, _WHOLE, record.run_id, _RUN_STATUS[status])
        self._records.steps.cancel(owner, reason or "the job has ended")
        if self._records.jobs.finish(owner, status, reason):
            _LOG.info("job %s: %s%s", record.name, status, f" ({reason})" if reason else "")

    def _end_run(self, job: JobRecord, step: str, run_id: str, status: RunStatus) -> None:
        """End an MLflow run of the job; its own state does not hang on it."""
        if self._tracking is None or not run_id:
            return
        try:
            self._tracking.end_run(job_step(job.name, step, job.submitter), run_id, status)
        except TrackingError as error:
            _LOG.warning("the MLflow run %s of job %s could not be ended: %s", run_id, job.name, error)
