"""Security groups and network ACLs in a document."""

from typing import Literal

from pydantic import Field

from cloister.inventory.aws.filters import RuleProtocol
from cloister.sources.aws.document.words import RuleNumber
from cloister.sources.document.words import Block, Name, Port, Prefix, Yes


class SecurityGroupRuleBlock(Block):
    """A rule of a security group: what it names may pass."""

    protocol: RuleProtocol = Field("-1", description="tcp, udp, icmp, esp or ah; -1 is every protocol on every port.")
    ports: Port = Field("*", description="A port, a range such as 80-90, or *.")
    cidr_blocks: tuple[Prefix, ...] = Field((), description="Prefixes that it is about.")
    prefix_lists: tuple[Name, ...] = Field(
        (), description="Names under prefix_lists, or Amazon's such as com.amazonaws.eu-west-1.s3."
    )
    security_groups: tuple[Name, ...] = Field((), description="Names under security_groups: their members.")
    self: Yes = Field(default=False, description="Whether the members of its own group are meant.")


class SecurityGroupBlock(Block):
    """A security group: what no rule allows is refused, and replies pass by themselves."""

    vpc: Name = Field(description="Name under vpcs.")
    ingress: dict[Name, SecurityGroupRuleBlock] = Field({}, description="What may come in, by name.")
    egress: dict[Name, SecurityGroupRuleBlock] | None = Field(
        None,
        description="What may leave, by name. Everything where nothing is said, as AWS creates a group; {} is nothing.",
    )


class NetworkAclRuleBlock(Block):
    """A rule of a network ACL."""

    rule_no: RuleNumber = Field(description="1 to 32766; the smallest that matches decides.")
    action: Literal["allow", "deny"] = Field(description="What happens to a packet that matches.")
    protocol: RuleProtocol = Field("-1", description="tcp, udp, icmp, esp or ah; -1 is every protocol on every port.")
    ports: Port = Field("*", description="The ports that packets go to: a port, a range, or *.")
    cidr_block: Prefix = Field(description="Where they come from or go to, outside of the subnet.")


class NetworkAclBlock(Block):
    """A network ACL of subnets. It remembers nothing: replies need rules of their own, for ports 1024-65535."""

    vpc: Name = Field(description="Name under vpcs.")
    ingress: dict[Name, NetworkAclRuleBlock] = Field({}, description="What enters its subnets, by name.")
    egress: dict[Name, NetworkAclRuleBlock] = Field({}, description="What leaves its subnets, by name.")
