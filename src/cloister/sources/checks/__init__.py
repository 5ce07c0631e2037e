"""Checks of a document against itself: references, addresses, rules. Each yields all its faults, each with its mend."""

from collections.abc import Iterator

from cloister.errors import Fault
from cloister.inventory.azure import Inventory
from cloister.sources.checks.addresses import address_faults
from cloister.sources.checks.balancers import balancer_faults
from cloister.sources.checks.filters import filter_faults
from cloister.sources.checks.firewalls import firewall_faults
from cloister.sources.checks.learning import learning_faults
from cloister.sources.checks.references import REFERENCES, VOCABULARY
from cloister.sources.checks.resolvers import resolver_faults
from cloister.sources.checks.rights import rights_faults
from cloister.sources.checks.routes import route_faults
from cloister.sources.checks.rules import rule_faults
from cloister.sources.checks.services import service_faults
from cloister.sources.written import Written


def all_faults(tree: Written, inventory: Inventory | None) -> Iterator[Fault]:
    """Every fault of what is written for Azure in `tree`, and of `inventory`, its part that is sound in itself."""
    names = VOCABULARY.names(tree.plain())
    yield from REFERENCES.faults(tree, names)
    if inventory is not None:
        yield from service_faults(tree, inventory)
        yield from learning_faults(inventory)
        yield from address_faults(inventory, names)
        yield from rule_faults(inventory)
        yield from filter_faults(inventory)
        yield from route_faults(inventory)
        yield from balancer_faults(inventory)
        yield from resolver_faults(inventory)
        yield from rights_faults(inventory, names)
        yield from firewall_faults(inventory)
