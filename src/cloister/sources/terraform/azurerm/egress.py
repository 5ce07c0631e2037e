"""Public addresses and NAT gateways; service endpoint policies."""

from cloister.sources.declared import Value
from cloister.sources.terraform.azurerm.attributes import blocks, put_attributes
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path


def public_ip(desk: Desk, one: Declared) -> None:
    """A public address; which it is, only apply tells."""
    path = desk.path(one)
    if path is not None:
        put_attributes(desk, one, path)
        found = one.values.get("ip_address")
        desk.put(one, (*path, "ip_address"), "ip_address", found if isinstance(found, str) and found else None)


def nat_address(desk: Desk, one: Declared) -> None:
    """A public address of a NAT gateway."""
    gateway = desk.referred(one.values.get("nat_gateway_id"), "azurerm_nat_gateway")
    path = desk.path(gateway) if gateway else None
    if path is None:
        desk.homeless(one, "nat_gateway_id", "azurerm_nat_gateway")
        return
    already = desk.draft.stated((*path, "public_ips"))
    word: Value = desk.word(one.values.get("public_ip_address_id"), "public_ips")
    desk.put(
        one, (*path, "public_ips"), "public_ip_address_id", [*(already if isinstance(already, list) else []), word]
    )


def endpoint_policy(desk: Desk, one: Declared, path: Path) -> None:
    """The accounts, groups and aliases that a service endpoint policy lets through."""
    found: list[Value] = []
    for block in blocks(one.values, "definition"):
        resources = block.get("service_resources")
        for value in resources if isinstance(resources, list) else [resources]:
            account = desk.referred(value, "azurerm_storage_account")
            found.append(desk.word(value, "storage_accounts") if account else value)
    desk.put(one, (*path, "service_resources"), "definition", found or None)
