"""A step runs in the environment that it asks for, or fails with what is missing; its log says how it was built."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from package_index import Served, serve, wheel  # type: ignore[import-not-found]  # as in conftest.py

from cloister.jobs.environments.interpreters import own_interpreter
from cloister.jobs.environments.kept import KeptEnvironments
from cloister.jobs.planning.plan import PlannedEnvironment, PlannedStep
from cloister.jobs.records.status import StepStatus

if TYPE_CHECKING:
    from tests.jobs.conftest import AgentProcess

pytestmark = pytest.mark.platform


@pytest.fixture
def index(fresh: "AgentProcess", tmp_path: Path) -> Iterator[Served]:
    """An index beside an agent that knows of it."""
    made, stop = serve(tmp_path / "index", fresh.engine)
    for path in (wheel(tmp_path, "top", "1.0", "below"), wheel(tmp_path, "below", "2.1"), wheel(tmp_path, "late")):
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
    line = "python -c 'import top, below; print(top.VERSION, below.VERSION)'"
    more = "pip install --quiet late && python -c 'import late; print(late.VERSION)'"
    refused = "pip install --quiet seaborn 2>/dev/null || echo refused"
    changed = "touch $(dirname $(command -v python))/x 2>/dev/null || echo kept"
    name = fresh.submit(
        step("built", f"{line}; {changed}", "top"),
        step("own", f"{more}; {refused}"),
        step("lacking", line, "top", "seaborn==0.13.2"),
        keep_going=True,
    )
    record = fresh.ended(name)
    assert fresh.printed(name, "built") == (
        "[cloister: locking 1 requirements]\n"
        f"[cloister: building environment: 2 packages for Python {own_interpreter().version}]\n"
        "[cloister: built environment: 2 packages]\n"
        "[cloister: environment: without mlflow-skinny, which the index does not serve beside the rest]\n"
        "1.0 2.1\nkept\n"
    )
    assert fresh.printed(name, "own") == "1.0\nrefused\n"
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
    assert [line.partition(" ")[0] for line in kept.lock.splitlines() if "==" in line] == ["below==2.1", "top==1.0"]
    assert locks["own"] == ""
    index.index.note_refused()
    assert [one.project for one in index.requests.refused()] == ["seaborn"]
