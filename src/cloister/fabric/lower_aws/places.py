"""The places from which a question can be asked: whoever stands in a subnet, workloads, balancers, SageMaker."""

from collections.abc import Iterator
from dataclasses import replace

from cloister.fabric.addresses import Address
from cloister.fabric.fabric import Place, PlaceKind
from cloister.fabric.filters import Filter
from cloister.fabric.lower_aws.filters import groups_filter
from cloister.fabric.lower_aws.given import Interface
from cloister.fabric.lower_aws.layout import Layout
from cloister.fabric.lower_aws.listeners import listeners_of
from cloister.fabric.lower_aws.networks import KEPT_SEGMENT
from cloister.fabric.sets import AddressSet
from cloister.facts import tables
from cloister.facts.managed_networks import STAND_IN_SPACE
from cloister.inventory.aws import (
    DbCluster,
    EcsService,
    Instance,
    LoadBalancer,
    NotebookInstance,
    SageMakerDomain,
    SageMakerJob,
)
from cloister.origin import Origin
from cloister.verdict import Rule

INTERNET = "internet"
_Standing = EcsService | DbCluster | LoadBalancer | Instance | SageMakerDomain | NotebookInstance | SageMakerJob


def lower_places(layout: Layout) -> dict[str, Place]:
    """The places by name."""
    places = [
        *_segments(layout),
        *_workloads(layout),
        *_learning(layout),
        Place(INTERNET, PlaceKind.INTERNET, Address(layout.public, "the internet", labels_complete=True)),
    ]
    return {place.name: place for place in places}


def _segments(layout: Layout) -> Iterator[Place]:
    """Subnets as places: somebody in them whose own groups let everything through."""
    taken = AddressSet.of(*(one.address for one in layout.interfaces if one.address))
    for vpc, subnet in layout.inventory.subnets():
        name = f"{vpc.name}/{subnet.name}"
        shown = subnet.map_public_ip_on_launch and layout.has_way_in(name)
        rule = Rule(f"subnet {name}", subnet.origin)
        public = Rule(f"map_public_ip_on_launch of {name}", subnet.origin.of("map_public_ip_on_launch"))
        address = Address(AddressSet.of(subnet.cidr_block) - taken, name)
        yield Place(name, PlaceKind.SEGMENT, address, name, rule=rule, public_address=shown, public_rule=public)


def _workloads(layout: Layout) -> Iterator[Place]:
    for service in layout.inventory.ecs_services:
        yield from _standing(layout, "ecs_services", service, "assign_public_ip", public=service.assign_public_ip)
    for cluster in layout.inventory.db_clusters:
        yield from _standing(layout, "db_clusters", cluster, "publicly_accessible", public=cluster.publicly_accessible)
    for balancer in layout.inventory.load_balancers:
        yield from _standing(layout, "load_balancers", balancer, "internal", public=not balancer.internal)
    for one in layout.inventory.instances:
        yield from _standing(layout, "instances", one, "associate_public_ip_address", public=_is_shown(layout, one))


def _is_shown(layout: Layout, one: Instance) -> bool:
    """Whether an instance has a public address: what is said of it, or else what its subnet gives."""
    if one.associate_public_ip_address is not None:
        return one.associate_public_ip_address
    found = layout.inventory.subnet(one.subnet)
    return one.public_ip is not None or bool(found and found[1].map_public_ip_on_launch)


def _learning(layout: Layout) -> Iterator[Place]:
    for domain in layout.inventory.sagemaker_domains:
        yield from _standing(layout, "sagemaker_domains", domain, "subnets", public=False)
        if domain.app_network_access_type != "VpcOnly":
            name = f"{layout.owner_name('sagemaker_domains', domain.name)}/internet"
            yield _kept(name, domain.origin.of("app_network_access_type"))
    for notebook in layout.inventory.sagemaker_notebook_instances:
        name = layout.owner_name("sagemaker_notebook_instances", notebook.name)
        yield from _standing(layout, "sagemaker_notebook_instances", notebook, "subnet", public=False)
        if notebook.direct_internet_access == "Enabled":
            kept = f"{name}/internet" if notebook.subnet else name
            yield _kept(kept, notebook.origin.of("direct_internet_access"))
    for job in layout.inventory.sagemaker_jobs:
        isolated = _isolated(job.origin) if job.enable_network_isolation else None
        if not job.subnets:
            yield _kept(layout.owner_name("sagemaker_jobs", job.name), job.origin, isolated)
        yield from _standing(layout, "sagemaker_jobs", job, "subnets", public=False, instead=isolated)


def _kept(name: str, origin: Origin, isolated: Filter | None = None) -> Place:
    """What stands in SageMaker's own network."""
    rule = Rule(f"{name} in SageMaker's own network", origin, tables.aws_behaviours()["studio-internet"].source)
    address = Address(AddressSet.of(STAND_IN_SPACE), name)
    return Place(name, PlaceKind.SEGMENT, address, KEPT_SEGMENT, filter=isolated, rule=rule)


def _isolated(origin: Origin) -> Filter:
    """A filter that lets nothing through: that of a container without a network."""
    source = tables.aws_behaviours()["network-isolation"].source
    return Filter("network isolation", (), (), Rule("network isolation", origin.of("enable_network_isolation"), source))


def _standing(
    layout: Layout, section: str, one: _Standing, attribute: str, *, public: bool, instead: Filter | None = None
) -> Iterator[Place]:
    """One place for each interface of a resource, public by that attribute; `instead` of its groups a filter."""
    found = zip(layout.place_names(section, one.name), layout.interfaces_of(section, one.name), strict=True)
    shown_by = Rule(f"{attribute} of {one.name}", one.origin.of(attribute))
    for name, interface in found:
        place = _at(layout, name, interface, one)
        shown = public and layout.has_way_in(interface.subnet)
        yield replace(place, public_address=shown, public_rule=shown_by, filter=instead or place.filter)


def _at(layout: Layout, name: str, interface: Interface, one: _Standing) -> Place:
    rule = Rule(f"{name} in {interface.subnet}", interface.origin)
    if interface.address is None:
        gap = f"{interface.subnet} has no address free for {name}"
        return Place(name, PlaceKind.UNKNOWN, Address(layout.public), gap=gap, rule=rule)
    outside = one.public_ip if isinstance(one, Instance) else None
    return Place(
        name=name,
        kind=PlaceKind.SEGMENT,
        address=Address.exactly(interface.address),
        where=interface.subnet,
        filter=groups_filter(layout, interface.groups, interface.origin),
        rule=rule,
        shown=AddressSet.of(outside) if outside else AddressSet(),
        forwards=False if isinstance(one, Instance) and one.source_dest_check else None,
        listeners=listeners_of(layout, one) if isinstance(one, LoadBalancer) else (),
    )
