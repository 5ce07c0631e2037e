"""Several agents on one database: real processes and real kills; one that is stopped, and comes back too late."""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloister.jobs.planning.plan import FromStep, PlannedInput, PlannedOutput
from cloister.jobs.records.agents import AgentState
from cloister.jobs.records.records import Records
from cloister.jobs.records.status import JobStatus, StepStatus

if TYPE_CHECKING:
    from tests.jobs.conftest import AgentProcess, Agents

pytestmark = pytest.mark.platform
FAILOVER_SECONDS = 15
HOT, COLD = (("hot", "1"),), (("cold", "1"),)
FOLDER = PlannedOutput("data", "uri_folder")


def sleeping(marker: str) -> list[int]:
    found = subprocess.run(["pgrep", "-f", f"^sleep {marker}"], capture_output=True, check=False, text=True)
    return [int(line) for line in found.stdout.split()]


def wake(marker: str) -> None:
    for pid in sleeping(marker):
        os.kill(pid, signal.SIGKILL)


def data_of(source: str) -> PlannedInput:
    return PlannedInput(source, "uri_folder", FromStep(source, "data"))


def standing(agent: "AgentProcess", name: str) -> list[tuple[str, StepStatus, int, str]]:
    return [(step.name, step.status, step.attempt, step.agent) for step in agent.service.show(name).steps]


def slept(marker: str) -> str:
    """A command that goes on once its sleep is ended, and writes down how often it came that far."""
    return f"echo begun; touch ${{{{outputs.data}}}}/half; sleep {marker}; echo whole > ${{{{outputs.data}}}}/whole"


def test_what_dead_agents_owned_and_ran_goes_to_another_and_one_that_comes_back_is_late(
    agents: "Agents", postgresql: str
) -> None:
    """One worker is killed, one is stopped, and the owner of the job is killed, all at once."""
    owner = agents("owner", postgresql, works=False)
    dead = agents("dead", postgresql, orchestrates=False, labels={"hot": "1"})
    late = agents("late", postgresql, orchestrates=False, labels={"cold": "1"})
    heir = agents("heir", postgresql, labels={"hot": "1", "cold": "1"})
    for agent in (owner, dead, late):
        agent.start()
    hot, cold = f"51.{os.getpid()}", f"52.{os.getpid()}"
    name = owner.submit(
        owner.step("hot", slept(hot), makes=(FOLDER,), labels=HOT),
        owner.step("cold", slept(cold), makes=(FOLDER,), labels=COLD),
        owner.step("last", "cat ${{inputs.hot}}/* ${{inputs.cold}}/*", data_of("hot"), data_of("cold")),
    )
    owner.until(lambda: sleeping(hot) and sleeping(cold))
    heir.start()
    assert standing(owner, name)[:2] == [
        ("hot", StepStatus.RUNNING, 1, "dead"),
        ("cold", StepStatus.RUNNING, 1, "late"),
    ]
    first = sleeping(hot) + sleeping(cold)
    began = time.monotonic()
    assert late.process is not None
    os.kill(late.process.pid, signal.SIGSTOP)
    owner.kill()
    dead.kill()

    heir.until(lambda: sleeping(hot) and sleeping(cold) and not set(first) & set(sleeping(hot) + sleeping(cold)))
    heir.until(lambda: heir.service.show(name).agent == "heir")
    assert time.monotonic() - began < FAILOVER_SECONDS
    assert standing(heir, name)[:2] == [("hot", StepStatus.RUNNING, 2, "heir"), ("cold", StepStatus.RUNNING, 2, "heir")]

    os.kill(late.process.pid, signal.SIGCONT)
    late.until(lambda: "attempt 1 at step cold of job" in late.log)
    assert len(sleeping(hot) + sleeping(cold)) == len(first), "nothing runs twice"
    for marker in (hot, cold):
        wake(marker)
    assert heir.ended(name).status is JobStatus.COMPLETED, heir.log
    assert [(s.name, s.attempt) for s in heir.service.show(name).steps] == [("hot", 2), ("cold", 2), ("last", 1)]
    assert heir.printed(name, "last") == "whole\nwhole\n"
    # The one that was late is an agent as before.
    again = heir.submit(heir.step("a", "true", labels=COLD))
    late.until(lambda: late.service.show(again).status is JobStatus.COMPLETED)
    assert not sleeping(hot) + sleeping(cold), "no orphan is left"


def test_an_agent_that_stops_leaves_its_steps_to_others_at_once(agents: "Agents") -> None:
    one, two = agents("one"), agents("two", orchestrates=False)
    one.start()
    marker = f"53.{os.getpid()}"
    name = one.submit(one.step("a", f"trap 'echo told; exit 1' TERM; sleep {marker} & wait"))
    one.until(lambda: sleeping(marker))
    two.start()
    began = time.monotonic()
    one.stop()
    two.until(lambda: standing(two, name) == [("a", StepStatus.RUNNING, 2, "two")])
    assert time.monotonic() - began < 5
    two.until(lambda: sleeping(marker))
    assert two.printed(name, "a").startswith("told\n\n[cloister: attempt 2")
    assert two.service.show(name).agent == "", "who orchestrates next adopts it"
    two.stop()
    assert standing(one, name) == [("a", StepStatus.QUEUED, 2, "")]
    assert not sleeping(marker)


def test_a_step_of_low_priority_makes_room_and_resumes_from_its_checkpoints(agents: "Agents") -> None:
    agent = agents("one", concurrent_steps=1)
    agent.start()
    marker = f"54.{os.getpid()}"
    low = (
        "cat $CLOISTER_CHECKPOINT_FOLDER/kept 2>/dev/null && exit 0; "
        f"trap 'echo half a model > $CLOISTER_CHECKPOINT_FOLDER/kept; exit 1' TERM; sleep {marker} & wait"
    )
    cheap = agent.submit(agent.step("cheap", low, low_priority=True))
    agent.until(lambda: sleeping(marker))
    dear = agent.submit(agent.step("dear", "true"))
    assert agent.ended(dear).status is JobStatus.COMPLETED
    assert agent.ended(cheap).status is JobStatus.COMPLETED
    assert standing(agent, cheap) == [("cheap", StepStatus.COMPLETED, 2, "one")]
    ends = [agent.service.show(job).ended_at or 0 for job in (dear, cheap)]
    assert ends == sorted(ends), "the one that may wait has waited"
    assert agent.printed(cheap, "cheap").endswith("the one before was interrupted]\nhalf a model\n")
    agent.stop()


def test_an_agent_of_which_a_part_breaks_off_leaves_and_holds_on_to_nothing(agents: "Agents") -> None:
    """Here its folder of jobs is gone, which no part expects."""
    agent = agents("one", orchestrates=False)
    agent.start()
    (agent.home / "jobs").rename(agent.home / "elsewhere")
    assert agent.process is not None
    assert agent.process.wait(20) == 1
    assert 'agent "one": its worker broke off, so it leaves' in agent.log
    assert Records(agent.engine).agents.all()[0].state is AgentState.STOPPED


def test_an_agent_that_is_drained_finishes_takes_nothing_more_and_leaves(agents: "Agents") -> None:
    agent = agents("one")
    agent.start()
    assert agent.process is not None
    records, marker = Records(agent.engine), f"55.{os.getpid()}"
    running = agent.submit(agent.step("a", f"sleep {marker}; true"))
    agent.until(lambda: sleeping(marker))
    agent.process.send_signal(signal.SIGUSR1)
    agent.until(lambda: records.agents.all()[0].state is AgentState.DRAINING)
    waiting = agent.submit(agent.step("b", "true"))
    time.sleep(0.5)
    assert (agent.process.poll(), standing(agent, waiting)) == (None, [("b", StepStatus.NOT_STARTED, 0, "")])
    wake(marker)
    assert agent.process.wait(20) == 0
    assert records.agents.all()[0].state is AgentState.DRAINED
    assert standing(agent, running) == [("a", StepStatus.COMPLETED, 1, "one")]
    assert agent.service.show(waiting).status is JobStatus.QUEUED


def test_a_name_that_lives_elsewhere_is_refused_and_one_that_is_taken_ends_its_agent(
    agents: "Agents", tmp_path: Path
) -> None:
    """The lock is on another machine, or in another folder: the row says it."""
    first = agents("one", works=False)
    first.start()
    second = agents("one", jobs_folder=str(tmp_path / "elsewhere"), ready_file=None)
    told = subprocess.run(second.command(), capture_output=True, text=True, check=False)
    refusal = 'agent "one": runs already\n  mend: stop it first, or give this one another name\n'
    assert (told.returncode, told.stderr[-len(refusal) :]) == (2, refusal)
    with first.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE jobs_agent SET incarnation = 'another machine'")
    assert first.process is not None
    assert first.process.wait(20) == 2
    assert first.log.endswith(refusal)
