"""A template and the deployments inside of it, as the resources that they deploy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cloister.inventory.azure import NotUnderstood
from cloister.origin import Origin
from cloister.sources.arm.bounds import bounded
from cloister.sources.arm.functions.calling import FunctionError, stand_in
from cloister.sources.arm.ids import Scope, parts_of
from cloister.sources.arm.opened import Opened, opened
from cloister.sources.arm.values import Here, Steps
from cloister.sources.arm.world import call_of_world
from cloister.sources.declared import Declared, Reference, Unknown, Value, member

_DEPLOYMENT = "microsoft.resources/deployments"
_GROUP = "microsoft.resources/resourcegroups"
_NOT_OF_THE_BODY = frozenset(
    {
        "name",
        "type",
        "dependson",
        "copy",
        "condition",
        "comments",
        "resources",
        "scope",
        "metadata",
        "existing",
        "import",
    }
)
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
"""Stands in for the subscription that a template is deployed to, which no template says."""


@dataclass
class Templates:
    """What the templates of one file share: their resources by id, and what could not be understood of them."""

    file: str
    steps: Steps = field(default_factory=Steps)
    standing: dict[str, "Standing"] = field(default_factory=dict)
    waiting: list["Deployment"] = field(default_factory=list)
    told: list[NotUnderstood] = field(default_factory=list)
    home: Scope | None = None

    def find(self, identity: str) -> "Standing | None":
        """The resource with an id; deployments that were not unfolded yet are, until it is found."""
        lower = identity.lower()
        while lower not in self.standing and self.waiting:
            self.waiting.pop(0).resources()
        return self.standing.get(lower)

    def tell(self, address: str, what: str, consequence: str) -> None:
        """Remember that something of a template has no counterpart."""
        place = Origin(self.file, 0, address=address)
        self.told.append(NotUnderstood(thing=address, what=what, consequence=consequence, origin=place))


@dataclass
class Standing:
    """One resource of a template, one turn of its loop: where it is written, what it is called."""

    here: Here
    written: dict[str, Any]
    type: str
    id: str
    name: Value
    parent: str
    address: str
    names: str
    doubt: str = ""
    exists: bool = False
    nested: "Deployment | None" = None
    _body: dict[str, Value] | None = None
    _busy: bool = False

    def body(self) -> dict[str, Value]:
        """Its attributes, evaluated once."""
        if self._body is None:
            if self._busy:
                return {"properties": Unknown("is defined by itself")}
            self._busy = True
            self._body = {
                key: bounded(self.here.value(value))
                for key, value in self.written.items()
                if key.lower() not in _NOT_OF_THE_BODY
            }
            self._busy = False
        return self._body

    def runtime(self, *, full: bool) -> Value:
        """What `reference` gives: its properties, or all of it."""
        if self.nested:
            outputs = Opened({}, self.nested.output)
            properties = Opened({"outputs": outputs}, lambda key: Reference(self.id, f"properties.{key}"))
            return Opened({"properties": properties}, lambda key: Reference(self.id, key)) if full else properties
        whole = opened(self.id, {"properties": {}, "id": self.id, "name": self.name, **self.body()})
        return whole if full or not isinstance(whole, Opened) else whole.at("properties")


@dataclass(frozen=True, slots=True)
class Given:
    """The values that a deployment is given, each evaluated where it is written when it is asked for, and not before.

    So one deployment may be given what another puts out that stands later in the file.
    """

    here: Here | None = None
    written: Any = None
    known: Mapping[str, Value] = field(default_factory=dict)

    def names(self, name: str) -> bool:
        """Whether a value is given, be it null."""
        return _member(self._entries(), name) is not None or _member(self.known, name) is not None

    def value(self, name: str) -> Value:
        """The value of a parameter, None where none is given."""
        known: Value = _member(self.known, name)
        entry = _member(self._entries(), name)
        if entry is None or self.here is None:
            return known
        found = self.here.value(entry)  # an entry may be an expression as a whole
        if isinstance(found, dict) and "value" in found:
            return found["value"]
        why = found.why if isinstance(found, Unknown) else f"is the parameter {name}, a secret"
        return Unknown(why, f"{{{name}}}")

    def _entries(self) -> Any:  # noqa: ANN401 - any JSON value
        return self.here.value(self.written) if self.here and isinstance(self.written, str) else self.written


class Deployment:
    """A template with the values that it is given, in a scope."""

    def __init__(
        self,
        shared: Templates,
        template: Mapping[str, Any],
        scope: Scope,
        given: "Given | None" = None,
        outer: Here | None = None,
    ) -> None:
        self.shared, self.file, self.template, self.scope = shared, shared.file, template, scope
        self._given = given or Given()
        self.here = outer or Here(around=self, steps=shared.steps)
        self.symbols: dict[str, list[Standing] | Standing] = {}
        self.name, self.doubt = "main", ""
        shared.home = shared.home or scope
        self._resources: list[Standing] | None = None
        self._known: dict[tuple[str, str], Value] = {}
        self._busy: set[tuple[str, str]] = set()

    def call(self, name: str, arguments: list[Value], here: Here) -> Value:
        """What a function gives that hangs on the template or on where it is deployed."""
        return call_of_world(self, name, arguments, here)

    def parameter(self, name: str) -> Value:
        """The value of a parameter: given, or by default; a stand-in where it has neither."""
        return self._once("parameter", name, self._parameter)

    def variable(self, name: str) -> Value:
        """The value of a variable."""
        return self._once("variable", name, self._variable)

    def output(self, name: str) -> Value:
        """An output of the template, as `reference` shows it."""
        return self._once("output", name, self._output)

    def resources(self) -> list[Standing]:
        """Every resource of the template itself; those of deployments inside are theirs."""
        if self._resources is None:
            self._resources = []
            if self in self.shared.waiting:
                self.shared.waiting.remove(self)
            for symbol, written in _written(self.template.get("resources")):
                for standing in self._unfolded(written, "", ""):
                    self._register(standing, symbol, looped="copy" in written)
        return self._resources

    def symbol(self, name: str) -> list[Standing] | Standing | None:
        """The resource, or the loop of resources, with a symbolic name."""
        self.resources()
        return self.symbols.get(name.lower())

    def named(self, name: str) -> Standing | None:
        """The resource of this template with a name, as older templates refer to one."""
        found = [one for one in self.resources() if one.names.lower() == name.lower()]
        return found[0] if len(found) == 1 else None

    def declared(self) -> Iterator[Declared]:
        """Every resource that is deployed, those of the deployments inside as well."""
        for standing in self.resources():
            if standing.nested:
                yield from standing.nested.declared()
            elif not standing.exists:
                yield Declared(
                    address=standing.address,
                    type=standing.type,
                    name=standing.name,
                    values=standing.body(),
                    file=self.file,
                    parent=standing.parent,
                    identities=(standing.id,),
                    doubt=standing.doubt,
                )

    def _register(self, standing: Standing, symbol: str, *, looped: bool) -> None:
        assert self._resources is not None  # noqa: S101 - only `resources` calls this
        self._resources.append(standing)
        self.shared.standing.setdefault(standing.id.lower(), standing)
        if symbol and looped:
            several = self.symbols.setdefault(symbol.lower(), [])
            if isinstance(several, list):
                self.symbols[f"{symbol.lower()}[{len(several)}]"] = standing
                several.append(standing)
        elif symbol:
            self.symbols[symbol.lower()] = standing

    def _unfolded(self, written: dict[str, Any], type_: str, name: str) -> Iterator[Standing]:
        """The turns of a resource's loop, each with the resources inside of it."""
        for here in self._turns(written):
            condition = here.value(written.get("condition", True))
            if condition is False:
                continue
            doubt = condition.why if isinstance(condition, Unknown) else ""
            standing = self._standing(here, written, (type_, name))
            standing.doubt = f"stands only under a condition that {doubt}" if doubt else self.doubt
            if standing.nested:
                standing.nested.doubt = standing.doubt
            yield standing
            inside = Deployment(self.shared, self.template, self.scope, outer=here)
            inside.doubt = standing.doubt
            for _, inner in _written(written.get("resources")):
                yield from inside._unfolded(inner, standing.type, standing.names)

    def _turns(self, written: dict[str, Any]) -> Iterator[Here]:
        loop = written.get("copy")
        if not isinstance(loop, dict):
            yield self.here
            return
        count = self.here.count(loop.get("count"))
        if isinstance(count, Unknown):
            what = f"is a loop of which it is not told how often it runs: it {count.why}"
            self.shared.tell(f"{written.get('type')} {loop.get('name', '')}".strip(), what, "none of it is judged")
            return
        for index in range(count):
            yield self.here.looped(str(loop.get("name", "")), index)

    def _standing(self, here: Here, written: dict[str, Any], above: tuple[str, str]) -> Standing:
        type_, given = str(written.get("type", "")), here.value(written.get("name", ""))
        text = stand_in(given)
        name = text if isinstance(text, str) and text else f"{{{type_}}}"
        if above[0] and "." not in type_.partition("/")[0]:
            type_, name = f"{above[0]}/{type_}", f"{above[1]}/{name}"
        scope = self._scope_of(here, written, type_)
        identity = self._id(here, written, type_, name, scope)
        last = name.rpartition("/")[2]
        parts = parts_of(identity)
        standing = Standing(
            here=here,
            written=written,
            type=parts.type if parts else type_,
            id=identity,
            name=last if isinstance(given, str) else Unknown(_why(given), last),
            parent=parts.parent if parts else "",
            address=_address(identity, self.shared.home or scope),
            names=name,
            exists=written.get("existing") is True,
        )
        if type_.lower() == _DEPLOYMENT:
            standing.nested = self._nested(here, written, scope, standing)
        return standing

    def _scope_of(self, here: Here, written: dict[str, Any], type_: str) -> Scope:
        """Where a resource goes: a deployment may name another subscription or resource group."""
        if type_.lower() != _DEPLOYMENT:
            return self.scope
        subscription = _text(here, written, "subscriptionId") or self.scope.subscription
        group = _text(here, written, "resourceGroup")
        if not group:
            group = "" if _is_of_subscription(written) else self.scope.resource_group
        return Scope(subscription, group)

    def _id(self, here: Here, written: dict[str, Any], type_: str, name: str, scope: Scope) -> str:
        if type_.lower() == _GROUP:
            return Scope(scope.subscription, name).id
        names, base = name.split("/"), self._base(here, written, scope)
        provider, *segments = type_.split("/")
        if "providers" in [segment.lower() for segment in segments]:
            return f"{base}/providers/{provider}/{_extension(segments, names)}"
        pairs = [part for pair in zip(segments, names, strict=False) for part in pair]
        return f"{base}/providers/{provider}/{'/'.join(pairs)}"

    def _base(self, here: Here, written: dict[str, Any], scope: Scope) -> str:
        stated = stand_in(here.value(written.get("scope")))
        if not isinstance(stated, str) or not stated:
            return scope.id
        if stated.startswith("/"):
            return stated.rstrip("/")
        provider, _, rest = stated.partition("/")
        return f"{scope.id}/providers/{provider}/{rest}"

    def _nested(self, here: Here, written: dict[str, Any], scope: Scope, standing: Standing) -> "Deployment | None":
        properties = written.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        template = properties.get("template")
        if not isinstance(template, dict):
            what = f"deploys a template that is not in the file: {_link(here, properties)}"
            self.shared.tell(standing.address, what, "nothing that it deploys is judged; read its template, too")
            return None
        options = properties.get("expressionEvaluationOptions")
        inner = isinstance(options, dict) and str(options.get("scope", "")).lower() == "inner"
        given = Given(here, properties.get("parameters")) if inner else Given()
        nested = Deployment(self.shared, template, scope, given, None if inner else here)
        nested.name = str(stand_in(standing.name))
        self.shared.waiting.append(nested)
        return nested

    def _once(self, kind: str, name: str, made: Any) -> Value:  # noqa: ANN401 - one of the three methods below
        key = (kind, name.lower())
        if key in self._known:
            return self._known[key]
        if key in self._busy:
            return Unknown(f"hangs on {kind} {name}, which is defined by itself")
        self._busy.add(key)
        try:
            self._known[key] = bounded(made(name))
        finally:
            self._busy.discard(key)
        return self._known[key]

    def _parameter(self, name: str) -> Value:
        given = self._given.value(name)
        if given is not None:
            return given
        written = _member(self.template.get("parameters"), name)
        if not isinstance(written, dict):
            raise FunctionError(f"there is no parameter {name}")
        if "defaultValue" in written:  # also where null is given
            return Here(around=self, steps=self.shared.steps).value(written["defaultValue"])
        if self._given.names(name) or self._is_nullable(written):
            return None
        return Unknown(f"is the parameter {name}, which has no value", f"{{{name}}}")

    def _is_nullable(self, written: dict[str, Any]) -> bool:
        """Whether a parameter may be left out, by itself or by its type."""
        of_type = _member(self.template.get("definitions"), str(written.get("$ref", "")).rpartition("/")[2])
        return written.get("nullable") is True or (isinstance(of_type, dict) and of_type.get("nullable") is True)

    def _variable(self, name: str) -> Value:
        variables, here = self.template.get("variables"), Here(around=self, steps=self.shared.steps)
        loops = _member(variables, "copy")
        for loop in loops if isinstance(loops, list) else ():
            if isinstance(loop, dict) and str(loop.get("name", "")).lower() == name.lower():
                return here.unrolled(loop)
        if not isinstance(variables, dict) or name.lower() not in {key.lower() for key in variables}:
            raise FunctionError(f"there is no variable {name}")
        return here.value(_member(variables, name))

    def _output(self, name: str) -> Value:
        written = _member(self.template.get("outputs"), name)
        if not isinstance(written, dict):
            raise FunctionError(f"there is no output {name}")
        loop = written.get("copy")
        if isinstance(loop, dict):
            return {"value": self.here.unrolled({"name": name, **loop})}
        self.resources()  # so that the names that its value uses are known
        return {"value": self.here.value(written.get("value"))}


def _written(resources: Any) -> Iterator[tuple[str, dict[str, Any]]]:  # noqa: ANN401 - any JSON value
    """Resources with their symbolic names, where they have some."""
    if isinstance(resources, dict):
        yield from ((symbol, one) for symbol, one in resources.items() if isinstance(one, dict))
    elif isinstance(resources, list):
        yield from (("", one) for one in resources if isinstance(one, dict))


def _text(here: Here, written: dict[str, Any], key: str) -> str:
    """A text, or what stands in for it; empty where nothing is written."""
    found = stand_in(here.value(written.get(key)))
    if found is None:
        return ""
    return found if isinstance(found, str) else f"{{{key}}}"


def _member(written: Any, name: str) -> Any:  # noqa: ANN401 - as above
    return member(written, name) if isinstance(written, dict) else None


def _is_of_subscription(written: dict[str, Any]) -> bool:
    properties = written.get("properties")
    template = properties.get("template") if isinstance(properties, dict) else None
    schema = template.get("$schema") if isinstance(template, dict) else None
    return "subscriptiondeploymenttemplate" in str(schema).lower()


def _link(here: Here, properties: dict[str, Any]) -> str:
    link = properties.get("templateLink")
    uri = stand_in(here.value(link)) if isinstance(link, dict) else None
    found = (uri.get("uri") or uri.get("id")) if isinstance(uri, dict) else None
    return str(found) if isinstance(found, str) else "no link is told"


def _extension(segments: list[str], names: list[str]) -> str:
    """The older way to write a resource on another: `vaults/providers/locks` with `kv/Microsoft.Authorization/keep`."""
    place = [segment.lower() for segment in segments].index("providers")
    own, provider, rest = names[:place], names[place : place + 1], names[place + 1 :]
    of = [part for pair in zip(segments[:place], own, strict=False) for part in pair]
    on = [part for pair in zip(segments[place + 1 :], rest, strict=False) for part in pair]
    return "/".join([*of, "providers", *provider, *on])


def _address(identity: str, scope: Scope) -> str:
    """What a resource is called in messages: its id without the scope of the deployment that everything has."""
    return identity.removeprefix(f"{scope.id}/providers/")


def _why(value: Value) -> str:
    return value.why if isinstance(value, Unknown) else "is made of what only deployment gives"
