"""VPCs as networks and subnets as segments, and the network in which SageMaker runs what stands in no subnet."""

from ipaddress import IPv4Address

from cloister.fabric.addresses import AddressMatch
from cloister.fabric.egress import Egress
from cloister.fabric.fabric import Network, Platform, Segment
from cloister.fabric.lower_aws.filters import border
from cloister.fabric.lower_aws.layout import Layout
from cloister.fabric.lower_aws.policies import through_gateways
from cloister.fabric.lower_aws.routes import local_routes, subnet_routes
from cloister.fabric.routes import Hop, HopKind, Preference, Route
from cloister.fabric.sets import AddressSet
from cloister.facts import tables
from cloister.facts.managed_networks import STAND_IN_SPACE
from cloister.inventory.aws import Subnet, Vpc
from cloister.verdict import Rule

KEPT = "sagemaker"
"""The network that SageMaker keeps for what stands in no subnet."""
KEPT_SEGMENT = f"{KEPT}/managed"
_RESOLVER = IPv4Address("169.254.169.253")
_SPARED = AddressSet.of("169.254.169.253", "169.254.169.254", "169.254.169.123")
"""The resolver, the instance's metadata and the clock, which no filter keeps from anybody."""


def platform() -> Platform:
    """Amazon's own addresses on every host."""
    rule = Rule("Amazon's own addresses", source=tables.aws_behaviours()["amazon-dns"].source)
    switch, mend = "source_dest_check is on", "set source_dest_check: false"
    return Platform(_RESOLVER, _SPARED, frozenset(), rule, forwarding_off=switch, forwarding_mend=mend)


def lower_networks(layout: Layout) -> dict[str, Network]:
    """The VPCs by name, and SageMaker's own network where anything stands in it."""
    return {vpc.name: _network(vpc) for vpc in layout.inventory.vpcs} | {KEPT: _kept_network()}


def _network(vpc: Vpc) -> Network:
    unresolved = f"enable_dns_support of {vpc.name} is off, so nobody answers names there"
    return Network(
        name=vpc.name,
        space=AddressSet.of(*vpc.cidr_blocks),
        routes=local_routes(vpc),
        peers=(),
        broken_peers=(),
        name_servers=vpc.domain_name_servers,
        rule=Rule(f"VPC {vpc.name}", vpc.origin.of("domain_name_servers")),
        no_resolver="" if vpc.enable_dns_support else unresolved,
    )


def lower_segments(layout: Layout) -> dict[str, Segment]:
    """The subnets by `vpc/subnet`."""
    found = {f"{vpc.name}/{subnet.name}": _segment(layout, vpc, subnet) for vpc, subnet in layout.inventory.subnets()}
    return found | {KEPT_SEGMENT: _kept_segment()}


def _segment(layout: Layout, vpc: Vpc, subnet: Subnet) -> Segment:
    name = f"{vpc.name}/{subnet.name}"
    rule, stands = Rule(f"subnet {name}", subnet.origin), border(layout, vpc, subnet)
    mend = f"route 0.0.0.0/0 of {name} to a NAT gateway"
    return Segment(
        name=name,
        network=vpc.name,
        space=AddressSet.of(subnet.cidr_block),
        filter=stands.requests,
        routes=subnet_routes(layout, vpc, subnet),
        learns_routes=False,
        egress=Egress(open=False, text="no route leads to the internet", rule=rule, mend=mend),
        services=frozenset(),
        rule=rule,
        policies=tuple(through_gateways(layout, vpc, layout.table_of(vpc, subnet))),
        replies=stands.replies,
    )


def _kept_network() -> Network:
    rule = Rule(KEPT, source=tables.aws_behaviours()["studio-internet"].source)
    return Network(KEPT, AddressSet.of(STAND_IN_SPACE), (), (), (), (), rule)


def _kept_segment() -> Segment:
    rule = Rule("SageMaker's own network", source=tables.aws_behaviours()["studio-internet"].source)
    out = Route(
        AddressMatch.of("everything", AddressSet.everything()), 0, Preference.SYSTEM, Hop(HopKind.INTERNET), rule
    )
    return Segment(
        name=KEPT_SEGMENT,
        network=KEPT,
        space=AddressSet.of(STAND_IN_SPACE),
        filter=None,
        routes=(out,),
        learns_routes=False,
        egress=Egress(open=True, text="SageMaker's own network", rule=rule),
        services=frozenset(),
        rule=rule,
    )
