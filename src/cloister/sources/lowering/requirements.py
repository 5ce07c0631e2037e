"""What the owner requires, its mappings as pairs."""

from cloister.inventory import azure
from cloister.sources.document.wishes import RequirementsBlock
from cloister.sources.lowering.spots import Spot, attributes


def requirements(block: RequirementsBlock | None, here: Spot) -> azure.Requirements | None:
    """What the owner requires, where anything is stated."""
    if block is None:
        return None
    return azure.Requirements(
        peak_nodes=tuple(block.peak_nodes.items()),
        **attributes(block, "peak_nodes"),
        origin=here.of("requirements").origin,
    )
