"""Networks, subnets, filters, routes and peerings as azurerm resources.

Rules and routes are resources of their own, not nested blocks: in JSON a nested `route` must state every attribute, and
a plan of single resources says which rule changes.
"""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address

from cloister.inventory.azure import (
    Inventory,
    NetworkSecurityGroup,
    Peering,
    RouteTable,
    SecurityRule,
    Subnet,
    VirtualNetwork,
)
from cloister.inventory.azure.placement import group_of, home_group
from cloister.origin import Origin
from cloister.render.terraform.blocks import Block, address, reference
from cloister.render.terraform.placement import grouped, placed
from cloister.render.terraform.policies import KIND as ENDPOINT_POLICY


def network_blocks(inventory: Inventory) -> Iterator[Block]:
    """Everything that shapes the networks, in the order in which it depends on one another."""
    for network in inventory.networks:
        yield from _network(inventory, network)
    for security_group in inventory.network_security_groups:
        yield from _security_group(inventory, security_group)
    for table in inventory.route_tables:
        yield from _route_table(inventory, table)
    yield from _peerings(inventory)


def appliance_address(inventory: Inventory, wanted: IPv4Address) -> object:
    """An address of a firewall as a reference to that firewall, any other as it is."""
    for firewall in inventory.firewalls:
        if firewall.private_ip == wanted:
            return reference("firewall", firewall.name, "ip_configuration[0].private_ip_address")
    return wanted


def _network(inventory: Inventory, network: VirtualNetwork) -> Iterator[Block]:
    placing = placed(network.resource_group)
    arguments = {"name": network.name, **placing, "address_space": network.address_space}
    yield Block("virtual_network", network.name, arguments, network.origin)
    if network.dns_servers:
        # Apart from the network, because the servers may be a firewall that stands in this very network.
        servers = {
            "virtual_network_id": reference("virtual_network", network.name),
            "dns_servers": [appliance_address(inventory, server) for server in network.dns_servers],
        }
        yield Block("virtual_network_dns_servers", network.name, servers, network.origin.of("dns_servers"))
    for subnet in network.subnets:
        yield from _subnet(network, subnet)


def _subnet(network: VirtualNetwork, subnet: Subnet) -> Iterator[Block]:
    full_name = f"{network.name}/{subnet.name}"
    arguments = {
        "name": subnet.name,
        "resource_group_name": grouped(network.resource_group),
        "virtual_network_name": reference("virtual_network", network.name, "name"),
        "address_prefixes": [subnet.prefix],
        "default_outbound_access_enabled": subnet.default_outbound_access is not False,
        "private_endpoint_network_policies": subnet.private_endpoint_network_policies.value,
        "service_endpoints": subnet.service_endpoints or None,
        "service_endpoint_policy_ids": [reference(ENDPOINT_POLICY, name) for name in subnet.service_endpoint_policies]
        or None,
        "delegation": _delegation(subnet.delegation),
    }
    yield Block("subnet", full_name, arguments, subnet.origin)
    for kind, argument, name in (
        ("network_security_group", "network_security_group_id", subnet.network_security_group),
        ("route_table", "route_table_id", subnet.route_table),
    ):
        if name:
            joined = {"subnet_id": reference("subnet", full_name), argument: reference(kind, name)}
            yield Block(f"subnet_{kind}_association", full_name, joined, subnet.origin.of(kind))
    if subnet.nat_gateway:
        yield from _nat_gateway(network, subnet)


def _delegation(service: str | None) -> Mapping[str, object] | None:
    return {"name": "delegation", "service_delegation": {"name": service}} if service else None


def _nat_gateway(network: VirtualNetwork, subnet: Subnet) -> Iterator[Block]:
    name = f"nat-{subnet.name}"
    yield public_address(name, network.resource_group, subnet.origin)
    arguments = {"name": name, **placed(network.resource_group), "sku_name": "Standard"}
    yield Block("nat_gateway", name, arguments, subnet.origin)
    gateway = reference("nat_gateway", name)
    outside = {"nat_gateway_id": gateway, "public_ip_address_id": reference("public_ip", name)}
    yield Block("nat_gateway_public_ip_association", name, outside, subnet.origin)
    full_name = f"{network.name}/{subnet.name}"
    inside = {"nat_gateway_id": gateway, "subnet_id": reference("subnet", full_name)}
    yield Block("subnet_nat_gateway_association", full_name, inside, subnet.origin)


def public_address(name: str, group: str, origin: Origin) -> Block:
    """A Standard public address for a resource whose kind cannot do without one, or that asks for one."""
    arguments = {"name": f"pip-{name}", **placed(group), "allocation_method": "Static", "sku": "Standard"}
    return Block("public_ip", name, arguments, origin)


def _security_group(inventory: Inventory, security_group: NetworkSecurityGroup) -> Iterator[Block]:
    group = _group_of_user(inventory, security_group.name)
    arguments = {"name": security_group.name, **placed(group)}
    yield Block("network_security_group", security_group.name, arguments, security_group.origin)
    for rule in security_group.rules:
        placing = {
            "name": rule.name,
            "resource_group_name": grouped(group),
            "network_security_group_name": reference("network_security_group", security_group.name, "name"),
        }
        yield Block("network_security_rule", f"{security_group.name}/{rule.name}", placing | _rule(rule), rule.origin)


def _rule(rule: SecurityRule) -> dict[str, object]:
    return {
        "priority": rule.priority,
        "direction": rule.direction,
        "access": rule.access,
        "protocol": rule.protocol,
        **_one_or_many("source_port_range", rule.source_ports, plural="source_port_ranges"),
        **_one_or_many("source_address_prefix", rule.source),
        **_one_or_many("destination_address_prefix", rule.destination, plural="destination_address_prefixes"),
        **_one_or_many("destination_port_range", rule.destination_ports, plural="destination_port_ranges"),
    }


def _one_or_many(singular: str, values: tuple[str, ...], plural: str = "source_address_prefixes") -> dict[str, object]:
    """One argument holds a single value, and alone takes tags and `*`; another holds a list."""
    return {singular: values[0]} if len(values) == 1 else {plural: values}


def _route_table(inventory: Inventory, table: RouteTable) -> Iterator[Block]:
    group = _group_of_user(inventory, table.name)
    arguments = {
        "name": table.name,
        **placed(group),
        "bgp_route_propagation_enabled": table.bgp_route_propagation,
    }
    yield Block("route_table", table.name, arguments, table.origin)
    for route in table.routes:
        step = {
            "name": route.name,
            "resource_group_name": grouped(group),
            "route_table_name": reference("route_table", table.name, "name"),
            "address_prefix": route.prefix,
            "next_hop_type": route.next_hop_type,
            "next_hop_in_ip_address": appliance_address(inventory, route.next_hop) if route.next_hop else None,
        }
        yield Block("route", f"{table.name}/{route.name}", step, route.origin)


def _group_of_user(inventory: Inventory, name: str) -> str:
    """The resource group of the first network that uses a filter or a route table."""
    for network, subnet in inventory.subnets():
        if name in (subnet.network_security_group, subnet.route_table):
            return network.resource_group
    for machine in inventory.machines:
        if name == machine.network_security_group:
            return group_of(inventory, machine.subnet)
    return home_group(inventory)


def _joined_subnets(peering: Peering) -> dict[str, object]:
    """The subnets of a peering that does not join the networks whole."""
    if peering.peer_complete_virtual_networks_enabled:
        return {}
    return {
        "peer_complete_virtual_networks_enabled": False,
        "local_subnet_names": list(peering.local_subnet_names),
        "remote_subnet_names": list(peering.remote_subnet_names),
    }


def _peerings(inventory: Inventory) -> Iterator[Block]:
    for peering in inventory.peerings:
        name = f"peer-{peering.network}-to-{peering.remote}"
        gateways = [gateway for gateway in inventory.gateways if gateway.network == peering.remote]
        arguments = {
            "name": name,
            "resource_group_name": grouped(group_of(inventory, peering.network)),
            "virtual_network_name": reference("virtual_network", peering.network, "name"),
            "remote_virtual_network_id": reference("virtual_network", peering.remote),
            "allow_virtual_network_access": peering.allow_virtual_network_access,
            "allow_forwarded_traffic": peering.allow_forwarded_traffic,
            "allow_gateway_transit": peering.allow_gateway_transit,
            "use_remote_gateways": peering.use_remote_gateways,
            **_joined_subnets(peering),
            # Azure refuses the use of a gateway that does not stand yet.
            "depends_on": [address("virtual_network_gateway", gateway.name) for gateway in gateways]
            if peering.use_remote_gateways and gateways
            else None,
        }
        yield Block("virtual_network_peering", name, arguments, peering.origin)
