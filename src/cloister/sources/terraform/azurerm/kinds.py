"""Which function puts which type into the document, and when.

First what stands somewhere takes its place, so that addresses can be given; then everything else, which may refer to
these addresses.
"""

from collections.abc import Callable

from cloister.sources.terraform.azurerm import (
    balancers,
    egress,
    endpoints,
    filters,
    firewalls,
    gateways,
    machines,
    networks,
    operations,
    rights,
    routes,
    services,
    workspaces,
    zones,
)
from cloister.sources.terraform.azurerm.attributes import put_attributes
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path

Own = Callable[[Desk, Declared, Path], None]
Part = Callable[[Desk, Declared], None]

PLACES: tuple[tuple[str, Own], ...] = (
    ("azurerm_virtual_network", networks.place_network),
    ("azurerm_subnet", networks.place_subnet),
    ("azurerm_firewall", firewalls.place_firewall),
    ("azurerm_lb", balancers.place_balancer),
    ("azurerm_private_dns_resolver_inbound_endpoint", zones.place_inbound),
    ("azurerm_private_endpoint", endpoints.place_endpoint),
    ("azurerm_linux_virtual_machine", machines.place_machine),
    ("azurerm_windows_virtual_machine", machines.place_machine),
)
"""What takes a place in a network, in the order in which addresses are given where none is stated."""

OWN: dict[str, Own] = {
    "azurerm_virtual_network": networks.name_servers,
    "azurerm_network_security_group": filters.inline_rules,
    "azurerm_route_table": routes.route_table,
    "azurerm_subnet_service_endpoint_storage_policy": egress.endpoint_policy,
    "azurerm_firewall_policy": firewalls.policy,
    "azurerm_firewall": firewalls.firewall,
    "azurerm_virtual_network_gateway": gateways.gateway,
    "azurerm_bastion_host": gateways.gateway,
    "azurerm_local_network_gateway": gateways.site,
    "azurerm_network_manager_admin_rule_collection": filters.admin_collection,
    "azurerm_network_manager_network_group": filters.network_group,
    "azurerm_private_dns_resolver_outbound_endpoint": zones.outbound,
    "azurerm_storage_account": services.account,
    "azurerm_key_vault": rights.vault,
    "azurerm_container_registry": services.registry,
    "azurerm_machine_learning_workspace": workspaces.workspace,
    "azurerm_role_assignment": rights.assignment,
    "azurerm_monitor_diagnostic_setting": operations.diagnostic_setting,
    "azurerm_monitor_metric_alert": operations.metric_alert,
    "azurerm_consumption_budget_subscription": operations.budget,
    "azurerm_consumption_budget_resource_group": operations.budget,
    "azurerm_subscription_policy_assignment": operations.policy_assignment,
    "azurerm_resource_group_policy_assignment": operations.policy_assignment,
    "azurerm_management_group_policy_assignment": operations.policy_assignment,
}
"""What a resource of its own says beside its place; attributes that the table maps alone need no function."""

PARTS: dict[str, Part] = {
    "azurerm_virtual_network_dns_servers": networks.name_servers_apart,
    "azurerm_virtual_network_peering": networks.peer,
    "azurerm_subnet_network_security_group_association": networks.associate,
    "azurerm_subnet_route_table_association": networks.associate,
    "azurerm_subnet_nat_gateway_association": networks.associate,
    "azurerm_network_security_rule": filters.rule_apart,
    "azurerm_route": routes.route_apart,
    "azurerm_public_ip": egress.public_ip,
    "azurerm_nat_gateway_public_ip_association": egress.nat_address,
    "azurerm_lb_rule": balancers.balancing_rule,
    "azurerm_lb_outbound_rule": balancers.outbound_rule,
    "azurerm_firewall_policy_rule_collection_group": firewalls.collection_group,
    "azurerm_firewall_network_rule_collection": firewalls.old_collection,
    "azurerm_firewall_application_rule_collection": firewalls.old_collection,
    "azurerm_firewall_nat_rule_collection": firewalls.old_collection,
    "azurerm_virtual_network_gateway_connection": gateways.connection,
    "azurerm_network_interface": machines.interface_servers,
    "azurerm_network_interface_security_group_association": machines.interface_filter,
    "azurerm_network_interface_application_security_group_association": machines.interface_set,
    "azurerm_virtual_machine_extension": machines.extension,
    "azurerm_network_manager_static_member": filters.member,
    "azurerm_network_manager_admin_rule": filters.admin_rule,
    "azurerm_private_dns_zone_virtual_network_link": zones.link,
    "azurerm_private_dns_a_record": zones.record,
    "azurerm_private_dns_resolver_forwarding_rule": zones.forwarding_rule,
    "azurerm_private_dns_resolver_virtual_network_link": zones.ruleset_link,
    "azurerm_storage_account_network_rules": services.account_rules,
    "azurerm_key_vault_access_policy": rights.access_policy,
    "azurerm_container_registry_agent_pool": services.agent_pool,
    "azurerm_mssql_virtual_network_rule": services.caller_subnet,
    "azurerm_mssql_firewall_rule": services.caller_range,
    "azurerm_postgresql_flexible_server_firewall_rule": services.caller_range,
    "azurerm_synapse_firewall_rule": services.caller_range,
    "azurerm_monitor_private_link_scoped_service": services.monitor_scope,
    "azurerm_kubernetes_cluster_node_pool": services.node_pool,
    "azurerm_machine_learning_workspace_network_outbound_rule_fqdn": workspaces.fqdn_rule,
    "azurerm_machine_learning_workspace_network_outbound_rule_private_endpoint": workspaces.endpoint_rule,
    "azurerm_machine_learning_workspace_network_outbound_rule_service_tag": workspaces.tag_rule,
    "azurerm_private_endpoint_application_security_group_association": endpoints.endpoint_set,
    "azurerm_role_definition": rights.role,
    "azurerm_security_center_subscription_pricing": operations.defender_plan,
    "azurerm_management_lock": rights.lock,
}
"""What is put into another resource of the document."""


def by_table(desk: Desk, one: Declared, path: Path) -> None:
    """What a resource says by the table alone; a service of another kind with its own ways."""
    if path[0] == "services":
        services.service(desk, one, path)
    else:
        put_attributes(desk, one, path)
