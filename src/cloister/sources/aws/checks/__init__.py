"""Checks of a document for AWS against itself. Each yields all its faults, each with its mend."""

from collections.abc import Iterator

from cloister.errors import Fault
from cloister.inventory.aws import Inventory
from cloister.sources.aws.checks.addresses import address_faults
from cloister.sources.aws.checks.apis import api_faults
from cloister.sources.aws.checks.filters import filter_faults
from cloister.sources.aws.checks.homes import home_faults
from cloister.sources.aws.references import REFERENCES, VOCABULARY
from cloister.sources.written import Written


def all_faults(tree: Written, inventory: Inventory | None) -> Iterator[Fault]:
    """Every fault of what is written for AWS in `tree`, and of `inventory`, its part that is sound in itself."""
    yield from REFERENCES.faults(tree, VOCABULARY.names(tree.plain()))
    if inventory is not None:
        yield from address_faults(inventory)
        yield from home_faults(inventory)
        yield from filter_faults(inventory)
        yield from api_faults(inventory)
