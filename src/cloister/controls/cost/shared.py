"""What several networks could share: resources that stand in networks which are peered with each other."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from cloister.inventory.azure import Bastion, Firewall, Inventory

R = TypeVar("R", Bastion, Firewall)


def standing_before(inventory: Inventory, resources: Iterable[R]) -> Iterator[tuple[R, R]]:
    """Each resource with the first one that stands in its own network, in one peered with it, or beside it at a hub."""
    seen: list[R] = []
    for resource in resources:
        other = next((one for one in seen if one.network in _near(inventory, resource.network)), None)
        if other:
            yield resource, other
        seen.append(resource)


def _near(inventory: Inventory, network: str) -> set[str]:
    """A network, those that it is peered with, and those that these are peered with."""
    peers = _peers(inventory, {network})
    return {network, *peers, *_peers(inventory, peers)}


def _peers(inventory: Inventory, networks: set[str]) -> set[str]:
    return {one.remote for one in inventory.peerings if one.network in networks}
