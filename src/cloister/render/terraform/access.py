"""Ways in for people and agents: gateways with the sites behind them, Bastion, and machines.

What an inventory does not hold, because it is a secret or known to the site alone, becomes an input variable.
"""

from collections.abc import Iterator, Mapping

from cloister.inventory.azure import Gateway, Inventory, Machine, OnPremises
from cloister.inventory.azure.placement import group_of
from cloister.render.terraform.blocks import Block, label, reference, variable
from cloister.render.terraform.identities import USER_ASSIGNED, identity, own_identity
from cloister.render.terraform.network import public_address
from cloister.render.terraform.placement import placed

_GATEWAY_SUBNET = "GatewaySubnet"
_BASTION_SUBNET = "AzureBastionSubnet"
_GATEWAY_SKU = {"Vpn": "VpnGw1AZ", "ExpressRoute": "ErGw1AZ"}
_IMAGE = {
    "publisher": "Canonical",
    "offer": "ubuntu-24_04-lts",
    "sku": "server",
    "version": "latest",
}
_MACHINE_SIZE = "Standard_D2s_v5"
_ADMIN = "azureadmin"
SSH_KEY = "admin_ssh_public_key"


def access_blocks(inventory: Inventory) -> Iterator[Block]:
    """Gateways and their connections, then Bastion hosts, then the machines that stand in Azure."""
    for gateway in inventory.gateways:
        yield from _gateway(inventory, gateway)
    for site in inventory.on_premises:
        yield from _site(inventory, site)
    for bastion in inventory.bastions:
        group = group_of(inventory, bastion.network)
        yield public_address(bastion.name, group, bastion.origin)
        door = {"name": "door", **_door(f"{bastion.network}/{_BASTION_SUBNET}", bastion.name)}
        arguments = {"name": bastion.name, **placed(group), "sku": "Standard", "ip_configuration": door}
        yield Block("bastion_host", bastion.name, arguments, bastion.origin)
    for machine in machines_in_azure(inventory):
        yield from _machine(inventory, machine)


def machines_in_azure(inventory: Inventory) -> Iterator[Machine]:
    """The machines whose place is a subnet; those on-premises are for their site to build."""
    return (machine for machine in inventory.machines if inventory.subnet(machine.subnet))


def access_variables(inventory: Inventory) -> dict[str, Mapping[str, object]]:
    """The inputs that the blocks of this module need, by name."""
    inputs: dict[str, Mapping[str, object]] = {}
    if any(machines_in_azure(inventory)):
        text = "Public key that opens the machines; its private half stays with you."
        inputs[SSH_KEY] = {"type": "string", "description": text}
    for site in inventory.on_premises:
        kind = _kind_of_gateway(inventory, site)
        if kind == "Vpn":
            address_text = f"Public address of the VPN device at {site.name}."
            key_text = f"Shared key of the VPN to {site.name}."
            inputs[_input(site, "gateway_address")] = {"type": "string", "description": address_text}
            inputs[_input(site, "shared_key")] = {"type": "string", "description": key_text, "sensitive": True}
        if kind == "ExpressRoute":
            circuit_text = f"Resource id of the ExpressRoute circuit to {site.name}."
            inputs[_input(site, "circuit_id")] = {"type": "string", "description": circuit_text}
    return inputs


def _input(site: OnPremises, what: str) -> str:
    return f"{label(site.name)}_{what}"


def _door(subnet: str, public_ip: str) -> Mapping[str, object]:
    return {
        "subnet_id": reference("subnet", subnet),
        "public_ip_address_id": reference("public_ip", public_ip),
    }


def _kind_of_gateway(inventory: Inventory, site: OnPremises) -> str | None:
    return next((gateway.kind for gateway in inventory.gateways if gateway.name == site.gateway), None)


def _gateway(inventory: Inventory, gateway: Gateway) -> Iterator[Block]:
    group = group_of(inventory, gateway.network)
    yield public_address(gateway.name, group, gateway.origin)
    arguments = {
        "name": gateway.name,
        **placed(group),
        "type": gateway.kind,
        "sku": _GATEWAY_SKU[gateway.kind],
        "ip_configuration": {"name": "door", **_door(f"{gateway.network}/{_GATEWAY_SUBNET}", gateway.name)},
    }
    yield Block("virtual_network_gateway", gateway.name, arguments, gateway.origin)


def _site(inventory: Inventory, site: OnPremises) -> Iterator[Block]:
    gateway = next((gateway for gateway in inventory.gateways if gateway.name == site.gateway), None)
    if gateway is None:
        return
    placing = placed(group_of(inventory, gateway.network))
    connection: dict[str, object] = {
        "name": f"connection-{site.name}",
        **placing,
        "virtual_network_gateway_id": reference("virtual_network_gateway", gateway.name),
    }
    if gateway.kind == "Vpn":
        local = {
            "name": site.name,
            **placing,
            "gateway_address": variable(_input(site, "gateway_address")),
            "address_space": site.address_space,
        }
        yield Block("local_network_gateway", site.name, local, site.origin)
        connection |= {
            "type": "IPsec",
            "local_network_gateway_id": reference("local_network_gateway", site.name),
            "shared_key": variable(_input(site, "shared_key")),
        }
    else:
        connection |= {"type": "ExpressRoute", "express_route_circuit_id": variable(_input(site, "circuit_id"))}
    yield Block("virtual_network_gateway_connection", site.name, connection, site.origin)


def _machine(inventory: Inventory, machine: Machine) -> Iterator[Block]:
    group = group_of(inventory, machine.subnet)
    interface = {
        "name": "primary",
        "subnet_id": reference("subnet", machine.subnet),
        "private_ip_address_allocation": "Static",
        "private_ip_address": machine.private_ip,
        "public_ip_address_id": reference("public_ip", machine.name) if machine.public_ip else None,
    }
    if machine.public_ip:
        yield public_address(machine.name, group, machine.origin)
    nic: dict[str, object] = {"name": f"nic-{machine.name}", **placed(group), "ip_configuration": interface}
    nic |= {"dns_servers": machine.dns_servers} if machine.dns_servers else {}
    yield Block("network_interface", machine.name, nic, machine.origin)
    if machine.network_security_group:
        joined = {
            "network_interface_id": reference("network_interface", machine.name),
            "network_security_group_id": reference("network_security_group", machine.network_security_group),
        }
        yield Block("network_interface_security_group_association", machine.name, joined, machine.origin)
    if machine.identity == USER_ASSIGNED:
        yield own_identity(machine.name, placed(group), machine.origin)
    arguments = {
        "name": machine.name,
        **placed(group),
        "size": _MACHINE_SIZE,
        "network_interface_ids": [reference("network_interface", machine.name)],
        "admin_username": _ADMIN,
        "disable_password_authentication": not machine.password_authentication,
        "encryption_at_host_enabled": machine.encryption_at_host,
        "provision_vm_agent": machine.vm_agent,
        "allow_extension_operations": machine.extension_operations,
        "admin_ssh_key": {"username": _ADMIN, "public_key": variable(SSH_KEY)},
        "identity": identity(inventory, machine.identity, machine.name),
        "os_disk": {"caching": "ReadWrite", "storage_account_type": "StandardSSD_LRS"},
        "source_image_reference": _IMAGE,
    }
    yield Block("linux_virtual_machine", machine.name, arguments, machine.origin)
