"""Whether a sweep can be run as it is written: its search space, its limits, its policy. Pure."""

import math
from collections.abc import Iterator, Sequence

from cloister.errors import Fault
from cloister.jobs.planning.plan import Branch, Dimension, EarlyTermination, PlannedStep, Sweep

# https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters, "Set limits" (read 2026-11).
_MOST_TRIALS = 1000
_MOST_DIMENSIONS = 500
# The largest logarithm of a number that there is, about; and how far from its mean a normal variable is ever drawn.
_LARGEST_LOG = 700.0
_FARTHEST = 9.0
_OF_BAYESIAN = frozenset({"choice", "randint", "uniform", "quniform"})


def sweep_faults(step: PlannedStep, sweep: Sweep) -> Iterator[Fault]:
    """What is wrong with the step's sweep; nothing where it is sound."""
    thing = f'step "{step.name}"'
    if step.parallel is not None:
        yield Fault(thing, "is a sweep and a parallel job", "make it one of the two")
    if not sweep.metric or not sweep.metric.isprintable():
        yield Fault(
            f"{thing}, objective.primary_metric", "is empty or not printable", "name the metric that trials log"
        )
    limits = (("max_total_trials", sweep.max_total_trials), ("max_concurrent_trials", sweep.max_concurrent_trials))
    for name, trials in limits:
        if not 1 <= trials <= _MOST_TRIALS:
            yield Fault(f"{thing}, limits.{name}", f"is {trials}", f"give 1 to {_MOST_TRIALS}")
    if sweep.timeout_seconds is not None and sweep.timeout_seconds <= 0:
        yield Fault(f"{thing}, limits.timeout", f"is {sweep.timeout_seconds}", "give whole seconds, from 1")
    if sweep.log_base is not None and not (0 < sweep.log_base < math.inf and sweep.log_base != 1):
        yield Fault(f"{thing}, sampling_algorithm.logbase", f"is {sweep.log_base}", 'give a positive number, or "e"')
    if sweep.rule == "sobol" and sweep.algorithm != "random":
        yield Fault(f"{thing}, sampling_algorithm.rule", f"is not for {sweep.algorithm}", "use it with random")
    yield from _space_faults(thing, sweep, sweep.space)
    if sweep.early_termination is not None:
        yield from _policy_faults(f"{thing}, early_termination", sweep.early_termination)


def _space_faults(thing: str, sweep: Sweep, space: Sequence[Dimension]) -> Iterator[Fault]:
    names = [dimension.name for dimension in space]
    if not 1 <= len(names) <= _MOST_DIMENSIONS:
        yield Fault(f"{thing}, search_space", f"has {len(names)} dimensions", f"give 1 to {_MOST_DIMENSIONS}")
    for twice in sorted({name for name in names if names.count(name) > 1}):
        yield Fault(f"{thing}, search_space", f'"{twice}" is there twice', "keep one of that name")
    for dimension in space:
        where = f"{thing}, search_space.{dimension.name}"
        if sweep.algorithm == "grid" and dimension.kind != "choice":
            yield Fault(where, f"is a {dimension.kind}, of which there is no grid", "use choice, or random sampling")
        if sweep.algorithm == "bayesian" and (reason := _not_bayesian(dimension)):
            mend = "use choice, randint, uniform or quniform, or random sampling"
            yield Fault(where, f"{reason}, which Bayesian sampling does not take", mend)
        yield from _dimension_faults(where, sweep, dimension)


def _not_bayesian(dimension: Dimension) -> str:
    if dimension.kind not in _OF_BAYESIAN:
        return f"is a {dimension.kind}"
    return "has mappings among its values" if any(isinstance(v, Branch) for v in dimension.values) else ""


def _dimension_faults(where: str, sweep: Sweep, dimension: Dimension) -> Iterator[Fault]:
    if dimension.kind == "choice":
        yield from _choice_faults(where, sweep, dimension)
    elif dimension.kind == "randint":
        if dimension.upper is None or dimension.upper < 1:
            yield Fault(where, "has no upper bound from 1", "give upper; it is not reached itself")
    else:
        yield from _real_faults(where, sweep, dimension)
    if dimension.kind.startswith("q") and (dimension.q is None or not 0 < dimension.q < math.inf):
        yield Fault(where, "has no positive step", "give q")


def _choice_faults(where: str, sweep: Sweep, dimension: Dimension) -> Iterator[Fault]:
    if not dimension.values:
        yield Fault(where, "has no values to choose from", "give it values")
    for value in dimension.values:
        if isinstance(value, Branch):
            yield from _space_faults(where, sweep, value.dimensions)
        elif "\0" in str(value):
            yield Fault(where, "holds a zero byte", "leave it out")


def _real_faults(where: str, sweep: Sweep, dimension: Dimension) -> Iterator[Fault]:
    if "uniform" in dimension.kind:
        low, high = dimension.min_value, dimension.max_value
        if low is None or high is None or not -math.inf < low <= high < math.inf:
            yield Fault(where, "has no minimum that is at most its maximum", "give min_value and max_value")
            return
        exponent = max(abs(low), abs(high))
    else:
        mean, deviation = dimension.mu, dimension.sigma
        if mean is None or deviation is None or not (math.isfinite(mean) and 0 < deviation < math.inf):
            yield Fault(where, "has no mean and positive standard deviation", "give mu and sigma")
            return
        exponent = abs(mean) + _FARTHEST * deviation
    if "log" in dimension.kind and exponent * abs(math.log(sweep.log_base or math.e)) > _LARGEST_LOG:
        mend = "give the bounds as logarithms: -9.2 to 0 for 0.0001 to 1"
        yield Fault(where, f"is an exponent of up to {exponent:g}, which no number holds", mend)


def _policy_faults(where: str, policy: EarlyTermination) -> Iterator[Fault]:
    if policy.evaluation_interval < 0 or policy.delay_evaluation < 0:
        yield Fault(where, "has a negative interval or delay", "give whole numbers, from 0")
    slack = [given for given in (policy.slack_factor, policy.slack_amount) if given]
    if policy.kind == "bandit" and (len(slack) != 1 or not 0 < slack[0] < math.inf):
        yield Fault(where, "has not one slack", "give slack_factor or slack_amount, a positive number")
    if policy.kind == "truncation_selection" and not 1 <= (policy.truncation_percentage or 0) <= 99:  # noqa: PLR2004
        yield Fault(where, f"truncates {policy.truncation_percentage} %", "give truncation_percentage, 1 to 99")
