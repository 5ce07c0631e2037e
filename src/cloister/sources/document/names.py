"""The private resolver, its forwarding rulesets, and name servers of one's own."""

from pydantic import Field

from cloister.sources.document.words import (
    Address,
    Addresses,
    Block,
    HostNames,
    Name,
    NameTargets,
    Suffix,
    Text,
    Yes,
)

_SUBNET = "network/subnet, delegated to Microsoft.Network/dnsResolvers and used for nothing else."


class InboundEndpointBlock(Block):
    """An address at which a private resolver answers."""

    subnet: Text = Field(
        description="network/subnet, delegated to Microsoft.Network/dnsResolvers and used for no more."
    )
    private_ip: Address = Field(description="Its address; the first free one of the subnet is what Azure takes.")


class OutboundEndpointBlock(Block):
    """Where the queries that a ruleset forwards leave."""

    subnet: Text = Field(
        description="network/subnet, delegated to Microsoft.Network/dnsResolvers and used for no more."
    )


class DnsResolverBlock(Block):
    """A private DNS resolver."""

    network: Name = Field(description="Name under networks.")
    inbound_endpoints: dict[Name, InboundEndpointBlock] = Field(
        {}, description="By name; each answers what Azure DNS of the resolver's network answers."
    )
    outbound_endpoints: dict[Name, OutboundEndpointBlock] = Field({}, description="By name.")


class ForwardingRuleBlock(Block):
    """A rule of a forwarding ruleset; the longest suffix that fits decides."""

    suffix: Suffix = Field(description="Such as corp.example; . is for all names but those reserved for Azure.")
    targets: NameTargets = Field(description="Name servers in order, such as 10.20.0.4 or 10.20.0.4:5353.")
    enabled: Yes = Field(default=True, description="Whether it counts.")


class RulesetLinkBlock(Block):
    """A link of a forwarding ruleset to a virtual network."""


class ForwardingRulesetBlock(Block):
    """A DNS forwarding ruleset: where Azure DNS of the linked networks asks for names that no linked zone holds."""

    outbound_endpoints: tuple[Text, ...] = Field(
        min_length=1, description="resolver/endpoint: where its queries leave."
    )
    links: dict[Name, RulesetLinkBlock] = Field({}, description="Its links by the name of the network.")
    rules: dict[Name, ForwardingRuleBlock] = Field({}, description="Its rules by name.")


class NameServerBlock(Block):
    """A name server of one's own on a machine."""

    machine: Name = Field(description="Name under machines.")
    forwards: dict[Suffix, Addresses] = Field(
        {},
        description="Suffix to servers in order; . for all other names. 168.63.129.16 is Azure DNS of its own network.",
    )
    static_records: dict[HostNames, Address] = Field(
        {}, description="Host name to address, kept by hand on that server."
    )
