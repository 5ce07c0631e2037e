"""Templates as documents: a whole platform in a golden document, and what single properties come to as rows."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cloister.errors import SourceError
from cloister.inventory import aws
from cloister.sources.cloudformation.reading import given_in, translate
from cloister.sources.languages import is_cloudformation
from cloister.sources.reading import read_sound_part_anywhere
from cloister.sources.translated import Translated

HERE = Path(__file__).parent
VPC = """
  Vpc: {Type: "AWS::EC2::VPC", Properties: {CidrBlock: 10.0.0.0/16}}
  A: {Type: "AWS::EC2::Subnet", Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
"""


def _document(resources: str, head: str = "") -> tuple[dict[str, Any], Translated]:
    translated = translate(f"{head}\nResources:{VPC}{resources}", Path("stack.yaml"))
    plain: dict[str, Any] = translated.tree.plain()
    return plain, translated


def test_a_platform_as_a_document() -> None:
    """The document was read by eye; write it anew by printing `translated.tree.plain()`."""
    path = HERE / "mlflow.yaml"
    found = translate(path.read_text(), path)
    assert found.tree.plain() == yaml.safe_load((HERE / "mlflow.document.yaml").read_text())
    assert found.missing == ()
    assert [(one.thing.rpartition("/")[2], one.what) for one in found.not_understood] == [
        ("Portal", "is of type AWS::CloudFront::Distribution, which has no counterpart"),
        ("mlflow.yaml", "does not say in which region it is deployed: us-east-1 is taken"),
    ]


def test_the_platform_reads_without_faults_and_names_its_resources() -> None:
    sound = read_sound_part_anywhere(HERE / "mlflow.yaml")
    assert (sound.faults, sound.inventory.gaps) == ((), ())
    assert isinstance(sound.inventory, aws.Inventory)
    (service,) = sound.inventory.ecs_services
    assert str(service.origin.of("subnets")).endswith(
        "mlflow.yaml: Service.NetworkConfiguration.AwsvpcConfiguration.Subnets"
    )


ROWS: list[tuple[str, str, tuple[str, ...], Any]] = [
    (
        "a group whose one rule apart lets out keeps AWS's own rule",
        (
            'G: {Type: "AWS::EC2::SecurityGroup", Properties: {VpcId: !Ref Vpc}}\n'
            '  Out: {Type: "AWS::EC2::SecurityGroupEgress", Properties: {GroupId: !Ref G, IpProtocol: tcp, '
            "FromPort: 443, "
            "ToPort: 443, CidrIp: 10.0.0.0/16}}"
        ),
        ("security_groups", "G", "egress"),
        {
            "everything": {"protocol": "-1", "ports": "*", "cidr_blocks": ["0.0.0.0/0"]},
            "Out": {"protocol": "tcp", "ports": "443", "cidr_blocks": ["10.0.0.0/16"]},
        },
    ),
    (
        "a group without a word on what leaves lets everything out, which the document takes where nothing stands",
        'G: {Type: "AWS::EC2::SecurityGroup", Properties: {VpcId: !Ref Vpc}}',
        ("security_groups", "G"),
        {"vpc": "Vpc"},
    ),
    (
        "the ports of ICMP are kinds of messages",
        (
            'G: {Type: "AWS::EC2::SecurityGroup", Properties: {VpcId: !Ref Vpc, SecurityGroupIngress: '
            "[{IpProtocol: icmp, FromPort: 8, ToPort: -1, CidrIp: 0.0.0.0/0}]}}"
        ),
        ("security_groups", "G", "ingress", "ingress-1"),
        {"protocol": "icmp", "ports": "*", "cidr_blocks": ["0.0.0.0/0"]},
    ),
    (
        "a route to an internet gateway",
        (
            'I: {Type: "AWS::EC2::InternetGateway"}\n'
            '  At: {Type: "AWS::EC2::VPCGatewayAttachment", Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref I}}\n'
            '  T: {Type: "AWS::EC2::RouteTable", Properties: {VpcId: !Ref Vpc}}\n'
            '  R: {Type: "AWS::EC2::Route", Properties: {RouteTableId: !Ref T, DestinationCidrBlock: 0.0.0.0/0, '
            "GatewayId: !Ref I}}"
        ),
        ("route_tables", "T", "routes"),
        {"R": {"cidr_block": "0.0.0.0/0", "internet_gateway": "I"}},
    ),
    (
        "a target that is not followed",
        (
            'T: {Type: "AWS::EC2::RouteTable", Properties: {VpcId: !Ref Vpc}}\n'
            '  R: {Type: "AWS::EC2::Route", Properties: {RouteTableId: !Ref T, DestinationCidrBlock: 10.9.0.0/16, '
            "TransitGatewayId: tgw-1}}"
        ),
        ("route_tables", "T", "routes", "R"),
        {"cidr_block": "10.9.0.0/16", "other_target": "a transit gateway"},
    ),
    (
        "numbered rules of an ACL, and the subnet that has it",
        (
            'N: {Type: "AWS::EC2::NetworkAcl", Properties: {VpcId: !Ref Vpc}}\n'
            '  In: {Type: "AWS::EC2::NetworkAclEntry", Properties: {NetworkAclId: !Ref N, RuleNumber: 100, '
            "Protocol: 6, "
            "RuleAction: allow, CidrBlock: 10.0.0.0/8, PortRange: {From: 80, To: 90}}}\n"
            '  Of: {Type: "AWS::EC2::SubnetNetworkAclAssociation", Properties: {SubnetId: !Ref A, NetworkAclId: '
            "!Ref N}}"
        ),
        ("network_acls", "N", "ingress"),
        {
            "In": {
                "rule_no": 100,
                "action": "allow",
                "protocol": "tcp",
                "ports": "80-90",
                "cidr_block": "10.0.0.0/8",
            }
        },
    ),
    (
        "a block of switches leaves off what it leaves out",
        'B: {Type: "AWS::S3::Bucket", Properties: {PublicAccessBlockConfiguration: {BlockPublicAcls: "true"}}}',
        ("s3_buckets", "B"),
        {
            "block_public_acls": True,
            "block_public_policy": False,
            "ignore_public_acls": False,
            "restrict_public_buckets": False,
        },
    ),
    (
        "a role goes by the name that policies use",
        (
            'R: {Type: "AWS::IAM::Role", Properties: {RoleName: approver, AssumeRolePolicyDocument: {Version: x}}}\n'
            '  P: {Type: "AWS::IAM::Policy", Properties: {PolicyName: p, Roles: [!Ref R], PolicyDocument: '
            "{Version: y}}}"
        ),
        ("iam_roles", "approver"),
        {"assume_role_policy": '{"Version": "x"}', "policies": {"P": '{"Version": "y"}'}},
    ),
    (
        "the method on the root of an API",
        (
            'Api: {Type: "AWS::ApiGateway::RestApi", Properties: {Name: a}}\n'
            '  M: {Type: "AWS::ApiGateway::Method", Properties: {RestApiId: !Ref Api, ResourceId: !GetAtt '
            "Api.RootResourceId, HttpMethod: GET, AuthorizationType: NONE}}"
        ),
        ("rest_apis", "Api", "resources"),
        {"/": {"methods": {"GET": {"authorization": "NONE"}}}},
    ),
    (
        "the default group of a VPC is what the document means where none is stated",
        (
            'E: {Type: "AWS::EC2::VPCEndpoint", Properties: {VpcId: !Ref Vpc, VpcEndpointType: Interface, ServiceName: '
            "com.amazonaws.us-east-1.logs, SubnetIds: [!Ref A], SecurityGroupIds: [!GetAtt Vpc.DefaultSecurityGroup]}}"
        ),
        ("vpc_endpoints", "E", "security_groups"),
        [],
    ),
]


@pytest.mark.parametrize(("resources", "path", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_row(resources: str, path: tuple[str, ...], expected: object) -> None:
    here, translated = _document(f"  {resources}")
    for part in path:
        here = here[part]
    assert here == expected
    assert translated.missing == ()


MISSING = [
    (
        "a prefix of a parameter without a value",
        (
            'G: {Type: "AWS::EC2::SecurityGroup", Properties: {VpcId: !Ref Vpc, SecurityGroupIngress: '
            "[{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: !Ref Office}]}}"
        ),
        ("security_groups", "G", "ingress", "ingress-1", "cidr_blocks"),
        "parameter Office has no default, and no value was given",
    ),
    (
        "a resource under a condition that cannot be told",
        'I: {Type: "AWS::EC2::InternetGateway", Condition: Maybe}',
        ("internet_gateways", "I"),
        "stands only where condition Maybe holds, which parameter Office has no default, and no value was given",
    ),
    (
        "a VPC that the template does not describe",
        'G: {Type: "AWS::EC2::SecurityGroup", Properties: {VpcId: vpc-12345678}}',
        ("security_groups", "G", "vpc"),
        "refers to vpc-12345678, which the input does not describe",
    ),
    (
        "a policy with a part that another stack exports",
        (
            'B: {Type: "AWS::S3::Bucket"}\n'
            '  P: {Type: "AWS::S3::BucketPolicy", Properties: {Bucket: !Ref B, PolicyDocument: {Statement: '
            "[{Effect: Allow, Principal: {AWS: !ImportValue role}}]}}}"
        ),
        ("s3_buckets", "B", "policy"),
        "is exported by another stack as role",
    ),
]


@pytest.mark.parametrize(("resources", "path", "what"), [row[1:] for row in MISSING], ids=[row[0] for row in MISSING])
def test_what_the_template_does_not_tell_is_missing(resources: str, path: tuple[str, ...], what: str) -> None:
    head = "Parameters: {Office: {Type: String}}\nConditions: {Maybe: !Equals [!Ref Office, x]}"
    _, translated = _document(f"  {resources}", head)
    assert [(one.path, one.what) for one in translated.missing] == [(path, what)]


NOT_UNDERSTOOD = [
    (
        "a property of no row",
        'V: {Type: "AWS::EC2::VPC", Properties: {CidrBlock: 10.1.0.0/16, Ipv4IpamPoolId: x}}',
        ("V", "states Ipv4IpamPoolId, which has no counterpart", "what it changes is not judged"),
    ),
    (
        "an OpenAPI body",
        'Api: {Type: "AWS::ApiGateway::RestApi", Properties: {Body: {paths: {/x: {}}}}}',
        (
            "Api",
            "states Body",
            "methods that an OpenAPI document states are not read, so that nothing is known of who may call them",
        ),
    ),
    (
        "a rule for IPv6 alone",
        (
            'G: {Type: "AWS::EC2::SecurityGroup", Properties: {VpcId: !Ref Vpc, SecurityGroupIngress: '
            "[{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIpv6: '::/0'}]}}"
        ),
        ("G", "is a rule for IPv6", "only ways over IPv4 are judged"),
    ),
]


@pytest.mark.parametrize(
    ("resources", "told"), [row[1:] for row in NOT_UNDERSTOOD], ids=[row[0] for row in NOT_UNDERSTOOD]
)
def test_what_has_no_counterpart_is_told(resources: str, told: tuple[str, str, str]) -> None:
    _, translated = _document(f"  {resources}")
    assert told in [(one.thing, one.what, one.consequence) for one in translated.not_understood]


@pytest.mark.parametrize(
    "text", ['[{"ParameterKey": "Office", "ParameterValue": "x"}]', '{"Parameters": {"Office": "x"}}']
)
def test_parameters_from_a_file_beside_the_template(tmp_path: Path, text: str) -> None:
    template = tmp_path / "stack.template.json"
    (tmp_path / "stack.parameters.json").write_text(text)
    assert given_in(None, template) == {"Office": "x"}


@pytest.mark.parametrize(("text", "reason"), [("{", "is not JSON"), ('{"Office": "x"}', "is no file of parameters")])
def test_a_file_that_holds_no_parameters(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "given.json"
    path.write_text(text)
    with pytest.raises(SourceError, match=reason):
        given_in(path, tmp_path / "stack.yaml")


def test_what_is_a_template() -> None:
    assert is_cloudformation('{"Resources": {"A": {"Type": "AWS::S3::Bucket"}}}')
    assert is_cloudformation("AWSTemplateFormatVersion: 2010-09-09\nResources: {}")
    assert not is_cloudformation("version: 1\nname: a\ncloud: aws\n")
