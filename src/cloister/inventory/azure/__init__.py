"""Azure resources as frozen values: networks, filters, routes, names, endpoints, services, computes, people.

References between resources are names, as they stand in the source; a subnet is named `network/subnet`. Readers in
`sources/` check that every name refers to something, so that later rooms may trust it.
Attribute names follow the azurerm provider, whose words people know.
"""

from cloister.inventory.azure.balancers import BalancerFrontend, BalancerOutboundRule, BalancingRule, LoadBalancer
from cloister.inventory.azure.egress import NatGateway, PublicIp
from cloister.inventory.azure.endpoints import BatchEndpoint, Deployment, OnlineEndpoint
from cloister.inventory.azure.filters import (
    AdminRule,
    AdminRuleCollection,
    ApplicationSecurityGroup,
    NetworkGroup,
    NetworkSecurityGroup,
    SecurityRule,
)
from cloister.inventory.azure.firewalls import (
    VIGILANCE,
    ApplicationRule,
    Firewall,
    FirewallPolicy,
    IpGroup,
    NatRule,
    NetworkRule,
    RuleCollection,
    RuleCollectionGroup,
)
from cloister.inventory.azure.governance import DefenderPlan, PolicyAssignment
from cloister.inventory.azure.groups import ResourceGroup
from cloister.inventory.azure.inventory import Cloud, Inventory
from cloister.inventory.azure.learning import Compute, OutboundRule, Workspace
from cloister.inventory.azure.names import (
    DnsResolver,
    ForwardingRule,
    ForwardingRuleset,
    InboundEndpoint,
    NameServer,
    OutboundEndpoint,
    PrivateDnsZone,
    RulesetLink,
    ZoneLink,
)
from cloister.inventory.azure.networks import (
    Peering,
    PrivateEndpointPolicies,
    Route,
    RouteTable,
    ServiceEndpointPolicy,
    Subnet,
    VirtualNetwork,
)
from cloister.inventory.azure.observed import (
    Observed,
    SeenCompute,
    SeenDeployment,
    SeenJob,
    SeenModel,
    SeenNetworkUsage,
    SeenResource,
    SeenSchedule,
    SeenUsage,
)
from cloister.inventory.azure.operations import AutoscaleSetting, Budget, DiagnosticSetting, MetricAlert
from cloister.inventory.azure.people import PLATFORM_ROLES, Group
from cloister.inventory.azure.places import Bastion, Gateway, Machine, OnPremises, ProxyAddress
from cloister.inventory.azure.rights import (
    PRINCIPAL_WORDS,
    DenyAssignment,
    Principal,
    RoleAssignment,
    RoleDefinition,
)
from cloister.inventory.azure.services import (
    ContainerRegistry,
    Key,
    KeyVault,
    KubernetesSettings,
    OtherService,
    PrivateEndpoint,
    StorageAccount,
)
from cloister.inventory.azure.wishes import Requirements
from cloister.inventory.gaps import Gap, NotUnderstood

__all__ = [
    "PLATFORM_ROLES",
    "PRINCIPAL_WORDS",
    "VIGILANCE",
    "AdminRule",
    "AdminRuleCollection",
    "ApplicationRule",
    "ApplicationSecurityGroup",
    "AutoscaleSetting",
    "BalancerFrontend",
    "BalancerOutboundRule",
    "BalancingRule",
    "Bastion",
    "BatchEndpoint",
    "Budget",
    "Cloud",
    "Compute",
    "ContainerRegistry",
    "DefenderPlan",
    "DenyAssignment",
    "Deployment",
    "DiagnosticSetting",
    "DnsResolver",
    "Firewall",
    "FirewallPolicy",
    "ForwardingRule",
    "ForwardingRuleset",
    "Gap",
    "Gateway",
    "Group",
    "InboundEndpoint",
    "Inventory",
    "IpGroup",
    "Key",
    "KeyVault",
    "KubernetesSettings",
    "LoadBalancer",
    "Machine",
    "MetricAlert",
    "NameServer",
    "NatGateway",
    "NatRule",
    "NetworkGroup",
    "NetworkRule",
    "NetworkSecurityGroup",
    "NotUnderstood",
    "Observed",
    "OnPremises",
    "OnlineEndpoint",
    "OtherService",
    "OutboundEndpoint",
    "OutboundRule",
    "Peering",
    "PolicyAssignment",
    "Principal",
    "PrivateDnsZone",
    "PrivateEndpoint",
    "PrivateEndpointPolicies",
    "ProxyAddress",
    "PublicIp",
    "Requirements",
    "ResourceGroup",
    "RoleAssignment",
    "RoleDefinition",
    "Route",
    "RouteTable",
    "RuleCollection",
    "RuleCollectionGroup",
    "RulesetLink",
    "SecurityRule",
    "SeenCompute",
    "SeenDeployment",
    "SeenJob",
    "SeenModel",
    "SeenNetworkUsage",
    "SeenResource",
    "SeenSchedule",
    "SeenUsage",
    "ServiceEndpointPolicy",
    "StorageAccount",
    "Subnet",
    "VirtualNetwork",
    "Workspace",
    "ZoneLink",
]
