"""Terraform plans to measure on, of any size: a hub with a firewall, and spokes by for_each, each with a workspace.

They are written as `terraform show -json` writes them: values, what is known only after apply, and for each argument of
the configuration what it refers to. A spoke has the network, the filter, the routes, the services behind private
endpoints, computes, a machine and the roles that a workspace has in practice.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_BLOCK_OF_SPOKES = 64
_REGION = "westeurope"
_ZONES = {
    "amlworkspace": ("privatelink.api.azureml.ms", "privatelink.notebooks.azure.net"),
    "blob": ("privatelink.blob.core.windows.net",),
    "file": ("privatelink.file.core.windows.net",),
    "vault": ("privatelink.vaultcore.azure.net",),
    "registry": ("privatelink.azurecr.io",),
}
_ENDPOINTS = (
    ("workspace", "azurerm_machine_learning_workspace.main", "amlworkspace"),
    ("blob", "azurerm_storage_account.main", "blob"),
    ("file", "azurerm_storage_account.main", "file"),
    ("vault", "azurerm_key_vault.main", "vault"),
    ("registry", "azurerm_container_registry.main", "registry"),
)
_RULES = (
    ("endpoints", 100, "Outbound", "Allow", "VirtualNetwork", "443"),
    ("files", 110, "Outbound", "Allow", "VirtualNetwork", "445"),
    ("learning", 120, "Outbound", "Allow", "AzureMachineLearning", "443"),
    ("directory", 130, "Outbound", "Allow", "AzureActiveDirectory", "443"),
    ("manager", 140, "Outbound", "Allow", "AzureResourceManager", "443"),
    ("rest", 4000, "Outbound", "Deny", "Internet", "*"),
    ("enter", 4000, "Inbound", "Deny", "*", "*"),
)
_ROLES = ("AcrPull", "Storage Blob Data Contributor", "Key Vault Secrets User", "AzureML Data Scientist")


@dataclass(frozen=True, slots=True)
class _Later:
    """A value that is known only after apply, and what it refers to; nothing where the cloud gives it."""

    reference: str = ""


_OWN_IDENTITY: Mapping[str, Any] = {"type": "SystemAssigned", "principal_id": _Later()}


@dataclass(frozen=True, slots=True)
class _Resource:
    address: str
    values: Mapping[str, Any]


def plan_text(resources: int) -> str:
    """A plan of about so many resources: a hub, and as many spokes as it takes."""
    hub = tuple(_hub())
    each = len(tuple(_spoke(0)))
    spokes = max(1, round((resources - len(hub)) / (each + 1)))
    keys = [str(number) for number in range(spokes)]
    root = [*hub, *(_back(key) for key in keys)]
    modules = {f'module.spoke["{key}"]': tuple(_spoke(int(key))) for key in keys}
    planned = {
        "resources": [_planned(one) for one in root],
        "child_modules": [
            {"address": address, "resources": [_planned(one, f"{address}.") for one in found]}
            for address, found in modules.items()
        ],
    }
    changes = [_change(one) for one in root]
    changes += [_change(one, f"{address}.") for address, found in modules.items() for one in found]
    return json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.11.4",
            "planned_values": {"root_module": planned},
            "resource_changes": changes,
            "configuration": _configuration(root, modules['module.spoke["0"]']),
            "complete": True,
            "errored": False,
        }
    )


def _hub() -> Iterator[_Resource]:
    yield _Resource("azurerm_resource_group.hub", {"name": "rg-hub", "location": _REGION})
    placed = {"resource_group_name": "rg-hub", "location": _REGION}
    yield _Resource("azurerm_virtual_network.hub", {"name": "hub", **placed, "address_space": ["10.0.0.0/22"]})
    yield _Resource("azurerm_subnet.firewall", _subnet("AzureFirewallSubnet", "hub", "rg-hub", "10.0.0.0/26"))
    yield _Resource("azurerm_public_ip.firewall", {"name": "pip", **placed, "allocation_method": "Static"})
    yield _Resource("azurerm_firewall_policy.hub", {"name": "policy", **placed, "sku": "Standard"})
    door: dict[str, Any] = {"name": "door", "subnet_id": _id("azurerm_subnet.firewall"), "private_ip_address": _Later()}
    door |= {"public_ip_address_id": _id("azurerm_public_ip.firewall")}
    yield _Resource(
        "azurerm_firewall.hub",
        {
            "name": "firewall",
            **placed,
            "sku_name": "AZFW_VNet",
            "sku_tier": "Standard",
            "firewall_policy_id": _id("azurerm_firewall_policy.hub"),
            "ip_configuration": [door],
        },
    )
    rule: dict[str, Any] = {
        "name": "python",
        "source_addresses": ["*"],
        "destination_fqdns": ["pypi.org", "files.pythonhosted.org"],
    }
    rule |= {"protocols": [{"type": "Https", "port": 443}]}
    collection: dict[str, Any] = {"name": "packages", "priority": 200, "action": "Allow", "rule": [rule]}
    yield _Resource(
        "azurerm_firewall_policy_rule_collection_group.egress",
        {
            "name": "egress",
            "firewall_policy_id": _id("azurerm_firewall_policy.hub"),
            "priority": 200,
            "application_rule_collection": [collection],
        },
    )
    for zones in _ZONES.values():
        for zone in zones:
            label = zone.replace(".", "_")
            yield _Resource(f"azurerm_private_dns_zone.{label}", {"name": zone, "resource_group_name": "rg-hub"})


def _back(key: str) -> _Resource:
    """The hub's half of the peering with a spoke."""
    remote = _Later(f'module.spoke["{key}"].network_id')
    values: dict[str, Any] = {"name": f"to-{key}", "resource_group_name": "rg-hub", "virtual_network_name": "hub"}
    return _Resource(f"azurerm_virtual_network_peering.to_{key}", values | {"remote_virtual_network_id": remote})


def _spoke(number: int) -> Iterator[_Resource]:
    yield from _network(number)
    yield from _services(number)
    yield from _workers(number)


def _network(number: int) -> Iterator[_Resource]:
    group, network, prefix = f"rg-{number}", f"spoke-{number}", _prefix(number)
    placed = {"resource_group_name": group, "location": _REGION}
    yield _Resource("azurerm_resource_group.main", {"name": group, "location": _REGION})
    yield _Resource("azurerm_virtual_network.main", {"name": network, **placed, "address_space": [f"{prefix}.0/22"]})
    for label, cut in (("compute", f"{prefix}.0/24"), ("endpoints", f"{_prefix(number, 1)}.0/24")):
        yield _Resource(f"azurerm_subnet.{label}", _subnet(label, network, group, cut))
    yield _Resource("azurerm_network_security_group.main", {"name": f"nsg-{number}", **placed})
    for name, priority, direction, access, destination, port in _RULES:
        rule: dict[str, Any] = {
            "name": name,
            "priority": priority,
            "direction": direction,
            "access": access,
            "protocol": "*",
        }
        rule |= {"source_address_prefix": "*", "source_port_range": "*"}
        rule |= {"destination_address_prefix": destination, "destination_port_range": port}
        rule |= {"resource_group_name": group, "network_security_group_name": f"nsg-{number}"}
        yield _Resource(f"azurerm_network_security_rule.{name}", rule)
    joined: dict[str, Any] = {"subnet_id": _id("azurerm_subnet.compute")}
    filtered = joined | {"network_security_group_id": _id("azurerm_network_security_group.main")}
    yield _Resource("azurerm_subnet_network_security_group_association.compute", filtered)
    hop: dict[str, Any] = {"name": "everything", "address_prefix": "0.0.0.0/0", "next_hop_type": "VirtualAppliance"}
    hop |= {"next_hop_in_ip_address": _Later("var.next_hop")}
    yield _Resource("azurerm_route_table.main", {"name": f"rt-{number}", **placed, "route": [hop]})
    routed = joined | {"route_table_id": _id("azurerm_route_table.main")}
    yield _Resource("azurerm_subnet_route_table_association.compute", routed)
    half: dict[str, Any] = {"name": "to-hub", "resource_group_name": group, "virtual_network_name": network}
    half |= {"allow_forwarded_traffic": True, "remote_virtual_network_id": _Later("var.hub_id")}
    yield _Resource("azurerm_virtual_network_peering.hub", half)
    for zones in _ZONES.values():
        for zone in zones:
            link: dict[str, Any] = {"name": network, "resource_group_name": "rg-hub", "private_dns_zone_name": zone}
            link |= {"virtual_network_id": _id("azurerm_virtual_network.main")}
            yield _Resource(f"azurerm_private_dns_zone_virtual_network_link.{zone.replace('.', '_')}", link)


def _services(number: int) -> Iterator[_Resource]:
    placed = {"resource_group_name": f"rg-{number}", "location": _REGION}
    closed = {"public_network_access_enabled": False}
    yield _Resource(
        "azurerm_storage_account.main",
        {
            "name": f"st{number}models",
            **placed,
            **closed,
            "account_tier": "Standard",
            "account_replication_type": "ZRS",
            "network_rules": [{"default_action": "Deny", "bypass": ["AzureServices"]}],
        },
    )
    yield _Resource("azurerm_key_vault.main", {"name": f"kv-{number}", **placed, **closed, "sku_name": "standard"})
    yield _Resource("azurerm_container_registry.main", {"name": f"acr{number}", **placed, **closed, "sku": "Premium"})
    insights: dict[str, Any] = {"name": f"appi-{number}", **placed, "application_type": "web"}
    yield _Resource("azurerm_application_insights.main", insights)
    yield _Resource(
        "azurerm_machine_learning_workspace.main",
        {
            "name": f"mlw-{number}",
            **placed,
            **closed,
            "storage_account_id": _id("azurerm_storage_account.main"),
            "key_vault_id": _id("azurerm_key_vault.main"),
            "container_registry_id": _id("azurerm_container_registry.main"),
            "application_insights_id": _id("azurerm_application_insights.main"),
            "identity": [_OWN_IDENTITY],
        },
    )
    for name, target, subresource in _ENDPOINTS:
        connection: dict[str, Any] = {"name": name, "subresource_names": [subresource], "is_manual_connection": False}
        connection |= {"private_connection_resource_id": _id(target)}
        zones = [f"/subscriptions/0/resourceGroups/rg-hub/providers/Microsoft.Network/privateDnsZones/{zone}"
                 for zone in _ZONES[subresource]]  # fmt: skip
        values: dict[str, Any] = {"name": f"pe-{name}-{number}", **placed, "subnet_id": _id("azurerm_subnet.endpoints")}
        values |= {"private_service_connection": [connection]}
        values |= {"private_dns_zone_group": [{"name": "zones", "private_dns_zone_ids": zones}]}
        yield _Resource(f"azurerm_private_endpoint.{name}", values)


def _workers(number: int) -> Iterator[_Resource]:
    workspace: dict[str, Any] = {"machine_learning_workspace_id": _id("azurerm_machine_learning_workspace.main")}
    inside = workspace | {"subnet_resource_id": _id("azurerm_subnet.compute"), "node_public_ip_enabled": False}
    scale: dict[str, Any] = {"min_node_count": 0, "max_node_count": 4, "scale_down_nodes_after_idle_duration": "PT120S"}
    cluster: dict[str, Any] = {"name": f"cpu-{number}", "location": _REGION, **inside, "vm_size": "Standard_DS3_v2"}
    cluster |= {"vm_priority": "Dedicated", "scale_settings": [scale], "identity": [_OWN_IDENTITY]}
    yield _Resource("azurerm_machine_learning_compute_cluster.cpu", cluster)
    instance: dict[str, Any] = {"name": f"ci-{number}", **inside, "virtual_machine_size": "Standard_DS3_v2"}
    yield _Resource("azurerm_machine_learning_compute_instance.person", instance)
    placed = {"resource_group_name": f"rg-{number}", "location": _REGION}
    door: dict[str, Any] = {
        "name": "door",
        "subnet_id": _id("azurerm_subnet.compute"),
        "private_ip_address_allocation": "Dynamic",
    }
    interface: dict[str, Any] = {"name": f"nic-{number}", **placed, "ip_configuration": [door]}
    yield _Resource("azurerm_network_interface.agent", interface)
    machine: dict[str, Any] = {
        "name": f"agent-{number}",
        **placed,
        "size": "Standard_D2s_v5",
        "admin_username": "azureadmin",
    }
    machine |= {"network_interface_ids": [_id("azurerm_network_interface.agent")]}
    yield _Resource("azurerm_linux_virtual_machine.agent", machine | {"identity": [_OWN_IDENTITY]})
    for place, role in enumerate(_ROLES):
        who = _Later("azurerm_machine_learning_compute_cluster.cpu.identity[0].principal_id")
        where = _id("azurerm_resource_group.main")
        given = {"role_definition_name": role, "principal_id": who, "scope": where}
        yield _Resource(f"azurerm_role_assignment.r{place}", given | {"principal_type": "ServicePrincipal"})


def _subnet(name: str, network: str, group: str, prefix: str) -> dict[str, Any]:
    named = {"name": name, "virtual_network_name": network, "resource_group_name": group}
    return named | {"address_prefixes": [prefix]}


def _prefix(number: int, third: int = 0) -> str:
    return f"10.{1 + number // _BLOCK_OF_SPOKES}.{number % _BLOCK_OF_SPOKES * 4 + third}"


def _id(address: str) -> _Later:
    return _Later(f"{address}.id")


def _planned(one: _Resource, prefix: str = "") -> dict[str, Any]:
    return _named(one, prefix) | {"values": _values(one)}


def _change(one: _Resource, prefix: str = "") -> dict[str, Any]:
    unknown = {key: later for key, value in one.values.items() if (later := _unknown(value))}
    later = {"after_unknown": {"id": True} | unknown, "before_sensitive": False, "after_sensitive": {}}
    return _named(one, prefix) | {"change": {"actions": ["create"], "before": None, "after": _values(one)} | later}


def _named(one: _Resource, prefix: str = "") -> dict[str, Any]:
    kind, _, name = one.address.partition(".")
    return {"address": prefix + one.address, "mode": "managed", "type": kind, "name": name}


def _values(one: _Resource) -> dict[str, Any]:
    return {key: _known(value) for key, value in one.values.items() if not isinstance(value, _Later)}


def _known(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {key: _known(inner) for key, inner in value.items() if not isinstance(inner, _Later)}
    return (
        [None if isinstance(inner, _Later) else _known(inner) for inner in value] if isinstance(value, list) else value
    )


def _unknown(value: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(value, _Later):
        return True
    if isinstance(value, dict):
        return {key: later for key, inner in value.items() if (later := _unknown(inner))}
    if isinstance(value, list):
        found = [_unknown(inner) or {} for inner in value]
        return found if any(found) else None
    return None


def _expression(value: Any) -> Any:  # noqa: ANN401 - as above
    """An argument as a configuration holds it: what it refers to, or its constant; blocks by their arguments."""
    if isinstance(value, _Later):
        return {"references": [value.reference, value.reference.rpartition(".")[0]]}
    if isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        return [{key: _expression(inner) for key, inner in block.items() if inner != _Later()} for block in value]
    if isinstance(value, list) and any(isinstance(inner, _Later) for inner in value):
        return {"references": [inner.reference for inner in value]}
    return {"constant_value": value}


def _configured(one: _Resource) -> dict[str, Any]:
    return _named(one) | {"expressions": {key: _expression(value) for key, value in one.values.items()}}


def _configuration(root: list[_Resource], spoke: tuple[_Resource, ...]) -> dict[str, Any]:
    passed = {
        "hub_id": _expression(_id("azurerm_virtual_network.hub")),
        "next_hop": _expression(_Later("azurerm_firewall.hub.ip_configuration[0].private_ip_address")),
    }
    network = _expression(_id("azurerm_virtual_network.main"))
    module = {"resources": [_configured(one) for one in spoke], "outputs": {"network_id": {"expression": network}}}
    call = {"source": "./spoke", "expressions": passed, "for_each_expression": {}, "module": module}
    found = [_configured(one) for one in root]
    return {"root_module": {"resources": found, "module_calls": {"spoke": call}}}
