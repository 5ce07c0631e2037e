"""Machines that forward what is meant for others, as far as their owners say what they let through."""

from collections.abc import Iterator

from cloister.fabric.addresses import Address
from cloister.fabric.appliances import Appliance
from cloister.fabric.lower_azure.firewalls import lower_network_rule
from cloister.fabric.lower_azure.layout import Layout
from cloister.fabric.sets import AddressSet, PortSet
from cloister.inventory.azure import Machine
from cloister.verdict import Rule


def lower_forwarders(layout: Layout) -> Iterator[Appliance]:
    """The machines in subnets that forward by rules that are stated."""
    for machine in layout.inventory.machines:
        if machine.ip_forwarding and machine.forwards and layout.inventory.subnet(machine.subnet):
            yield _forwarder(layout, machine)


def _forwarder(layout: Layout, machine: Machine) -> Appliance:
    listed = machine.origin.of("forwards")
    return Appliance(
        name=machine.name,
        address=machine.private_ip,
        segment=machine.subnet,
        name_proxy=False,
        threats="off",
        address_rules=tuple(
            lower_network_rule(layout.inventory, machine.name, rule, allow=True) for rule in machine.forwards
        ),
        host_rules=(),
        name_ports=PortSet(),
        rule=Rule(f"translates_source of {machine.name}", machine.origin.of("translates_source")),
        unlisted=Rule(f"forwards of {machine.name}", listed),
        own=Address.exactly(machine.private_ip, machine.name),
        address_rule_kind="forwarding rule",
        keeps_source=AddressSet() if machine.translates_source else AddressSet.everything(),
        machine=machine.name,
    )
