"""The arguments by which a resource is put into its resource group."""

from collections.abc import Mapping

from cloister.render.terraform.blocks import Expression, reference


def placed(group: str) -> Mapping[str, Expression]:
    """The arguments that put a resource into a group, and into the group's region."""
    return {
        "resource_group_name": grouped(group),
        "location": reference("resource_group", group, "location"),
    }


def grouped(group: str) -> Expression:
    """The name of a group, as a reference."""
    return reference("resource_group", group, "name")
