"""Storage, key vaults, registries, workspaces and their computes as azurerm resources."""

from collections.abc import Iterator

from cloister.inventory.azure import (
    Compute,
    ContainerRegistry,
    Inventory,
    KeyVault,
    StorageAccount,
    Workspace,
)
from cloister.inventory.azure.placement import service_group
from cloister.render.terraform.blocks import Block, Expression, address, reference
from cloister.render.terraform.factories import factory_blocks
from cloister.render.terraform.identities import USER_ASSIGNED, identity, own_identity
from cloister.render.terraform.placement import placed

_TENANT = Expression("${data.azurerm_client_config.current.tenant_id}")
_DEFAULT_IDLE_SECONDS = 120
_LOG_RETENTION_DAYS = 90


def service_blocks(inventory: Inventory) -> Iterator[Block]:
    """The services that a workspace depends on, data factories, then the workspaces, then the computes."""
    for account in inventory.storage_accounts:
        yield _storage(inventory, account)
    for vault in inventory.key_vaults:
        yield _vault(inventory, vault)
    for registry in inventory.container_registries:
        yield _registry(inventory, registry)
    yield from factory_blocks(inventory)
    for workspace in inventory.workspaces:
        yield from _telemetry(inventory, workspace)
        yield from _workspace(inventory, workspace)
    for compute in inventory.computes:
        yield from _compute(inventory, compute)


def _storage(inventory: Inventory, account: StorageAccount) -> Block:
    arguments = {
        "name": account.name,
        **placed(service_group(inventory, account.name)),
        "account_tier": "Standard",
        "account_replication_type": account.account_replication_type or "ZRS",
        "is_hns_enabled": account.hierarchical_namespace,
        "public_network_access_enabled": account.public_network_access,
        "shared_access_key_enabled": account.shared_access_key,
        "https_traffic_only_enabled": account.https_traffic_only,
        "min_tls_version": account.min_tls_version,
        "allow_nested_items_to_be_public": account.allow_nested_items_to_be_public,
        "local_user_enabled": account.local_users,
        "infrastructure_encryption_enabled": account.infrastructure_encryption or None,
        "sas_policy": {"expiration_period": account.sas_expiration} if account.sas_expiration else None,
        "blob_properties": _kept(account),
        "network_rules": {
            "default_action": account.network_default_action,
            "bypass": [account.bypass],
            "ip_rules": account.allowed_prefixes,
            "virtual_network_subnet_ids": [reference("subnet", subnet) for subnet in account.allowed_subnets],
        },
    }
    return Block("storage_account", account.name, arguments, account.origin)


def _kept(account: StorageAccount) -> dict[str, object] | None:
    """How long what is deleted or changed stays; nothing where nothing stays."""
    periods = {
        "delete_retention_policy": account.blob_delete_retention_days,
        "container_delete_retention_policy": account.container_delete_retention_days,
    }
    kept: dict[str, object] = {name: {"days": days} for name, days in periods.items() if days is not None}
    return (kept | {"versioning_enabled": account.versioning}) if kept or account.versioning else None


def _vault(inventory: Inventory, vault: KeyVault) -> Block:
    arguments = {
        "name": vault.name,
        **placed(service_group(inventory, vault.name)),
        "tenant_id": _TENANT,
        "sku_name": "standard",
        "public_network_access_enabled": vault.public_network_access,
        "purge_protection_enabled": vault.purge_protection,
        "soft_delete_retention_days": vault.soft_delete_retention_days,
        "rbac_authorization_enabled": vault.rbac_authorization,
        "network_acls": {"default_action": vault.network_default_action, "bypass": vault.bypass},
    }
    return Block("key_vault", vault.name, arguments, vault.origin)


def _registry(inventory: Inventory, registry: ContainerRegistry) -> Block:
    arguments = {
        "name": registry.name,
        **placed(service_group(inventory, registry.name)),
        "sku": registry.sku,
        "admin_enabled": registry.admin_user,
        "public_network_access_enabled": registry.public_network_access,
        "data_endpoint_enabled": registry.data_endpoints,
        "trust_policy_enabled": registry.trust_policy or None,
        "quarantine_policy_enabled": registry.quarantine_policy or None,
        "retention_policy_in_days": registry.retention_days,
        "georeplications": [{"location": region} for region in registry.replications] or None,
    }
    return Block("container_registry", registry.name, arguments, registry.origin)


def _telemetry(inventory: Inventory, workspace: Workspace) -> Iterator[Block]:
    """Application Insights, without which azurerm makes no workspace, and the log store under it."""
    name = insights_name(workspace)
    placing = placed(service_group(inventory, workspace.name))
    logs = {"name": f"log-{name}", **placing, "sku": "PerGB2018", "retention_in_days": _LOG_RETENTION_DAYS}
    yield Block("log_analytics_workspace", name, logs, workspace.origin)
    insights = {
        "name": name,
        **placing,
        "application_type": "web",
        "workspace_id": reference("log_analytics_workspace", name),
    }
    yield Block("application_insights", name, insights, workspace.origin)


def insights_name(workspace: Workspace) -> str:
    """The name of the workspace's Application Insights, stated or made from the workspace's."""
    return workspace.application_insights or f"appi-{workspace.name}"


def _workspace(inventory: Inventory, workspace: Workspace) -> Iterator[Block]:
    placing = placed(service_group(inventory, workspace.name))
    arguments: dict[str, object] = {
        "name": workspace.name,
        **placing,
        "application_insights_id": reference("application_insights", insights_name(workspace)),
        "key_vault_id": reference("key_vault", workspace.key_vault),
        "storage_account_id": reference("storage_account", workspace.storage_account),
        "public_network_access_enabled": workspace.public_network_access,
        # By name: the compute refers to the workspace, so that a reference here would close a circle.
        "image_build_compute_name": workspace.image_build_compute,
        "v1_legacy_mode_enabled": workspace.v1_legacy_mode,
        "high_business_impact": workspace.high_business_impact,
        "identity": identity(inventory, workspace.identity, workspace.name),
        "managed_network": {"isolation_mode": workspace.managed_network},
    }
    if workspace.serverless_subnet:
        subnet = reference("subnet", workspace.serverless_subnet)
        arguments["serverless_compute"] = {"subnet_id": subnet, "public_ip_enabled": False}
    if workspace.container_registry:
        arguments["container_registry_id"] = reference("container_registry", workspace.container_registry)
    if workspace.identity == USER_ASSIGNED:
        arguments["primary_user_assigned_identity"] = reference("user_assigned_identity", workspace.name)
        yield own_identity(workspace.name, placing, workspace.origin)
    yield Block("machine_learning_workspace", workspace.name, arguments, workspace.origin)


def _compute(inventory: Inventory, compute: Compute) -> Iterator[Block]:
    workspace = compute.workspace or inventory.workspaces[0].name  # limits.py refuses any other
    placing = placed(service_group(inventory, workspace))
    if compute.identity == USER_ASSIGNED:
        yield own_identity(compute.name, placing, compute.origin)
    arguments: dict[str, object] = {
        "name": compute.name,
        "machine_learning_workspace_id": reference("machine_learning_workspace", workspace),
        "subnet_resource_id": reference("subnet", compute.subnet) if compute.subnet else None,
        "node_public_ip_enabled": compute.node_public_ip,
        "local_auth_enabled": compute.local_auth,
        "identity": identity(inventory, compute.identity, compute.name),
        # A node without a public address registers over the private endpoints, so they come first.
        "depends_on": _endpoints_of(inventory, workspace) or None,
    }
    if compute.kind == "instance":
        arguments |= {"virtual_machine_size": compute.vm_size}
        yield Block("machine_learning_compute_instance", compute.name, arguments, compute.origin)
        return
    idle = _DEFAULT_IDLE_SECONDS if compute.idle_seconds is None else compute.idle_seconds
    arguments |= {
        "location": placing["location"],
        "vm_size": compute.vm_size,
        "vm_priority": compute.tier,
        "ssh_public_access_enabled": compute.ssh_public_access,
        "scale_settings": {
            "min_node_count": compute.min_nodes,
            "max_node_count": compute.max_nodes,
            "scale_down_nodes_after_idle_duration": f"PT{idle}S",
        },
    }
    yield Block("machine_learning_compute_cluster", compute.name, arguments, compute.origin)


def _endpoints_of(inventory: Inventory, workspace_name: str) -> list[str]:
    """The private endpoints of a workspace and of what it depends on."""
    workspace = next(found for found in inventory.workspaces if found.name == workspace_name)
    parts = {workspace.name, workspace.storage_account, workspace.key_vault, workspace.container_registry}
    return [
        address("private_endpoint", endpoint.name)
        for endpoint in inventory.private_endpoints
        if endpoint.target in parts
    ]
