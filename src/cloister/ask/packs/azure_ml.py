"""Flow: computes reach the workspace and every service that it depends on."""

from collections.abc import Iterator

from cloister.ask.packs.places import computes_in_subnets, service_targets
from cloister.ask.posed import Posed, must
from cloister.facts.packs import Pack
from cloister.inventory.azure import Inventory


def azure_ml_services(inventory: Inventory, pack: Pack) -> Iterator[Posed]:
    """For each place with computes, every door of the workspace and of what it depends on."""
    for place in computes_in_subnets(inventory):
        for workspace in inventory.workspaces:
            for target in service_targets(inventory, workspace):
                name = f"{place.name}-to-{target.words}".replace("/", "-")
                why = f"computes use {target.words} in every job"
                yield must(pack.heading, name, f"{place.name} -> {target.question}", why, origin=place.origin)
