"""The functions of templates that hang on the template itself, or on where it is deployed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from cloister.sources.arm import ids
from cloister.sources.arm.functions.calling import FunctionError, number, stand_in, text
from cloister.sources.arm.opened import Opened
from cloister.sources.arm.values import Here
from cloister.sources.declared import Reference, Unknown, Value, hidden

if TYPE_CHECKING:
    from cloister.sources.arm.templates import Deployment

_ONLY_THEN = frozenset(
    {
        "utcnow",
        "newguid",
        "providers",
        "pickzones",
        "datetimeadd",
        "datetimefromepoch",
        "datetimetoepoch",
        "deployer",
        "getsecret",
        "tologicalzone",
        "tologicalzones",
        "tophysicalzone",
        "tophysicalzones",
        "externalinput",
    }
)
"""Functions whose value only a deployment has: the time, chance, what the subscription offers, secrets."""


_LEAST_OF_ID = 2
"""How many arguments an id takes at least: a type and a name."""


def call_of_world(deployment: "Deployment", name: str, arguments: list[Value], here: Here) -> Value:
    """What such a function gives. Raises FunctionError where there is none of that name."""
    known = _FUNCTIONS.get(name)
    if known:
        return known(deployment, arguments, here)
    if name in _ONLY_THEN or name.startswith("list"):
        return Unknown(f"is what {name} gives at deployment", f"{{{name}}}")
    if "." in name:
        return _own_function(deployment, name, arguments, here)
    raise FunctionError(f"{name} is no function that is known here")


class _Body:
    """The body of a function of the template's own: it sees its arguments, and no variables."""

    def __init__(self, deployment: "Deployment", given: dict[str, Value]) -> None:
        self.file = deployment.file
        self._deployment, self._given = deployment, given

    def call(self, name: str, arguments: list[Value], here: Here) -> Value:
        """As the template's own, but that parameters are those of the function."""
        if name == "parameters":
            key = text(arguments[0]).lower()
            if key not in self._given:
                raise FunctionError(f"there is no parameter {key}")
            return self._given[key]
        return call_of_world(self._deployment, name, arguments, here)


def _own_function(deployment: "Deployment", name: str, arguments: list[Value], here: Here) -> Value:
    namespace, _, short = name.partition(".")
    for space in deployment.template.get("functions") or ():
        members = space.get("members", {}) if str(space.get("namespace", "")).lower() == namespace else {}
        for key, body in members.items():
            if key.lower() == short:
                names = [str(one.get("name", "")).lower() for one in body.get("parameters") or ()]
                given = dict(zip(names, arguments, strict=False))
                inside = Here(around=_Body(deployment, given), steps=here.steps, depth=here.depth + 1)
                return inside.value(body.get("output", {}).get("value"))
    raise FunctionError(f"{name} is no function of the template")


def _parameters(deployment: "Deployment", arguments: list[Value], _: Here) -> Value:
    return deployment.parameter(text(_only(arguments)))


def _variables(deployment: "Deployment", arguments: list[Value], _: Here) -> Value:
    return deployment.variable(text(_only(arguments)))


def _only(arguments: list[Value]) -> Value:
    if len(arguments) != 1:
        raise FunctionError("takes one name")
    return arguments[0]


def _copy_index(_: "Deployment", arguments: list[Value], here: Here) -> Value:
    named = [one for one in arguments if isinstance(one, str)]
    offsets = [number(one) for one in arguments if not isinstance(one, str)]
    name = named[0].lower() if named else ""
    if name not in here.loops:
        raise FunctionError(f"copyIndex stands in no loop {name}".rstrip())
    return here.loops[name] + sum(offsets)


def _ids(made: Callable[[ids.Scope, list[str]], str]) -> Callable[["Deployment", list[Value], Here], Value]:
    def function(deployment: "Deployment", arguments: list[Value], here: Here) -> Value:
        texts = [stand_in(one) for one in arguments]
        untold = hidden(texts)
        if isinstance(untold, Unknown):
            return untold
        around = here.around
        scope = around.scope if hasattr(around, "scope") else deployment.scope
        if len(texts) < _LEAST_OF_ID:
            raise FunctionError("takes a type of resource and its names")
        found = made(scope, [text(one) for one in texts])
        told = hidden(arguments)
        return found if told is None else Unknown(_why(told), found)

    return function


def _extension_id(_: ids.Scope, parts: list[str]) -> str:
    return ids.joined(parts[0], parts[1], parts[2:])  # the scope, the type, the names


def _why(value: Unknown | Reference) -> str:
    return value.why if isinstance(value, Unknown) else "is made of what only deployment gives"


def _reference(deployment: "Deployment", arguments: list[Value], _: Here) -> Value:
    if not arguments:
        raise FunctionError("reference takes a resource")
    asked, full = stand_in(arguments[0]), "full" in [str(one).lower() for one in arguments[1:]]
    if not isinstance(asked, str):
        return asked if isinstance(asked, Unknown) else Unknown("refers to no resource")
    symbol = deployment.symbol(asked)
    standing = symbol if symbol and not isinstance(symbol, list) else deployment.shared.find(asked)
    if standing is None and "/" not in asked:
        standing = deployment.named(asked)
    if standing is None:
        return Reference(asked, "" if full else "properties")
    return standing.runtime(full=full)


def _references(deployment: "Deployment", arguments: list[Value], _: Here) -> Value:
    several = deployment.symbol(text(arguments[0] if arguments else None))
    full = "full" in [str(one).lower() for one in arguments[1:]]
    if not isinstance(several, list):
        raise FunctionError("references takes the symbolic name of a loop")
    return [one.runtime(full=full) for one in several]


def _resource_info(deployment: "Deployment", arguments: list[Value], _: Here) -> Value:
    standing = deployment.symbol(text(_only(arguments)))
    if standing is None or isinstance(standing, list):
        raise FunctionError("resourceInfo takes a symbolic name")
    return Opened({"id": standing.id, "name": standing.name, "type": standing.type}, lambda _: None)


def _subscription(deployment: "Deployment", _: list[Value], __: Here) -> Value:
    identity = deployment.scope.subscription
    known: dict[str, Value] = {"id": f"/subscriptions/{identity}", "subscriptionId": identity}
    return Opened(known, _given_then("subscription()"))


def _resource_group(deployment: "Deployment", _: list[Value], __: Here) -> Value:
    known: dict[str, Value] = {
        "id": deployment.scope.id,
        "name": deployment.scope.resource_group,
        "type": "Microsoft.Resources/resourceGroups",
    }
    return Opened(known, _given_then("resourceGroup()"))


def _deployment(deployment: "Deployment", _: list[Value], __: Here) -> Value:
    return Opened({"name": deployment.name}, _given_then("deployment()"))


def _management_group(_: "Deployment", __: list[Value], ___: Here) -> Value:
    return Opened({}, _given_then("managementGroup()"))


def _tenant(_: "Deployment", __: list[Value], ___: Here) -> Value:
    return Opened({}, _given_then("tenant()"))


def _given_then(of: str) -> Callable[[str], Value]:
    return lambda key: Unknown(f"is {key} of {of}, which only deployment gives", f"{{{of}.{key}}}")


def _environment(_: "Deployment", __: list[Value], ___: Here) -> Value:
    """Public Azure's, as on https://learn.microsoft.com/azure/azure-resource-manager/templates/
    template-functions-deployment#environment, read 2026-11-25."""  # noqa: D209 - the address is long
    suffixes: dict[str, Value] = {
        "acrLoginServer": ".azurecr.io",
        "keyvaultDns": ".vault.azure.net",
        "sqlServerHostname": ".database.windows.net",
        "storage": "core.windows.net",
    }
    known: dict[str, Value] = {
        "name": "AzureCloud",
        "resourceManager": "https://management.azure.com/",
        "portal": "https://portal.azure.com",
        "authentication": Opened(
            {"loginEndpoint": "https://login.microsoftonline.com/"}, _given_then("environment().authentication")
        ),
        "suffixes": Opened(suffixes, _given_then("environment().suffixes")),
    }
    return Opened(known, _given_then("environment()"))


def _fail(_: "Deployment", arguments: list[Value], __: Here) -> Value:
    raise FunctionError(f"the template refuses it: {stand_in(arguments[0]) if arguments else ''}")


_FUNCTIONS: dict[str, Callable[["Deployment", list[Value], Here], Value]] = {
    "parameters": _parameters,
    "variables": _variables,
    "copyindex": _copy_index,
    "resourceid": _ids(ids.resource_id),
    "subscriptionresourceid": _ids(ids.subscription_resource_id),
    "tenantresourceid": _ids(lambda _, parts: ids.tenant_resource_id(parts)),
    "managementgroupresourceid": _ids(ids.management_group_resource_id),
    "extensionresourceid": _ids(_extension_id),
    "reference": _reference,
    "references": _references,
    "resourceinfo": _resource_info,
    "subscription": _subscription,
    "resourcegroup": _resource_group,
    "deployment": _deployment,
    "managementgroup": _management_group,
    "tenant": _tenant,
    "environment": _environment,
    "fail": _fail,
}
