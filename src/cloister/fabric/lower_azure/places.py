"""The places from which a question can be asked: subnets, machines, computes, sites, bastions, the internet."""

from collections.abc import Iterator

from cloister.fabric.addresses import Address
from cloister.fabric.fabric import Place, PlaceKind
from cloister.fabric.filters import Filter
from cloister.fabric.lower_azure.addresses import TagReader, tag_reader
from cloister.fabric.lower_azure.filters import lower_group, node_filter
from cloister.fabric.lower_azure.layout import Layout
from cloister.fabric.lower_azure.networks import FIREWALL_SUBNET
from cloister.fabric.sets import AddressSet
from cloister.inventory.azure import Compute, Machine
from cloister.verdict import Rule

INTERNET = "internet"
_BASTION_SUBNET = "AzureBastionSubnet"


def lower_places(layout: Layout) -> dict[str, Place]:
    """The places by name. A machine or compute goes before a subnet of the same name."""
    places = [
        *_segments(layout),
        *(_site(layout, site.name) for site in layout.inventory.on_premises),
        *(_machine(layout, machine) for machine in layout.inventory.machines),
        *(_compute(layout, compute) for compute in layout.inventory.computes),
        *_bastions(layout),
        *_firewalls(layout),
        Place(INTERNET, PlaceKind.INTERNET, Address(layout.public, "the internet", labels_complete=True)),
    ]
    return {place.name: place for place in places}


def _segments(layout: Layout) -> Iterator[Place]:
    """Subnets as places: any machine in them, so without the addresses of endpoints and firewalls."""
    endpoints = (AddressSet.of(*endpoint.private_ips) for endpoint in layout.inventory.private_endpoints)
    firewalls = (AddressSet.of(firewall.private_ip) for firewall in layout.inventory.firewalls)
    taken = AddressSet.union((*endpoints, *firewalls))
    for network, subnet in layout.inventory.subnets():
        name = f"{network.name}/{subnet.name}"
        rule = Rule(f"subnet {name}", subnet.origin)
        machines = AddressSet.of(subnet.prefix) - taken
        yield Place(name, PlaceKind.SEGMENT, Address(machines, name), name, rule=rule)


def _site(layout: Layout, name: str) -> Place:
    site = next(site for site in layout.inventory.on_premises if site.name == name)
    address = Address(AddressSet.of(*site.address_space), name)
    return Place(name, PlaceKind.SITE, address, name, rule=Rule(f"on-premises {name}", site.origin))


def _tags(layout: Layout, reference: str) -> TagReader | None:
    found = layout.inventory.subnet(reference)
    return tag_reader(layout, found[0].name, found[1]) if found else None


def _machine(layout: Layout, machine: Machine) -> Place:
    tags = _tags(layout, machine.subnet)
    groups = {group.name: group for group in layout.inventory.network_security_groups}
    group = groups.get(machine.network_security_group or "")
    return Place(
        name=machine.name,
        kind=PlaceKind.SEGMENT if tags else PlaceKind.SITE,
        address=Address.exactly(machine.private_ip),
        where=machine.subnet,
        filter=lower_group(group, tags) if group and tags else None,
        public_address=machine.public_ip,
        public_rule=Rule(f"public_ip of {machine.name}", machine.origin.of("public_ip")),
        rule=Rule(f"machine {machine.name}", machine.origin),
    )


def _compute(layout: Layout, compute: Compute) -> Place:
    rule = Rule(f"compute {compute.name}", compute.origin)
    found = layout.inventory.subnet(compute.subnet or "")
    tags = _tags(layout, compute.subnet or "")
    if found is None or tags is None or compute.subnet is None:
        return Place(
            name=compute.name,
            kind=PlaceKind.UNKNOWN,
            address=Address(layout.public),
            gap=f"compute {compute.name} runs in the workspace's managed network, whose ways out are not modelled yet",
            rule=Rule(f"compute {compute.name}", compute.origin.of("subnet")),
        )
    within = AddressSet.of(compute.private_ip) if compute.private_ip else AddressSet.of(found[1].prefix)
    return Place(
        name=compute.name,
        kind=PlaceKind.SEGMENT,
        address=Address(within, compute.name),
        where=compute.subnet,
        filter=_node_filter(compute, tags),
        public_address=compute.node_public_ip,
        public_rule=Rule(f"node_public_ip of {compute.name}", compute.origin.of("node_public_ip")),
        rule=rule,
    )


def _node_filter(compute: Compute, tags: TagReader) -> Filter | None:
    return node_filter(tags) if compute.node_public_ip else None


def _bastions(layout: Layout) -> Iterator[Place]:
    for bastion in layout.inventory.bastions:
        reference = f"{bastion.network}/{_BASTION_SUBNET}"
        found = layout.inventory.subnet(reference)
        if found:
            rule = Rule(f"bastion {bastion.name}", bastion.origin)
            yield Place(
                bastion.name,
                PlaceKind.SEGMENT,
                Address(AddressSet.of(found[1].prefix), bastion.name),
                reference,
                rule=rule,
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
