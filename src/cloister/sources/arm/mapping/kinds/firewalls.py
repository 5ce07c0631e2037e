"""Firewalls, their policies and rules, old ones in the firewall itself included."""

from cloister.sources.arm.mapping.estate import Estate
from cloister.sources.arm.mapping.kinds.networks import subnet_of
from cloister.sources.arm.mapping.kinds.ways_in import put_network
from cloister.sources.arm.mapping.resource import Resource, inner, items
from cloister.sources.declared import Reference, Unknown, Value, hidden
from cloister.sources.draft import why
from cloister.sources.given import Wanted
from cloister.sources.written import Path

FIREWALL = "microsoft.network/azurefirewalls"
POLICY = "microsoft.network/firewallpolicies"
GROUP = f"{POLICY}/rulecollectiongroups"
OLD_GROUP = f"{POLICY}/rulegroups"
_KINDS = {
    "networkrule": ("network_rule_collections", "network"),
    "applicationrule": ("application_rule_collections", "application"),
    "natrule": ("nat_rule_collections", "nat"),
}
_CLASSIC = (
    ("networkRuleCollections", "network"),
    ("applicationRuleCollections", "application"),
    ("natRuleCollections", "nat"),
)
_CLASSIC_GROUP = "rules"
_CLASSIC_PRIORITY = 100
"""The rules of a firewall without a policy stand in no group; Cloister's form has groups."""
_PROTOCOLS = {"tcp": "TCP", "udp": "UDP", "icmp": "ICMP", "any": "Any"}
_NAMED = {"http": "Http", "https": "Https", "mssql": "Mssql"}
_NOT_JUDGED = "what it lets through or refuses is not judged"


def firewall(estate: Estate, one: Resource) -> None:
    """Where it stands, its addresses, its policy; where it has none, its own rules."""
    configurations = items(one.get("properties.ipConfigurations"))
    subnet = subnet_of(configurations)
    put_network(estate, one, subnet, "properties.ipConfigurations")
    _private_ip(estate, one, configurations, subnet)
    _public_ips(estate, one, configurations)
    if one.get("properties.firewallPolicy.id") is not None:
        estate.refer(
            one, "policy", one.get("properties.firewallPolicy.id"), ("firewall_policies",), "properties.firewallPolicy"
        )
        return
    path = estate.path(one)
    for prop, kind in _CLASSIC if path else ():
        for collection in items(one.get(f"properties.{prop}")):
            assert path is not None  # noqa: S101 - the loop has no turn without one
            group = (*path, "rule_collection_groups", _CLASSIC_GROUP)
            estate.write((*group, "priority"), _CLASSIC_PRIORITY, one.place(f"properties.{prop}"))
            _collection(estate, one, group, (collection, kind), f"properties.{prop}")


def _private_ip(estate: Estate, one: Resource, configurations: list[Value], subnet: Value) -> None:
    stated = [inner(entry, "properties.privateIPAddress") for entry in configurations]
    found = next((address for address in stated if address is not None), None)
    path, prop = estate.path(one), "properties.ipConfigurations.properties.privateIPAddress"
    where = estate.draft.path_of(subnet)
    if isinstance(found, str) or path is None:
        estate.put(one, "private_ip", found, prop)
    elif where is None:
        estate.miss(one, "private_ip", "hangs on its subnet, which is not told", prop)
    else:
        estate.draft.give(Wanted((*path, "private_ip"), where, 1, listed=False, place=one.place(prop)))


def _public_ips(estate: Estate, one: Resource, configurations: list[Value]) -> None:
    """Its public addresses, as far as they are known: a template does not know what Azure will give."""
    addresses: list[Value] = []
    for entry in configurations:
        public = estate.find(inner(entry, "properties.publicIPAddress.id"))
        address = public.get("properties.ipAddress") if public else None
        if isinstance(address, str):
            addresses.append(address)
    if addresses:
        estate.put(one, "public_ips", addresses, "properties.ipConfigurations.properties.publicIPAddress")


def policy(estate: Estate, one: Resource) -> None:
    """Its settings that are lists in lists, and ports of its proxy."""
    base = "properties.threatIntelWhitelist"
    allowed = [*items(one.get(f"{base}.ipAddresses")), *items(one.get(f"{base}.fqdns"))]
    if allowed:
        estate.put(one, "threat_intelligence_allowlist", allowed, base)
    proxy = one.get("properties.explicitProxy")
    if inner(proxy, "enableExplicitProxy") is True:
        ports: list[Value] = [inner(proxy, "httpPort"), inner(proxy, "httpsPort")]
        estate.put(
            one, "explicit_proxy_ports", [port for port in ports if port is not None], "properties.explicitProxy"
        )


def collection_group(estate: Estate, one: Resource) -> None:
    """Its collections with their rules."""
    path = estate.path(one)
    for place, collection in enumerate(items(one.get("properties.ruleCollections") or one.get("properties.rules"))):
        prop = f"properties.ruleCollections[{place}]"
        kind = _kind_of(collection)
        if isinstance(collection, Unknown | Reference):
            for word in ("network", "application", "nat"):
                estate.miss(one, f"{word}_rule_collections", why(collection), prop)
        elif kind is None:
            estate.tell(one, prop, "is a rule collection of no kind that is known", _NOT_JUDGED)
        elif path is not None:
            _collection(estate, one, path, (collection, kind), prop)


def _kind_of(collection: Value) -> str | None:
    if str(inner(collection, "ruleCollectionType")).lower() == "firewallpolicynatrulecollection":
        return "nat"
    first = next(iter(items(inner(collection, "rules"))), None)
    named = str(inner(first, "ruleType")).lower()
    return _KINDS[named][1] if named in _KINDS else "network" if first is None else None


def _collection(estate: Estate, one: Resource, group: Path, found: tuple[Value, str], prop: str) -> None:
    collection, kind = found
    inside = inner(collection, "properties") or collection  # a firewall's own collections have one level more
    name = inner(collection, "name")
    place = one.place(prop)
    path = estate.draft.claim(
        (*group, f"{kind}_rule_collections"), name if isinstance(name, str) else "collection", place
    )
    estate.write((*path, "priority"), inner(inside, "priority"), place)
    if kind != "nat":
        estate.write((*path, "action"), inner(inside, "action.type"), place)
    for number, rule in enumerate(items(inner(inside, "rules"))):
        said = inner(rule, "name")
        key = said if isinstance(said, str) else "rule"
        at = one.place(f"{prop}.rules[{number}]")
        rule_path = estate.draft.claim((*path, "rules"), key, at)
        for attribute, value in _RULES[kind](estate, rule).items():
            estate.write((*rule_path, attribute), value, at)


def _network_rule(estate: Estate, rule: Value) -> dict[str, Value]:
    protocols = items(inner(rule, "ipProtocols") or inner(rule, "protocols"))
    return {
        "protocols": _cased(protocols, _PROTOCOLS),
        **_sources(estate, rule),
        "destinations": _stated(rule, "destinationAddresses"),
        "destination_ip_groups": _groups(estate, rule, "destinationIpGroups"),
        "destination_fqdns": _stated(rule, "destinationFqdns"),
        "ports": _stated(rule, "destinationPorts"),
    }


def _application_rule(estate: Estate, rule: Value) -> dict[str, Value]:
    protocols: list[Value] = []
    for entry in items(inner(rule, "protocols")):
        word, port = inner(entry, "protocolType"), inner(entry, "port")
        untold = hidden([word, port])
        protocols.append(untold or f"{_NAMED.get(str(word).lower(), str(word))}:{port}")
    return {
        "protocols": protocols or None,
        **_sources(estate, rule),
        "fqdns": _stated(rule, "targetFqdns"),
        "fqdn_tags": _stated(rule, "fqdnTags"),
        "web_categories": _stated(rule, "webCategories"),
        "tls_inspection": True if inner(rule, "terminateTLS") is True else None,
    }


def _nat_rule(estate: Estate, rule: Value) -> dict[str, Value]:
    destinations = items(inner(rule, "destinationAddresses"))
    port = inner(rule, "translatedPort")
    return {
        "protocols": _cased(items(inner(rule, "ipProtocols") or inner(rule, "protocols")), _PROTOCOLS),
        **_sources(estate, rule),
        "destination": destinations[0] if destinations else None,
        "ports": _stated(rule, "destinationPorts"),
        "translated_address": inner(rule, "translatedAddress") or None,
        "translated_fqdn": inner(rule, "translatedFqdn") or None,
        "translated_port": int(port) if isinstance(port, str) and port.isdecimal() else port,
    }


_RULES = {"network": _network_rule, "application": _application_rule, "nat": _nat_rule}


def _sources(estate: Estate, rule: Value) -> dict[str, Value]:
    return {
        "sources": _stated(rule, "sourceAddresses"),
        "source_ip_groups": _groups(estate, rule, "sourceIpGroups"),
    }


def _stated(rule: Value, key: str) -> Value:
    """A list, None where it is empty: an empty list of a rule says nothing."""
    value = inner(rule, key)
    return value or None


def _groups(estate: Estate, rule: Value, key: str) -> Value:
    found = items(inner(rule, key))
    return estate.words(found, ("ip_groups",)) if found else None


def _cased(values: list[Value], words: dict[str, str]) -> Value:
    if hidden(values) is not None:
        return values
    return [words.get(str(value).lower(), str(value)) for value in values] or None
