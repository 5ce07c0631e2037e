"""The modules of a configuration: variables, locals, outputs and resources, evaluated when they are asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cloister.sources.declared import Reference, Unknown
from cloister.sources.terraform.hcl.files import Blocks, blocks_of
from cloister.sources.terraform.traversals import bracketed, spelled
from cloister.sources.terraform.values import Key

_MAX_DEPTH = 12
_ALL = (None,)


@dataclass(frozen=True, slots=True)
class Handle:
    """One instance of a resource, as an expression has it before it asks for an attribute."""

    module: "Module" = field(hash=False, compare=False)
    mode: str
    type: str
    name: str
    key: Key
    each: Any = field(default=None, hash=False, compare=False)

    @property
    def address(self) -> str:
        """Its address, as a plan has it."""
        lead = "data." if self.mode == "data" else ""
        return f"{self.module.prefix}{lead}{self.type}.{self.name}{bracketed(self.key)}"

    @property
    def reference(self) -> Reference:
        """The resource as a whole."""
        return Reference(self.address, "")


class Module:
    """One instance of a module."""

    def __init__(
        self, folder: Path, blocks: Blocks, address: str = "", inputs: Mapping[str, Any] | None = None
    ) -> None:
        self.folder = folder
        self.address = address
        self.prefix = f"{address}." if address else ""
        self.blocks = blocks
        self.lost: list[str] = []
        self._inputs = inputs or {}
        self._children: dict[str, dict[Key, Module] | None] = {}
        self._resources = {
            ("data" if kind == "data" else "managed", labels[0], labels[1]): (body, file)
            for kind, labels, body, file in blocks
            if kind in ("resource", "data") and len(labels) == 2  # noqa: PLR2004 - a type and a name
        }

    def of(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The blocks of a kind that has one label."""
        return ((labels[0], body) for one, labels, body, _ in self.blocks if one == kind and labels)

    def resources(self) -> Iterator[tuple[Handle, Mapping[str, Any], str]]:
        """Every instance of a resource, with its block and its file."""
        for (mode, kind, name), (body, file) in self._resources.items():
            for handle in _flat(self.handles(mode, kind, name)):
                yield handle, body, file

    def children(self) -> "Iterator[Module]":
        """Every instance of the modules that are called here."""
        for name, _ in self.of("module"):
            yield from (self._called(name, 0) or {}).values()

    def variable(self, name: str, depth: int) -> Any:
        """What is passed for an input variable, or its default."""
        if name in self._inputs:
            return self._inputs[name]
        body = dict(self.of("variable")).get(name, {})
        if "default" in body:
            return self._evaluation(depth).raw(body["default"])
        return Unknown(f"is var.{name}, which has no default")

    def local(self, name: str, depth: int) -> Any:
        """What a local comes to."""
        for kind, _, body, _ in self.blocks:
            if kind == "locals" and name in body:
                return self._evaluation(depth).raw(body[name])
        return Unknown(f"is local.{name}, which nothing declares")

    def output_of(self, name: str, rest: list[Any], depth: int) -> tuple[Any, int]:
        """An output of a module that is called here, and how many steps of the rest of a path led to it."""
        found = self._called(name, depth)
        if found is None or not rest:
            return Unknown(f"is an output of module.{name}, of which it is not told what it makes"), len(rest)
        used = 1 if list(found) == [None] else 2
        child = found.get(None if used == 1 else rest[0])
        output = str(rest[used - 1]) if len(rest) >= used else ""
        body = dict(child.of("output")).get(output) if child else None
        if child is None or body is None:
            return Unknown(f"is module.{name}.{output}, which nothing declares"), len(rest)
        return child._evaluation(depth).raw(body.get("value")), used  # noqa: SLF001 - another of its kind

    def handles(self, mode: str, kind: str, name: str) -> Any:
        """The instances of a resource: by number, by key, or the only one."""
        if (mode, kind, name) not in self._resources:
            return Unknown(f"is {kind}.{name}, which nothing declares")
        body, _ = self._resources[mode, kind, name]
        keys = self._keys(body, f"{self.prefix}{kind}.{name}", 0)
        if keys is None:
            return Handle(self, mode, kind, name, None)
        found = {key: Handle(self, mode, kind, name, key, each) for key, each in keys.items()}
        return found if "for_each" in body else list(found.values()) if "count" in body else found[None]

    def attribute(self, handle: Handle, path: list[Any], depth: int) -> Any:
        """What a resource states at a path, or a reference to what it will have there."""
        body, _ = self._resources[handle.mode, handle.type, handle.name]
        reference = Reference(handle.address, spelled(tuple(path)))
        raw = body.get(str(path[0]))
        evaluation = self._evaluation(depth, handle)
        for step in path[1:]:
            if isinstance(raw, list) and isinstance(step, int) and step < len(raw):
                raw = raw[step]
            elif isinstance(raw, dict) and str(step) in raw:
                raw = raw[str(step)]
            elif isinstance(raw, str):
                return evaluation._walk(evaluation.raw(body[str(path[0])]), path[1:])  # noqa: SLF001 - same walk
            else:
                return reference
        return reference if raw is None or handle.mode == "data" else evaluation.raw(raw)

    def evaluation_of(self, handle: Handle) -> Any:
        """The evaluation of a resource's own expressions."""
        return self._evaluation(0, handle)

    def _evaluation(self, depth: int, handle: Handle | None = None) -> Any:
        from cloister.sources.terraform.hcl.evaluation import Evaluation  # noqa: PLC0415 - each is made of the other

        names: dict[str, Any] = {}
        if handle is not None and isinstance(handle.key, int):
            names["count"] = {"index": handle.key}
        elif handle is not None and handle.key is not None:
            names["each"] = {"key": handle.key, "value": handle.each}
        return Evaluation(self, names, depth)

    def _keys(self, body: Mapping[str, Any], what: str, depth: int) -> dict[Key, Any] | None:
        """The keys of a repeated block with what each stands for; None where they are not told."""
        if "count" in body:
            count = self._evaluation(depth).raw(body["count"])
            if isinstance(count, int | float) and not isinstance(count, bool):
                return dict.fromkeys(range(int(count)))
        elif "for_each" in body:
            over = self._evaluation(depth).raw(body["for_each"])
            if isinstance(over, list) and all(isinstance(one, str) for one in over):
                return {one: one for one in over}
            if isinstance(over, dict):
                return {str(key): value for key, value in over.items()}
        else:
            return dict.fromkeys(_ALL)
        self.lost.append(f"how often {what} is repeated is not told: it is read once")
        return None

    def _called(self, name: str, depth: int) -> "dict[Key, Module] | None":
        if name not in self._children:
            self._children[name] = None  # an output that needs itself is not told
            self._children[name] = self._call(name, depth)
        return self._children[name]

    def _call(self, name: str, depth: int) -> "dict[Key, Module] | None":
        body = dict(self.of("module")).get(name)
        source = str(body.get("source", "")).strip('"') if body else ""
        if body is None or not source.startswith(".") or self.prefix.count("module.") > _MAX_DEPTH:
            self.lost.append(f"module.{name} lies in {source or 'nothing'}, which is not read")
            return None
        folder = (self.folder / source).resolve()
        if not folder.is_dir():
            self.lost.append(f"module.{name} lies in {source}, which is no folder")
            return None
        blocks = blocks_of(folder)
        keys = self._keys(body, f"{self.prefix}module.{name}", depth) or dict.fromkeys(_ALL)
        found: dict[Key, Module] = {}
        for key, each in keys.items():
            caller = Handle(self, "module", "module", name, key, each)
            evaluation = self._evaluation(depth, caller)
            inputs = {label: evaluation.raw(raw) for label, raw in body.items() if label not in _META}
            found[key] = Module(folder, blocks, f"{self.prefix}module.{name}{bracketed(key)}", inputs)
        return found


_META = frozenset({"source", "version", "count", "for_each", "providers", "depends_on"})


def _flat(found: Any) -> Iterator[Handle]:
    if isinstance(found, Handle):
        yield found
    for one in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        yield from _flat(one)
