"""Whether a sweep can be run as it is written: its search space, its limits, its policy. Pure."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from cloister.errors import Fault
from cloister.jobs.planning.plan import Branch, Dimension, EarlyTermination, PlannedStep, Sweep

# https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters, "Set limits" (read 2026-11).
_MOST_TRIALS = 1000
_MOST_DIMENSIONS = 500
_MOST_VALUES = 10_000
# Bayesian sampling learns from a number for each dimension, and one for each value of a choice; with so many its
# matrices take some hundred megabytes.
_MOST_LEARNT = 500
# The largest whole number that a float, of which draws are made, tells from the next one.
_LARGEST_WHOLE = 2**53
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
    if (count := _count(sweep.space)) > _MOST_DIMENSIONS:
        yield Fault(f"{thing}, search_space", f"has {count} dimensions", f"give 1 to {_MOST_DIMENSIONS}")
    else:
        yield from _space_faults(thing, sweep, sweep.space)
        yield from _learning_faults(thing, sweep)
    if sweep.early_termination is not None:
        yield from _policy_faults(f"{thing}, early_termination", sweep.early_termination)


def _count(space: Sequence[Dimension]) -> int:
    """How many dimensions there are, those inside of branches as well; it stops where there are too many."""
    count, waiting = 0, [space]
    while waiting and count <= _MOST_DIMENSIONS:
        level = waiting.pop()
        count += len(level)
        waiting += [v.dimensions for dimension in level for v in dimension.values if isinstance(v, Branch)]
    return count


def _learning_faults(thing: str, sweep: Sweep) -> Iterator[Fault]:
    learnt = sum(len(d.values) if d.kind == "choice" else 1 for d in sweep.space)
    if sweep.algorithm == "bayesian" and learnt > _MOST_LEARNT:
        reason = f"has {learnt} dimensions and values of choices, too many to learn from"
        yield Fault(f"{thing}, search_space", reason, f"give at most {_MOST_LEARNT}, or use random sampling")


def _space_faults(thing: str, sweep: Sweep, space: Sequence[Dimension]) -> Iterator[Fault]:
    if not space:
        yield Fault(f"{thing}, search_space", "has 0 dimensions", f"give 1 to {_MOST_DIMENSIONS}")
    names = Counter(dimension.name for dimension in space)
    for twice in sorted(name for name, times in names.items() if times > 1):
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
        if dimension.upper is None or not 1 <= dimension.upper <= _LARGEST_WHOLE:
            yield Fault(where, f"has no upper bound from 1 to {_LARGEST_WHOLE}", "give upper; it is not reached itself")
    else:
        yield from _real_faults(where, sweep, dimension)


def _choice_faults(where: str, sweep: Sweep, dimension: Dimension) -> Iterator[Fault]:
    if not dimension.values:
        yield Fault(where, "has no values to choose from", "give it values")
    if len(dimension.values) > _MOST_VALUES:
        yield Fault(where, f"has {len(dimension.values)} values", f"give at most {_MOST_VALUES}")
        return
    for value in dimension.values:
        if isinstance(value, Branch):
            yield from _space_faults(where, sweep, value.dimensions)
        elif isinstance(value, float) and not math.isfinite(value):
            yield Fault(where, f"holds {value}, which is no number", "write it as a text")
        elif isinstance(value, str) and "\0" in value:
            yield Fault(where, "holds a zero byte", "leave it out")


def _real_faults(where: str, sweep: Sweep, dimension: Dimension) -> Iterator[Fault]:
    if "uniform" in dimension.kind:
        low, high = dimension.min_value, dimension.max_value
        if low is None or high is None or not -math.inf < low <= high < math.inf:
            yield Fault(where, "has no minimum that is at most its maximum", "give min_value and max_value")
            return
        largest = max(abs(low), abs(high))
    else:
        mean, deviation = dimension.mu, dimension.sigma
        if mean is None or deviation is None or not (math.isfinite(mean) and 0 < deviation < math.inf):
            yield Fault(where, "has no mean and positive standard deviation", "give mu and sigma")
            return
        largest = abs(mean) + _FARTHEST * deviation
    if "log" in dimension.kind:
        exponent = largest * abs(math.log(sweep.log_base or math.e))
        if exponent > _LARGEST_LOG:
            mend = "give the bounds as logarithms: -9.2 to 0 for 0.0001 to 1"
            yield Fault(where, f"is an exponent of up to {largest:g}, which no number holds", mend)
            return
        largest = math.exp(exponent)
    # From one end to the other it is twice as far.
    yield from _step_faults(where, dimension, 2 * largest)


def _step_faults(where: str, dimension: Dimension, largest: float) -> Iterator[Fault]:
    """What is wrong with the steps that a value is rounded to, for values of up to that size."""
    q = dimension.q if dimension.kind.startswith("q") else 1.0
    if q is None or not 0 < q < math.inf:
        yield Fault(where, "has no positive step", "give q")
    elif not math.isfinite(largest / q):
        yield Fault(where, f"reaches up to {largest:g}, {largest / q:g} steps", "narrow it, or give a larger q")


def _policy_faults(where: str, policy: EarlyTermination) -> Iterator[Fault]:
    if policy.evaluation_interval < 0 or policy.delay_evaluation < 0:
        yield Fault(where, "has a negative interval or delay", "give whole numbers, from 0")
    slack = [given for given in (policy.slack_factor, policy.slack_amount) if given]
    if policy.kind == "bandit" and (len(slack) != 1 or not 0 < slack[0] < math.inf):
        yield Fault(where, "has not one slack", "give slack_factor or slack_amount, a positive number")
    if policy.kind == "truncation_selection" and not 1 <= (policy.truncation_percentage or 0) <= 99:  # noqa: PLR2004
        yield Fault(where, f"truncates {policy.truncation_percentage} %", "give truncation_percentage, 1 to 99")
