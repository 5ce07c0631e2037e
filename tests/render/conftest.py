"""An environment with at least one resource of every kind that can be rendered."""

from datetime import date
from ipaddress import IPv4Address, IPv4Network

import pytest

from cloister.inventory.azure import (
    ApplicationRule,
    Bastion,
    Budget,
    Cloud,
    Compute,
    ContainerRegistry,
    DiagnosticSetting,
    Firewall,
    Gateway,
    Inventory,
    KeyVault,
    Machine,
    NetworkRule,
    NetworkSecurityGroup,
    OnPremises,
    Peering,
    Principal,
    PrivateDnsZone,
    PrivateEndpoint,
    RoleAssignment,
    RoleDefinition,
    Route,
    RouteTable,
    RuleCollection,
    RuleCollectionGroup,
    SecurityRule,
    ServiceEndpointPolicy,
    StorageAccount,
    Subnet,
    VirtualNetwork,
    Workspace,
    ZoneLink,
)
from cloister.origin import Origin

HERE = Origin("cloister.yaml", 7)
FIREWALL_ADDRESS = IPv4Address("10.0.1.4")


def _subnet(name: str, prefix: str, **more: object) -> Subnet:
    return Subnet(name=name, prefix=IPv4Network(prefix), origin=HERE, **more)  # type: ignore[arg-type]  # keywords


def _principals() -> tuple[Principal, ...]:
    return (
        Principal(name="scientists", kind="group", members=("user:ada",), origin=HERE),
        Principal(name="ada", kind="user", origin=HERE),
        Principal(name="ci", kind="service-principal", origin=HERE),
        Principal(name="shared", kind="managed-identity", used_by=("cpu", "jump-host"), origin=HERE),
    )


def _diagnostic_settings() -> tuple[DiagnosticSetting, ...]:
    return (
        DiagnosticSetting(
            name="ws-logs",
            target="mlws",
            log_analytics_workspace="log-appi-mlws",
            category_groups=("allLogs",),
            metrics=("AllMetrics",),
            origin=HERE,
        ),
        DiagnosticSetting(
            name="fw-logs", target="fw", storage_account="stml", categories=("AZFWApplicationRule",), origin=HERE
        ),
    )


def _role_assignments() -> tuple[RoleAssignment, ...]:
    stated = (
        ("work", "group:scientists", "AzureML Data Scientist", "mlws", None),
        ("list", "user:ada", "Lister", "subscription", None),
        ("read", "sp:ci", "Reader", "resource-group:rg-hub", None),
        ("audit", "sp:ci", "Reader", "management-group:top", None),
        ("raw", "identity:shared", "Storage Blob Data Reader", "stml/raw", "@Resource[x] StringEquals '${y}'"),
        ("pull", "identity:cpu", "AcrPull", "acrml", None),
        ("jump", "identity:jump-host", "Key Vault Secrets User", "kv-ml", None),
    )
    return tuple(
        RoleAssignment(name=name, principal=principal, role=role, scope=scope, condition=condition, origin=HERE)
        for name, principal, role, scope, condition in stated
    )


def _networks() -> tuple[VirtualNetwork, ...]:
    hub = VirtualNetwork(
        name="hub",
        resource_group="rg-hub",
        address_space=(IPv4Network("10.0.0.0/16"),),
        dns_servers=(FIREWALL_ADDRESS,),
        subnets=(
            _subnet("AzureFirewallSubnet", "10.0.1.0/26"),
            _subnet("AzureFirewallManagementSubnet", "10.0.1.64/26"),
            _subnet("GatewaySubnet", "10.0.2.0/27"),
            _subnet("AzureBastionSubnet", "10.0.3.0/26"),
            _subnet("jump", "10.0.4.0/28", nat_gateway=True, delegation="Microsoft.Web/serverFarms"),
        ),
        origin=HERE,
    )
    spoke = VirtualNetwork(
        name="ml",
        resource_group="rg-ml",
        address_space=(IPv4Network("10.1.0.0/16"),),
        dns_servers=(FIREWALL_ADDRESS, IPv4Address("192.168.0.10")),
        subnets=(
            _subnet(
                "endpoints",
                "10.1.0.0/27",
                service_endpoints=("Microsoft.Storage",),
                service_endpoint_policies=("sep-compute",),
            ),
            _subnet(
                "compute",
                "10.1.1.0/24",
                network_security_group="nsg-compute",
                route_table="rt-compute",
                default_outbound_access=False,
                service_endpoints=("Microsoft.Storage",),
            ),
        ),
        origin=HERE,
    )
    return hub, spoke


def _security_group() -> NetworkSecurityGroup:
    allow = SecurityRule(
        name="allow-endpoints",
        priority=100,
        direction="Outbound",
        access="Allow",
        protocol="Tcp",
        source=("10.1.1.0/24",),
        destination=("10.1.0.0/28", "10.1.0.16/28"),
        destination_ports=("443", "445"),
        origin=HERE,
    )
    deny = SecurityRule(
        name="deny-rest",
        priority=4000,
        direction="Outbound",
        access="Deny",
        protocol="*",
        source=("*",),
        destination=("Internet",),
        destination_ports=("*",),
        origin=HERE,
    )
    return NetworkSecurityGroup(name="nsg-compute", rules=(allow, deny), origin=HERE)


def _firewall() -> Firewall:
    network_rule = NetworkRule(
        name="azure-ml",
        protocols=("TCP",),
        sources=("10.1.1.0/24",),
        destinations=("AzureMachineLearning",),
        ports=("443", "8787"),
        origin=HERE,
    )
    named_rule = NetworkRule(
        name="time",
        protocols=("UDP",),
        sources=("*",),
        destination_fqdns=("time.example.org",),
        ports=("123",),
        origin=HERE,
    )
    application_rule = ApplicationRule(
        name="python",
        protocols=(("Https", 443),),
        sources=("10.1.1.0/24",),
        fqdns=("pypi.org", "files.pythonhosted.org"),
        origin=HERE,
    )
    group = RuleCollectionGroup(
        name="egress",
        priority=200,
        collections=(
            RuleCollection(
                name="names",
                priority=300,
                action="Allow",
                kind="application",
                rules=(application_rule,),
                origin=HERE,
            ),
            RuleCollection(
                name="tags",
                priority=200,
                action="Allow",
                kind="network",
                rules=(network_rule, named_rule),
                origin=HERE,
            ),
        ),
        origin=HERE,
    )
    return Firewall(
        name="fw",
        network="hub",
        private_ip=FIREWALL_ADDRESS,
        sku_tier="Basic",
        dns_proxy=True,
        dns_servers=(IPv4Address("168.63.129.16"),),
        rule_collection_groups=(group,),
        origin=HERE,
    )


def _endpoint(name: str, target: str, subresource: str, addresses: tuple[str, ...], *zones: str) -> PrivateEndpoint:
    return PrivateEndpoint(
        name=name,
        subnet="ml/endpoints",
        target=target,
        subresource=subresource,
        private_ips=tuple(map(IPv4Address, addresses)),
        zones=zones,
        approval="Pending" if subresource == "vault" else "Approved",
        origin=HERE,
    )


def _zone(name: str, records: tuple[tuple[str, str], ...] = ()) -> PrivateDnsZone:
    registering = ZoneLink(network="hub", registration=bool(records), origin=HERE)
    links = (registering, ZoneLink(network="ml", nxdomain_redirect=True, origin=HERE))
    written = tuple((record, IPv4Address(address)) for record, address in records)
    return PrivateDnsZone(name=name, links=links, records=written, origin=HERE)


@pytest.fixture
def everything() -> Inventory:
    """At least one resource of each kind, and each argument that is written only under a condition."""
    blob, api = "privatelink.blob.core.windows.net", "privatelink.api.azureml.ms"
    notebooks = "privatelink.notebooks.azure.net"
    return Inventory(
        name="everything",
        cloud=Cloud.PUBLIC,
        region="germanywestcentral",
        networks=_networks(),
        peerings=(
            Peering(network="hub", remote="ml", allow_gateway_transit=True, origin=HERE),
            Peering(network="ml", remote="hub", use_remote_gateways=True, allow_forwarded_traffic=True, origin=HERE),
        ),
        network_security_groups=(_security_group(),),
        service_endpoint_policies=(
            ServiceEndpointPolicy(
                name="sep-compute",
                service_resources=("stml", "/subscriptions/0/resourceGroups/rg", "/services/Azure/MachineLearning"),
                origin=HERE,
            ),
        ),
        route_tables=(
            RouteTable(
                name="rt-compute",
                routes=(
                    Route(
                        name="default",
                        prefix="0.0.0.0/0",
                        next_hop_type="VirtualAppliance",
                        next_hop=FIREWALL_ADDRESS,
                        origin=HERE,
                    ),
                    Route(name="drop", prefix="10.9.0.0/16", next_hop_type="None", origin=HERE),
                ),
                bgp_route_propagation=False,
                origin=HERE,
            ),
        ),
        firewalls=(_firewall(),),
        gateways=(
            Gateway(name="vpn", network="hub", kind="Vpn", origin=HERE),
            Gateway(name="er", network="hub", kind="ExpressRoute", origin=HERE),
        ),
        bastions=(Bastion(name="bastion", network="hub", origin=HERE),),
        on_premises=tuple(
            OnPremises(
                name=name,
                address_space=(IPv4Network(prefix),),
                gateway=gateway,
                dns_server=IPv4Address("192.168.0.10"),
                origin=HERE,
            )
            for name, prefix, gateway in (("office", "192.168.0.0/24", "vpn"), ("plant", "192.168.1.0/24", "er"))
        ),
        machines=(
            Machine(
                name="jump-host",
                purpose="jump-host",
                subnet="hub/jump",
                private_ip=IPv4Address("10.0.4.4"),
                dns_servers=(IPv4Address("10.0.0.4"),),
                public_ip=True,
                network_security_group="nsg-compute",
                origin=HERE,
            ),
            Machine(
                name="laptop",
                purpose="client",
                subnet="office",
                private_ip=IPv4Address("192.168.0.20"),
                origin=HERE,
            ),
        ),
        private_endpoints=(
            _endpoint("pe-ws", "mlws", "amlworkspace", ("10.1.0.4", "10.1.0.5", "10.1.0.6"), api, notebooks),
            _endpoint("pe-blob", "stml", "blob", ("10.1.0.7",), blob),
            _endpoint("pe-vault", "kv-ml", "vault", ("10.1.0.8",)),
            _endpoint("pe-acr", "acrml", "registry", ("10.1.0.9", "10.1.0.10")),
        ),
        private_dns_zones=(
            _zone(api),
            _zone(notebooks),
            _zone(blob, (("*", "10.1.0.7"), ("stml", "10.1.0.7"), ("stml", "10.1.0.17"))),
        ),
        storage_accounts=(
            StorageAccount(
                name="stml",
                public_network_access=False,
                network_default_action="Deny",
                allowed_subnets=("ml/compute",),
                allowed_prefixes=(IPv4Network("203.0.113.0/24"),),
                shared_access_key=False,
                origin=HERE,
            ),
        ),
        principals=_principals(),
        role_definitions=(
            RoleDefinition(name="Lister", actions=("Microsoft.Storage/storageAccounts/read",), origin=HERE),
        ),
        role_assignments=_role_assignments(),
        diagnostic_settings=_diagnostic_settings(),
        budgets=(
            Budget(name="whole", amount=5000, start_date=date(2026, 12, 1), origin=HERE),
            Budget(name="ml", amount=100, start_date=date(2026, 12, 1), resource_group="rg-ml", origin=HERE),
        ),
        key_vaults=(KeyVault(name="kv-ml", purge_protection=True, rbac_authorization=True, origin=HERE),),
        container_registries=(ContainerRegistry(name="acrml", public_network_access=False, origin=HERE),),
        workspaces=(
            Workspace(
                name="mlws",
                workspace_id="0b6a1f0e-5b0f-4e3a-9a55-1f1f3d6f0c11",
                public_network_access=False,
                storage_account="stml",
                key_vault="kv-ml",
                container_registry="acrml",
                image_build_compute="cpu",
                identity="UserAssigned",
                origin=HERE,
            ),
        ),
        computes=(
            Compute(
                name="cpu",
                kind="cluster",
                subnet="ml/compute",
                node_public_ip=False,
                local_auth=False,
                identity="UserAssigned",
                max_nodes=4,
                idle_seconds=600,
                origin=HERE,
            ),
            Compute(name="ci-ada", kind="instance", subnet="ml/compute", node_public_ip=False, origin=HERE),
        ),
        origin=Origin("cloister.yaml", 1),
    )
