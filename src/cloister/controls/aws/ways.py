"""Which subnets lead to the internet, and which groups stand before what: facts that several controls look at."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from cloister.inventory.aws import Inventory, Route, SecurityGroup, SecurityGroupRule

EVERYWHERE = IPv4Network("0.0.0.0/0")


def routes_of(inventory: Inventory, reference: str) -> tuple[Route, ...]:
    """The routes that a subnet `vpc/subnet` reads, beside the local one."""
    found = inventory.subnet(reference)
    if found is None:
        return ()
    vpc, subnet = found
    name = subnet.route_table or vpc.main_route_table
    return next((table.routes for table in inventory.route_tables if table.name == name), ())


def leads_to_internet(inventory: Inventory, reference: str) -> Route | None:
    """The route of a subnet to an internet gateway, if it has one."""
    return next((route for route in routes_of(inventory, reference) if route.internet_gateway), None)


def has_nat(inventory: Inventory, reference: str) -> bool:
    """Whether a subnet sends what leaves through a NAT gateway."""
    return any(route.nat_gateway and route.cidr_block == EVERYWHERE for route in routes_of(inventory, reference))


def open_rules(inventory: Inventory, groups: Iterable[str]) -> Iterator[tuple[SecurityGroup, SecurityGroupRule]]:
    """The rules of some groups that let everybody in."""
    for group in inventory.security_groups:
        if group.name in set(groups):
            yield from ((group, rule) for rule in group.ingress if EVERYWHERE in rule.cidr_blocks)
