"""Private endpoints with their zones, and private zones with their links and records."""

from cloister.facts.arm import arm_types
from cloister.facts.azure_endpoint_members import MEMBERS
from cloister.facts.tables import NO_SUBRESOURCE, service_names
from cloister.sources.arm.mapping.estate import Estate
from cloister.sources.arm.mapping.resource import Resource, inner, items
from cloister.sources.declared import Value, hidden
from cloister.sources.given import Wanted

ENDPOINT = "microsoft.network/privateendpoints"
ZONE_GROUP = f"{ENDPOINT}/privatednszonegroups"
ZONE = "microsoft.network/privatednszones"
LINK = f"{ZONE}/virtualnetworklinks"
RECORD = f"{ZONE}/a"
INTERFACE = "microsoft.network/networkinterfaces"
SERVICES = ("workspaces", "storage_accounts", "key_vaults", "container_registries", "services")
_KINDS = {
    "workspaces": "workspace",
    "storage_accounts": "storage",
    "key_vaults": "vault",
    "container_registries": "registry",
}
_FOREIGN = "who uses it to reach what is not judged"


def claim_endpoint(estate: Estate, one: Resource) -> None:
    """An endpoint for something that the input describes; one for anything else has no counterpart."""
    connection, _ = _connection(one)
    target = inner(connection, "properties.privateLinkServiceId")
    if isinstance(target, str) and estate.draft.path_of(target) is None and _is_closed(estate, target):
        what = f"is a private endpoint for {target}, which the input does not describe"
        estate.tell(one, "properties.privateLinkServiceConnections", what, _FOREIGN)
        return
    estate.draft.claim(("private_endpoints",), one.name, one.place(), one.declared.identities)


def _is_closed(estate: Estate, target: str) -> bool:
    return estate.find(target) is None


def endpoint(estate: Estate, one: Resource) -> None:
    """Its target and door, whether its connection is approved, its addresses, its zones."""
    if estate.path(one) is None:
        return
    connection, prop = _connection(one)
    estate.refer(one, "target", inner(connection, "properties.privateLinkServiceId"), SERVICES, prop)
    doors = items(inner(connection, "properties.groupIds"))
    estate.put(one, "subresource", doors[0] if doors else None, f"{prop}.properties.groupIds")
    _approval(estate, one, connection, prop)
    _addresses(estate, one, doors)
    _zones(estate, one)


def _connection(one: Resource) -> tuple[Value, str]:
    for prop in ("properties.privateLinkServiceConnections", "properties.manualPrivateLinkServiceConnections"):
        found = items(one.get(prop))
        if found:
            return found[0], prop
    return None, "properties.privateLinkServiceConnections"


def _approval(estate: Estate, one: Resource, connection: Value, prop: str) -> None:
    """What an export shows; in a template, only a connection that asks for approval waits for it."""
    status = inner(connection, "properties.privateLinkServiceConnectionState.status")
    if status is None and prop.startswith("properties.manual"):
        status = "Pending"
    estate.put(one, "approval", status, f"{prop}.properties.privateLinkServiceConnectionState")


def _addresses(estate: Estate, one: Resource, doors: list[Value]) -> None:
    """The addresses that are fixed, or that an export shows on its interface; else by rule."""
    count = _count(estate, one, doors)
    fixed = _fixed(one, doors) or _on_interface(estate, one)
    path, place = estate.path(one), one.place("properties.ipConfigurations")
    if path is None:
        return
    if fixed:
        estate.put(one, "private_ips", fixed, "properties.ipConfigurations")
        return
    subnet = estate.draft.path_of(one.get("properties.subnet.id"))
    if subnet is None or count is None:
        why = "hangs on its subnet and its target, which are not told"
        estate.draft.miss((*path, "private_ips"), why, place)
    else:
        estate.draft.give(Wanted((*path, "private_ips"), subnet, count, listed=True, place=place))


def _fixed(one: Resource, doors: list[Value]) -> list[Value]:
    """Fixed addresses, in the order in which a document states those of the members."""
    order = MEMBERS.get(str(doors[0]), ()) if doors else ()
    found = [
        (_rank(order, inner(entry, "properties.memberName")), inner(entry, "properties.privateIPAddress"))
        for entry in items(one.get("properties.ipConfigurations"))
    ]
    return [address for _, address in sorted(found, key=lambda pair: pair[0])]


def _rank(order: tuple[str, ...], member: Value) -> int:
    words = [word.partition("{")[0].lower() for word in order]
    text = str(member).lower()
    return next(
        (place for place, word in enumerate(words) if text == word or (word and text.startswith(word))), len(words)
    )


def _on_interface(estate: Estate, one: Resource) -> list[Value]:
    found: list[Value] = []
    for entry in items(one.get("properties.networkInterfaces")):
        interface = estate.find(inner(entry, "id"))
        configurations = items(interface.get("properties.ipConfigurations")) if interface else []
        found += [inner(configuration, "properties.privateIPAddress") for configuration in configurations]
    return found if found and hidden(found) is None and None not in found else []


def _count(estate: Estate, one: Resource, doors: list[Value]) -> int | None:
    """How many addresses the door of the target takes."""
    connection, _ = _connection(one)
    path = estate.draft.path_of(inner(connection, "properties.privateLinkServiceId"))
    if path is None or not doors:
        return None
    kind = _KINDS.get(str(path[0])) or _kind_of(estate, connection)
    rows = [row for row in service_names("azure") if row.service == kind and row.subresource != NO_SUBRESOURCE]
    counts = [int(row.member) + 1 for row in rows if row.subresource == doors[0]]
    return max(counts, default=1)


def _kind_of(estate: Estate, connection: Value) -> str | None:
    """The kind of a service that stands under services."""
    target = estate.find(inner(connection, "properties.privateLinkServiceId"))
    row = arm_types().get(target.type) if target else None
    return row.section.partition(":")[2] if row else None


def _zones(estate: Estate, one: Resource) -> None:
    found: list[Value] = []
    for group in estate.children(one, ZONE_GROUP):
        for entry in items(group.get("properties.privateDnsZoneConfigs")):
            zone = inner(entry, "properties.privateDnsZoneId")
            found.append(inner(entry, "privateDnsZoneId") if zone is None else zone)
    if found:
        estate.put(one, "zones", estate.words(found, ("private_dns_zones",)), "privateDnsZoneGroups")


def nothing(estate: Estate, one: Resource) -> None:
    """A part that the resource around it reads: it has no place of its own."""
    if estate.parent(one) is None:
        what = "is part of a resource that the input does not describe"
        estate.tell(one, "", what, "what it adds there is not judged")


def claim_zone(estate: Estate, one: Resource) -> None:
    """A zone goes by its own name, which stands once in a document."""
    if estate.draft.holds(("private_dns_zones",), one.name):
        what = f"is a second zone of the name {one.name}"
        estate.tell(
            one,
            "",
            what,
            "only the first of them is judged; networks that are linked to this one may see other addresses",
        )
        return
    estate.draft.claim(("private_dns_zones",), one.name, one.place(), one.declared.identities)


def claim_link(estate: Estate, one: Resource) -> None:
    """A link stands in its zone under the name of the network."""
    above = estate.draft.path_of(one.parent)
    word = estate.draft.word(one.get("properties.virtualNetwork.id"), ("networks",))
    if above is None or not isinstance(word, str):
        what = "links a zone or a network that the input does not describe"
        estate.tell(one, "properties.virtualNetwork.id", what, "who sees the zone's names through it is not judged")
        return
    estate.draft.claim((*above, "links"), word, one.place(), one.declared.identities)


def zone(estate: Estate, one: Resource) -> None:
    """Its records of addresses. Those that zone groups write stand in an export, too: they are the endpoints' own."""
    path = estate.path(one)
    if path is None:
        return
    own = _names_of_endpoints(estate)
    for record in estate.children(one, RECORD):
        entries = items(record.get("properties.aRecords") or record.get("properties.ARecords"))
        found = [inner(entry, "ipv4Address") for entry in entries]
        if len(found) > 1:
            what = f"has {len(found)} addresses"
            estate.tell(record, "properties.aRecords", what, "only the first of them is judged")
        if found and not (isinstance(found[0], str) and found[0] in own):
            estate.write((*path, "records", record.name), found[0], record.place("properties.aRecords"))


def _names_of_endpoints(estate: Estate) -> set[str]:
    """The addresses of endpoints whose zone group writes their records."""
    found: set[str] = set()
    for one in estate.of(ENDPOINT):
        if any(estate.children(one, ZONE_GROUP)):
            found |= {address for address in _on_interface(estate, one) + _fixed(one, []) if isinstance(address, str)}
    return found
