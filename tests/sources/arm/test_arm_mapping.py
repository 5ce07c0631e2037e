"""Resources of Azure's own shape in a document: one row a resource, with the whole of what it becomes."""

import json
from pathlib import Path
from typing import Any

import pytest
from arm_estates import (  # type: ignore[import-not-found]  # pytest puts this folder on the path
    GROUP,
    ML,
    NET,
    NETWORK,
    SUBNET,
    VNET,
    identity,
    one,
    translated,
)

from cloister.sources.arm.mapping.filling import fill
from cloister.sources.arm.reading import read_arm
from cloister.sources.declared import Declared, Reference, Unknown, Value
from cloister.sources.draft import Draft
from cloister.sources.reading import translate


@pytest.mark.parametrize(
    ("resources", "path", "expected"),
    [
        pytest.param(
            [
                one(
                    f"{NET}/networkSecurityGroups",
                    "f",
                    {
                        "securityRules": [
                            {
                                "name": "r",
                                "properties": {
                                    "priority": 100,
                                    "direction": "inbound",
                                    "access": "allow",
                                    "protocol": "TCP",
                                    "sourceAddressPrefixes": ["10.0.0.0/24", "10.1.0.0/24"],
                                    "sourcePortRange": "*",
                                    "destinationAddressPrefix": "*",
                                    "destinationPortRanges": ["22", "443-445"],
                                    "destinationApplicationSecurityGroups": [
                                        {"id": identity(f"{NET}/applicationSecurityGroups", "web")}
                                    ],
                                },
                            }
                        ]
                    },
                ),
                one(f"{NET}/applicationSecurityGroups", "web"),
            ],
            ("network_security_groups", "f"),
            {
                "rules": {
                    "r": {
                        "priority": 100,
                        "direction": "Inbound",
                        "access": "Allow",
                        "protocol": "Tcp",
                        "source": ["10.0.0.0/24", "10.1.0.0/24"],
                        "source_ports": ["*"],
                        "destination": ["*"],
                        "destination_ports": ["22", "443-445"],
                        "destination_application_security_groups": ["web"],
                    }
                }
            },
            id="a rule of a filter, whatever its letters",
        ),
        pytest.param(
            [
                one(
                    f"{NET}/routeTables",
                    "t",
                    {
                        "disableBgpRoutePropagation": True,
                        "routes": [
                            {"name": "all", "properties": {"addressPrefix": "0.0.0.0/0", "nextHopType": "None"}}
                        ],
                    },
                )
            ],
            ("route_tables", "t"),
            {"bgp_route_propagation": False, "routes": {"all": {"prefix": "0.0.0.0/0", "next_hop_type": "None"}}},
            id="routes",
        ),
        pytest.param(
            [
                NETWORK,
                one(
                    f"{VNET}/subnets",
                    "net/apart",
                    {
                        "addressPrefixes": ["10.0.9.0/24"],
                        "serviceEndpoints": [{"service": "Microsoft.Storage"}],
                        "delegations": [{"name": "d", "properties": {"serviceName": "Microsoft.Web/serverFarms"}}],
                        "natGateway": {"id": identity(f"{NET}/natGateways", "nat")},
                    },
                ),
                one(f"{NET}/natGateways", "nat"),
            ],
            ("networks", "net", "subnets", "apart"),
            {
                "prefix": "10.0.9.0/24",
                "service_endpoints": ["Microsoft.Storage"],
                "delegation": "Microsoft.Web/serverFarms",
                "nat_gateway": "nat",
            },
            id="a subnet apart from its network",
        ),
        pytest.param(
            [
                NETWORK,
                one(
                    VNET,
                    "hub",
                    {
                        "addressSpace": {"addressPrefixes": ["10.9.0.0/16"]},
                        "virtualNetworkPeerings": [
                            {
                                "name": "p",
                                "properties": {
                                    "remoteVirtualNetwork": {"id": identity(VNET, "net").upper()},
                                    "allowForwardedTraffic": True,
                                    "peeringState": "Connected",
                                },
                            }
                        ],
                    },
                ),
            ],
            ("networks", "hub", "peerings"),
            {"net": {"allow_forwarded_traffic": True}},
            id="a peering goes by the other network",
        ),
        pytest.param(
            [
                NETWORK,
                one(f"{NET}/publicIPAddresses", "ip", {"ipAddress": "20.1.2.3"}),
                one(
                    f"{NET}/networkInterfaces",
                    "nic",
                    {
                        "enableIPForwarding": True,
                        "ipConfigurations": [
                            {
                                "properties": {
                                    "subnet": {"id": SUBNET},
                                    "privateIPAddress": "10.0.0.9",
                                    "publicIPAddress": {"id": identity(f"{NET}/publicIPAddresses", "ip")},
                                }
                            }
                        ],
                    },
                ),
                one(
                    "Microsoft.Compute/virtualMachines",
                    "vm",
                    {
                        "networkProfile": {"networkInterfaces": [{"id": identity(f"{NET}/networkInterfaces", "nic")}]},
                        "osProfile": {
                            "linuxConfiguration": {"disablePasswordAuthentication": True, "provisionVMAgent": True}
                        },
                        "securityProfile": {"encryptionAtHost": True},
                    },
                ),
            ],
            ("machines", "vm"),
            {
                "subnet": "net/s",
                "private_ip": "10.0.0.9",
                "public_ip": "ip",
                "ip_forwarding": True,
                "purpose": "other",
                "identity": "None",
                "password_authentication": False,
                "vm_agent": True,
                "encryption_at_host": True,
            },
            id="a machine with its interface",
        ),
        pytest.param(
            [one(f"{NET}/publicIPAddresses", "ip")],
            ("public_ips", "ip"),
            {"sku": "Basic"},
            id="a public address is a Basic one unless it is told",
        ),
        pytest.param(
            [
                NETWORK,
                one(
                    "Microsoft.Storage/storageAccounts",
                    "st",
                    {
                        "publicNetworkAccess": "Enabled",
                        "allowSharedKeyAccess": False,
                        "minimumTlsVersion": "TLS1_2",
                        "networkAcls": {
                            "defaultAction": "Deny",
                            "bypass": "None",
                            "ipRules": [{"value": "20.1.2.3", "action": "Allow"}],
                            "virtualNetworkRules": [{"id": SUBNET, "action": "Allow"}],
                        },
                    },
                    sku={"name": "Standard_GRS"},
                ),
                one(
                    "Microsoft.Storage/storageAccounts/blobServices",
                    "st/default",
                    {"isVersioningEnabled": True, "deleteRetentionPolicy": {"enabled": True, "days": 7}},
                ),
            ],
            ("storage_accounts", "st"),
            {
                "public_network_access": True,
                "network_default_action": "Deny",
                "bypass": "None",
                "shared_access_key": False,
                "allowed_prefixes": ["20.1.2.3/32"],
                "allowed_subnets": ["net/s"],
                "min_tls_version": "TLS1_2",
                "account_replication_type": "GRS",
                "versioning": True,
                "blob_delete_retention_days": 7,
            },
            id="a storage account",
        ),
        pytest.param(
            [one("Microsoft.Storage/storageAccounts", "st", sku={"name": "Standard_LRS"})],
            ("storage_accounts", "st"),
            {"min_tls_version": "TLS1_0", "account_replication_type": "LRS"},
            id="what the API takes where nothing is stated",
        ),
        pytest.param(
            [one("Microsoft.KeyVault/vaults", "kv", apiVersion="2026-02-01")],
            ("key_vaults", "kv"),
            {"rbac_authorization": True},
            id="a default that begins with a version of the API",
        ),
        pytest.param(
            [one("Microsoft.KeyVault/vaults", "kv", apiVersion="2023-07-01")],
            ("key_vaults", "kv"),
            {},
            id="a version before it",
        ),
        pytest.param(
            [
                one("Microsoft.KeyVault/vaults", "kv"),
                one(
                    "Microsoft.ContainerRegistry/registries",
                    "cr",
                    {
                        "adminUserEnabled": True,
                        "policies": {"retentionPolicy": {"status": "enabled", "days": 7}},
                        "encryption": {
                            "status": "enabled",
                            "keyVaultProperties": {"keyIdentifier": "https://kv.vault.azure.net/keys/own/1"},
                        },
                    },
                    sku={"name": "Premium"},
                ),
            ],
            ("container_registries", "cr"),
            {"sku": "Premium", "admin_user": True, "retention_days": 7, "customer_managed_key": "own"},
            id="a registry with a key of its own",
        ),
        pytest.param(
            [
                NETWORK,
                one(
                    ML,
                    "ws",
                    {
                        "managedNetwork": {
                            "isolationMode": "AllowOnlyApprovedOutbound",
                            "outboundRules": {
                                "pypi": {"type": "FQDN", "destination": "pypi.org", "category": "UserDefined"},
                                "tag": {
                                    "type": "ServiceTag",
                                    "destination": {
                                        "serviceTag": "AzureMonitor",
                                        "protocol": "tcp",
                                        "portRanges": "80, 443",
                                    },
                                },
                                "store": {
                                    "type": "PrivateEndpoint",
                                    "destination": {
                                        "serviceResourceId": identity("Microsoft.Storage/storageAccounts", "st"),
                                        "subresourceTarget": "blob",
                                    },
                                },
                                "own": {
                                    "type": "ServiceTag",
                                    "destination": {"serviceTag": "BatchNodeManagement"},
                                    "category": "Required",
                                },
                            },
                            "status": {"status": "Inactive"},
                        }
                    },
                ),
                one("Microsoft.Storage/storageAccounts", "st"),
            ],
            ("workspaces", "ws"),
            {
                "managed_network": "AllowOnlyApprovedOutbound",
                "managed_network_provisioned": False,
                "outbound_rules": {
                    "pypi": {"type": "FQDN", "fqdn": "pypi.org"},
                    "tag": {
                        "type": "ServiceTag",
                        "service_tag": "AzureMonitor",
                        "protocol": "TCP",
                        "ports": ["80", "443"],
                    },
                    "store": {"type": "PrivateEndpoint", "target": "st", "subresource": "blob"},
                },
            },
            id="a managed network, without the rules that Azure adds itself",
        ),
        pytest.param(
            [
                one(ML, "ws"),
                one(
                    f"{ML}/computes", "ws/c", {"computeType": "AmlCompute", "properties": {"vmSize": "Standard_DS2_v2"}}
                ),
            ],
            ("computes", "c"),
            {"kind": "cluster", "workspace": "ws", "vm_size": "Standard_DS2_v2", "ssh_public_access": True},
            id="a cluster in no subnet has its port for SSH open",
        ),
        pytest.param(
            [
                one(ML, "ws"),
                one(
                    f"{ML}/onlineEndpoints",
                    "ws/e",
                    {"authMode": "AADToken", "publicNetworkAccess": "Disabled"},
                    kind="Managed",
                    identity={"type": "SystemAssigned", "principalId": "p"},
                ),
                one(
                    f"{ML}/onlineEndpoints/deployments",
                    "ws/e/blue",
                    {"egressPublicNetworkAccess": "Disabled", "instanceType": "Standard_DS3_v2"},
                    sku={"capacity": 2},
                ),
            ],
            ("online_endpoints", "e"),
            {
                "public_network_access": False,
                "auth_mode": "aad_token",
                "identity": "SystemAssigned",
                "workspace": "ws",
                "deployments": {
                    "blue": {
                        "egress_public_network_access": False,
                        "instance_type": "Standard_DS3_v2",
                        "instance_count": 2,
                    }
                },
            },
            id="an online endpoint",
        ),
        pytest.param(
            [
                one("Microsoft.Sql/servers", "db", {"publicNetworkAccess": "Enabled"}),
                one(
                    "Microsoft.Sql/servers/firewallRules",
                    "db/r",
                    {"startIpAddress": "20.0.0.0", "endIpAddress": "20.0.0.5"},
                ),
            ],
            ("services", "db"),
            {
                "kind": "sql",
                "public_network_access": True,
                "allowed_prefixes": ["20.0.0.0/30", "20.0.0.4/31"],
                "network_default_action": "Deny",
            },
            id="a database with a range of addresses",
        ),
        pytest.param(
            [
                NETWORK,
                one(
                    "Microsoft.ContainerService/managedClusters",
                    "aks",
                    {
                        "apiServerAccessProfile": {"enablePrivateCluster": True},
                        "disableLocalAccounts": True,
                        "enableRBAC": True,
                        "agentPoolProfiles": [
                            {
                                "vnetSubnetID": SUBNET,
                                "type": "VirtualMachineScaleSets",
                                "maxPods": 30,
                                "availabilityZones": ["1", "2"],
                                "enableAutoScaling": True,
                            }
                        ],
                        "networkProfile": {"networkPolicy": "calico"},
                    },
                ),
            ],
            ("services", "aks"),
            {
                "kind": "kubernetes",
                "public_network_access": False,
                "local_accounts": False,
                "subnets": ["net/s"],
                "kubernetes": {
                    "role_based_access_control": True,
                    "network_policy": "calico",
                    "pool_type": "VirtualMachineScaleSets",
                    "max_pods": 30,
                    "zones": ["1", "2"],
                    "auto_scaling": True,
                },
            },
            id="a cluster of Kubernetes",
        ),
        pytest.param(
            [
                one("Microsoft.ManagedIdentity/userAssignedIdentities", "id", {"principalId": "p1"}),
                one(
                    ML,
                    "ws",
                    identity={
                        "type": "UserAssigned",
                        "userAssignedIdentities": {
                            identity("Microsoft.ManagedIdentity/userAssignedIdentities", "id"): {}
                        },
                    },
                ),
                {
                    **one(
                        "Microsoft.Authorization/roleAssignments",
                        "ra",
                        {
                            "principalId": "P1",
                            "roleDefinitionId": "/x/7f951dda-4ed3-4680-a7ca-43fe172d538d",
                            "scope": "/subscriptions/s",
                        },
                    ),
                    "id": "/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/ra",
                },
            ],
            ("role_assignments", "ra"),
            {"principal": "identity:id", "role": "AcrPull", "scope": "subscription"},
            id="an assignment to a shared identity",
        ),
        pytest.param(
            [
                NETWORK,
                {
                    **one("Microsoft.Authorization/locks", "l", {"level": "CanNotDelete"}),
                    "id": f"{GROUP}/providers/Microsoft.Authorization/locks/l",
                },
            ],
            ("resource_groups", "rg"),
            {"lock": "CanNotDelete"},
            id="a lock on a resource group",
        ),
        pytest.param(
            [
                NETWORK,
                one(f"{NET}/dnsResolvers", "r", {"virtualNetwork": {"id": identity(VNET, "net")}}),
                one(f"{NET}/dnsResolvers/inboundEndpoints", "r/in", {"ipConfigurations": [{"subnet": {"id": SUBNET}}]}),
                one(f"{NET}/dnsResolvers/outboundEndpoints", "r/out", {"subnet": {"id": SUBNET}}),
            ],
            ("dns_resolvers", "r"),
            {
                "network": "net",
                "inbound_endpoints": {"in": {"subnet": "net/s", "private_ip": "10.0.0.4"}},
                "outbound_endpoints": {"out": {"subnet": "net/s"}},
            },
            id="a resolver",
        ),
        pytest.param(
            [
                NETWORK,
                one(
                    f"{NET}/networkInterfaces",
                    "nic",
                    {
                        "ipConfigurations": [
                            {
                                "properties": {
                                    "subnet": {"id": SUBNET},
                                    "loadBalancerBackendAddressPools": [
                                        {"id": f"{identity(f'{NET}/loadBalancers', 'lb')}/backendAddressPools/p"}
                                    ],
                                }
                            }
                        ]
                    },
                ),
                one(
                    "Microsoft.Compute/virtualMachines",
                    "vm",
                    {"networkProfile": {"networkInterfaces": [{"id": identity(f"{NET}/networkInterfaces", "nic")}]}},
                ),
                one(
                    f"{NET}/loadBalancers",
                    "lb",
                    {
                        "frontendIPConfigurations": [{"name": "f", "properties": {"subnet": {"id": SUBNET}}}],
                        "backendAddressPools": [{"name": "p"}],
                        "probes": [{"name": "h", "properties": {"port": 80}}],
                        "loadBalancingRules": [
                            {
                                "name": "web",
                                "properties": {
                                    "frontendIPConfiguration": {"id": "x/frontendIPConfigurations/f"},
                                    "protocol": "Tcp",
                                    "frontendPort": 443,
                                    "backendPort": 8443,
                                    "probe": {"id": "x/probes/h"},
                                    "backendAddressPool": {
                                        "id": f"{identity(f'{NET}/loadBalancers', 'lb')}/backendAddressPools/p"
                                    },
                                },
                            }
                        ],
                    },
                    sku={"name": "Standard"},
                ),
            ],
            ("load_balancers", "lb"),
            {
                "sku": "Standard",
                "frontends": {
                    "f": {
                        "subnet": "net/s",
                        "private_ip": "10.0.0.5",
                        "rules": {
                            "web": {
                                "protocol": "Tcp",
                                "frontend_port": 443,
                                "backend_port": 8443,
                                "probe_port": 80,
                                "backends": ["vm"],
                            }
                        },
                    }
                },
            },
            id="a load balancer",
        ),
    ],
)
def test_what_a_resource_becomes(resources: list[dict[str, Any]], path: tuple[str, ...], expected: Value) -> None:
    found = translated(*resources)
    assert found.tree.at(path).plain() == expected
    assert [missing for missing in found.missing if missing.path[: len(path)] == path] == []


@pytest.mark.parametrize(
    ("resources", "told"),
    [
        pytest.param(
            [one("Microsoft.Web/sites", "app")],
            [("Microsoft.Web/sites/app", "is of type Microsoft.Web/sites")],
            id="a type that has no counterpart",
        ),
        pytest.param(
            [one("Microsoft.Nobody/knows", "it")],
            [("Microsoft.Nobody/knows/it", "is of type Microsoft.Nobody/knows, which has no counterpart")],
            id="a type that nobody knows",
        ),
        pytest.param(
            [
                one(
                    "Microsoft.KeyVault/vaults",
                    "kv",
                    {"newSwitch": False, "enabledForDeployment": True, "createMode": "x"},
                )
            ],
            [
                ("Microsoft.KeyVault/vaults/kv", "states properties.newSwitch, which has no counterpart"),
                ("Microsoft.KeyVault/vaults/kv", "states properties.enabledForDeployment"),
            ],
            id="properties",
        ),
        pytest.param(
            [one(f"{VNET}/subnets", "far/s", {"addressPrefix": "10.0.0.0/24"})],
            [
                (
                    "Microsoft.Network/virtualNetworks/far/subnets/s",
                    "is part of a resource that the input does not describe",
                )
            ],
            id="a part of what is not there",
        ),
        pytest.param(
            [
                one(f"{NET}/privateDnsZones", "z.a"),
                {
                    **one(f"{NET}/privateDnsZones", "z.a"),
                    "id": f"/subscriptions/s/resourceGroups/other/providers/{NET}/privateDnsZones/z.a",
                },
            ],
            [("Microsoft.Network/privateDnsZones/z.a", "is a second zone of the name z.a")],
            id="two zones of a name",
        ),
        pytest.param(
            [one(ML, "ws"), one(f"{ML}/computes", "ws/k", {"computeType": "Kubernetes"})],
            [(f"{ML}/ws/computes/k", "is a compute of kind Kubernetes")],
            id="a compute of another kind",
        ),
    ],
)
def test_what_has_no_counterpart_is_told(resources: list[dict[str, Any]], told: list[tuple[str, str]]) -> None:
    assert [(entry.thing, entry.what) for entry in translated(*resources).not_understood] == told


@pytest.mark.parametrize(
    ("resources", "path", "what"),
    [
        (
            [
                one(
                    f"{VNET}",
                    "net",
                    {
                        "subnets": [
                            {
                                "name": "s",
                                "properties": {"routeTable": {"id": f"{GROUP}/providers/{NET}/routeTables/far"}},
                            }
                        ]
                    },
                )
            ],
            ("networks", "net", "subnets", "s", "route_table"),
            f"refers to {GROUP}/providers/{NET}/routeTables/far, which the input does not describe",
        ),
        (
            [one("Microsoft.Storage/storageAccounts", "st", {"publicNetworkAccess": "SecuredByPerimeter"})],
            ("storage_accounts", "st", "public_network_access"),
            "is SecuredByPerimeter, which is neither on nor off here",
        ),
        (
            [
                one(
                    "Microsoft.Authorization/roleAssignments",
                    "ra",
                    {
                        "principalId": "p",
                        "scope": "/subscriptions/s",
                        "roleDefinitionId": "/x/7f951dda-4ed3-4680-a7ca-43fe172d538d",
                    },
                )
            ],
            ("role_assignments", "ra", "principal"),
            "is p, and principalType does not say whether a user, a group or a service principal",
        ),
        (
            [one("Microsoft.Compute/virtualMachines", "vm")],
            ("machines", "vm", "subnet"),
            "hangs on its interface, which the input does not describe",
        ),
    ],
)
def test_what_is_not_told_is_missing(resources: list[dict[str, Any]], path: tuple[str, ...], what: str) -> None:
    assert what in [missing.what for missing in translated(*resources).missing if missing.path == path]


def test_resources_of_another_reader_fill_the_same_draft() -> None:
    """As a Terraform plan has them: references by address, ids that are known only after apply."""
    draft = Draft("plan.json")
    network = Declared(
        address="azapi_resource.net",
        type=VNET,
        name="net",
        file="plan.json",
        parent=Reference("azurerm_resource_group.rg"),
        identities=("azapi_resource.net",),
        values={
            "properties": {
                "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                "subnets": [{"name": "s", "properties": {"addressPrefix": "10.0.0.0/24"}}],
            }
        },
    )
    workspace = Declared(
        address="azapi_resource.ws",
        type=ML,
        name="ws",
        file="plan.json",
        identities=("azapi_resource.ws",),
        values={
            "properties": {
                "storageAccount": Reference("azurerm_storage_account.st"),
                "publicNetworkAccess": Unknown("is known only after apply"),
                "serverlessComputeSettings": {
                    "serverlessComputeCustomSubnet": Reference("azapi_resource.net/subnets/s")
                },
            }
        },
    )
    account = draft.claim(("storage_accounts",), "st", network.place, ("azurerm_storage_account.st",))
    fill(draft, [workspace, network])
    found = draft.translated()
    assert found.tree.at(("workspaces", "ws")).plain() == {"storage_account": account[-1], "serverless_subnet": "net/s"}
    assert [(one_.path, one_.what, str(one_.place)) for one_ in found.missing] == [
        (
            ("workspaces", "ws", "public_network_access"),
            "is known only after apply",
            "plan.json: azapi_resource.ws.properties.publicNetworkAccess",
        )
    ]


def test_an_export_comes_to_the_same_as_its_template(tmp_path: Path) -> None:
    template = Path(__file__).with_name("hub-spoke.json")
    declared = read_arm(json.loads(template.read_text()), template, "hub-spoke").resources
    exported = [
        {"id": entry.identities[0], "name": entry.name, "type": entry.type, **entry.values} for entry in declared
    ]
    path = tmp_path / "hub-spoke.json"
    path.write_text(json.dumps({"value": exported}, default=str))
    before, after = translate(template).tree.plain(), translate(path).tree.plain()
    assert before.pop("role_assignments").keys() == after.pop("role_assignments").keys()
    after.pop("principals", None)
    assert before == after


@pytest.mark.parametrize("flat", [True, False])
def test_an_export_may_have_its_properties_beside_the_name(flat: bool) -> None:
    resource: dict[str, Any] = dict(NETWORK)
    if flat:  # as `az network vnet show` prints it
        resource = {key: value for key, value in NETWORK.items() if key != "properties"} | NETWORK["properties"]
        resource["subnets"] = [{"name": "s", "id": SUBNET, "addressPrefix": "10.0.0.0/24"}]
    assert translated(resource).tree.at(("networks", "net", "subnets")).plain() == {"s": {"prefix": "10.0.0.0/24"}}


FAR_FROM_LISTS = [
    (f"{NET}/privateEndpoints", ("private_endpoints", "a", "zones")),
    (f"{NET}/firewallPolicies", ("firewall_policies", "a", "rule_collection_groups")),
    (f"{NET}/privateDnsZones", ("private_dns_zones", "a", "records")),
    ("Microsoft.Storage/storageAccounts", ("storage_accounts", "a", "versioning")),
    ("Microsoft.Sql/servers", ("services", "a", "allowed_prefixes")),
]


@pytest.mark.parametrize(("type_", "path"), FAR_FROM_LISTS)
@pytest.mark.parametrize("listed", [True, False])
def test_what_lists_of_resources_leave_out_is_missing_in_an_export(
    type_: str, path: tuple[str, ...], listed: bool
) -> None:
    resource = one(type_, "a")
    draft = Draft("export.json")
    fill(draft, read_arm([resource], Path("export.json"), "export").resources, listed=listed)
    found = {missing.path: missing.what for missing in draft.translated().missing}
    assert (path in found) is listed
    if listed:
        assert found[path].startswith("is not in the export: lists of resources leave ")


def test_an_export_of_names_alone_tells_nothing_of_them() -> None:
    listing = one(f"{NET}/networkSecurityGroups", "f") | {"properties": None, "createdTime": "2026-11-25", "tags": {}}
    found = translated(listing)
    why = "is not in the export, which has the resource's name and type alone"
    assert [(missing.path, missing.what) for missing in found.missing] == [
        (("network_security_groups", "f", "rules"), why)
    ]


def test_computes_that_an_export_leaves_out_are_told() -> None:
    draft = Draft("export.json")
    fill(draft, read_arm([one(ML, "ws")], Path("export.json"), "export").resources, listed=True)
    told = [entry.what for entry in draft.translated().not_understood]
    assert told == ["has no computes in the export: lists of resources leave them out"]


def test_a_zone_that_counts_no_records_has_none() -> None:
    draft = Draft("export.json")
    zones = [one(f"{NET}/privateDnsZones", f"{count}.example", {"numberOfRecordSets": count}) for count in (1, 2)]
    fill(draft, read_arm(zones, Path("export.json"), "export").resources, listed=True)
    assert [missing.path for missing in draft.translated().missing] == [("private_dns_zones", "2.example", "records")]


@pytest.mark.parametrize(("public", "shown"), [((None, "ip"), "ip"), (("ip", "more"), "not told")])
def test_a_machine_is_shown_by_whichever_configuration_has_a_public_address(
    public: tuple[str | None, ...], shown: str
) -> None:
    configurations = [
        {"properties": {"subnet": {"id": SUBNET}, "privateIPAddress": "10.0.0.9"}}
        if name is None
        else {"properties": {"publicIPAddress": {"id": identity(f"{NET}/publicIPAddresses", name)}}}
        for name in public
    ]
    nic = identity(f"{NET}/networkInterfaces", "nic")
    found = translated(
        NETWORK,
        one(f"{NET}/publicIPAddresses", "ip"),
        one(f"{NET}/publicIPAddresses", "more"),
        one(f"{NET}/networkInterfaces", "nic", {"ipConfigurations": configurations}),
        one("Microsoft.Compute/virtualMachines", "vm", {"networkProfile": {"networkInterfaces": [{"id": nic}]}}),
    )
    untold = ("machines", "vm", "public_ip") in {gap.path for gap in found.missing}
    assert found.tree.plain()["machines"]["vm"].get("public_ip", "not told" if untold else "none") == shown
