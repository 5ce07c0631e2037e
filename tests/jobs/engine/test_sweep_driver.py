"""The driver of sweeps on real rows, with an MLflow that says no."""

import asyncio
from pathlib import Path

import httpx
import pytest

from cloister.gateway.identity.keys import load_or_create_key
from cloister.jobs.engine import sweep_driver
from cloister.jobs.engine.job_run import JobRun
from cloister.jobs.engine.sweep_driver import SweepDriver
from cloister.jobs.planning.plan import Dimension, FromSearch, Plan, PlannedInput, PlannedStep, Sweep
from cloister.jobs.records.claims import Offer
from cloister.jobs.records.records import Records
from cloister.jobs.records.status import StepStatus
from cloister.jobs.running.folders import JobFolders
from cloister.jobs.running.tracking import Tracking

SWEEP = Sweep("grid", "loss", "minimize", (Dimension("x", "choice", values=(1, 2)),), 2, 1)
STEP = PlannedStep("tune", "true", (PlannedInput("x", "number", FromSearch("x")),), sweep=SWEEP)
ANSWERS = {
    "experiments/get-by-name": httpx.Response(200, json={"experiment": {"experiment_id": "1"}}),
    "runs/create": httpx.Response(200, json={"run": {"info": {"run_id": "r"}}}),
    "runs/update": httpx.Response(200, json={}),
    "metrics/get-history-bulk": httpx.Response(403, json={"message": "no right to read metrics"}),
}


def answer(request: httpx.Request) -> httpx.Response:
    return ANSWERS[request.url.path.rpartition("/mlflow/")[2]]


async def _driven(records: Records, driver: SweepDriver, job: str) -> StepStatus | None:
    """Drive the sweep, and do what an orchestrator and a worker do beside it."""
    record = records.jobs.find(job)
    assert record is not None
    run = JobRun(record)
    driving = asyncio.ensure_future(driver.drive(run, STEP))
    while not driving.done():
        for claim in records.claims.claim(Offer("w", frozenset(), frozenset(), frozenset()), 9):
            records.claims.note(claim, run_id=f"run-{claim.step}")
            records.claims.end(claim, StepStatus.COMPLETED)
        run.note(records.steps.ended(job))
        await asyncio.sleep(0.01)
    return driving.result()


def test_a_sweep_whose_metrics_may_not_be_read_ends_and_says_so(
    records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time it asks, it is told no; a restart of the gateway looks like that as well, but not for so long."""
    monkeypatch.setattr(sweep_driver, "_ROUND_SECONDS", 0.01)
    key = load_or_create_key(tmp_path / "key.json")
    tracking = Tracking("http://gateway", key, transport=httpx.MockTransport(answer))
    records.jobs.add("j", Plan("sweep", "tests", (STEP,)), "0" * 64, "ada")
    (owner,) = records.jobs.take(1, "head")
    driver = SweepDriver(records, tracking, JobFolders(tmp_path), None)  # type: ignore[arg-type]  # nothing is kept here
    assert asyncio.run(_driven(records, driver, owner.job)) is StepStatus.FAILED
    record = records.jobs.find("j")
    assert record is not None
    assert record.step("tune").reason == (
        "the metrics cannot be read: metrics/get-history-bulk: status 403: no right to read metrics"
    )
    assert [(t.step, t.status, t.settled) for t in records.trials.sweep("j", "tune").trials] == [
        ("tune.trial_0", StepStatus.COMPLETED, False),
        ("tune.trial_1", StepStatus.COMPLETED, False),
    ]
