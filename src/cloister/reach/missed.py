"""Why a name came out public although a private endpoint stands for it, and the smallest mend."""

from dataclasses import replace

from cloister.fabric.fabric import Fabric
from cloister.fabric.names import NameServer, PublicName, Zone
from cloister.fabric.services import Endpoint
from cloister.reach.judged import Judged, noted, sourced
from cloister.reach.suffixes import under
from cloister.verdict import Layer

Missed = tuple[tuple[Judged, ...], str]
"""What to tell, and the mend; both empty where nothing was missed."""

_NOTHING: Missed = ((), "")


def missed(fabric: Fabric, known: PublicName | None, network: str, server: NameServer | None) -> Missed:
    """What hides the endpoint from the resolver of a network, or (without one) from a name server elsewhere."""
    apart = bool(network and fabric.networks[network].link_mend)
    endpoints = _endpoints(fabric, known, network if apart else "") if known and known.alias else []
    if known is None or not endpoints:
        return _NOTHING
    if not any(endpoint.approved for endpoint in endpoints):
        return _unapproved(endpoints[0])
    if apart:
        return _NOTHING
    if network:
        return _missed_zone(fabric, known, network)
    return _missed_forward(fabric, known, server) if server else _NOTHING


def _endpoints(fabric: Fabric, known: PublicName, apart: str) -> list[Endpoint]:
    """The endpoints that lead to the door of a name, or to the door that the name is an alias of.

    Those of a network that cannot be joined to another one are for it alone, and `apart` is its name.
    """
    behind = next((public.door for public in fabric.public_names if public.host == known.alias), known.door)
    found = (endpoint for endpoint in fabric.endpoints if {known.door, behind} & set(endpoint.doors))
    return [
        endpoint
        for endpoint in found
        if (fabric.segments[endpoint.segment].network == apart if apart else not link_mend(fabric, endpoint.segment))
    ]


def link_mend(fabric: Fabric, segment: str) -> str:
    """How the network of a segment gets a private endpoint, where no other network can be joined to it."""
    return fabric.networks[fabric.segments[segment].network].link_mend if segment in fabric.segments else ""


def _unapproved(endpoint: Endpoint) -> Missed:
    text = f"private endpoint {endpoint.name} is {endpoint.state.lower()}, not approved"
    mend = endpoint.mend or f"approve private endpoint {endpoint.name}"
    return (noted(Layer.NAME, endpoint.name, text, endpoint.rule),), mend


def _missed_zone(fabric: Fabric, known: PublicName, network: str) -> Missed:
    zone_name = _zone_name(fabric, known)
    zone = next((zone for zone in fabric.zones if zone.name == zone_name and not _apart(fabric, zone)), None)
    if zone is None:
        return (
            noted(Layer.NAME, network, f"no zone {zone_name} stands"),
        ), f"add zone {zone_name}, linked to {network}"
    if zone.view_from(network):
        return _NOTHING
    linked = ", ".join(view.network for view in zone.views) or "nothing"
    text = f"zone {zone_name} is linked to {linked}, not to {network}, where the question is asked"
    rule = sourced(zone.rule, fabric.behaviours["zone-links"])
    return (noted(Layer.NAME, network, text, rule),), f"link zone {zone_name} to network {network}"


def _apart(fabric: Fabric, zone: Zone) -> bool:
    """Whether only networks that cannot be joined to another one see the zone."""
    return bool(zone.views) and all(fabric.networks[view.network].link_mend for view in zone.views)


def _missed_forward(fabric: Fabric, known: PublicName, server: NameServer) -> Missed:
    zone_name = _zone_name(fabric, known)
    suffix = _public_suffix(fabric, known)
    alias = _last_alias(fabric, known)
    private = (one for one in server.forwards if one.suffix and under(one.suffix, zone_name))
    wrong = next((one for one in private if under(alias, one.suffix)), None)
    if wrong is None:
        text = f"no forwarder for {suffix} stands, so zone {zone_name} is not asked"
        return (noted(Layer.NAME, server.name, text, server.rule),), _forward_mend(fabric, server, suffix)
    text = f"the forwarder for {wrong.suffix} is never used: clients ask for {suffix}"
    rule = replace(fabric.behaviours["forward-public-suffix"], origin=wrong.rule.origin)
    return (noted(Layer.NAME, server.name, text, rule),), f"forward {suffix} instead of {wrong.suffix}"


def _forward_mend(fabric: Fabric, server: NameServer, suffix: str) -> str:
    proxy = next((other for other in fabric.name_servers if other.network and not other.refuses), None)
    to = f"{proxy.address} ({proxy.name})" if proxy else "a resolver inside"
    return f"forward {suffix} from the {server.name} to {to}"


def _last_alias(fabric: Fabric, known: PublicName) -> str:
    further = next((public for public in fabric.public_names if public.host == known.alias), None)
    return further.alias if further and further.alias else known.alias


def _zone_name(fabric: Fabric, known: PublicName) -> str:
    """The zone in which the record of a name belongs: of several that would do, one that stands, else the usual one."""
    alias = _last_alias(fabric, known)
    door = fabric.door(known.door)
    fitting = [zone for zone in (door.zones if door else ()) if under(alias, zone)]
    standing = [zone for zone in fitting if any(one.name == zone for one in fabric.zones)]
    others = max(
        (zone for zone in fabric.service_zones if under(alias, zone)), key=len, default=alias.partition(".")[2]
    )
    return next(iter((*standing, *fitting)), others)


def _public_suffix(fabric: Fabric, known: PublicName) -> str:
    """The suffix that a name server elsewhere has to forward for a name."""
    fitting = (suffix for suffix in fabric.public_suffixes if under(known.host, suffix))
    return max(fitting, key=len, default=known.host.partition(".")[2])
