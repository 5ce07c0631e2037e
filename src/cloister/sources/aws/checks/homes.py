"""Faults of belonging: what stands in one VPC and names something of another, and endpoints of an impossible kind."""

from collections.abc import Iterable, Iterator

from cloister.errors import Fault
from cloister.facts.aws_services import GATEWAY_SERVICES, short_name
from cloister.inventory.aws import Inventory, VpcEndpoint
from cloister.origin import Origin
from cloister.sources.things import called

_GROUPED = (
    "vpc_endpoints",
    "load_balancers",
    "ecs_services",
    "db_clusters",
    "instances",
    "sagemaker_domains",
    "sagemaker_notebook_instances",
    "sagemaker_jobs",
)


def home_faults(inventory: Inventory) -> Iterator[Fault]:
    """Every name of something that stands in another VPC than what names it."""
    homes = _Homes(inventory)
    for section in _GROUPED:
        for one in getattr(inventory, section):
            yield from homes.of_interfaces(called((section, one.name))[0], one)
    yield from _of_vpcs(homes)
    yield from _of_routes(homes)
    for endpoint in inventory.vpc_endpoints:
        yield from _of_endpoint(homes, endpoint)


class _Homes:
    """The VPC of everything that has one."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.tables = {one.name: one.vpc for one in inventory.route_tables}
        self.acls = {one.name: one.vpc for one in inventory.network_acls}
        self.groups = {one.name: one.vpc for one in inventory.security_groups}

    def of_interfaces(self, thing: str, one: object) -> Iterator[Fault]:
        """The faults of something with interfaces: one VPC for all of its subnets and groups."""
        subnets = getattr(one, "subnets", None) or tuple(filter(None, (getattr(one, "subnet", None),)))
        vpc = getattr(one, "vpc", None) or (subnets[0].partition("/")[0] if subnets else None)
        origin: Origin = getattr(one, "origin")  # noqa: B009 - what is read has no type of its own
        if vpc is None:
            return
        for subnet in subnets:
            if subnet.partition("/")[0] != vpc:
                reason = f"stands in {vpc} and names subnet {subnet}"
                yield Fault(thing, reason, f"name subnets of {vpc} only", origin.of("subnets"))
        groups: Iterable[str] = getattr(one, "security_groups", ())
        for group in groups:
            yield from self._foreign(thing, "security group", group, self.groups, vpc, origin.of("security_groups"))

    def _foreign(
        self, thing: str, kind: str, name: str | None, homes: dict[str, str], vpc: str, place: Origin
    ) -> Iterator[Fault]:
        home = homes.get(name or "", vpc)
        if home != vpc:
            reason = f"stands in {vpc} and names {kind} {name}, which is of {home}"
            yield Fault(thing, reason, f"name a {kind} of {vpc}", place)

    def of_vpc(self, vpc: str, thing: str, kind: str, name: str | None, place: Origin) -> Iterator[Fault]:
        """The fault of a route table, network ACL or group that is of another VPC."""
        homes = {"route table": self.tables, "network ACL": self.acls, "security group": self.groups}[kind]
        yield from self._foreign(thing, kind, name, homes, vpc, place)


def _of_vpcs(homes: _Homes) -> Iterator[Fault]:
    for vpc in homes.inventory.vpcs:
        own = (
            ("route table", vpc.main_route_table, "main_route_table"),
            ("network ACL", vpc.default_network_acl, "default_network_acl"),
            ("security group", vpc.default_security_group, "default_security_group"),
        )
        for kind, name, attribute in own:
            yield from homes.of_vpc(vpc.name, f'VPC "{vpc.name}"', kind, name, vpc.origin.of(attribute))
        for subnet in vpc.subnets:
            thing, origin = f'subnet "{vpc.name}/{subnet.name}"', subnet.origin
            yield from homes.of_vpc(vpc.name, thing, "route table", subnet.route_table, origin.of("route_table"))
            yield from homes.of_vpc(vpc.name, thing, "network ACL", subnet.network_acl, origin.of("network_acl"))


def _of_routes(homes: _Homes) -> Iterator[Fault]:
    inventory = homes.inventory
    gateways = {one.name: one.vpc for one in inventory.internet_gateways}
    gateways |= {one.name: one.subnet.partition("/")[0] for one in inventory.nat_gateways}
    gateways |= {one.name: one.subnet.partition("/")[0] for one in inventory.instances}
    peerings = {one.name: (one.vpc, one.peer_vpc) for one in inventory.vpc_peering_connections}
    for table in inventory.route_tables:
        for route in table.routes:
            thing = f'route "{table.name}/{route.name}"'
            target = route.internet_gateway or route.nat_gateway or route.instance
            if target and gateways.get(target, table.vpc) != table.vpc:
                reason = f"leads to {target}, which is of {gateways[target]}, not of {table.vpc}"
                yield Fault(thing, reason, f"name a target of {table.vpc}", route.origin)
            peering = route.vpc_peering_connection
            if peering and table.vpc not in peerings.get(peering, (table.vpc,)):
                reason = f"leads over {peering}, which does not join {table.vpc}"
                yield Fault(thing, reason, f"name a peering connection of {table.vpc}", route.origin)


def _of_endpoint(homes: _Homes, endpoint: VpcEndpoint) -> Iterator[Fault]:
    thing, origin = f'VPC endpoint "{endpoint.name}"', endpoint.origin
    if endpoint.vpc_endpoint_type == "Interface":
        if endpoint.route_tables:
            reason = "is an Interface and names route_tables, which only a Gateway has"
            yield Fault(thing, reason, "remove route_tables, or write vpc_endpoint_type: Gateway", origin)
        return
    if endpoint.subnets or endpoint.security_groups or endpoint.private_dns_enabled:
        reason = "is a Gateway, which has no subnets, security_groups or private_dns_enabled"
        yield Fault(thing, reason, "remove them, or write vpc_endpoint_type: Interface", origin)
    if short_name(endpoint.service_name) not in GATEWAY_SERVICES:
        known = " and ".join(GATEWAY_SERVICES)
        reason = f"is a Gateway for {endpoint.service_name}, and there are Gateways for {known} only"
        yield Fault(thing, reason, "write vpc_endpoint_type: Interface", origin.of("vpc_endpoint_type"))
    for table in endpoint.route_tables:
        yield from homes.of_vpc(endpoint.vpc, thing, "route table", table, origin.of("route_tables"))
