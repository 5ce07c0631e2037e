"""The measured sites of policies decide what they are said to, and Cedar, where it is installed, says the same."""

import pytest

from cloister.access.policy_set import PolicySet
from cloister.platform.benches import policies as bench


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        pytest.param(bench._by_name, [True, False, False, False], id="names"),
        pytest.param(lambda: bench._by_tag("StringEquals"), [True, False], id="tags"),
        pytest.param(lambda: bench._by_tag("StringLike"), [True, False], id="patterns of tags"),
    ],
)
def test_a_site_decides_and_cedar_decides_the_same(site: object, expected: list[bool]) -> None:
    assert callable(site)
    found = site()
    assert len(found.ours) == 1000
    assert bench._decided(PolicySet(found.ours), found) == expected
    cedar = bench._cedar(found)
    if cedar is not None:
        assert cedar.decided(found) == expected


def test_without_cedar_our_figures_stand_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "find_spec", lambda _: None)
    assert bench._baseline(bench._by_name) == {}
