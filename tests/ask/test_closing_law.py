"""Closing never opens: with any one rule that allows taken out, no part of closure that was met is missed."""

from collections.abc import Iterator
from dataclasses import replace

from cloister.ask.asking import Environment
from cloister.ask.judgement import Judgement, Standing, judge
from cloister.inventory.azure import Inventory

_EACH = 5  # every fifth rule: each kind of rule is among them, and the test stays short


def _rules(inventory: Inventory) -> Iterator[tuple[str, Inventory]]:
    """The inventory without one rule that allows, for each such rule of a filter or firewall."""
    for number, group in enumerate(inventory.network_security_groups):
        for rule in group.rules:
            if rule.access == "Allow":
                kept = replace(group, rules=tuple(one for one in group.rules if one is not rule))
                groups = inventory.network_security_groups
                yield (
                    f"{group.name}/{rule.name}",
                    replace(inventory, network_security_groups=(*groups[:number], kept, *groups[number + 1 :])),
                )
    for firewall in inventory.firewalls:
        for one in firewall.rule_collection_groups:
            for collection in one.collections:
                if collection.action == "Allow":
                    fewer = replace(
                        one, collections=tuple(other for other in one.collections if other is not collection)
                    )
                    changed = tuple(fewer if other is one else other for other in firewall.rule_collection_groups)
                    closed = replace(firewall, rule_collection_groups=changed)
                    yield f"{one.name}/{collection.name}", replace(inventory, firewalls=(closed,))


def _missed(judgement: Judgement) -> set[str]:
    return {one.intent.name for one in judgement.closure if one.standing is Standing.MISSED}


def test_closing_a_rule_opens_nothing(hub_spoke: Environment) -> None:
    inventory = hub_spoke.inventory
    before = _missed(judge(inventory))
    cases = list(_rules(inventory))[::_EACH]
    assert len(cases) > _EACH
    assert {name: opened for name, closed in cases if (opened := _missed(judge(closed)) - before)} == {}
