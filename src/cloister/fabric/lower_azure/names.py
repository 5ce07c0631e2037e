"""Private DNS zones with the records that private endpoints write, name servers, and what public DNS says."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address

from cloister.fabric.addresses import Address
from cloister.fabric.lower_azure.addresses import region_words
from cloister.fabric.lower_azure.firewalls import answers_names
from cloister.fabric.lower_azure.islands import links_to
from cloister.fabric.lower_azure.layout import Layout
from cloister.fabric.lower_azure.services import Resource, fill, name_rows, resources
from cloister.fabric.names import Forward, KnownHost, NameServer, PublicName, Record, Zone, ZoneView
from cloister.facts import tables
from cloister.facts.tables import ServiceName
from cloister.inventory.azure import Firewall, Inventory, OnPremises, PrivateDnsZone, PrivateEndpoint
from cloister.verdict import Rule


def lower_zones(layout: Layout) -> tuple[Zone, ...]:
    """The private zones, each with its hand-written records and those of zone groups."""
    written = list(_zone_group_records(layout.inventory))
    return tuple(
        _zone(zone, [record for name, record in written if name == zone.name.lower()])
        for zone in layout.inventory.private_dns_zones
    )


def _zone(zone: PrivateDnsZone, written: list[Record]) -> Zone:
    name = zone.name.lower()
    by_hand = (
        Record(_full_name(label, name), address, Rule(f"record {label} in zone {name}", zone.origin.of("records")))
        for label, address in zone.records
    )
    views = (
        ZoneView(link.network, link.nxdomain_redirect, Rule(f"link {name} -> {link.network}", link.origin))
        for link in zone.links
    )
    return Zone(name, _unambiguous([*by_hand, *written]), tuple(views), Rule(f"zone {name}", zone.origin))


def _full_name(label: str, zone: str) -> str:
    return zone if label == "@" else f"{label}.{zone}".lower()


def _unambiguous(records: list[Record]) -> tuple[Record, ...]:
    """One record a name: where several writers disagree, the last wins, and the input does not say which it is."""
    result: dict[str, Record] = {}
    for record in records:
        other = result.get(record.name)
        if other is not None and other.address != record.address:
            rule = replace(record.rule, name=f"{other.rule.name} and {record.rule.name}")
            result[record.name] = Record(record.name, None, rule)
        else:
            result[record.name] = record
    return tuple(result.values())


def _zone_group_records(inventory: Inventory) -> Iterator[tuple[str, Record]]:
    targets = {resource.name: (kind, resource) for kind, resource in resources(inventory)}
    for endpoint in inventory.private_endpoints:
        if endpoint.target not in targets:
            continue
        kind, resource = targets[endpoint.target]
        for row in name_rows(inventory, kind):
            zone = fill(row.zone, inventory, resource)
            if row.subresource == endpoint.subresource and zone in {name.lower() for name in endpoint.zones}:
                yield zone, _written_record(inventory, endpoint, row, resource)


def _written_record(inventory: Inventory, endpoint: PrivateEndpoint, row: ServiceName, resource: Resource) -> Record:
    member = int(row.member)
    address = endpoint.private_ips[member] if member < len(endpoint.private_ips) else None
    name = f"{fill(row.record, inventory, resource)}.{fill(row.zone, inventory, resource)}"
    return Record(name, address, Rule(f"zone group of {endpoint.name}", endpoint.origin.of("zones")))


def lower_public_names(layout: Layout) -> tuple[PublicName, ...]:
    """What public DNS says of the services: an alias once there is a private endpoint, then the public address."""
    return tuple(
        name
        for kind, resource in resources(layout.inventory)
        for name in (*_service_names(layout, kind, resource), *_instance_names(layout, kind, resource))
    )


def _service_names(layout: Layout, kind: str, resource: Resource) -> Iterator[PublicName]:
    inventory = layout.inventory
    fact = tables.behaviours()["public-alias"]
    stated = (endpoint for endpoint in inventory.private_endpoints if endpoint.target == resource.name)
    endpoints: set[tuple[str, str]] = {(endpoint.subresource, endpoint.approval) for endpoint in stated}
    endpoints |= {(link.subresource, link.state) for link in links_to(inventory, resource.name)}
    for row in {row.door: row for row in reversed(name_rows(inventory, kind))}.values():
        own = (row.subresource, "Approved") in endpoints
        host = fill(row.host, inventory, resource)
        yield PublicName(
            host=host,
            alias=fill(row.alias, inventory, resource) if endpoints or kind == "workspace" else "",
            alias_certain=own or not (endpoints or kind == "workspace"),
            address=_public_address(layout, kind, host),
            door=f"{resource.name}/{row.door}",
            rule=Rule("public DNS", source=fact.source),
        )


def _instance_names(layout: Layout, kind: str, resource: Resource) -> Iterator[PublicName]:
    inventory = layout.inventory
    if kind != "workspace":
        return
    for compute in inventory.computes:
        own = compute.kind == "instance" and inventory.workspace_of(compute) is resource
        for row in name_rows(inventory, "instance") if own else ():
            host = fill(row.host, inventory, resource, compute.name)
            yield PublicName(
                host=host,
                alias=fill(row.alias, inventory, resource),
                alias_certain=True,
                address=_public_address(layout, kind, host),
                door=compute.name if row.door == "instance" else f"{compute.name}/{row.door}",
                rule=Rule("public DNS", source=row.source),
            )


def _public_address(layout: Layout, kind: str, host: str) -> Address:
    row = next(row for row in tables.tag_members() if row.kind == "service" and row.subject == kind)
    labels = region_words(row.tags, layout.inventory.region)
    doubtful = region_words(row.doubtful, layout.inventory.region)
    return Address(layout.public, host, labels, doubtful, labels_complete=True)


def lower_known_hosts(layout: Layout) -> tuple[KnownHost, ...]:
    """The hosts whose service tags are known; exact names before patterns, longer patterns first."""
    rows = [row for row in tables.tag_members() if row.kind == "host"]
    region = layout.inventory.region
    rows.sort(key=lambda row: (row.subject.startswith("*"), -len(row.subject)))
    return tuple(
        KnownHost(row.subject, region_words(row.tags, region), region_words(row.doubtful, region)) for row in rows
    )


def lower_service_zones(layout: Layout) -> tuple[str, ...]:
    """The zones in which records of services belong in this cloud and region."""
    rows = tables.service_names(layout.inventory.cloud.value)
    return tuple(sorted({row.zone.replace("{region}", layout.inventory.region).lower() for row in rows}))


def lower_public_suffixes(layout: Layout) -> tuple[str, ...]:
    """The suffixes that a name server elsewhere has to forward for those services."""
    rows = tables.service_names(layout.inventory.cloud.value)
    words = (row.public_suffixes.replace("{region}", layout.inventory.region).lower().split() for row in rows)
    return tuple(sorted({suffix for suffixes in words for suffix in suffixes}))


def lower_name_servers(layout: Layout) -> tuple[NameServer, ...]:
    """The name servers whose behaviour is known: firewalls, and the servers of sites."""
    firewalls = (_firewall_server(layout.inventory, firewall) for firewall in layout.inventory.firewalls)
    return (*firewalls, *(_site_server(site) for site in layout.inventory.on_premises))


def _firewall_server(inventory: Inventory, firewall: Firewall) -> NameServer:
    fact = tables.behaviours()["firewall-proxy"]
    policy = inventory.policies_of(firewall)[-1]
    forwards = tuple(
        Forward("", server, Rule(f"dns_servers of {policy.name}", policy.origin.of("dns_servers")))
        for server in policy.dns_servers[:1]
    )
    return NameServer(
        name=firewall.name,
        address=firewall.private_ip,
        place=firewall.name,
        network=firewall.network,
        records=(),
        forwards=forwards,
        rule=Rule(f"dns_proxy of {policy.name}", policy.origin.of("dns_proxy"), fact.source),
        refuses="" if answers_names(inventory, firewall) else _why_silent(firewall),
        refusal_mend=f"turn on dns_proxy of firewall {firewall.name}, which takes the Standard tier",
    )


def _why_silent(firewall: Firewall) -> str:
    if firewall.sku_tier == "Basic":
        return f"firewall {firewall.name} is of the Basic tier, which has no DNS proxy"
    return f"the DNS proxy of firewall {firewall.name} is off"


def _site_server(site: OnPremises) -> NameServer:
    rule = Rule(f"name server of {site.name}", site.origin.of("dns_server"))
    stated = Rule(f"static_records of {site.name}", site.origin.of("static_records"))
    forwarded = Rule(f"forwarders of {site.name}", site.origin.of("forwarders"))
    return NameServer(
        name=f"name server of {site.name}",
        address=site.dns_server,
        place=site.name,
        network="",
        records=tuple(Record(name.lower(), IPv4Address(address), stated) for name, address in site.static_records),
        forwards=tuple(Forward(suffix.lower().strip("."), server, forwarded) for suffix, server in site.forwarders),
        rule=rule,
    )
