"""Which trial of a sweep is the best. Pure."""

from cloister.jobs.planning.plan import Sweep
from cloister.jobs.records.status import StepStatus
from cloister.jobs.records.trials import SweepRecord, TrialRecord
from cloister.jobs.sweeping.history import score


def best_trial(sweep: Sweep, record: SweepRecord) -> TrialRecord | None:
    """The best of the trials that completed; of equals the first."""
    found = [trial for trial in record.trials if trial.status is StepStatus.COMPLETED and trial.metric is not None]
    return max(found, key=lambda trial: score(sweep, trial.metric or 0.0), default=None)
