"""AZ351: private zones bear the names that Azure looks for."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately, network_security_guide
from cloister.facts.tables import service_names
from cloister.inventory.azure import Cloud, Inventory, PrivateDnsZone

_CLOSE = 0.9

CONTROL = Control(
    id="AZ351",
    title="Private zones bear the names that Azure asks for in this cloud",
    why="A zone with another name is a zone that nobody asks: its records stand there, and clients go to the "
    "public address.",
    remedy="Give the zone the name that the service has in this cloud.",
    severity=Severity.CRITICAL,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(
        network_security_guide("Private DNS zones"),
        lately(
            "Azure private endpoint DNS integration",
            "Azure services DNS zone configuration; China",
            "azure/private-link/private-endpoint-dns",
        ),
    ),
    aliases=("S0-16",),
)


def subjects(inventory: Inventory) -> Iterable[PrivateDnsZone]:
    """Zones with a name of a service, of this cloud or the other, or with one that is almost one."""
    known = {name for cloud in Cloud for name in _names(cloud, inventory.region)}
    return [zone for zone in inventory.private_dns_zones if zone.name in known or _near(zone.name, known)]


def check(zone: PrivateDnsZone, environment: Environment) -> Iterator[Finding]:
    """A finding where the name is not one of this cloud."""
    inventory = environment.inventory
    names = _names(inventory.cloud, inventory.region)
    if zone.name in names:
        return
    right = _near(zone.name, set(names)) or _counterpart(inventory, zone.name)
    mend = f"name it {right}" if right else "remove it"
    message = f"no service of {inventory.cloud.value} has its names there"
    yield CONTROL.finding(f'private DNS zone "{zone.name}"', message, at=zone.origin, mend=mend)


def _names(cloud: Cloud, region: str) -> dict[str, str]:
    """The zones of a cloud, each with the door that its names lead to."""
    return {row.zone.format(region=region): row.subresource for row in reversed(service_names(cloud.value))}


def _near(name: str, known: set[str]) -> str:
    return next(iter(get_close_matches(name, sorted(known), n=1, cutoff=_CLOSE)), "")


def _counterpart(inventory: Inventory, name: str) -> str:
    """The zone of this cloud for the door that a zone of the other cloud leads to."""
    doors = {door for cloud in Cloud for zone, door in _names(cloud, inventory.region).items() if zone == name}
    found = (zone for zone, door in _names(inventory.cloud, inventory.region).items() if door in doors)
    return next(found, "")
