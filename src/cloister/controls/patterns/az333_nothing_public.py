"""AZ333: the firewall never permits public traffic."""

from collections.abc import Iterable, Iterator

from cloister.ask.lessons import never_public
from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.diagnosed import development_unsure, seen_in, taught
from cloister.controls.sources import lately
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ333",
    title="The firewall does not refuse all that development needs",
    why="A firewall that refuses whatever is public leaves no way to a package but a form, an approval and a "
    "week: people bring their work elsewhere.",
    remedy="Permit approved names before the rule that refuses, or keep a mirror inside.",
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(lately("Configure Azure Firewall rules", "Rule processing logic", "azure/firewall/rule-processing"),),
    aliases=("S3-A3",),
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with firewalls, whose computes stand in subnets."""
    return (inventory,) if inventory.firewalls and any(one.subnet for one in inventory.computes) else ()


def check(inventory: Inventory, environment: Environment) -> Iterator[Finding | Doubt]:
    """A finding where the environment is the known one, a doubt where it cannot be told."""
    seen = seen_in(inventory, environment)
    yield from taught(CONTROL, never_public.recognise, seen)
    yield from development_unsure(CONTROL, seen)
