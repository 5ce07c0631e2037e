"""Private DNS zones with the records that private endpoints write, names of machines, and what public DNS says."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cloister.fabric.addresses import Address
from cloister.fabric.lower_azure.addresses import region_words
from cloister.fabric.lower_azure.islands import Link, links_by_target
from cloister.fabric.lower_azure.layout import Layout
from cloister.fabric.lower_azure.monitoring import RESOURCE, SCOPE
from cloister.fabric.lower_azure.services import Resource, fill, name_rows, resources
from cloister.fabric.names import KnownHost, MachineName, PublicName, Record, Zone, ZoneView
from cloister.facts import tables
from cloister.facts.tables import ServiceName
from cloister.inventory.azure import Inventory, Machine, PrivateDnsZone, PrivateEndpoint, ZoneLink
from cloister.verdict import Rule

_PRIVATE_LINK = "privatelink"


def lower_zones(layout: Layout) -> tuple[Zone, ...]:
    """The private zones, each with its hand-written records and those of zone groups."""
    written = list(_zone_group_records(layout.inventory))
    return tuple(
        _zone(layout.inventory, zone, [record for name, record in written if name == zone.name.lower()])
        for zone in layout.inventory.private_dns_zones
    )


def _zone(inventory: Inventory, zone: PrivateDnsZone, written: list[Record]) -> Zone:
    name = zone.name.lower()
    by_hand = (
        Record(_full_name(label, name), address, Rule(f"record {label} in zone {name}", zone.origin.of("records")))
        for label, address in zone.records
    )
    views = tuple(_view(name, link) for link in zone.links)
    records = _unambiguous([*by_hand, *written, *_registered(inventory, zone)])
    return Zone(name, records, views, Rule(f"zone {name}", zone.origin))


def _view(zone: str, link: ZoneLink) -> ZoneView:
    """A link; falling back to public names is for zones of private link alone."""
    counts = _PRIVATE_LINK in zone.split(".")
    rule = Rule(f"link {zone} -> {link.network}", link.origin)
    redirects = link.nxdomain_redirect
    return ZoneView(link.network, redirects and counts, rule, redirects and not counts, link.registration)


def _registered(inventory: Inventory, zone: PrivateDnsZone) -> Iterator[Record]:
    """The machines of the networks that are linked with registration."""
    source = tables.behaviours()["registration"].source
    for link in zone.links:
        rule = Rule(f"registration of {link.network}", link.origin.of("registration"), source)
        for machine in _machines(inventory, link.network) if link.registration else ():
            yield Record(f"{machine.name}.{zone.name}".lower(), machine.private_ip, rule)


def _machines(inventory: Inventory, network: str) -> Iterator[Machine]:
    return (machine for machine in inventory.machines if machine.subnet.partition("/")[0] == network)


def lower_machine_names(layout: Layout) -> tuple[MachineName, ...]:
    """The machines that Azure DNS of each network knows by name."""
    source = tables.behaviours()["machine-names"].source
    return tuple(
        MachineName(
            label=machine.name.lower(),
            network=network.name,
            address=machine.private_ip,
            rule=Rule(f"machine {machine.name}", machine.origin.of("private_ip"), source),
        )
        for network in layout.inventory.networks
        for machine in _machines(layout.inventory, network.name)
    )


def lower_suffixes(layout: Layout, meaning: str) -> tuple[str, ...]:
    """The suffixes that Azure DNS treats in a way of its own."""
    return tuple(row.suffix for row in tables.name_suffixes(layout.inventory.cloud.value, meaning))


def _full_name(label: str, zone: str) -> str:
    return zone if label == "@" else f"{label}.{zone}".lower()


def _unambiguous(records: list[Record]) -> tuple[Record, ...]:
    """One record a name: where several writers disagree, the last wins, and the input does not say which it is."""
    source = tables.behaviours()["two-writers"].source
    result: dict[str, Record] = {}
    for record in records:
        other = result.get(record.name)
        if other is not None and other.address != record.address:
            rule = replace(record.rule, name=f"{other.rule.name} and {record.rule.name}", source=source)
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
    name = _full_name(fill(row.record, inventory, resource), fill(row.zone, inventory, resource))
    return Record(name, address, Rule(f"zone group of {endpoint.name}", endpoint.origin.of("zones")))


def lower_public_names(layout: Layout) -> tuple[PublicName, ...]:
    """What public DNS says of the services: an alias once there is a private endpoint, then the public address."""
    made = links_by_target(layout.inventory)
    return tuple(
        name
        for kind, resource in resources(layout.inventory)
        for name in (
            *_service_names(layout, kind, resource, made.get(resource.name, ())),
            *_instance_names(layout, kind, resource),
        )
    )


def _service_names(layout: Layout, kind: str, resource: Resource, made: Sequence[Link]) -> Iterator[PublicName]:
    inventory = layout.inventory
    if kind == RESOURCE and any(service.kind == SCOPE for service in inventory.services):
        return  # the hosts are everybody's, and told of the scope
    fact = tables.behaviours()["public-alias"]
    stated = (endpoint for endpoint in inventory.private_endpoints if endpoint.target == resource.name)
    endpoints: set[tuple[str, str]] = {(endpoint.subresource, endpoint.approval) for endpoint in stated}
    endpoints |= {(link.subresource, link.state) for link in made}
    for row in {row.door: row for row in reversed(name_rows(inventory, kind))}.values():
        own = (row.subresource, "Approved") in endpoints
        host = fill(row.host, inventory, resource)
        yield PublicName(
            host=host,
            alias=fill(row.alias, inventory, resource) if endpoints or kind == "workspace" else "",
            alias_certain=own or not (endpoints or kind == "workspace"),
            address=_public_address(layout, kind, host) if row.alias or not endpoints else None,
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
