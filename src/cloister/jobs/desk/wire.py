"""Jobs as the control API tells them. Times are ISO 8601 in UTC."""

from collections.abc import Mapping
from datetime import UTC, datetime

from cloister.jobs.desk.listing import Listing
from cloister.jobs.desk.sweeps import sweep_documents
from cloister.jobs.records.jobs import JobRecord
from cloister.jobs.records.steps import StepRecord
from cloister.jobs.records.trials import SweepRecord


def job_document(
    record: JobRecord, listing: Listing, sweeps: Mapping[str, SweepRecord], now: float
) -> dict[str, object]:
    """The whole job: what runs, where it stands, step by step."""
    plan = record.plan
    more = sweep_documents(record, sweeps)
    steps = [
        _step_document(step, _title(record, step), now) | {"isolation": step.isolation} | more.get(step.name, {})
        for step in record.steps
    ]
    return summary_document(record, listing, now) | {
        "steps": steps,
        "description": listing.description,
        "inputs": dict(plan.inputs),
        "outputs": {o.name: {"step": o.step, "output": o.output} for o in plan.outputs},
        "notes": list(plan.notes),
        "agent": record.agent,
        "code_sha256": record.snapshot,
        "canceled_by": record.canceled_by,
    }


def summary_document(record: JobRecord, listing: Listing, now: float) -> dict[str, object]:
    """The job with its steps, without what it was given."""
    plan = record.plan
    return {
        "name": record.name,
        "type": plan.kind,
        "display_name": listing.display_name or record.name,
        "experiment_name": plan.experiment_name,
        "tags": dict(listing.tags),
        "archived": listing.archived,
        "submitter": record.submitter,
        "status": str(record.status),
        "reason": record.reason,
        "run_id": record.run_id,
        "created_at": _told(record.created_at),
        "started_at": _told(record.started_at),
        "ended_at": _told(record.ended_at),
        "seconds": _seconds(record.started_at, record.ended_at, now),
        "steps": [_step_document(step, _title(record, step), now) for step in record.steps],
    }


def _title(record: JobRecord, step: StepRecord) -> str:
    return record.planned(step.name).display_name or step.name


def _step_document(step: StepRecord, title: str, now: float) -> dict[str, object]:
    return {
        "name": step.name,
        "display_name": title,
        "status": str(step.status),
        "reason": step.reason,
        "attempt": step.attempt,
        "agent": step.agent,
        "parent": step.parent,
        "exit_code": step.exit_code,
        "run_id": step.run_id,
        "started_at": _told(step.started_at),
        "ended_at": _told(step.ended_at),
        "seconds": _seconds(step.started_at, step.ended_at, now),
    }


def _told(moment: float | None) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")


def _seconds(begin: float | None, end: float | None, now: float) -> float | None:
    """How long it took, or has taken so far; nothing where the clock was set back in between."""
    return None if begin is None else max(0.0, round((now if end is None else end) - begin, 2))
