"""The states of a job and of a step, in Azure ML's words, and the moves between them. Anything else is refused.

A finished job or step never moves again. A running step goes back to the queue where its agent died, left, or had to
make room for a step that must not wait.
"""

from enum import StrEnum


class JobStatus(StrEnum):
    """Where a job stands."""

    QUEUED = "Queued"
    RUNNING = "Running"
    CANCEL_REQUESTED = "CancelRequested"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELED = "Canceled"


class StepStatus(StrEnum):
    """Where a step of a job stands."""

    NOT_STARTED = "NotStarted"
    QUEUED = "Queued"
    RUNNING = "Running"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELED = "Canceled"


class Wish(StrEnum):
    """What the agent that runs a step is asked to do with it."""

    NONE = ""
    CANCEL = "cancel"


JOB_MOVES: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.QUEUED: frozenset({JobStatus.RUNNING, JobStatus.CANCELED, JobStatus.FAILED}),
    JobStatus.RUNNING: frozenset({JobStatus.CANCEL_REQUESTED, JobStatus.COMPLETED, JobStatus.FAILED}),
    # A job that was about to end when it was to be cancelled ends as it would have.
    JobStatus.CANCEL_REQUESTED: frozenset({JobStatus.CANCELED, JobStatus.COMPLETED, JobStatus.FAILED}),
    JobStatus.COMPLETED: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.CANCELED: frozenset(),
}
_ENDS = frozenset({StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.CANCELED})
STEP_MOVES: dict[StepStatus, frozenset[StepStatus]] = {
    # Straight to an end: a step whose result is there already, or that can never run.
    StepStatus.NOT_STARTED: frozenset({StepStatus.QUEUED, StepStatus.RUNNING}) | _ENDS,
    StepStatus.QUEUED: frozenset({StepStatus.RUNNING}) | _ENDS,
    StepStatus.RUNNING: frozenset({StepStatus.QUEUED}) | _ENDS,
    StepStatus.COMPLETED: frozenset(),
    StepStatus.FAILED: frozenset(),
    StepStatus.CANCELED: frozenset(),
}
FINISHED_JOBS = frozenset(status for status, moves in JOB_MOVES.items() if not moves)
FINISHED_STEPS = frozenset(status for status, moves in STEP_MOVES.items() if not moves)
OPEN_JOBS = frozenset({JobStatus.RUNNING, JobStatus.CANCEL_REQUESTED})


def sources(target: JobStatus) -> frozenset[JobStatus]:
    """The states from which a job may move to the target."""
    return frozenset(status for status, moves in JOB_MOVES.items() if target in moves)


def step_sources(target: StepStatus) -> frozenset[StepStatus]:
    """The states from which a step may move to the target."""
    return frozenset(status for status, moves in STEP_MOVES.items() if target in moves)
