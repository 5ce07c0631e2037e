"""Sizes of virtual machines by their names: what they are good for, and whether one still gets them."""

from datetime import date

import pytest

from cloister.facts.vm_sizes import kind_of_size, retirement_of, serving_sizes


@pytest.mark.parametrize(
    ("size", "kind"),
    [
        ("Standard_DS3_v2", "general"),
        ("STANDARD_D4AS_V4", "general"),
        ("Standard_DS13_v2", "memory"),
        ("Standard_E4s_v3", "memory"),
        ("Standard_F4s_v2", "compute"),
        ("Standard_FX4mds", "compute"),
        ("Standard_L8s_v3", "storage"),
        ("Standard_NC24ads_A100_v4", "gpu"),
        ("Standard_Z1", None),
    ],
)
def test_what_a_size_is_good_for(size: str, kind: str | None) -> None:
    assert kind_of_size(size) == kind


@pytest.mark.parametrize(
    ("size", "today", "gone"),
    [
        ("Standard_NC6s_v3", date.min, True),
        ("standard_nc6", date.min, True),
        ("Standard_NV12s_v3", date.min, True),
        ("Standard_DS3_v2", date(2028, 4, 30), False),
        ("Standard_DS3_v2", date(2028, 5, 1), True),
    ],
)
def test_a_size_that_is_retired_or_will_be(size: str, today: date, gone: bool) -> None:
    row = retirement_of(size)
    assert row is not None
    assert row.gone(today) is gone


@pytest.mark.parametrize(
    "size", ["Standard_NC24ads_A100_v4", "Standard_NC4as_T4_v3", "Standard_D4s_v5", "Standard_E4s_v3"]
)
def test_a_size_that_nobody_retires(size: str) -> None:
    assert retirement_of(size) is None


def test_every_size_that_serves_is_good_for_something() -> None:
    assert [size for size in serving_sizes() if kind_of_size(size) is None] == []
