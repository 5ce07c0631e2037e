"""Azure resources lowered to the data plane. The words of Azure end here."""

from cloister.fabric.fabric import Fabric
from cloister.fabric.lower_azure import (
    addresses,
    balancers,
    firewalls,
    forwarders,
    islands,
    monitoring,
    names,
    networks,
    places,
    scoring,
    servers,
    services,
)
from cloister.fabric.lower_azure.filters import Filters
from cloister.fabric.lower_azure.gaps import with_gaps
from cloister.fabric.lower_azure.layout import Layout
from cloister.fabric.lower_azure.published import PublishedTags
from cloister.facts import tables
from cloister.inventory.azure import Inventory
from cloister.verdict import Rule

__all__ = ["lower"]


def lower(inventory: Inventory, published: PublishedTags | None = None) -> Fabric:
    """The data plane of one environment; references in the inventory are taken to be checked by its reader.

    With the published list of service tags, what tags mean is exact for every address that is known.
    """
    return with_gaps(_lowered(inventory, published), inventory)


def _lowered(inventory: Inventory, published: PublishedTags | None) -> Fabric:
    layout = Layout.of(inventory, published)
    standing = Filters.of(layout)
    endpoints = (*services.lower_endpoints(layout), *islands.island_endpoints(inventory))
    public_names = names.lower_public_names(layout)
    return Fabric(
        name=inventory.name,
        public=layout.public,
        platform=networks.platform(),
        networks=networks.lower_networks(layout) | islands.island_networks(inventory),
        segments=networks.lower_segments(layout, standing) | islands.island_segments(inventory),
        sites=networks.lower_sites(layout),
        gateways=networks.lower_gateways(layout),
        appliances=(
            *firewalls.lower_firewalls(layout),
            *forwarders.lower_forwarders(layout),
            *islands.island_appliances(inventory),
        ),
        frontends=tuple(balancers.lower_frontends(layout)),
        places=places.lower_places(layout, standing),
        endpoints=tuple(monitoring.with_monitoring(inventory, scoring.with_scoring(inventory, endpoints))),
        services=services.lower_services(layout) | scoring.scoring_services(inventory),
        zones=(*names.lower_zones(layout), *islands.island_zones(inventory)),
        rulesets=servers.lower_rulesets(layout),
        name_servers=servers.lower_name_servers(layout),
        machine_names=names.lower_machine_names(layout),
        machine_suffixes=names.lower_suffixes(layout, "machines"),
        reserved_suffixes=names.lower_suffixes(layout, "reserved"),
        public_names=(*public_names, *scoring.scoring_names(inventory, public_names)),
        known_hosts=names.lower_known_hosts(layout),
        published=addresses.lower_tags(layout),
        cloud_labels=frozenset(row.subject.lower() for row in tables.tag_members() if row.kind == "own-tag"),
        cloud_suffixes=tuple(row.subject for row in tables.tag_members() if row.kind == "own-suffix"),
        service_zones=names.lower_service_zones(layout),
        public_suffixes=names.lower_public_suffixes(layout),
        behaviours={name: Rule(row.text, source=row.source) for name, row in tables.behaviours().items()},
    )
