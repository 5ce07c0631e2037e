"""The instances of modules and resources that stand, each beside the part of the configuration that made it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cloister.errors import Fault, SpecError
from cloister.sources.terraform.traversals import is_key, key_of, steps
from cloister.sources.terraform.values import Key

_MAX_DEPTH = 32
_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Module:
    """One instance of a module: its configuration, and the call in its parent's that made it."""

    address: str = ""
    configuration: Mapping[str, Any] = field(default_factory=dict, hash=False)
    parent: "Module | None" = None
    call: Mapping[str, Any] = field(default_factory=dict, hash=False)
    key: Key = None

    @property
    def prefix(self) -> str:
        """What the addresses of its resources begin with."""
        return f"{self.address}." if self.address else ""


@dataclass(frozen=True, slots=True)
class Instance:
    """One resource as a plan holds it; `unknown` is the tree of what is known after apply."""

    address: str
    record: Mapping[str, Any]
    module: Module
    configuration: Mapping[str, Any]
    unknown: Any

    @property
    def key(self) -> Key:
        """Its key of for_each or number of count."""
        index = self.record.get("index")
        return index if isinstance(index, str | int) else None


def instances(
    root: object, configuration: Mapping[str, Any], unknown: Mapping[str, Any], file: str
) -> Iterator[Instance]:
    """Every resource below a root module, in its order. Raises SpecError where modules are nested too deep."""
    for module, values in _modules(mapping(root), Module(configuration=configuration), file, 0):
        by_address = {
            str(mapping(one).get("address")): mapping(one) for one in items(module.configuration, "resources")
        }
        for record in map(mapping, items(values, "resources")):
            address = record.get("address")
            if isinstance(address, str) and isinstance(record.get("type"), str):
                unindexed = address.removeprefix(module.prefix)
                unindexed = unindexed.partition("[")[0] if record.get("index") is not None else unindexed
                yield Instance(address, record, module, by_address.get(unindexed, _NOTHING), unknown.get(address))


def _modules(
    values: Mapping[str, Any], module: Module, file: str, depth: int
) -> Iterator[tuple[Module, Mapping[str, Any]]]:
    if depth > _MAX_DEPTH:
        reason = f"nests modules deeper than {_MAX_DEPTH} levels"
        raise SpecError(Fault(file, reason, "hand over a plan that Terraform wrote"))
    yield module, values
    calls = mapping(module.configuration.get("module_calls"))
    for child in map(mapping, items(values, "child_modules")):
        address = str(child.get("address", ""))
        name, key = _last_call(address)
        call = mapping(calls.get(name))
        below = Module(address, mapping(call.get("module")), module, call, key)
        yield from _modules(child, below, file, depth + 1)


def _last_call(address: str) -> tuple[str, Key]:
    """The name and the key of the module that an address ends with."""
    path = steps(address)
    key = key_of(path[-1]) if path and is_key(path[-1]) else None
    names = [step for step in path if isinstance(step, str)]
    return (names[-1] if names else ""), key


def mapping(value: object) -> Mapping[str, Any]:
    """A JSON object, or an empty one where something else stands."""
    return value if isinstance(value, dict) else _NOTHING


def items(values: Mapping[str, Any], key: str) -> list[Any]:
    """A JSON array, or an empty one where something else stands."""
    found = values.get(key)
    return found if isinstance(found, list) else []
