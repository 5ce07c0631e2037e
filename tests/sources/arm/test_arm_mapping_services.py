"""Services, rights and what watches over them in a document."""

from pathlib import Path
from typing import Any

import pytest
from arm_estates import (  # type: ignore[import-not-found]  # pytest puts this folder on the path
    GROUP,
    ML,
    NETWORK,
    SUBNET,
    VNET,
    identity,
    one,
    translated,
)

from cloister.sources.arm.translating import translate_arm
from cloister.sources.declared import Value

AUTH = "Microsoft.Authorization"
VAULT = one("Microsoft.KeyVault/vaults", "kv")


def at_subscription(type_: str, name: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {**one(type_, name, properties, **more), "id": f"/subscriptions/s/providers/{type_}/{name}"}


@pytest.mark.parametrize(
    ("resources", "path", "expected"),
    [
        pytest.param(
            [
                one(ML, "ws", identity={"type": "SystemAssigned", "principalId": "abc"}),
                one(
                    "Microsoft.KeyVault/vaults",
                    "kv",
                    {
                        "accessPolicies": [{"objectId": "ABC", "permissions": {"secrets": ["Get", "List"]}}],
                        "softDeleteRetentionInDays": 7,
                    },
                ),
                one(
                    "Microsoft.KeyVault/vaults/accessPolicies",
                    "kv/add",
                    {"accessPolicies": [{"objectId": "stranger", "permissions": {"secrets": ["all"]}}]},
                ),
            ],
            ("key_vaults", "kv"),
            {
                "soft_delete_retention_days": 7,
                "access_policies": {
                    "identity:ws": ["get", "list"],
                    "sp:stranger": ["get", "list", "set", "delete", "recover", "backup", "restore", "purge"],
                },
            },
            id="access policies",
        ),
        pytest.param(
            [
                VAULT,
                one(
                    "Microsoft.KeyVault/vaults/keys",
                    "kv/own",
                    {
                        "rotationPolicy": {
                            "lifetimeActions": [{"action": {"type": "rotate"}, "trigger": {"timeAfterCreate": "P90D"}}]
                        }
                    },
                ),
                one(
                    "Microsoft.Storage/storageAccounts",
                    "st",
                    {
                        "encryption": {
                            "keySource": "Microsoft.Keyvault",
                            "keyvaultproperties": {"keyvaulturi": "https://kv.vault.azure.net/", "keyname": "own"},
                        }
                    },
                ),
            ],
            ("keys",),
            {"own": {"vault": "kv", "rotation": "P90D"}},
            id="a key, once, whoever names it",
        ),
        pytest.param(
            [
                NETWORK,
                one("Microsoft.EventHub/namespaces", "eh"),
                one(
                    "Microsoft.EventHub/namespaces/networkRuleSets",
                    "eh/default",
                    {
                        "defaultAction": "Deny",
                        "ipRules": [{"ipMask": "20.0.0.1"}],
                        "virtualNetworkRules": [{"subnet": {"id": SUBNET}}],
                        "trustedServiceAccessEnabled": True,
                    },
                ),
            ],
            ("services", "eh"),
            {
                "kind": "eventhub",
                "network_default_action": "Deny",
                "allowed_prefixes": ["20.0.0.1/32"],
                "allowed_subnets": ["net/s"],
                "bypass": "AzureServices",
            },
            id="an event hub",
        ),
        pytest.param(
            [
                NETWORK,
                one(
                    "Microsoft.DocumentDB/databaseAccounts",
                    "db",
                    {"ipRules": [{"ipAddressOrRange": "20.0.0.0/24"}], "virtualNetworkRules": [{"id": SUBNET}]},
                ),
            ],
            ("services", "db"),
            {
                "kind": "cosmos",
                "allowed_prefixes": ["20.0.0.0/24"],
                "allowed_subnets": ["net/s"],
                "network_default_action": "Deny",
            },
            id="a Cosmos DB account with rules",
        ),
        pytest.param(
            [
                one(
                    "Microsoft.Search/searchServices",
                    "se",
                    {"publicNetworkAccess": "disabled", "networkRuleSet": {"ipRules": []}},
                )
            ],
            ("services", "se"),
            {"kind": "search", "public_network_access": False},
            id="a search service",
        ),
        pytest.param(
            [
                NETWORK,
                one(
                    "Microsoft.DBforPostgreSQL/flexibleServers",
                    "pg",
                    {"network": {"delegatedSubnetResourceId": SUBNET, "privateDnsZoneArmResourceId": "/z"}},
                ),
            ],
            ("services", "pg"),
            {"kind": "postgresql", "public_network_access": False, "subnets": ["net/s"]},
            id="a PostgreSQL server in a subnet",
        ),
        pytest.param(
            [
                one(
                    "Microsoft.Insights/privateLinkScopes",
                    "scope",
                    {"accessModeSettings": {"ingestionAccessMode": "PrivateOnly"}},
                ),
                one("Microsoft.Insights/components", "ai", {"publicNetworkAccessForIngestion": "Disabled"}),
                one(
                    "Microsoft.Insights/privateLinkScopes/scopedResources",
                    "scope/one",
                    {"linkedResourceId": identity("Microsoft.Insights/components", "ai")},
                ),
            ],
            ("services",),
            {
                "scope": {"access_mode": "PrivateOnly", "kind": "monitor"},
                "ai": {"public_network_access": False, "kind": "insights", "scopes": ["scope"]},
            },
            id="Application Insights in a private link scope",
        ),
        pytest.param(
            [
                NETWORK,
                one(
                    "Microsoft.Databricks/workspaces",
                    "dbx",
                    {
                        "publicNetworkAccess": "Disabled",
                        "parameters": {
                            "customVirtualNetworkId": {"value": identity(VNET, "net")},
                            "customPublicSubnetName": {"value": "s"},
                            "customPrivateSubnetName": {"value": "s"},
                            "enableNoPublicIp": {"value": True},
                        },
                    },
                ),
            ],
            ("services", "dbx"),
            {
                "public_network_access": False,
                "node_public_ip": False,
                "kind": "databricks",
                "subnets": ["net/s", "net/s"],
            },
            id="a Databricks workspace in a network",
        ),
        pytest.param(
            [
                NETWORK,
                one(
                    "Microsoft.HDInsight/clusters",
                    "hdi",
                    {
                        "computeProfile": {
                            "roles": [{"virtualNetworkProfile": {"id": identity(VNET, "net"), "subnet": SUBNET}}]
                        }
                    },
                ),
            ],
            ("services", "hdi"),
            {"kind": "hdinsight", "subnets": ["net/s"]},
            id="an HDInsight cluster",
        ),
        pytest.param(
            [
                one(
                    "Microsoft.Batch/batchAccounts",
                    "ba",
                    {"networkProfile": {"accountAccess": {"defaultAction": "deny"}}},
                )
            ],
            ("services", "ba"),
            {"network_default_action": "Deny", "kind": "batch"},
            id="a batch account",
        ),
        pytest.param(
            [
                one(ML, "ws"),
                one(
                    f"{ML}/computes",
                    "ws/c",
                    {"computeType": "AmlCompute", "properties": {"remoteLoginPortPublicAccess": "Disabled"}},
                ),
                one(f"{ML}/batchEndpoints", "ws/be", {"defaults": {"deploymentName": "two"}}),
                one(f"{ML}/batchEndpoints/deployments", "ws/be/one", {"compute": "/elsewhere"}),
                one(
                    f"{ML}/batchEndpoints/deployments", "ws/be/two", {"compute": identity(f"{ML}/computes", "ws", "c")}
                ),
            ],
            ("batch_endpoints", "be"),
            {"workspace": "ws", "compute": "c"},
            id="a batch endpoint",
        ),
        pytest.param(
            [
                at_subscription(
                    f"{AUTH}/roleDefinitions",
                    "guid",
                    {
                        "roleName": "Model Reader",
                        "type": "CustomRole",
                        "permissions": [
                            {"actions": ["Microsoft.Storage/*/read"], "notActions": [], "dataActions": ["a/b/read"]}
                        ],
                        "assignableScopes": ["/subscriptions/s"],
                    },
                )
            ],
            ("role_definitions",),
            {
                "Model-Reader": {
                    "actions": ["Microsoft.Storage/*/read"],
                    "data_actions": ["a/b/read"],
                    "assignable_scopes": ["subscription"],
                }
            },
            id="a custom role",
        ),
        pytest.param(
            [
                VAULT,
                {
                    **one(f"{AUTH}/roleAssignments", "ra"),
                    "id": f"{VAULT['id']}/secrets/one/providers/{AUTH}/roleAssignments/ra",
                    "properties": {
                        "principalId": "p",
                        "principalType": "User",
                        "roleDefinitionId": "/x/b24988ac-6180-42a0-ab88-20f7382dd24c",
                        "condition": "@Resource",
                    },
                },
            ],
            ("role_assignments", "ra"),
            {"condition": "@Resource", "principal": "user:p", "role": "Contributor", "scope": "kv/one"},
            id="an assignment to a user on a part of a vault",
        ),
        pytest.param(
            [
                VAULT,
                {
                    **one(f"{AUTH}/denyAssignments", "da"),
                    "id": f"{VAULT['id']}/providers/{AUTH}/denyAssignments/da",
                    "properties": {
                        "permissions": [{"actions": ["*/delete"]}],
                        "principals": [{"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"}],
                        "excludePrincipals": [{"id": "g", "type": "Group"}],
                        "doNotApplyToChildScopes": True,
                    },
                },
            ],
            ("deny_assignments", "da"),
            {"here_only": True, "actions": ["*/delete"], "principals": ["*"], "excluded": ["group:g"], "scope": "kv"},
            id="a denial",
        ),
        pytest.param(
            [
                NETWORK,
                {
                    **one(f"{AUTH}/policyAssignments", "no-public"),
                    "id": f"{GROUP}/providers/{AUTH}/policyAssignments/no-public",
                    "properties": {
                        "policyDefinitionId": "/providers/x/policyDefinitions/6c112d4e-5bc7-47ae-a041-ea2d9dccd749",
                        "parameters": {
                            "listOfResourceTypesNotAllowed": {"value": ["Microsoft.Network/publicIPAddresses"]}
                        },
                        "enforcementMode": "DoNotEnforce",
                    },
                },
            ],
            ("policy_assignments", "no-public"),
            {
                "definition": "6c112d4e-5bc7-47ae-a041-ea2d9dccd749",
                "scope": "resource-group:rg",
                "parameters": {"listOfResourceTypesNotAllowed": ["Microsoft.Network/publicIPAddresses"]},
                "enforced": False,
            },
            id="a policy",
        ),
        pytest.param(
            [
                at_subscription(
                    "Microsoft.Security/pricings", "StorageAccounts", {"pricingTier": "Standard", "subPlan": "V2"}
                )
            ],
            ("defender_plans",),
            {"StorageAccounts": {"tier": "Standard", "subplan": "V2"}},
            id="a plan of Defender",
        ),
        pytest.param(
            [
                one(ML, "ws"),
                {
                    **one("Microsoft.Insights/diagnosticSettings", "logs"),
                    "id": f"{identity(ML, 'ws')}/providers/Microsoft.Insights/diagnosticSettings/logs",
                    "properties": {
                        "workspaceId": f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/la",
                        "logs": [{"categoryGroup": "allLogs", "enabled": True}, {"category": "Off", "enabled": False}],
                        "metrics": [{"category": "AllMetrics", "enabled": True}],
                    },
                },
            ],
            ("diagnostic_settings", "logs"),
            {
                "target": "ws",
                "log_analytics_workspace": "la",
                "category_groups": ["allLogs"],
                "metrics": ["AllMetrics"],
            },
            id="diagnostic settings",
        ),
        pytest.param(
            [
                one(ML, "ws"),
                one(
                    "Microsoft.Insights/metricAlerts",
                    "busy",
                    {
                        "scopes": [identity(ML, "ws")],
                        "criteria": {"allOf": [{"metricName": "CpuUtilizationPercentage"}]},
                    },
                ),
            ],
            ("metric_alerts", "busy"),
            {"target": "ws", "metric": "CpuUtilizationPercentage"},
            id="an alert",
        ),
        pytest.param(
            [
                one(ML, "ws"),
                one(f"{ML}/onlineEndpoints", "ws/e"),
                one(f"{ML}/onlineEndpoints/deployments", "ws/e/blue"),
                one(
                    "Microsoft.Insights/autoscaleSettings",
                    "more",
                    {
                        "targetResourceUri": identity(f"{ML}/onlineEndpoints/deployments", "ws", "e", "blue"),
                        "profiles": [{"capacity": {"minimum": "1", "maximum": "5"}}],
                    },
                ),
            ],
            ("autoscale_settings", "more"),
            {"target": "e/blue", "minimum": 1, "maximum": 5},
            id="scaling",
        ),
        pytest.param(
            [
                {
                    **one("Microsoft.Consumption/budgets", "b"),
                    "id": f"{GROUP}/providers/Microsoft.Consumption/budgets/b",
                    "properties": {
                        "amount": 500,
                        "timePeriod": {"startDate": "2026-11-01T00:00:00Z"},
                        "notifications": {"n": {"threshold": 90, "contactRoles": ["Owner"]}},
                    },
                }
            ],
            ("budgets", "b"),
            {
                "amount": 500,
                "start_date": "2026-11-01",
                "resource_group": "rg",
                "thresholds": [90],
                "contact_roles": ["Owner"],
            },
            id="a budget",
        ),
    ],
)
def test_what_a_resource_becomes(resources: list[dict[str, Any]], path: tuple[str, ...], expected: Value) -> None:
    assert translated(*resources).tree.at(path).plain() == expected


def test_what_an_extension_carries_openly() -> None:
    nic = one(
        "Microsoft.Network/networkInterfaces", "nic", {"ipConfigurations": [{"properties": {"subnet": {"id": SUBNET}}}]}
    )
    machine = one(
        "Microsoft.Compute/virtualMachines", "vm", {"networkProfile": {"networkInterfaces": [{"id": nic["id"]}]}}
    )
    settings = {"fileUris": ["https://example.com/agent.sh"], "commandToExecute": "bash agent.sh --token s3cret"}
    extension = one("Microsoft.Compute/virtualMachines/extensions", "vm/agent", {"settings": settings})
    found = translated(NETWORK, nic, machine, extension).tree.at(("machines", "vm")).plain()
    assert found["secrets_in_extension_settings"] == ["token"]
    assert found["download_url"] == "https://example.com/agent.sh"


def test_a_rule_for_all_of_azure_is_told() -> None:
    found = translated(
        one("Microsoft.Sql/servers", "db"),
        one(
            "Microsoft.Sql/servers/firewallRules", "db/azure", {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}
        ),
    )
    assert [told.what for told in found.not_understood] == [
        "lets in everything that has an address of Azure, whoever it belongs to"
    ]


def test_a_project_has_the_services_of_its_hub() -> None:
    services = {"storageAccount": identity("Microsoft.Storage/storageAccounts", "st"), "keyVault": VAULT["id"]}
    hub = one(ML, "hub", services, kind="Hub")
    project = one(ML, "project", {"hubResourceId": hub["id"]}, kind="Project")
    found = translated(VAULT, one("Microsoft.Storage/storageAccounts", "st"), hub, project)
    assert found.tree.at(("workspaces", "project")).plain() == {"storage_account": "st", "key_vault": "kv"}
    alone = translated(project)
    assert [missing.path[-1] for missing in alone.missing] == ["storage_account", "key_vault", "container_registry"]


def test_a_resource_in_another_region_says_so() -> None:
    far = one("Microsoft.Storage/storageAccounts", "far", location="North Europe")
    near = one("Microsoft.Storage/storageAccounts", "near", location="westeurope")
    export = [far, near, {**NETWORK, "location": "westeurope"}]
    found = translate_arm(export, Path("export.json")).tree
    assert found.at(("region",)).plain() == "westeurope"
    accounts = found.at(("storage_accounts",)).plain()
    assert [accounts[name].get("location") for name in ("far", "near")] == ["northeurope", None]


def test_a_machine_says_what_its_system_is() -> None:
    ip = {"name": "ip", "properties": {"subnet": {"id": SUBNET}, "privateIPAddress": "10.0.0.9"}}
    nic = one("Microsoft.Network/networkInterfaces", "nic", {"ipConfigurations": [ip]})
    attached = {"networkInterfaces": [{"id": nic["id"]}]}
    system = {"imageReference": {"offer": "ubuntu-24_04-lts", "sku": "server"}}
    machine = one("Microsoft.Compute/virtualMachines", "vm", {"networkProfile": attached, "storageProfile": system})
    assert translated(NETWORK, nic, machine).tree.at(("machines", "vm")).plain()["image"] == "ubuntu-24_04-lts"
