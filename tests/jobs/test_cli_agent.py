"""Agents that are started by hand, listed and drained: by the command line, behind the real guard."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloister.errors import SpecError
from cloister.jobs.config import AgentConfig, another_agent
from cloister.jobs.desk.agents_control import AgentControl
from cloister.jobs.records.agents import AgentRecord, AgentRecords, AgentState

if TYPE_CHECKING:
    from tests.jobs.conftest import Agents, Serve

pytestmark = pytest.mark.platform


def base(database: str = "sqlite:////h/state/engine.db") -> AgentConfig:
    return AgentConfig(
        home=Path("/h"),
        jobs_folder=Path("/h/jobs"),
        database_url="sqlite:////h/state/cloister.db",
        engine_database_url=database,
        ready_file=Path("/h/run/agent.ready"),
    )


def test_one_more_agent_has_what_the_first_has_but_its_own_name_and_engine() -> None:
    changes = {"computes": ("gpu",), "labels": {"gpu": "1"}, "orchestrates": False}
    made = another_agent(base(), "gpu1", changes)
    assert made.model_dump(exclude_defaults=True) == base().model_dump(
        exclude_defaults=True, exclude={"ready_file"}
    ) | {
        "name": "gpu1",
        "computes": ("gpu",),
        "labels": {"gpu": "1"},
        "orchestrates": False,
        "engine_database_url": "sqlite:////h/state/engine-gpu1.db",
    }
    server = "postgresql+psycopg://cloister@db/cloister"
    assert another_agent(base(server), "gpu1", {}).engine_database_url == server


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        pytest.param("../up", {}, 'agent "../up": name: String should match pattern', id="a name that is a path"),
        pytest.param("a", {"computes": ()}, 'agent "a": computes: Tuple should have at least 1 item', id="no compute"),
    ],
)
def test_what_no_agent_can_be(name: str, changes: dict[str, object], told: str) -> None:
    with pytest.raises(SpecError) as caught:
        another_agent(base(), name, changes)
    assert str(caught.value).startswith(told)


def test_agents_are_listed_and_drained_by_whoever_may(agents: "Agents", serve: "Serve", tmp_path: Path) -> None:
    """A worker is started by hand, beside the configuration of the platform's own agent."""
    own = agents("local")
    arguments = ["agent", "start", "--config", str(own.write_config()), "--name", "gpu1", "--compute", "gpu"]
    arguments += ["--label", "gpu=1", "--places", "3", "--worker-only"]
    records = AgentRecords(own.engine)
    with (own.home / "local.log").open("wb") as log:
        started = subprocess.Popen([sys.executable, "-m", "cloister", *arguments], stderr=log)
    try:
        own.until(lambda: records.all() or started.poll() is not None)
        assert started.poll() is None, own.log
        with serve(own.engine, tmp_path, lambda guard: AgentControl(records, guard, time.time).routes()) as api:
            (found,) = api.ask("rita", "GET", "agents").json()["agents"]
            assert {key: found[key] for key in ("name", "state", "computes", "labels", "places", "orchestrates")} == {
                "name": "gpu1", "state": "Active", "computes": ["gpu"], "labels": {"gpu": "1"}, "places": 3,
                "orchestrates": False,
            }  # fmt: skip
            assert api.reason("rita", "POST", "agents/gpu1/drain")[0] == 403
            assert api.reason("ada", "POST", "agents/gpu2/drain") == (404, 'agent "gpu2": there is none of that name')
            assert api.ask("ada", "POST", "agents/gpu1/drain").json()["state"] == "Draining"
            assert started.wait(20) == 0
            assert api.ask("ada", "GET", "agents").json()["agents"][0]["state"] == "Drained"
            listed = subprocess.run(
                [sys.executable, "-m", "cloister", "agent", "list"],
                capture_output=True,
                text=True,
                check=True,
                env={**os.environ, "CLOISTER_URL": api.url, "CLOISTER_TOKEN": api.token("ada")},
            )
        host = records.all()[0].host
        assert listed.stdout == f"gpu1  Drained  {host}  3 places, computes gpu gpu=1, owns no jobs\n"
        config = json.loads((own.home / "run" / "agent-gpu1.config.json").read_text())
        assert (config["name"], config["ready_file"]) == ("gpu1", None)
    finally:
        if started.poll() is None:
            started.send_signal(signal.SIGKILL)
            started.wait()


def test_one_that_is_silent_is_said_to_be_and_is_drained_at_once_when_it_has_stopped(
    agents: "Agents", serve: "Serve", tmp_path: Path
) -> None:
    own = agents("local")
    records = AgentRecords(own.engine, lambda: 1000.0)
    record = AgentRecord(
        "old", "process", "host", 7, AgentState.ACTIVE, 1, ("*",), {}, 2, orchestrates=True, isolation="",
        started_at=0.0, seen_at=0.0,
    )  # fmt: skip
    assert records.register(record, instead_of="")
    with serve(own.engine, tmp_path, lambda guard: AgentControl(records, guard, lambda: 1011.0).routes()) as api:
        assert api.ask("ada", "GET", "agents").json()["agents"][0]["state"] == "Silent"
        records.leave("old", "process", AgentState.STOPPED)
        assert api.ask("ada", "GET", "agents").json()["agents"][0]["state"] == "Stopped"
        assert api.ask("ada", "POST", "agents/old/drain").json()["state"] == "Drained"
