"""What a template deploys: loops, conditions, deployments inside, symbolic names, parameters, what cannot be told."""

import json
from pathlib import Path
from typing import Any

import pytest

from cloister.errors import SourceError, SpecError
from cloister.sources.arm import translating, values
from cloister.sources.arm.reading import is_arm, read_arm
from cloister.sources.declared import Reference, Unknown, Value, hidden
from cloister.sources.reading import translate

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
HERE = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-main"


def template(resources: object, **more: object) -> dict[str, Any]:
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": resources, **more}


def resource(name: str = "a", type_: str = "Microsoft.X/y", **more: object) -> dict[str, Any]:
    return {"type": type_, "apiVersion": "2024-01-01", "name": name, **more}


def deployed(tree: dict[str, Any]) -> dict[str, dict[str, Value]]:
    """What is deployed, by its address."""
    read = read_arm(tree, Path("main.json"), "main")
    return {one.address: one.values for one in read.resources}


def names(tree: dict[str, Any]) -> list[str]:
    return [address.removeprefix("Microsoft.") for address in deployed(tree)]


def nested(inside: dict[str, Any], scope: str = "inner", **more: object) -> dict[str, Any]:
    properties = {"expressionEvaluationOptions": {"scope": scope}, "mode": "Incremental", "template": inside, **more}
    return resource("nested", "Microsoft.Resources/deployments", properties=properties)


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        pytest.param(
            [resource(copy={"name": "l", "count": 2}) | {"name": "[concat('a', copyIndex())]"}],
            ["X/y/a0", "X/y/a1"],
            id="a loop",
        ),
        pytest.param(
            [resource("[concat('a', copyIndex(1))]", copy={"name": "l", "count": 1})], ["X/y/a1"], id="from one on"
        ),
        pytest.param(
            [resource(condition=False), resource("b", condition="[equals(1, 1)]")], ["X/y/b"], id="conditions"
        ),
        pytest.param([resource(resources=[resource("b", "z")])], ["X/y/a", "X/y/a/z/b"], id="a child inside"),
        pytest.param(
            [resource("[string(copyIndex())]", copy={"name": "l", "count": 2}, resources=[resource("b", "z")])],
            ["X/y/0", "X/y/0/z/b", "X/y/1", "X/y/1/z/b"],
            id="children of a loop",
        ),
        pytest.param([resource("a/b", "Microsoft.X/y/z")], ["X/y/a/z/b"], id="a child apart"),
        pytest.param(
            [resource("a/Microsoft.Authorization/keep", "Microsoft.X/y/providers/locks")],
            ["X/y/a/providers/Microsoft.Authorization/locks/keep"],
            id="on another, the older way",
        ),
        pytest.param([resource(scope="Microsoft.Z/w/b")], ["Z/w/b/providers/Microsoft.X/y/a"], id="on another"),
        pytest.param(
            {"one": resource(), "two": resource("b", existing=True)}, ["X/y/a"], id="what exists is not deployed"
        ),
        pytest.param([nested(template([resource()]))], ["X/y/a"], id="a deployment inside"),
        pytest.param(
            [nested(template([resource()])) | {"resourceGroup": "other", "subscriptionId": "s"}],
            ["/subscriptions/s/resourceGroups/other/providers/Microsoft.X/y/a"],
            id="a deployment elsewhere",
        ),
        pytest.param([nested(template([nested(template([resource()]))]))], ["X/y/a"], id="twice inside"),
        pytest.param([nested(template([resource()])) | {"condition": False}], [], id="a deployment that is left out"),
    ],
)
def test_what_is_deployed(resources: object, expected: list[str]) -> None:
    assert names(template(resources)) == expected


@pytest.mark.parametrize(
    ("scope", "expected"),
    [("inner", {"one": "in", "two": "IN"}), ("outer", {"one": "out", "two": "OUT"})],
)
def test_where_an_inner_template_is_evaluated(scope: str, expected: dict[str, str]) -> None:
    inside = template(
        [resource(properties={"one": "[parameters('p')]", "two": "[variables('v')]"})],
        parameters={"p": {"type": "string"}},
        variables={"v": "IN"},
    )
    tree = template(
        [nested(inside, scope, parameters={"p": {"value": "in"}})],
        parameters={"p": {"type": "string", "defaultValue": "out"}},
        variables={"v": "OUT"},
    )
    assert deployed(tree)["Microsoft.X/y/a"]["properties"] == expected


def test_outputs_of_deployments_are_found_whatever_their_order() -> None:
    inside = template(
        [resource("[parameters('p')]")],
        parameters={"p": {"type": "string"}},
        outputs={
            "id": {"type": "string", "value": "[resourceId('Microsoft.X/y', parameters('p'))]"},
            "all": {"type": "array", "copy": {"count": 2, "input": "[copyIndex()]"}},
        },
    )
    tree = template(
        [
            resource(
                "user",
                properties={
                    "classic": "[reference(resourceId('Microsoft.Resources/deployments', 'nested')).outputs.id.value]",
                    "short": "[reference('nested').outputs.all.value]",
                    "nothing": "[reference('nested').outputs.nosuch.value]",
                },
            ),
            nested(inside, parameters={"p": {"value": "made"}}),
        ]
    )
    assert deployed(tree)["Microsoft.X/y/user"]["properties"] == {
        "classic": f"{HERE}/providers/Microsoft.X/y/made",
        "short": [0, 1],
        "nothing": Unknown("cannot be evaluated: there is no output nosuch"),
    }


def test_references_to_resources() -> None:
    tree = template(
        {
            "net": resource(
                "net",
                "Microsoft.Network/virtualNetworks",
                properties={
                    "subnets": [{"name": "s", "properties": {"addressPrefix": "10.0.0.0/24"}}],
                },
            ),
            "many": resource(
                "[concat('m', copyIndex())]", copy={"name": "many", "count": 2}, properties={"n": "[copyIndex()]"}
            ),
            "old": resource("old", existing=True),
            "user": resource(
                "user",
                properties={
                    "subnet": "[reference('net').subnets[0].id]",
                    "prefix": "[reference('net').subnets[0].properties.addressPrefix]",
                    "one": "[reference('many[1]').n]",
                    "several": "[map(references('many'), lambda('m', lambdaVariables('m').n))]",
                    "later": "[reference('net').resourceGuid]",
                    "identity": "[reference('old', '2024-01-01', 'full').identity.principalId]",
                    "info": "[resourceInfo('old').id]",
                    "foreign": "[reference('/subscriptions/s/providers/Microsoft.X/y/far').a]",
                },
            ),
        },
        languageVersion="2.0",
    )
    net = f"{HERE}/providers/Microsoft.Network/virtualNetworks/net"
    assert deployed(tree)["Microsoft.X/y/user"]["properties"] == {
        "subnet": f"{net}/subnets/s",
        "prefix": "10.0.0.0/24",
        "one": 1,
        "several": [0, 1],
        "later": Reference(net, "properties.resourceGuid"),
        "identity": Reference(f"{HERE}/providers/Microsoft.X/y/old", "identity.principalId"),
        "info": f"{HERE}/providers/Microsoft.X/y/old",
        "foreign": Reference("/subscriptions/s/providers/Microsoft.X/y/far", "properties.a"),
    }


def test_loops_over_properties() -> None:
    properties = {
        "copy": [{"name": "rules", "count": 2, "input": {"n": "[copyIndex('rules')]"}}],
        "[concat('a', 'b')]": "[[x]",
    }
    assert deployed(template([resource(properties=properties)]))["Microsoft.X/y/a"]["properties"] == {
        "rules": [{"n": 0}, {"n": 1}],
        "ab": "[x]",
    }


def test_a_resource_that_refers_to_itself_ends() -> None:
    tree = template([resource(properties={"me": "[reference('a').me]"})])
    assert deployed(tree)["Microsoft.X/y/a"]["properties"] == {"me": Unknown("is defined by itself")}


def test_a_condition_that_is_not_told_is_a_doubt() -> None:
    tree = template(
        [nested(template([resource(resources=[resource("b", "z")])])) | {"condition": "[parameters('p')]"}],
        parameters={"p": {"type": "bool"}},
    )
    read = read_arm(tree, Path("main.json"), "main")
    why = "stands only under a condition that is the parameter p, which has no value"
    assert [(one.address, one.doubt) for one in read.resources] == [
        ("Microsoft.X/y/a", why),
        ("Microsoft.X/y/a/z/b", why),
    ]


@pytest.mark.parametrize(
    ("resources", "thing", "what"),
    [
        (
            [
                resource(
                    "nested",
                    "Microsoft.Resources/deployments",
                    properties={"templateLink": {"uri": "https://x/y.json"}},
                )
            ],
            "Microsoft.Resources/deployments/nested",
            "deploys a template that is not in the file: https://x/y.json",
        ),
        (
            [resource(copy={"name": "l", "count": "[parameters('p')]"})],
            "Microsoft.X/y l",
            "is a loop of which it is not told how often it runs: it is the parameter p, which has no value",
        ),
        (
            [resource(copy={"name": "l", "count": 100000})],
            "Microsoft.X/y l",
            "is a loop of which it is not told how often it runs: it runs 100000 times",
        ),
    ],
)
def test_what_a_template_does_not_hold_is_told(resources: object, thing: str, what: str) -> None:
    read = read_arm(template(resources, parameters={"p": {"type": "int"}}), Path("main.json"), "main")
    assert [(one.thing, one.what) for one in read.not_understood] == [(thing, what)]


def test_parameters_come_from_the_file_beside_it_or_from_the_one_that_is_named(tmp_path: Path) -> None:
    tree = template(
        [resource("[parameters('name')]", location="[parameters('where')]")],
        parameters={"name": {"type": "string"}, "where": {"type": "string"}},
    )
    path = tmp_path / "main.json"
    path.write_text(json.dumps(tree))
    (tmp_path / "main.parameters.json").write_text(json.dumps({"parameters": {"name": {"value": "beside"}}}))
    other = tmp_path / "other.json"
    other.write_text(
        json.dumps({"parameters": {"name": {"value": "named"}, "where": {"reference": {"secretName": "s"}}}})
    )
    beside, named = (read_arm(tree, path, "main", given).resources[0] for given in (None, other))
    assert (beside.name, named.name) == ("beside", "named")
    assert beside.values["location"] == Unknown("is the parameter where, which has no value", "{where}")
    assert named.values["location"] == Unknown("is the parameter where, a secret of a key vault", "{where}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is not JSON"),
        ("[]", "is no file of parameters for a template"),
        ('{"parameters": {"name": "x"}}', "is no file of parameters for a template"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_of_parameters_that_cannot_be_read(tmp_path: Path, text: str | None, reason: str) -> None:
    given = tmp_path / "p.json"
    if text is not None:
        given.write_text(text)
    with pytest.raises(SourceError, match=reason):
        read_arm(template([]), Path("main.json"), "main", given)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (json.dumps(template([]))[:-1], r"is a template, but not whole JSON: Expecting ',' delimiter \(.*main.json:1"),
        ("[" * 100_000, "is nested deeper than can be read"),
        (json.dumps(template([])).replace("[]", '["[resourceId(]"]')[:90] + "\0", "is a template, but not whole JSON"),
    ],
)
def test_a_text_that_is_broken(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "main.json"
    path.write_text(text)
    with pytest.raises(SpecError, match=reason):
        translate(path)


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (template([]), True),
        ({"$schema": SCHEMA.replace("deploymentTemplate", "subscriptionDeploymentTemplate"), "resources": {}}, True),
        ({"$schema": "https://json-schema.org/draft-07/schema", "resources": []}, False),
        ({"resources": []}, False),
        ([{"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.X/y/a"}], True),
        ({"value": [{"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.X/y/a"}]}, True),
        ({"count": 1, "data": [{"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.X/y/a"}]}, True),
        ({"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.X/y/a"}, True),
        ([{"id": "a"}], False),
        ([], False),
        ("text", False),
        ({"version": 1, "name": "x"}, False),
    ],
)
def test_templates_and_exports_are_told_by_what_they_hold(tree: object, expected: bool) -> None:
    assert is_arm(tree) is expected


def test_a_deployment_may_be_given_what_a_later_one_puts_out() -> None:
    output = {"out": {"type": "string", "value": "[concat('made-', 'late')]"}}
    later = nested(template([], outputs=output)) | {"name": "later"}
    wants = {"p": {"value": "[reference(resourceId('Microsoft.Resources/deployments', 'later')).outputs.out.value]"}}
    first = nested(template([resource("[parameters('p')]")], parameters={"p": {"type": "string"}}), parameters=wants)
    assert names(template([first, later])) == ["X/y/made-late"]


@pytest.mark.parametrize(
    ("given", "declared", "expected"),
    [
        ({"value": None}, {"type": "string", "defaultValue": "default"}, "default"),
        ({"value": None}, {"type": "string"}, None),
        (None, {"$ref": "#/definitions/may"}, None),
        ("[if(true(), createObject('value', 'whole'), createObject('value', 'other'))]", {"type": "string"}, "whole"),
        ({"reference": {"secretName": "s"}}, {"type": "securestring"}, Unknown("is the parameter p, a secret", "{p}")),
        ("[parameters('q')]", {"type": "string"}, Unknown("is the parameter q, which has no value", "{p}")),
    ],
)
def test_what_an_inner_deployment_is_given(given: object, declared: dict[str, Any], expected: Value) -> None:
    inside = template(
        [resource(properties={"p": "[parameters('p')]"})],
        parameters={"p": declared},
        definitions={"may": {"type": "array", "nullable": True}},
    )
    parameters = {} if given is None else {"p": given}
    tree = template([nested(inside, parameters=parameters)], parameters={"q": {"type": "object"}})
    assert deployed(tree)["Microsoft.X/y/a"]["properties"] == {"p": expected}


DOUBLED_LISTS = {"v0": "x"} | {f"v{n}": [f"[variables('v{n - 1}')]"] * 2 for n in range(1, 61)}
DOUBLED_TEXTS = {"v0": "x"} | {f"v{n}": f"[concat(variables('v{n - 1}'), variables('v{n - 1}'))]" for n in range(1, 61)}
FOLDED = "[reduce(range(0, 60), 'x', lambda('a', 'b', createArray(lambdaVariables('a'), lambdaVariables('a'))))]"
SQUARED = "[map(range(0, 9999), lambda('a', map(range(0, 9999), lambda('b', 1))))]"


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        (DOUBLED_LISTS, "has more than 200000 parts"),
        (DOUBLED_TEXTS, "is a text of more than 4000000 letters"),
        ({"v60": FOLDED}, "has more than 200000 parts"),
    ],
)
def test_a_value_that_grows_without_end_has_one(variables: dict[str, Any], why: str) -> None:
    tree = template([resource(properties={"p": "[variables('v60')]"})], variables=variables)
    value = deployed(tree)["Microsoft.X/y/a"]["properties"]
    assert hidden(value) == Unknown(why)


def test_a_template_that_takes_too_many_steps_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MAX_STEPS", 20_000)  # all of them take seconds
    tree = template([resource(properties={"p": SQUARED})])
    with pytest.raises(SpecError, match="takes more than 20000 steps to evaluate"):
        deployed(tree)


def test_a_text_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translating, "_MAX_CHARACTERS", 10)  # a real one would take seconds to make
    with pytest.raises(SpecError, match="characters, and 10 are the limit"):
        translating.translated_text(json.dumps(template([])), Path("main.json"))
