"""Private resolvers and forwarding rulesets."""

from cloister.sources.arm.mapping.estate import Estate
from cloister.sources.arm.mapping.kinds.networks import subnet_of
from cloister.sources.arm.mapping.resource import Resource, inner, items
from cloister.sources.declared import Value, hidden
from cloister.sources.given import Wanted

RESOLVER = "microsoft.network/dnsresolvers"
INBOUND = f"{RESOLVER}/inboundendpoints"
OUTBOUND = f"{RESOLVER}/outboundendpoints"
RULESET = "microsoft.network/dnsforwardingrulesets"
RULE = f"{RULESET}/forwardingrules"
LINK = f"{RULESET}/virtualnetworklinks"
_DNS = 53


def inbound(estate: Estate, one: Resource) -> None:
    """Its subnet and its address."""
    prop = "properties.ipConfigurations"
    configurations = items(one.get(prop))
    subnet = subnet_of(configurations, "subnet.id", "properties.subnet.id")
    estate.refer(one, "subnet", subnet, ("subnets",), f"{prop}.subnet.id")
    address = inner(configurations[0], "privateIpAddress") if configurations else None
    path, where = estate.path(one), estate.draft.path_of(subnet)
    if isinstance(address, str) or where is None or path is None:
        estate.put(one, "private_ip", address, f"{prop}.privateIpAddress")
    else:
        place = one.place(f"{prop}.privateIpAddress")
        estate.draft.give(Wanted((*path, "private_ip"), where, 1, listed=False, place=place))


def claim_link(estate: Estate, one: Resource) -> None:
    """A link stands in its ruleset under the name of the network."""
    above = estate.draft.path_of(one.parent)
    word = estate.draft.word(one.get("properties.virtualNetwork.id"), ("networks",))
    if above is None or not isinstance(word, str):
        what = "links a ruleset or a network that the input does not describe"
        estate.tell(one, "properties.virtualNetwork.id", what, "whose names it forwards is not judged")
        return
    estate.draft.claim((*above, "links"), word, one.place(), one.declared.identities)


def rule(estate: Estate, one: Resource) -> None:
    """Its suffix without the dot at its end, and its servers with their ports."""
    suffix = one.get("properties.domainName")
    if isinstance(suffix, str):
        suffix = suffix.rstrip(".") or "."
    estate.put(one, "suffix", suffix, "properties.domainName")
    targets = [_target(entry) for entry in items(one.get("properties.targetDnsServers"))]
    estate.put(one, "targets", targets or None, "properties.targetDnsServers")


def _target(entry: Value) -> Value:
    address, port = inner(entry, "ipAddress"), inner(entry, "port")
    untold = hidden([address, port])
    return untold or (f"{address}:{port}" if port not in (None, _DNS) else address)
