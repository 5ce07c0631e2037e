"""A folder of .tf files as the declarations that a plan of it would hold, as far as simple evaluation goes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cloister.errors import Fault, SourceError
from cloister.origin import Origin
from cloister.sources.declared import Unknown, Value
from cloister.sources.terraform.hcl.evaluation import Evaluation, finished
from cloister.sources.terraform.hcl.files import blocks_of
from cloister.sources.terraform.hcl.modules import Module
from cloister.sources.terraform.values import Declarations, Declared, Provider

_META = frozenset({"count", "for_each", "provider", "lifecycle", "depends_on", "provisioner", "connection", "dynamic"})
_MARK = "__is_block__"


def configuration(path: Path) -> Declarations:
    """What a configuration declares. Raises SourceError and SpecError where it cannot be read."""
    if not path.exists():
        raise SourceError(Fault(str(path), "there is no such file or folder", "name the folder of a configuration"))
    blocks = blocks_of(path)
    if not blocks:
        raise SourceError(Fault(str(path), "holds no block of a .tf file", "name the folder of a configuration"))
    root = Module(path if path.is_dir() else path.parent, blocks)
    resources = tuple(_declared(root))
    return Declarations(
        file=str(path),
        resources=resources,
        providers=tuple(_providers(root)),
        incomplete="; ".join(dict.fromkeys(_lost(root))),
    )


def _declared(module: Module) -> Iterator[Declared]:
    for handle, body, file in module.resources():
        yield Declared(
            address=handle.address,
            type=handle.type,
            name=handle.name,
            values=_values(module.evaluation_of(handle), body),
            origin=Origin(file, 0, address=handle.address),
            module=module.address,
            key=handle.key,
            mode="data" if handle.mode == "data" else "managed",
        )
    for child in module.children():
        yield from _declared(child)


def _values(evaluation: Evaluation, body: Mapping[str, Any]) -> dict[str, Value]:
    found: dict[str, Value] = {key: _value(evaluation, raw) for key, raw in body.items() if key not in _META}
    for one in body.get("dynamic", ()):
        for label, dynamic in one.items():
            if isinstance(dynamic, dict):
                found[label.strip('"')] = _repeated(evaluation, label.strip('"'), dynamic, found)
    return found


def _value(evaluation: Evaluation, raw: Any) -> Value:
    if isinstance(raw, list) and any(isinstance(one, dict) and _MARK in one for one in raw):
        return [_block(evaluation, one) for one in raw]
    return finished(evaluation.raw(raw))


def _block(evaluation: Evaluation, block: Mapping[str, Any]) -> Value:
    return _values(evaluation, {key: raw for key, raw in block.items() if key != _MARK})


def _repeated(evaluation: Evaluation, label: str, dynamic: Mapping[str, Any], found: Mapping[str, Value]) -> Value:
    """The blocks of a dynamic one, behind those that are written out."""
    over = evaluation.raw(dynamic.get("for_each"))
    if not isinstance(over, list | dict):
        return Unknown("is repeated over what is not told")
    pairs = over.items() if isinstance(over, dict) else ((one, one) for one in over)
    name = str(dynamic.get("iterator", label)).strip('"${}')
    content: Mapping[str, Any] = next(iter(dynamic.get("content", ())), {})
    already = found.get(label)
    blocks = [
        _block(Evaluation(evaluation.module, {**evaluation.names, name: {"key": key, "value": value}}), content)
        for key, value in pairs
    ]
    return [*(already if isinstance(already, list) else []), *blocks]


def _providers(root: Module) -> Iterator[Provider]:
    for name, body in root.of("provider"):
        values = _values(Evaluation(root), body)
        alias = values.pop("alias", "")
        yield Provider(name, alias if isinstance(alias, str) else "", values)


def _lost(module: Module) -> Iterator[str]:
    for child in module.children():
        yield from _lost(child)
    yield from module.lost
