"""The whole document for AWS."""

from typing import Annotated, Literal

from pydantic import Field

from cloister.inventory.aws import Cloud
from cloister.sources.aws.document import apis, filters, learning, networks, ways, workloads
from cloister.sources.aws.document.words import Region
from cloister.sources.document.intents import ApprovalBlock, IntentBlock, PackBlock
from cloister.sources.document.words import ENVIRONMENT_PATTERN, Block, HostNames, Name, Text


class Document(Block):
    """One environment in AWS: a document that states `cloud: aws`."""

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
    cloud: Cloud = Field(description="Which AWS.")
    region: Region = Field(description="Such as eu-west-1.")
    accounts: dict[Name, networks.AccountBlock] = Field({}, description="Accounts by name.")
    vpcs: dict[Name, networks.VpcBlock] = Field({}, description="VPCs by name.")
    internet_gateways: dict[Name, networks.InternetGatewayBlock] = Field({}, description="Internet gateways by name.")
    nat_gateways: dict[Name, networks.NatGatewayBlock] = Field({}, description="NAT gateways by name.")
    prefix_lists: dict[Name, networks.PrefixListBlock] = Field({}, description="Prefix lists by name.")
    route_tables: dict[Name, networks.RouteTableBlock] = Field({}, description="Route tables by name.")
    vpc_peering_connections: dict[Name, networks.VpcPeeringConnectionBlock] = Field(
        {}, description="Peering connections by name."
    )
    security_groups: dict[Name, filters.SecurityGroupBlock] = Field({}, description="Security groups by name.")
    network_acls: dict[Name, filters.NetworkAclBlock] = Field({}, description="Network ACLs by name.")
    vpc_endpoints: dict[Name, ways.VpcEndpointBlock] = Field({}, description="VPC endpoints by name.")
    load_balancers: dict[Name, ways.LoadBalancerBlock] = Field({}, description="Load balancers by name.")
    target_groups: dict[Name, ways.TargetGroupBlock] = Field({}, description="Target groups by name.")
    vpc_links: dict[Name, apis.VpcLinkBlock] = Field({}, description="VPC links by name.")
    rest_apis: dict[Name, apis.RestApiBlock] = Field({}, description="REST APIs by name.")
    ecs_services: dict[Name, workloads.EcsServiceBlock] = Field({}, description="Services of containers by name.")
    db_clusters: dict[Name, workloads.DbClusterBlock] = Field({}, description="Database clusters by name.")
    instances: dict[Name, workloads.InstanceBlock] = Field({}, description="Instances by name.")
    s3_buckets: dict[Name, workloads.BucketBlock] = Field({}, description="Buckets by name.")
    cognito_user_pools: dict[Name, workloads.UserPoolBlock] = Field({}, description="User pools by name.")
    iam_roles: dict[Name, workloads.IamRoleBlock] = Field({}, description="Roles by name.")
    sagemaker_domains: dict[Name, learning.SageMakerDomainBlock] = Field({}, description="Domains of Studio by name.")
    sagemaker_notebook_instances: dict[Name, learning.NotebookInstanceBlock] = Field(
        {}, description="Notebook instances by name."
    )
    sagemaker_jobs: dict[Name, learning.SageMakerJobBlock] = Field({}, description="Where jobs run, by name.")
    intents: dict[Text, IntentBlock] = Field({}, description="What must and must not be possible, by name.")
    packs: dict[Name, PackBlock] = Field({}, description="Built-in packs of intents that are switched on or off.")
    approved: dict[HostNames, ApprovalBlock] = Field({}, description="Hosts that data may go to.")
    undeclared: tuple[Text, ...] = Field(
        (), description="Names that the original of this description refers to and nowhere declares: each is a finding."
    )
