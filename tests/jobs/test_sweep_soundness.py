"""Sweeps that cannot be run are refused with what to change."""

from dataclasses import replace

import pytest

from cloister.errors import SpecError
from cloister.jobs.planning.plan import (
    Branch,
    Dimension,
    EarlyTermination,
    FromSearch,
    Parallel,
    Plan,
    PlannedInput,
    PlannedStep,
    Sweep,
)
from cloister.jobs.planning.plan_json import from_json, to_json

X = Dimension("x", "uniform", min_value=0, max_value=1)
RATE = Dimension("rate", "loguniform", min_value=-9.2, max_value=0)
SOUND = Sweep("random", "loss", "minimize", (X,), max_total_trials=4, max_concurrent_trials=2)
NOT_BAYESIAN = ", which Bayesian sampling does not take | use choice, randint, uniform or quniform, or random sampling"
NO_NUMBER = ", which no number holds | give the bounds as logarithms: -9.2 to 0 for 0.0001 to 1"
NARROW = " | narrow it, or give a larger q"
BANDIT = EarlyTermination("bandit", slack_factor=0.1)


def planned(sweep: Sweep, **settings: object) -> Plan:
    taken = PlannedInput("x", "number", FromSearch("x"))
    return Plan("sweep", "e", (PlannedStep("trial", "train ${{inputs.x}}", (taken,), sweep=sweep, **settings),))  # type: ignore[arg-type]  # the fields by name


def test_a_sweep_of_every_kind_comes_back_from_json_as_it_was() -> None:
    choice = Dimension("c", "choice", values=("a", 1, 1.5, True, Branch((X, Dimension("d", "choice", values=(3,))))))
    space = (
        X,
        RATE,
        choice,
        Dimension("n", "randint", upper=9),
        Dimension("q", "qlognormal", mu=0.0, sigma=1.0, q=2.0),
    )
    plan = planned(replace(SOUND, space=space, early_termination=BANDIT, log_base=10.0, seed=7, rule="sobol"))
    assert from_json(to_json(plan)) == plan
    assert [type(value) for value in choice.values] == [
        type(value)
        for value in from_json(to_json(plan)).steps[0].sweep.space[2].values  # type: ignore[union-attr]  # it has one
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"metric": ""}, "objective.primary_metric: is empty or not printable | name the metric that trials log"),
        ({"max_total_trials": 0}, "limits.max_total_trials: is 0 | give 1 to 1000"),
        ({"max_concurrent_trials": 1001}, "limits.max_concurrent_trials: is 1001 | give 1 to 1000"),
        ({"timeout_seconds": 0}, "limits.timeout: is 0 | give whole seconds, from 1"),
        ({"log_base": 1.0}, 'sampling_algorithm.logbase: is 1.0 | give a positive number, or "e"'),
        ({"rule": "sobol", "algorithm": "grid", "space": (Dimension("x", "choice", values=(1,)),)},
         "sampling_algorithm.rule: is not for grid | use it with random"),
        ({"space": (X, X)}, 'search_space: "x" is there twice | keep one of that name'),
        ({"algorithm": "grid"},
         "search_space.x: is a uniform, of which there is no grid | use choice, or random sampling"),
        ({"algorithm": "bayesian", "space": (X, RATE)},
         "search_space.rate: is a loguniform" + NOT_BAYESIAN),
        ({"algorithm": "bayesian", "space": (X, Dimension("c", "choice", values=(Branch((X,)),)))},
         "search_space.c: has mappings among its values" + NOT_BAYESIAN),
        ({"space": (Dimension("x", "choice"),)}, "search_space.x: has no values to choose from | give it values"),
        ({"space": (Dimension("x", "choice", values=(Branch(()),)),)},
         "search_space.x, search_space: has 0 dimensions | give 1 to 500"),
        ({"space": (Dimension("x", "choice", values=("a\0",)),)}, "search_space.x: holds a zero byte | leave it out"),
        ({"space": (Dimension("x", "choice", values=(1, float("nan"))),)},
         "search_space.x: holds nan, which is no number | write it as a text"),
        ({"space": (Dimension("x", "choice", values=(-float("inf"),)),)},
         "search_space.x: holds -inf, which is no number | write it as a text"),
        ({"space": (Dimension("x", "choice", values=(1,) * 10_001),)},
         "search_space.x: has 10001 values | give at most 10000"),
        ({"space": tuple(replace(X, name=f"x{n}" if n else "x") for n in range(501))},
         "search_space: has 501 dimensions | give 1 to 500"),
        ({"space": (Dimension("x", "choice", values=tuple(Branch((replace(X, name="y"),)) for _ in range(500))),)},
         "search_space: has 501 dimensions | give 1 to 500"),
        ({"algorithm": "bayesian", "space": (Dimension("x", "choice", values=tuple(range(501))),)},
         ("search_space: has 501 dimensions and values of choices, too many to learn from"
         " | give at most 500, or use random sampling")),
        ({"space": (Dimension("x", "randint", upper=0),)},
         f"search_space.x: has no upper bound from 1 to {2**53} | give upper; it is not reached itself"),
        ({"space": (Dimension("x", "randint", upper=10**400),)},
         f"search_space.x: has no upper bound from 1 to {2**53} | give upper; it is not reached itself"),
        ({"space": (replace(X, max_value=-1.0),)},
         "search_space.x: has no minimum that is at most its maximum | give min_value and max_value"),
        ({"space": (replace(X, max_value=float("inf")),)},
         "search_space.x: has no minimum that is at most its maximum | give min_value and max_value"),
        ({"space": (replace(RATE, name="x", max_value=1000.0),)},
         "search_space.x: is an exponent of up to 1000" + NO_NUMBER),
        ({"space": (Dimension("x", "normal", mu=0.0, sigma=0.0),)},
         "search_space.x: has no mean and positive standard deviation | give mu and sigma"),
        ({"space": (replace(X, kind="quniform", q=0.0),)}, "search_space.x: has no positive step | give q"),
        ({"space": (replace(X, kind="quniform", q=1e-308),)},
         "search_space.x: reaches up to 2, inf steps" + NARROW),
        ({"space": (replace(X, min_value=-1e308, max_value=1e308),)},
         "search_space.x: reaches up to inf, inf steps" + NARROW),
        ({"space": (Dimension("x", "qlognormal", mu=1.0, sigma=70.0, q=1e-40),)},
         "search_space.x: reaches up to 2.19204e+274, inf steps" + NARROW),
        ({"early_termination": EarlyTermination("bandit")},
         "early_termination: has not one slack | give slack_factor or slack_amount, a positive number"),
        ({"early_termination": EarlyTermination("bandit", slack_factor=0.1, slack_amount=1.0)},
         "early_termination: has not one slack | give slack_factor or slack_amount, a positive number"),
        ({"early_termination": EarlyTermination("median_stopping", delay_evaluation=-1)},
         "early_termination: has a negative interval or delay | give whole numbers, from 0"),
        ({"early_termination": EarlyTermination("truncation_selection", truncation_percentage=100)},
         "early_termination: truncates 100 % | give truncation_percentage, 1 to 99"),
    ],
)  # fmt: skip
def test_a_sweep_that_cannot_be_run_is_refused(change: dict[str, object], reason: str) -> None:
    assert refused(replace(SOUND, **change)) == [f'step "trial", {reason}']  # type: ignore[arg-type]  # the fields by name


def refused(sweep: Sweep, **settings: object) -> list[str]:
    with pytest.raises(SpecError) as caught:
        planned(sweep, **settings)
    return [f"{fault.thing}: {fault.reason} | {fault.mend}" for fault in caught.value.faults]


def test_one_slack_of_zero_is_one_that_was_not_given() -> None:
    planned(replace(SOUND, early_termination=EarlyTermination("bandit", slack_factor=0.1, slack_amount=0.0)))


def test_a_step_is_not_both_a_sweep_and_parallel() -> None:
    found = refused(SOUND, parallel=Parallel("score.py", "x"))
    assert 'step "trial": is a sweep and a parallel job | make it one of the two' in found


SWEEP = PlannedStep("a", "true", (PlannedInput("x", "number", FromSearch("x")),), sweep=SOUND)


@pytest.mark.parametrize(
    "steps", [(PlannedStep("a.trial_0", "true"), SWEEP), (SWEEP, PlannedStep("a.trial_0", "true"))], ids=["1", "2"]
)
def test_no_other_step_has_the_name_of_a_trial(steps: tuple[PlannedStep, ...]) -> None:
    with pytest.raises(SpecError, match=r'is a sweep, and there is a step "a\.trial_0"'):
        Plan("pipeline", "e", steps)


def test_the_name_of_a_sweep_leaves_room_for_those_of_its_trials() -> None:
    Plan("pipeline", "e", (replace(SWEEP, name="a" * 244),))
    with pytest.raises(SpecError, match="is a sweep, and its name has 245 characters"):
        Plan("pipeline", "e", (replace(SWEEP, name="a" * 245),))
