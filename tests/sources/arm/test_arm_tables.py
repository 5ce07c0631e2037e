"""The tables of types and properties: every row says something that the document and the code know."""

import json

import pytest

from cloister.facts.arm import ANY, ArmProperty, ArmType, arm_properties, arm_types
from cloister.sources.arm.mapping.kinds import CLAIMS, FILLS
from cloister.sources.arm.mapping.transforms import TRANSFORMS
from cloister.sources.document.root import Document
from cloister.sources.document.words import Block
from cloister.sources.faults import block_at

_STANDS = {"top", "inner", "code", "part", "ignored", "told"}
_NOT_WRITTEN = {"code", "ignored", "told", "children"}
_INNER = {
    "microsoft.network/virtualnetworks/subnets": ("networks", "a", "subnets"),
    "microsoft.network/virtualnetworks/virtualnetworkpeerings": ("networks", "a", "peerings"),
    "microsoft.network/networksecuritygroups/securityrules": ("network_security_groups", "a", "rules"),
    "microsoft.network/routetables/routes": ("route_tables", "a", "routes"),
    "microsoft.network/firewallpolicies/rulecollectiongroups": ("firewall_policies", "a", "rule_collection_groups"),
    "microsoft.network/networkmanagers/securityadminconfigurations/rulecollections/rules": (
        "admin_rule_collections",
        "a",
        "rules",
    ),
    "microsoft.network/privatednszones/virtualnetworklinks": ("private_dns_zones", "a", "links"),
    "microsoft.network/dnsresolvers/inboundendpoints": ("dns_resolvers", "a", "inbound_endpoints"),
    "microsoft.network/dnsresolvers/outboundendpoints": ("dns_resolvers", "a", "outbound_endpoints"),
    "microsoft.network/dnsforwardingrulesets/forwardingrules": ("forwarding_rulesets", "a", "rules"),
    "microsoft.network/dnsforwardingrulesets/virtualnetworklinks": ("forwarding_rulesets", "a", "links"),
    "microsoft.machinelearningservices/workspaces/outboundrules": ("workspaces", "a", "outbound_rules"),
    "microsoft.machinelearningservices/workspaces/onlineendpoints/deployments": (
        "online_endpoints",
        "a",
        "deployments",
    ),
}
TYPES = list(arm_types().values())
PROPERTIES = [row for rows in arm_properties().values() for row in rows.values()]
WRITTEN = [row for row in PROPERTIES if row.how.partition(":")[0] not in _NOT_WRITTEN]


def _block(type_: str) -> type[Block] | None:
    """The block that resources of a type stand in."""
    row = arm_types()[type_.lower()]
    section = row.section.partition(":")[0]
    return block_at((*_INNER.get(type_.lower(), (section,)), "a"), Document)


@pytest.mark.parametrize("row", TYPES, ids=lambda row: row.type)
def test_a_type_stands_where_it_says(row: ArmType) -> None:
    assert row.stands in _STANDS
    assert (row.section != "-") == (row.stands in ("top", "inner") or (row.stands == "code" and row.section != "-"))
    assert (row.why != "-") == (row.stands in ("ignored", "told"))
    if row.stands in ("code", "part"):
        assert row.type.lower() in CLAIMS
    if row.section != "-":
        assert _block(row.type) is not None


def test_what_code_fills_is_a_type_of_the_table() -> None:
    assert set(FILLS) <= set(arm_types())
    assert set(CLAIMS) <= set(arm_types())


@pytest.mark.parametrize("row", PROPERTIES, ids=lambda row: f"{row.type} {row.property}")
def test_a_property_has_its_form(row: ArmProperty) -> None:
    word, _, argument = row.how.partition(":")
    assert row.type == ANY or row.type.lower() in arm_types()
    assert word in TRANSFORMS or word in _NOT_WRITTEN
    assert (row.attribute != "-") == (word in TRANSFORMS)
    assert word not in ("ignored", "told") or row.why != "-"
    assert word != "children" or argument.lower() in arm_types()


@pytest.mark.parametrize("row", WRITTEN, ids=lambda row: f"{row.type} {row.property}")
def test_an_attribute_is_one_of_the_document(row: ArmProperty) -> None:
    block = _block(row.type)
    assert block is not None
    field = block.model_fields[row.attribute]
    if row.absent != "-":
        assert json.loads(row.absent.rpartition(": ")[2] if row.absent[0] == "2" else row.absent) != field.default
