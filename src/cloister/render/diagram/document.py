"""The map of an environment: inventory and judged ways in, SVG out."""

from collections.abc import Sequence
from dataclasses import replace

from cloister.inventory import aws as of_aws
from cloister.inventory.clouds import AnyInventory
from cloister.render.diagram import aws, azure
from cloister.render.diagram.buses import buses, elsewhere, strangers
from cloister.render.diagram.labels import Labels
from cloister.render.diagram.layout import laid_out
from cloister.render.diagram.standing import Estate
from cloister.render.diagram.svg import drawn
from cloister.render.diagram.ways import Way, WayKind


def render_map(inventory: AnyInventory, ways: Sequence[Way], labels: Labels | None = None) -> str:
    """The SVG document, with a line break at its end; the same for the same environment."""
    words = labels or Labels()
    standing = estate_of(inventory, words.many)
    standing = replace(standing, outside=(*standing.outside, *strangers(standing, ways)))
    beyond = elsewhere(standing, ways, words)
    gathered = buses(standing, ways)
    layout = laid_out(standing, beyond, gathered)
    return drawn(standing, layout, gathered, words, _described(standing, ways, words))


def estate_of(inventory: AnyInventory, many: str) -> Estate:
    """What a map shows of an environment in whichever cloud."""
    if isinstance(inventory, of_aws.Inventory):
        return aws.estate(inventory, many)
    return azure.estate(inventory, many)


def _described(standing: Estate, ways: Sequence[Way], labels: Labels) -> str:
    """The map in a sentence, for whoever cannot see it."""
    counts = {kind: sum(way.kind is kind for way in ways) for kind in WayKind}
    told = ", ".join(f"{labels.kinds[kind]}: {count}" for kind, count in counts.items() if count)
    services = sum(node.stands_for for node in standing.services)
    return labels.described.format(networks=len(standing.areas), services=services, ways=told)
