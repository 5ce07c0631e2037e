"""An Azure inventory as the boxes of a map."""

from collections.abc import Iterator

from cloister.inventory.azure import Inventory, Subnet, VirtualNetwork
from cloister.render.diagram.standing import INTERNET, Area, Estate, Node, Zone, gathered

_FIREWALL_SUBNET = "AzureFirewallSubnet"
_BASTION_SUBNET = "AzureBastionSubnet"
_GATEWAY_SUBNET = "GatewaySubnet"
_MOST_SERVICES = 8
_DISABLED = "Disabled"


def estate(inventory: Inventory, many: str) -> Estate:
    """Everything that a map shows of an inventory; `many` is the form of the words for many of one kind."""
    sites = (_site(inventory, site.name) for site in inventory.on_premises)
    return Estate(
        inventory.name,
        (Node(INTERNET, (INTERNET,)), *sites),
        tuple(_area(inventory, network, many) for network in inventory.networks),
        tuple(gathered(_services(inventory), many, _MOST_SERVICES)),
    )


def _site(inventory: Inventory, name: str) -> Node:
    machines = tuple(machine.name for machine in inventory.machines if machine.subnet == name)
    return Node("site", (name, *machines), ", ".join(machines))


def _area(inventory: Inventory, network: VirtualNetwork, many: str) -> Area:
    peers = tuple(peering.remote for peering in inventory.peerings if peering.network == network.name)
    zones = tuple(_zone(inventory, network, subnet, many) for subnet in network.subnets)
    homeless = tuple(gathered(_without_subnet(inventory, network), many))
    rest = (Zone(f"{network.name}/", "", "", (), homeless),) if homeless else ()
    return Area(network.name, ", ".join(map(str, network.address_space)), (*zones, *rest), peers)


def _zone(inventory: Inventory, network: VirtualNetwork, subnet: Subnet, many: str) -> Zone:
    name = f"{network.name}/{subnet.name}"
    tags = (subnet.network_security_group, subnet.route_table, subnet.nat_gateway)
    told = tuple(tag if isinstance(tag, str) else "NAT" for tag in tags if tag)
    nodes = tuple(gathered(_in_subnet(inventory, network.name, subnet.name), many))
    return Zone(name, subnet.name, str(subnet.prefix), told, nodes)


def _in_subnet(inventory: Inventory, network: str, subnet: str) -> Iterator[Node]:
    name = f"{network}/{subnet}"
    yield from (node for needed, node in _appliances(inventory, network) if needed == subnet)
    yield from (Node(one.purpose, (one.name,), str(one.private_ip)) for one in inventory.machines if one.subnet == name)
    yield from (Node(one.kind, (one.name,)) for one in inventory.computes if one.subnet == name)
    for workspace in inventory.workspaces:
        if workspace.serverless_subnet == name:
            yield Node("serverless", (f"{workspace.name}/serverless",))
    for service in inventory.services:
        if name in service.subnets[:1]:
            yield Node(service.kind, (f"{service.name}/nodes",))
    for endpoint in inventory.private_endpoints:
        if endpoint.subnet == name:
            yield Node("private endpoint", (endpoint.name,), f"{endpoint.target} ({endpoint.subresource})")


def _appliances(inventory: Inventory, network: str) -> Iterator[tuple[str, Node]]:
    """Firewalls, bastions and gateways of a network, each with the name of the subnet that it needs."""
    for firewall in inventory.firewalls:
        if firewall.network == network:
            yield _FIREWALL_SUBNET, Node("firewall", (firewall.name,))
    for bastion in inventory.bastions:
        if bastion.network == network:
            yield _BASTION_SUBNET, Node("bastion", (bastion.name,))
    for gateway in inventory.gateways:
        if gateway.network == network:
            yield _GATEWAY_SUBNET, Node("gateway", (gateway.name,), gateway.kind)


def _without_subnet(inventory: Inventory, network: VirtualNetwork) -> Iterator[Node]:
    """Appliances of a network that lists no subnet for them."""
    subnets = {subnet.name for subnet in network.subnets}
    yield from (node for needed, node in _appliances(inventory, network.name) if needed not in subnets)


def _services(inventory: Inventory) -> Iterator[Node]:
    for workspace in inventory.workspaces:
        managed = workspace.managed_network
        members = [
            one.name for one in inventory.computes if not one.subnet and inventory.workspace_of(one) == workspace
        ]
        inside = () if workspace.serverless_subnet else (f"{workspace.name}/serverless",)
        detail = ", ".join([*([managed] if managed != _DISABLED else []), *members])
        yield _service(inventory, "workspace", workspace.name, (*inside, *members), detail)
    for endpoint in inventory.online_endpoints:
        yield Node("online endpoint", (endpoint.name,))
    for kind, found in (
        ("storage account", inventory.storage_accounts),
        ("key vault", inventory.key_vaults),
        ("container registry", inventory.container_registries),
    ):
        yield from (_service(inventory, kind, service.name) for service in found)
    yield from (_service(inventory, service.kind, service.name) for service in inventory.services)


def _service(inventory: Inventory, kind: str, name: str, more: tuple[str, ...] = (), detail: str = "") -> Node:
    """A service, which its private endpoints lead to: what they answer, it answers."""
    endpoints = tuple(endpoint.name for endpoint in inventory.private_endpoints if endpoint.target == name)
    return Node(kind, (name, *more, *endpoints), detail)
