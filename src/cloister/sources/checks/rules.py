"""Faults of rules: an order that nobody can tell, a next hop that is nothing, a rule that the cloud would refuse."""

from collections.abc import Iterator

from cloister.errors import Fault
from cloister.inventory.azure import Inventory, RouteTable

_APPLIANCE = "VirtualAppliance"


def rule_faults(inventory: Inventory) -> Iterator[Fault]:
    """Every rule, route and peering that Azure would refuse, or whose order is undefined."""
    for peering in inventory.peerings:
        if peering.network == peering.remote:
            reason = "is peered with itself"
            yield Fault(f'network "{peering.network}"', reason, "name another network", peering.origin)
    yield from _security_rule_faults(inventory)
    appliances = {firewall.private_ip for firewall in inventory.firewalls}
    appliances |= {machine.private_ip for machine in inventory.machines}
    frontends = (one for balancer in inventory.load_balancers for one in balancer.frontends)
    appliances |= {frontend.private_ip for frontend in frontends if frontend.private_ip}
    for table in inventory.route_tables:
        yield from _route_faults(table, {str(address) for address in appliances})


def _security_rule_faults(inventory: Inventory) -> Iterator[Fault]:
    for group in inventory.network_security_groups:
        first: dict[tuple[int, str], str] = {}
        for rule in group.rules:
            other = first.setdefault((rule.priority, rule.direction), rule.name)
            if other != rule.name:
                reason = f'priority {rule.priority} is that of the {rule.direction} rule "{other}" already'
                mend = f"choose another priority; two {rule.direction} rules of one group cannot share it"
                yield Fault(f'rule "{group.name}/{rule.name}"', reason, mend, rule.origin.of("priority"))


def _route_faults(table: RouteTable, appliances: set[str]) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for route in table.routes:
        thing = f'route "{table.name}/{route.name}"'
        if (other := first.setdefault(route.prefix, route.name)) != route.name:
            reason = f'prefix {route.prefix} is that of route "{other}" already'
            yield Fault(thing, reason, "keep one of the two", route.origin.of("prefix"))
        if route.next_hop_type == _APPLIANCE and route.next_hop is None:
            reason = "next_hop_type VirtualAppliance needs the appliance's address"
            yield Fault(thing, reason, "add next_hop, such as the firewall's private_ip", route.origin)
        elif route.next_hop_type != _APPLIANCE and route.next_hop is not None:
            reason = f"next_hop {route.next_hop} stands beside next_hop_type {route.next_hop_type}"
            mend = "remove next_hop, or write next_hop_type: VirtualAppliance"
            yield Fault(thing, reason, mend, route.origin.of("next_hop"))
        elif route.next_hop is not None and str(route.next_hop) not in appliances:
            nothing = "but no firewall, machine or load balancer has that address"
            reason = f"{route.prefix} points to {route.next_hop}, {nothing}"
            mend = "set next_hop to the firewall's private_ip, or remove the route"
            yield Fault(thing, reason, mend, route.origin.of("next_hop"))
