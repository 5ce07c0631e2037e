"""Policies that are assigned as values of the inventory."""

from cloister.inventory import azure
from cloister.sources import renaming
from cloister.sources.document.root import Document
from cloister.sources.lowering.spots import Spot, attributes


def policies(document: Document, here: Spot, names: renaming.Names) -> tuple[azure.PolicyAssignment, ...]:
    """The assigned policies, with their parameters in the order in which they are written."""
    found = (
        azure.PolicyAssignment(
            name=name,
            **attributes(block, "parameters"),
            parameters=tuple(block.parameters.items()),
            origin=place.origin,
        )
        for name, block, place in here.pairs("policy_assignments", document.policy_assignments)
    )
    return tuple(renaming.renamed_policy(one, names) for one in found)
