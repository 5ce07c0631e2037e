"""The map of an environment: inventory and judged ways in, SVG out."""

from collections.abc import Sequence
from dataclasses import replace

from cloister.inventory.azure import Inventory
from cloister.render.diagram.azure import estate
from cloister.render.diagram.buses import buses, elsewhere, strangers
from cloister.render.diagram.labels import Labels
from cloister.render.diagram.layout import laid_out
from cloister.render.diagram.svg import drawn
from cloister.render.diagram.ways import Way, WayKind


def render_map(inventory: Inventory, ways: Sequence[Way], labels: Labels | None = None) -> str:
    """The SVG document, with a line break at its end; the same for the same environment."""
    words = labels or Labels()
    standing = estate(inventory, words.many)
    standing = replace(standing, outside=(*standing.outside, *strangers(standing, ways)))
    beyond = elsewhere(standing, ways, words)
    gathered = buses(standing, ways)
    layout = laid_out(standing, beyond, gathered)
    return drawn(standing, layout, gathered, words, _described(inventory, ways, words))


def _described(inventory: Inventory, ways: Sequence[Way], labels: Labels) -> str:
    """The map in a sentence, for whoever cannot see it."""
    counts = {kind: sum(way.kind is kind for way in ways) for kind in WayKind}
    told = ", ".join(f"{labels.kinds[kind]}: {count}" for kind, count in counts.items() if count)
    services = len(inventory.storage_accounts) + len(inventory.key_vaults) + len(inventory.container_registries)
    services += len(inventory.workspaces) + len(inventory.services)
    return labels.described.format(networks=len(inventory.networks), services=services, ways=told)
