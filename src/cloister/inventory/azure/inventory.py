"""Everything that stands in one environment."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from cloister.inventory.azure.balancers import LoadBalancer
from cloister.inventory.azure.egress import NatGateway, PublicIp
from cloister.inventory.azure.endpoints import BatchEndpoint, OnlineEndpoint
from cloister.inventory.azure.filters import (
    AdminRuleCollection,
    ApplicationSecurityGroup,
    NetworkGroup,
    NetworkSecurityGroup,
)
from cloister.inventory.azure.firewalls import Firewall, FirewallPolicy, IpGroup
from cloister.inventory.azure.governance import DefenderPlan, PolicyAssignment
from cloister.inventory.azure.groups import ResourceGroup
from cloister.inventory.azure.learning import Compute, Workspace
from cloister.inventory.azure.names import DnsResolver, ForwardingRuleset, NameServer, PrivateDnsZone
from cloister.inventory.azure.networks import (
    Peering,
    RouteTable,
    ServiceEndpointPolicy,
    Subnet,
    VirtualNetwork,
)
from cloister.inventory.azure.observed import Observed
from cloister.inventory.azure.operations import AutoscaleSetting, Budget, DiagnosticSetting, MetricAlert
from cloister.inventory.azure.people import Group
from cloister.inventory.azure.places import Bastion, Gateway, Machine, OnPremises
from cloister.inventory.azure.rights import DenyAssignment, Principal, RoleAssignment, RoleDefinition
from cloister.inventory.azure.services import (
    ContainerRegistry,
    Key,
    KeyVault,
    OtherService,
    PrivateEndpoint,
    StorageAccount,
)
from cloister.inventory.azure.wishes import Requirements
from cloister.inventory.gaps import Gap, NotUnderstood
from cloister.inventory.intents import Approval, Intent, PackChoice
from cloister.origin import Origin


class Cloud(StrEnum):
    """Which Azure: names, zones and service tags differ."""

    PUBLIC = "azure"
    CHINA = "azure-china"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Everything that stands in one environment, each tuple sorted as its source has it."""

    name: str
    cloud: Cloud
    region: str
    resource_groups: tuple[ResourceGroup, ...] = ()
    networks: tuple[VirtualNetwork, ...] = ()
    peerings: tuple[Peering, ...] = ()
    network_security_groups: tuple[NetworkSecurityGroup, ...] = ()
    application_security_groups: tuple[ApplicationSecurityGroup, ...] = ()
    network_groups: tuple[NetworkGroup, ...] = ()
    admin_rule_collections: tuple[AdminRuleCollection, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    service_endpoint_policies: tuple[ServiceEndpointPolicy, ...] = ()
    public_ips: tuple[PublicIp, ...] = ()
    nat_gateways: tuple[NatGateway, ...] = ()
    load_balancers: tuple[LoadBalancer, ...] = ()
    firewalls: tuple[Firewall, ...] = ()
    firewall_policies: tuple[FirewallPolicy, ...] = ()
    ip_groups: tuple[IpGroup, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    bastions: tuple[Bastion, ...] = ()
    on_premises: tuple[OnPremises, ...] = ()
    machines: tuple[Machine, ...] = ()
    private_endpoints: tuple[PrivateEndpoint, ...] = ()
    private_dns_zones: tuple[PrivateDnsZone, ...] = ()
    dns_resolvers: tuple[DnsResolver, ...] = ()
    forwarding_rulesets: tuple[ForwardingRuleset, ...] = ()
    name_servers: tuple[NameServer, ...] = ()
    storage_accounts: tuple[StorageAccount, ...] = ()
    key_vaults: tuple[KeyVault, ...] = ()
    keys: tuple[Key, ...] = ()
    container_registries: tuple[ContainerRegistry, ...] = ()
    services: tuple[OtherService, ...] = ()
    workspaces: tuple[Workspace, ...] = ()
    computes: tuple[Compute, ...] = ()
    online_endpoints: tuple[OnlineEndpoint, ...] = ()
    batch_endpoints: tuple[BatchEndpoint, ...] = ()
    diagnostic_settings: tuple[DiagnosticSetting, ...] = ()
    metric_alerts: tuple[MetricAlert, ...] = ()
    autoscale_settings: tuple[AutoscaleSetting, ...] = ()
    budgets: tuple[Budget, ...] = ()
    groups: tuple[Group, ...] = ()
    principals: tuple[Principal, ...] = ()
    role_definitions: tuple[RoleDefinition, ...] = ()
    role_assignments: tuple[RoleAssignment, ...] = ()
    deny_assignments: tuple[DenyAssignment, ...] = ()
    policy_assignments: tuple[PolicyAssignment, ...] = ()
    defender_plans: tuple[DefenderPlan, ...] = ()
    requirements: Requirements | None = None
    observed: Observed | None = None
    intents: tuple[Intent, ...] = ()
    packs: tuple[PackChoice, ...] = ()
    approved: tuple[Approval, ...] = ()
    undeclared: tuple[tuple[str, Origin], ...] = field(default=())
    gaps: tuple[Gap, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()
    origin: Origin

    def network(self, name: str) -> VirtualNetwork | None:
        """The virtual network of that name, if there is one."""
        return next((network for network in self.networks if network.name == name), None)

    def subnet(self, reference: str) -> tuple[VirtualNetwork, Subnet] | None:
        """The network and subnet that a reference `network/subnet` names, if both are there."""
        network_name, _, subnet_name = reference.partition("/")
        network = self.network(network_name)
        for subnet in network.subnets if network else ():
            if network and subnet.name == subnet_name:
                return network, subnet
        return None

    def workspace_of(self, member: Compute | OnlineEndpoint | BatchEndpoint) -> Workspace | None:
        """The workspace that a compute or an endpoint belongs to: the one that it names, or else the first."""
        named = (workspace for workspace in self.workspaces if workspace.name == member.workspace)
        return next(named, self.workspaces[0] if self.workspaces and not member.workspace else None)

    def kind_of_service(self, name: str) -> str | None:
        """What the service of that name is, in the words of facts, if there is one."""
        sections = (
            ("workspace", self.workspaces),
            ("storage", self.storage_accounts),
            ("vault", self.key_vaults),
            ("registry", self.container_registries),
        )
        own = (kind for kind, found in sections if any(service.name == name for service in found))
        return next(own, next((service.kind for service in self.services if service.name == name), None))

    def subnets(self) -> Iterator[tuple[VirtualNetwork, Subnet]]:
        """Every subnet with its network."""
        for network in self.networks:
            for subnet in network.subnets:
                yield network, subnet

    def policies_of(self, firewall: Firewall) -> tuple[FirewallPolicy, ...]:
        """The policies whose rules a firewall reads, the base first and its own last."""
        shared = next((policy for policy in self.firewall_policies if policy.name == firewall.policy), None)
        return self.with_bases(shared or firewall.own_policy)

    def with_bases(self, policy: FirewallPolicy) -> tuple[FirewallPolicy, ...]:
        """A policy after the bases that it builds on, each after its own."""
        by_name = {one.name: one for one in self.firewall_policies}
        found = [policy]
        while (base := by_name.get(found[0].base_policy or "")) is not None and base not in found:
            found.insert(0, base)
        return tuple(found)
