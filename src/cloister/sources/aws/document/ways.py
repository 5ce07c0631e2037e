"""VPC endpoints, load balancers and target groups in a document."""

from typing import Literal

from pydantic import Field

from cloister.inventory.aws.balancers import ListenerProtocol
from cloister.sources.aws.document.words import Policy
from cloister.sources.document.words import Address, Block, Name, PortNumber, Text, Yes

_FREE = "Its addresses, one for each subnet; the first free ones if not stated."


class VpcEndpointBlock(Block):
    """A VPC endpoint for a service of AWS."""

    vpc: Name = Field(description="Name under vpcs.")
    service_name: Name = Field(description="com.amazonaws.REGION.SERVICE, or the last part alone: s3, ecr.dkr, logs.")
    vpc_endpoint_type: Literal["Interface", "Gateway"] = Field(
        "Interface", description="Interfaces in subnets, or a target of route tables (s3 and dynamodb only)."
    )
    subnets: tuple[Text, ...] = Field((), description="vpc/subnet for each interface.")
    private_ips: tuple[Address, ...] = Field((), description=_FREE)
    security_groups: tuple[Name, ...] = Field((), description="Names under security_groups, of its interfaces.")
    private_dns_enabled: Yes = Field(
        default=False, description="Whether the service's own name leads to it inside the VPC."
    )
    route_tables: tuple[Name, ...] = Field((), description="Names under route_tables, for type Gateway.")
    policy: Policy | None = Field(
        None, description="An IAM document: who may do what through it. Everything passes where nothing is said."
    )


class ListenerBlock(Block):
    """A listener of a load balancer."""

    port: PortNumber = Field(description="The port that it listens on.")
    protocol: ListenerProtocol = Field("TCP", description="TCP, TLS, UDP, TCP_UDP, HTTP or HTTPS.")
    target_group: Name | None = Field(None, description="Name under target_groups: where it leads.")


class LoadBalancerBlock(Block):
    """A load balancer."""

    load_balancer_type: Literal["network", "application"] = Field("application", description="Its kind.")
    internal: Yes = Field(default=False, description="Whether it has private addresses only.")
    subnets: tuple[Text, ...] = Field(min_length=1, description="vpc/subnet for each of its nodes.")
    private_ips: tuple[Address, ...] = Field((), description=_FREE)
    security_groups: tuple[Name, ...] = Field(
        (), description="Names under security_groups. A network one may have none: then all reach its listeners."
    )
    enforce_security_group_inbound_rules_on_private_link_traffic: Literal["on", "off"] = Field(
        "on", description="Whether its groups bind what comes through PrivateLink and VPC links."
    )
    listeners: dict[Name, ListenerBlock] = Field({}, description="Its listeners by name.")


class TargetGroupBlock(Block):
    """A target group: services say themselves that they register in it."""

    vpc: Name = Field(description="Name under vpcs.")
    port: PortNumber = Field(description="The port of its targets.")
    protocol: ListenerProtocol = Field("TCP", description="TCP, TLS, UDP, TCP_UDP, HTTP or HTTPS.")
    target_type: Literal["ip", "instance"] = Field("ip", description="How targets are registered.")
    targets: tuple[Name, ...] = Field((), description="Names under instances, beside the services that register.")
    preserve_client_ip: Yes | None = Field(
        None, description="Whether targets of a network balancer see the caller; AWS's default if not stated."
    )
    health_check_port: PortNumber | None = Field(None, description="The port that is knocked at; that of the targets.")
