"""Databricks workspaces whose nodes stand in a network of one's own."""

from cloister.inventory.azure import Inventory, OtherService


def homes_of(inventory: Inventory) -> tuple[OtherService, ...]:
    """Those workspaces; the first of their subnets says in which network."""
    return tuple(one for one in inventory.services if one.kind == "databricks" and one.subnets)
