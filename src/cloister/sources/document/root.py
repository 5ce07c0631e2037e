"""The whole document, and its people."""

from typing import Annotated, Literal

from pydantic import Field

from cloister.inventory.azure import Cloud
from cloister.sources.document import balancers, endpoints, governance, groups, names, network, operations, rights
from cloister.sources.document import services as served
from cloister.sources.document.intents import ApprovalBlock, IntentBlock, PackBlock
from cloister.sources.document.observed import ObservedBlock
from cloister.sources.document.wishes import RequirementsBlock
from cloister.sources.document.words import ENVIRONMENT_PATTERN, REGION_PATTERN, Block, HostName, HostNames, Name, Text


class GroupBlock(Block):
    """People with one role on the platform."""

    role: Text = Field(description="admin, reader or approver.")
    members: tuple[Name, ...] = Field((), description="User names.")


class Document(Block):
    """One environment."""

    version: Annotated[Literal[1], Field(description="The version of this format: 1.")]
    name: Annotated[str, Field(pattern=ENVIRONMENT_PATTERN)] = Field(
        description="The environment's name: lower-case letters, digits and dashes."
    )
    blueprint: Text | None = Field(None, description="The blueprint that this document is laid over.")
    source: Text | None = Field(
        None,
        description="A file on which this document is laid instead: a Terraform plan, a template, another document; "
        "relative to this one.",
    )
    cloud: Cloud = Field(Cloud.PUBLIC, description="Which Azure.")
    region: Annotated[str, Field(pattern=REGION_PATTERN)] = Field(description="Such as westeurope.")
    resource_groups: dict[Name, groups.ResourceGroupBlock] = Field({}, description="Resource groups by name.")
    networks: dict[Name, network.NetworkBlock] = Field({}, description="Virtual networks by name.")
    network_security_groups: dict[Name, network.NetworkSecurityGroupBlock] = Field({}, description="Filters by name.")
    application_security_groups: dict[Name, network.ApplicationSecurityGroupBlock] = Field(
        {}, description="Sets of interfaces by name."
    )
    network_groups: dict[Name, network.NetworkGroupBlock] = Field(
        {}, description="Network groups of a Virtual Network Manager by name."
    )
    admin_rule_collections: dict[Name, network.AdminRuleCollectionBlock] = Field(
        {}, description="Admin rules of a Virtual Network Manager by collection."
    )
    route_tables: dict[Name, network.RouteTableBlock] = Field({}, description="Route tables by name.")
    service_endpoint_policies: dict[Name, network.ServiceEndpointPolicyBlock] = Field(
        {}, description="Service endpoint policies by name."
    )
    public_ips: dict[Name, network.PublicIpBlock] = Field({}, description="Public addresses by name.")
    nat_gateways: dict[Name, network.NatGatewayBlock] = Field({}, description="NAT gateways by name.")
    load_balancers: dict[Name, balancers.LoadBalancerBlock] = Field({}, description="Load balancers by name.")
    firewalls: dict[Name, network.FirewallBlock] = Field({}, description="Azure Firewalls by name.")
    firewall_policies: dict[Name, network.FirewallPolicyBlock] = Field(
        {}, description="Policies that firewalls share, by name."
    )
    ip_groups: dict[Name, network.IpGroupBlock] = Field({}, description="Addresses for firewall rules, by name.")
    gateways: dict[Name, network.GatewayBlock] = Field({}, description="Virtual network gateways by name.")
    bastions: dict[Name, network.BastionBlock] = Field({}, description="Azure Bastions by name.")
    on_premises: dict[Name, network.OnPremisesBlock] = Field({}, description="Sites of one's own by name.")
    machines: dict[Name, network.MachineBlock] = Field({}, description="Machines by name.")
    private_endpoints: dict[Name, served.PrivateEndpointBlock] = Field({}, description="Private endpoints by name.")
    private_dns_zones: dict[HostName, served.PrivateDnsZoneBlock] = Field({}, description="Private DNS zones by name.")
    dns_resolvers: dict[Name, names.DnsResolverBlock] = Field({}, description="Private DNS resolvers by name.")
    forwarding_rulesets: dict[Name, names.ForwardingRulesetBlock] = Field(
        {}, description="DNS forwarding rulesets by name."
    )
    name_servers: dict[Name, names.NameServerBlock] = Field({}, description="Name servers of one's own by name.")
    storage_accounts: dict[Name, served.StorageAccountBlock] = Field({}, description="Storage accounts by name.")
    key_vaults: dict[Name, served.KeyVaultBlock] = Field({}, description="Key vaults by name.")
    keys: dict[Name, served.KeyBlock] = Field({}, description="Keys of one's own to encrypt with, by name.")
    container_registries: dict[Name, served.ContainerRegistryBlock] = Field({}, description="Registries by name.")
    services: dict[Name, served.OtherServiceBlock] = Field({}, description="Services of other kinds by name.")
    workspaces: dict[Name, served.WorkspaceBlock] = Field({}, description="Workspaces by name.")
    computes: dict[Name, served.ComputeBlock] = Field({}, description="Computes by name.")
    online_endpoints: dict[Name, endpoints.OnlineEndpointBlock] = Field({}, description="Online endpoints by name.")
    batch_endpoints: dict[Name, endpoints.BatchEndpointBlock] = Field({}, description="Batch endpoints by name.")
    diagnostic_settings: dict[Name, operations.DiagnosticSettingBlock] = Field(
        {}, description="Where logs and metrics go, by name."
    )
    metric_alerts: dict[Name, operations.MetricAlertBlock] = Field({}, description="Alerts on metrics by name.")
    autoscale_settings: dict[Name, operations.AutoscaleSettingBlock] = Field(
        {}, description="Scaling of deployments by load, by name."
    )
    budgets: dict[Name, operations.BudgetBlock] = Field({}, description="Budgets by name.")
    groups: dict[Name, GroupBlock] = Field({}, description="Groups of people by name.")
    principals: dict[Name, rights.PrincipalBlock] = Field(
        {}, description="Users, groups, service principals and shared identities in Entra ID, by name."
    )
    role_definitions: dict[Text, rights.RoleDefinitionBlock] = Field({}, description="Custom roles by name.")
    role_assignments: dict[Name, rights.RoleAssignmentBlock] = Field({}, description="Who has which role where.")
    deny_assignments: dict[Name, rights.DenyAssignmentBlock] = Field({}, description="What Azure denies to whom where.")
    policy_assignments: dict[Name, governance.PolicyAssignmentBlock] = Field(
        {}, description="Policies that are assigned, by the name of the assignment."
    )
    defender_plans: dict[Name, governance.DefenderPlanBlock] = Field(
        {}, description="Plans of Defender for Cloud by what they watch over, such as StorageAccounts."
    )
    requirements: RequirementsBlock | None = Field(None, description="What the owner requires.")
    observed: ObservedBlock | None = Field(None, description="What was seen of the running estate.")
    intents: dict[Text, IntentBlock] = Field({}, description="What must and must not be possible, by name.")
    packs: dict[Name, PackBlock] = Field({}, description="Built-in packs of intents that are switched on or off.")
    approved: dict[HostNames, ApprovalBlock] = Field(
        {}, description="Hosts that data may go to. Once stated, the list is whole: firewalls let out nothing else."
    )
    undeclared: tuple[Text, ...] = Field(
        (), description="Names that the original of this description refers to and nowhere declares: each is a finding."
    )
