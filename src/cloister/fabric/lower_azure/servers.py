"""Name servers whose behaviour is known (firewalls, inbound endpoints, sites, machines), and forwarding rulesets."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address

from cloister.fabric.lower_azure.firewalls import answers_names
from cloister.fabric.lower_azure.layout import Layout
from cloister.fabric.names import Forward, NameServer, Record, Rest, Ruleset, Upstream
from cloister.facts import tables
from cloister.inventory import azure
from cloister.inventory.azure import Firewall, ForwardingRuleset, Inventory, OnPremises
from cloister.origin import Origin
from cloister.verdict import Rule

Forwards = Sequence[tuple[str, tuple[IPv4Address, ...]]]


def lower_name_servers(layout: Layout) -> tuple[NameServer, ...]:
    """The name servers whose behaviour is known."""
    return (
        *(_firewall_server(layout.inventory, firewall) for firewall in layout.inventory.firewalls),
        *_inbound_servers(layout),
        *_machine_servers(layout),
        *(_site_server(site) for site in layout.inventory.on_premises),
    )


def _firewall_server(inventory: Inventory, firewall: Firewall) -> NameServer:
    facts = tables.behaviours()
    policy = inventory.policies_of(firewall)[-1]
    several = len(policy.dns_servers) > 1
    source = facts["firewall-servers"].source if several else ""
    asking = Rule(f"dns_servers of {policy.name}", policy.origin.of("dns_servers"), source)
    to = tuple(Upstream(server) for server in policy.dns_servers)
    return NameServer(
        name=firewall.name,
        address=firewall.private_ip,
        place=firewall.name,
        network=firewall.network,
        records=(),
        forwards=(Forward("", to, asking, at_random=several),) if to else (),
        rest=Rest.NETWORK,
        rule=Rule(f"dns_proxy of {policy.name}", policy.origin.of("dns_proxy"), facts["firewall-proxy"].source),
        refuses="" if answers_names(inventory, firewall) else _why_silent(firewall),
        refusal_mend=f"turn on dns_proxy of firewall {firewall.name}, which takes the Standard tier",
    )


def _why_silent(firewall: Firewall) -> str:
    if firewall.sku_tier == "Basic":
        return f"firewall {firewall.name} is of the Basic tier, which has no DNS proxy"
    return f"the DNS proxy of firewall {firewall.name} is off"


def _inbound_servers(layout: Layout) -> Iterator[NameServer]:
    source = tables.behaviours()["resolver-inbound"].source
    for resolver in layout.inventory.dns_resolvers:
        for endpoint in resolver.inbound_endpoints:
            name = f"{resolver.name}/{endpoint.name}"
            yield NameServer(
                name=name,
                address=endpoint.private_ip,
                place=name,
                network=resolver.network,
                records=(),
                forwards=(),
                rest=Rest.NETWORK,
                rule=Rule(f"inbound endpoint {name}", endpoint.origin, source),
            )


def _machine_servers(layout: Layout) -> Iterator[NameServer]:
    machines = {machine.name: machine for machine in layout.inventory.machines}
    for server in layout.inventory.name_servers:
        if machine := machines.get(server.machine):
            yield _machine_server(server, machine)


def _machine_server(server: azure.NameServer, machine: azure.Machine) -> NameServer:
    name = f"name server {server.name}"
    return NameServer(
        name=name,
        address=machine.private_ip,
        place=machine.name,
        network="",
        records=_records(server.static_records, f"static_records of {name}", server.origin),
        forwards=_forwards(server.forwards, name, server.origin, "forwards"),
        rest=Rest.UNSTATED,
        rule=Rule(name, server.origin.of("forwards")),
    )


def _site_server(site: OnPremises) -> NameServer:
    name = f"name server of {site.name}"
    return NameServer(
        name=name,
        address=site.dns_server,
        place=site.name,
        network="",
        records=_records(site.static_records, f"static_records of {site.name}", site.origin),
        forwards=_forwards(site.forwarders, site.name, site.origin, "forwarders"),
        rest=Rest.PUBLIC,
        rule=Rule(name, site.origin.of("dns_server")),
    )


def _records(given: Sequence[tuple[str, IPv4Address]], name: str, origin: Origin) -> tuple[Record, ...]:
    return tuple(
        Record(host.lower(), address, Rule(name, _inner(origin, "static_records", host))) for host, address in given
    )


def _forwards(given: Forwards, name: str, origin: Origin, attribute: str) -> tuple[Forward, ...]:
    return tuple(
        Forward(
            suffix.lower().strip("."),
            tuple(Upstream(server) for server in servers),
            Rule(f"{attribute} of {name}", _inner(origin, attribute, suffix)),
        )
        for suffix, servers in given
    )


def _inner(origin: Origin, attribute: str, key: str) -> Origin:
    """The place of one member of an attribute, or of the attribute where that is not known."""
    inner = f"{attribute}/{key}"
    return origin.of(inner if origin.states(inner) else attribute)


def lower_rulesets(layout: Layout) -> tuple[Ruleset, ...]:
    """The forwarding rulesets with their enabled rules."""
    return tuple(_ruleset(ruleset) for ruleset in layout.inventory.forwarding_rulesets)


def _ruleset(ruleset: ForwardingRuleset) -> Ruleset:
    source = tables.behaviours()["resolver-order"].source
    forwards = tuple(
        Forward(
            rule.suffix.lower().strip("."),
            tuple(Upstream(address, port) for address, port in rule.targets),
            Rule(f"{ruleset.name}/{rule.name}", rule.origin, source),
        )
        for rule in ruleset.rules
        if rule.enabled
    )
    return Ruleset(
        name=ruleset.name,
        networks=frozenset(link.network for link in ruleset.links),
        forwards=forwards,
        outlets=ruleset.outbound_endpoints,
        rule=Rule(f"forwarding ruleset {ruleset.name}", ruleset.origin),
    )
