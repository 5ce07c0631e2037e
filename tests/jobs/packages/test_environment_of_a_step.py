"""A step runs in the environment that it asks for, or fails with what is missing; its log says how it was built."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from package_index import Served, serve, wheel  # type: ignore[import-not-found]  # as in conftest.py

from cloister.jobs.environments.interpreters import own_interpreter
from cloister.jobs.environments.kept import KeptEnvironments
from cloister.jobs.environments.own_wheels import closure
from cloister.jobs.environments.requirements import TRACKING
from cloister.jobs.packages.locks import read_lock
from cloister.jobs.planning.plan import PlannedEnvironment, PlannedStep
from cloister.jobs.records.status import StepStatus

if TYPE_CHECKING:
    from tests.jobs.conftest import AgentProcess

pytestmark = pytest.mark.platform


@pytest.fixture
def index(fresh: "AgentProcess", tmp_path: Path) -> Iterator[Served]:
    """An index beside an agent that knows of it."""
    made, stop = serve(tmp_path / "index", fresh.engine)
    late = {
        "late.py": b"VERSION = '1.0'\ndef main(): print('late itself')\n",
        "late-1.0.dist-info/entry_points.txt": b"[console_scripts]\nlate = late:main\n",
    }
    for path in (
        wheel(tmp_path, "top", "1.0", "below"),
        wheel(tmp_path, "below", "2.1"),
        wheel(tmp_path, "late", files=late),
    ):
        made.take(path)
    made.allow("top==1.0", "below==2.1", "late==1.0")
    fresh.settings |= {"packages_url": made.simple, "reachable": [made.simple]}
    fresh.start()
    yield made
    stop()


def step(name: str, command: str, *requirements: str) -> PlannedStep:
    return PlannedStep(name, command, environment=PlannedEnvironment(requirements=requirements))


def test_a_step_runs_in_its_environment_and_installs_more_of_what_is_allowed(
    fresh: "AgentProcess", index: Served
) -> None:
    line = "python -c 'import top, below, mlflow; print(top.VERSION, below.VERSION, mlflow.set_tag.__name__)'"
    more = "pip install --quiet late && python -c 'import late; print(late.VERSION)' && late"
    refused = "pip install --quiet seaborn 2>/dev/null || echo refused"
    changed = "touch $(dirname $(command -v python))/x 2>/dev/null || echo kept"
    name = fresh.submit(
        step("built", f"{line}; {changed}", "top"),
        step("own", f"{more}; {refused}"),
        step("lacking", line, "top", "seaborn==0.13.2"),
        keep_going=True,
    )
    record = fresh.ended(name)
    # Of MLflow's client no file is here: it comes along as the platform itself has it.
    count = 2 + len(closure([TRACKING]))
    told = [line for line in fresh.printed(name, "built").splitlines() if f" of {count} packages" not in line]
    assert told == [
        "[cloister: locking 1 requirements]",
        f"[cloister: building environment: {count} packages for Python {own_interpreter().version}]",
        f"[cloister: built environment: {count} packages]",
        "[cloister: environment: mlflow-skinny is added as the platform itself has it, for tracking]",
        "1.0 2.1 set_tag",
        "kept",
    ]
    assert fresh.printed(name, "own") == "1.0\nlate itself\nrefused\n"
    lacking = record.step("lacking")
    assert lacking.status is StepStatus.FAILED
    assert lacking.reason == (
        "environment: seaborn==0.13.2 is not on the allow-list\n"
        "  mend: ask for them: cloister environment allow seaborn==0.13.2 --with-dependencies"
    )
    used = KeptEnvironments(fresh.engine, lambda: 0.0)
    locks = {one: sha256 for one, (sha256, _) in used.of_job(name).items()}
    kept = used.find(locks["built"])
    assert kept is not None
    assert {pin.project for pin in read_lock(kept.lock)} == {"top", "below", *closure([TRACKING])}
    assert locks["own"] == ""
    index.index.note_refused()
    assert [one.project for one in index.requests.refused()] == ["seaborn"]
