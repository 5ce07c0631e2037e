"""Faults of name resolution: endpoints where Azure takes none, targets that it refuses, servers described twice."""

from collections.abc import Iterator

from cloister.errors import Fault
from cloister.facts import tables
from cloister.facts.azure_subnets import (
    RESOLVER_DELEGATION,
    RESOLVER_LONGEST_PREFIX,
    RESOLVER_SHORTEST_PREFIX,
)
from cloister.inventory.azure import DnsResolver, ForwardingRuleset, InboundEndpoint, Inventory, OutboundEndpoint

_Endpoint = InboundEndpoint | OutboundEndpoint


def resolver_faults(inventory: Inventory) -> Iterator[Fault]:
    """Everything about name servers and resolvers that Azure would refuse, or that nobody could tell apart."""
    used = _tenants(inventory)
    for resolver in inventory.dns_resolvers:
        endpoints: tuple[_Endpoint, ...] = (*resolver.inbound_endpoints, *resolver.outbound_endpoints)
        for endpoint in endpoints:
            yield from _endpoint_faults(inventory, resolver, endpoint, used)
    for ruleset in inventory.forwarding_rulesets:
        yield from _target_faults(ruleset)
    yield from _registration_faults(inventory)
    yield from _server_faults(inventory)


def _endpoint_faults(
    inventory: Inventory, resolver: DnsResolver, endpoint: _Endpoint, used: dict[str, str]
) -> Iterator[Fault]:
    kind = "inbound endpoint" if isinstance(endpoint, InboundEndpoint) else "outbound endpoint"
    thing, place = f'{kind} "{resolver.name}/{endpoint.name}"', endpoint.origin.of("subnet")
    found = inventory.subnet(endpoint.subnet)
    if found is None:
        return
    network, subnet = found
    if network.name != resolver.network:
        reason = f'subnet "{endpoint.subnet}" is not of network "{resolver.network}", where its resolver stands'
        yield Fault(thing, reason, f"choose a subnet of {resolver.network}", place)
    if subnet.delegation != RESOLVER_DELEGATION:
        reason = f'subnet "{endpoint.subnet}" is not delegated to {RESOLVER_DELEGATION}'
        yield Fault(thing, reason, f"write delegation: {RESOLVER_DELEGATION} at the subnet", place)
    if not RESOLVER_SHORTEST_PREFIX <= subnet.prefix.prefixlen <= RESOLVER_LONGEST_PREFIX:
        reason = f'subnet "{endpoint.subnet}" has the prefix {subnet.prefix}'
        mend = f"Azure asks for /{RESOLVER_LONGEST_PREFIX} to /{RESOLVER_SHORTEST_PREFIX}"
        yield Fault(thing, reason, mend, place)
    other = used.setdefault(endpoint.subnet, thing)
    if other != thing:
        reason = f'subnet "{endpoint.subnet}" holds {other} as well'
        yield Fault(thing, reason, "give each endpoint of a resolver a subnet of its own", place)


def _tenants(inventory: Inventory) -> dict[str, str]:
    """What else stands in each subnet; an endpoint of a resolver wants one for itself."""
    tenants = [(machine.subnet, f'machine "{machine.name}"') for machine in inventory.machines]
    tenants += [(compute.subnet or "", f'compute "{compute.name}"') for compute in inventory.computes]
    tenants += [(one.subnet, f'private endpoint "{one.name}"') for one in inventory.private_endpoints]
    return dict(reversed(tenants))


def _target_faults(ruleset: ForwardingRuleset) -> Iterator[Fault]:
    platform = tables.platform_addresses()[0].address
    for rule in ruleset.rules:
        if any(str(address) == platform for address, _ in rule.targets):
            reason = f"targets has {platform}, and {tables.behaviours()['resolver-target'].text}"
            mend = "forward to an inbound endpoint, or link the zone to the network instead"
            yield Fault(f'rule "{ruleset.name}/{rule.name}"', reason, mend, rule.origin.of("targets"))


def _registration_faults(inventory: Inventory) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for zone in inventory.private_dns_zones:
        for link in zone.links:
            other = first.setdefault(link.network, zone.name) if link.registration else zone.name
            if other != zone.name:
                reason = f'the machines of "{link.network}" are registered in zone "{other}" already'
                mend = "register a network in one zone"
                yield Fault(f'link "{zone.name}/{link.network}"', reason, mend, link.origin.of("registration"))


def _server_faults(inventory: Inventory) -> Iterator[Fault]:
    """Machines of which two entries say what they answer: nobody could tell which of the two holds."""
    machines = {machine.name: machine for machine in inventory.machines}
    first: dict[str, str] = {}
    for server in inventory.name_servers:
        machine, place = machines.get(server.machine), server.origin.of("machine")
        other = first.setdefault(server.machine, f'name server "{server.name}"')
        if machine and other == f'name server "{server.name}"':
            other = _site_that_says(inventory, str(machine.private_ip)) or other
        if other != f'name server "{server.name}"':
            reason = f'{other} says already what machine "{server.machine}" answers'
            yield Fault(f'name server "{server.name}"', reason, "keep one of the two", place)


def _site_that_says(inventory: Inventory, address: str) -> str:
    sites = (site for site in inventory.on_premises if site.forwarders or site.static_records)
    return next((f'on-premises site "{site.name}"' for site in sites if str(site.dns_server) == address), "")
