"""What controls on networks say of what no document can state: peerings that were read of a plan."""

from dataclasses import replace
from ipaddress import IPv4Network

from cloister.ask.judgement import Judgement
from cloister.controls.control import Environment
from cloister.controls.network import az323_half_a_peering as half_a_peering
from cloister.inventory.azure import Inventory, Peering, VirtualNetwork
from cloister.origin import Origin
from cloister.sources.spec import read_text

PLACE = Origin("plan.json", 1, address="azurerm_virtual_network_peering.out")
HOME = read_text("version: 1\nname: example\nblueprint: azure-hub-spoke\n", "cloister.yaml")
THING = 'peering "spoke to hub"'


def _network(name: str, prefix: str) -> VirtualNetwork:
    return VirtualNetwork(
        name=name, resource_group="rg", address_space=(IPv4Network(prefix),), subnets=(), origin=PLACE
    )


def _told(inventory: Inventory) -> list[tuple[str, str, str]]:
    environment = Environment(inventory, Judgement((), ()))
    return [
        (type(one).__name__, one.resource, one.message)
        for half in half_a_peering.subjects(inventory)
        for one in half_a_peering.check(half, environment)
    ]


def test_a_peering_with_a_network_that_nobody_describes_is_in_doubt() -> None:
    inventory = replace(
        HOME,
        networks=(_network("spoke", "10.1.0.0/16"),),
        peerings=(Peering(network="spoke", remote="hub", origin=PLACE),),
    )
    message = "network hub is not described, so its half and its addresses are not known"
    assert _told(inventory) == [("Doubt", THING, message)]


def test_networks_that_share_addresses_cannot_be_joined() -> None:
    halves = (
        Peering(network="spoke", remote="hub", origin=PLACE),
        Peering(network="hub", remote="spoke", origin=PLACE),
    )
    networks = (_network("spoke", "10.1.0.0/16"), _network("hub", "10.1.4.0/22"))
    assert _told(replace(HOME, networks=networks, peerings=halves)) == [
        ("Finding", THING, "10.1.0.0/16 here and 10.1.4.0/22 there overlap"),
        ("Finding", 'peering "hub to spoke"', "10.1.4.0/22 here and 10.1.0.0/16 there overlap"),
    ]
