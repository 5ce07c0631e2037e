"""Bastions, gateways, and sites behind them."""

from cloister.sources.arm.mapping.estate import Estate
from cloister.sources.arm.mapping.kinds.networks import subnet_of
from cloister.sources.arm.mapping.resource import Resource
from cloister.sources.declared import Unknown, Value

GATEWAY = "microsoft.network/virtualnetworkgateways"
SITE = "microsoft.network/localnetworkgateways"
CONNECTION = "microsoft.network/connections"


def network_of(estate: Estate, one: Resource, prop: str = "properties.ipConfigurations") -> None:
    """The network in whose subnet its first address stands."""
    subnet = subnet_of(one.get(prop))
    put_network(estate, one, subnet, f"{prop}.properties.subnet.id")


def put_network(estate: Estate, one: Resource, subnet: Value, prop: str) -> None:
    """The network of a subnet."""
    word = estate.draft.word(subnet, ("subnets",))
    if isinstance(word, str):
        estate.put(one, "network", word.partition("/")[0], prop)
    else:
        estate.miss(one, "network", word.why if word else "states no subnet", prop)


def bastion(estate: Estate, one: Resource) -> None:
    """Its network: that of its subnet, or of the network that the Developer tier names."""
    if one.get("properties.virtualNetwork.id") is not None:
        estate.refer(
            one, "network", one.get("properties.virtualNetwork.id"), ("networks",), "properties.virtualNetwork.id"
        )
    else:
        network_of(estate, one)


def gateway(estate: Estate, one: Resource) -> None:
    """Its network."""
    network_of(estate, one)


def site(estate: Estate, one: Resource) -> None:
    """The gateways whose connections lead to it; what its name server is, no template says."""
    gateways = [
        Unknown(connection.declared.doubt)
        if connection.declared.doubt
        else connection.get("properties.virtualNetworkGateway1.id")
        for connection in estate.of(CONNECTION)
        if estate.find(connection.get("properties.localNetworkGateway2.id")) == one
    ]
    for attribute, value in zip(("gateway", "backup_gateway"), gateways, strict=False):
        estate.refer(one, attribute, value, ("gateways",), "properties")
    estate.miss(one, "dns_server", "is a name server on-premises, which no resource of Azure states", "properties")


def claim_connection(estate: Estate, one: Resource) -> None:
    """A connection has no place of its own; one that leads to no site that is described is told."""
    if estate.find(one.get("properties.localNetworkGateway2.id")) is None:
        what = "connects a gateway with a circuit, a network or a site that the input does not describe"
        estate.tell(one, "properties", what, "what is reached over it is not judged")
