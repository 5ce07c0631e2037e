"""Who takes addresses of a subnet, as far as an inventory tells."""

from dataclasses import dataclass

from cloister.facts.azure_subnets import RESERVED_AT_END, RESERVED_AT_START
from cloister.inventory.azure import Inventory, Subnet


@dataclass(frozen=True, slots=True)
class Room:
    """The addresses that a subnet has for others than Azure, and those that are taken at most, by whom."""

    usable: int
    takers: tuple[tuple[str, int], ...]

    @property
    def taken(self) -> int:
        """How many addresses are taken when everything runs that may run."""
        return sum(count for _, count in self.takers)


def room_in(inventory: Inventory, name: str, subnet: Subnet) -> Room:
    """The room in a subnet by its full name: an address for each instance, each node at most, machine and endpoint."""
    computes = [one for one in inventory.computes if one.subnet == name]
    endpoints = [one for one in inventory.private_endpoints if one.subnet == name]
    counts = {
        "nodes of clusters": sum(one.max_nodes for one in computes if one.kind == "cluster"),
        "instances": sum(one.kind == "instance" for one in computes),
        "machines": sum(one.subnet == name for one in inventory.machines),
        "addresses of private endpoints": sum(max(1, len(one.private_ips)) for one in endpoints),
    }
    usable = subnet.prefix.num_addresses - RESERVED_AT_START - RESERVED_AT_END
    return Room(usable, tuple((who, count) for who, count in counts.items() if count))
