"""The durable engine: DBOS, with one workflow a job and one engine step a pipeline step.

The jobs' own tables say what has ended; the engine says what must go on after a crash, and cancels what runs. See
docs/decisions/0001-durable-engine.md.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from dbos import DBOS, DBOSConfig, SetWorkflowID
from dbos._serialization import DBOSPortableJSONSerializer

from cloister.access.principals import job_step
from cloister.jobs.config import AgentConfig
from cloister.jobs.records.records import JobRecord, Records
from cloister.jobs.records.status import FINISHED_JOBS, JobStatus, StepStatus
from cloister.jobs.running.step_runner import StepRunner
from cloister.jobs.running.tracking import RunStatus, TrackingError

_LOG = logging.getLogger(__name__)
# Raise it when the workflow below calls the engine in another order. Workflows of an older version are not recovered;
# their jobs are begun again under the new one, and steps that have ended are skipped.
WORKFLOW_VERSION = "1"
# The step name of the job's own identity, as whom its parent run is made.
_WHOLE = "pipeline"
_RUN_STATUS: dict[JobStatus, RunStatus] = {
    JobStatus.COMPLETED: "FINISHED",
    JobStatus.FAILED: "FAILED",
    JobStatus.CANCELED: "KILLED",
}


class DurableEngine:
    """Starts, resumes and cancels jobs. One in a process: the engine below is a singleton."""

    def __init__(self, config: AgentConfig, records: Records, runner: StepRunner) -> None:
        self._records = records
        self._runner = runner
        self._agent = config.name
        self._active: set[str] = set()
        # Nothing goes out: no conductor, no traces, and no log line that advertises a console.
        settings: DBOSConfig = {
            "name": "cloister-jobs",
            "system_database_url": config.engine_database_url,
            "executor_id": f"agent-{config.name}",
            "application_version": f"jobs-{WORKFLOW_VERSION}",
            "serializer": DBOSPortableJSONSerializer(),
            "enable_otlp": False,
            "log_level": "WARNING",
            "sys_db_pool_size": 5,
        }
        DBOS(config=settings)
        # Plain functions: the engine marks what it registers, which a method does not allow.

        async def run_step(job: str, step: str) -> str:
            return str(await runner.run(job, step))

        async def run_job(job: str) -> str:
            return await self._run_job(job)

        self._step: Callable[[str, str], Awaitable[str]] = DBOS.step(name="run_step", preemptible=True)(run_step)
        self._workflow = DBOS.workflow(name="run_job")(run_job)

    @property
    def active(self) -> frozenset[str]:
        """The jobs that run in this process."""
        return frozenset(self._active)

    def launch(self) -> None:
        """Start the engine; it takes up what an earlier process of this agent left unfinished."""
        DBOS.launch()
        for record in self._records.jobs(limit=10_000, statuses=(JobStatus.RUNNING, JobStatus.CANCEL_REQUESTED)):
            self._take_up(record)

    def _take_up(self, record: JobRecord) -> None:
        """Bring the job's own state and the engine's together where a crash came between the two."""
        found = DBOS.get_workflow_status(_workflow_id(record.name))
        if found is None and record.status is JobStatus.RUNNING:
            self.start(record.name)
        elif found is not None and found.status in ("SUCCESS", "ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"):
            self._finish(record.name, JobStatus.FAILED, f"the engine gave it up ({found.status})")

    def start(self, job: str) -> None:
        """Start the job's workflow; a second start of the same job is none."""
        self._active.add(job)
        with SetWorkflowID(_workflow_id(job)):
            DBOS.start_workflow(self._workflow, job)

    def cancel(self, job: str) -> None:
        """Cancel the job's workflow; what it runs is ended within about a second."""
        DBOS.cancel_workflow(_workflow_id(job))
        if job not in self._active:
            # Nothing of it runs here: it was cancelled between two agents.
            self._finish(job, JobStatus.CANCELED, "")

    def stop(self) -> None:
        """End what runs and leave it to the next process of this agent. The process must leave at once after this:
        an orderly end of the engine would write the interrupted jobs down as failed.
        """
        self._runner.stop()

    async def _run_job(self, job: str) -> str:
        self._active.add(job)
        try:
            record = await asyncio.to_thread(self._begin, job)
            if record is None:
                return "ended before it began"
            failed = await self._waves(record)
            status = JobStatus.FAILED if failed else JobStatus.COMPLETED
            reason = f"step {', '.join(failed)} failed" if failed else ""
            await asyncio.to_thread(self._finish, job, status, reason)
            return str(status)
        except BaseException:
            await asyncio.to_thread(self._canceled, job)
            raise
        finally:
            self._active.discard(job)

    async def _waves(self, record: JobRecord) -> list[str]:
        """Run the steps in their order, side by side where they may; returns those that failed."""
        plan = record.plan
        failed: list[str] = []
        lost: set[str] = set()
        for wave in plan.waves:
            ready = [step for step in wave if not step.needs & lost]
            lost |= {step.name for step in wave if step.needs & lost}
            # Called in the plan's order: the engine numbers its steps by it, and must find them again.
            ended = await asyncio.gather(*(self._step(record.name, step.name) for step in ready))
            failed += [s.name for s, status in zip(ready, ended, strict=True) if status != StepStatus.COMPLETED]
            lost |= set(failed)
            if failed and not plan.continue_on_step_failure:
                break
        return failed

    def _begin(self, job: str) -> JobRecord | None:
        """The job, set running and with its parent run; None where it has ended."""
        isolation = str(self._runner.confinement.isolation)
        self._records.move(job, JobStatus.RUNNING, agent=self._agent, isolation=isolation)
        record = self._records.job(job)
        if record is None or record.status is not JobStatus.RUNNING:
            return None
        tracking = self._runner.tracking
        if tracking is not None and not record.run_id and record.plan.kind == "pipeline":
            principal = job_step(job, _WHOLE, record.submitter)
            tags = {"mlflow.source.type": "JOB", "mlflow.source.name": job, "cloister.job": job}
            tags |= {"cloister.submitter": record.submitter, "cloister.code_sha256": record.snapshot}
            try:
                run = tracking.start_run(principal, record.plan.experiment_name, record.plan.display_name or job, tags)
                tracking.log_parameters(principal, run, dict(record.plan.inputs))
            except TrackingError as error:
                self._finish(job, JobStatus.FAILED, f"MLflow cannot be used: {error}")
                return None
            self._records.note_run(job, run)
        return self._records.job(job)

    def _canceled(self, job: str) -> None:
        """Finish a job that was asked to end; one whose agent stops stays as it is."""
        record = self._records.job(job)
        if record is not None and record.status is JobStatus.CANCEL_REQUESTED:
            self._finish(job, JobStatus.CANCELED, "")

    def _finish(self, job: str, status: JobStatus, reason: str) -> None:
        """Write down the job's end, cancel what did not begin, and end its parent run."""
        record = self._records.job(job)
        if record is None or record.status in FINISHED_JOBS:
            return
        told = record.reason or reason
        # The run first: whoever sees that the job has ended finds its run ended as well.
        if self._runner.tracking is not None and record.run_id:
            try:
                principal = job_step(job, _WHOLE, record.submitter)
                self._runner.tracking.end_run(principal, record.run_id, _RUN_STATUS[status])
            except TrackingError as error:
                _LOG.warning("the MLflow run of job %s could not be ended: %s", job, error)
        self._records.cancel_steps(job, told or "the job has ended")
        if self._records.move(job, status, reason=told):
            _LOG.info("job %s: %s%s", job, status, f" ({told})" if told else "")


def _workflow_id(job: str) -> str:
    return f"{job}/{WORKFLOW_VERSION}"
