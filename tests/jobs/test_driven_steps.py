"""Steps that a driver runs, and scripts from elsewhere, in a real agent's confinement."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cloister.jobs.planning.plan import Constant, Distribution, FromStep, Parallel, PlannedInput, PlannedOutput
from cloister.jobs.records.status import JobStatus

if TYPE_CHECKING:
    from tests.jobs.conftest import AgentProcess

EXAMPLE = Path(__file__).parents[2] / "examples" / "script-mode"
# Also where the network is the step's own, there is a loopback to meet on.
MEET = """
import os, socket, time
at = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
if os.environ["RANK"] == "0":
    with socket.create_server(at) as server:
        print("met", server.accept()[0].recv(1).decode())
else:
    for _ in range(200):
        try:
            socket.create_connection(at).send(b"1")
            break
        except OSError:
            time.sleep(0.05)
"""


def test_a_distributed_step_runs_where_nothing_of_the_platform_is_seen(agent: "AgentProcess", tmp_path: Path) -> None:
    (tmp_path / "meet.py").write_text(MEET)
    step = agent.step("a", f"ls {agent.home}/secrets; python meet.py", code="code/0")
    job = agent.submit(replace(step, distribution=Distribution("pytorch", 2)), code=tmp_path)
    assert agent.ended(job).status is JobStatus.COMPLETED
    told = f"ls: cannot access '{agent.home}/secrets': No such file or directory\nmet 1\n"
    assert agent.printed(job, "a") == told
    kept = agent.home / "jobs" / job / "a" / "artifacts" / "user_logs"
    assert sorted(path.name for path in kept.iterdir()) == ["std_log_process_0.txt", "std_log_process_1.txt"]


def by_hand(root: Path) -> str:
    """What the example makes where SageMaker's own variables are set, as its toolkit sets them."""
    (root / "model").mkdir()
    (root / "data").mkdir()
    variables = {
        "SM_CHANNEL_TRAIN": str(EXAMPLE / "data"),
        "SM_MODEL_DIR": str(root / "model"),
        "SM_OUTPUT_DATA_DIR": str(root / "data"),
        "SM_CURRENT_HOST": "algo-1",
    }
    line = [sys.executable, str(EXAMPLE / "src" / "train.py"), "--epochs", "500", "--learning-rate", "0.05"]
    subprocess.run(line, env=variables, check=True)
    return (root / "model" / "line.json").read_text()


def test_a_script_of_script_mode_makes_the_same_here_by_variables_and_by_paths(
    agent: "AgentProcess", tmp_path: Path
) -> None:
    source = agent.step(
        "source",
        "cp data/* ${{outputs.data}}",
        makes=(PlannedOutput("data", "uri_folder"),),
        code="code/0",
    )
    inputs = (
        PlannedInput("train", "uri_folder", FromStep("source", "data")),
        PlannedInput("epochs", "integer", Constant("500")),
    )
    made = (PlannedOutput("model", "custom_model"), PlannedOutput("output_data_dir", "uri_folder"))
    command = "python src/train.py --epochs ${{inputs.epochs}} --learning-rate 0.05"
    folders = "--train /opt/ml/input/data/train --model-dir /opt/ml/model --output-data-dir /opt/ml/output/data"
    model = by_hand(tmp_path)
    for line in (command, f"{command} {folders}"):
        job = agent.submit(source, agent.step("train", line, *inputs, makes=made, code="code/0"), code=EXAMPLE)
        record = agent.ended(job)
        assert agent.printed(job, "train") == "algo-1: y = 2.01 x + 1.00 after 500 epochs\n"
        outputs = agent.home / "jobs" / job / "train" / "outputs"
        assert (outputs / "model" / "line.json").read_text() == model
        assert len(json.loads((outputs / "output_data_dir" / "losses.json").read_text())) == 500
        if "sees only its own folder" not in record.step("train").isolation:
            pytest.skip("without a view of its own, a step has the variables, but no /opt/ml")


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
