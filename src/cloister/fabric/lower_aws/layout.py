"""What the whole lowering asks again and again, worked out once."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cloister.fabric.addresses import AddressMatch
from cloister.fabric.lower_aws.given import Interface, interfaces
from cloister.fabric.sets import AddressSet
from cloister.facts import tables
from cloister.inventory.aws import Inventory, RouteTable, Subnet, Vpc

_WORDS = {
    "ecs_services": "service",
    "db_clusters": "database",
    "load_balancers": "balancer",
    "instances": "instance",
    "sagemaker_domains": "domain",
    "sagemaker_notebook_instances": "notebook",
    "sagemaker_jobs": "job",
}
"""What goes before the name of a place where something else has the same name."""
_DOORS = ("rest_apis", "s3_buckets")


@dataclass(frozen=True)
class Layout:
    """An environment with the addresses and names of what stands in it."""

    inventory: Inventory

    @cached_property
    def public(self) -> AddressSet:
        """The public addresses."""
        return ~AddressSet.of(*(row.prefix for row in tables.special_addresses()))

    @cached_property
    def interfaces(self) -> tuple[Interface, ...]:
        """Every interface."""
        return interfaces(self.inventory)

    def interfaces_of(self, section: str, owner: str) -> tuple[Interface, ...]:
        """The interfaces of one resource, in the order of its subnets."""
        return tuple(one for one in self.interfaces if (one.section, one.owner) == (section, owner))

    @cached_property
    def members(self) -> dict[str, AddressMatch]:
        """Each security group as the addresses of its members."""
        held: dict[str, list[AddressSet]] = {group.name: [] for group in self.inventory.security_groups}
        for one in self.interfaces:
            for group in one.groups:
                held.setdefault(group, []).append(AddressSet.of(*(one.address,) if one.address else ()))
        return {name: AddressMatch.of(f"group {name}", AddressSet.union(found)) for name, found in held.items()}

    @cached_property
    def _shared_names(self) -> frozenset[str]:
        """The names that more than one resource has of those which a question can mean."""
        seen: dict[str, int] = {}
        for section in (*_WORDS, *_DOORS):
            for one in getattr(self.inventory, section):
                seen[one.name] = seen.get(one.name, 0) + 1
        return frozenset(name for name, times in seen.items() if times > 1)

    def owner_name(self, section: str, owner: str) -> str:
        """What a resource is called as a place: its name, after a word for its kind where others have it as well."""
        return f"{_WORDS[section]}.{owner}" if owner in self._shared_names else owner

    def place_names(self, section: str, owner: str) -> tuple[str, ...]:
        """The names of a resource's places, one for each of its subnets."""
        name, found = self.owner_name(section, owner), self.interfaces_of(section, owner)
        if len(found) == 1:
            return (name,)
        return tuple(f"{name}[{one.subnet.partition('/')[2]}]" for one in found)

    def owners_of_places(self) -> Iterator[tuple[str, str]]:
        """Every resource that has places, with the name of each of them."""
        for section in _WORDS:
            for one in getattr(self.inventory, section):
                yield from ((self.owner_name(section, one.name), name) for name in self.place_names(section, one.name))

    def region_of(self, vpc: Vpc) -> str:
        """The region of a VPC."""
        return vpc.region or self.inventory.region

    def account_id(self, account: str | None) -> str:
        """The id of an account, empty where none is known."""
        found = self.inventory.account(account)
        return found.account_id if found else ""

    def table_of(self, vpc: Vpc, subnet: Subnet) -> RouteTable | None:
        """The route table of a subnet: its own or the main one; none where that is not written out."""
        name = subnet.route_table or vpc.main_route_table
        return next((table for table in self.inventory.route_tables if table.name == name), None)

    def has_way_in(self, subnet: str) -> bool:
        """Whether routes of a subnet lead to an internet gateway, so that public addresses in it count."""
        found = self.inventory.subnet(subnet)
        table = self.table_of(*found) if found else None
        return table is not None and any(route.internet_gateway for route in table.routes)

    def private_names_in(self, vpc: str) -> bool:
        """Whether private names of endpoints exist in a VPC."""
        found = self.inventory.vpc(vpc)
        return bool(found and found.enable_dns_support and found.enable_dns_hostnames)

    def regions(self) -> Iterator[str]:
        """Every region in use, the environment's own first."""
        regions = [self.inventory.region, *(vpc.region for vpc in self.inventory.vpcs)]
        regions += [bucket.region for bucket in self.inventory.s3_buckets]
        regions += [api.region for api in self.inventory.rest_apis]
        yield from dict.fromkeys(region for region in regions if region)
