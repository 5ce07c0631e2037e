"""A deterministic step that has run on the very same things is not run again."""

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloister.access.principals import Principal
from cloister.jobs.assets.snapshot import pack
from cloister.jobs.environments.kept import KeptEnvironments
from cloister.jobs.environments.own_wheels import write_wheel
from cloister.jobs.packages.locks import lock_sha256
from cloister.jobs.packages.names import Entry
from cloister.jobs.packages.requests import PackageRequests
from cloister.jobs.packages.shelf import Shelf
from cloister.jobs.planning.plan import Constant, FromStep, Plan, PlannedInput, PlannedOutput, PlannedStep
from cloister.jobs.planning.resolve import Member
from cloister.jobs.records.status import JobStatus

if TYPE_CHECKING:
    from tests.jobs.conftest import AgentProcess

pytestmark = pytest.mark.platform

DATA = PlannedOutput("data", "uri_folder")
MAKE = PlannedStep(
    "make",
    "python make.py ${{inputs.word}} > ${{outputs.data}}/x; echo made",
    (PlannedInput("word", "string", Constant("one")),),
    (DATA,),
    code="code/0",
)
USE = PlannedStep(
    "use",
    "cat ${{inputs.data}}/x; cp ${{inputs.data}}/x ${{outputs.data}}/y",
    (PlannedInput("data", "uri_folder", FromStep("make", "data")),),
    (DATA,),
)
READ = PlannedStep("read", "cat ${{inputs.data}}/y", (replace(USE.inputs[0], binding=FromStep("use", "data")),))
AGAIN = "the result of {} is used again"


class Jobs:
    """Submits the same three steps again and again, each time in another way."""

    def __init__(self, agent: "AgentProcess", folder: Path) -> None:
        self._agent = agent
        self._code = folder / "code"
        self._code.mkdir()
        (self._code / "make.py").write_text("import sys, uuid; print(sys.argv[1], uuid.uuid4())")

    def run(
        self, *steps: PlannedStep, submitter: str = "ada", force: bool = False, comment: str = ""
    ) -> tuple[str, list[str]]:
        """The job's name, and what is told of each of its steps."""
        (self._code / "make.py").write_text(f"import sys, uuid; print(sys.argv[1], uuid.uuid4())  # {comment}\n")
        archive = self._agent.home / "reuse.tar.gz"
        with archive.open("wb") as file:
            pack([Member(self._code, "code/0")], file)
        plan = Plan("pipeline", "tests", steps, force_rerun=force)
        record = self._agent.ended(self._agent.service.submit(plan, archive, submitter))
        assert record.status is JobStatus.COMPLETED
        return record.name, [step.reason for step in record.steps]

    def data(self, job: str) -> str:
        return (self._agent.home / "jobs" / job / "use" / "outputs" / "data" / "y").read_text()


@pytest.fixture(scope="module")
def jobs(agent: "AgentProcess", tmp_path_factory: pytest.TempPathFactory) -> Jobs:
    return Jobs(agent, tmp_path_factory.mktemp("reuse"))


def test_the_same_pipeline_takes_its_results_over_and_says_whose(agent: "AgentProcess", jobs: Jobs) -> None:
    first, told = jobs.run(MAKE, USE, READ, comment="same")
    assert told == ["", "", ""]
    second, told = jobs.run(MAKE, USE, READ, comment="same")
    assert told == [AGAIN.format(f"{first}/{name}") for name in ("make", "use", "read")]
    assert jobs.data(second) == jobs.data(first)
    assert agent.printed(second, "make") == f"[cloister: not run; the result of {first}/make is used again]\n"
    # Linked, so that it takes no room, and still whole where the first one goes.
    before, after = (agent.home / "jobs" / job / "use" / "outputs" / "data" / "y" for job in (first, second))
    assert before.samefile(after)
    third, told = jobs.run(MAKE, USE, READ, comment="same")
    assert told[0] == AGAIN.format(f"{first}/make")
    assert jobs.data(third) == jobs.data(first)


def test_from_the_first_change_on_all_that_follows_is_run(jobs: Jobs) -> None:
    first, _ = jobs.run(MAKE, USE, READ, comment="changes")
    assert jobs.run(MAKE, replace(USE, command=USE.command + "; true"), READ, comment="changes")[1] == [
        AGAIN.format(f"{first}/make"),
        "",
        "",
    ]
    other = replace(MAKE, inputs=(replace(MAKE.inputs[0], binding=Constant("two")),))
    assert jobs.run(other, USE, READ, comment="changes")[1] == ["", "", ""]
    assert jobs.run(MAKE, USE, READ, comment="other code")[1] == ["", "", ""]


def test_what_an_earlier_step_makes_anew_is_new_also_where_it_is_said_in_the_same_words(jobs: Jobs) -> None:
    """A step that is not deterministic runs each time, and so does all that reads what it made."""
    steps = (replace(MAKE, is_deterministic=False), USE, READ)
    jobs.run(*steps, comment="new")
    assert jobs.run(*steps, comment="new")[1] == ["", "", ""]


def test_a_person_gets_nothing_of_the_jobs_of_another(jobs: Jobs) -> None:
    jobs.run(MAKE, comment="hers")
    assert jobs.run(MAKE, submitter="eve", comment="hers")[1] == [""]


def test_a_job_may_ask_for_all_to_be_run(jobs: Jobs) -> None:
    jobs.run(MAKE, comment="forced")
    newest, told = jobs.run(MAKE, force=True, comment="forced")
    assert told == [""]
    assert jobs.run(MAKE, comment="forced")[1] == [AGAIN.format(f"{newest}/make")]


def test_a_result_that_is_gone_is_made_again(agent: "AgentProcess", jobs: Jobs) -> None:
    first, _ = jobs.run(MAKE, comment="gone")
    shutil.rmtree(agent.home / "jobs" / first / "make" / "outputs")
    assert jobs.run(MAKE, comment="gone")[1] == [""]


def test_what_was_made_with_a_package_that_was_revoked_since_is_made_anew(
    agent: "AgentProcess", jobs: Jobs, tmp_path: Path
) -> None:
    shelf, requests = Shelf(agent.engine, tmp_path, time.time), PackageRequests(agent.engine, time.time)
    file = write_wheel(tmp_path, "tool", "1.0", {}, "py3-none-any")
    taken = shelf.take(file, file.name, "a test")
    asked = requests.ask(
        Entry("tool", "==1.0"), Principal("mia", "user"), "", with_dependencies=False, with_source=False
    )
    requests.approve(asked.number, Principal("abe", "user"), (asked.entry,), "")
    first, _ = jobs.run(MAKE, comment="revoked")
    kept = KeptEnvironments(agent.engine, time.time)
    lock = f"tool==1.0 --hash=sha256:{taken.sha256}"
    kept.keep(lock, "3.11", "0" * 64)
    kept.used(first, "make", lock_sha256(lock), "")
    assert jobs.run(MAKE, comment="revoked")[1] == [AGAIN.format(f"{first}/make")]
    requests.revoke(asked.number, Principal("abe", "user"), "")
    second, told = jobs.run(MAKE, comment="revoked")
    assert told == [""]
    assert jobs.run(MAKE, comment="revoked")[1] == [AGAIN.format(f"{second}/make")]


def test_what_failed_is_no_result(agent: "AgentProcess") -> None:
    names = [agent.submit(agent.step("bad", "exit 3")) for _ in range(2)]
    assert [agent.ended(name).steps[0].reason for name in names] == ["it exited with code 3"] * 2
