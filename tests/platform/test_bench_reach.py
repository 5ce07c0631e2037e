"""The benchmark of all pairs: brute force in C and the engine give the same answers, and a difference is told."""

import pytest

from cloister.errors import InternalError
from cloister.platform.benches.brute_force import brute_force, compiler
from cloister.platform.benches.large import large_environment
from cloister.platform.benches.reach import EVERY, PORT, _environment, _hold_against_engine, measure_pairs

INTERFACES = 200


@pytest.mark.skipif(compiler() is None, reason="no C compiler")
@pytest.mark.parametrize("of_port", [False, True])
def test_brute_force_and_the_engine_give_the_same_answers(*, of_port: bool) -> None:
    fabric, places = _environment(INTERFACES)
    found = brute_force(fabric, places, range(0, len(places), EVERY), PORT, of_port=of_port)
    assert 0 < found.answers.mean() < 1
    _hold_against_engine(fabric, places, found.answers)
    with pytest.raises(InternalError, match="say something else than brute force"):
        _hold_against_engine(fabric, places, 1 - found.answers)


def test_the_environment_has_the_size_that_is_told() -> None:
    inventory = large_environment(1000)
    groups = inventory.network_security_groups
    assert (len(inventory.machines), len(groups), sum(len(g.rules) for g in groups)) == (1000, 500, 10_000)


def test_all_pairs_are_measured_with_time_and_memory() -> None:
    assert set(measure_pairs(100)) == {"seconds", "processor_seconds", "seconds_a_port", "megabytes"}


def test_one_port_is_measured_by_itself() -> None:
    figures = measure_pairs(100, PORT)
    assert figures["processor_seconds"] == figures["seconds_a_port"]
