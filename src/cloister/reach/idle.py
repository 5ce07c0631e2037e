"""Rules of appliances that are read, and still do nothing of what their author wants."""

from collections.abc import Iterator
from dataclasses import dataclass

from cloister.fabric.appliances import AddressRule, Appliance, Translation
from cloister.fabric.fabric import Fabric, Network
from cloister.fabric.routes import HopKind
from cloister.fabric.sets import AddressSet
from cloister.reach.judged import called, sourced
from cloister.verdict import Rule


@dataclass(frozen=True, slots=True)
class Idle:
    """A rule without the effect that it is written for, why, and what would give it one."""

    rule: Rule
    text: str
    mend: str


def idle_rules(fabric: Fabric) -> tuple[Idle, ...]:
    """Rules on names that nobody resolves or that clients resolve elsewhere, and refusals that DNAT passes by."""
    found: dict[tuple[Rule, str], Idle] = {}
    for appliance in fabric.appliances:
        for idle in (*_unresolved(fabric, appliance), *_elsewhere(fabric, appliance), *_passed_by(fabric, appliance)):
            found.setdefault((idle.rule, idle.text), idle)
    return tuple(found.values())


def _unresolved(fabric: Fabric, appliance: Appliance) -> Iterator[Idle]:
    if appliance.name_proxy:
        return
    server = next((one for one in fabric.name_servers if one.address == appliance.address), None)
    for rule in _on_names(appliance):
        text = f"names {', '.join(rule.hosts)}, and does nothing about them: the DNS proxy of {appliance.name} is off"
        mend = server.refusal_mend if server else f"turn on the DNS proxy of {appliance.name}"
        yield Idle(sourced(rule.rule, fabric.behaviours["firewall-names"]), text, mend)


def _on_names(appliance: Appliance) -> Iterator[AddressRule]:
    return (rule for rule in appliance.address_rules if rule.hosts)


def _elsewhere(fabric: Fabric, appliance: Appliance) -> Iterator[Idle]:
    """Rules on names where the networks behind the appliance ask somebody else, and may see other addresses."""
    names = [name for name, network in fabric.networks.items() if asks_elsewhere(fabric, appliance, network)]
    for rule in _on_names(appliance) if appliance.name_proxy and names else ():
        text = f"names {', '.join(rule.hosts)}, but {', '.join(names)} asks other name servers than {appliance.name}"
        mend = f"set dns_servers of {', '.join(names)} to {appliance.address}"
        rule_here = sourced(rule.rule, fabric.behaviours["firewall-name-servers"])
        yield Idle(rule_here, f"{text}, and may come to other addresses", mend)


def asks_elsewhere(fabric: Fabric, appliance: Appliance, network: Network) -> bool:
    """Whether a network sends traffic to an appliance, but its name queries neither to it nor to one that does."""
    routed = any(
        route.hop.kind is HopKind.APPLIANCE and route.hop.address == appliance.address
        for segment in fabric.segments.values()
        if segment.network == network.name
        for route in segment.routes
    )
    return routed and not any(_leads_to(fabric, server, appliance) for server in network.name_servers[:1])


def _leads_to(fabric: Fabric, server: object, appliance: Appliance) -> bool:
    if server == appliance.address:
        return True
    known = next((one for one in fabric.name_servers if one.address == server), None)
    return known is not None and any(not one.suffix and one.to == appliance.address for one in known.forwards)


def _passed_by(fabric: Fabric, appliance: Appliance) -> Iterator[Idle]:
    """Rules that refuse what a translation leads on: they are not read for it."""
    for translation in appliance.translations:
        for rule in appliance.address_rules:
            if not rule.allow and not translation.doubt and _meant_for(appliance, rule, translation):
                name = called(translation.rule)
                text = f"does not restrict DNAT rule {name}: what that leads on is let through, and this is not read"
                mend = f"narrow the sources of {name} instead"
                yield Idle(sourced(rule.rule, fabric.behaviours["firewall-nat"]), text, mend)


def _meant_for(appliance: Appliance, rule: AddressRule, translation: Translation) -> bool:
    """Whether a refusal names where a translation leads to, or where it comes in; one of everything names neither."""
    wanted = AddressSet.union(match.sure for match in rule.destinations)
    if wanted == AddressSet.everything() or not rule.protocols & translation.protocols:
        return False
    inside = translation.to is not None and translation.to in wanted and translation.to_port in rule.ports
    outside = (translation.addresses or appliance.public_addresses) & wanted
    return inside or bool(outside and rule.ports & translation.ports)
