"""The doors of services as targets, each with its usual port: of every kind of service that has names in facts."""

from collections.abc import Iterator

from cloister.ask.packs.places import Target
from cloister.fabric.lower_azure.services import Resource, fill, name_rows, resources
from cloister.facts.tables import ServiceName
from cloister.inventory.azure import Inventory

_STANDS_FOR_ALL = "an-endpoint"  # a name under a wildcard, for all names under it


def every_door(inventory: Inventory) -> Iterator[Target]:
    """Each door of each service, once. A name under a wildcard is asked for by one host that stands for all."""
    for kind, resource in resources(inventory):
        rows = {row.door: row for row in reversed(name_rows(inventory, kind))}
        several = len({row.subresource for row in rows.values()}) > 1
        for number, row in enumerate(reversed(rows.values())):
            words = resource.name if number == 0 and not several else f"{resource.name}/{row.door}"
            yield _target(inventory, row, resource, words)


def _target(inventory: Inventory, row: ServiceName, resource: Resource, words: str) -> Target:
    if row.host.startswith("*"):
        words = fill(row.host, inventory, resource).replace("*", _STANDS_FOR_ALL)
    return Target(f"{words}:{row.port}", words, resource.origin)
