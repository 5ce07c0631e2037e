"""Early termination: which trials are stopped before their end, as Azure ML defines its three policies. Pure.

Sources: https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters, "Specify early termination
policy", and the reference of azureml.train.hyperdrive's policies, which says more exactly what is compared (both read
2026-11). Each time that a trial logs the primary metric is one interval. At a trial's interval N only what the trials
logged up to their own interval N is looked at, so that none is behind for having run a shorter time.

- *bandit*: the trial's best metric is worse than the best of all by more than the slack. A factor of 0.2 stops what is
  below 0.8 / 1.2 where 0.8 is the best and larger is better.
- *median stopping*: the trial's best metric is worse than the median of all trials' averages over intervals 1 to N.
- *truncation selection*: the trial is among the worst so many per cent, rounded down, of those that reached N.

Azure ML does not say what a factor means where smaller is better, or the metric is negative: here the trial and the
best may differ by the same ratio, in whichever direction is worse. Of trials that are equal none is stopped for it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from cloister.jobs.planning.plan import EarlyTermination, Sweep
from cloister.jobs.sweeping.history import best_metric, score


@dataclass(frozen=True, slots=True)
class Curve:
    """What one trial logged of the primary metric, in order."""

    trial: str
    reported: tuple[float, ...]


def due_interval(policy: EarlyTermination, reported: int, judged: int) -> int | None:
    """The newest interval at which a trial that logged so often is to be judged; None where it has been.

    The policy applies at every multiple of the evaluation interval that is not less than the delay.
    """
    every = max(policy.evaluation_interval, 1)
    newest = reported // every * every
    return newest if newest > judged and newest >= policy.delay_evaluation else None


def reason_to_stop(sweep: Sweep, trial: Curve, interval: int, others: Sequence[Curve]) -> str:
    """Why the trial is stopped at that interval; empty where it goes on. `others` are all other trials."""
    policy = sweep.early_termination
    own = best_metric(sweep, trial.reported[:interval])
    if policy is None or own is None:
        return ""
    at = f"{sweep.metric} {own:g} at interval {interval}"
    match policy.kind:
        case "bandit":
            best = _best(sweep, [trial, *others], interval)
            least = _allowed(sweep, policy, best)
            told = f"bandit: {at} is out of the slack from the best trial's {best:g}, which allows {least:g}"
            return told if score(sweep, own) < score(sweep, least) else ""
        case "median_stopping":
            middle = median(_averages(sweep, [trial, *others], interval))
            told = f"median_stopping: {at} is worse than {middle:g}, the median of the trials' averages"
            return told if score(sweep, own) < score(sweep, middle) else ""
        case "truncation_selection":
            percentage = policy.truncation_percentage or 0
            told = f"truncation_selection: {at} is among the worst {percentage} % of the trials"
            return told if _is_truncated(sweep, percentage, own, others, interval) else ""


def _best(sweep: Sweep, curves: Sequence[Curve], interval: int) -> float:
    """The best metric that any trial logged up to the interval."""
    reported = [metric for curve in curves for metric in curve.reported[:interval]]
    return max(reported, key=lambda metric: score(sweep, metric))


def _allowed(sweep: Sweep, policy: EarlyTermination, best: float) -> float:
    """The worst metric that the slack lets pass."""
    worse = -1 if sweep.goal == "maximize" else 1
    if policy.slack_amount:
        return best + worse * policy.slack_amount
    ratio = 1 + (policy.slack_factor or 0.0)
    return best * ratio if best * worse > 0 else best / ratio


def _averages(sweep: Sweep, curves: Sequence[Curve], interval: int) -> list[float]:
    """The average of each trial that logged something, over its intervals up to that one, worst for no number."""
    worst = -math.inf if sweep.goal == "maximize" else math.inf
    looked = [curve.reported[:interval] for curve in curves if curve.reported]
    averages = (fmean(reported) for reported in looked)
    return [worst if math.isnan(average) else average for average in averages]


def _is_truncated(sweep: Sweep, percentage: int, own: float, others: Sequence[Curve], interval: int) -> bool:
    reached = [curve.reported[:interval] for curve in others if len(curve.reported) >= interval]
    found = [metric for reported in reached if (metric := best_metric(sweep, reported)) is not None]
    ranked = sorted(score(sweep, metric) for metric in [own, *found])
    dropped = len(ranked) * percentage // 100
    return dropped < len(ranked) and score(sweep, own) < ranked[dropped]
