"""Runs one step: prepare, track, run, publish, write down. It may be called again after a crash at any point."""

import asyncio
import logging
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from cloister.access.principals import Principal, job_step
from cloister.jobs.config import AgentConfig
from cloister.jobs.planning.plan import PlannedStep
from cloister.jobs.records.records import JobRecord, Records
from cloister.jobs.records.status import FINISHED_STEPS, JobStatus, StepStatus
from cloister.jobs.running.artifacts import gather
from cloister.jobs.running.commands import Ended, Log, Running, kill_left_over, start, start_of
from cloister.jobs.running.confine import Confinement
from cloister.jobs.running.folders import JobFolders
from cloister.jobs.running.preparing import OutputError, Prepared, prepare, publish
from cloister.jobs.running.surroundings import surroundings
from cloister.jobs.running.tracking import RunStatus, Tracking, TrackingError

_LOG = logging.getLogger(__name__)
# For commands to write a checkpoint when the agent stops; the platform grants ten seconds.
_GRACE_SECONDS = 5.0
_RUN_STATUS: dict[StepStatus, RunStatus] = {
    StepStatus.COMPLETED: "FINISHED",
    StepStatus.FAILED: "FAILED",
    StepStatus.CANCELED: "KILLED",
}


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt at a step: everything that the command needs."""

    job: JobRecord
    step: PlannedStep
    prepared: Prepared
    principal: Principal
    run_id: str
    environment: dict[str, str]
    secrets: tuple[str, ...]
    timeout_seconds: int


@dataclass(slots=True)
class StepRunner:
    """Runs steps on this machine, so many at a time."""

    config: AgentConfig
    records: Records
    confinement: Confinement
    tracking: Tracking | None
    _places: asyncio.Semaphore = field(init=False)
    _running: set[Running] = field(default_factory=set)
    _stopping: bool = False

    def __post_init__(self) -> None:
        self._places = asyncio.Semaphore(self.config.concurrent_steps)

    @property
    def folders(self) -> JobFolders:
        """Where jobs' files lie."""
        return JobFolders(self.config.jobs_folder)

    def stop(self) -> None:
        """End every command, gently at first; what they return counts no more, and no other one starts."""
        self._stopping = True
        for number, seconds in ((signal.SIGTERM, _GRACE_SECONDS), (signal.SIGKILL, 1.0)):
            for running in tuple(self._running):
                running.signal(number)
            give_up = time.monotonic() + seconds
            while self._running and time.monotonic() < give_up:
                time.sleep(0.02)

    async def _until_the_process_ends(self) -> None:
        """Wait for good where the agent stops: the step stays as it is on record, for the next agent to resume."""
        if self._stopping:
            await asyncio.get_running_loop().create_future()

    async def run(self, job: str, step: str) -> StepStatus:
        """Where the step stands after it ran. A step that has ended is not run again."""
        async with self._places:
            try:
                await self._until_the_process_ends()
                attempt = await asyncio.to_thread(self._begin, job, step)
                if isinstance(attempt, StepStatus):
                    return attempt
                # Until what it made is ours again.
                with self.confinement.user(job, step) as uid:
                    ended = await self._command(attempt, uid)
                    await self._until_the_process_ends()
                    return await asyncio.to_thread(self._end, attempt, ended)
            except asyncio.CancelledError:
                await asyncio.to_thread(self._interrupted, job, step)
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it ends this step and nothing else
                # A full disk, a gateway that is gone: the step fails with the reason, the agent goes on.
                _LOG.exception("step %s of job %s", step, job)
                return await asyncio.to_thread(self._fail, job, step, f"{error or type(error).__name__}")

    def _begin(self, job: str, step: str) -> "_Attempt | StepStatus":
        record = self.records.job(job)
        if record is None or record.status is JobStatus.CANCEL_REQUESTED:
            return StepStatus.CANCELED
        found = record.step(step)
        if found.status in FINISHED_STEPS:
            # The agent died after the step's end was written and before the engine knew.
            return found.status
        kill_left_over(found.process, found.process_start)
        self.records.begin_step(job, step)
        planned = record.plan.step(step)
        prepared = prepare(self.folders, job, planned, record.snapshot)
        principal = job_step(job, step, record.submitter)
        timeout = planned.timeout_seconds or self.config.step_timeout_seconds
        run_id = self._run(record, planned, principal, found.attempt + 1, found.run_id)
        variables, secrets = self._tracking_variables(record, principal, run_id, timeout)
        environment = surroundings(
            planned,
            agent=os.environ,
            # Not resolved: the virtual environment is known by the link's place.
            interpreter=Path(sys.executable),
            home=prepared.folder.temporary,
            checkpoints=prepared.folder.checkpoints,
            threads=self.config.threads_per_step,
            tracking={"CLOISTER_JOB": job, "CLOISTER_STEP": step, **variables},
        )
        return _Attempt(record, planned, prepared, principal, run_id, environment, secrets, timeout)

    def _run(self, job: JobRecord, step: PlannedStep, principal: Principal, attempt: int, run_id: str) -> str:
        """The step's MLflow run: a new one, or that of the interrupted attempt."""
        if self.tracking is None:
            return ""
        if run_id:
            self.tracking.resume_run(principal, run_id, attempt)
            return run_id
        tags = {"mlflow.source.type": "JOB", "mlflow.source.name": f"{job.name}/{step.name}"}
        tags |= {"mlflow.parentRunId": job.run_id} if job.run_id else {}
        tags |= {"cloister.job": job.name, "cloister.step": step.name, "cloister.attempt": str(attempt)}
        tags |= {"cloister.submitter": job.submitter, "cloister.code_sha256": job.snapshot}
        run_id = self.tracking.start_run(principal, job.plan.experiment_name, step.display_name or step.name, tags)
        self.records.note_step(job.name, step.name, run_id=run_id)
        return run_id

    def _tracking_variables(
        self, job: JobRecord, principal: Principal, run_id: str, timeout: int
    ) -> tuple[dict[str, str], tuple[str, ...]]:
        if self.tracking is None:
            return {}, ()
        token = self.tracking.token(principal, timeout)
        variables = {
            "MLFLOW_TRACKING_URI": self.tracking.url,
            "MLFLOW_TRACKING_TOKEN": token,
            "MLFLOW_EXPERIMENT_NAME": job.plan.experiment_name,
            "MLFLOW_RUN_ID": run_id,
        }
        return variables, (token,)

    async def _command(self, attempt: _Attempt, uid: int | None) -> Ended:
        job, step = attempt.job.name, attempt.step.name
        command = await asyncio.to_thread(self.confinement.command, attempt.prepared, attempt.environment, uid)
        with attempt.prepared.folder.log.open("ab", buffering=0) as target:
            number = attempt.job.step(step).attempt + 1
            if number > 1:
                target.write(f"\n[cloister: attempt {number}; the one before was interrupted]\n".encode())
            log = Log(target, attempt.secrets, limit_bytes=self.config.log_limit_bytes)
            running = await start(command)
            self._running.add(running)
            try:
                self.records.note_step(job, step, process=running.pid, process_start=start_of(running.pid))
                return await running.ended(log, attempt.timeout_seconds)
            finally:
                self._running.discard(running)

    def _end(self, attempt: _Attempt, ended: Ended) -> StepStatus:
        """Publish what the command made, and write down how it ended."""
        status, reason = (StepStatus.FAILED, ended.reason) if ended.reason else (StepStatus.COMPLETED, "")
        if ended.timed_out:
            reason = f"it took longer than its timeout of {attempt.timeout_seconds} s"
        gather(attempt.prepared.folder, attempt.step)
        if status is StepStatus.COMPLETED:
            try:
                publish(attempt.prepared.folder, attempt.step, take_back=self.confinement.isolation.own_user)
            except OutputError as error:
                status, reason = StepStatus.FAILED, str(error)
        self._log_artifacts(attempt)
        # The run first: whoever sees that the step has ended finds its run ended as well.
        self._end_run(attempt.principal, attempt.run_id, status)
        self.records.end_step(attempt.job.name, attempt.step.name, status, reason=reason, exit_code=ended.code)
        if status is StepStatus.COMPLETED:
            # Not before it is on record: an agent that dies in between runs the step again, from its checkpoints.
            attempt.prepared.folder.forget_checkpoints()
        return status

    def _log_artifacts(self, attempt: _Attempt) -> None:
        """Put what the command left in `outputs` and `logs` beside its run; the step's state does not hang on it."""
        folder = attempt.prepared.folder
        if self.tracking is None or not attempt.run_id or not folder.artifacts.exists():
            return
        try:
            left_out = self.tracking.log_artifacts(attempt.principal, attempt.run_id, folder.artifacts)
        except (TrackingError, httpx.TransportError) as error:
            left_out = f"they could not be put beside the run: {error}"
        if left_out:
            with folder.log.open("ab") as log:
                log.write(f"[cloister: outputs and logs: {left_out}]\n".encode())

    def _fail(self, job: str, step: str, reason: str) -> StepStatus:
        if (record := self.records.job(job)) is not None:
            self._end_run(job_step(job, step, record.submitter), record.step(step).run_id, StepStatus.FAILED)
        self.records.end_step(job, step, StepStatus.FAILED, reason=reason)
        return StepStatus.FAILED

    def _interrupted(self, job: str, step: str) -> None:
        """The step was cancelled with its job, or the agent stops and another one will resume it."""
        record = self.records.job(job)
        if record is None or record.status is not JobStatus.CANCEL_REQUESTED:
            return
        self._end_run(job_step(job, step, record.submitter), record.step(step).run_id, StepStatus.CANCELED)
        self.records.end_step(job, step, StepStatus.CANCELED, reason=record.reason)

    def _end_run(self, principal: Principal, run_id: str, status: StepStatus) -> None:
        """End the MLflow run; the step's own state does not hang on it."""
        if self.tracking is None or not run_id:
            return
        try:
            self.tracking.end_run(principal, run_id, _RUN_STATUS[status])
        except TrackingError as error:
            _LOG.warning("the MLflow run %s of %s could not be ended: %s", run_id, principal, error)
