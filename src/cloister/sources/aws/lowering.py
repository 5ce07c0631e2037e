"""From the checked document to the inventory: the same names, typed, each resource with its place in the file."""

from cloister.inventory import aws
from cloister.sources.aws.document.apis import ApiMethodBlock, ApiResourceBlock, RestApiBlock
from cloister.sources.aws.document.root import Document
from cloister.sources.aws.document.workloads import IamRoleBlock
from cloister.sources.lowering.spots import Spot, attributes
from cloister.sources.lowering.wishes import approved, intents, packs, undeclared
from cloister.sources.written import Written

__all__ = ["lower"]


def lower(document: Document, tree: Written) -> aws.Inventory:
    """The inventory that the document describes; `tree` is where it was written."""
    here = Spot(tree)
    return aws.Inventory(
        name=document.name,
        cloud=document.cloud,
        region=document.region,
        accounts=here.each("accounts", document.accounts, aws.Account),
        vpcs=_vpcs(document, here),
        internet_gateways=here.each("internet_gateways", document.internet_gateways, aws.InternetGateway),
        nat_gateways=here.each("nat_gateways", document.nat_gateways, aws.NatGateway),
        prefix_lists=here.each("prefix_lists", document.prefix_lists, aws.PrefixList),
        route_tables=_route_tables(document, here),
        vpc_peering_connections=here.each(
            "vpc_peering_connections", document.vpc_peering_connections, aws.VpcPeeringConnection
        ),
        security_groups=_security_groups(document, here),
        network_acls=_network_acls(document, here),
        vpc_endpoints=here.each("vpc_endpoints", document.vpc_endpoints, aws.VpcEndpoint),
        load_balancers=_load_balancers(document, here),
        target_groups=here.each("target_groups", document.target_groups, aws.TargetGroup),
        vpc_links=here.each("vpc_links", document.vpc_links, aws.VpcLink),
        rest_apis=tuple(_api(*found) for found in here.pairs("rest_apis", document.rest_apis)),
        ecs_services=here.each("ecs_services", document.ecs_services, aws.EcsService),
        db_clusters=here.each("db_clusters", document.db_clusters, aws.DbCluster),
        instances=here.each("instances", document.instances, aws.Instance),
        s3_buckets=here.each("s3_buckets", document.s3_buckets, aws.Bucket),
        cognito_user_pools=here.each("cognito_user_pools", document.cognito_user_pools, aws.UserPool),
        iam_roles=tuple(_role(*found) for found in here.pairs("iam_roles", document.iam_roles)),
        sagemaker_domains=_domains(document, here),
        sagemaker_notebook_instances=here.each(
            "sagemaker_notebook_instances", document.sagemaker_notebook_instances, aws.NotebookInstance
        ),
        sagemaker_jobs=here.each("sagemaker_jobs", document.sagemaker_jobs, aws.SageMakerJob),
        intents=intents(document, here),
        packs=packs(document, here),
        approved=approved(document, here),
        undeclared=undeclared(document, here),
        origin=here.origin,
    )


def _vpcs(document: Document, here: Spot) -> tuple[aws.Vpc, ...]:
    return tuple(
        aws.Vpc(
            name=name,
            **attributes(block, "subnets"),
            subnets=place.each("subnets", block.subnets, aws.Subnet),
            origin=place.origin,
        )
        for name, block, place in here.pairs("vpcs", document.vpcs)
    )


def _route_tables(document: Document, here: Spot) -> tuple[aws.RouteTable, ...]:
    return tuple(
        aws.RouteTable(
            name=name, vpc=block.vpc, routes=place.each("routes", block.routes, aws.Route), origin=place.origin
        )
        for name, block, place in here.pairs("route_tables", document.route_tables)
    )


def _security_groups(document: Document, here: Spot) -> tuple[aws.SecurityGroup, ...]:
    return tuple(
        aws.SecurityGroup(
            name=name,
            vpc=block.vpc,
            ingress=place.each("ingress", block.ingress, aws.SecurityGroupRule),
            egress=None if block.egress is None else place.each("egress", block.egress, aws.SecurityGroupRule),
            origin=place.origin,
        )
        for name, block, place in here.pairs("security_groups", document.security_groups)
    )


def _network_acls(document: Document, here: Spot) -> tuple[aws.NetworkAcl, ...]:
    return tuple(
        aws.NetworkAcl(
            name=name,
            vpc=block.vpc,
            ingress=place.each("ingress", block.ingress, aws.NetworkAclRule),
            egress=place.each("egress", block.egress, aws.NetworkAclRule),
            origin=place.origin,
        )
        for name, block, place in here.pairs("network_acls", document.network_acls)
    )


def _load_balancers(document: Document, here: Spot) -> tuple[aws.LoadBalancer, ...]:
    return tuple(
        aws.LoadBalancer(
            name=name,
            **attributes(block, "listeners"),
            listeners=place.each("listeners", block.listeners, aws.Listener),
            origin=place.origin,
        )
        for name, block, place in here.pairs("load_balancers", document.load_balancers)
    )


def _api(name: str, block: RestApiBlock, place: Spot) -> aws.RestApi:
    return aws.RestApi(
        name=name,
        **attributes(block, "resources", "authorizers", "stages"),
        resources=tuple(_resource(*found) for found in place.pairs("resources", block.resources)),
        authorizers=place.each("authorizers", block.authorizers, aws.Authorizer),
        stages=place.each("stages", block.stages, aws.Stage),
        origin=place.origin,
    )


def _resource(name: str, block: ApiResourceBlock, place: Spot) -> aws.ApiResource:
    methods = tuple(_method(*found) for found in place.pairs("methods", block.methods))
    return aws.ApiResource(name=name, methods=methods, origin=place.origin)


def _method(name: str, block: ApiMethodBlock, place: Spot) -> aws.ApiMethod:
    integration = None
    if block.integration:
        integration = aws.Integration(**attributes(block.integration), origin=place.of("integration").origin)
    return aws.ApiMethod(name=name, **attributes(block, "integration"), integration=integration, origin=place.origin)


def _role(name: str, block: IamRoleBlock, place: Spot) -> aws.IamRole:
    return aws.IamRole(
        name=name,
        **attributes(block, "policies"),
        policies=tuple(
            aws.IamPolicy(name=policy, policy=text, origin=place.of("policies").of(policy).origin)
            for policy, text in block.policies.items()
        ),
        origin=place.origin,
    )


def _domains(document: Document, here: Spot) -> tuple[aws.SageMakerDomain, ...]:
    return tuple(
        aws.SageMakerDomain(
            name=name,
            **attributes(block, "user_profiles"),
            user_profiles=place.each("user_profiles", block.user_profiles, aws.UserProfile),
            origin=place.origin,
        )
        for name, block, place in here.pairs("sagemaker_domains", document.sagemaker_domains)
    )
