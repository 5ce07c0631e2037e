"""Functions of templates: one row a call, most with the answer that Microsoft's page gives for it.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions, read 2026-11-25.
"""

from typing import Any

import pytest

from cloister.sources.arm.ids import Scope
from cloister.sources.arm.templates import Deployment, Templates
from cloister.sources.declared import Reference, Unknown, Value

GROUP = Scope("8a4d", "rg")
VNET = "/subscriptions/8a4d/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet"


def evaluated(expression: str, template: dict[str, Any] | None = None) -> Value:
    return Deployment(Templates("main.json"), template or {}, GROUP).here.value(f"[{expression}]")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        # texts
        ("base64('one, two, three')", "b25lLCB0d28sIHRocmVl"),
        ("base64ToString(base64('one, two, three'))", "one, two, three"),
        ('base64ToJson(base64(\'{"one": "a"}\')).one', "a"),
        ("dataUri('Hello')", "data:text/plain;charset=utf8;base64,SGVsbG8="),
        ("dataUriToString('data:;base64,SGVsbG8sIFdvcmxkIQ==')", "Hello, World!"),
        ("endsWith('abcdef', 'EF')", True),
        ("startsWith('abcdef', 'e')", False),
        (
            "format('{0}, {1}. Formatted number: {2:N0}', 'Hello', 'User', 8175133)",
            "Hello, User. Formatted number: 8,175,133",
        ),
        ("format('{{{0}}}-{1,5}|{2:D3}', true(), 'x', 7)", "{True}-    x|007"),
        ("indexOf('abcdef', 'CD')", 2),
        ("lastIndexOf('abcabc', 'AB')", 3),
        ("join(createArray('one', 'two'), '; ')", "one; two"),
        ("padLeft('123', 10, '0')", "0000000123"),
        ("replace('123-123-1234', '-', '')", "1231231234"),
        ("split('one;two,three', createArray(';', ','))", ["one", "two", "three"]),
        ("string(createArray('a', 1, true()))", '["a",1,true]'),
        ("string(true())", "True"),
        ("substring('one two three', 4, 3)", "two"),
        ("toUpper(trim('  one '))", "ONE"),
        ("uriComponent('http://contoso.com/a b')", "http%3A%2F%2Fcontoso.com%2Fa%20b"),
        ("uriComponentToString('a%20b')", "a b"),
        (
            "uri('http://contoso.com/resources/', 'nested/azuredeploy.json')",
            "http://contoso.com/resources/nested/azuredeploy.json",
        ),
        ("json('{\"a\": [1]}').a[0]", 1),
        # What the engine of Azure gives, as published tests of its package and answers on stackoverflow.com show:
        ("uniqueString('tyeth')", "zcztcwvu6iyg6"),
        ("uniqueString('hello', 'world')", "a7wkljktk6wne"),
        (
            "uniqueString('/subscriptions/3c7f956b-55ee-4686-9d30-da1eb631dc59/resourceGroups/rg-devopsshieldek010dev')",
            "fd63l2gacbtca",
        ),
        ("guid('hello', 'world')", "a5b868f8-11fe-567a-ace0-e77cc87f104e"),
        # lists and objects
        ("concat('prefix', '-', 1)", "prefix-1"),
        ("concat(createArray(1), createArray(2))", [1, 2]),
        ("contains('OneTwo', 'Two')", True),
        ("contains('OneTwo', 'two')", False),
        ("contains(createObject('Key', 1), 'key')", True),
        ("contains(createArray('a'), 'A')", False),
        ("empty('')", True),
        ("empty(createObject())", True),
        ("first('One')", "O"),
        ("last(createArray('one', 'two'))", "two"),
        ("flatten(createArray(createArray(1), createArray(2, 3)))", [1, 2, 3]),
        ("intersection(createArray(1, 2, 3), createArray(3, 2))", [2, 3]),
        ("intersection(createObject('a', 1, 'b', 2), createObject('b', 2))", {"b": 2}),
        ("items(createObject('b', 2, 'a', 1))", [{"key": "a", "value": 1}, {"key": "b", "value": 2}]),
        ("length('four')", 4),
        ("max(createArray(0, 3, 2))", 3),
        ("min(5, 2, 3)", 2),
        ("objectKeys(createObject('b', 2, 'a', 1))", ["a", "b"]),
        ("range(5, 3)", [5, 6, 7]),
        ("skip(createArray(1, 2, 3), 2)", [3]),
        ("take('abc', 2)", "ab"),
        (
            "shallowMerge(createArray(createObject('a', json('{\"x\": 1}')), createObject('a', 2)))",
            {"a": 2},
        ),
        (
            "union(createObject('a', createObject('x', 1)), createObject('a', createObject('y', 2)))",
            {"a": {"x": 1, "y": 2}},
        ),
        ("union(createArray('a', 'b'), createArray('b', 'c'))", ["a", "b", "c"]),
        ("tryGet(createObject('a', createArray(1)), 'a', 0)", 1),
        ("tryGet(createObject(), 'a', 'b')", None),
        ("indexFromEnd(createArray(1, 2, 3), 1)", 3),
        ("array('one')", ["one"]),
        # numbers and truth
        ("div(8, 3)", 2),
        ("div(sub(0, 7), 2)", -3),
        ("mod(sub(0, 7), 3)", -1),
        ("add(int('4'), mul(2, 3))", 10),
        ("bool('True')", True),
        ("equals(true(), 1)", False),
        ("equals(createObject('a', 1), createObject('a', 1))", True),
        ("less('abc', 'abd')", True),
        ("greaterOrEquals(3, 3)", True),
        ("not(equals('a', 'A'))", True),
        ("and(true(), or(false(), true()))", True),
        ("if(true(), 'yes', fail('no'))", "yes"),
        ("coalesce(null(), 'x')", "x"),
        # lambdas
        ("map(range(0, 2), lambda('i', mul(lambdaVariables('i'), 2)))", [0, 2]),
        ("map(createArray('a'), lambda('one', 'at', lambdaVariables('at')))", [0]),
        ("filter(range(0, 5), lambda('i', greater(lambdaVariables('i'), 2)))", [3, 4]),
        ("reduce(range(1, 4), 0, lambda('sum', 'i', add(lambdaVariables('sum'), lambdaVariables('i'))))", 10),
        ("sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))", [1, 2, 3]),
        ("toObject(createArray('a', 'b'), lambda('x', lambdaVariables('x')), lambda('x', 1))", {"a": 1, "b": 1}),
        ("mapValues(createObject('a', 1), lambda('v', add(lambdaVariables('v'), 1)))", {"a": 2}),
        # prefixes
        ("parseCidr('10.144.0.0/20').lastUsable", "10.144.15.254"),
        ("parseCidr('10.144.0.0/20').netmask", "255.255.240.0"),
        ("cidrSubnet('10.144.0.0/20', 24, 3)", "10.144.3.0/24"),
        ("cidrHost('10.144.3.0/24', 4)", "10.144.3.5"),
        # ids
        ("resourceId('Microsoft.Network/virtualNetworks', 'vnet')", VNET),
        ("resourceId('Microsoft.Network/virtualNetworks/subnets', 'vnet', 's')", f"{VNET}/subnets/s"),
        (
            "resourceId('other', 'Microsoft.A/b', 'c')",
            "/subscriptions/8a4d/resourceGroups/other/providers/Microsoft.A/b/c",
        ),
        (
            "resourceId('1111', 'other', 'Microsoft.A/b', 'c')",
            "/subscriptions/1111/resourceGroups/other/providers/Microsoft.A/b/c",
        ),
        ("subscriptionResourceId('Microsoft.A/b', 'c')", "/subscriptions/8a4d/providers/Microsoft.A/b/c"),
        ("tenantResourceId('Microsoft.A/b', 'c')", "/providers/Microsoft.A/b/c"),
        (
            "extensionResourceId(resourceGroup().id, 'Microsoft.A/b', 'c')",
            "/subscriptions/8a4d/resourceGroups/rg/providers/Microsoft.A/b/c",
        ),
        ("environment().suffixes.storage", "core.windows.net"),
        # the language itself
        ("'it''s'", "it's"),
        ("createObject('a', createArray('x', 'y')).A[1]", "y"),
    ],
)
def test_what_a_function_gives(expression: str, value: Value) -> None:
    found = evaluated(expression)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("nosuch('a')", "cannot be evaluated: nosuch is no function that is known here"),
        ("concat('a', createArray())", "cannot be evaluated: concat takes texts, or lists, and not both"),
        ("substring('abc', 2, 5)", "cannot be evaluated: substring takes a start and a length inside of the text"),
        ("createObject('a', 1).b", "cannot be evaluated: there is no b in it"),
        ("createArray(1)[4]", "cannot be evaluated: there is no 4 in it"),
        (
            "cidrSubnet('10.0.0.0/24', 16, 0)",
            "cannot be evaluated: cidrSubnet takes a length that is not shorter than the prefix",
        ),
        (
            "cidrSubnet('10.0.0.0/24', 26, 4)",
            "cannot be evaluated: cidrSubnet takes the number of a subnet that the prefix has",
        ),
        ("parseCidr('here')", "cannot be evaluated: parseCidr does not take these values"),
        ("range(0, 100000)", "cannot be evaluated: range takes a count from 0 to 10000"),
        ("div(1, 0)", "cannot be evaluated: div does not take these values"),
        ("if('yes', 1, 2)", "cannot be evaluated: if takes true or false first"),
        ("length(7)", "cannot be evaluated: length does not take these values"),
        ("toLower()", "cannot be evaluated: toLower does not take 0 arguments"),
        ("parameters('p')", "cannot be evaluated: there is no parameter p"),
        ("variables('v')", "cannot be evaluated: there is no variable v"),
        ("copyIndex()", "cannot be evaluated: copyIndex stands in no loop"),
        ("fail('never')", "cannot be evaluated: the template refuses it: never"),
        ("utcNow()", "is what utcnow gives at deployment"),
        ("listKeys('x', '2023-01-01').keys[0].value", "is what listkeys gives at deployment"),
        ("resourceGroup().location", "is location of resourceGroup(), which only deployment gives"),
        ("concat('a'", "the expression [concat('a'] ends too early"),
        ("concat('a'))", "the expression [concat('a'))] has ) after its end"),
        ("a b", "the expression [a b] has b where ( belongs"),
        ("'a' & 'b'", "the expression ['a' & 'b'] has \"& 'b'\", which is no part of one"),
        ("()", "the expression [()] has ( where a value belongs"),
    ],
)
def test_what_cannot_be_evaluated_says_why(expression: str, why: str) -> None:
    found = evaluated(expression)
    assert (found.why if isinstance(found, Unknown) else found) == why


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("concat(parameters('name'), '-vnet')", Unknown("is the parameter name, which has no value", "{name}-vnet")),
        ("toUpper(substring(parameters('name'), 0, 3))", Unknown("is the parameter name, which has no value", "{NA")),
        ("parameters('name').inner", Unknown("is the parameter name, which has no value", "{name}.inner")),
        (
            "resourceId('Microsoft.Network/virtualNetworks', parameters('name'))",
            Unknown("is the parameter name, which has no value", VNET.replace("vnet", "{name}")),
        ),
        (
            "last(split(concat('a/', parameters('name')), '/'))",
            Unknown("is the parameter name, which has no value", "{name}"),
        ),
        ("if(parameters('name'), 'same', 'same')", "same"),
        ("if(parameters('name'), 'a', 'b')", Unknown("is the parameter name, which has no value")),
        ("and(false(), parameters('name'))", False),
        ("or(parameters('name'), true())", True),
        ("and(true(), parameters('name'))", Unknown("is the parameter name, which has no value", "{name}")),
        ("equals(parameters('name'), '{name}')", Unknown("is the parameter name, which has no value")),
        ("contains(createArray('a', parameters('name')), 'a')", True),
        ("contains(createArray(parameters('name')), 'a')", Unknown("asks for a part of a list that is not told")),
        ("length(createArray(parameters('name')))", 1),
        ("empty(parameters('name'))", Unknown("is the parameter name, which has no value")),
        ("coalesce(parameters('none'), 'x')", "x"),
        ("parameters('default')", "x1"),
        ("variables('loop')", Unknown("hangs on variable loop, which is defined by itself")),
        ("variables('many')", ["a0", "a1"]),
        ("contoso.greet('you')", "hello you"),
        ("contoso.nosuch()", "cannot be evaluated: contoso.nosuch is no function of the template"),
        (
            "reference(resourceId('Microsoft.Storage/storageAccounts', 's')).primaryEndpoints.blob",
            Reference(
                "/subscriptions/8a4d/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/s",
                "properties.primaryEndpoints.blob",
            ),
        ),
    ],
)
def test_what_is_not_told_goes_on_with_its_reason(expression: str, value: Value) -> None:
    template = {
        "parameters": {
            "name": {"type": "string"},
            "none": {"type": "string", "nullable": True},
            "default": {"type": "string", "defaultValue": "[concat('x', 1)]"},
        },
        "variables": {
            "loop": "[concat(variables('other'))]",
            "other": "[variables('loop')]",
            "copy": [{"name": "many", "count": 2, "input": "[concat('a', copyIndex('many'))]"}],
        },
        "functions": [
            {
                "namespace": "contoso",
                "members": {
                    "greet": {
                        "parameters": [{"name": "whom", "type": "string"}],
                        "output": {"type": "string", "value": "[concat('hello ', parameters('whom'))]"},
                    }
                },
            }
        ],
    }
    found = evaluated(expression, template)
    if isinstance(value, str) and isinstance(found, Unknown):
        assert found.why == value
    else:
        assert found == value


def test_a_chain_of_definitions_has_an_end() -> None:
    deep = {f"v{number}": f"[concat(variables('v{number + 1}'))]" for number in range(500)}
    found = evaluated("variables('v0')", {"variables": deep})
    assert isinstance(found, Unknown)
    assert "too deep" in found.why


def test_an_expression_that_is_nested_too_deep_says_so() -> None:
    found = evaluated("not(" * 300 + "true()" + ")" * 300)
    assert isinstance(found, Unknown)
    assert found.why.endswith("is nested deeper than 100 calls")
