"""Faults of routes and peerings that Azure would refuse: subnets that nothing is, too many tags, a gateway cut off."""

from collections.abc import Iterator

from cloister.errors import Fault
from cloister.facts.azure_subnets import GATEWAY_SUBNET, ROUTES_FOR_TAGS, SUBNETS_OF_A_PEERING
from cloister.inventory.azure import Inventory, Peering, RouteTable, VirtualNetwork

_EVERYTHING = "0.0.0.0/0"


def route_faults(inventory: Inventory) -> Iterator[Fault]:
    """Every route table and peering that Azure would refuse, or that would cut a gateway off."""
    for peering in inventory.peerings:
        yield from _peering_faults(inventory, peering)
    for table in inventory.route_tables:
        tags = [route for route in table.routes if route.prefix[:1].isalpha()]
        if len(tags) > ROUTES_FOR_TAGS:
            reason = f"has {len(tags)} routes for service tags, and Azure takes {ROUTES_FOR_TAGS}"
            place = tags[ROUTES_FOR_TAGS].origin
            yield Fault(f'route table "{table.name}"', reason, "write prefixes, or a wider tag", place)
    by_name = {table.name: table for table in inventory.route_tables}
    vpn = {gateway.network for gateway in inventory.gateways if gateway.kind == "Vpn"}
    for network, subnet in inventory.subnets():
        own = by_name.get(subnet.route_table or "")
        if own and subnet.name == GATEWAY_SUBNET:
            yield from _gateway_faults(network, own, vpn=network.name in vpn)


def _peering_faults(inventory: Inventory, peering: Peering) -> Iterator[Fault]:
    thing = f'peering "{peering.network}/{peering.remote}"'
    sides = (
        ("local_subnet_names", peering.network, peering.local_subnet_names),
        ("remote_subnet_names", peering.remote, peering.remote_subnet_names),
    )
    for attribute, name, listed in sides:
        place = peering.origin.of(attribute)
        if peering.peer_complete_virtual_networks_enabled and listed:
            reason = f"{attribute} is stated, and the peering joins the networks whole"
            mend = "set peer_complete_virtual_networks_enabled: false, or remove the list"
            yield Fault(thing, reason, mend, place)
        elif not peering.peer_complete_virtual_networks_enabled and not listed:
            reason = f"joins listed subnets only, and {attribute} lists none"
            yield Fault(thing, reason, f"list the subnets of {name} that it joins", place)
        network = inventory.network(name)
        known = {subnet.name for subnet in network.subnets} if network else set(listed)
        for missing in (one for one in listed if one not in known):
            yield Fault(thing, f"{attribute}: {name} has no subnet {missing}", "correct its name", place)
    count = len(peering.local_subnet_names) + len(peering.remote_subnet_names)
    if count > SUBNETS_OF_A_PEERING:
        reason = f"joins {count} subnets, and Azure takes {SUBNETS_OF_A_PEERING}"
        yield Fault(thing, reason, "peer the networks whole", peering.origin)


def _gateway_faults(network: VirtualNetwork, table: RouteTable, *, vpn: bool) -> Iterator[Fault]:
    thing = f'subnet "{network.name}/{GATEWAY_SUBNET}"'
    if not table.bgp_route_propagation:
        reason = f"route table {table.name} keeps the gateway's own routes out, so the gateway does not work"
        place = table.origin.of("bgp_route_propagation")
        yield Fault(thing, reason, f"give {GATEWAY_SUBNET} a route table of its own with propagation on", place)
    for route in table.routes:
        if vpn and route.prefix == _EVERYTHING:
            reason = (
                f"route {table.name}/{route.name} is for {_EVERYTHING}, which Azure does not allow at a VPN gateway"
            )
            mend = "write the prefixes of the networks that the firewall is to see"
            yield Fault(thing, reason, mend, route.origin.of("prefix"))
