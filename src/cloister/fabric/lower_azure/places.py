"""The places from which a question can be asked: subnets, machines, computes, sites, bastions, the internet.

Serverless jobs and serverless Spark are places of every workspace, whether anybody uses them or not: nobody has to
declare a compute to start one.
"""

from collections.abc import Iterator

from cloister.fabric.addresses import Address
from cloister.fabric.fabric import Place, PlaceKind, Proxy
from cloister.fabric.lower_azure.balancers import lent_by_balancers
from cloister.fabric.lower_azure.filters import Filters, node_filter
from cloister.fabric.lower_azure.islands import Island, islands
from cloister.fabric.lower_azure.layout import Layout
from cloister.fabric.lower_azure.networks import FIREWALL_SUBNET
from cloister.fabric.lower_azure.scoring import scoring_places
from cloister.fabric.lower_azure.service_places import service_places
from cloister.fabric.sets import AddressSet, PortSet
from cloister.facts import tables
from cloister.inventory.azure import Compute, Inventory, Machine, Workspace
from cloister.verdict import Rule

INTERNET = "internet"
_BASTION_SUBNET = "AzureBastionSubnet"


def lower_places(layout: Layout, filters: Filters) -> dict[str, Place]:
    """The places by name. A machine or compute goes before a subnet of the same name."""
    places = [
        *_segments(layout),
        *(_site(layout, site.name) for site in layout.inventory.on_premises),
        *(_machine(layout, filters, machine) for machine in layout.inventory.machines),
        *_islands(layout.inventory),
        *_computes(layout, filters),
        *service_places(layout),
        *_bastions(layout),
        *_firewalls(layout),
        *_resolvers(layout),
        Place(INTERNET, PlaceKind.INTERNET, Address(layout.public, "the internet", labels_complete=True)),
    ]
    return {place.name: place for place in (*places, *scoring_places(layout, places))}


def _segments(layout: Layout) -> Iterator[Place]:
    """Subnets as places: any machine in them, so without the addresses of endpoints, firewalls and their like."""
    endpoints = (AddressSet.of(*endpoint.private_ips) for endpoint in layout.inventory.private_endpoints)
    firewalls = (AddressSet.of(firewall.private_ip) for firewall in layout.inventory.firewalls)
    resolvers = (inbound for resolver in layout.inventory.dns_resolvers for inbound in resolver.inbound_endpoints)
    inbound = (AddressSet.of(endpoint.private_ip) for endpoint in resolvers)
    frontends = (one.private_ip for balancer in layout.inventory.load_balancers for one in balancer.frontends)
    balanced = (AddressSet.of(address) for address in frontends if address)
    taken = AddressSet.union((*endpoints, *firewalls, *inbound, *balanced))
    for network, subnet in layout.inventory.subnets():
        name = f"{network.name}/{subnet.name}"
        rule = Rule(f"subnet {name}", subnet.origin)
        machines = AddressSet.of(subnet.prefix) - taken
        kind = PlaceKind.SEGMENT if machines else PlaceKind.UNKNOWN
        gap = "" if machines else f"endpoints and firewalls have every address of {name}, so no machine stands there"
        yield Place(name, kind, Address(machines, name), name, gap=gap, rule=rule)


def _site(layout: Layout, name: str) -> Place:
    site = next(site for site in layout.inventory.on_premises if site.name == name)
    address = Address(AddressSet.of(*site.address_space), name)
    return Place(name, PlaceKind.SITE, address, name, rule=Rule(f"on-premises {name}", site.origin))


def _machine(layout: Layout, filters: Filters, machine: Machine) -> Place:
    address = next((one for one in layout.inventory.public_ips if one.name == machine.public_ip), None)
    public = Rule(f"public_ip of {machine.name}", machine.origin.of("public_ip"))
    return Place(
        name=machine.name,
        kind=PlaceKind.SEGMENT if machine.subnet in filters.readers else PlaceKind.SITE,
        address=Address.exactly(machine.private_ip),
        where=machine.subnet,
        filter=filters.at(machine.subnet, machine.network_security_group),
        public_address=bool(machine.public_ip),
        public_rule=public,
        rule=Rule(f"machine {machine.name}", machine.origin),
        shown=AddressSet.of(address.ip_address) if address and address.ip_address else AddressSet(),
        open_outside=address is not None and address.sku == "Basic",
        name_servers=machine.dns_servers,
        name_servers_rule=Rule(f"dns_servers of {machine.name}", machine.origin.of("dns_servers")),
        lent=lent_by_balancers(layout, machine.name),
        forwards=machine.ip_forwarding,
        proxy=_proxy(machine),
    )


def _proxy(holder: Machine | Compute) -> Proxy | None:
    """Where a place sends its web requests, if it names a proxy."""
    if holder.proxy is None:
        return None
    carries = PortSet.of(*(row.port for row in tables.name_protocols() if row.protocol.startswith("Http")))
    rule = Rule(f"proxy of {holder.name}", holder.origin.of("proxy"))
    return Proxy(holder.proxy.address, holder.proxy.port, carries, rule)


def _computes(layout: Layout, filters: Filters) -> Iterator[Place]:
    kept = {island.owner.name: island for island in islands(layout.inventory) if not island.deployment}
    for compute in layout.inventory.computes:
        if compute.subnet is not None:
            yield _compute(layout, filters, compute, compute.subnet)
        else:
            owner = layout.inventory.workspace_of(compute)
            yield _kept_compute(layout, compute, kept.get(owner.name) if owner else None)


def _kept_compute(layout: Layout, compute: Compute, island: Island | None) -> Place:
    """A compute in the network that Azure keeps for its workspace."""
    rule = Rule(f"compute {compute.name}", compute.origin.of("subnet"))
    if island is None:
        gap = f"compute {compute.name} stands in no subnet, and to which workspace it belongs is not stated"
        return Place(compute.name, PlaceKind.UNKNOWN, Address(layout.public), gap=gap, rule=rule)
    own = Rule(f"node_public_ip of {compute.name}", compute.origin.of("node_public_ip"))
    public = compute.node_public_ip and island.owner.managed_network == "Disabled"
    return Place(
        name=compute.name,
        kind=PlaceKind.SEGMENT,
        address=Address(island.machines, compute.name),
        where=island.name,
        public_address=public,
        public_rule=own,
        rule=rule,
        proxy=_proxy(compute),
    )


def _islands(inventory: Inventory) -> Iterator[Place]:
    """The network that Azure keeps for each workspace, and what runs there without a compute that anybody declares."""
    for island in (one for one in islands(inventory) if not one.deployment):
        workspace = island.owner
        yield Place(
            island.name, PlaceKind.SEGMENT, Address(island.machines, island.name), island.name, rule=island.rule
        )
        yield _serverless(inventory, island, workspace)
        yield _spark(island, workspace)


def _serverless(inventory: Inventory, island: Island, workspace: Workspace) -> Place:
    name = f"{workspace.name}/serverless"
    found = inventory.subnet(workspace.serverless_subnet or "")
    if found and workspace.serverless_subnet:
        rule = Rule(f"serverless_subnet of {workspace.name}", workspace.origin.of("serverless_subnet"))
        address = Address(AddressSet.of(found[1].prefix), name)
        return Place(name, PlaceKind.SEGMENT, address, workspace.serverless_subnet, rule=rule)
    return Place(name, PlaceKind.SEGMENT, Address(island.machines, name), island.name, rule=island.rule)


def _spark(island: Island, workspace: Workspace) -> Place:
    name = f"{workspace.name}/spark"
    managed = workspace.managed_network != "Disabled"
    if managed and not workspace.managed_network_spark:
        gap = (
            f"the managed network of {workspace.name} is not provisioned for Spark, so it is not known where Spark runs"
        )
        rule = Rule(f"managed_network_spark of {workspace.name}", workspace.origin.of("managed_network_spark"))
        return Place(name, PlaceKind.UNKNOWN, Address(island.machines, name), gap=gap, rule=rule)
    return Place(name, PlaceKind.SEGMENT, Address(island.machines, name), island.name, rule=island.rule)


def _compute(layout: Layout, filters: Filters, compute: Compute, subnet: str) -> Place:
    rule = Rule(f"compute {compute.name}", compute.origin)
    found = layout.inventory.subnet(subnet)
    if found is None:
        gap = f"subnet {subnet} of compute {compute.name} is not in the environment"
        return Place(compute.name, PlaceKind.UNKNOWN, Address(layout.public), gap=gap, rule=rule)
    own = Rule(f"node_public_ip of {compute.name}", compute.origin.of("node_public_ip"))
    within = AddressSet.of(compute.private_ip) if compute.private_ip else AddressSet.of(found[1].prefix)
    return Place(
        name=compute.name,
        kind=PlaceKind.SEGMENT,
        address=Address(within, compute.name),
        where=subnet,
        filter=node_filter(filters.readers[subnet]) if compute.node_public_ip else None,
        public_address=compute.node_public_ip,
        public_rule=own,
        rule=rule,
        proxy=_proxy(compute),
    )


def _bastions(layout: Layout) -> Iterator[Place]:
    for bastion in layout.inventory.bastions:
        reference = f"{bastion.network}/{_BASTION_SUBNET}"
        found = layout.inventory.subnet(reference)
        if found:
            rule = Rule(f"bastion {bastion.name}", bastion.origin, tables.behaviours()["bastion-public"].source)
            front = (
                f"whether {bastion.name} is private-only is not stated, and any other Bastion answers on the internet"
            )
            yield Place(
                bastion.name,
                PlaceKind.SEGMENT,
                Address(AddressSet.of(found[1].prefix), bastion.name),
                reference,
                rule=rule,
                front=front,
            )


def _firewalls(layout: Layout) -> Iterator[Place]:
    for firewall in layout.inventory.firewalls:
        reference = f"{firewall.network}/{FIREWALL_SUBNET}"
        rule = Rule(f"firewall {firewall.name}", firewall.origin)
        address = Address.exactly(firewall.private_ip)
        yield Place(
            name=firewall.name,
            kind=PlaceKind.SEGMENT,
            address=address,
            where=reference,
            public_address=True,
            public_rule=rule,
            rule=rule,
        )


def _resolvers(layout: Layout) -> Iterator[Place]:
    """The endpoints of private resolvers: where they are asked, and where they ask."""
    for resolver in layout.inventory.dns_resolvers:
        for inbound in resolver.inbound_endpoints:
            name = f"{resolver.name}/{inbound.name}"
            rule = Rule(f"inbound endpoint {name}", inbound.origin)
            address = Address.exactly(inbound.private_ip)
            yield Place(name, PlaceKind.SEGMENT, address, inbound.subnet, rule=rule)
        for outbound in resolver.outbound_endpoints:
            found = layout.inventory.subnet(outbound.subnet)
            if found:
                name = f"{resolver.name}/{outbound.name}"
                rule = Rule(f"outbound endpoint {name}", outbound.origin)
                address = Address(AddressSet.of(found[1].prefix), name)
                yield Place(name, PlaceKind.SEGMENT, address, outbound.subnet, rule=rule)
