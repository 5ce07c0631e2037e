"""Faults of address: prefixes that overlap or lie outside, and addresses that cannot be where they stand."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import combinations

from cloister.errors import Fault
from cloister.facts.aws_subnets import LONGEST_PREFIX, RESERVED_AT_END, RESERVED_AT_START, SHORTEST_PREFIX
from cloister.inventory.aws import Inventory, Subnet, Vpc
from cloister.origin import Origin

_MOVE = "give one of the two another prefix"


def address_faults(inventory: Inventory) -> Iterator[Fault]:
    """Every prefix and address that cannot stand where it stands."""
    for vpc in inventory.vpcs:
        yield from _space_faults(vpc)
        yield from _subnet_faults(vpc)
    yield from _peering_faults(inventory)
    held = list(_held_addresses(inventory))
    for address in held:
        yield from _place_faults(inventory, address)
    yield from _doubled_faults(held)
    yield from _count_faults(inventory)


def _space_faults(vpc: Vpc) -> Iterator[Fault]:
    thing, place = f'VPC "{vpc.name}"', vpc.origin.of("cidr_blocks")
    for block in vpc.cidr_blocks:
        if not SHORTEST_PREFIX <= block.prefixlen <= LONGEST_PREFIX:
            reason = f"cidr_blocks states {block}, and AWS takes prefixes from /{SHORTEST_PREFIX} to /{LONGEST_PREFIX}"
            yield Fault(thing, reason, f"write one such as {block.network_address}/{SHORTEST_PREFIX}", place)
    for one, other in combinations(vpc.cidr_blocks, 2):
        if one.overlaps(other):
            yield Fault(thing, f"cidr_blocks states {one} and {other}, which overlap", "remove the smaller one", place)


def _subnet_faults(vpc: Vpc) -> Iterator[Fault]:
    for subnet in vpc.subnets:
        thing, place = f'subnet "{vpc.name}/{subnet.name}"', subnet.origin.of("cidr_block")
        if not any(subnet.cidr_block.subnet_of(block) for block in vpc.cidr_blocks):
            spaces = ", ".join(map(str, vpc.cidr_blocks))
            reason = f"cidr_block {subnet.cidr_block} lies outside of its VPC's {spaces}"
            yield Fault(thing, reason, "choose a prefix inside, or widen cidr_blocks", place)
        if subnet.cidr_block.prefixlen > LONGEST_PREFIX:
            reason = f"cidr_block {subnet.cidr_block} is too small for a subnet"
            yield Fault(thing, reason, f"AWS asks for /{LONGEST_PREFIX} or larger", place)
    for one, other in combinations(vpc.subnets, 2):
        if one.cidr_block.overlaps(other.cidr_block):
            reason = f'cidr_block {other.cidr_block} overlaps {one.cidr_block} of subnet "{vpc.name}/{one.name}"'
            yield Fault(f'subnet "{vpc.name}/{other.name}"', reason, _MOVE, other.origin.of("cidr_block"))


def _peering_faults(inventory: Inventory) -> Iterator[Fault]:
    for peering in inventory.vpc_peering_connections:
        sides = inventory.vpc(peering.vpc), inventory.vpc(peering.peer_vpc)
        blocks = [side.cidr_blocks if side else () for side in sides]
        if any(one.overlaps(other) for one in blocks[0] for other in blocks[1]):
            reason = f"joins {peering.vpc} and {peering.peer_vpc}, whose prefixes overlap, which AWS refuses"
            yield Fault(f'peering connection "{peering.name}"', reason, _MOVE, peering.origin)


@dataclass(frozen=True, slots=True)
class _Held:
    """An address that a resource states, and the subnet that it says to stand in."""

    thing: str
    address: IPv4Address
    subnet: str
    origin: Origin


def _held_addresses(inventory: Inventory) -> Iterator[_Held]:
    """Every address inside that is stated."""
    for gateway in inventory.nat_gateways:
        if gateway.private_ip:
            place = gateway.origin.of("private_ip")
            yield _Held(f'NAT gateway "{gateway.name}"', gateway.private_ip, gateway.subnet, place)
    for instance in inventory.instances:
        if instance.private_ip:
            place = instance.origin.of("private_ip")
            yield _Held(f'instance "{instance.name}"', instance.private_ip, instance.subnet, place)
    for endpoint in inventory.vpc_endpoints:
        for address, subnet in zip(endpoint.private_ips, endpoint.subnets, strict=False):
            yield _Held(f'VPC endpoint "{endpoint.name}"', address, subnet, endpoint.origin.of("private_ips"))
    for balancer in inventory.load_balancers:
        for address, subnet in zip(balancer.private_ips, balancer.subnets, strict=False):
            yield _Held(f'load balancer "{balancer.name}"', address, subnet, balancer.origin.of("private_ips"))


def _place_faults(inventory: Inventory, held: _Held) -> Iterator[Fault]:
    found = inventory.subnet(held.subnet)
    if found is None:
        return
    subnet = found[1]
    if held.address not in subnet.cidr_block:
        reason = f"its address {held.address} lies outside of {held.subnet} ({subnet.cidr_block})"
        yield Fault(held.thing, reason, f"choose an address inside of {subnet.cidr_block}", held.origin)
    elif _is_reserved(subnet, held.address):
        reason = f"its address {held.address} is one that AWS keeps in {held.subnet}"
        mend = f"choose another; the first free one is {subnet.cidr_block[RESERVED_AT_START]}"
        yield Fault(held.thing, reason, mend, held.origin)


def _is_reserved(subnet: Subnet, address: IPv4Address) -> bool:
    first, last = int(subnet.cidr_block[0]), int(subnet.cidr_block[-1])
    return int(address) < first + RESERVED_AT_START or int(address) > last - RESERVED_AT_END


def _doubled_faults(held: list[_Held]) -> Iterator[Fault]:
    seen: dict[tuple[str, IPv4Address], _Held] = {}
    for one in held:
        first = seen.setdefault((one.subnet, one.address), one)
        if first is not one:
            reason = f"has the address {one.address}, which {first.thing} has already"
            yield Fault(one.thing, reason, "give one of the two another address", one.origin)


def _count_faults(inventory: Inventory) -> Iterator[Fault]:
    """Addresses are stated for all subnets or for none."""
    for kind, several in (("VPC endpoint", inventory.vpc_endpoints), ("load balancer", inventory.load_balancers)):
        for one in several:
            if one.private_ips and len(one.private_ips) != len(one.subnets):
                reason = f"states {len(one.private_ips)} private_ips for {len(one.subnets)} subnets"
                mend = "state one for each subnet, in their order, or none"
                yield Fault(f'{kind} "{one.name}"', reason, mend, one.origin.of("private_ips"))
