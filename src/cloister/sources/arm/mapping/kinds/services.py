"""Services of other kinds: each says in its own way who comes in, and where its nodes stand."""

from collections.abc import Callable
from ipaddress import AddressValueError, IPv4Address, summarize_address_range

from cloister.facts.arm import arm_types
from cloister.sources.arm.mapping.estate import Estate
from cloister.sources.arm.mapping.kinds import kubernetes
from cloister.sources.arm.mapping.resource import Resource, inner, items
from cloister.sources.declared import Value, hidden

_SUBNETS = ("subnets",)
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - how Azure writes that its own services come in
SCOPED = "microsoft.insights/privatelinkscopes/scopedresources"


def claim(estate: Estate, one: Resource) -> None:
    """A service of a kind stands under services."""
    estate.draft.claim(("services",), one.name, one.place(), one.declared.identities)


def service(estate: Estate, one: Resource) -> None:
    """Its kind, and what that kind has of its own."""
    kind = arm_types()[one.type].section.partition(":")[2]
    estate.put(one, "kind", kind, "type")
    if kind in _OWN:
        _OWN[kind](estate, one)


def _ranges(estate: Estate, one: Resource) -> None:
    """Firewall rules of databases: ranges of addresses; the one of 0.0.0.0 lets in whatever stands in Azure."""
    found: list[Value] = []
    for rule in estate.children(one, f"{one.type}/firewallrules"):
        low, high = rule.get("properties.startIpAddress"), rule.get("properties.endIpAddress")
        untold = hidden([low, high])
        if untold is not None:
            found.append(untold)
        elif low == high == _EVERYWHERE:
            what = "lets in everything that has an address of Azure, whoever it belongs to"
            estate.tell(
                rule, "properties.startIpAddress", what, "callers from other customers' resources are not judged"
            )
        else:
            found += _prefixes(str(low), str(high))
    subnets = [
        rule.get("properties.virtualNetworkSubnetId")
        for rule in estate.children(one, f"{one.type}/virtualnetworkrules")
    ]
    if found:
        estate.put(one, "allowed_prefixes", found, "firewallRules")
    if subnets:
        estate.put(one, "allowed_subnets", estate.words(subnets, _SUBNETS), "virtualNetworkRules")
    estate.put(one, "network_default_action", "Deny", "firewallRules")


def _prefixes(low: str, high: str) -> list[Value]:
    try:
        return [str(prefix) for prefix in summarize_address_range(IPv4Address(low), IPv4Address(high))]
    except (AddressValueError, ValueError, TypeError):
        return [f"{low}-{high}"]


def _postgresql(estate: Estate, one: Resource) -> None:
    """A server in a subnet has no public address at all."""
    subnet = one.get("properties.network.delegatedSubnetResourceId")
    if subnet is not None:
        prop = "properties.network.delegatedSubnetResourceId"
        estate.put(one, "public_network_access", value=False, prop=prop)
        estate.put(one, "subnets", estate.words([subnet], _SUBNETS), prop)
    else:
        _ranges(estate, one)


def _eventhub(estate: Estate, one: Resource) -> None:
    """Its rules of access are a resource of their own."""
    for rules in estate.children(one, f"{one.type}/networkrulesets"):
        prefixes = [inner(entry, "ipMask") for entry in items(rules.get("properties.ipRules"))]
        subnets = [inner(entry, "subnet.id") for entry in items(rules.get("properties.virtualNetworkRules"))]
        estate.put(one, "network_default_action", rules.get("properties.defaultAction") or "Allow", "networkRuleSets")
        if prefixes:
            estate.put(one, "allowed_prefixes", _with_lengths(prefixes), "networkRuleSets.ipRules")
        if subnets:
            estate.put(one, "allowed_subnets", estate.words(subnets, _SUBNETS), "networkRuleSets.virtualNetworkRules")
        trusted = rules.get("properties.trustedServiceAccessEnabled")
        estate.put(one, "bypass", "AzureServices" if trusted is True else "None", "networkRuleSets")
        if rules.get("properties.publicNetworkAccess") == "Disabled":
            estate.put(one, "public_network_access", value=False, prop="networkRuleSets.publicNetworkAccess")


def _with_lengths(values: list[Value]) -> Value:
    return [f"{value}/32" if isinstance(value, str) and "/" not in value else value for value in values]


def _cosmos(estate: Estate, one: Resource) -> None:
    """Once a rule is stated, who is on no list stays out."""
    prefixes = [inner(entry, "ipAddressOrRange") for entry in items(one.get("properties.ipRules"))]
    subnets = [inner(entry, "id") for entry in items(one.get("properties.virtualNetworkRules"))]
    if prefixes:
        estate.put(one, "allowed_prefixes", _with_lengths(prefixes), "properties.ipRules")
    if subnets:
        estate.put(one, "allowed_subnets", estate.words(subnets, _SUBNETS), "properties.virtualNetworkRules")
    if prefixes or subnets:
        estate.put(one, "network_default_action", "Deny", "properties.ipRules")


def _search(estate: Estate, one: Resource) -> None:
    """As soon as a rule is stated, who is on no list stays out."""
    prefixes = [inner(entry, "value") for entry in items(one.get("properties.networkRuleSet.ipRules"))]
    if prefixes:
        estate.put(one, "allowed_prefixes", _with_lengths(prefixes), "properties.networkRuleSet.ipRules")
        estate.put(one, "network_default_action", "Deny", "properties.networkRuleSet.ipRules")


def _insights(estate: Estate, one: Resource) -> None:
    """The private link scopes that it is in."""
    scopes = [
        estate.parent(scoped)
        for scoped in estate.of(SCOPED)
        if estate.find(scoped.get("properties.linkedResourceId")) == one
    ]
    found: list[Value] = [scope.identity for scope in scopes if scope is not None]
    if found:
        estate.put(one, "scopes", estate.words(found, ("services",)), "scopedResources")


def _databricks(estate: Estate, one: Resource) -> None:
    """The two subnets of its nodes, which it names inside of a network."""
    base = "properties.parameters"
    network = estate.find(one.get(f"{base}.customVirtualNetworkId.value"))
    names = [one.get(f"{base}.{key}.value") for key in ("customPrivateSubnetName", "customPublicSubnetName")]
    if network is not None and all(isinstance(name, str) for name in names):
        subnets: list[Value] = [f"{network.identity}/subnets/{name}" for name in names]
        estate.put(one, "subnets", estate.words(subnets, _SUBNETS), f"{base}.customVirtualNetworkId")


def _hdinsight(estate: Estate, one: Resource) -> None:
    """The subnet of its nodes."""
    roles = items(one.get("properties.computeProfile.roles"))
    subnets = [inner(role, "virtualNetworkProfile.subnet") for role in roles]
    stated = [subnet for subnet in subnets if subnet is not None]
    if stated:
        words = estate.words(stated[:1], _SUBNETS)
        estate.put(one, "subnets", words, "properties.computeProfile.roles")


def _kubernetes(estate: Estate, one: Resource) -> None:
    """The subnets of its nodes, whether each has a public address, who may call its API server, and its settings."""
    kubernetes.settings(estate, one)
    pools = items(one.get("properties.agentPoolProfiles"))
    subnets = [inner(pool, "vnetSubnetID") for pool in pools]
    stated = [subnet for subnet in subnets if subnet is not None]
    if stated:
        estate.put(one, "subnets", estate.words(stated, _SUBNETS), "properties.agentPoolProfiles")
    if any(inner(pool, "enableNodePublicIP") is True for pool in pools):
        estate.put(one, "node_public_ip", value=True, prop="properties.agentPoolProfiles")
    prefixes = items(one.get("properties.apiServerAccessProfile.authorizedIPRanges"))
    if prefixes:
        prop = "properties.apiServerAccessProfile.authorizedIPRanges"
        estate.put(one, "allowed_prefixes", _with_lengths(prefixes), prop)
        estate.put(one, "network_default_action", "Deny", prop)


_OWN: dict[str, Callable[[Estate, Resource], None]] = {
    "sql": _ranges,
    "postgresql": _postgresql,
    "synapse": _ranges,
    "eventhub": _eventhub,
    "cosmos": _cosmos,
    "search": _search,
    "insights": _insights,
    "databricks": _databricks,
    "hdinsight": _hdinsight,
    "kubernetes": _kubernetes,
}
