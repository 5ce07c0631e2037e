"""Steps that a driver runs, in a real agent's confinement."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cloister.jobs.planning.plan import Distribution, FromStep, Parallel, PlannedInput, PlannedOutput
from cloister.jobs.records.status import JobStatus

if TYPE_CHECKING:
    from tests.jobs.conftest import AgentProcess


def test_a_distributed_step_runs_where_nothing_of_the_platform_is_seen(agent: "AgentProcess") -> None:
    step = agent.step("a", f"ls {agent.home}/secrets; echo $RANK of $WORLD_SIZE")
    job = agent.submit(replace(step, distribution=Distribution("pytorch", 2)))
    assert agent.ended(job).status is JobStatus.COMPLETED
    told = f"ls: cannot access '{agent.home}/secrets': No such file or directory\n0 of 2\n"
    assert agent.printed(job, "a") == told
    kept = agent.home / "jobs" / job / "a" / "artifacts" / "user_logs"
    assert sorted(path.name for path in kept.iterdir()) == ["std_log_process_0.txt", "std_log_process_1.txt"]


SCRIPT = """
import os, sys, time
def run(mini_batch):
    ran = os.path.join(sys.argv[1], "ran")
    with open(ran, "a") as file:
        file.write(os.path.basename(mini_batch[0]))
    if open(ran).read() == "abc":
        time.sleep(60)
    return [f"{os.path.basename(path)} {open(path).read()}" for path in mini_batch]
"""


def test_a_parallel_step_goes_on_after_a_kill_with_what_it_had_made(fresh: "AgentProcess", tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "entry.py").write_text(SCRIPT)
    source = fresh.step(
        "source",
        "for x in a b c d; do echo $x > ${{outputs.data}}/$x; done",
        makes=(PlannedOutput("data", "uri_folder"),),
    )
    parallel = fresh.step(
        "work",
        "",
        PlannedInput("data", "uri_folder", FromStep("source", "data")),
        makes=(PlannedOutput("rows", "uri_file"), PlannedOutput("kept", "uri_folder")),
        code="code/0",
    )
    how = Parallel("entry.py", "data", program_arguments="${{outputs.kept}}", append_row_to="rows")
    sink = fresh.step(
        "sink",
        "cat ${{inputs.rows}} ${{inputs.kept}}/ran",
        PlannedInput("rows", "uri_file", FromStep("work", "rows")),
        PlannedInput("kept", "uri_folder", FromStep("work", "kept")),
    )
    fresh.start()
    job = fresh.submit(source, replace(parallel, parallel=how), sink, code=tmp_path / "code")
    ran = fresh.home / "jobs" / job / "work" / "outputs.partial" / "kept" / "ran"
    fresh.until(lambda: ran.exists() and ran.read_text() == "abc")
    fresh.kill()
    fresh.start()
    assert fresh.ended(job).status is JobStatus.COMPLETED, fresh.printed(job, "work")
    assert fresh.printed(job, "sink") == "a a\n\nb b\n\nc c\n\nd d\n\nabccd"
    assert "cloister: 2 mini batches are done by an earlier attempt\n" in fresh.printed(job, "work")
