"""Plans of the aws provider as documents for AWS: what Terraform writes apart comes to where it belongs."""

import json
from typing import Any

import pytest

from cloister.sources.terraform.read import terraform_document
from cloister.sources.translated import Translated

Resources = dict[str, dict[str, Any]]


def _plan(resources: Resources, unknown: Resources, expressions: Resources) -> str:
    """A plan as `terraform show -json` writes it."""

    def kind(address: str) -> dict[str, Any]:
        type_, _, name = address.partition(".")
        return {"address": address, "mode": "managed", "type": type_, "name": name}

    planned = [kind(address) | {"values": values} for address, values in resources.items()]
    changes = [
        kind(address)
        | {"change": {"actions": ["create"], "after": values, "after_unknown": unknown.get(address, {}) | {"id": True}}}
        for address, values in resources.items()
    ]
    configured = [kind(address) | {"expressions": expressions.get(address, {})} for address in resources]
    return json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.9.0",
            "planned_values": {"root_module": {"resources": planned}},
            "resource_changes": changes,
            "configuration": {
                "provider_config": {"aws": {"name": "aws", "expressions": {"region": {"constant_value": "eu-west-1"}}}},
                "root_module": {"resources": configured},
            },
        }
    )


def _refers(*words: str) -> dict[str, Any]:
    return {"references": [*words, words[0].rpartition(".")[0]]}


VPC: Resources = {
    "aws_vpc.main": {"cidr_block": "10.0.0.0/16", "enable_dns_hostnames": True, "tags": {"Name": "platform"}},
    "aws_subnet.a": {"cidr_block": "10.0.0.0/24"},
}
VPC_UNKNOWN: Resources = {"aws_subnet.a": {"vpc_id": True}, "aws_vpc.main": {"default_route_table_id": True}}
VPC_EXPRESSIONS: Resources = {"aws_subnet.a": {"vpc_id": _refers("aws_vpc.main.id")}}


def _document(more: Resources, unknown: Resources, expressions: Resources) -> Translated:
    plan = _plan(VPC | more, VPC_UNKNOWN | unknown, VPC_EXPRESSIONS | expressions)
    return terraform_document(plan, "plan.json")


GROUP = "aws_security_group.app"
ROWS: list[tuple[str, Resources, Resources, Resources, tuple[str, ...], Any]] = [
    (
        "the network itself",
        {},
        {},
        {},
        ("vpcs",),
        {
            "platform": {
                "subnets": {"a": {"cidr_block": "10.0.0.0/24"}},
                "enable_dns_hostnames": True,
                "cidr_blocks": ["10.0.0.0/16"],
            }
        },
    ),
    (
        "Terraform takes AWS's own rule away, so that nothing leaves where no rule says so",
        {GROUP: {"name": "app", "ingress": []}},
        {GROUP: {"vpc_id": True, "egress": True}},
        {GROUP: {"vpc_id": _refers("aws_vpc.main.id")}},
        ("security_groups", "app"),
        {"vpc": "platform", "egress": {}},
    ),
    (
        "rules of three forms",
        {
            GROUP: {
                "name": "app",
                "ingress": [
                    {"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["10.0.0.0/16"], "self": True}
                ],
            },
            "aws_security_group_rule.out": {
                "type": "egress",
                "protocol": "-1",
                "from_port": 0,
                "to_port": 0,
                "cidr_blocks": ["0.0.0.0/0"],
            },
            "aws_vpc_security_group_ingress_rule.in": {
                "ip_protocol": "tcp",
                "from_port": 80,
                "to_port": 90,
                "cidr_ipv4": "10.1.0.0/16",
            },
        },
        {
            GROUP: {"vpc_id": True, "egress": True},
            "aws_security_group_rule.out": {"security_group_id": True},
            "aws_vpc_security_group_ingress_rule.in": {"security_group_id": True},
        },
        {
            GROUP: {"vpc_id": _refers("aws_vpc.main.id")},
            "aws_security_group_rule.out": {"security_group_id": _refers(f"{GROUP}.id")},
            "aws_vpc_security_group_ingress_rule.in": {"security_group_id": _refers(f"{GROUP}.id")},
        },
        ("security_groups", "app"),
        {
            "vpc": "platform",
            "ingress": {
                "ingress-1": {"protocol": "tcp", "ports": "443", "cidr_blocks": ["10.0.0.0/16"], "self": True},
                "in": {"protocol": "tcp", "ports": "80-90", "cidr_blocks": ["10.1.0.0/16"]},
            },
            "egress": {"out": {"protocol": "-1", "ports": "*", "cidr_blocks": ["0.0.0.0/0"]}},
        },
    ),
    (
        "a VPC's own table that Terraform takes over, with a route inside",
        {
            "aws_internet_gateway.gw": {},
            "aws_default_route_table.own": {"route": [{"cidr_block": "0.0.0.0/0", "nat_gateway_id": ""}]},
        },
        {
            "aws_internet_gateway.gw": {"vpc_id": True},
            "aws_default_route_table.own": {"default_route_table_id": True, "route": [{"gateway_id": True}]},
        },
        {
            "aws_internet_gateway.gw": {"vpc_id": _refers("aws_vpc.main.id")},
            "aws_default_route_table.own": {
                "default_route_table_id": _refers("aws_vpc.main.default_route_table_id"),
                "route": [{"gateway_id": _refers("aws_internet_gateway.gw.id")}],
            },
        },
        ("route_tables", "own"),
        {"vpc": "platform", "routes": {"route-1": {"cidr_block": "0.0.0.0/0", "internet_gateway": "gw"}}},
    ),
    (
        "a bucket whose parts stand apart",
        {
            "aws_s3_bucket.models": {"bucket": "models"},
            "aws_s3_bucket_versioning.v": {"bucket": "models", "versioning_configuration": [{"status": "Enabled"}]},
            "aws_s3_bucket_public_access_block.b": {"bucket": "models", "block_public_policy": True},
            "aws_s3_bucket_policy.p": {"bucket": "models", "policy": '{"Version": "2012-10-17"}'},
        },
        {},
        {},
        ("s3_buckets", "models"),
        {
            "bucket": "models",
            "policy": '{"Version": "2012-10-17"}',
            "block_public_acls": False,
            "block_public_policy": True,
            "ignore_public_acls": False,
            "restrict_public_buckets": False,
            "versioning": True,
        },
    ),
]


@pytest.mark.parametrize(
    ("resources", "unknown", "expressions", "path", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_row(
    resources: Resources, unknown: Resources, expressions: Resources, path: tuple[str, ...], expected: object
) -> None:
    translated = _document(resources, unknown, expressions)
    here: Any = translated.tree.plain()
    for part in path:
        here = here[part]
    assert here == expected
    assert translated.missing == ()


def test_a_policy_that_is_known_only_after_apply_is_missing() -> None:
    resources: Resources = {
        "aws_s3_bucket.models": {"bucket": "models"},
        "aws_s3_bucket_policy.p": {"bucket": "models"},
    }
    written = {"policy": _refers("aws_kms_key.k.arn")}
    translated = _document(resources, {"aws_s3_bucket_policy.p": {"policy": True}}, {"aws_s3_bucket_policy.p": written})
    ((path, place),) = [(one.path, str(one.place)) for one in translated.missing]
    assert (path, place) == (("s3_buckets", "models", "policy"), "plan.json: aws_s3_bucket_policy.p.policy")


def test_what_has_no_counterpart_is_told_and_the_region_is_that_of_the_provider() -> None:
    translated = _document({"aws_cloudfront_distribution.cdn": {}, "random_id.x": {}}, {}, {})
    assert [(one.thing, one.what) for one in translated.not_understood] == [
        ("aws_cloudfront_distribution.cdn", "is of type aws_cloudfront_distribution, which has no counterpart"),
        ("random_id.x", "is of type random_id, which is none of AWS's"),
    ]
    assert translated.tree.plain()["region"] == "eu-west-1"


LOCAL = {"references": ["local.owner"]}
ENDPOINT: Resources = {"aws_vpc_endpoint.x": {"service_name": "com.amazonaws.eu-west-1.s3", "tags": {"Name": "s3"}}}
BUCKET: Resources = {"aws_s3_bucket.x": {"bucket": "models"}}
UNTOLD: list[tuple[str, Resources, str, tuple[str, ...]]] = [
    (
        "aws_route_table_association.x",
        {"aws_route_table.x": {"tags": {"Name": "open"}}},
        "subnet_id",
        ("vpcs", "platform", "subnets", "a", "route_table"),
    ),
    ("aws_network_acl_association.x", {}, "subnet_id", ("vpcs", "platform", "subnets", "a", "network_acl")),
    (
        "aws_vpc_security_group_ingress_rule.x",
        {"aws_security_group.x": {"name": "app"}},
        "security_group_id",
        ("security_groups", "app"),
    ),
    ("aws_route.x", {"aws_route_table.x": {"tags": {"Name": "open"}}}, "route_table_id", ("route_tables", "open")),
    (
        "aws_network_acl_rule.x",
        {"aws_network_acl.x": {"tags": {"Name": "acl"}}},
        "network_acl_id",
        ("network_acls", "acl"),
    ),
    *(
        (f"aws_vpc_endpoint_{part}.x", ENDPOINT, "vpc_endpoint_id", ("vpc_endpoints", "s3", attribute))
        for part, attribute in (
            ("subnet_association", "subnets"),
            ("security_group_association", "security_groups"),
            ("route_table_association", "route_tables"),
            ("policy", "policy"),
        )
    ),
    ("aws_s3_bucket_policy.x", BUCKET, "bucket", ("s3_buckets", "x", "policy")),
    ("aws_s3_bucket_public_access_block.x", BUCKET, "bucket", ("s3_buckets", "x", "restrict_public_buckets")),
    (
        "aws_api_gateway_rest_api_policy.x",
        {"aws_api_gateway_rest_api.x": {"name": "mlflow"}},
        "rest_api_id",
        ("rest_apis", "mlflow", "policy"),
    ),
]


@pytest.mark.parametrize(("part", "beside", "attribute", "path"), UNTOLD, ids=[row[0] for row in UNTOLD])
def test_what_a_part_decides_whose_owner_is_not_told_is_a_gap(
    part: str, beside: Resources, attribute: str, path: tuple[str, ...]
) -> None:
    found = _document(beside | {part: {}}, {part: {attribute: True}}, {part: {attribute: LOCAL}})
    assert path in {one.path for one in found.missing}


def test_rules_and_routes_that_are_not_told_are_gaps_and_not_none() -> None:
    resources: Resources = {
        "aws_network_acl.x": {"tags": {"Name": "acl"}},
        "aws_route_table.x": {"tags": {"Name": "open"}},
    }
    unknown: Resources = {"aws_network_acl.x": {"ingress": True}, "aws_route_table.x": {"route": True}}
    stated: Resources = {"aws_network_acl.x": {"ingress": LOCAL}, "aws_route_table.x": {"route": LOCAL}}
    missing = {one.path for one in _document(resources, unknown, stated).missing}
    assert {("network_acls", "acl", "ingress"), ("route_tables", "open", "routes")} <= missing
