"""Which resource group a resource belongs to. Networks state theirs; the rest follow the network that they serve."""

from collections.abc import Mapping

from cloister.inventory.azure import Inventory
from cloister.render.terraform.blocks import Expression, reference


def group_of(inventory: Inventory, network: str) -> str:
    """The resource group of a network; of a subnet, where `network/subnet` is given."""
    found = inventory.network(network.partition("/")[0])
    return found.resource_group if found else home_group(inventory)


def service_group(inventory: Inventory, service: str) -> str:
    """The resource group of the network in which a service has its first private endpoint."""
    endpoints = (endpoint for endpoint in inventory.private_endpoints if endpoint.target == service)
    subnet = next((endpoint.subnet for endpoint in endpoints), None)
    return group_of(inventory, subnet) if subnet else home_group(inventory)


def home_group(inventory: Inventory) -> str:
    """Where a resource goes that no network claims: to the workspace, or else to the first network."""
    for workspace in inventory.workspaces:
        for endpoint in inventory.private_endpoints:
            found = inventory.network(endpoint.subnet.partition("/")[0])
            if endpoint.target == workspace.name and found:
                return found.resource_group
    return inventory.networks[0].resource_group if inventory.networks else f"rg-{inventory.name}"


def groups(inventory: Inventory) -> tuple[str, ...]:
    """Every resource group in use, in the order of the networks."""
    named = [network.resource_group for network in inventory.networks]
    return tuple(dict.fromkeys([*named, home_group(inventory)]))


def placed(group: str) -> Mapping[str, Expression]:
    """The arguments that put a resource into a group, and into the group's region."""
    return {
        "resource_group_name": grouped(group),
        "location": reference("resource_group", group, "location"),
    }


def grouped(group: str) -> Expression:
    """The name of a group, as a reference."""
    return reference("resource_group", group, "name")
