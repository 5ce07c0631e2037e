"""Sweeps as they are written become the plan's: every type of dimension, conditional spaces, and what is refused."""

from pathlib import Path

import pytest

from cloister.errors import SpecError
from cloister.jobs.planning.plan import Branch, Dimension, EarlyTermination, Sweep
from cloister.jobs.planning.resolve import plan
from cloister.jobs.reading.load import load_job

JOB = """\
type: sweep
trial:
  command: python train.py --rate ${{search_space.rate}} --model ${{search_space.model}}
  environment: azureml:cloister-sklearn@latest
compute: azureml:local
sampling_algorithm: {type: random, rule: sobol, seed: 7, logbase: 10}
search_space:
  rate: {type: loguniform, min_value: -4, max_value: -1}
  model:
    type: choice
    values:
      - linear
      - {kind: forest, trees: {type: quniform, min_value: 10, max_value: 100, q: 10}}
objective: {goal: maximize, primary_metric: auc}
early_termination: {type: bandit, slack_factor: 0.1, delay_evaluation: 5}
limits: {max_total_trials: 20, max_concurrent_trials: 4, timeout: 7200, trial_timeout: 600}
experiment_name: churn
"""


def loaded(text: str, folder: Path) -> Sweep:
    (folder / "job.yml").write_text(text)
    step = plan(load_job(folder / "job.yml")).steps[0]
    assert step.sweep is not None
    assert step.timeout_seconds == 600
    return step.sweep


def test_a_sweep_is_read_whole(tmp_path: Path) -> None:
    trees = Dimension("trees", "quniform", min_value=10.0, max_value=100.0, q=10.0)
    forest = Branch((Dimension("kind", "choice", values=("forest",)), trees))
    assert loaded(JOB, tmp_path) == Sweep(
        algorithm="random",
        metric="auc",
        goal="maximize",
        space=(
            Dimension("rate", "loguniform", min_value=-4.0, max_value=-1.0),
            Dimension("model", "choice", values=("linear", forest)),
        ),
        max_total_trials=20,
        max_concurrent_trials=4,
        timeout_seconds=7200,
        seed=7,
        rule="sobol",
        log_base=10.0,
        early_termination=EarlyTermination("bandit", delay_evaluation=5, slack_factor=0.1),
    )


@pytest.mark.parametrize(("written", "base"), [(", logbase: 2.5", 2.5), (", logbase: e", None), ("", None)])
def test_the_base_of_logarithms_is_a_number_or_e(tmp_path: Path, written: str, base: float | None) -> None:
    assert loaded(JOB.replace(", logbase: 10", written), tmp_path).log_base == base


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("logbase: 10", "logbase: ten", 'is "ten"'),
        ("type: bandit, slack_factor: 0.1", "type: bandit", "has not one slack"),
        ("max_total_trials: 20", "max_total_trials: 2000", "is 2000"),
    ],
)
def test_what_cannot_be_run_is_refused(tmp_path: Path, old: str, new: str, reason: str) -> None:
    assert old in JOB
    with pytest.raises(SpecError) as caught:
        loaded(JOB.replace(old, new), tmp_path)
    assert [fault.reason for fault in caught.value.faults] == [reason]
