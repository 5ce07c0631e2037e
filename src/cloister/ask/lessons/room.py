"""Room for what a way out adds: prefixes, priorities and names that nothing has yet."""

from collections.abc import Container, Iterable
from ipaddress import IPv4Address, IPv4Network

from cloister.inventory.azure import Inventory, SecurityRule, VirtualNetwork

_PRIVATE = IPv4Network("10.0.0.0/8")
_KEPT_BY_AZURE = 4
"""The addresses that Azure keeps at the start of each subnet; a firewall or endpoint takes those that follow."""
_FIRST_PRIORITY = 100


def free_prefix(inventory: Inventory, network: VirtualNetwork, length: int) -> IPv4Network:
    """A prefix for a new subnet: in the network's address space where there is room, or else in nobody's."""
    taken = [subnet.prefix for subnet in network.subnets]
    for space in network.address_space:
        if length >= space.prefixlen:
            for candidate in space.subnets(new_prefix=length):
                if not any(candidate.overlaps(prefix) for prefix in taken):
                    return candidate
    used = [prefix for other in inventory.networks for prefix in other.address_space]
    used += [prefix for site in inventory.on_premises for prefix in site.address_space]
    return next(one for one in _PRIVATE.subnets(new_prefix=length) if not any(one.overlaps(prefix) for prefix in used))


def address_space_with(network: VirtualNetwork, prefix: IPv4Network) -> dict[str, list[str]]:
    """The network's address space with a prefix, to be stated where the prefix does not lie in it yet."""
    if any(prefix.subnet_of(space) for space in network.address_space):
        return {}
    return {"address_space": [str(space) for space in (*network.address_space, prefix)]}


def first_address(prefix: IPv4Network) -> IPv4Address:
    """The first address of a new subnet that Azure gives away."""
    return prefix.network_address + _KEPT_BY_AZURE


def free_address(inventory: Inventory, reference: str) -> IPv4Address | None:
    """The first address of a subnet that no endpoint, machine or compute has."""
    found = inventory.subnet(reference)
    if found is None:
        return None
    used = {address for endpoint in inventory.private_endpoints for address in endpoint.private_ips}
    used |= {machine.private_ip for machine in inventory.machines}
    used |= {compute.private_ip for compute in inventory.computes if compute.private_ip}
    hosts = list(found[1].prefix.hosts())[_KEPT_BY_AZURE - 1 :]
    return next((address for address in hosts if address not in used), None)


def priority_before(rules: Iterable[SecurityRule], direction: str) -> int | None:
    """The last free priority before the first rule of a direction that refuses."""
    of_direction = [rule for rule in rules if rule.direction == direction]
    refusing = min((rule.priority for rule in of_direction if rule.access == "Deny"), default=4097)
    return last_free(refusing, {rule.priority for rule in of_direction})


def last_free(before: int, taken: Container[int]) -> int | None:
    """The highest priority before a number that is not taken, in steps of one."""
    return next((number for number in range(before - 1, _FIRST_PRIORITY - 1, -1) if number not in taken), None)


def free_name(wish: str, taken: Container[str]) -> str:
    """The name, with a number where something has it already."""
    numbered = (f"{wish}-{number}" for number in range(2, 1000))
    return wish if wish not in taken else next(name for name in numbered if name not in taken)
