"""Which resource group a resource belongs to. Networks state theirs; the rest follow the network that they serve."""

from collections.abc import Iterator, Mapping

from cloister.inventory.azure.endpoints import BatchEndpoint, OnlineEndpoint
from cloister.inventory.azure.inventory import Inventory
from cloister.inventory.azure.learning import Compute

SUBSCRIPTION = "subscription"
MANAGEMENT_GROUP = "management-group:"
RESOURCE_GROUP = "resource-group:"
_AT_HOME = ("network_security_groups", "route_tables", "private_dns_zones", "private_endpoints")
_BY_NETWORK = ("firewalls", "gateways", "bastions")
_SERVICES = ("workspaces", "storage_accounts", "key_vaults", "container_registries", "services")


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


def resource_paths(inventory: Inventory) -> dict[str, tuple[str, ...]]:
    """Every resource that can be a scope, with the path of names from its resource group down to it."""
    paths: dict[str, tuple[str, ...]] = {}
    for name, group in _grouped(inventory):
        paths.setdefault(name, (group, name))
    members: tuple[Compute | OnlineEndpoint | BatchEndpoint, ...] = (
        *inventory.computes,
        *inventory.online_endpoints,
        *inventory.batch_endpoints,
    )
    known, home = {one.name for one in inventory.workspaces}, home_group(inventory)
    for member in members:
        workspace = member.workspace if member.workspace in known else None
        if workspace is None and (found := inventory.workspace_of(member)):
            workspace = found.name
        above = paths[workspace] if workspace else (home,)
        paths.setdefault(member.name, (*above, member.name))
    return paths


def _grouped(inventory: Inventory) -> Iterator[tuple[str, str]]:
    """Every resource that stands in a resource group itself, with that group: what `group_of` and the rest say of each.

    The networks and the first endpoints are indexed, since there may be thousands of either.
    """
    home = home_group(inventory)
    groups_of = {network.name: network.resource_group for network in reversed(inventory.networks)}
    first = {endpoint.target: endpoint.subnet for endpoint in reversed(inventory.private_endpoints)}
    subnets = {f"{network.name}/{subnet.name}" for network, subnet in inventory.subnets()}
    yield from ((network.name, network.resource_group) for network in inventory.networks)
    for section in _SERVICES:
        for one in getattr(inventory, section):
            yield one.name, groups_of.get(first.get(one.name, "").partition("/")[0], home)
    for section in _BY_NETWORK:
        yield from ((one.name, groups_of.get(one.network, home)) for one in getattr(inventory, section))
    for machine in inventory.machines:
        if machine.subnet in subnets:
            yield machine.name, groups_of.get(machine.subnet.partition("/")[0], home)
    for section in _AT_HOME:
        yield from ((one.name, home) for one in getattr(inventory, section))


def scope_path(
    inventory: Inventory, scope: str, paths: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[str, ...] | None:
    """The path of a scope below the subscription, empty for all of it; None where the environment has no such scope.

    A management group is taken to be one that holds the subscription. Whoever asks for many scopes hands over `paths`,
    those of `resource_paths`, which take a while for thousands of resources.
    """
    if scope == SUBSCRIPTION or scope.startswith(MANAGEMENT_GROUP):
        return ()
    paths = resource_paths(inventory) if paths is None else paths
    if scope.startswith(RESOURCE_GROUP):
        group = scope.removeprefix(RESOURCE_GROUP)
        known = group in {path[0] for path in paths.values()} | set(groups(inventory))
        return (group,) if known else None
    if scope in paths:
        return paths[scope]
    name, _, part = scope.partition("/")
    return (*paths[name], part) if part and name in paths else None
