"""Runs one step: prepare, track, run, publish, write down. It may be called again after a crash at any point."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import ParamSpec, TypeVar

import httpx
from sqlalchemy.exc import SQLAlchemyError

from cloister.access.principals import Principal, job_step
from cloister.jobs.compute.kept import Computes
from cloister.jobs.config import AgentConfig
from cloister.jobs.environments.providing import Environments, Provided
from cloister.jobs.errors import MissingError
from cloister.jobs.planning.plan import PlannedStep
from cloister.jobs.records.claims import Claim
from cloister.jobs.records.jobs import JobRecord
from cloister.jobs.records.patience import insist
from cloister.jobs.records.records import Records
from cloister.jobs.records.status import StepStatus
from cloister.jobs.running.artifacts import gather
from cloister.jobs.running.commands import Ended, Running, kill_left_over, start, start_of
from cloister.jobs.running.confine import Confinement
from cloister.jobs.running.disk import DiskGuard, Writer
from cloister.jobs.running.drivers.logs import Log
from cloister.jobs.running.drivers.redaction import telling_values
from cloister.jobs.running.folders import JobFolders
from cloister.jobs.running.known_variables import run_variables
from cloister.jobs.running.limits import UNBOUNDED, StepLimits
from cloister.jobs.running.preparing import OutputError, Prepared, close, prepare, publish
from cloister.jobs.running.step_data import DataError, Maker, StepData
from cloister.jobs.running.surroundings import surroundings
from cloister.jobs.running.tracking import RunStatus, Tracking, TrackingError

_LOG = logging.getLogger(__name__)
# A step whose launcher is killed each time, by a machine without memory perhaps, does not come back for ever.
_MOST_LOSSES = 5
_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")
_RUN_STATUS: dict[StepStatus, RunStatus] = {
    StepStatus.COMPLETED: "FINISHED",
    StepStatus.FAILED: "FAILED",
    StepStatus.CANCELED: "KILLED",
}


class Interruption(StrEnum):
    """Why an attempt is ended before its command has."""

    CANCELED = "canceled"
    # Somebody else shall run it: the agent leaves, or the place is wanted.
    PUT_BACK = "put back"
    # It is ours no more, or may be another's by now: nothing is written.
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt at a step: everything that the command needs."""

    claim: Claim
    job: JobRecord
    step: PlannedStep
    prepared: Prepared
    principal: Principal
    run_id: str
    environment: dict[str, str]
    secrets: tuple[str, ...]
    timeout_seconds: int
    limits: StepLimits


@dataclass(slots=True)
class StepRunner:
    """Runs steps on this machine."""

    config: AgentConfig
    records: Records
    confinement: Confinement
    tracking: Tracking | None
    environments: Environments
    computes: Computes
    data: StepData
    _disk: DiskGuard = field(init=False)
    _running: dict[Claim, Running] = field(default_factory=dict)
    _interrupted: dict[Claim, Interruption] = field(default_factory=dict)
    _ending: set[Claim] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._disk = DiskGuard(self.config.jobs_folder, self.config.disk_reserve_bytes)

    async def has_room(self) -> bool:
        """Whether the disk has room for another step; copies that nobody reads give way to it."""
        if not self._disk.has_room():
            await asyncio.to_thread(self.data.shelf.cache.trim)
        return self._disk.has_room()

    @property
    def folders(self) -> JobFolders:
        """Where jobs' files lie."""
        return JobFolders(self.config.jobs_folder)

    def interrupt(self, claim: Claim, why: Interruption) -> bool:
        """Say why the task that runs the claim is about to be cancelled; False where its end is being written already.
        What is lost is killed at once.
        """
        if claim in self._ending:
            return False
        self._interrupted.setdefault(claim, why)
        if why is Interruption.LOST and claim in self._running:
            self._running[claim].signal(signal.SIGKILL)
        return True

    async def run(self, claim: Claim) -> None:
        """Run the claimed attempt to its end, and write it down. Cancelled, it ends the command first."""
        # Its user id is held until what it made is ours again.
        with contextlib.ExitStack() as held:
            # What was fetched for it stays until it has ended.
            reading = contextlib.ExitStack()
            try:
                attempt = await _undisturbed(self._begin, claim, reading)
                uid = held.enter_context(self.confinement.user(claim.job, claim.step))
                ended = await self._command(attempt, uid)
                if claim not in self._interrupted:
                    self._ending.add(claim)
                    await _undisturbed(self._end, attempt, ended)
            except asyncio.CancelledError:
                await _undisturbed(self._leave, claim, self._interrupted.get(claim, Interruption.LOST))
            except SQLAlchemyError:
                # It is still ours on record; who can read the record again puts it back.
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it ends this step and nothing else
                # A full disk, a gateway that is gone: the step fails with the reason, the agent goes on.
                _LOG.exception("step %s of job %s", claim.step, claim.job)
                self._ending.add(claim)
                await _undisturbed(self._fail, claim, f"{error or type(error).__name__}")
            finally:
                self._ending.discard(claim)
                self._interrupted.pop(claim, None)
                await _undisturbed(reading.close)

    def _begin(self, claim: Claim, reading: contextlib.ExitStack) -> _Attempt:
        job, step = claim.job, claim.step
        record = self.records.jobs.find(job)
        if record is None:
            message = f"job {job} is gone"
            raise RuntimeError(message)
        found = record.step(step)
        kill_left_over(found.process, found.process_start)
        planned = record.planned(step)
        provided = self._environment(claim, planned)
        prepared = prepare(self.folders, job, planned, record.snapshot, self.data, reading)
        prepared = replace(prepared, reads=prepared.reads + provided.readable)
        principal = job_step(job, step, record.submitter)
        timeout = planned.timeout_seconds or self.config.step_timeout_seconds
        run_id = self._run(record, planned, claim, principal, found.run_id)
        variables, secrets = self._tracking_variables(record, principal, run_id, timeout)
        environment = surroundings(
            planned,
            agent=os.environ,
            # Not resolved: the virtual environment is known by the link's place.
            interpreter=provided.python,
            folder=prepared.folder,
            threads=self.config.threads_per_step,
            given={
                **provided.variables(prepared.folder.temporary),
                **prepared.variables,
                **run_variables(run_id, record.run_id),
            },
            tracking={"CLOISTER_JOB": job, "CLOISTER_STEP": step, **variables},
        )
        return _Attempt(
            claim, record, planned, prepared, principal, run_id, environment, secrets, timeout, self._size(planned)
        )

    def _size(self, step: PlannedStep) -> StepLimits:
        """What the size of the step's compute lets it have."""
        if not step.compute:
            return UNBOUNDED
        with contextlib.suppress(MissingError):
            size = self.computes.find(step.compute).compute
            return StepLimits(processors=size.cores, memory_bytes=size.memory_bytes)
        # It was deleted after the job was submitted.
        return UNBOUNDED

    def _environment(self, claim: Claim, step: PlannedStep) -> Provided:
        """Where the step finds its packages; how it is built is told in the step's log."""
        folder = self.folders.step(claim.job, claim.step)
        folder.root.mkdir(parents=True, exist_ok=True)

        def say(text: str) -> None:
            if claim in self._interrupted:
                message = "interrupted"
                raise RuntimeError(message)
            if text:
                folder.tell(text)

        provided = self.environments.provide(step.environment, say)
        self.environments.kept.used(claim.job, claim.step, provided.lock_sha256, provided.note)
        if provided.note:
            say(f"environment: {provided.note}")
        return provided

    def _run(self, job: JobRecord, step: PlannedStep, claim: Claim, principal: Principal, run_id: str) -> str:
        """The step's MLflow run: a new one, or that of the interrupted attempt."""
        if self.tracking is None:
            return ""
        if run_id:
            self.tracking.resume_run(principal, run_id, claim.attempt)
            return run_id
        tags = {"mlflow.source.type": "JOB", "mlflow.source.name": f"{job.name}/{step.name}"}
        parent = job.step(step.name).parent
        above = job.step(parent).run_id if parent else job.run_id
        tags |= {"mlflow.parentRunId": above} if above else {}
        tags |= {"cloister.job": job.name, "cloister.step": step.name, "cloister.attempt": str(claim.attempt)}
        tags |= {"cloister.submitter": job.submitter, "cloister.code_sha256": job.snapshot}
        run_id = self.tracking.start_run(principal, job.plan.experiment_name, step.display_name or step.name, tags)
        self.records.claims.note(claim, run_id=run_id)
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
        claim = attempt.claim
        command = await asyncio.to_thread(
            self.confinement.command, attempt.prepared, attempt.environment, uid, attempt.limits
        )
        with attempt.prepared.folder.log.open("ab", buffering=0) as target:
            if claim.attempt > 1:
                target.write(f"\n[cloister: attempt {claim.attempt}; the one before was interrupted]\n".encode())
            secrets = attempt.secrets + telling_values(attempt.step.environment_variables)
            log = Log(target, secrets, limit_bytes=self.config.log_limit_bytes)
            running = await start(command)
            self._running[claim] = running
            try:
                started = {
                    "process": running.pid,
                    "process_start": start_of(running.pid),
                    "isolation": str(self.confinement),
                }
                # Where the attempt is another's by now, the next look at the records ends the command.
                note = asyncio.create_task(
                    asyncio.to_thread(insist, partial(self.records.claims.note, claim, **started))
                )
                writer = Writer(
                    attempt.prepared.folder.writes, command.together.disk_bytes, running.end_for, running.pid
                )
                with self._disk.watched(writer):
                    ended = await running.ended(log, attempt.timeout_seconds)
                    if writer.is_ended:
                        # There is no other attempt, and the place is wanted.
                        await asyncio.to_thread(attempt.prepared.folder.clear)
                        attempt.prepared.folder.forget_checkpoints()
                await note
                return ended
            finally:
                del self._running[claim]

    def _end(self, attempt: _Attempt, ended: Ended) -> None:
        """Publish what the command made, and write down how it ended. What was lost from outside begins again."""
        if ended.lost and attempt.claim.attempt < _MOST_LOSSES:
            self._close(attempt.claim)
            insist(lambda: self.records.claims.requeue(attempt.claim))
            return
        status, reason = (StepStatus.FAILED, ended.reason) if ended.reason else (StepStatus.COMPLETED, "")
        if ended.timed_out:
            reason = f"it took longer than its timeout of {attempt.timeout_seconds} s"
        if not insist(lambda: self.records.claims.is_held(attempt.claim)):
            return
        self._close(attempt.claim)
        gather(attempt.prepared.folder, attempt.step)
        if status is StepStatus.COMPLETED:
            try:
                own_user, most = self.confinement.isolation.own_user, self.config.disk_bytes_per_step
                publish(attempt.prepared.folder, attempt.step, take_back=own_user, most_bytes=most)
                maker = Maker(attempt.principal, attempt.run_id)
                notes = self.data.keep(attempt.job.name, attempt.step, attempt.prepared.folder.outputs, maker)
                attempt.prepared.folder.tell(*notes)
            except (OutputError, DataError) as error:
                status, reason = StepStatus.FAILED, str(error)
        self._log_artifacts(attempt)
        # The run first: whoever sees that the step has ended finds its run ended as well.
        self._end_run(attempt.principal, attempt.run_id, status)
        end = partial(self.records.claims.end, attempt.claim, status, reason=reason, exit_code=ended.code)
        written = insist(end)
        if written and status is StepStatus.COMPLETED:
            # Not before it is on record: an agent that dies in between runs the step again, from its checkpoints.
            attempt.prepared.folder.forget_checkpoints()

    def _close(self, claim: Claim) -> None:
        """Take the command's folders back while its user id is still nobody else's, and the attempt ours."""
        if self.confinement.isolation.own_user:
            close(self.folders.step(claim.job, claim.step))

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
            folder.tell(f"outputs and logs: {left_out}")

    def _fail(self, claim: Claim, reason: str) -> None:
        if not self.records.claims.is_held(claim):
            return
        self._close(claim)
        self._end_run_on_record(claim, StepStatus.FAILED)
        self.records.claims.end(claim, StepStatus.FAILED, reason=reason)

    def _leave(self, claim: Claim, why: Interruption) -> None:
        """Write down that the attempt was ended from outside. Without effect where it had ended by itself."""
        match why:
            case Interruption.LOST:
                _LOG.warning("attempt %d at step %s of job %s is lost", claim.attempt, claim.step, claim.job)
            case Interruption.PUT_BACK:
                self._close(claim)
                self.records.claims.requeue(claim)
            case Interruption.CANCELED:
                if self.records.claims.is_held(claim):
                    self._close(claim)
                    self._end_run_on_record(claim, StepStatus.CANCELED)
                    self.records.claims.end(claim, StepStatus.CANCELED)

    def _end_run_on_record(self, claim: Claim, status: StepStatus) -> None:
        if (record := self.records.jobs.find(claim.job)) is not None:
            principal = job_step(claim.job, claim.step, record.submitter)
            self._end_run(principal, record.step(claim.step).run_id, status)

    def _end_run(self, principal: Principal, run_id: str, status: StepStatus) -> None:
        """End the MLflow run; the step's own state does not hang on it."""
        if self.tracking is None or not run_id:
            return
        try:
            self.tracking.end_run(principal, run_id, _RUN_STATUS[status])
        except TrackingError as error:
            _LOG.warning("the MLflow run %s of %s could not be ended: %s", run_id, principal, error)


async def _undisturbed(act: Callable[_Given, _Made], *arguments: _Given.args, **rest: _Given.kwargs) -> _Made:
    """What the act returns, which runs in a thread. A thread cannot be cancelled: that waits until the act is over."""
    acting = asyncio.ensure_future(asyncio.to_thread(act, *arguments, **rest))
    try:
        return await asyncio.shield(acting)
    except asyncio.CancelledError:
        await asyncio.gather(acting, return_exceptions=True)
        raise
