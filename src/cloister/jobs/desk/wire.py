"""Jobs as the control API tells them. Times are ISO 8601 in UTC."""

from datetime import UTC, datetime

from cloister.jobs.desk.listing import Listing
from cloister.jobs.records.jobs import JobRecord
from cloister.jobs.records.steps import StepRecord


def job_document(record: JobRecord, listing: Listing, now: float) -> dict[str, object]:
    """The whole job: what runs, where it stands, step by step."""
    plan = record.plan
    return summary_document(record, listing, now) | {
        "description": listing.description,
        "inputs": dict(plan.inputs),
        "outputs": {o.name: {"step": o.step, "output": o.output} for o in plan.outputs},
        "notes": list(plan.notes),
        "isolation": record.isolation,
        "agent": record.agent,
        "code_sha256": record.snapshot,
        "canceled_by": record.canceled_by,
    }


def summary_document(record: JobRecord, listing: Listing, now: float) -> dict[str, object]:
    """The job with its steps, without what it was given."""
    plan = record.plan
    titles = {step.name: step.display_name or step.name for step in plan.steps}
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
        "steps": [_step_document(step, titles.get(step.name, step.name), now) for step in record.steps],
    }


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
    """How long it took, or has taken so far."""
    return None if begin is None else round((now if end is None else end) - begin, 2)
