"""AZ153: each gateway leads somewhere."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import price
from cloister.inventory.azure import Gateway, Inventory

CONTROL = Control(
    id="AZ153",
    title="Each gateway leads to a site",
    why="A gateway costs by the hour, and a circuit by the month, whether anybody is at the other end or not.",
    remedy="Remove the gateway, or describe the site behind it.",
    severity=Severity.LOW,
    pillar=Pillar.COST,
    decided=Decided.INVENTORY,
    sources=(
        price("VPN Gateway", "gateways by the hour and size, data out by the GB", "vpn-gateway"),
        price("ExpressRoute", "circuits by the month, gateways by the hour and size", "expressroute"),
    ),
    aliases=("S0-C5", "S0-C6"),
)


def subjects(inventory: Inventory) -> Iterable[Gateway]:
    """Every gateway."""
    return inventory.gateways


def check(gateway: Gateway, environment: Environment) -> Iterator[Finding]:
    """A finding for one that no site names."""
    sites = environment.inventory.on_premises
    if not any(gateway.name in (site.gateway, site.backup_gateway) for site in sites):
        message = f"no site is behind it, and a gateway of kind {gateway.kind} is paid for by the hour"
        mend = "remove it, or name it as the gateway of a site under on_premises"
        yield CONTROL.finding(f'gateway "{gateway.name}"', message, at=gateway.origin, mend=mend)
