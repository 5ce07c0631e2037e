"""One row for each kind of azurerm resources that is written in a way of its own: what it becomes in the document."""

import json
from typing import Any

import pytest

from cloister.sources.terraform.read import terraform_document
from cloister.sources.translated import Translated
from cloister.sources.understanding import understood


class Ref(str):
    """A value that is known only after apply, by what it refers to; an empty one is what Azure gives."""

    __slots__ = ()


def _known(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {key: _known(inner) for key, inner in value.items() if not isinstance(inner, Ref)}
    if isinstance(value, list):
        return [None if isinstance(inner, Ref) else _known(inner) for inner in value]
    return value


def _unknown(value: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(value, dict):
        return {key: _unknown(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_unknown(inner) for inner in value]
    return isinstance(value, Ref)


def _expression(value: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(value, Ref):
        return {"references": [str(value), value.rpartition(".")[0]]} if value else {}
    if isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        return [{key: _expression(inner) for key, inner in block.items() if inner != ""} for block in value]
    if isinstance(value, list) and any(isinstance(inner, Ref) for inner in value):
        return {"references": [str(inner) for inner in value if isinstance(inner, Ref)]}
    return {"constant_value": value}


def translated(*resources: tuple[str, dict[str, Any]]) -> Translated:
    planned, changes, configured = [], [], []
    for address, values in resources:
        kind, _, name = address.partition(".")
        planned.append({"address": address, "mode": "managed", "type": kind, "name": name, "values": _known(values)})
        unknown = {"id": True} | _unknown(values)
        changes.append({"address": address, "change": {"actions": ["create"], "after_unknown": unknown}})
        expressions = {key: _expression(value) for key, value in values.items()}
        configured.append({"address": address, "expressions": expressions})
    plan = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": configured}},
    }
    return terraform_document(json.dumps(plan), "plan.json")


RG = {"resource_group_name": "rg", "location": "westeurope"}
NETWORK = ("azurerm_virtual_network.hub", {"name": "hub", **RG, "address_space": ["10.0.0.0/16"]})


def _subnet(name: str, prefix: str, **more: object) -> tuple[str, dict[str, Any]]:
    values = {"name": name, "resource_group_name": "rg", "virtual_network_name": "hub", "address_prefixes": [prefix]}
    return f"azurerm_subnet.{name}", values | more


SUBNET = _subnet("jobs", "10.0.1.0/24")
RESOLVERS = [{"service_delegation": [{"name": "Microsoft.Network/dnsResolvers"}]}]
INBOUND_SUBNET = _subnet("in", "10.0.4.0/28", delegation=RESOLVERS)
OUTBOUND_SUBNET = _subnet("out", "10.0.3.0/28", delegation=RESOLVERS)
FIREWALL_SUBNET = _subnet("AzureFirewallSubnet", "10.0.0.0/26")
IN_JOBS = {"subnet_id": Ref("azurerm_subnet.jobs.id")}
FIREWALL = (
    "azurerm_firewall.fw",
    {
        "name": "fw",
        **RG,
        "sku_name": "AZFW_VNet",
        "sku_tier": "Standard",
        "ip_configuration": [
            {"name": "c", "subnet_id": Ref("azurerm_subnet.AzureFirewallSubnet.id"), "private_ip_address": Ref()}
        ],
    },
)
NIC = (
    "azurerm_network_interface.vm",
    {
        "name": "nic",
        **RG,
        "ip_forwarding_enabled": True,
        "dns_servers": [Ref("azurerm_firewall.fw.ip_configuration[0].private_ip_address")],
        "ip_configuration": [{"name": "c", **IN_JOBS, "private_ip_address": Ref()}],
    },
)
MACHINE = (
    "azurerm_linux_virtual_machine.vm",
    {"name": "vm", **RG, "network_interface_ids": [Ref("azurerm_network_interface.vm.id")]},
)
ACCOUNT = ("azurerm_storage_account.st", {"name": "stmodels", **RG, "account_replication_type": "LRS"})
RULE = {"name": "r", "source_addresses": ["10.0.1.0/24"]}
OLD = {"azure_firewall_name": "fw", "resource_group_name": "rg", "priority": 200, "name": "c", "action": "Allow"}
BALANCER = (
    "azurerm_lb.lb",
    {
        "name": "lb",
        **RG,
        "frontend_ip_configuration": [{"name": "front", **IN_JOBS, "private_ip_address": "10.0.1.9"}],
    },
)
OF_BALANCER = {"loadbalancer_id": Ref("azurerm_lb.lb.id")}
RESOLVER = (
    "azurerm_private_dns_resolver.r",
    {"name": "resolver", **RG, "virtual_network_id": Ref("azurerm_virtual_network.hub.id")},
)
OF_RESOLVER = {"private_dns_resolver_id": Ref("azurerm_private_dns_resolver.r.id"), "location": "westeurope"}
SERVER = ("azurerm_mssql_server.db", {"name": "customers", **RG, "version": "12.0", "identity": []})
WORKSPACE = (
    "azurerm_machine_learning_workspace.w",
    {
        "name": "work",
        **RG,
        "storage_account_id": Ref("azurerm_storage_account.st.id"),
        "key_vault_id": Ref("azurerm_key_vault.kv.id"),
        "managed_network": [{"isolation_mode": "AllowOnlyApprovedOutbound"}],
        "identity": [{"type": "UserAssigned", "identity_ids": [Ref("azurerm_user_assigned_identity.own.id")]}],
    },
)
VAULT = ("azurerm_key_vault.kv", {"name": "kv-ml", **RG})
OWN = ("azurerm_user_assigned_identity.own", {"name": "id-own", **RG, "principal_id": Ref()})
OF_WORKSPACE = {"workspace_id": Ref("azurerm_machine_learning_workspace.w.id")}

KINDS: tuple[tuple[str, tuple[tuple[str, dict[str, Any]], ...], str, Any], ...] = (
    (
        "a subnet with a delegation, and an association with a table that is a resource",
        (
            NETWORK,
            _subnet("apps", "10.0.2.0/24", delegation=RESOLVERS),
            ("azurerm_route_table.rt", {"name": "rt", **RG}),
            (
                "azurerm_subnet_route_table_association.a",
                {"subnet_id": Ref("azurerm_subnet.apps.id"), "route_table_id": Ref("azurerm_route_table.rt.id")},
            ),
        ),
        "networks.hub.subnets.apps",
        {
            "default_outbound_access": True,
            "private_endpoint_network_policies": "Disabled",
            "prefix": "10.0.2.0/24",
            "delegation": "Microsoft.Network/dnsResolvers",
            "route_table": "rt",
        },
    ),
    (
        "a subnet inside of its network",
        (
            ("azurerm_network_security_group.n", {"name": "nsg", **RG}),
            (
                "azurerm_virtual_network.v",
                {
                    "name": "v",
                    **RG,
                    "address_space": ["10.0.0.0/16"],
                    "subnet": [
                        {
                            "name": "s",
                            "address_prefixes": ["10.0.0.0/24"],
                            "security_group": Ref("azurerm_network_security_group.n.id"),
                        }
                    ],
                },
            ),
        ),
        "networks.v.subnets.s",
        {"prefix": "10.0.0.0/24", "network_security_group": "nsg"},
    ),
    (
        "a rule inside of its group, with application security groups",
        (
            ("azurerm_application_security_group.web", {"name": "web", **RG}),
            (
                "azurerm_network_security_group.n",
                {
                    "name": "nsg",
                    **RG,
                    "security_rule": [
                        {
                            "name": "r",
                            "priority": 100,
                            "direction": "Inbound",
                            "access": "Allow",
                            "protocol": "Tcp",
                            "source_address_prefixes": ["10.0.0.0/24", "10.0.1.0/24"],
                            "source_port_range": "*",
                            "destination_application_security_group_ids": [
                                Ref("azurerm_application_security_group.web.id")
                            ],
                            "destination_port_ranges": ["80", "443"],
                        }
                    ],
                },
            ),
        ),
        "network_security_groups.nsg.rules.r",
        {
            "priority": 100,
            "direction": "Inbound",
            "access": "Allow",
            "protocol": "Tcp",
            "source": ["10.0.0.0/24", "10.0.1.0/24"],
            "source_ports": ["*"],
            "destination_ports": ["80", "443"],
            "destination_application_security_groups": ["web"],
        },
    ),
    (
        "a firewall without a policy, and its rules of the old kind",
        (
            NETWORK,
            FIREWALL_SUBNET,
            FIREWALL,
            (
                "azurerm_firewall_network_rule_collection.c",
                {
                    **OLD,
                    "rule": [
                        {
                            **RULE,
                            "destination_addresses": ["AzureMonitor"],
                            "destination_ports": ["443"],
                            "protocols": ["TCP"],
                        }
                    ],
                },
            ),
            (
                "azurerm_firewall_application_rule_collection.d",
                {**OLD, "rule": [{**RULE, "target_fqdns": ["pypi.org"], "protocol": [{"type": "Https", "port": 443}]}]},
            ),
        ),
        "firewalls.fw.rule_collection_groups.rules",
        {
            "priority": 100,
            "application_rule_collections": {
                "c": {
                    "priority": 200,
                    "action": "Allow",
                    "rules": {"r": {"sources": ["10.0.1.0/24"], "fqdns": ["pypi.org"], "protocols": ["Https:443"]}},
                }
            },
            "network_rule_collections": {
                "c": {
                    "priority": 200,
                    "action": "Allow",
                    "rules": {
                        "r": {
                            "sources": ["10.0.1.0/24"],
                            "destinations": ["AzureMonitor"],
                            "ports": ["443"],
                            "protocols": ["TCP"],
                        }
                    },
                }
            },
        },
    ),
    (
        "a machine by its interface, with the address of a firewall as its name server",
        (NETWORK, SUBNET, FIREWALL_SUBNET, FIREWALL, NIC, MACHINE),
        "machines.vm",
        {
            "extension_operations": True,
            "identity": "None",
            "password_authentication": False,
            "vm_agent": True,
            "purpose": "other",
            "subnet": "hub/jobs",
            "ip_forwarding": True,
            "private_ip": "10.0.1.4",
            "dns_servers": ["10.0.0.4"],
        },
    ),
    (
        "secrets in the settings of an extension, by their keys alone",
        (
            NETWORK, SUBNET, NIC, MACHINE,
            (
                "azurerm_virtual_machine_extension.e",
                {
                    "virtual_machine_id": Ref("azurerm_linux_virtual_machine.vm.id"),
                    "settings": '{"commandToExecute": "x", "storageAccountKey": "hunter2"}',
                },
            ),
        ),
        "machines.vm.secrets_in_extension_settings",
        ["storageAccountKey"],
    ),
    (
        "a load balancer inside, with a rule, a probe and a machine behind it",
        (
            NETWORK, SUBNET, NIC, MACHINE, BALANCER,
            ("azurerm_lb_backend_address_pool.p", {"name": "pool", **OF_BALANCER}),
            ("azurerm_lb_probe.k", {"name": "probe", **OF_BALANCER, "port": 8080}),
            (
                "azurerm_network_interface_backend_address_pool_association.a",
                {
                    "network_interface_id": Ref("azurerm_network_interface.vm.id"),
                    "backend_address_pool_id": Ref("azurerm_lb_backend_address_pool.p.id"),
                    "ip_configuration_name": "c",
                },
            ),
            (
                "azurerm_lb_rule.r",
                {
                    "name": "web", **OF_BALANCER, "frontend_ip_configuration_name": "front", "protocol": "Tcp",
                    "frontend_port": 443, "backend_port": 8443, "probe_id": Ref("azurerm_lb_probe.k.id"),
                    "backend_address_pool_ids": [Ref("azurerm_lb_backend_address_pool.p.id")],
                },
            ),
        ),
        "load_balancers.lb",
        {
            "sku": "Standard",
            "frontends": {
                "front": {
                    "subnet": "hub/jobs",
                    "private_ip": "10.0.1.9",
                    "rules": {
                        "web": {
                            "protocol": "Tcp",
                            "frontend_port": 443,
                            "floating_ip": False,
                            "disable_outbound_snat": False,
                            "backend_port": 8443,
                            "probe_port": 8080,
                            "backends": ["vm"],
                        }
                    },
                }
            },
        },
    ),
    (
        "a private resolver with both kinds of endpoints",
        (
            NETWORK, INBOUND_SUBNET, OUTBOUND_SUBNET, RESOLVER,
            (
                "azurerm_private_dns_resolver_inbound_endpoint.i",
                {"name": "in", **OF_RESOLVER, "ip_configurations": [{"subnet_id": Ref("azurerm_subnet.in.id")}]},
            ),
            (
                "azurerm_private_dns_resolver_outbound_endpoint.o",
                {"name": "out", **OF_RESOLVER, "subnet_id": Ref("azurerm_subnet.out.id")},
            ),
        ),
        "dns_resolvers.resolver",
        {
            "inbound_endpoints": {"in": {"subnet": "hub/in", "private_ip": "10.0.4.4"}},
            "outbound_endpoints": {"out": {"subnet": "hub/out"}},
            "network": "hub",
        },
    ),
    (
        "a forwarding ruleset with a rule and a link",
        (
            NETWORK, OUTBOUND_SUBNET, RESOLVER,
            (
                "azurerm_private_dns_resolver_outbound_endpoint.o",
                {"name": "out", **OF_RESOLVER, "subnet_id": Ref("azurerm_subnet.out.id")},
            ),
            (
                "azurerm_private_dns_resolver_dns_forwarding_ruleset.s",
                {
                    "name": "set", **RG,
                    "private_dns_resolver_outbound_endpoint_ids": [
                        Ref("azurerm_private_dns_resolver_outbound_endpoint.o.id")
                    ],
                },
            ),
            (
                "azurerm_private_dns_resolver_forwarding_rule.f",
                {
                    "name": "corp", "domain_name": "corp.example.", "enabled": True,
                    "dns_forwarding_ruleset_id": Ref("azurerm_private_dns_resolver_dns_forwarding_ruleset.s.id"),
                    "target_dns_servers": [{"ip_address": "10.9.0.4", "port": 5353}],
                },
            ),
            (
                "azurerm_private_dns_resolver_virtual_network_link.l",
                {
                    "name": "l", "virtual_network_id": Ref("azurerm_virtual_network.hub.id"),
                    "dns_forwarding_ruleset_id": Ref("azurerm_private_dns_resolver_dns_forwarding_ruleset.s.id"),
                },
            ),
        ),
        "forwarding_rulesets.set",
        {
            "outbound_endpoints": ["resolver/out"],
            "rules": {"corp": {"enabled": True, "suffix": "corp.example", "targets": ["10.9.0.4:5353"]}},
            "links": {"hub": {}},
        },
    ),
    (
        "a database that lets in whom its rules list",
        (
            NETWORK, SUBNET, SERVER,
            (
                "azurerm_mssql_firewall_rule.r",
                {
                    "name": "r", "server_id": Ref("azurerm_mssql_server.db.id"),
                    "start_ip_address": "203.0.113.0", "end_ip_address": "203.0.113.7",
                },
            ),
            ("azurerm_mssql_virtual_network_rule.v", {"server_id": Ref("azurerm_mssql_server.db.id"), **IN_JOBS}),
        ),
        "services.customers",
        {
            "kind": "sql",
            "identity": "None",
            "public_network_access": True,
            "network_default_action": "Deny",
            "bypass": "None",
            "allowed_subnets": ["hub/jobs"],
            "allowed_prefixes": ["203.0.113.0/29"],
        },
    ),
    (
        "a private Kubernetes cluster",
        (
            NETWORK, SUBNET,
            (
                "azurerm_kubernetes_cluster.k",
                {
                    "name": "aks", **RG, "private_cluster_enabled": True, "local_account_disabled": True,
                    "default_node_pool": [{"name": "d", "vnet_subnet_id": Ref("azurerm_subnet.jobs.id")}],
                    "identity": [{"type": "SystemAssigned"}],
                },
            ),
        ),
        "services.aks",
        {
            "kind": "kubernetes",
            "identity": "SystemAssigned",
            "local_accounts": False,
            "public_network_access": False,
            "kubernetes": {"role_based_access_control": True, "sku_tier": "Free"},
            "subnets": ["hub/jobs"],
        },
    ),
    (
        "a workspace with a managed network, its rules, and an identity of its own",
        (
            ACCOUNT, VAULT, OWN, WORKSPACE,
            (f"{WORKSPACE[0].split('.')[0]}_network_outbound_rule_fqdn.f",
             {"name": "f", **OF_WORKSPACE, "destination_fqdn": "pypi.org"}),
            (
                f"{WORKSPACE[0].split('.')[0]}_network_outbound_rule_private_endpoint.p",
                {
                    "name": "p", **OF_WORKSPACE, "sub_resource_target": "blob",
                    "service_resource_id": Ref("azurerm_storage_account.st.id"),
                },
            ),
            (f"{WORKSPACE[0].split('.')[0]}_network_outbound_rule_service_tag.t",
             {"name": "t", **OF_WORKSPACE, "service_tag": "Sql", "protocol": "TCP", "port_ranges": "443, 80-90"}),
        ),
        "workspaces.work",
        {
            "identity": "UserAssigned",
            "key_vault": "kv-ml",
            "managed_network": "AllowOnlyApprovedOutbound",
            "public_network_access": True,
            "storage_account": "stmodels",
            "v1_legacy_mode": False,
            "outbound_rules": {
                "f": {"type": "FQDN", "fqdn": "pypi.org"},
                "p": {"type": "PrivateEndpoint", "target": "stmodels", "subresource": "blob"},
                "t": {"type": "ServiceTag", "service_tag": "Sql", "protocol": "TCP", "ports": ["443", "80-90"]},
            },
        },
    ),
    (
        "a managed network that waits for a first compute",
        (
            ACCOUNT, VAULT, OWN,
            (
                WORKSPACE[0],
                WORKSPACE[1] | {
                    "managed_network": [
                        {"isolation_mode": "AllowInternetOutbound", "provision_on_creation_enabled": False}
                    ]
                },
            ),
        ),
        "workspaces.work.managed_network_provisioned",
        False,
    ),
    (
        "a role of an identity that one workspace carries alone: that workspace's",
        (
            ACCOUNT, VAULT, OWN, WORKSPACE,
            (
                "azurerm_role_assignment.r",
                {
                    "scope": Ref("azurerm_storage_account.st.id"), "role_definition_name": "Reader",
                    "principal_id": Ref("azurerm_user_assigned_identity.own.principal_id"),
                },
            ),
        ),
        "role_assignments.r",
        {"principal": "identity:work", "role": "Reader", "scope": "stmodels"},
    ),
    (
        "rules of an account that stand apart, with a workspace that comes in",
        (
            NETWORK, SUBNET, ACCOUNT, VAULT, OWN, WORKSPACE,
            (
                "azurerm_storage_account_network_rules.n",
                {
                    "storage_account_id": Ref("azurerm_storage_account.st.id"), "default_action": "Deny",
                    "bypass": ["Logging"], "ip_rules": ["203.0.113.4"],
                    "virtual_network_subnet_ids": [Ref("azurerm_subnet.jobs.id")],
                    "private_link_access": [
                        {"endpoint_resource_id": Ref("azurerm_machine_learning_workspace.w.id")}
                    ],
                },
            ),
        ),
        "storage_accounts.stmodels",
        {
            "account_replication_type": "LRS",
            "allow_nested_items_to_be_public": True,
            "https_traffic_only": True,
            "infrastructure_encryption": False,
            "local_users": True,
            "min_tls_version": "TLS1_2",
            "public_network_access": True,
            "shared_access_key": True,
            "network_default_action": "Deny",
            "bypass": "None",
            "allowed_prefixes": ["203.0.113.4/32"],
            "allowed_subnets": ["hub/jobs"],
            "trusted_resources": ["work"],
        },
    ),
    (
        "a policy for somebody's secrets, stated in the vault and told by a group of the directory",
        (
            ("azuread_group.team", {"display_name": "Data scientists", "object_id": Ref()}),
            (
                "azurerm_key_vault.v",
                {
                    "name": "kv", **RG,
                    "access_policy": [
                        {"object_id": Ref("azuread_group.team.object_id"), "secret_permissions": ["Get", "List"]}
                    ],
                },
            ),
        ),
        "key_vaults.kv.access_policies",
        {"group:Data-scientists": ["get", "list"]},
    ),
    (
        "an admin rule of a collection that is deployed",
        (
            ("azurerm_network_manager_network_group.g", {"name": "all"}),
            ("azurerm_network_manager_security_admin_configuration.c", {"name": "conf"}),
            (
                "azurerm_network_manager_admin_rule_collection.k",
                {
                    "name": "coll",
                    "network_group_ids": [Ref("azurerm_network_manager_network_group.g.id")],
                    "security_admin_configuration_id": Ref(
                        "azurerm_network_manager_security_admin_configuration.c.id"
                    ),
                },
            ),
            (
                "azurerm_network_manager_admin_rule.r",
                {
                    "name": "no-rdp", "action": "Deny", "direction": "Inbound", "priority": 10, "protocol": "Tcp",
                    "admin_rule_collection_id": Ref("azurerm_network_manager_admin_rule_collection.k.id"),
                    "source": [{"address_prefix": "*", "address_prefix_type": "IPPrefix"}],
                    "destination_port_ranges": ["3389"],
                },
            ),
            (
                "azurerm_network_manager_deployment.d",
                {"configuration_ids": [Ref("azurerm_network_manager_security_admin_configuration.c.id")]},
            ),
        ),
        "admin_rule_collections.coll",
        {
            "network_groups": ["all"],
            "rules": {
                "no-rdp": {
                    "priority": 10, "direction": "Inbound", "access": "Deny", "protocol": "Tcp",
                    "source": ["*"], "destination_ports": ["3389"],
                }
            },
        },
    ),
    (
        "a lock on a group",
        (
            ("azurerm_resource_group.g", {"name": "rg", "location": "westeurope"}),
            (
                "azurerm_management_lock.l",
                {"name": "l", "scope": Ref("azurerm_resource_group.g.id"), "lock_level": "CanNotDelete"},
            ),
        ),
        "resource_groups.rg",
        {"lock": "CanNotDelete"},
    ),
    (
        "a monitoring resource in a scope",
        (
            ("azurerm_monitor_private_link_scope.s", {"name": "scope", "resource_group_name": "rg"}),
            ("azurerm_application_insights.a", {"name": "appi", **RG, "internet_ingestion_enabled": False}),
            (
                "azurerm_monitor_private_link_scoped_service.m",
                {
                    "name": "m", "resource_group_name": "rg", "scope_name": "scope",
                    "linked_resource_id": Ref("azurerm_application_insights.a.id"),
                },
            ),
        ),
        "services.appi",
        {"kind": "insights", "public_network_access": False, "scopes": ["scope"]},
    ),
)  # fmt: skip


def _at(document: Any, path: str) -> Any:  # noqa: ANN401 - any JSON value
    for part in path.split("."):
        document = document[part]
    return document


@pytest.mark.parametrize(("resources", "path", "expected"), [row[1:] for row in KINDS], ids=[row[0] for row in KINDS])
def test_a_kind_becomes_this_part_of_the_document(
    resources: tuple[tuple[str, dict[str, Any]], ...],
    path: str,
    expected: Any,  # noqa: ANN401 - as above
) -> None:
    found = translated(*resources)
    assert _at(found.tree.plain(), path) == expected


PROVIDERS = "/subscriptions/0/resourceGroups/elsewhere/providers"
MISSING: tuple[tuple[str, tuple[tuple[str, dict[str, Any]], ...], tuple[str, ...], str], ...] = (
    (
        "a subnet with two prefixes",
        (NETWORK, _subnet("two", "10.0.2.0/24", address_prefixes=["10.0.2.0/24", "10.0.3.0/24"])),
        ("networks", "hub", "subnets", "two", "prefix"),
        "has several prefixes, and the document takes one",
    ),
    (
        "a peering with a network that is declared elsewhere",
        (
            NETWORK,
            (
                "azurerm_virtual_network_peering.p",
                {
                    "name": "p", "resource_group_name": "rg", "virtual_network_name": "hub",
                    "remote_virtual_network_id": f"{PROVIDERS}/Microsoft.Network/virtualNetworks/y",
                },
            ),
        ),
        ("networks", "hub", "peerings"),
        "leads to a network that the input does not describe",
    ),
    (
        "an admin rule collection that nothing deploys",
        (("azurerm_network_manager_admin_rule_collection.k", {"name": "coll"}),),
        ("admin_rule_collections", "coll"),
        "belongs to a configuration that nothing here deploys",
    ),
    (
        "a rule on names that is narrowed by a path",
        (
            ("azurerm_firewall_policy.p", {"name": "policy", **RG}),
            (
                "azurerm_firewall_policy_rule_collection_group.g",
                {
                    "name": "g", "priority": 100, "firewall_policy_id": Ref("azurerm_firewall_policy.p.id"),
                    "application_rule_collection": [
                        {
                            "name": "c", "priority": 100, "action": "Allow",
                            "rule": [{**RULE, "destination_urls": ["pypi.org/simple"]}],
                        }
                    ],
                },
            ),
        ),
        (
            "firewall_policies", "policy", "rule_collection_groups", "g", "application_rule_collections", "c", "rules",
            "r",
        ),
        "narrows the rule by destination_urls, which is not understood",
    ),
    (
        "two private zones of one name, in two groups",
        (
            ("azurerm_private_dns_zone.a", {"name": "privatelink.azurecr.io", "resource_group_name": "rg-a"}),
            ("azurerm_private_dns_zone.b", {"name": "privatelink.azurecr.io", "resource_group_name": "rg-b"}),
        ),
        ("private_dns_zones", "privatelink.azurecr.io"),
        "is the name of several zones, and the document takes one: who is linked to which is not told",
    ),
    (
        "a name that is made only when it is applied",
        (("azurerm_storage_account.st", {"name": Ref("random_string.s.result"), **RG}),
         ("random_string.s", {"result": Ref()})),
        ("storage_accounts", "st", "name"),
        "is result of random_string.s, which is not told",
    ),
)  # fmt: skip


@pytest.mark.parametrize(("resources", "path", "what"), [row[1:] for row in MISSING], ids=[row[0] for row in MISSING])
def test_what_is_not_told_is_missing(
    resources: tuple[tuple[str, dict[str, Any]], ...], path: tuple[str, ...], what: str
) -> None:
    assert (path, what) in [(one.path, one.what) for one in translated(*resources).missing]


def test_equal_names_in_two_groups_are_two_resources_that_keep_their_name_in_azure() -> None:
    other = ("azurerm_storage_account.other", {**ACCOUNT[1], "resource_group_name": "rg-2"})
    accounts = translated(ACCOUNT, other).tree.plain()["storage_accounts"]
    names = {key: block.get("name", key) for key, block in accounts.items()}
    assert names == {"stmodels": "stmodels", "stmodels-2": "stmodels"}


def test_ids_of_a_state_lead_to_what_they_name_whatever_the_letters_case() -> None:
    subnet_id = "/subscriptions/0/resourceGroups/RG/providers/Microsoft.Network/virtualNetworks/HUB/subnets/jobs"
    rules = {"storage_account_id": Ref("azurerm_storage_account.st.id"), "default_action": "Deny"}
    found = translated(
        NETWORK, SUBNET, ACCOUNT,
        ("azurerm_storage_account_network_rules.n", rules | {"virtual_network_subnet_ids": [subnet_id]}),
    )  # fmt: skip
    assert found.tree.plain()["storage_accounts"]["stmodels"]["allowed_subnets"] == ["hub/jobs"]


def test_a_type_and_an_attribute_without_a_row_are_told_once_with_their_consequence() -> None:
    found = translated(
        ("azurerm_quantum_computer.a", {"name": "q"}),
        ("azurerm_quantum_computer.b", {"name": "r"}),
        ("azurerm_key_vault.kv", {**VAULT[1], "teleports": True}),
    )
    assert [(one.thing, one.what, one.consequence) for one in found.not_understood] == [
        (
            "azurerm_quantum_computer",
            "is the type of azurerm_quantum_computer.a, azurerm_quantum_computer.b",
            "what it reaches, lets in or decides is not judged",
        ),
        ("azurerm_key_vault.teleports", "is stated in azurerm_key_vault.kv", "what it says is not judged"),
    ]


@pytest.mark.parametrize("resources", [row[1] for row in KINDS], ids=[row[0] for row in KINDS])
def test_what_is_read_has_no_fault(resources: tuple[tuple[str, dict[str, Any]], ...]) -> None:
    assert understood(translated(*resources), "plan.json").faults == ()


def test_what_is_left_to_azure_is_no_gap() -> None:
    """The provider computes name servers and rules where none are stated, and a plan says only that it will."""
    left = {"dns_servers": Ref(), "subnet": Ref()}
    rules = {"network_rules": Ref()}
    group = ("azurerm_network_security_group.n", {"name": "nsg", **RG, "security_rule": Ref()})
    found = translated((NETWORK[0], NETWORK[1] | left), (ACCOUNT[0], ACCOUNT[1] | rules), group)
    assert found.missing == ()
    assert "dns_servers" not in found.tree.plain()["networks"]["hub"]
