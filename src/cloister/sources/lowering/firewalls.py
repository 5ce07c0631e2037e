"""Firewalls and their policies: the collections of rules, each kind in its own section of the document."""

from collections.abc import Iterator
from typing import Any

from cloister.inventory import azure
from cloister.sources.document import network as net
from cloister.sources.lowering.spots import Spot, attributes


def policy(block: net.PolicySettings, here: Spot) -> dict[str, Any]:
    """What a policy and a firewall with a policy of its own have in common, and what each has beside it."""
    groups = tuple(
        azure.RuleCollectionGroup(
            name=name, priority=group.priority, collections=tuple(_collections(group, place)), origin=place.origin
        )
        for name, group, place in here.pairs("rule_collection_groups", block.rule_collection_groups)
    )
    return attributes(block, "rule_collection_groups") | {"rule_collection_groups": groups}


def _collections(group: net.CollectionGroupBlock, here: Spot) -> Iterator[azure.RuleCollection]:
    for name, nat, place in here.pairs("nat_rule_collections", group.nat_rule_collections):
        nat_rules = place.each("rules", nat.rules, azure.NatRule)
        yield azure.RuleCollection(
            name=name, priority=nat.priority, action="Dnat", rules=nat_rules, kind="nat", origin=place.origin
        )
    for name, network, place in here.pairs("network_rule_collections", group.network_rule_collections):
        yield azure.RuleCollection(
            name=name,
            priority=network.priority,
            action=network.action,
            rules=place.each("rules", network.rules, azure.NetworkRule),
            kind="network",
            origin=place.origin,
        )
    for name, application, place in here.pairs("application_rule_collections", group.application_rule_collections):
        yield azure.RuleCollection(
            name=name,
            priority=application.priority,
            action=application.action,
            rules=tuple(_application_rule(*rule) for rule in place.pairs("rules", application.rules)),
            kind="application",
            origin=place.origin,
        )


def _application_rule(name: str, block: net.ApplicationRuleBlock, place: Spot) -> azure.ApplicationRule:
    pairs = (protocol.split(":") for protocol in block.protocols)
    return azure.ApplicationRule(
        name=name,
        **attributes(block, "protocols"),
        protocols=tuple((kind, int(port)) for kind, port in pairs),  # type: ignore[misc] # the pattern lets no other kind in
        origin=place.origin,
    )
