"""What `cloister bench jobs` runs is what it says; its figures come from a real platform, and not from here."""

import pytest

from cloister.jobs.planning.plan import Plan
from cloister.platform.benches import jobs as bench


def test_the_steps_of_the_chain_wait_for_each_other() -> None:
    plan = Plan("pipeline", "bench", tuple(bench.chained(3)))
    assert [(step.name, set(step.needs)) for step in plan.steps] == [("s0", set()), ("s1", {"s0"}), ("s2", {"s1"})]


def test_nothing_is_measured_without_a_platform() -> None:
    with pytest.raises(ValueError, match="no platform runs"):
        bench._start()
