import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from cloister.serving.routing import choose, choose_mirror
from cloister.serving.values import Routing

SPLIT = Routing({"blue": 90, "green": 10})
SHADOW = Routing({"blue": 100}, {"green": 10})


@pytest.mark.parametrize(
    ("routing", "healthy", "chance", "chosen"),
    [
        (SPLIT, {"blue", "green"}, 0.0, "blue"),
        (SPLIT, {"blue", "green"}, 0.8999, "blue"),
        (SPLIT, {"blue", "green"}, 0.9001, "green"),
        (SPLIT, {"blue", "green"}, 0.999999, "green"),
        (SPLIT, {"green"}, 0.0, "green"),
        (SPLIT, {"blue"}, 0.9999, "blue"),
        (SPLIT, set[str](), 0.5, None),
        (SPLIT, {"red"}, 0.5, None),
        (Routing(), {"blue"}, 0.5, None),
        (SHADOW, {"blue", "green"}, 0.9999, "blue"),
        (SHADOW, {"green"}, 0.0, None),
    ],
)
def test_who_answers(routing: Routing, healthy: set[str], chance: float, chosen: str | None) -> None:
    assert choose(routing, healthy, chance) == chosen


@pytest.mark.parametrize(
    ("routing", "healthy", "chance", "chosen"),
    [
        (SHADOW, {"blue", "green"}, 0.0999, "green"),
        (SHADOW, {"blue", "green"}, 0.1, None),
        (SHADOW, {"blue"}, 0.0, None),
        (SPLIT, {"blue", "green"}, 0.0, None),
    ],
)
def test_who_gets_a_copy(routing: Routing, healthy: set[str], chance: float, chosen: str | None) -> None:
    assert choose_mirror(routing, healthy, chance) == chosen


def test_shares_hold_within_binomial_bounds() -> None:
    chance = random.Random(7)  # noqa: S311 - a fixed sequence on purpose
    count = 20_000
    green = sum(choose(SPLIT, {"blue", "green"}, chance.random()) == "green" for _ in range(count))
    low, high = binom.interval(0.9999, count, 0.1)
    assert low <= green <= high


@given(st.data())
def test_only_healthy_deployments_with_a_share_are_chosen(data: st.DataObject) -> None:
    names = ["one", "two", "three", "four"]
    cuts = sorted(data.draw(st.lists(st.integers(0, 100), min_size=3, max_size=3)))
    shares = [after - before for before, after in zip([0, *cuts], [*cuts, 100], strict=True)]
    routing = Routing(dict(zip(names, shares, strict=True)))
    healthy = data.draw(st.sets(st.sampled_from(names)))
    chosen = choose(routing, healthy, data.draw(st.floats(0, 1, exclude_max=True)))
    able = healthy & set(routing.traffic)
    assert (chosen in able) if able else (chosen is None)
