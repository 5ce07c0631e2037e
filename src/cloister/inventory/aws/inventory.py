"""Everything that stands in one environment."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from cloister.inventory.aws.accounts import Account
from cloister.inventory.aws.apis import RestApi, VpcLink
from cloister.inventory.aws.balancers import LoadBalancer, TargetGroup
from cloister.inventory.aws.buckets import Bucket
from cloister.inventory.aws.endpoints import VpcEndpoint
from cloister.inventory.aws.filters import NetworkAcl, SecurityGroup
from cloister.inventory.aws.learning import NotebookInstance, SageMakerDomain, SageMakerJob
from cloister.inventory.aws.networks import (
    InternetGateway,
    NatGateway,
    PrefixList,
    RouteTable,
    Subnet,
    Vpc,
    VpcPeeringConnection,
)
from cloister.inventory.aws.people import IamRole, UserPool
from cloister.inventory.aws.workloads import DbCluster, EcsService, Instance
from cloister.inventory.gaps import Gap, NotUnderstood
from cloister.inventory.intents import Approval, Intent, PackChoice
from cloister.origin import Origin


class Cloud(StrEnum):
    """Which AWS."""

    PUBLIC = "aws"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Everything that stands in one environment, each tuple sorted as its source has it."""

    name: str
    cloud: Cloud
    region: str
    accounts: tuple[Account, ...] = ()
    vpcs: tuple[Vpc, ...] = ()
    internet_gateways: tuple[InternetGateway, ...] = ()
    nat_gateways: tuple[NatGateway, ...] = ()
    prefix_lists: tuple[PrefixList, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    vpc_peering_connections: tuple[VpcPeeringConnection, ...] = ()
    security_groups: tuple[SecurityGroup, ...] = ()
    network_acls: tuple[NetworkAcl, ...] = ()
    vpc_endpoints: tuple[VpcEndpoint, ...] = ()
    load_balancers: tuple[LoadBalancer, ...] = ()
    target_groups: tuple[TargetGroup, ...] = ()
    vpc_links: tuple[VpcLink, ...] = ()
    rest_apis: tuple[RestApi, ...] = ()
    ecs_services: tuple[EcsService, ...] = ()
    db_clusters: tuple[DbCluster, ...] = ()
    instances: tuple[Instance, ...] = ()
    s3_buckets: tuple[Bucket, ...] = ()
    cognito_user_pools: tuple[UserPool, ...] = ()
    iam_roles: tuple[IamRole, ...] = ()
    sagemaker_domains: tuple[SageMakerDomain, ...] = ()
    sagemaker_notebook_instances: tuple[NotebookInstance, ...] = ()
    sagemaker_jobs: tuple[SageMakerJob, ...] = ()
    intents: tuple[Intent, ...] = ()
    packs: tuple[PackChoice, ...] = ()
    approved: tuple[Approval, ...] = ()
    undeclared: tuple[tuple[str, Origin], ...] = ()
    gaps: tuple[Gap, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()
    origin: Origin

    def vpc(self, name: str) -> Vpc | None:
        """The VPC of that name, if there is one."""
        return next((vpc for vpc in self.vpcs if vpc.name == name), None)

    def subnets(self) -> Iterator[tuple[Vpc, Subnet]]:
        """Every subnet with its VPC."""
        for vpc in self.vpcs:
            for subnet in vpc.subnets:
                yield vpc, subnet

    def subnet(self, reference: str) -> tuple[Vpc, Subnet] | None:
        """The VPC and subnet that a reference `vpc/subnet` names, if both are there."""
        return next(((vpc, one) for vpc, one in self.subnets() if f"{vpc.name}/{one.name}" == reference), None)

    def account(self, name: str | None) -> Account | None:
        """The account of that name; the first where none is named."""
        named = (account for account in self.accounts if account.name == name)
        return next(named, self.accounts[0] if self.accounts and name is None else None)
