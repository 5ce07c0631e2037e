"""The document in the making: keys, references whatever their order, what is missing, addresses given by rule."""

from typing import Any

import pytest

from cloister.inventory.azure import NotUnderstood
from cloister.origin import Origin
from cloister.sources.declared import Declared, Reference, Unknown, Value, at, hidden
from cloister.sources.draft import Draft, key_of
from cloister.sources.given import Wanted
from cloister.sources.translated import Missing
from cloister.sources.written import Path

PLACE = Origin("main.json", 0, address="thing")
NET = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/ml"


def _with_network() -> tuple[Draft, Path]:
    draft = Draft("main.json")
    network = draft.claim(("networks",), "ml", PLACE, (NET, "azurerm_virtual_network.ml"))
    subnet = draft.claim((*network, "subnets"), "pe", PLACE, (f"{NET}/subnets/pe", "azurerm_subnet.pe"))
    draft.put((*subnet, "prefix"), "10.0.0.0/28", PLACE)
    return draft, subnet


def _plain(draft: Draft) -> Any:  # noqa: ANN401 - any JSON value
    return draft.translated().tree.plain()


@pytest.mark.parametrize(
    ("value", "sections", "expected"),
    [
        (NET.upper(), ["networks"], "ml"),
        (f"{NET}/subnets/pe", ["subnets"], "ml/pe"),
        (Reference("azurerm_subnet.pe"), ["subnets"], "ml/pe"),
        (Unknown("is made of a parameter", text=NET), ["networks"], "ml"),
        (None, ["networks"], None),
        (NET, ["subnets"], Unknown(f"refers to {NET}, which the input does not describe")),
        ("x", ["subnets"], Unknown("refers to x, which the input does not describe")),
        (Unknown("is known only after apply"), ["subnets"], Unknown("is known only after apply")),
    ],
)
def test_a_reference_finds_its_resource(value: Value, sections: list[str], expected: Value) -> None:
    assert _with_network()[0].word(value, sections) == expected


def test_a_reference_to_nothing_is_missing() -> None:
    draft, subnet = _with_network()
    draft.refer((*subnet, "route_table"), "/x", ["route_tables"], PLACE)
    draft.refer((*subnet, "network_security_group"), None, ["network_security_groups"], PLACE)
    what = "refers to /x, which the input does not describe"
    assert draft.translated().missing == (Missing((*subnet, "route_table"), what, PLACE),)
    assert _plain(draft) == {"networks": {"ml": {"subnets": {"pe": {"prefix": "10.0.0.0/28"}}}}}


def test_what_is_hidden_anywhere_in_a_value_makes_it_missing() -> None:
    draft, subnet = _with_network()
    draft.put((*subnet, "service_endpoints"), ["Microsoft.Storage", Unknown("is known only after apply")], PLACE)
    draft.put((*subnet, "delegation"), {"a": Reference("azurerm_x.y", "name")}, PLACE)
    assert [(one.path[-1], one.what) for one in draft.translated().missing] == [
        ("service_endpoints", "is known only after apply"),
        ("delegation", "is name of azurerm_x.y, which is not told"),
    ]


def test_keys_are_unique_and_services_share_one_space() -> None:
    draft = Draft("main.json")
    claimed = [
        draft.claim((section,), name, PLACE)
        for section, name in (
            ("storage_accounts", "ml"),
            ("workspaces", "ML"),
            ("workspaces", "ml"),
            ("networks", "ml"),
            ("networks", "my net (old)"),
        )
    ]
    assert claimed == [
        ("storage_accounts", "ml"),
        ("workspaces", "ML-2"),
        ("workspaces", "ml-3"),
        ("networks", "ml"),
        ("networks", "my-net-old"),
    ]
    assert draft.holds(("key_vaults",), "ml")
    assert not draft.holds(("networks",), "other")


@pytest.mark.parametrize(
    ("text", "key"), [("a b", "a-b"), ("-x-", "x"), ("{name}", "name"), ("!", "unnamed"), ("a" * 90, "a" * 80)]
)
def test_a_text_as_a_key(text: str, key: str) -> None:
    assert key_of(text) == key


def test_addresses_are_the_first_that_are_free() -> None:
    draft, subnet = _with_network()
    for name, count in (("one", 2), ("two", 1), ("many", 9)):
        path = draft.claim(("private_endpoints",), name, PLACE)
        draft.give(Wanted((*path, "private_ips"), subnet, count, listed=True, place=PLACE))
    machine = draft.claim(("machines",), "vm", PLACE)
    draft.give(Wanted((*machine, "private_ip"), subnet, 1, listed=False, place=PLACE))
    draft.put((*draft.claim(("machines",), "held", PLACE), "private_ip"), "10.0.0.5", PLACE)
    translated = draft.translated()
    plain = translated.tree.plain()
    assert plain["private_endpoints"]["one"] == {"private_ips": ["10.0.0.4", "10.0.0.6"]}
    assert plain["private_endpoints"]["two"] == {"private_ips": ["10.0.0.7"]}
    place = translated.tree.at(("private_endpoints", "two", "private_ips")).place
    assert str(place) == "main.json: thing (given by rule: the first that is free in ml/pe)"
    assert plain["machines"]["vm"] == {"private_ip": "10.0.0.8"}
    assert [one.path for one in translated.missing] == [("private_endpoints", "many", "private_ips")]


def test_what_has_no_counterpart_is_told_once() -> None:
    draft = Draft("main.json")
    for _ in range(2):
        draft.tell("thing", "is a web app", "nothing of it is judged", PLACE)
    told = NotUnderstood(thing="thing", what="is a web app", consequence="nothing of it is judged", origin=PLACE)
    assert draft.translated().not_understood == (told,)


def test_values_are_found_whatever_the_case_of_their_keys() -> None:
    one = Declared(address="a", type="t", name="a", values={"Properties": {"x": [1, Unknown("no")]}}, file="f.json")
    assert at(one.values, "properties", "X") == [1, Unknown("no")]
    assert at(one.values, "properties", "y", "z") is None
    assert at({"x": Unknown("no")}, "x", "y") == Unknown("no")
    assert hidden(one.values) == Unknown("no")
    assert str(one.place_of("properties.x")) == "f.json: a.properties.x"
