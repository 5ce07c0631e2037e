"""Ways to the internet that a subnet lends to its machines."""

from cloister.fabric.egress import Egress, EgressRank
from cloister.fabric.flows import Protocol
from cloister.fabric.lower_azure.layout import Layout
from cloister.fabric.sets import AddressSet
from cloister.facts import tables
from cloister.facts.default_outbound import default_outbound
from cloister.inventory.azure import Subnet, VirtualNetwork
from cloister.verdict import Rule

_TRANSLATED = frozenset({Protocol.TCP, Protocol.UDP})


def subnet_egress(layout: Layout, network: VirtualNetwork, subnet: Subnet) -> Egress:
    """What a subnet lends: its NAT gateway, or default outbound access."""
    if subnet.nat_gateway:
        rule = Rule("NAT gateway", subnet.origin.of("nat_gateway"), tables.behaviours()["egress-order"].source)
        shows = _addresses(layout, subnet.nat_gateway)
        return Egress(True, "a NAT gateway", rule, EgressRank.GATEWAY, shows, _TRANSLATED)  # noqa: FBT003 - it is open
    return _default(network, subnet)


def _addresses(layout: Layout, gateway: bool | str) -> AddressSet:
    """The public addresses of a NAT gateway, where all of them are known."""
    names = next((one.public_ips for one in layout.inventory.nat_gateways if one.name == gateway), ())
    found = [one.ip_address for one in layout.inventory.public_ips if one.name in names]
    known = [address for address in found if address]
    return AddressSet.of(*known) if len(known) == len(names) else AddressSet()


def _default(network: VirtualNetwork, subnet: Subnet) -> Egress:
    """Default outbound access: as the subnet states it, else as what created the network gives it."""
    fact = tables.behaviours()["default-outbound"]
    closed = "no public address, no NAT gateway, and default outbound access is off"
    if subnet.default_outbound_access is not None:
        rule = Rule("default_outbound_access", subnet.origin.of("default_outbound_access"))
        is_open = subnet.default_outbound_access
        return Egress(is_open, "default outbound access" if is_open else closed, rule)
    given = default_outbound(network.created_with, network.api_version)
    place = network.origin.of("created_with")
    if given is None:
        doubt = f"whether {network.created_with} gave {network.name} default outbound access depends on its api_version"
        rule = Rule("created_with", place, fact.source)
        return Egress(True, "default outbound access", rule, doubt=doubt)  # noqa: FBT003 - open in one of the readings
    if network.created_with is None:
        rule = Rule("default_outbound_access", subnet.origin.of("default_outbound_access"), fact.source)
        return Egress(given.open, "default outbound access, which azurerm gives where nothing is stated", rule)
    rule = Rule("created_with", place, given.source)
    text = "default outbound access" if given.open else closed
    return Egress(given.open, f"{text}: {given.text}", rule)
