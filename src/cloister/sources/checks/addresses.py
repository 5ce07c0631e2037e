"""Faults of address: spaces that overlap, subnets that Azure refuses, addresses that cannot be where they stand."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import chain, combinations, islice

from cloister.errors import Fault
from cloister.facts.azure_subnets import (
    BASTION_SUBNET,
    FIREWALL_SUBNET,
    GATEWAY_SUBNET,
    LONGEST_PREFIX,
    NAMED_SUBNETS,
    RESERVED_AT_END,
    RESERVED_AT_START,
)
from cloister.inventory.azure import Inventory, VirtualNetwork
from cloister.origin import Origin
from cloister.sources.checks.names import Names

_MOVE = "give one of the two another prefix"
_CANDIDATES = 1024


def address_faults(inventory: Inventory, names: Names) -> Iterator[Fault]:
    """Every prefix and address that cannot stand where it stands."""
    for network in inventory.networks:
        yield from _space_faults(network)
        yield from _subnet_faults(network)
    yield from _connected_faults(inventory)
    yield from _named_subnet_faults(inventory, names)
    held = list(_held_addresses(inventory))
    for address in held:
        yield from _place_faults(address)
    yield from _doubled_faults(held)


def _space_faults(network: VirtualNetwork) -> Iterator[Fault]:
    for one, other in combinations(network.address_space, 2):
        if one.overlaps(other):
            reason = f"address_space states {one} and {other}, which overlap"
            place = network.origin.of("address_space")
            yield Fault(f'network "{network.name}"', reason, "remove the smaller one", place)


def _subnet_faults(network: VirtualNetwork) -> Iterator[Fault]:
    for subnet in network.subnets:
        thing, place = f'subnet "{network.name}/{subnet.name}"', subnet.origin.of("prefix")
        if not any(subnet.prefix.subnet_of(space) for space in network.address_space):
            spaces = ", ".join(map(str, network.address_space))
            reason = f"prefix {subnet.prefix} lies outside of its network's address space {spaces}"
            free = _free_prefix(network, subnet.prefix.prefixlen)
            mend = "choose a prefix inside, or widen address_space" + (f"; {free} is free" if free else "")
            yield Fault(thing, reason, mend, place)
        named = NAMED_SUBNETS.get(subnet.name)
        longest = named.longest_prefix if named else LONGEST_PREFIX
        if subnet.prefix.prefixlen > longest:
            reason = f"prefix {subnet.prefix} is too small for {subnet.name if named else 'a subnet'}"
            yield Fault(thing, reason, f"Azure asks for /{longest} or larger", place)
        if named and not named.takes_filter and subnet.network_security_group:
            reason = f"Azure lets no network security group stand on {subnet.name}"
            place = subnet.origin.of("network_security_group")
            yield Fault(thing, reason, "remove network_security_group", place)
    for one, other in combinations(network.subnets, 2):
        if one.prefix.overlaps(other.prefix):
            reason = f'prefix {other.prefix} overlaps {one.prefix} of subnet "{network.name}/{one.name}"'
            free = _free_prefix(network, other.prefix.prefixlen)
            mend = _MOVE + (f"; {free} is free in this network" if free else "")
            yield Fault(f'subnet "{network.name}/{other.name}"', reason, mend, other.origin.of("prefix"))


def _free_prefix(network: VirtualNetwork, length: int) -> IPv4Network | None:
    """A prefix of that length in the network's space that no subnet touches, if one is found soon."""
    fitting = (space for space in network.address_space if space.prefixlen <= length)
    candidates = chain.from_iterable(space.subnets(new_prefix=length) for space in fitting)
    taken = [subnet.prefix for subnet in network.subnets]
    soon = islice(candidates, _CANDIDATES)
    return next((prefix for prefix in soon if not any(prefix.overlaps(other) for other in taken)), None)


def _connected_faults(inventory: Inventory) -> Iterator[Fault]:
    """Networks that are to reach each other and share addresses: Azure refuses the peering, or routes go astray."""
    seen: set[frozenset[str]] = set()
    for peering in inventory.peerings:
        one, other = inventory.network(peering.network), inventory.network(peering.remote)
        pair = frozenset((peering.network, peering.remote))
        whole = peering.peer_complete_virtual_networks_enabled
        if one is None or other is None or pair in seen or len(pair) == 1 or not whole:
            continue
        seen.add(pair)
        for reason in _overlaps(one.address_space, f'network "{other.name}"', other.address_space):
            mend = "Azure does not peer networks that overlap; " + _MOVE
            yield Fault(f'network "{one.name}"', reason, mend, one.origin.of("address_space"))
    for site in inventory.on_premises:
        for network in inventory.networks if site.gateway else ():
            for reason in _overlaps(site.address_space, f'network "{network.name}"', network.address_space):
                place = site.origin.of("address_space")
                yield Fault(f'on-premises site "{site.name}"', reason, _MOVE, place)


def _overlaps(spaces: tuple[IPv4Network, ...], other: str, others: tuple[IPv4Network, ...]) -> Iterator[str]:
    for mine in spaces:
        for theirs in others:
            if mine.overlaps(theirs):
                yield f"address space {mine} overlaps {theirs} of {other}"


def _named_subnet_faults(inventory: Inventory, names: Names) -> Iterator[Fault]:
    """Services that look for a subnet by its name, in networks that have none."""
    firewalls = ((f'firewall "{one.name}"', one.network, FIREWALL_SUBNET, one.origin) for one in inventory.firewalls)
    bastions = ((f'bastion "{one.name}"', one.network, BASTION_SUBNET, one.origin) for one in inventory.bastions)
    gateways = ((f'gateway "{one.name}"', one.network, GATEWAY_SUBNET, one.origin) for one in inventory.gateways)
    for thing, network, subnet, origin in (*firewalls, *bastions, *gateways):
        if network in names.among("networks") and f"{network}/{subnet}" not in names.among("subnets"):
            reason = f'network "{network}" has no subnet {subnet}'
            mend = f"add {subnet} with a prefix of /{NAMED_SUBNETS[subnet].longest_prefix} or larger"
            yield Fault(thing, reason, mend, origin.of("network"))


@dataclass(frozen=True, slots=True)
class _Held:
    """An address that a resource holds, and where: a subnet of a network, or a site."""

    thing: str
    attribute: str
    address: IPv4Address
    network: str
    where: str
    prefixes: tuple[IPv4Network, ...]
    reserves: bool
    origin: Origin


def _held_addresses(inventory: Inventory) -> Iterator[_Held]:
    sites = {site.name: site for site in inventory.on_premises}
    for thing, attribute, reference, addresses, origin in _stated_addresses(inventory):
        found = inventory.subnet(reference)
        for address in addresses:
            if found:
                network, subnet = found
                where = f'subnet "{reference}" ({subnet.prefix})'
                yield _Held(thing, attribute, address, network.name, where, (subnet.prefix,), True, origin)  # noqa: FBT003 - a row
            elif site := sites.get(reference):
                spaces = ", ".join(map(str, site.address_space))
                where = f'on-premises site "{site.name}" ({spaces})'
                yield _Held(thing, attribute, address, site.name, where, site.address_space, False, origin)  # noqa: FBT003 - as above


def _stated_addresses(inventory: Inventory) -> Iterator[tuple[str, str, str, tuple[IPv4Address, ...], Origin]]:
    for firewall in inventory.firewalls:
        thing, subnet = f'firewall "{firewall.name}"', f"{firewall.network}/{FIREWALL_SUBNET}"
        yield thing, "private_ip", subnet, (firewall.private_ip,), firewall.origin
    for machine in inventory.machines:
        yield f'machine "{machine.name}"', "private_ip", machine.subnet, (machine.private_ip,), machine.origin
    for endpoint in inventory.private_endpoints:
        thing, addresses = f'private endpoint "{endpoint.name}"', endpoint.private_ips
        yield thing, "private_ips", endpoint.subnet, addresses, endpoint.origin
    for resolver in inventory.dns_resolvers:
        for inbound in resolver.inbound_endpoints:
            thing = f'inbound endpoint "{resolver.name}/{inbound.name}"'
            yield thing, "private_ip", inbound.subnet, (inbound.private_ip,), inbound.origin
    for compute in inventory.computes:
        if compute.private_ip and compute.subnet:
            yield f'compute "{compute.name}"', "private_ip", compute.subnet, (compute.private_ip,), compute.origin
    yield from _frontend_addresses(inventory)


def _frontend_addresses(inventory: Inventory) -> Iterator[tuple[str, str, str, tuple[IPv4Address, ...], Origin]]:
    for balancer in inventory.load_balancers:
        for frontend in balancer.frontends:
            if frontend.subnet and frontend.private_ip:
                thing, address = f'frontend "{balancer.name}/{frontend.name}"', (frontend.private_ip,)
                yield thing, "private_ip", frontend.subnet, address, frontend.origin


def _place_faults(held: _Held) -> Iterator[Fault]:
    place = held.origin.of(held.attribute)
    prefix = next((prefix for prefix in held.prefixes if held.address in prefix), None)
    if prefix is None:
        reason = f"{held.attribute} {held.address} lies outside of {held.where}"
        yield Fault(held.thing, reason, "choose an address inside", place)
    elif held.reserves and held.address not in _usable(prefix):
        first, last = _usable(prefix)[0], _usable(prefix)[-1]
        reason = f"{held.attribute} {held.address} is one of the five addresses that Azure keeps in {held.where}"
        yield Fault(held.thing, reason, f"choose one from {first} to {last}", place)


class _Range:
    """The addresses from first to last, both included; a /8 is not listed one by one."""

    def __init__(self, first: IPv4Address, last: IPv4Address) -> None:
        self._ends = (first, last)

    def __contains__(self, address: IPv4Address) -> bool:
        return self._ends[0] <= address <= self._ends[1]

    def __getitem__(self, index: int) -> IPv4Address:
        return self._ends[index]


def _usable(prefix: IPv4Network) -> _Range:
    return _Range(prefix.network_address + RESERVED_AT_START, prefix.broadcast_address - RESERVED_AT_END)


def _doubled_faults(held: list[_Held]) -> Iterator[Fault]:
    first: dict[tuple[str, IPv4Address], _Held] = {}
    for one in held:
        other = first.setdefault((one.network, one.address), one)
        if other is not one:
            reason = f"{one.attribute} {one.address} is held by {other.thing} already"
            yield Fault(one.thing, reason, "choose another address", one.origin.of(one.attribute))
