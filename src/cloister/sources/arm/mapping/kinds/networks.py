"""Networks: where they belong, which prefix a subnet has, and their peerings, which go by the other network's name."""

from cloister.sources.arm.mapping.estate import Estate
from cloister.sources.arm.mapping.groups import group_of
from cloister.sources.arm.mapping.resource import Resource, inner, items
from cloister.sources.declared import Unknown, Value

NETWORK = "microsoft.network/virtualnetworks"
SUBNET = f"{NETWORK}/subnets"
PEERING = f"{NETWORK}/virtualnetworkpeerings"
_NO_IPV6 = "how its IPv6 traffic goes is not judged"


def network(estate: Estate, one: Resource) -> None:
    """The resource group, and the version of the API, by which defaults differ."""
    estate.put(one, "resource_group", group_of(one), "id")
    version = one.get("apiVersion")
    if isinstance(version, str):
        estate.put(one, "created_with", "arm", "apiVersion")
        estate.put(one, "api_version", version, "apiVersion")
    spaces = items(one.get("properties.addressSpace.addressPrefixes"))
    _only_ipv4(estate, one, "address_space", spaces, "properties.addressSpace.addressPrefixes")
    _servers(estate, one)


def subnet(estate: Estate, one: Resource) -> None:
    """The prefix, of either of the two properties that state it."""
    several = items(one.get("properties.addressPrefix")) or items(one.get("properties.addressPrefixes"))
    ours = [prefix for prefix in several if not _is_ipv6(prefix)]
    if len(ours) > 1:
        what = f"has {len(ours)} prefixes"
        estate.tell(one, "properties.addressPrefixes", what, "only the first of them is judged")
    if ours:
        estate.put(one, "prefix", ours[0], "properties.addressPrefix")
    if len(ours) < len(several):
        estate.tell(one, "properties.addressPrefixes", "has a prefix of IPv6", _NO_IPV6)


def claim_peering(estate: Estate, one: Resource) -> None:
    """A peering stands in its network under the name of the remote one."""
    above, remote = estate.draft.path_of(one.parent), one.get("properties.remoteVirtualNetwork.id")
    word = estate.draft.word(remote, ("networks",))
    if above is None or not isinstance(word, str):
        what = "is a peering with a network that the input does not describe"
        estate.tell(
            one, "properties.remoteVirtualNetwork.id", what, "whether traffic comes or goes over it is not judged"
        )
        return
    estate.draft.claim((*above, "peerings"), word, one.place(), one.declared.identities)


def peering(estate: Estate, one: Resource) -> None:
    """The subnets that it joins, where it does not join the networks whole."""
    for attribute, prop in (("local_subnet_names", "localSubnetNames"), ("remote_subnet_names", "remoteSubnetNames")):
        estate.put(one, attribute, one.get(f"properties.{prop}"), f"properties.{prop}")


def _servers(estate: Estate, one: Resource) -> None:
    servers = one.get("properties.dhcpOptions.dnsServers")
    if isinstance(servers, list):
        servers = [server for server in servers if not _is_ipv6(server)]
    estate.put(one, "dns_servers", servers, "properties.dhcpOptions.dnsServers")


def _only_ipv4(estate: Estate, one: Resource, attribute: str, prefixes: list[Value], prop: str) -> None:
    ours = [prefix for prefix in prefixes if not _is_ipv6(prefix)]
    if ours:
        whole: Value = ours[0] if isinstance(ours[0], Unknown) and len(ours) == 1 else [*ours]
        estate.put(one, attribute, whole, prop)
    if len(ours) < len(prefixes):
        estate.tell(one, prop, "has a prefix of IPv6", _NO_IPV6)


def _is_ipv6(value: Value) -> bool:
    return isinstance(value, str) and ":" in value


def subnet_of(value: Value, *paths: str) -> Value:
    """The id of the subnet that the first configuration of an address stands in."""
    first = next(iter(items(value)), None)
    found = (inner(first, path) for path in paths or ("properties.subnet.id",))
    return next((one for one in found if one is not None), None)
