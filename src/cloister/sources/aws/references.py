"""Where a document for AWS refers to what."""

from cloister.facts.packs import aws_packs
from cloister.sources.checks.names import Vocabulary
from cloister.sources.checks.referring import EACH, References
from cloister.sources.written import Path

_GROUPED = (
    "vpc_endpoints",
    "load_balancers",
    "ecs_services",
    "db_clusters",
    "instances",
    "sagemaker_domains",
    "sagemaker_notebook_instances",
    "sagemaker_jobs",
)
"""Sections whose resources have interfaces with security groups."""
_IN_SUBNETS = ("vpc_endpoints", "load_balancers", "ecs_services", "db_clusters", "sagemaker_domains", "sagemaker_jobs")
_IN_ONE_SUBNET = ("nat_gateways", "instances", "sagemaker_notebook_instances")
_IN_VPC = (
    "internet_gateways",
    "route_tables",
    "security_groups",
    "network_acls",
    "vpc_endpoints",
    "target_groups",
    "sagemaker_domains",
)
_IN_ACCOUNT = (
    "vpcs",
    "vpc_links",
    "rest_apis",
    "s3_buckets",
    "cognito_user_pools",
    "iam_roles",
    "sagemaker_notebook_instances",
    "sagemaker_jobs",
)
_ROLES = (
    ("ecs_services", "task_role"),
    ("ecs_services", "execution_role"),
    ("instances", "iam_role"),
    ("sagemaker_domains", "execution_role"),
    ("sagemaker_notebook_instances", "role"),
    ("sagemaker_jobs", "role"),
)
_ROUTE = ("route_tables", EACH, "routes", EACH)
_PATTERNS: tuple[tuple[Path, tuple[str, ...]], ...] = (
    *(((section, EACH, "account"), ("accounts",)) for section in _IN_ACCOUNT),
    *(((section, EACH, "vpc"), ("vpcs",)) for section in _IN_VPC),
    *(((section, EACH, "subnets", EACH), ("subnets",)) for section in _IN_SUBNETS),
    *(((section, EACH, "subnet"), ("subnets",)) for section in _IN_ONE_SUBNET),
    *(((section, EACH, "security_groups", EACH), ("security_groups",)) for section in _GROUPED),
    *(((section, EACH, attribute), ("iam_roles",)) for section, attribute in _ROLES),
    (("vpcs", EACH, "main_route_table"), ("route_tables",)),
    (("vpcs", EACH, "default_network_acl"), ("network_acls",)),
    (("vpcs", EACH, "default_security_group"), ("security_groups",)),
    (("vpcs", EACH, "subnets", EACH, "route_table"), ("route_tables",)),
    (("vpcs", EACH, "subnets", EACH, "network_acl"), ("network_acls",)),
    ((*_ROUTE, "internet_gateway"), ("internet_gateways",)),
    ((*_ROUTE, "nat_gateway"), ("nat_gateways",)),
    ((*_ROUTE, "vpc_peering_connection"), ("vpc_peering_connections",)),
    ((*_ROUTE, "instance"), ("instances",)),
    (("vpc_peering_connections", EACH, "vpc"), ("vpcs",)),
    (("vpc_peering_connections", EACH, "peer_vpc"), ("vpcs",)),
    (("security_groups", EACH, "ingress", EACH, "security_groups", EACH), ("security_groups",)),
    (("security_groups", EACH, "egress", EACH, "security_groups", EACH), ("security_groups",)),
    (("vpc_endpoints", EACH, "route_tables", EACH), ("route_tables",)),
    (("load_balancers", EACH, "listeners", EACH, "target_group"), ("target_groups",)),
    (("target_groups", EACH, "targets", EACH), ("instances",)),
    (("vpc_links", EACH, "target"), ("load_balancers",)),
    (("rest_apis", EACH, "vpc_endpoints", EACH), ("vpc_endpoints",)),
    (("rest_apis", EACH, "authorizers", EACH, "user_pools", EACH), ("cognito_user_pools",)),
    (("rest_apis", EACH, "resources", EACH, "methods", EACH, "integration", "vpc_link"), ("vpc_links",)),
    (("ecs_services", EACH, "target_groups", EACH), ("target_groups",)),
    (("sagemaker_domains", EACH, "user_profiles", EACH, "execution_role"), ("iam_roles",)),
    (("packs", EACH), ("built-in packs",)),
)
_KINDS = {
    "accounts": "account",
    "vpcs": "VPC",
    "subnets": "subnet",
    "route_tables": "route table",
    "network_acls": "network ACL",
    "security_groups": "security group",
    "internet_gateways": "internet gateway",
    "nat_gateways": "NAT gateway",
    "vpc_peering_connections": "peering connection",
    "vpc_endpoints": "VPC endpoint",
    "instances": "instance",
    "target_groups": "target group",
    "load_balancers": "load balancer",
    "vpc_links": "VPC link",
    "cognito_user_pools": "user pool",
    "iam_roles": "role",
    "built-in packs": "built-in pack",
}
VOCABULARY = Vocabulary(nested={"subnets": ("vpcs", "subnets")}, together={})
REFERENCES = References(_PATTERNS, _KINDS, {"subnets": "vpcs"}, {"built-in packs": tuple(aws_packs())})
