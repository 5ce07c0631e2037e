"""Whether a rule means an address: yes, no, or not to be told."""

import pytest

from cloister.fabric.addresses import Address, AddressMatch, all_of, any_of
from cloister.fabric.sets import AddressSet

PUBLIC = ~AddressSet.of("10.0.0.0/8")
TEN = AddressSet.of("10.0.0.0/8")
INSIDE = Address(AddressSet.of("10.1.0.5"))
SUBNET = Address(AddressSet.of("10.1.0.0/24"))
STRANGER = Address(PUBLIC, "stranger.example")
FOREIGN = Address(PUBLIC, "stranger.example", absent_labels=frozenset({"ml"}))
STORE = Address(PUBLIC, "store", frozenset({"storage", "storage.west"}), frozenset({"cloud"}), labels_complete=True)
STORAGE = AddressMatch("Storage", labels=frozenset({"storage"}))


@pytest.mark.parametrize(
    ("says", "match", "address", "expected"),
    [
        ("an address inside the prefix", AddressMatch.of("10.1.0.0/24", AddressSet.of("10.1.0.0/24")), INSIDE, True),
        ("an address outside the prefix", AddressMatch.of("10.2.0.0/24", AddressSet.of("10.2.0.0/24")), INSIDE, False),
        (
            "a whole subnet inside the prefix",
            AddressMatch.of("10.1.0.0/16", AddressSet.of("10.1.0.0/16")),
            SUBNET,
            True,
        ),
        ("half a subnet", AddressMatch.of("10.1.0.0/25", AddressSet.of("10.1.0.0/25")), SUBNET, None),
        ("a prefix that only one reading covers", AddressMatch("VNet", AddressSet(), TEN), INSIDE, None),
        ("any public address under 0.0.0.0/0", AddressMatch.of("*", AddressSet.everything()), STRANGER, True),
        (
            "a public address somewhere, a public prefix",
            AddressMatch.of("20/8", AddressSet.of("20.0.0.0/8")),
            STRANGER,
            None,
        ),
        ("a public address somewhere, a private prefix", AddressMatch.of("10/8", TEN), STRANGER, False),
        ("a group that is known to hold it", STORAGE, STORE, True),
        ("a group that is known not to hold it", AddressMatch("Ml", labels=frozenset({"ml"})), STORE, False),
        ("a group that holds it at times", AddressMatch("Cloud", labels=frozenset({"cloud"})), STORE, None),
        ("a group of which nothing is known", STORAGE, STRANGER, None),
        ("a group of the cloud's own hosts", AddressMatch("Ml", labels=frozenset({"ml"})), FOREIGN, False),
        ("a part of such a group", AddressMatch("Ml.West", labels=frozenset({"ml.west"})), FOREIGN, False),
        ("a published group and a private address", STORAGE, INSIDE, False),
        (
            "a group that is meant in one reading",
            AddressMatch("V", doubtful_labels=frozenset({"storage"})),
            STORE,
            None,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_rule_means(says: str, match: AddressMatch, address: Address, *, expected: bool | None) -> None:
    assert match.holds(address, PUBLIC) is expected, says


@pytest.mark.parametrize(
    ("answers", "any_answer", "all_answer"),
    [
        ((), False, True),
        ((True, None, False), True, False),
        ((None, False), None, False),
        ((True, None), True, None),
        ((True, True), True, True),
    ],
)
def test_doubt_loses_to_certainty(
    answers: tuple[bool | None, ...], *, any_answer: bool | None, all_answer: bool | None
) -> None:
    assert any_of(answers) is any_answer
    assert all_of(answers) is all_answer
