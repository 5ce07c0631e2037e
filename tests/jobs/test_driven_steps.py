"""Steps that a driver runs, in a real agent's confinement."""

from dataclasses import replace
from typing import TYPE_CHECKING

from cloister.jobs.planning.plan import Distribution
from cloister.jobs.records.status import JobStatus

if TYPE_CHECKING:
    from tests.jobs.conftest import AgentProcess


def test_a_distributed_step_runs_where_nothing_of_the_platform_is_seen(agent: "AgentProcess") -> None:
    step = agent.step("a", f"ls {agent.home}/secrets; echo $RANK of $WORLD_SIZE")
    job = agent.submit(replace(step, distribution=Distribution("pytorch", 2)))
    assert agent.ended(job).status is JobStatus.COMPLETED
    told = f"ls: cannot access '{agent.home}/secrets': No such file or directory\n0 of 2\n"
    assert agent.printed(job, "a") == told
