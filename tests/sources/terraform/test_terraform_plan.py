"""What a plan declares: every resource, and for each value that is known after apply where it comes from."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloister.sources.terraform.plan import declarations
from cloister.sources.terraform.shape import recognised
from cloister.sources.terraform.values import Declarations, Provider, Reference, Unknown

PLAN = Path(__file__).parent / "modules" / "plan.json"
LATER = "is known only after apply"
DYNAMIC = f"{LATER}, in a part of the configuration that a plan does not spell out"
LOCAL = f"{LATER}, through local.firewall, which a plan does not spell out"
COMPUTED = Unknown(LATER, stated=False)


@pytest.fixture(scope="module")
def plan() -> Declarations:
    return declarations(recognised(PLAN.read_text(), "plan.json"), "plan.json")


def _later(value: object, path: str = "") -> Iterator[tuple[str, Reference | Unknown]]:
    if isinstance(value, Unknown | Reference):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _later(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _later(inner, f"{path}[{at}]")


def _stated(plan: Declarations, address: str) -> dict[str, Reference | Unknown]:
    """What a resource's configuration states and the plan does not tell."""
    found = dict(_later(plan.by_address[address].values))
    return {path: value for path, value in found.items() if value != COMPUTED}


def _one_of(*references: Reference) -> Unknown:
    return Unknown(f"{LATER}, from {', '.join(map(str, references))}", among=references)


def _whole(address: str) -> Reference:
    return Reference(address, "")


HUB = Reference("azurerm_virtual_network.hub", "id")
SPOKE_A = 'module.spoke["a"].azurerm_virtual_network.spoke'
SUBNETS_A = tuple(f'module.spoke["a"].azurerm_subnet.spoke["{key}"]' for key in ("compute", "endpoints"))
FOLLOWED: tuple[tuple[str, str, dict[str, Reference | Unknown]], ...] = (
    ("a resource beside it", 'azurerm_private_dns_zone_virtual_network_link.hub["blob"]', {"virtual_network_id": HUB}),
    (
        "each.value of a resource that for_each goes over, and a resource of the module itself",
        'module.spoke["b"].azurerm_subnet_route_table_association.spoke["endpoints"]',
        {
            "subnet_id": Reference('module.spoke["b"].azurerm_subnet.spoke["endpoints"]', "id"),
            "route_table_id": Reference('module.spoke["b"].azurerm_route_table.spoke', "id"),
        },
    ),
    (
        "an input variable of a module",
        'module.spoke["a"].azurerm_route_table.spoke',
        {
            "route[0].next_hop_in_ip_address": Reference(
                "azurerm_firewall.hub", "ip_configuration[0].private_ip_address"
            )
        },
    ),
    (
        "an input variable that passes a local",
        'module.spoke["b"].azurerm_virtual_network.spoke',
        {"dns_servers[0]": Unknown(LOCAL)},
    ),
    (
        "an output of one instance of a module",
        "azurerm_virtual_network_peering.first",
        {"remote_virtual_network_id": Reference(SPOKE_A, "id")},
    ),
    (
        "an output of a module by each.key: the plan does not say which output",
        'azurerm_virtual_network_peering.back["a"]',
        {"remote_virtual_network_id": _one_of(Reference(SPOKE_A, "id"), *map(_whole, SUBNETS_A))},
    ),
    (
        "count.index, and an index that is computed",
        "azurerm_subnet_network_security_group_association.compute[1]",
        {
            "network_security_group_id": _whole("azurerm_network_security_group.compute[1]"),
            "subnet_id": Unknown(
                f"{LATER}, from {SPOKE_A}.id, {SUBNETS_A[0]}, {SUBNETS_A[1]}, "
                'module.spoke["b"].azurerm_virtual_network.spoke.id and 2 more',
                among=(
                    Reference(SPOKE_A, "id"),
                    *map(_whole, SUBNETS_A),
                    Reference(SPOKE_A.replace('"a"', '"b"'), "id"),
                    *(_whole(one.replace('"a"', '"b"')) for one in SUBNETS_A),
                ),
            ),
        },
    ),
    (
        "a list of an output's member and a resource, in their order",
        "azurerm_storage_account.models",
        {
            "network_rules[0].virtual_network_subnet_ids[0]": _whole(SUBNETS_A[0]),
            "network_rules[0].virtual_network_subnet_ids[1]": Reference("azurerm_subnet.firewall", "id"),
        },
    ),
    (
        "a dynamic block",
        "azurerm_network_security_group.compute[0]",
        {"security_rule[0].destination_address_prefix": Unknown(DYNAMIC)},
    ),
)


@pytest.mark.parametrize(("address", "expected"), [row[1:] for row in FOLLOWED], ids=[row[0] for row in FOLLOWED])
def test_references_are_followed_through(
    plan: Declarations, address: str, expected: dict[str, Reference | Unknown]
) -> None:
    assert _stated(plan, address) == expected


def test_an_attribute_that_another_resource_was_given_is_followed_further(plan: Declarations) -> None:
    """The endpoint takes its subnet from an association, so that it is made after it: a common trick."""
    endpoint = _stated(plan, "azurerm_private_endpoint.blob")
    association = _stated(plan, "azurerm_subnet_network_security_group_association.compute[1]")
    assert endpoint["subnet_id"] == association["subnet_id"]


def test_every_resource_is_declared_with_its_place(plan: Declarations) -> None:
    assert len(plan.resources) == 33
    subnet = plan.by_address[SUBNETS_A[0]]
    assert (subnet.type, subnet.name, subnet.module, subnet.key, subnet.mode) == (
        "azurerm_subnet",
        "spoke",
        'module.spoke["a"]',
        "compute",
        "managed",
    )
    assert str(subnet.at("address_prefixes")) == f"plan.json: {SUBNETS_A[0]}.address_prefixes"
    assert subnet.values["address_prefixes"] == ["10.1.0.0/24"]


def test_a_data_source_that_was_read_comes_from_the_prior_state(plan: Declarations) -> None:
    deployer = plan.by_address["data.azurerm_client_config.deployer"]
    assert (deployer.mode, deployer.values["tenant_id"]) == ("data", "00000000-0000-0000-0000-000000000000")


def test_a_provider_is_told_with_its_constants_and_input_variables(plan: Declarations) -> None:
    assert plan.providers == (Provider("azurerm", "", {"environment": "public", "features": [{}]}),)


def _planned(*resources: dict[str, Any], **more: object) -> Declarations:
    document: dict[str, Any] = {"format_version": "1.2", "planned_values": {"root_module": {"resources": resources}}}
    text = json.dumps(document | more)
    return declarations(recognised(text, "plan.json"), "plan.json")


def _resource(address: str, **values: object) -> dict[str, Any]:
    kind, _, name = address.partition(".")
    return {"address": address, "mode": "managed", "type": kind, "name": name, "values": values}


def _change(address: str, *actions: str, unknown: object = None, **more: object) -> dict[str, Any]:
    return {"address": address, "change": {"actions": list(actions), "after_unknown": unknown}} | more


def _configured(**expressions: dict[str, Any]) -> dict[str, Any]:
    found = [{"address": address, "expressions": stated} for address, stated in expressions.items()]
    return {"root_module": {"resources": found}}


def test_a_resource_that_is_deleted_does_not_stand() -> None:
    changes = [_change("a_b.gone", "delete"), _change("a_b.kept", "delete", deposed="4f2a")]
    plan = _planned(_resource("a_b.gone"), _resource("a_b.kept"), resource_changes=changes)
    assert [one.address for one in plan.resources] == ["a_b.kept"]


def test_references_in_a_circle_are_unknown() -> None:
    first, second = {"x": {"references": ["a_b.two.x", "a_b.two"]}}, {"x": {"references": ["a_b.one.x", "a_b.one"]}}
    plan = _planned(
        _resource("a_b.one"),
        _resource("a_b.two"),
        resource_changes=[_change(address, "create", unknown={"x": True}) for address in ("a_b.one", "a_b.two")],
        configuration=_configured(**{"a_b.one": first, "a_b.two": second}),
    )
    why = f"{LATER}, through a_b.two.x, which refers to itself in a circle"
    assert plan.by_address["a_b.one"].values == {"x": Unknown(why)}


def test_of_blocks_in_another_order_the_one_with_the_same_constants_is_meant() -> None:
    blocks = [
        {"name": {"constant_value": name}, "to": {"references": [f"a_b.{name}.id", f"a_b.{name}"]}}
        for name in ("left", "right")
    ]
    plan = _planned(
        _resource("a_b.one", block=[{"name": "right"}, {"name": "left"}]),
        _resource("a_b.left"),
        _resource("a_b.right"),
        resource_changes=[
            _change("a_b.one", "create", unknown={"block": [{"to": True}, {"to": True}]}),
            *(_change(f"a_b.{name}", "create", unknown={"id": True}) for name in ("left", "right")),
        ],
        configuration=_configured(**{"a_b.one": {"block": blocks}}),
    )
    right, left = Reference("a_b.right", "id"), Reference("a_b.left", "id")
    assert plan.by_address["a_b.one"].values["block"] == [{"name": "right", "to": right}, {"name": "left", "to": left}]


def test_what_is_known_is_no_candidate() -> None:
    """`name = "${known.name}/${later.id}"` is what later.id makes of it."""
    both = ["a_b.known.name", "a_b.known", "a_b.later.id", "a_b.later"]
    plan = _planned(
        _resource("a_b.one"),
        _resource("a_b.known", name="known"),
        _resource("a_b.later"),
        resource_changes=[
            _change("a_b.one", "create", unknown={"x": True}),
            _change("a_b.known", "no-op", unknown={}),
            _change("a_b.later", "create", unknown={"id": True}),
        ],
        configuration=_configured(**{"a_b.one": {"x": {"references": both}}}),
    )
    assert plan.by_address["a_b.one"].values == {"x": Reference("a_b.later", "id")}


def test_a_plan_of_a_part_says_that_more_may_stand() -> None:
    assert _planned(_resource("a_b.one"), complete=False).incomplete.startswith("data sources that are read during")
    assert _planned(_resource("a_b.one"), complete=True).incomplete == ""


def test_a_state_declares_what_stands() -> None:
    text = json.dumps(
        {"format_version": "1.0", "values": {"root_module": {"resources": [_resource("a_b.c", id="/x")]}}}
    )
    state = declarations(recognised(text, "state.json"), "state.json")
    assert [(one.address, one.values) for one in state.resources] == [("a_b.c", {"id": "/x"})]
