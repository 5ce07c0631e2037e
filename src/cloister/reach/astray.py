"""What goes wrong with names that no question may meet: forwarders that go round, links and forwards without effect."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from cloister.fabric.fabric import Fabric
from cloister.fabric.names import Forward, NameServer, Rest
from cloister.reach.suffixes import longest_forwards, seen_zone, under
from cloister.verdict import Rule


@dataclass(frozen=True, slots=True)
class Astray:
    """One thing that is wrong, by the rule that says it, and what to do."""

    rule: Rule
    text: str
    mend: str


def astray(fabric: Fabric) -> Iterator[Astray]:
    """Everything of the kind, in the order of name servers, rulesets and zones."""
    servers = {server.address: server for server in fabric.name_servers}
    for server in fabric.name_servers:
        yield from _rounds(fabric, servers, server)
        yield from _never_asked(fabric, server)
    for ruleset in fabric.rulesets:
        if not ruleset.networks:
            yield Astray(ruleset.rule, "is linked to no network, so nobody obeys it", "link it, or remove it")
    for zone in fabric.zones:
        if not zone.views:
            yield Astray(zone.rule, "is linked to no network, so nobody sees it", "link it to a network, or remove it")
        for view in zone.views:
            if view.idle_fallback:
                text = "says that it falls back to public names, which counts only on zones of private link"
                yield Astray(view.rule, text, "take nxdomain_redirect away")


def _rounds(fabric: Fabric, servers: dict[IPv4Address, NameServer], first: NameServer) -> Iterator[Astray]:
    """Each forward of a server, or of the network that it answers for, by which a query comes back to it."""
    for forward in _forwards(fabric, first):
        name = forward.suffix or "."
        seen: list[NameServer] = [first]
        to: NameServer | None = _next(servers, forward)
        while to is not None and to not in seen:
            seen.append(to)
            onward = _onward(fabric, to, forward.suffix)
            to = _next(servers, onward) if onward else None
        if to is first:
            way = " to ".join(f"{one.name} ({one.address})" for one in (*seen, first))
            text = f"sends queries for {name} in a round: from {way}"
            yield Astray(forward.rule, text, "forward to a server that answers, or link the zone where it stands")


def _forwards(fabric: Fabric, server: NameServer) -> tuple[Forward, ...]:
    if server.forwards or server.rest is not Rest.NETWORK:
        return server.forwards
    obeyed = (ruleset for ruleset in fabric.rulesets if server.network in ruleset.networks)
    return tuple(
        forward
        for ruleset in obeyed
        for forward in ruleset.forwards
        if not (forward.suffix and seen_zone(fabric.zones, server.network, forward.suffix))
    )


def _onward(fabric: Fabric, server: NameServer, suffix: str) -> Forward | None:
    """Where a server sends a query for a name just under a suffix."""
    probe = f"any.{suffix}" if suffix else "any"
    return next(iter(longest_forwards(_forwards(fabric, server), probe)), None)


def _next(servers: dict[IPv4Address, NameServer], forward: Forward) -> NameServer | None:
    return servers.get(forward.to[0].address) if forward.to else None


def _never_asked(fabric: Fabric, server: NameServer) -> Iterator[Astray]:
    """Forwards for private zones on a server that resolves no alias itself: clients ask for the public name."""
    for forward in server.forwards:
        zone = next((zone for zone in fabric.service_zones if forward.suffix and under(forward.suffix, zone)), "")
        if zone:
            text = f"forwards {forward.suffix}, for which no client asks: they ask for the public name"
            yield Astray(forward.rule, text, "forward the public suffix instead")
