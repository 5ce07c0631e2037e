"""Data factories: of the services of other kinds, those that are written as azurerm resources."""

from collections.abc import Iterator

from cloister.inventory.azure import Inventory, OtherService
from cloister.inventory.azure.placement import service_group
from cloister.render.terraform.blocks import Block
from cloister.render.terraform.identities import USER_ASSIGNED, identity, own_identity
from cloister.render.terraform.placement import placed

KIND = "datafactory"


def data_factories(inventory: Inventory) -> tuple[OtherService, ...]:
    """The data factories of an environment."""
    return tuple(service for service in inventory.services if service.kind == KIND)


def factory_blocks(inventory: Inventory) -> Iterator[Block]:
    """Each data factory, with the identity that it reads and writes as."""
    for factory in data_factories(inventory):
        placing = placed(service_group(inventory, factory.name))
        if factory.identity == USER_ASSIGNED:
            yield own_identity(factory.name, placing, factory.origin)
        arguments = {
            "name": factory.name,
            **placing,
            "public_network_enabled": factory.public_network_access,
            "identity": identity(inventory, factory.identity, factory.name),
        }
        yield Block("data_factory", factory.name, arguments, factory.origin)
