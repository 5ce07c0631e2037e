"""Templates evaluated: an expression in, its value out; what the text does not tell is unknown with the reason."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cloister.errors import SpecError
from cloister.sources.cloudformation.evaluation import Evaluated, evaluate
from cloister.sources.cloudformation.functions import FUNCTIONS
from cloister.sources.cloudformation.scope import Scope
from cloister.sources.cloudformation.text import template_of
from cloister.sources.declared import Declared, Reference, Unknown, Value

HEAD = """
Parameters:
  Env: {Type: String, Default: prod}
  Azs: {Type: CommaDelimitedList, Default: "a, b,c"}
  Needed: {Type: String}
  Ami: {Type: "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", Default: /aws/x}
Mappings:
  Sizes: {prod: {cidr: 10.0.0.0/16}, dev: {cidr: 10.1.0.0/16}}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsDev: !Not [!Condition IsProd]
  Open: !Equals [!Ref Needed, "yes"]
  ProdOrOpen: !Or [!Condition IsProd, !Condition Open]
  DevAndOpen: !And [!Condition IsDev, !Condition Open]
  Round: !Not [!Condition Trip]
  Trip: !Not [!Condition Round]
"""
RESOURCES = """
Resources:
  Bucket: {Type: "AWS::S3::Bucket"}
  Named: {Type: "AWS::S3::Bucket", Properties: {BucketName: !Sub "models-${Env}"}}
  Vpc: {Type: "AWS::EC2::VPC"}
  Probe: {Type: Probe, Properties: {value: %s}}
"""
VALUES: list[tuple[str, Value]] = [
    ("!Ref Env", "prod"),
    ("!Ref Azs", ["a", "b", "c"]),
    ("!Select [1, !Ref Azs]", "b"),
    ("!Select [7, !Ref Azs]", Unknown("selects item 7 of 3")),
    ("!Join ['-', [x, !Ref Env]]", "x-prod"),
    ("!Split [',', 'a,b']", ["a", "b"]),
    ("!FindInMap [Sizes, !Ref Env, cidr]", "10.0.0.0/16"),
    ("!FindInMap [Sizes, test, cidr]", Unknown("mapping Sizes has no entry for test and cidr")),
    ("!Cidr [10.0.0.0/16, 2, 8]", ["10.0.0.0/24", "10.0.1.0/24"]),
    ("!GetAZs ''", ["us-east-1a", "us-east-1b", "us-east-1c"]),
    ("!Base64 ab", "YWI="),
    ("!Ref Vpc", Reference("Vpc", "Ref")),
    ("!GetAtt Vpc.CidrBlock", Reference("Vpc", "CidrBlock")),
    ("{'Fn::GetAtt': [Vpc, CidrBlock]}", Reference("Vpc", "CidrBlock")),
    ("!Sub '${Env}-${AWS::Region}-${!Kept}'", "prod-us-east-1-${Kept}"),
    ("!Sub ['${x}/${Env}', {x: !Select [0, !Ref Azs]}]", "a/prod"),
    ("!Sub 'arn:${AWS::Partition}:s3:::${Named}/*'", "arn:aws:s3:::models-prod/*"),
    ("!Sub '${Bucket.Arn}/*'", "arn:aws:s3:::Bucket/*"),
    ("!Join ['', [!GetAtt Bucket.Arn, '/*']]", "arn:aws:s3:::Bucket/*"),
    ("!Sub 'x-${Vpc}'", Unknown("is Vpc.Ref, which is known once it is made", "x-?", (Reference("Vpc", "Ref"),))),
    ("!If [IsProd, 1, 2]", 1),
    ("!If [IsDev, 1, !Ref 'AWS::NoValue']", None),
    ("[1, !If [IsDev, 2, !Ref 'AWS::NoValue']]", [1]),
    ("!If [Open, 1, 1]", 1),
    ("!If [Open, 1, 2]", Unknown("depends on condition Open, which cannot be told")),
    ("!If [ProdOrOpen, 1, 2]", 1),
    ("!If [DevAndOpen, 1, 2]", 2),
    ("!If [Round, 1, 2]", Unknown("depends on condition Round, which cannot be told")),
    ("!Ref Needed", Unknown("parameter Needed has no default, and no value was given")),
    ("!Ref Ami", Unknown("parameter Ami is read from Systems Manager at deployment")),
    ("!Ref Nobody", Unknown('refers to "Nobody", which the template does not declare')),
    ("!ImportValue other-vpc", Unknown("is exported by another stack as other-vpc")),
    ("{'Fn::Transform': {Name: 'AWS::Include'}}", Unknown("is written by the macro AWS::Include at deployment")),
    ("{'Fn::ToJsonString': {a: [1, !Ref Env]}}", '{"a":[1,"prod"]}'),
    ("{'Fn::Length': !Ref Azs}", 3),
    ("!Join [1]", Unknown("calls Join with arguments that it does not take")),
    ("!Sub {a: 1}", Unknown("calls Sub with arguments that it does not take")),
    ("{Ref: Env, other: 1}", {"Ref": "Env", "other": 1}),
    ("'{{resolve:secretsmanager:db:SecretString:password}}'", "{{resolve:secretsmanager:db:SecretString:password}}"),
]


def _nothing(_: str) -> Mapping[str, Any] | None:
    return None


def _evaluated(text: str, **given: Value) -> dict[str, Declared]:
    scope = Scope(template_of(text, "t.yaml"), "t.yaml", "mlflow", given)
    return {one.address: one for one in evaluate(scope, _nothing).resources}


@pytest.mark.parametrize(("expression", "value"), VALUES, ids=[expression for expression, _ in VALUES])
def test_expression(expression: str, value: Value) -> None:
    assert _evaluated(HEAD + RESOURCES % expression)["Probe"].values.get("value") == value


@pytest.mark.parametrize("expression", [expression for expression, _ in VALUES if "'" not in expression])
def test_json_means_the_same(expression: str) -> None:
    template = template_of(HEAD + RESOURCES % expression, "t.yaml")
    assert template_of(json.dumps(template), "t.json") == template


@pytest.mark.parametrize(
    ("condition", "stands", "doubt"),
    [
        ("IsProd", True, ""),
        ("IsDev", False, ""),
        (
            "Open",
            True,
            "stands only where condition Open holds, which parameter Needed has no default, and no value was given",
        ),
    ],
)
def test_a_resource_under_a_condition(condition: str, doubt: str, *, stands: bool) -> None:
    text = f"{HEAD}\nResources: {{Vpc: {{Type: 'AWS::EC2::VPC', Condition: {condition}}}}}"
    found = _evaluated(text)
    assert list(found) == (["Vpc"] if stands else [])
    assert [one.doubt for one in found.values()] == ([doubt] if stands else [])


def test_parameters_that_are_given_win() -> None:
    assert _evaluated(HEAD + RESOURCES % "!Ref Env", Env="dev")["Probe"].values == {"value": "dev"}


def test_a_nested_stack_beside_the_template() -> None:
    outer = {
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC"},
            "Net": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": "net.yaml", "Parameters": {"VpcId": {"Ref": "Vpc"}}},
            },
            "Far": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://s3/x"}},
        }
    }
    inner = {
        "Parameters": {"VpcId": {"Type": "String"}},
        "Resources": {"A": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "VpcId"}}}},
    }
    found = evaluate(Scope(outer, "t.yaml", "s"), {"net.yaml": inner}.get)
    assert [one.address for one in found.resources] == ["Vpc", "Net/A"]
    assert found.resources[1].values == {"VpcId": Reference("Vpc", "Ref")}
    assert [one.address for one in found.unread] == ["Far"]


def test_a_stack_that_nests_itself_ends() -> None:
    itself: dict[str, Any] = {
        "Resources": {"Again": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "me"}}}
    }
    found = evaluate(Scope(itself, "t.yaml", "s"), {"me": itself}.get)
    assert ([one.address for one in found.resources], len(found.unread)) == ([], 1)


def test_loops_are_written_out_and_one_over_what_is_not_known_is_told() -> None:
    loop = {
        "Fn::ForEach::Zones": ["Z", {"Ref": "Azs"}, {"Subnet&{Z}": {"Type": "T", "Properties": {"az": {"Ref": "Z"}}}}],
        "Fn::ForEach::Lost": ["Z", {"Ref": "Needed"}, {"X${Z}": {"Type": "T"}}],
    }
    found = _evaluated(HEAD + yaml.safe_dump({"Resources": loop}))
    assert {address: (one.type, one.values) for address, one in found.items()} == {
        "Subneta": ("T", {"az": "a"}),
        "Subnetb": ("T", {"az": "b"}),
        "Subnetc": ("T", {"az": "c"}),
        "Lost": ("Fn::ForEach", {}),
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &x 1", "uses an anchor or an alias"),
        ("a: 1\na: 2", 'states the key "a" twice'),
        ("[1]", "is not a mapping"),
        ("a: [", "is neither YAML nor JSON"),
        ("{a: 1}\n---\n{b: 1}", "holds a second document"),
        ("[" * 150, "is nested deeper than 100 levels"),
        ("? [a]\n: 1", "has a list or a mapping as a key"),
    ],
)
def test_text_that_is_no_template(text: str, reason: str) -> None:
    with pytest.raises(SpecError, match=reason):
        template_of(text, "t.yaml")


_NAMES = st.sampled_from(["Env", "Azs", "Needed", "Vpc", "Probe", "IsProd", "Open", "Nobody", "AWS::NoValue", ""])
_FUNCTIONS = st.sampled_from(["Ref", *FUNCTIONS, "Fn::GetAtt", "Fn::Sub", "Fn::If", "Fn::Equals"])
_EXPRESSIONS = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 300) | _NAMES | st.sampled_from(["10.0.0.0/16", "${Env}", "a,b"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_FUNCTIONS | _NAMES, inner, max_size=2),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(expression=_EXPRESSIONS, condition=_EXPRESSIONS)
def test_no_expression_breaks_the_evaluation(expression: object, condition: object) -> None:
    template = template_of(HEAD + RESOURCES % "1", "t.yaml")
    template["Resources"]["Probe"]["Properties"]["value"] = expression
    template["Conditions"]["Open"] = condition
    template["Resources"]["Maybe"] = {"Type": "T", "Condition": "Open", "Properties": expression}
    found: Evaluated = evaluate(Scope(template, "t.yaml", "s"), _nothing)
    assert {"Bucket", "Named", "Vpc", "Probe"} <= {one.address for one in found.resources}
