"""The whole configuration as one JSON document, or every reason why it cannot be written."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from cloister.errors import SpecError
from cloister.inventory.azure import Cloud, Inventory
from cloister.inventory.azure.placement import groups
from cloister.render.seal import sealed
from cloister.render.terraform.access import access_blocks, access_variables
from cloister.render.terraform.blocks import Block, colliding, plain
from cloister.render.terraform.firewall import firewall_blocks
from cloister.render.terraform.limits import limits
from cloister.render.terraform.names import name_blocks
from cloister.render.terraform.network import network_blocks
from cloister.render.terraform.operations import budget_of_subscription, operation_blocks
from cloister.render.terraform.policies import policy_blocks
from cloister.render.terraform.roles import needs_subscription, role_blocks, role_variables
from cloister.render.terraform.services import service_blocks

FILE_NAME = "main.tf.json"
_TERRAFORM_VERSION = ">= 1.5"
_PROVIDER = {"azurerm": {"source": "hashicorp/azurerm", "version": "~> 4.55"}}
_ENVIRONMENT = {Cloud.PUBLIC: "public", Cloud.CHINA: "china"}


def render_terraform(inventory: Inventory) -> str:
    """The text of `main.tf.json` for an environment. Raises SpecError with every fault where it cannot be written."""
    faults = list(limits(inventory))
    blocks = [] if faults else list(_blocks(inventory))
    faults += colliding(blocks)
    if faults:
        raise SpecError(faults)
    document = {
        "terraform": {"required_version": _TERRAFORM_VERSION, "required_providers": _PROVIDER},
        "provider": {"azurerm": _provider(inventory)},
        "variable": access_variables(inventory) | role_variables(inventory),
        "data": _read(inventory),
        "resource": _by_kind(blocks),
    }
    return sealed({key: plain(value) for key, value in document.items() if value})


def _read(inventory: Inventory) -> Mapping[str, object]:
    """What the configuration looks up: who deploys and, where a role counts for all of it, the subscription."""
    names = [
        "azurerm_client_config",
        *(["azurerm_subscription"] if needs_subscription(inventory) or budget_of_subscription(inventory) else []),
    ]
    return {name: {"current": {}} for name in names}


def _provider(inventory: Inventory) -> Mapping[str, object]:
    # Accounts that refuse shared keys are reached with the deployer's own identity.
    return {
        "features": {},
        "environment": _ENVIRONMENT[inventory.cloud],
        "storage_use_azuread": not all(account.shared_access_key for account in inventory.storage_accounts),
    }


def _blocks(inventory: Inventory) -> Iterator[Block]:
    group_blocks = (
        Block("resource_group", name, {"name": name, "location": inventory.region}, inventory.origin)
        for name in groups(inventory)
    )
    return chain(
        group_blocks,
        policy_blocks(inventory),
        network_blocks(inventory),
        firewall_blocks(inventory),
        access_blocks(inventory),
        name_blocks(inventory),
        service_blocks(inventory),
        role_blocks(inventory),
        operation_blocks(inventory),
    )


def _by_kind(blocks: Iterable[Block]) -> dict[str, dict[str, Mapping[str, object]]]:
    """Resources under their kind and label, both in the order in which they first come up."""
    found: dict[str, dict[str, Mapping[str, object]]] = {}
    for block in blocks:
        kind, _, name = block.address.partition(".")
        found.setdefault(kind, {})[name] = block.arguments
    return found
