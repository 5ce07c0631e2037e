"""Addresses that AWS gives: where none is stated, the first that is free in the subnet, in a fixed order."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from cloister.facts.aws_subnets import RESERVED_AT_END, RESERVED_AT_START
from cloister.inventory.aws import Inventory
from cloister.origin import Origin


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface of something in a subnet: of which section and name, with which groups. No address: none is free."""

    section: str
    owner: str
    subnet: str
    groups: tuple[str, ...]
    address: IPv4Address | None
    origin: Origin


def interfaces(inventory: Inventory) -> tuple[Interface, ...]:
    """Every interface in the environment with its address. Stated addresses are kept free for those who state them."""
    wanted = list(_wanted(inventory))
    free = {f"{vpc.name}/{subnet.name}": _usable(subnet.cidr_block) for vpc, subnet in inventory.subnets()}
    stated = {(one.subnet, one.address) for one in wanted if one.address}
    found: list[Interface] = []
    for one in wanted:
        address = one.address
        if address is None:
            address = next((a for a in free.get(one.subnet, iter(())) if (one.subnet, a) not in stated), None)
        found.append(Interface(one.section, one.owner, one.subnet, one.groups, address, one.origin))
    return tuple(found)


def _usable(block: IPv4Network) -> Iterator[IPv4Address]:
    return (block[at] for at in range(RESERVED_AT_START, block.num_addresses - RESERVED_AT_END))


def _wanted(inventory: Inventory) -> Iterator[Interface]:
    for gateway in inventory.nat_gateways:
        yield Interface("nat_gateways", gateway.name, gateway.subnet, (), gateway.private_ip, gateway.origin)
    for endpoint in inventory.vpc_endpoints:
        groups = _groups(inventory, endpoint.security_groups, endpoint.vpc)
        for subnet, address in _paired(endpoint.subnets, endpoint.private_ips):
            yield Interface("vpc_endpoints", endpoint.name, subnet, groups, address, endpoint.origin)
    for balancer in inventory.load_balancers:
        groups = balancer.security_groups
        if balancer.load_balancer_type == "application":
            groups = _groups(inventory, groups, _vpc(balancer.subnets[0]))
        for subnet, address in _paired(balancer.subnets, balancer.private_ips):
            yield Interface("load_balancers", balancer.name, subnet, groups, address, balancer.origin)
    yield from _of_workloads(inventory)
    yield from _of_learning(inventory)


def _of_workloads(inventory: Inventory) -> Iterator[Interface]:
    for service in inventory.ecs_services:
        for subnet in service.subnets:
            groups = _groups(inventory, service.security_groups, _vpc(subnet))
            yield Interface("ecs_services", service.name, subnet, groups, None, service.origin)
    for cluster in inventory.db_clusters:
        for subnet in cluster.subnets:
            groups = _groups(inventory, cluster.security_groups, _vpc(subnet))
            yield Interface("db_clusters", cluster.name, subnet, groups, None, cluster.origin)
    for one in inventory.instances:
        groups = _groups(inventory, one.security_groups, _vpc(one.subnet))
        yield Interface("instances", one.name, one.subnet, groups, one.private_ip, one.origin)


def _of_learning(inventory: Inventory) -> Iterator[Interface]:
    for domain in inventory.sagemaker_domains:
        for subnet in domain.subnets:
            groups = _groups(inventory, domain.security_groups, domain.vpc)
            yield Interface("sagemaker_domains", domain.name, subnet, groups, None, domain.origin)
    for notebook in inventory.sagemaker_notebook_instances:
        if notebook.subnet:
            groups = _groups(inventory, notebook.security_groups, _vpc(notebook.subnet))
            section = "sagemaker_notebook_instances"
            yield Interface(section, notebook.name, notebook.subnet, groups, None, notebook.origin)
    for job in inventory.sagemaker_jobs:
        for subnet in job.subnets:
            groups = _groups(inventory, job.security_groups, _vpc(subnet))
            yield Interface("sagemaker_jobs", job.name, subnet, groups, None, job.origin)


def _paired(subnets: tuple[str, ...], addresses: tuple[IPv4Address, ...]) -> Iterator[tuple[str, IPv4Address | None]]:
    stated = addresses or (None,) * len(subnets)
    yield from zip(subnets, stated, strict=False)


def _vpc(subnet: str) -> str:
    return subnet.partition("/")[0]


def _groups(inventory: Inventory, stated: tuple[str, ...], vpc: str) -> tuple[str, ...]:
    """The groups of an interface: those that are stated, or else the default one of its VPC."""
    home = inventory.vpc(vpc)
    return stated or (home.default_security_group or default_group(vpc) if home else default_group(vpc),)


def default_group(vpc: str) -> str:
    """What the default group of a VPC is called where the environment does not write it out."""
    return f"default of {vpc}"
