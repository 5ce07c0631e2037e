"""The durable engine: DBOS, with one workflow for each owner of a job and one engine step a step of the plan.

What a job is, whose, and what of it has ended, the jobs' own tables say. An agent that starts takes its own jobs up as
their next owner, like everybody's whose owner is gone. What the engine recovers by itself is not relied on: of several
agents on one PostgreSQL any may recover it, and whoever does not own the job leaves it. See
docs/decisions/0001-durable-engine.md.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from dbos import DBOS, DBOSConfig, SetWorkflowID
from dbos._serialization import DBOSPortableJSONSerializer, DefaultSerializer
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
# Longer than the engine takes to write down that a workflow has returned.
_KEPT_SECONDS = 60.0
_REMOVED_AT_ONCE = 1000


def _no_pickle(_serializer: DefaultSerializer, _text: str) -> object:
    message = "a pickle in the engine's database, which is not ours, is not read"
    raise ValueError(message)


# Ours are written as JSON, but each row says how it is to be read, and for rows that say so the engine would run
# whatever somebody put there. Agents share a PostgreSQL: who writes on it would run code on all their machines.
# The engine has no setting for it.
DefaultSerializer.deserialize = _no_pickle


class DurableEngine:
    """Starts and resumes the workflows of jobs. One in a process: the engine below is a singleton."""

    def __init__(self, config: AgentConfig, records: Records, orchestrator: Orchestrator) -> None:
        self._records = records
        self._orchestrator = orchestrator
        self._executor = f"agent-{config.name}"
        self._ended: dict[str, float] = {}
        orchestrator.start = self._start
        # Nothing goes out: no conductor, no traces, and no log line that advertises a console.
        settings: DBOSConfig = {
            "name": "cloister-jobs",
            "system_database_url": config.engine_database_url,
            "executor_id": self._executor,
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
        """Start the engine. What it holds of workflows that returned in an earlier process is removed."""
        DBOS.launch()
        while ended := DBOS.list_workflows(
            executor_id=self._executor,
            status=["SUCCESS", "ERROR"],
            limit=_REMOVED_AT_ONCE,
            load_input=False,
            load_output=False,
        ):
            DBOS.delete_workflows([one.workflow_id for one in ended])

    def _start(self, owner: Ownership) -> None:
        """Start the owner's workflow; a second start of the same one is none."""
        self._forget_ended()
        with SetWorkflowID(_workflow_id(owner)):
            DBOS.start_workflow(self._workflow, owner.job, owner.epoch)

    def _forget_ended(self) -> None:
        """Remove what the engine holds of workflows that have returned, once it has written that down itself."""
        now = time.monotonic()
        old = [one for one, since in self._ended.items() if now - since > _KEPT_SECONDS][:_REMOVED_AT_ONCE]
        if old:
            DBOS.delete_workflows(old)
            for one in old:
                del self._ended[one]

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
            self._ended[_workflow_id(owner)] = time.monotonic()


def _workflow_id(owner: Ownership) -> str:
    return f"{owner.job}/{WORKFLOW_VERSION}/{owner.epoch}"
