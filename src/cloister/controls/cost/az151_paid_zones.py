"""AZ151: each private zone answers something."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import price
from cloister.inventory.azure import Inventory, PrivateDnsZone

CONTROL = Control(
    id="AZ151",
    title="Each private DNS zone has records, or will get some",
    why="A zone costs by the month, and an empty one more than that: it says that its names are not there.",
    remedy="Remove the zone, or name it in the zone group of the endpoint that it was made for.",
    severity=Severity.LOW,
    pillar=Pillar.COST,
    decided=Decided.INVENTORY,
    sources=(price("Azure DNS", "private zones by the month, queries by the million", "dns"),),
    aliases=("S0-C3",),
)


def subjects(inventory: Inventory) -> Iterable[PrivateDnsZone]:
    """Every private zone."""
    return inventory.private_dns_zones


def check(zone: PrivateDnsZone, environment: Environment) -> Iterator[Finding]:
    """A finding for a zone into which nobody writes."""
    written = any(zone.name in endpoint.zones for endpoint in environment.inventory.private_endpoints)
    registers = any(link.registration for link in zone.links)
    if not written and not registers and not zone.records:
        message = "nothing writes records into it: no endpoint, no network and nobody by hand"
        mend = "remove it, or name it in the zones of an endpoint"
        yield CONTROL.finding(f'private zone "{zone.name}"', message, at=zone.origin, mend=mend)
