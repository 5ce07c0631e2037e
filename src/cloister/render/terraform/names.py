"""Private DNS zones with their links and records, and private endpoints with their addresses and zone groups."""

from collections.abc import Iterator, Mapping

from cloister.facts.azure_endpoint_members import MEMBERS
from cloister.inventory.azure import Inventory, PrivateDnsZone, PrivateEndpoint
from cloister.inventory.azure.placement import group_of, home_group
from cloister.render.terraform.blocks import Block, Expression, reference
from cloister.render.terraform.factories import data_factories
from cloister.render.terraform.placement import grouped, placed

_RECORD_SECONDS = 300
_PURPOSE = "Opened by the platform's owner for the environment that this configuration describes."


def name_blocks(inventory: Inventory) -> Iterator[Block]:
    """Zones first, since the endpoints' zone groups refer to them."""
    for zone in inventory.private_dns_zones:
        yield from _zone(inventory, zone)
    for endpoint in inventory.private_endpoints:
        yield _endpoint(inventory, endpoint)


def kind_of_service(inventory: Inventory, name: str) -> str | None:
    """The Terraform kind of the service with that name, if the inventory has it."""
    for kind, services in (
        ("machine_learning_workspace", inventory.workspaces),
        ("storage_account", inventory.storage_accounts),
        ("key_vault", inventory.key_vaults),
        ("container_registry", inventory.container_registries),
        ("data_factory", data_factories(inventory)),
    ):
        if any(service.name == name for service in services):
            return kind
    return None


def members(endpoint: PrivateEndpoint, region: str) -> tuple[str, ...]:
    """The members of an endpoint's subresource, in the order in which its addresses are stated."""
    return tuple(member.format(region=region) for member in MEMBERS.get(endpoint.subresource, ()))


def _zone(inventory: Inventory, zone: PrivateDnsZone) -> Iterator[Block]:
    group = group_of(inventory, zone.links[0].network) if zone.links else home_group(inventory)
    name = reference("private_dns_zone", zone.name, "name")
    inside = {"resource_group_name": grouped(group), "private_dns_zone_name": name}
    yield Block("private_dns_zone", zone.name, {"name": zone.name, "resource_group_name": grouped(group)}, zone.origin)
    for link in zone.links:
        arguments: dict[str, object] = {
            "name": f"link-{link.network}",
            **inside,
            "virtual_network_id": reference("virtual_network", link.network),
            "registration_enabled": link.registration or None,
            "resolution_policy": "NxDomainRedirect" if link.nxdomain_redirect else None,
        }
        yield Block("private_dns_zone_virtual_network_link", f"{zone.name}/{link.network}", arguments, link.origin)
    by_name: dict[str, list[object]] = {}
    for record, address in zone.records:
        by_name.setdefault(record, []).append(address)
    for record, addresses in by_name.items():
        arguments = {
            "name": record,
            "resource_group_name": grouped(group),
            "zone_name": name,
            "ttl": _RECORD_SECONDS,
            "records": addresses,
        }
        # `*` and `@` are record names, but no part of a label.
        spelled = record.replace("*", "wildcard").replace("@", "apex")
        yield Block("private_dns_a_record", f"{zone.name}/{spelled}", arguments, zone.origin.of("records"))


def _endpoint(inventory: Inventory, endpoint: PrivateEndpoint) -> Block:
    arguments = {
        "name": endpoint.name,
        **placed(group_of(inventory, endpoint.subnet)),
        "subnet_id": reference("subnet", endpoint.subnet),
        "private_service_connection": _connection(inventory, endpoint),
        "ip_configuration": _addresses(inventory, endpoint) or None,
        "private_dns_zone_group": _zone_group(endpoint),
    }
    return Block("private_endpoint", endpoint.name, arguments, endpoint.origin)


def _connection(inventory: Inventory, endpoint: PrivateEndpoint) -> Mapping[str, object]:
    manual = endpoint.approval != "Approved"
    kind = kind_of_service(inventory, endpoint.target)
    return {
        "name": f"connection-{endpoint.name}",
        "private_connection_resource_id": reference(kind, endpoint.target) if kind else None,
        "subresource_names": [endpoint.subresource],
        "is_manual_connection": manual,
        "request_message": _PURPOSE if manual else None,
    }


def _addresses(inventory: Inventory, endpoint: PrivateEndpoint) -> list[Mapping[str, object]]:
    pairs = zip(members(endpoint, inventory.region), endpoint.private_ips, strict=False)
    return [
        {
            "name": member,
            "subresource_name": endpoint.subresource,
            "member_name": member,
            "private_ip_address": address,
        }
        for member, address in pairs
    ]


def _zone_group(endpoint: PrivateEndpoint) -> Mapping[str, object] | None:
    ids: list[Expression] = [reference("private_dns_zone", zone) for zone in endpoint.zones]
    return {"name": "zones", "private_dns_zone_ids": ids} if ids else None
