"""AWS resources lowered to the data plane. The words of AWS end here."""

from cloister.fabric.fabric import Fabric
from cloister.fabric.lower_aws import names, networks, places, services
from cloister.fabric.lower_aws.gaps import with_gaps
from cloister.fabric.lower_aws.layout import Layout
from cloister.facts import tables
from cloister.inventory.aws import Inventory
from cloister.verdict import Rule

__all__ = ["lower"]


def lower(inventory: Inventory) -> Fabric:
    """The data plane of one environment; references in the inventory are taken to be checked by its reader."""
    return with_gaps(_lowered(inventory), inventory)


def _lowered(inventory: Inventory) -> Fabric:
    layout = Layout(inventory)
    own = {name: Rule(row.text, source=row.source) for name, row in tables.aws_behaviours().items()}
    return Fabric(
        name=inventory.name,
        public=layout.public,
        platform=networks.platform(),
        networks=networks.lower_networks(layout),
        segments=networks.lower_segments(layout),
        sites={},
        gateways={},
        appliances=(),
        places=places.lower_places(layout),
        endpoints=services.lower_endpoints(layout),
        services=services.lower_services(layout),
        zones=names.lower_zones(layout),
        rulesets=(),
        name_servers=(),
        machine_names=(),
        machine_suffixes=(),
        reserved_suffixes=(),
        public_names=names.lower_public_names(layout),
        known_hosts=names.lower_known_hosts(layout),
        published=names.published(layout),
        cloud_labels=names.cloud_labels(layout),
        cloud_suffixes=names.SUFFIXES,
        service_zones=(),
        public_suffixes=(),
        behaviours={name: Rule(name) for name in tables.behaviours()} | own,
    )
