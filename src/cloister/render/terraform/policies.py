"""Service endpoint policies as azurerm resources, and why one cannot be written.

The provider takes accounts by id and aliases apart, each in a definition of its own, of which a policy has at most two.
"""

from collections.abc import Iterator

from cloister.errors import Fault
from cloister.inventory.azure import Inventory, ServiceEndpointPolicy, Subnet
from cloister.inventory.azure.placement import home_group
from cloister.render.terraform.blocks import Block, reference
from cloister.render.terraform.placement import placed

KIND = "subnet_service_endpoint_storage_policy"
_ALIAS = "/services/"
_ID = "/subscriptions/"


def policy_blocks(inventory: Inventory) -> Iterator[Block]:
    """Each policy, with its accounts and its aliases."""
    for policy in inventory.service_endpoint_policies:
        arguments = {
            "name": policy.name,
            **placed(_group(inventory, policy)),
            "definition": list(_definitions(inventory, policy)),
        }
        yield Block(KIND, policy.name, arguments, policy.origin)


def unwritable(inventory: Inventory) -> Iterator[Fault]:
    """The accounts that a policy names, where azurerm wants their ids and cannot have them."""
    accounts = {account.name: account for account in inventory.storage_accounts}
    for policy in inventory.service_endpoint_policies:
        users = {f"{home.name}/{one.name}" for home, one in inventory.subnets() if _uses(one, policy)}
        for name in policy.service_resources:
            thing = f'service endpoint policy "{policy.name}"'
            mend, origin = "write its id, which begins with /subscriptions/", policy.origin.of("service_resources")
            if not name.startswith((_ALIAS, _ID)) and name not in accounts:
                reason = f'"{name}" is no storage account of this environment, and Azure takes others by id'
                yield Fault(thing, reason, mend, origin)
            elif name in accounts and (shared := users & set(accounts[name].allowed_subnets)):
                reason = (
                    f'it lists "{name}", which lets in {min(shared)}, which has this policy: none can be made first'
                )
                yield Fault(thing, reason, mend, origin)


def _uses(subnet: Subnet, policy: ServiceEndpointPolicy) -> bool:
    return policy.name in subnet.service_endpoint_policies


def _definitions(inventory: Inventory, policy: ServiceEndpointPolicy) -> Iterator[dict[str, object]]:
    own = {account.name for account in inventory.storage_accounts}
    aliases = [one for one in policy.service_resources if one.startswith(_ALIAS)]
    others = [one for one in policy.service_resources if not one.startswith(_ALIAS)]
    if others:
        resources = [reference("storage_account", one) if one in own else one for one in others]
        yield {"name": "accounts", "service": "Microsoft.Storage", "service_resources": resources}
    if aliases:
        yield {"name": "aliases", "service": "Global", "service_resources": aliases}


def _group(inventory: Inventory, policy: ServiceEndpointPolicy) -> str:
    """The resource group of the first network that uses a policy."""
    users = (network for network, subnet in inventory.subnets() if _uses(subnet, policy))
    return next((network.resource_group for network in users), home_group(inventory))
