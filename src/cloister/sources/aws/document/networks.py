"""VPCs, subnets, gateways, route tables and peering connections in a document."""

from typing import Literal, Self

from pydantic import Field, model_validator

from cloister.sources.aws.document.words import AccountId, Region
from cloister.sources.document.words import Address, Block, Name, Prefix, Text, Yes, refusal

_TARGETS = ("internet_gateway", "nat_gateway", "vpc_peering_connection", "instance", "other_target")


class AccountBlock(Block):
    """An account. Its switches of S3 hold for all of its buckets, beside their own."""

    account_id: AccountId = Field(description="Its twelve digits, in quotes.")
    s3_block_public_acls: Yes = Field(default=False, description="Whether new public ACLs are refused.")
    s3_block_public_policy: Yes = Field(default=False, description="Whether public bucket policies are refused.")
    s3_ignore_public_acls: Yes = Field(default=False, description="Whether public ACLs have no effect.")
    s3_restrict_public_buckets: Yes = Field(default=False, description="Whether public policies have no effect.")


class SubnetBlock(Block):
    """A subnet of a VPC."""

    cidr_block: Prefix = Field(description="Its prefix. AWS keeps the first four addresses and the last.")
    availability_zone: Text | None = Field(None, description="Such as eu-west-1a.")
    map_public_ip_on_launch: Yes = Field(default=False, description="Whether what starts in it gets a public address.")
    route_table: Name | None = Field(
        None, description="Name under route_tables; the VPC's main one where nothing is said."
    )
    network_acl: Name | None = Field(
        None, description="Name under network_acls; the VPC's default one where nothing is said."
    )


class VpcBlock(Block):
    """A VPC with its subnets."""

    account: Name | None = Field(None, description="Name under accounts; the first where nothing is said.")
    region: Region | None = Field(None, description="Its region, where that is another than the environment's.")
    cidr_blocks: tuple[Prefix, ...] = Field(min_length=1, description="Its prefixes, the first one before others.")
    enable_dns_support: Yes = Field(default=True, description="Whether Amazon's resolver answers in it.")
    enable_dns_hostnames: Yes = Field(
        default=False, description="Whether names of its machines exist; private names of endpoints need both switches."
    )
    domain_name_servers: tuple[Address, ...] = Field(
        (), description="Name servers of its DHCP options; none means Amazon's own."
    )
    main_route_table: Name | None = Field(
        None, description="Name under route_tables; the local route alone where nothing is said."
    )
    default_network_acl: Name | None = Field(
        None, description="Name under network_acls; everything passes where nothing is said."
    )
    default_security_group: Name | None = Field(
        None,
        description="Name under security_groups: of what states no group. Where nothing is said, its members reach "
        "each other, and everything may leave.",
    )
    subnets: dict[Name, SubnetBlock] = Field(description="Its subnets by name.")


class InternetGatewayBlock(Block):
    """An internet gateway."""

    vpc: Name = Field(description="Name under vpcs: the VPC that it is attached to.")


class NatGatewayBlock(Block):
    """A NAT gateway."""

    subnet: Text = Field(description="vpc/subnet in which it stands; that subnet's own routes count for what it sends.")
    connectivity_type: Literal["public", "private"] = Field("public", description="A private one leaves no VPC.")
    public_ip: Address | None = Field(None, description="Its public address, where it is known.")
    private_ip: Address | None = Field(None, description="Its address in the subnet; the first free one if not stated.")


class PrefixListBlock(Block):
    """A prefix list of one's own."""

    entries: tuple[Prefix, ...] = Field(min_length=1, description="Its prefixes.")


class RouteBlock(Block):
    """A route: where it leads from, and exactly one target."""

    cidr_block: Prefix | None = Field(None, description="The prefix, or else prefix_list.")
    prefix_list: Name | None = Field(
        None, description="Name under prefix_lists, or one of Amazon's such as com.amazonaws.eu-west-1.s3."
    )
    internet_gateway: Name | None = Field(None, description="Name under internet_gateways.")
    nat_gateway: Name | None = Field(None, description="Name under nat_gateways.")
    vpc_peering_connection: Name | None = Field(None, description="Name under vpc_peering_connections.")
    instance: Name | None = Field(None, description="Name under instances: a machine that sends packets on.")
    other_target: Text | None = Field(
        None, description="A target that Cloister does not follow, such as a transit gateway: UNKNOWN comes of it."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.cidr_block is None) == (self.prefix_list is None):
            reason = "states neither cidr_block nor prefix_list" if self.cidr_block is None else "states two ranges"
            raise refusal(reason, "write either cidr_block or prefix_list")
        found = [target for target in _TARGETS if getattr(self, target) is not None]
        if len(found) != 1:
            reason = f"states {' and '.join(found)}" if found else "states no target"
            raise refusal(reason, f"write exactly one of {', '.join(_TARGETS)}")
        return self


class RouteTableBlock(Block):
    """A route table. It has the local route in any case; Gateway endpoints name the tables that lead to them."""

    vpc: Name = Field(description="Name under vpcs.")
    routes: dict[Name, RouteBlock] = Field({}, description="Its routes by name.")


class VpcPeeringConnectionBlock(Block):
    """A peering connection: it needs to be active, and routes on both sides."""

    vpc: Name = Field(description="Name under vpcs: the side that asked for it.")
    peer_vpc: Name = Field(description="Name under vpcs: the side that accepts it.")
    accept_status: Literal["active", "pending-acceptance", "rejected", "expired", "deleted"] = Field(
        "active", description="Only an active one carries anything."
    )
