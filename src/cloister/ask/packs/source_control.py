"""Flow: computes and CI agents reach the repositories: a server inside where one stands, or else GitHub."""

from collections.abc import Iterator

from cloister.ask.packs.places import machines_for, places_for
from cloister.ask.posed import Posed, must
from cloister.facts.development import SOURCE_CODE_HOSTS
from cloister.facts.packs import Pack
from cloister.facts.well_known_ports import HTTPS
from cloister.inventory.azure import Inventory


def source_control(inventory: Inventory, pack: Pack) -> Iterator[Posed]:
    """From each place with computes and each CI agent to each server, or to the public hosts."""
    servers = [place.name for place in machines_for(inventory, "source-control")]
    for place in (*places_for(inventory, "computes"), *machines_for(inventory, "ci-agent")):
        for target in servers or [row.host for row in SOURCE_CODE_HOSTS]:
            question, name = f"{place.name} -> {target}:{HTTPS}", f"source-control-{place.name}-{target}"
            why = "code is shared through a repository"
            yield must(pack.heading, name, question, why, origin=place.origin, action="clones and pushes code")
