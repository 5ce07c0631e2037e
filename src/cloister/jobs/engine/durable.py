"""The durable engine: DBOS, with one workflow for each owner of a job and one engine step a step of the plan.

It remembers across a crash of this process which workflows must go on, and which of their steps have returned. What a
job is, and whose, the jobs' own tables say. See docs/decisions/0001-durable-engine.md.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from dbos import DBOS, DBOSConfig, SetWorkflowID
from dbos._serialization import DBOSPortableJSONSerializer
from sqlalchemy.exc import SQLAlchemyError

from cloister.jobs.config import AgentConfig
from cloister.jobs.engine.orchestrator import Orchestrator
from cloister.jobs.records.ownership import Ownership
from cloister.jobs.records.records import Records
from cloister.jobs.records.status import JobStatus

_LOG = logging.getLogger(__name__)
# Raise it when the workflow below calls the engine in another order. Workflows of an older version are not recovered;
# their jobs are begun again under the new one, and steps that have ended are skipped.
WORKFLOW_VERSION = "2"


class DurableEngine:
    """Starts and resumes the workflows of jobs. One in a process: the engine below is a singleton."""

    def __init__(self, config: AgentConfig, records: Records, orchestrator: Orchestrator) -> None:
        self._records = records
        self._orchestrator = orchestrator
        self._agent = config.name
        orchestrator.start = self._start
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

        async def run_step(job: str, epoch: int, step: str) -> str:
            return await orchestrator.run_step(Ownership(job, config.name, epoch), step)

        async def run_job(job: str, epoch: int) -> str:
            return await self._run_job(Ownership(job, config.name, epoch))

        self._step: Callable[[str, int, str], Awaitable[str]] = DBOS.step(name="run_step")(run_step)
        self._workflow = DBOS.workflow(name="run_job")(run_job)

    def launch(self) -> None:
        """Start the engine; it takes up what an earlier process of this agent left unfinished."""
        DBOS.launch()
        for owner in self._records.jobs.owned(self._agent):
            found = DBOS.get_workflow_status(_workflow_id(owner))
            if found is None:
                # The crash came between taking the job and starting its workflow.
                self._orchestrator.take_up(owner)
            elif found.status in ("SUCCESS", "ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"):
                self._orchestrator.finish(owner, JobStatus.FAILED, f"the engine gave it up ({found.status})")
            else:
                self._orchestrator.expect(owner)

    def _start(self, owner: Ownership) -> None:
        """Start the owner's workflow; a second start of the same one is none."""
        with SetWorkflowID(_workflow_id(owner)):
            DBOS.start_workflow(self._workflow, owner.job, owner.epoch)

    async def _run_job(self, owner: Ownership) -> str:
        try:
            run = await self._orchestrator.open(owner)
            if run is None:
                return "abandoned"
            # All at once and in the plan's order: the engine numbers its steps by it, and must find them again.
            await asyncio.gather(*[self._step(owner.job, owner.epoch, step.name) for step in run.plan.steps])
            return await self._orchestrator.close(run)
        except SQLAlchemyError:
            # The database restarts. Nobody owns the job then, and whoever asks first goes on with it.
            _LOG.exception("job %s is let go", owner.job)
            raise
        except Exception as error:
            _LOG.exception("job %s", owner.job)
            told = f"Cloister could not go on with it: {type(error).__name__}: {error}"
            await asyncio.to_thread(self._orchestrator.finish, owner, JobStatus.FAILED, told)
            raise
        finally:
            self._orchestrator.forget(owner)


def _workflow_id(owner: Ownership) -> str:
    return f"{owner.job}/{WORKFLOW_VERSION}/{owner.epoch}"
