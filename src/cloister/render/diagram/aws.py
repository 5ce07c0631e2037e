"""An AWS inventory as the boxes of a map.

What has interfaces in several subnets stands in each of them, under the name that questions give it there; its own name
leads to the first.
"""

from collections.abc import Iterator

from cloister.inventory.aws import Inventory, Subnet, Vpc
from cloister.render.diagram.standing import INTERNET, Area, Estate, Node, Zone, gathered

_MOST_SERVICES = 8


def estate(inventory: Inventory, many: str) -> Estate:
    """Everything that a map shows of an inventory; `many` is the form of the words for many of one kind."""
    return Estate(
        inventory.name,
        (Node(INTERNET, (INTERNET,)),),
        tuple(_area(inventory, vpc, many) for vpc in inventory.vpcs),
        tuple(gathered(_services(inventory), many, _MOST_SERVICES)),
    )


def _area(inventory: Inventory, vpc: Vpc, many: str) -> Area:
    pairs = [(one.vpc, one.peer_vpc) for one in inventory.vpc_peering_connections]
    peers = tuple(peer for own, peer in pairs if own == vpc.name and peer)
    zones = tuple(_zone(inventory, vpc, subnet, many) for subnet in vpc.subnets)
    edge = tuple(gathered(_at_the_edge(inventory, vpc.name), many))
    rest = (Zone(f"{vpc.name}/", "", "", (), edge),) if edge else ()
    return Area(vpc.name, ", ".join(map(str, vpc.cidr_blocks)), (*zones, *rest), peers)


def _zone(inventory: Inventory, vpc: Vpc, subnet: Subnet, many: str) -> Zone:
    name = f"{vpc.name}/{subnet.name}"
    tags = (subnet.availability_zone, subnet.route_table or vpc.main_route_table, subnet.network_acl)
    nodes = tuple(gathered(_in_subnet(inventory, name), many))
    return Zone(name, subnet.name, str(subnet.cidr_block), tuple(tag for tag in tags if tag), nodes)


def _in_subnet(inventory: Inventory, name: str) -> Iterator[Node]:
    yield from (Node("NAT gateway", (one.name,)) for one in inventory.nat_gateways if one.subnet == name)
    yield from (Node("instance", (one.name,)) for one in inventory.instances if one.subnet == name)
    for kind, found in (
        ("service", inventory.ecs_services),
        ("database", inventory.db_clusters),
        ("load balancer", inventory.load_balancers),
        ("SageMaker domain", inventory.sagemaker_domains),
        ("SageMaker job", inventory.sagemaker_jobs),
    ):
        yield from (Node(kind, _names(one.name, one.subnets, name)) for one in found if name in one.subnets)
    for notebook in inventory.sagemaker_notebook_instances:
        if notebook.subnet == name:
            yield Node("notebook", (notebook.name,))
    for endpoint in inventory.vpc_endpoints:
        if name in endpoint.subnets:
            names = _names(endpoint.name, endpoint.subnets, name)
            yield Node("VPC endpoint", names, endpoint.service_name.rpartition(".")[2])


def _names(name: str, subnets: tuple[str, ...], subnet: str) -> tuple[str, ...]:
    """What something is called in one of its subnets: `tracking[private-a]` where there are several."""
    if len(subnets) == 1:
        return (name,)
    there = f"{name}[{subnet.partition('/')[2]}]"
    return (there, name) if subnet == subnets[0] else (there,)


def _at_the_edge(inventory: Inventory, vpc: str) -> Iterator[Node]:
    """What belongs to a VPC and stands in no subnet of it."""
    yield from (Node("internet gateway", (one.name,)) for one in inventory.internet_gateways if one.vpc == vpc)
    for endpoint in inventory.vpc_endpoints:
        if endpoint.vpc == vpc and not endpoint.subnets:
            yield Node("VPC endpoint", (endpoint.name,), endpoint.service_name.rpartition(".")[2])


def _services(inventory: Inventory) -> Iterator[Node]:
    """What answers under names of AWS, and what runs in networks of AWS's own."""
    yield from (Node("REST API", (one.name,), one.endpoint_type) for one in inventory.rest_apis)
    yield from (Node("bucket", (one.name,)) for one in inventory.s3_buckets)
    yield from (Node("user pool", (one.name,)) for one in inventory.cognito_user_pools)
    yield from (Node("notebook", (one.name,)) for one in inventory.sagemaker_notebook_instances if not one.subnet)
    yield from (Node("SageMaker job", (one.name,), one.kind) for one in inventory.sagemaker_jobs if not one.subnets)
