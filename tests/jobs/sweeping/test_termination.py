"""Early termination by hand: the examples of Microsoft's own pages, and what follows from their definitions."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloister.jobs.planning.plan import Dimension, EarlyTermination, Sweep
from cloister.jobs.sweeping.termination import Curve, due_interval, reason_to_stop

SPACE = (Dimension("x", "uniform", min_value=0, max_value=1),)
TENTH = 10 * (0.8,)


def sweep(policy: EarlyTermination, goal: str = "maximize") -> Sweep:
    return Sweep("random", "auc", goal, SPACE, 10, 10, early_termination=policy)  # type: ignore[arg-type]  # two words


def stops(policy: EarlyTermination, goal: str, own: tuple[float, ...], *others: tuple[float, ...]) -> bool:
    curves = [Curve(f"t{n}", reported) for n, reported in enumerate(others)]
    return bool(reason_to_stop(sweep(policy, goal), Curve("own", own), len(own), curves))


@pytest.mark.parametrize(
    ("interval", "delay", "reported", "judged", "due"),
    [
        # "An evaluation_interval of 1 will apply the policy every time the training script reports the metric."
        (1, 0, 1, 0, 1),
        (1, 0, 2, 1, 2),
        (1, 0, 2, 2, None),
        # "An evaluation_interval of 2 will apply the policy every other time."
        (2, 0, 1, 0, None),
        (2, 0, 2, 0, 2),
        (2, 0, 3, 2, None),
        (2, 0, 5, 2, 4),
        # "applies every multiple of evaluation_interval that is greater than or equal to delay_evaluation"
        (1, 5, 4, 0, None),
        (1, 5, 5, 0, 5),
        (2, 5, 5, 0, None),
        (2, 5, 6, 0, 6),
        (100, 200, 150, 0, None),
        (100, 200, 200, 0, 200),
        # Not given is 0 in the SDK, and means each time.
        (0, 0, 1, 0, 1),
        (0, 0, 0, 0, None),
    ],
)
def test_when_a_policy_applies(interval: int, delay: int, reported: int, judged: int, due: int | None) -> None:
    policy = EarlyTermination("bandit", evaluation_interval=interval, delay_evaluation=delay, slack_amount=1)
    assert due_interval(policy, reported, judged) == due


FACTOR = EarlyTermination("bandit", evaluation_interval=10, slack_factor=0.2)
AMOUNT = EarlyTermination("bandit", evaluation_interval=10, slack_amount=0.2)


@pytest.mark.parametrize(
    ("policy", "goal", "own", "best", "stopped"),
    [
        # "... any training jobs whose best metric at interval 10 is less than 0.66 (0.8/(1+slack_factor)) ..."  # noqa: ERA001
        (FACTOR, "maximize", 0.66, 0.8, True),
        (FACTOR, "maximize", 0.67, 0.8, False),
        # "any run with an AUC less than 0.6 (0.8 - 0.2) after 100 iterations will be terminated"  # noqa: ERA001
        (AMOUNT, "maximize", 0.59, 0.8, True),
        (AMOUNT, "maximize", 0.61, 0.8, False),
        # Mirrored, where smaller is better.
        (FACTOR, "minimize", 0.97, 0.8, True),
        (FACTOR, "minimize", 0.95, 0.8, False),
        (AMOUNT, "minimize", 1.01, 0.8, True),
        (AMOUNT, "minimize", 0.99, 0.8, False),
        # A metric below zero: the same ratio, and the best itself is never stopped.
        (FACTOR, "maximize", -1.25, -1.0, True),
        (FACTOR, "maximize", -1.19, -1.0, False),
        (FACTOR, "minimize", -0.82, -1.0, True),
        (FACTOR, "minimize", -0.84, -1.0, False),
        (FACTOR, "maximize", -1.0, -1.0, False),
        (FACTOR, "maximize", math.nan, 0.8, True),
    ],
)
def test_bandit(policy: EarlyTermination, goal: str, own: float, best: float, stopped: bool) -> None:
    assert stops(policy, goal, (own,) * 10, (best,) * 10) is stopped


def test_bandit_takes_the_best_metric_of_each_and_nothing_after_the_interval() -> None:
    policy = EarlyTermination("bandit", slack_amount=0.1)
    assert not stops(policy, "maximize", (0.75, 0.1), (0.8, 0.2))
    assert stops(policy, "maximize", (0.6, 0.65), (0.8, 0.2))
    # Another trial's third interval says nothing about this one's second.
    assert not stops(policy, "maximize", (0.6, 0.65), (0.5, 0.7, 0.99))


MEDIAN = EarlyTermination("median_stopping", delay_evaluation=5)


@pytest.mark.parametrize(
    ("goal", "own", "others", "stopped"),
    [
        # "stopped at interval 5 if its best metric is worse than the median of the averages over 1:5"  # noqa: ERA001
        # The averages are 0.3 (its own), 0.5 and 0.6: the median is 0.5.
        ("maximize", (0.1, 0.2, 0.3, 0.4, 0.5), [(0.5,) * 5, (0.6,) * 5], False),
        ("maximize", (0.1, 0.2, 0.3, 0.4, 0.49), [(0.5,) * 5, (0.6,) * 5], True),
        # Only the first five intervals of others count: their averages are 0.2 and 0.3.
        ("maximize", (0.1, 0.1, 0.1, 0.1, 0.4), [(0.2,) * 5 + (0.9,) * 20, (0.3,) * 5 + (0.9,) * 20], False),
        # A trial that ended or came less far counts with what it logged: averages 0.1, 0.5 and 0.7.
        ("maximize", (0.1,) * 5, [(0.5,), (0.7,) * 3], True),
        ("minimize", (0.9, 0.8, 0.7, 0.6, 0.5), [(0.4,) * 5, (0.3,) * 5], True),
        ("minimize", (0.9, 0.8, 0.7, 0.6, 0.4), [(0.4,) * 5, (0.3,) * 5], False),
        ("maximize", (0.1,) * 5, [], False),
        ("maximize", (math.nan,) * 5, [(0.5,) * 5, (0.6,) * 5], True),
    ],
)
def test_median_stopping(goal: str, own: tuple[float, ...], others: list[tuple[float, ...]], stopped: bool) -> None:
    assert stops(MEDIAN, goal, own, *others) is stopped


FIFTH = EarlyTermination("truncation_selection", delay_evaluation=5, truncation_percentage=20)


@pytest.mark.parametrize(
    ("goal", "own", "others", "stopped"),
    [
        # "if its performance at interval 5 is in the lowest 20% of performance of all jobs"  # noqa: ERA001
        ("maximize", 1, [2, 3, 4, 5], True),
        ("maximize", 2, [1, 3, 4, 5], False),
        ("maximize", 2, [1, 3, 4, 5, 6, 7, 8, 9, 10], True),
        ("maximize", 3, [1, 2, 4, 5, 6, 7, 8, 9, 10], False),
        ("minimize", 5, [1, 2, 3, 4], True),
        ("minimize", 4, [1, 2, 3, 5], False),
        # A fifth of four is none.
        ("maximize", 1, [2, 3, 4], False),
        # Equals stay, or all would go.
        ("maximize", 1, [1, 1, 1, 1], False),
        ("maximize", 1, [1, 2, 3, 4], False),
    ],
)
def test_truncation_selection(goal: str, own: float, others: list[float], stopped: bool) -> None:
    assert stops(FIFTH, goal, (own,) * 5, *((other,) * 5 for other in others)) is stopped


def test_truncation_compares_trials_at_the_same_age() -> None:
    """Older trials are seen as they were then, and younger ones not at all."""
    older = [(0.1, 0.9), (0.2, 0.9), (0.3, 0.9), (0.4, 0.9)]
    policy = EarlyTermination("truncation_selection", truncation_percentage=20)
    assert not stops(policy, "maximize", (0.15,), *older)
    assert stops(policy, "maximize", (0.05,), *older)
    assert not stops(policy, "maximize", (0.0, 0.05), *((0.5,) for _ in range(9)))


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (FACTOR, "bandit: auc 0.5 at interval 10 is out of the slack from the best trial's 0.9, which allows 0.75"),
        (MEDIAN, "median_stopping: auc 0.5 at interval 10 is worse than 0.8, the median of the trials' averages"),
        (FIFTH, "truncation_selection: auc 0.5 at interval 10 is among the worst 20 % of the trials"),
    ],
)
def test_the_reason_names_the_numbers(policy: EarlyTermination, reason: str) -> None:
    others = [Curve("a", (0.8,) * 10), Curve("b", (0.9,) * 10), Curve("c", (0.9,) * 10), Curve("d", (0.6,) * 10)]
    assert reason_to_stop(sweep(policy), Curve("own", (0.5,) * 10), 10, others) == reason


CURVES = st.lists(st.lists(st.floats(-100, 100), min_size=1, max_size=6).map(tuple), min_size=1, max_size=8)
POLICIES = st.sampled_from([FACTOR, AMOUNT, MEDIAN, FIFTH])


@given(POLICIES, st.sampled_from(["maximize", "minimize"]), CURVES)
def test_the_best_trial_is_never_stopped(policy: EarlyTermination, goal: str, found: list[tuple[float, ...]]) -> None:
    best = max(found, key=lambda c: max(c) if goal == "maximize" else -min(c))
    others = list(found)
    others.remove(best)
    assert not stops(policy, goal, best, *others)


@given(POLICIES, CURVES)
def test_a_goal_is_the_mirror_of_the_other(policy: EarlyTermination, found: list[tuple[float, ...]]) -> None:
    mirrored = [tuple(-metric for metric in curve) for curve in found]
    assert stops(policy, "maximize", found[0], *found[1:]) is stops(policy, "minimize", mirrored[0], *mirrored[1:])
