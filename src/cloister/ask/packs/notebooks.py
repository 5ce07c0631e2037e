"""Flow: people open notebooks: the studio's own, and JupyterLab on an instance by the instance's name."""

from collections.abc import Iterator

from cloister.ask.packs.places import people_places
from cloister.ask.posed import Posed, must
from cloister.facts.packs import Pack
from cloister.facts.well_known_ports import HTTPS
from cloister.inventory.azure import Inventory

_WHY = "notebooks are how people explore"


def notebooks(inventory: Inventory, pack: Pack) -> Iterator[Posed]:
    """From where people sit to the notebooks of each workspace, and to each instance by its name."""
    instances = [
        compute for compute in inventory.computes if compute.kind == "instance" and inventory.workspace_of(compute)
    ]
    doors = [f"{workspace.name}/notebooks" for workspace in inventory.workspaces] if instances else []
    for place in people_places(inventory):
        for target in (*doors, *(compute.name for compute in instances)):
            name = f"notebooks-{place.name}-{target}".replace("/", "-")
            question = f"{place.name} -> {target}:{HTTPS}"
            yield must(pack.heading, name, question, _WHY, origin=place.origin, action="opens a notebook")
