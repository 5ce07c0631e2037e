"""AZ334: sites learn Azure's names by forwarding."""

from collections.abc import Iterable, Iterator

from cloister.ask.lessons import static_records
from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.diagnosed import seen_in, taught
from cloister.controls.sources import lately
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ334",
    title="No site keeps records by hand in the place of a forwarder for the names of instances",
    why="Azure makes a name with each instance; where records are typed in, every instance is a ticket and weeks "
    "of waiting.",
    remedy="Forward the public suffixes to the firewall's DNS proxy or a private resolver, and take the records out.",
    severity=Severity.HIGH,
    pillar=Pillar.OPERATIONS,
    decided=Decided.REACH,
    sources=(
        lately(
            "Azure private endpoint DNS integration",
            "On-premises workloads using a DNS forwarder",
            "azure/private-link/private-endpoint-dns",
        ),
    ),
    aliases=("S3-A4",),
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with sites and instances."""
    return (inventory,) if inventory.on_premises and any(one.kind == "instance" for one in inventory.computes) else ()


def check(inventory: Inventory, environment: Environment) -> Iterator[Finding]:
    """A finding where the environment is the known one."""
    yield from taught(CONTROL, static_records.recognise, seen_in(inventory, environment))
