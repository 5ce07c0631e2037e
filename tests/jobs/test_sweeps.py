"""Sweeps end to end: real agents, trials as real processes, a real MLflow."""

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from cloister.jobs.desk.sweeps import sweep_documents
from cloister.jobs.planning.plan import (
    Constant,
    Dimension,
    EarlyTermination,
    FromSearch,
    FromStep,
    PlannedInput,
    PlannedOutput,
    PlannedStep,
    Sweep,
)
from cloister.jobs.records.jobs import JobRecord
from cloister.jobs.records.status import JobStatus, StepStatus
from cloister.jobs.records.trials import TrialRecord, TrialRecords
from cloister.jobs.sweeping.random_search import drawn

if TYPE_CHECKING:
    from tests.jobs.conftest import AgentProcess, Agents

pytestmark = pytest.mark.platform

# MLflow's client takes ten seconds to import; what it sends is this.
LOG = """\
import json, os, urllib.request
def post(path, **body):
    body["run_id"] = os.environ["MLFLOW_RUN_ID"]
    url = f"{os.environ['MLFLOW_TRACKING_URI']}/api/2.0/mlflow/runs/{path}"
    data = json.dumps(body).encode()
    urllib.request.urlopen(urllib.request.Request(url, data, {"Content-Type": "application/json"}))
def metric(value, step=0, key="loss"):
    import time
    post("log-metric", key=key, value=value, step=step, timestamp=int(time.time() * 1000))
def param(key, value):
    post("log-parameter", key=key, value=value)
"""
# The second trial waits to be seen running; when it runs again it has a checkpoint.
WAITS = (
    'import os; mark = os.environ["CLOISTER_CHECKPOINT_FOLDER"] + "/seen"; '
    'waits = os.environ["CLOISTER_STEP"] == "tune.trial_1" and not os.path.exists(mark); '
    'open(mark, "w").close(); time.sleep(60 * waits)'
)
X = Dimension("x", "choice", values=(3, 1, 2))
MODEL = PlannedOutput("model", "uri_folder")
SWEEP = Sweep("grid", "loss", "minimize", (X,), max_total_trials=9, max_concurrent_trials=2)


@pytest.fixture
def code(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "log.py").write_text(LOG)
    return tmp_path / "code"


def sweep_step(command: str, sweep: Sweep = SWEEP, makes: tuple[PlannedOutput, ...] = ()) -> PlannedStep:
    taken = tuple(PlannedInput(d.name, "number", FromSearch(d.name)) for d in sweep.space)
    given = PlannedInput("word", "string", Constant("hello"))
    return PlannedStep("tune", command, (*taken, given), makes, code="code/0", sweep=sweep)


def python(script: str) -> str:
    return f"python -c '{script}' ${{{{inputs.x}}}}"


def trials(agent: "AgentProcess", job: str) -> tuple[TrialRecord, ...]:
    return TrialRecords(agent.engine).sweep(job, "tune").trials


def second_waits(agent: "AgentProcess", job: str) -> bool:
    return (agent.home / "jobs" / job / "tune.trial_1" / "checkpoints" / "seen").exists()


def steps(record: JobRecord) -> dict[str, tuple[str, str]]:
    return {step.name: (str(step.status), step.reason) for step in record.steps}


def run_of(url: str, run_id: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """The status of a run, its tags and its parameters."""
    answer = httpx.get(f"{url}/api/2.0/mlflow/runs/get", params={"run_id": run_id}, trust_env=False)
    found = answer.raise_for_status().json()["run"]
    told = ({one["key"]: one["value"] for one in found["data"].get(kind, ())} for kind in ("tags", "params"))
    return (found["info"]["status"], *told)


def test_the_best_trial_is_found_and_its_outputs_are_the_sweeps(
    logging_agent: "AgentProcess", mlflow_url: str, code: Path
) -> None:
    script = (
        'import sys, log; x = int(sys.argv[1]); log.param("x", str(float(x))) if x == 3 else None; '
        'log.metric((x - 2) ** 2 + 1, 0); log.metric((x - 2) ** 2, 1); open(sys.argv[2] + "/m", "w").write(str(x))'
    )
    command = python(script) + " ${{outputs.model}} && echo ${{inputs.word}}"
    read = PlannedStep("read", "cat ${{inputs.m}}/m", (PlannedInput("m", "uri_folder", FromStep("tune", "model")),))
    made = replace(MODEL, destination="azureml://datastores/workspaceblobstore/paths/best")
    name = logging_agent.submit(sweep_step(command, makes=(made,)), read, code=code)
    record = logging_agent.ended(name)
    assert steps(record) == {
        "tune": ("Completed", "tune.trial_2 is the best: loss 0"),
        "tune.trial_0": ("Completed", ""),
        "tune.trial_1": ("Completed", ""),
        "tune.trial_2": ("Completed", ""),
        "read": ("Completed", ""),
    }
    assert [(t.values, t.metric, t.reported) for t in trials(logging_agent, name)] == [
        ({"x": 3}, 1.0, 2),
        ({"x": 1}, 1.0, 2),
        ({"x": 2}, 0.0, 2),
    ]
    assert (logging_agent.printed(name, "read"), logging_agent.printed(name, "tune.trial_1")) == ("2", "hello\n")
    # It goes where it is to go once, and is the best trial's.
    store = logging_agent.service.library.datastores.open("workspaceblobstore")
    assert b"".join(store.pieces("best/m")) == b"2"
    assert [edge.step for edge in logging_agent.service.library.lineage.of_job(name)] == ["tune"]
    told = sweep_documents(record, logging_agent.service.sweeps(record))
    assert told["tune"]["sweep"] == {
        "algorithm": "grid",
        "primary_metric": "loss",
        "goal": "minimize",
        "trials": 3,
        "max_total_trials": 9,
        "best_trial": "tune.trial_2",
        "best_metric": 0.0,
        "best_parameters": {"x": 2},
    }
    assert told["tune.trial_0"] == {"trial": {"parameters": {"x": 3}, "primary_metric": "loss", "metric": 1.0}}
    status, tags, _ = run_of(mlflow_url, record.step("tune").run_id)
    best = record.step("tune.trial_2")
    assert status == "FINISHED"
    assert {key: tags[key] for key in ("best_child_run_id", "score", "mlflow.parentRunId")} == {
        "best_child_run_id": best.run_id,
        "score": "0.0",
        "mlflow.parentRunId": record.run_id,
    }
    _, tags, params = run_of(mlflow_url, best.run_id)
    assert (tags["mlflow.parentRunId"], tags["hyperparameters"]) == (record.step("tune").run_id, '{"x": 2}')
    assert params == {"x": "2"}
    # What the script logged itself stays as it wrote it.
    assert run_of(mlflow_url, record.step("tune.trial_0").run_id)[2] == {"x": "3.0"}


def test_so_many_trials_run_at_a_time_and_no_more(logging_agent: "AgentProcess", code: Path) -> None:
    sweep = replace(SWEEP, space=(replace(X, values=(1, 2, 3, 4)),), max_concurrent_trials=2, max_total_trials=3)
    name = logging_agent.submit(
        sweep_step(python("import sys, log, time; time.sleep(0.3); log.metric(1)"), sweep), code=code
    )
    most = 0
    while logging_agent.service.show(name).status not in (JobStatus.COMPLETED, JobStatus.FAILED):
        running = [s for s in logging_agent.service.show(name).steps if s.parent and s.status is StepStatus.RUNNING]
        most = max(most, len(running))
        time.sleep(0.02)
    assert (most, [t.values["x"] for t in trials(logging_agent, name)]) == (2, [1, 2, 3])
    assert logging_agent.service.show(name).step("tune").reason == "tune.trial_0 is the best: loss 1"


def test_after_a_kill_no_finished_trial_runs_again_and_proposals_stay(tracked: "AgentProcess", code: Path) -> None:
    space = (Dimension("x", "uniform", min_value=0, max_value=1),)
    sweep = Sweep("random", "loss", "minimize", space, max_total_trials=4, max_concurrent_trials=1, seed=5)
    script = f"import sys, log, time; print(sys.argv[1]); log.metric(float(sys.argv[1])); {WAITS}"
    name = tracked.submit(sweep_step(python(script), sweep), code=code)
    tracked.until(lambda: second_waits(tracked, name))
    before = trials(tracked, name)
    tracked.kill()
    tracked.start()
    record = tracked.ended(name)
    after = trials(tracked, name)
    assert record.status is JobStatus.COMPLETED
    assert [t.values for t in after[:2]] == [t.values for t in before]
    assert [step.attempt for step in record.steps] == [1, 1, 2, 1, 1]
    assert tracked.printed(name, "tune.trial_0") == f"{after[0].values['x']}\n"
    # As they would have been without the kill: they follow from seed and number.
    assert [t.values for t in after] == [dict(drawn(sweep, 5, number)) for number in range(4)]


def test_a_sweep_goes_on_at_another_agent(agents: "Agents", postgresql: str, mlflow_url: str, code: Path) -> None:
    """Its owner dies, with the trial that ran there; the heir takes both over, on PostgreSQL."""
    owner, heir = agents("owner", postgresql), agents("heir", postgresql)
    for agent in (owner, heir):
        agent.log_to(mlflow_url)
    owner.start()
    space = (Dimension("x", "uniform", min_value=0, max_value=1), Dimension("n", "randint", upper=5))
    sweep = Sweep("bayesian", "loss", "minimize", space, max_total_trials=7, max_concurrent_trials=1)
    script = f"import sys, log, time; log.metric(float(sys.argv[1])); {WAITS}"
    name = owner.submit(sweep_step(python(script), sweep), code=code)
    owner.until(lambda: second_waits(owner, name))
    before = trials(owner, name)
    heir.start()
    owner.kill()
    record = heir.ended(name)
    after = trials(heir, name)
    assert record.status is JobStatus.COMPLETED
    assert (record.agent, [t.values for t in after[:2]]) == ("heir", [t.values for t in before])
    assert [step.attempt for step in record.steps] == [1, 1, 2, 1, 1, 1, 1, 1]
    assert len({repr(t.values) for t in after}) == 7
    best = min(after, key=lambda trial: trial.metric or 0.0)
    assert record.step("tune").reason == f"{best.step} is the best: loss {best.metric:g}"


def test_a_hopeless_trial_is_stopped_with_the_reason(
    logging_agent: "AgentProcess", mlflow_url: str, code: Path
) -> None:
    """The bad trial logs on and on, and would never end by itself."""
    policy = EarlyTermination("bandit", evaluation_interval=1, delay_evaluation=2, slack_amount=0.5)
    sweep = replace(SWEEP, space=(replace(X, values=(0, 5)),), early_termination=policy)
    script = (
        "import sys, log, time, itertools; x = int(sys.argv[1])\nfor n in itertools.count():\n log.metric(x, n)\n"
        " time.sleep(0.1)\n if x == 0 and n == 3: break"
    )
    name = logging_agent.submit(sweep_step(python(script), sweep), code=code)
    record = logging_agent.ended(name)
    told = record.step("tune.trial_1").reason
    assert steps(record) == {
        "tune": ("Completed", "tune.trial_0 is the best: loss 0"),
        "tune.trial_0": ("Completed", ""),
        "tune.trial_1": ("Canceled", told),
    }
    assert told.startswith("bandit: loss 5 at interval ")
    assert told.endswith("is out of the slack from the best trial's 0, which allows 0.5")
    status, tags, _ = run_of(mlflow_url, record.step("tune.trial_1").run_id)
    assert (status, tags["cloister.canceled"]) == ("KILLED", told)


def test_a_sweep_is_cancelled_with_its_trials(logging_agent: "AgentProcess", code: Path) -> None:
    name = logging_agent.submit(sweep_step("sleep 60 # ${{inputs.x}}"), code=code)
    logging_agent.until(lambda: len([s for s in logging_agent.service.show(name).steps if s.process]) == 2)
    logging_agent.service.cancel(name, "ada")
    record = logging_agent.ended(name)
    assert record.status is JobStatus.CANCELED
    assert set(steps(record).values()) == {("Canceled", "canceled by ada")}
    assert len(record.steps) == 3


# Nothing more can be logged in a run that is deleted.
GONE = 'import sys, log; x = int(sys.argv[1]); log.metric(x); log.post("delete")'
ENDS: list[tuple[str, dict[str, object], tuple[PlannedOutput, ...], tuple[str, str]]] = [
    # This one comes first, so that two of its trials are done in its time on a busy machine too.
    (
        python("import sys, log, time; x = int(sys.argv[1]); log.metric(x); time.sleep(60 * (x == 1))"),
        {"timeout_seconds": 10},
        (),
        ("Completed", "tune.trial_2 is the best: loss 2; the sweep took longer than its timeout of 10 s"),
    ),
    ("exit 3 # ${{inputs.x}}", {}, (), ("Failed", "none of its 3 trials completed")),
    ("true # ${{inputs.x}}", {}, (), ("Completed", 'no trial that completed logged the metric "loss"')),
    ("true # ${{inputs.x}}", {}, (MODEL,), ("Failed", 'no trial that completed logged the metric "loss"')),
    (
        "sleep 60 # ${{inputs.x}}",
        {"timeout_seconds": 1},
        (),
        ("Failed", "the sweep took longer than its timeout of 1 s"),
    ),
    (
        python("import sys, log; x = int(sys.argv[1]); log.metric(x); sys.exit(x == 1)"),
        {},
        (),
        ("Completed", "tune.trial_2 is the best: loss 2"),
    ),
    (
        python('import sys, log; x = int(sys.argv[1]); log.metric(float("nan") if x == 1 else x)'),
        {},
        (),
        ("Completed", "tune.trial_2 is the best: loss 2"),
    ),
    (python(GONE), {}, (), ("Completed", "tune.trial_1 is the best: loss 1")),
]


def test_how_sweeps_end(logging_agent: "AgentProcess", code: Path) -> None:
    """All at once, because most of them wait."""
    names = [
        logging_agent.submit(sweep_step(command, replace(SWEEP, **change), makes), code=code)  # type: ignore[arg-type]  # the fields by name
        for command, change, makes, _ in ENDS
    ]
    ended = [steps(logging_agent.ended(name))["tune"] for name in names]
    assert ended == [expected for _, _, _, expected in ENDS]


def test_a_trial_has_its_own_time(logging_agent: "AgentProcess", code: Path) -> None:
    sweep = replace(SWEEP, space=(replace(X, values=(0, 60)),))
    script = python("import sys, log, time; x = int(sys.argv[1]); log.metric(x); time.sleep(x)")
    record = logging_agent.ended(logging_agent.submit(replace(sweep_step(script, sweep), timeout_seconds=5), code=code))
    assert steps(record) == {
        "tune": ("Completed", "tune.trial_0 is the best: loss 0"),
        "tune.trial_0": ("Completed", ""),
        "tune.trial_1": ("Failed", "it took longer than its timeout of 5 s"),
    }
