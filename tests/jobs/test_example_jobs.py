"""The jobs of examples/jobs are what their README says: loaded and planned, not run."""

from datetime import UTC, datetime
from pathlib import Path

from cloister.jobs.planning.plan import EarlyTermination, Parallel
from cloister.jobs.planning.resolve import plan
from cloister.jobs.reading.load import load_job
from cloister.jobs.reading.schedules import read_schedule

FOLDER = Path(__file__).parents[2] / "examples" / "jobs"


def test_the_sweep() -> None:
    planned = plan(load_job(FOLDER / "sweep.yml"))
    (step,) = planned.steps
    assert planned.notes == ()
    assert step.command == "python descend.py --rate ${{inputs.rate}} --start ${{inputs.start}}"
    sweep = step.sweep
    assert sweep is not None
    assert (sweep.algorithm, sweep.goal, sweep.metric) == ("random", "minimize", "height")
    assert (sweep.max_total_trials, sweep.max_concurrent_trials, sweep.timeout_seconds) == (6, 2, 600)
    assert [(one.name, one.kind) for one in sweep.space] == [("rate", "uniform"), ("start", "choice")]
    assert sweep.early_termination == EarlyTermination("bandit", 1, 3, slack_factor=0.5)


def test_the_parallel_step() -> None:
    planned = plan(load_job(FOLDER / "parallel.yml"))
    (step,) = planned.steps
    assert planned.notes == ()
    assert step.parallel == Parallel(
        "means.py",
        "readings",
        mini_batch_size="2",
        append_row_to="means",
        processes_per_instance=2,
        mini_batch_error_threshold=0,
        max_retries=1,
    )
    assert [(one.name, one.type) for one in step.outputs] == [("means", "uri_file")]


def test_the_schedule() -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    written = read_schedule(FOLDER / "schedule.yml", {}, noon)
    assert (written.schedule.name, written.file, written.replaced) == (
        "readings",
        FOLDER / "parallel.yml",
        {"tags": {"by": "schedule"}},
    )
    assert written.schedule.timing.next_due(noon) == noon.replace(minute=5)
    assert written.notes == ()
