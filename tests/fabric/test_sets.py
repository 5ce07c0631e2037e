"""The laws of address sets and port sets, held against Python's own sets on a small universe."""

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloister.fabric.sets import AddressSet, PortSet

TOP = AddressSet.HIGHEST
edges = st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, TOP - 3, TOP - 2, TOP - 1, TOP])
spans = st.tuples(edges, edges).map(lambda pair: (min(pair), max(pair)))
sets = st.lists(spans, max_size=5).map(lambda found: AddressSet(tuple(found)))
members = st.one_of(edges, st.integers(0, TOP))


@given(sets, sets, members)
def test_the_algebra_is_that_of_membership(one: AddressSet, two: AddressSet, member: int) -> None:
    assert (member in (one | two)) == (member in one or member in two)
    assert (member in (one & two)) == (member in one and member in two)
    assert (member in ~one) == (member not in one)
    assert (member in (one - two)) == (member in one and member not in two)


@given(sets, sets)
def test_equal_sets_are_equal_values(one: AddressSet, two: AddressSet) -> None:
    assert ~~one == one
    assert one | two == two | one
    assert ~(one | two) == ~one & ~two
    assert (one <= two) == (one | two == two)
    assert one.isdisjoint(two) == (one & two == AddressSet())
    assert AddressSet.union((one, two)) == one | two


@given(sets)
def test_spans_are_sorted_disjoint_and_never_touch(one: AddressSet) -> None:
    assert all(before[1] + 1 < after[0] for before, after in zip(one.spans, one.spans[1:], strict=False))


@given(sets)
def test_prefixes_make_up_the_set_again(one: AddressSet) -> None:
    assert AddressSet.of(*one.prefixes()) == one
    assert sum(prefix.num_addresses for prefix in one.prefixes()) == len(one)


@pytest.mark.parametrize(
    ("parts", "shown", "size"),
    [
        ((), "no address", 0),
        (("10.0.0.4",), "10.0.0.4", 1),
        (("10.0.0.0/25", "10.0.0.128/25"), "10.0.0.0/24", 256),
        ((IPv4Network("10.0.0.0/31"), IPv4Address("10.0.0.2")), "10.0.0.0/31, 10.0.0.2/32", 3),
        (("0.0.0.0/0",), "0.0.0.0/0", 2**32),
    ],
)
def test_addresses_are_read_and_shown(parts: tuple[str, ...], shown: str, size: int) -> None:
    found = AddressSet.of(*parts)
    assert (str(found), len(found)) == (shown, size)


@pytest.mark.parametrize(
    ("texts", "inside", "outside", "shown"),
    [
        (("443",), {443}, {442, 444}, "443"),
        (("80-90",), {80, 90}, {79, 91}, "80-90"),
        (("443", "80"), {80, 443}, {81}, "80, 443"),
        (("*",), {0, 65535}, set(), "every port"),
        ((), set(), {1}, "no port"),
    ],
)
def test_ports_are_read_and_shown(texts: tuple[str, ...], inside: set[int], outside: set[int], shown: str) -> None:
    found = PortSet.of(*texts)
    assert all(port in found for port in inside)
    assert not any(port in found for port in outside)
    assert str(found) == shown


@pytest.mark.parametrize("texts", [("x",), ("70000",), ("90-80",), ("-5",)])
def test_what_is_no_port_is_refused(texts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"not a span|invalid literal"):
        PortSet.of(*texts)


def test_a_single_address_is_known_as_such() -> None:
    assert AddressSet.of("10.0.0.4").single == IPv4Address("10.0.0.4")
    assert AddressSet.of("10.0.0.4/31").single is None
    assert AddressSet().single is None
