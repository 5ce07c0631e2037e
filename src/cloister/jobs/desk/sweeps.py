"""What the control API tells of sweeps: the best trial so far, and what each trial was given and came to."""

from collections.abc import Mapping

from cloister.jobs.engine.best_trial import best_trial
from cloister.jobs.records.jobs import JobRecord
from cloister.jobs.records.trials import SweepRecord


def sweeping_steps(record: JobRecord) -> tuple[str, ...]:
    """The steps of the job that are sweeps."""
    return tuple(step.name for step in record.plan.steps if step.sweep is not None)


def sweep_documents(record: JobRecord, sweeps: Mapping[str, SweepRecord]) -> dict[str, dict[str, object]]:
    """By step: `sweep` of each sweep, `trial` of each trial."""
    told: dict[str, dict[str, object]] = {}
    for name, found in sweeps.items():
        sweep = record.plan.step(name).sweep
        if sweep is None:
            continue
        best = best_trial(sweep, found)
        told[name] = {
            "sweep": {
                "algorithm": sweep.algorithm,
                "primary_metric": sweep.metric,
                "goal": sweep.goal,
                "trials": len(found.trials),
                "max_total_trials": sweep.max_total_trials,
                "best_trial": best.step if best else None,
                "best_metric": best.metric if best else None,
                "best_parameters": best.values if best else None,
            }
        }
        for trial in found.trials:
            metric = {"parameters": trial.values, "primary_metric": sweep.metric, "metric": trial.metric}
            told[trial.step] = {"trial": metric}
    return told
