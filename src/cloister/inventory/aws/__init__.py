"""AWS resources as frozen values: VPCs, filters, routes, endpoints, balancers, APIs, workloads, buckets, roles.

References between resources are names, as they stand in the source; a subnet is named `vpc/subnet`. Readers in
`sources/` check that every name refers to something, so that later rooms may trust it.
Attribute names follow the aws provider of Terraform, whose words people know, with the id left off: `subnets` for
`subnet_ids`. Addresses that AWS gives are optional: where none is stated, lowering gives the first that is free.
"""

from cloister.inventory.aws.accounts import Account
from cloister.inventory.aws.apis import ApiMethod, ApiResource, Authorizer, Integration, RestApi, Stage, VpcLink
from cloister.inventory.aws.balancers import Listener, LoadBalancer, TargetGroup
from cloister.inventory.aws.buckets import Bucket
from cloister.inventory.aws.endpoints import VpcEndpoint
from cloister.inventory.aws.filters import NetworkAcl, NetworkAclRule, SecurityGroup, SecurityGroupRule
from cloister.inventory.aws.inventory import Cloud, Inventory
from cloister.inventory.aws.learning import NotebookInstance, SageMakerDomain, SageMakerJob, UserProfile
from cloister.inventory.aws.networks import (
    InternetGateway,
    NatGateway,
    PrefixList,
    Route,
    RouteTable,
    Subnet,
    Vpc,
    VpcPeeringConnection,
)
from cloister.inventory.aws.people import IamPolicy, IamRole, UserPool
from cloister.inventory.aws.workloads import DbCluster, EcsService, Instance
from cloister.inventory.gaps import Gap, NotUnderstood

__all__ = [
    "Account",
    "ApiMethod",
    "ApiResource",
    "Authorizer",
    "Bucket",
    "Cloud",
    "DbCluster",
    "EcsService",
    "Gap",
    "IamPolicy",
    "IamRole",
    "Instance",
    "Integration",
    "InternetGateway",
    "Inventory",
    "Listener",
    "LoadBalancer",
    "NatGateway",
    "NetworkAcl",
    "NetworkAclRule",
    "NotUnderstood",
    "NotebookInstance",
    "PrefixList",
    "RestApi",
    "Route",
    "RouteTable",
    "SageMakerDomain",
    "SageMakerJob",
    "SecurityGroup",
    "SecurityGroupRule",
    "Stage",
    "Subnet",
    "TargetGroup",
    "UserPool",
    "UserProfile",
    "Vpc",
    "VpcEndpoint",
    "VpcLink",
    "VpcPeeringConnection",
]
