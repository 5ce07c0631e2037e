"""AZ004: private zones are linked to the networks from which their names are asked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cloister.controls.control import Control, Decided, Doubt, Environment, Finding, Pillar, Severity
from cloister.controls.resolving import Resolver, resolver_of
from cloister.controls.sources import network_security_guide, page
from cloister.controls.wording import listed
from cloister.inventory.azure import Inventory, PrivateDnsZone, VirtualNetwork
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ004",
    title="Each private zone is linked to the networks where its names are asked",
    why="Without the link the public address comes back: the caller leaves through the internet, or is refused.",
    remedy="Link the zone to the network whose resolver answers the callers.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        network_security_guide("Private DNS zones and their virtual network links"),
        page(
            "What is a virtual network link?",
            "Resolution virtual network",
            "azure/dns/private-dns-virtual-network-links",
        ),
    ),
    aliases=("S0-17", "S3-R4", "AzurePolicy ee40564d-486e-4f68-a5ca-7a621edae0fb"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A resolver with the callers that it answers, and the zones of the private endpoints that they have near."""

    resolver: Resolver
    callers: tuple[str, ...]
    zones: tuple[PrivateDnsZone, ...]
    network: VirtualNetwork


def subjects(inventory: Inventory) -> Iterable[Asked]:
    """Every resolver that answers machines or computes, with the zones of endpoints in their networks or its peers."""
    found: dict[Resolver, Asked] = {}
    for network in inventory.networks:
        callers, zones = _callers(inventory, network), _zones(inventory, network)
        if callers and zones:
            resolver = resolver_of(inventory, network)
            before = found.get(resolver, Asked(resolver, (), (), network))
            merged = tuple(dict.fromkeys((*before.zones, *zones)))
            found[resolver] = Asked(resolver, (*before.callers, *callers), merged, before.network)
    return found.values()


def check(asked: Asked, _: Environment) -> Iterator[Finding | Doubt]:
    """A finding for each zone that the resolver cannot see; a doubt where nothing is known of the resolver."""
    resolver = asked.resolver
    if not resolver.network:
        yield CONTROL.doubt(
            f'virtual network "{asked.network.name}"',
            f"{resolver.by}, so it cannot be told which zones answer {listed(asked.callers)}",
            at=asked.network.origin.of("dns_servers"),
            mend="let the network ask the firewall's DNS proxy or Azure DNS",
        )
        return
    for zone in asked.zones:
        if resolver.network not in {link.network for link in zone.links}:
            yield CONTROL.finding(
                f'private DNS zone "{zone.name}"',
                f"it is not linked to {resolver.network}, where {resolver.by} answers {listed(asked.callers)}",
                at=zone.origin.of("links"),
                mend=f"add {resolver.network} to its links",
                fix=(edit(zone.origin, "links", resolver.network, value={}),),
            )


def _callers(inventory: Inventory, network: VirtualNetwork) -> tuple[str, ...]:
    """The machines and computes that stand in a network."""
    stands = [(machine.name, machine.subnet) for machine in inventory.machines]
    stands += [(compute.name, compute.subnet or "") for compute in inventory.computes]
    return tuple(name for name, subnet in stands if subnet.partition("/")[0] == network.name)


def _zones(inventory: Inventory, network: VirtualNetwork) -> tuple[PrivateDnsZone, ...]:
    """The zones of the private endpoints in a network or in those that it is peered with."""
    near = {network.name} | {peering.remote for peering in inventory.peerings if peering.network == network.name}
    ends = (endpoint for endpoint in inventory.private_endpoints if endpoint.subnet.partition("/")[0] in near)
    wanted = {zone for endpoint in ends for zone in endpoint.zones}
    return tuple(zone for zone in inventory.private_dns_zones if zone.name in wanted)
