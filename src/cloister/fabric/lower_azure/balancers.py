"""Load balancers: their frontends, and the ways out that their backends have by them."""

from collections.abc import Iterator

from cloister.fabric.addresses import Address
from cloister.fabric.balancers import Balanced, Frontend
from cloister.fabric.egress import Egress, EgressRank
from cloister.fabric.flows import Protocol
from cloister.fabric.lower_azure.layout import Layout
from cloister.fabric.sets import AddressSet, PortSet
from cloister.facts import tables
from cloister.inventory.azure import BalancerFrontend, BalancerOutboundRule, BalancingRule, LoadBalancer
from cloister.verdict import Rule

_PROTOCOLS = {
    "Tcp": frozenset({Protocol.TCP}),
    "Udp": frozenset({Protocol.UDP}),
    "All": frozenset({Protocol.TCP, Protocol.UDP}),
}


def lower_frontends(layout: Layout) -> Iterator[Frontend]:
    """The frontends of all load balancers."""
    for balancer in layout.inventory.load_balancers:
        for frontend in balancer.frontends:
            yield _frontend(layout, balancer, frontend)


def _frontend(layout: Layout, balancer: LoadBalancer, frontend: BalancerFrontend) -> Frontend:
    name = f"{balancer.name}/{frontend.name}"
    shown = _shown(layout, frontend)
    address = frontend.private_ip or shown.single
    return Frontend(
        name=name,
        balancer=balancer.name,
        address=address,
        within=Address.exactly(address) if address else Address(layout.public, name),
        segment=frontend.subnet or "",
        open_outside=balancer.sku == "Basic",
        rules=tuple(_balanced(layout, name, balancer, rule) for rule in frontend.rules),
        rule=Rule(f"frontend {name}", frontend.origin),
    )


def _balanced(layout: Layout, frontend: str, balancer: LoadBalancer, rule: BalancingRule) -> Balanced:
    source = tables.behaviours()["balancer-transparent"].source
    known = {machine.name for machine in layout.inventory.machines}
    every = rule.protocol == "All" or not rule.frontend_port
    return Balanced(
        rule=Rule(f"{frontend}/{rule.name}", rule.origin, source),
        protocols=_PROTOCOLS[rule.protocol],
        ports=PortSet.everything() if every else PortSet.of(str(rule.frontend_port)),
        to_port=0 if every else rule.backend_port or 0,
        backends=tuple(name for name in balancer.pool(rule) if name in known),
        probe_port=rule.probe_port or 0,
        every_port=every,
        keeps_address=rule.floating_ip,
    )


def _shown(layout: Layout, frontend: BalancerFrontend) -> AddressSet:
    """The public address of a frontend, where it is known."""
    found = next((one for one in layout.inventory.public_ips if one.name == frontend.public_ip), None)
    return AddressSet.of(found.ip_address) if found and found.ip_address else AddressSet()


def lent_by_balancers(layout: Layout, machine: str) -> tuple[Egress, ...]:
    """The way out that a machine has by the load balancers before it, or that it has none of Azure's own any more."""
    behind = [one for one in layout.inventory.load_balancers if machine in one.machines]
    open_ways = [way for balancer in behind for way in _ways_out(layout, balancer, machine)]
    standard = next((one for one in behind if one.sku == "Standard"), None)
    if open_ways:
        return (_joined(open_ways),)
    if standard is None:
        return ()
    source = tables.behaviours()["balancer-outbound"].source
    text = (
        f"no outbound rule, and behind {standard.name}, a Standard load balancer, there is no default outbound access"
    )
    rule = Rule(f"load balancer {standard.name}", standard.origin.of("sku"), source)
    return (Egress(False, text, rule, EgressRank.BALANCER),)  # noqa: FBT003 - it is closed


def _ways_out(layout: Layout, balancer: LoadBalancer, machine: str) -> Iterator[Egress]:
    """Outbound rules, and load-balancing rules of public frontends, which lend their address as well."""
    source = tables.behaviours()["egress-order"].source
    for frontend in (one for one in balancer.frontends if one.public_ip):
        name = f"{balancer.name}/{frontend.name}"
        lending = (one for one in frontend.rules if not one.disable_outbound_snat)
        rules: tuple[BalancingRule | BalancerOutboundRule, ...] = (*frontend.outbound_rules, *lending)
        for rule in rules:
            if machine in balancer.pool(rule):
                named = Rule(f"{name}/{rule.name}", rule.origin, source)
                text, carries = f"frontend {name}", _PROTOCOLS[rule.protocol]
                yield Egress(True, text, named, EgressRank.BALANCER, _shown(layout, frontend), carries)  # noqa: FBT003 - it is open


def _joined(ways: list[Egress]) -> Egress:
    """Several ways as one: any of their addresses may be shown, and each carries what it carries."""
    texts = list(dict.fromkeys(way.text for way in ways))
    shows = AddressSet.union(way.shows for way in ways) if all(way.shows for way in ways) else AddressSet()
    carries = frozenset(protocol for way in ways for protocol in way.carries)
    text = " or ".join(texts)
    return Egress(True, text, ways[0].rule, EgressRank.BALANCER, shows, carries)  # noqa: FBT003 - it is open
