"""Services as places: their nodes in subnets, and services that call others themselves, under a name of their own."""

from collections.abc import Iterator

from cloister.fabric.addresses import Address
from cloister.fabric.egress import Egress, EgressRank
from cloister.fabric.fabric import Place, PlaceKind
from cloister.fabric.lower_azure.addresses import region_words
from cloister.fabric.lower_azure.layout import Layout
from cloister.fabric.lower_azure.services import TRUSTED, known_services
from cloister.fabric.sets import AddressSet
from cloister.facts import tables
from cloister.facts.service_kinds import service_kinds
from cloister.inventory.azure import OtherService
from cloister.inventory.azure.identities import LEARNING
from cloister.origin import Origin
from cloister.verdict import Rule

_CLUSTER = "kubernetes"
_MADE = ("loadBalancer", "managedNATGateway")
_OUTBOUND = "https://learn.microsoft.com/azure/aks/egress-outboundtype"


def service_places(layout: Layout) -> Iterator[Place]:
    """The places that services are."""
    for workspace in layout.inventory.workspaces:
        yield _acting(layout, "workspace", workspace.name, LEARNING, workspace.origin)
    for registry in layout.inventory.container_registries:
        if registry.agent_pool_subnet:
            rule = Rule(f"agent_pool_subnet of {registry.name}", registry.origin.of("agent_pool_subnet"))
            yield _standing(layout, f"{registry.name}/agent-pool", registry.agent_pool_subnet, rule)
    for service in known_services(layout.inventory):
        yield from _nodes(layout, service)
        if service_kinds()[service.kind].acts == "yes":
            yield _acting(layout, service.kind, service.name, "service", service.origin)


def _acting(layout: Layout, kind: str, name: str, word: str, origin: Origin) -> Place:
    """A service that calls others from addresses of the cloud; those know it by its identity where they care to."""
    row = next(row for row in tables.tag_members() if row.kind == "service" and row.subject == kind)
    region = layout.inventory.region
    labels, doubtful = region_words(row.tags, region), region_words(row.doubtful, region)
    place = f"{name}/{word}"
    address = Address(layout.public, place, labels, doubtful, labels_complete=True)
    rule = Rule(f"{name} acting by itself", origin)
    return Place(place, PlaceKind.INTERNET, address, rule=rule, acts_as=(TRUSTED, name))


def _nodes(layout: Layout, service: OtherService) -> Iterator[Place]:
    rule = Rule(f"subnets of {service.name}", service.origin.of("subnets"))
    for number, subnet in enumerate(service.subnets, start=1):
        name = f"{service.name}/nodes" if number == 1 else f"{service.name}/nodes-{number}"
        yield _standing(layout, name, subnet, rule, service)


def _standing(layout: Layout, name: str, subnet: str, rule: Rule, service: OtherService | None = None) -> Place:
    """Machines of a service somewhere in a subnet."""
    found = layout.inventory.subnet(subnet)
    if found is None:
        gap = f"subnet {subnet} of {name} is not in the environment"
        return Place(name, PlaceKind.UNKNOWN, Address(layout.public), gap=gap, rule=rule)
    public = service is not None and service.node_public_ip
    return Place(
        name=name,
        kind=PlaceKind.SEGMENT,
        address=Address(AddressSet.of(found[1].prefix), name),
        where=subnet,
        public_address=public,
        public_rule=Rule(f"node_public_ip of {service.name}", service.origin.of("node_public_ip")) if service else None,
        rule=rule,
        lent=tuple(made_for(service)) if service else (),
    )


def made_for(service: OtherService) -> Iterator[Egress]:
    """The way out that Azure makes for the nodes of a Kubernetes cluster, unless it is told to leave that alone."""
    settings = service.kubernetes
    if service.kind != _CLUSTER or (settings and settings.outbound_type not in _MADE):
        return
    rule = Rule(f"outbound_type of {service.name}", (settings or service).origin.of("outbound_type"), _OUTBOUND)
    doubt = "" if settings else f"whether Azure makes a way out for the nodes of {service.name} is not stated"
    mend = "state outbound_type under kubernetes"
    way = "the load balancer or NAT gateway that Azure makes for the cluster"
    yield Egress(True, way, rule, EgressRank.BALANCER, doubt=doubt, mend=mend)  # noqa: FBT003 - it is open
