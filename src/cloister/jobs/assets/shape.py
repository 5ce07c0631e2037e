"""What a client may send as an asset: the `properties` of the SDK's REST object, held to their shape. Pure.

The names are those of ARM's resources as azure-ai-ml 1.35 writes them (read 2026-11). The server does not load the SDK:
it checks names, types and sizes, and that no path leads out of where data may lie.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cloister.errors import Fault, SpecError
from cloister.jobs.assets.addresses import Address, JobOutput, StorePath, read_place
from cloister.jobs.assets.names import Kind

Properties = Mapping[str, Any]

_LONGEST: Final = 1024 * 1024
_DEEPEST: Final = 40
# YAML takes seconds a megabyte to read, on every submission.
_LONGEST_CONDA: Final = 64 * 1024
_SHARED: Final[dict[str, type]] = {
    "description": str,
    "tags": dict,
    "properties": dict,
    "isAnonymous": bool,
    "isArchived": bool,
    "stage": str,
    "autoDeleteSetting": dict,
}
# Where the files of a component lie: its YAML, and what that names.
COMPONENT_SOURCE: Final = "cloister.source"
# Which of them is its YAML.
COMPONENT_FILE: Final = "cloister.file"
# What may change once a version is made; all else is what the version is.
CHANGEABLE: Final[tuple[str, ...]] = ("description", "tags", "properties", "isArchived", "stage", "autoDeleteSetting")


@dataclass(frozen=True, slots=True)
class _Shape:
    """The keys of one kind beside those that all share, and which must be there."""

    keys: Mapping[str, type]
    needed: tuple[str, ...]
    choices: Mapping[str, tuple[str, ...]]


_SHAPES: Final[dict[Kind, _Shape]] = {
    "data": _Shape(
        {"dataUri": str, "dataType": str, "referencedUris": list},
        ("dataUri", "dataType"),
        {"dataType": ("uri_file", "uri_folder", "mltable")},
    ),
    "models": _Shape(
        {"modelUri": str, "modelType": str, "flavors": dict, "jobName": str, "systemMetadata": dict},
        ("modelUri",),
        {"modelType": ("mlflow_model", "custom_model", "triton_model")},
    ),
    "components": _Shape({"componentSpec": dict}, ("componentSpec",), {}),
    "environments": _Shape(
        {
            "image": str,
            "condaFile": str,
            "build": dict,
            "inferenceConfig": dict,
            "osType": str,
            "environmentType": str,
            "autoRebuild": str,
            # Requirements of pip without conda; Azure has no word for them.
            "pipRequirements": str,
        },
        (),
        {},
    ),
    "codes": _Shape({"codeUri": str}, ("codeUri",), {}),
}


def checked(kind: Kind, name: str, properties: object) -> dict[str, Any]:
    """The properties, without what is null. Raises SpecError with every fault."""
    thing = f'{kind} "{name}"'
    if not isinstance(properties, dict):
        raise SpecError(Fault(thing, "has no properties", 'send {"properties": {...}}'))
    if len(json.dumps(properties)) > _LONGEST or _depth(properties) > _DEEPEST:
        reason = f"is larger than {_LONGEST} bytes, or nested deeper than {_DEEPEST}"
        raise SpecError(Fault(thing, reason, "make it smaller"))
    kept = {key: value for key, value in properties.items() if value is not None}
    if found := tuple(_faults(kind, thing, kept)):
        raise SpecError(found)
    for key in ("dataUri", "modelUri", "codeUri"):
        if key in kept:
            kept[key] = str(_place(thing, kept[key]))
    return kept


def content_hash(kind: Kind, properties: Properties) -> str:
    """What the version is, as a hash: two that differ in what may change alone have the same."""
    held = {key: value for key, value in properties.items() if key not in (*CHANGEABLE, "isAnonymous")}
    if kind == "components":
        # How the client came by it, which the SDK notes in there, is not what it is; nor is where it is kept.
        spec: dict[str, Any] = held["componentSpec"]
        dropped = ("version", "name", "description", "tags", "$schema")
        noted = properties.get("properties") or {}
        held["source"] = [noted.get(COMPONENT_SOURCE), noted.get(COMPONENT_FILE)]
        held["componentSpec"] = {k: v for k, v in spec.items() if not k.startswith("_") and k not in dropped}
    return hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()


def _faults(kind: Kind, thing: str, properties: Properties) -> Iterator[Fault]:
    shape = _SHAPES[kind]
    known: dict[str, type] = {**_SHARED, **shape.keys}
    for key, value in properties.items():
        if key not in known:
            yield Fault(thing, f'"{key[:60]}" is no property of {kind}', f"use {', '.join(sorted(known))}")
        elif not isinstance(value, known[key]):
            yield Fault(thing, f"{key} is no {known[key].__name__}", f"give {key} as {known[key].__name__}")
        elif key in shape.choices and value not in shape.choices[key]:
            yield Fault(thing, f'{key} is "{str(value)[:60]}"', f"use one of {', '.join(shape.choices[key])}")
    yield from _content_faults(shape, thing, properties)


def _content_faults(shape: _Shape, thing: str, properties: Properties) -> Iterator[Fault]:
    for key in shape.needed:
        if key not in properties:
            yield Fault(thing, f"has no {key}", f"give its {key}")
    for key in ("tags", "properties"):
        held = properties.get(key)
        if isinstance(held, dict) and not all(isinstance(value, str) for value in held.values()):
            yield Fault(thing, f"{key} holds what is no text", f"give every value of {key} as text")
    if len(str(properties.get("condaFile", ""))) > _LONGEST_CONDA:
        yield Fault(thing, f"its condaFile is longer than {_LONGEST_CONDA} characters", "name what is needed alone")
    spec = properties.get("componentSpec")
    if isinstance(spec, dict) and not isinstance(spec.get("type"), str):
        yield Fault(thing, "its componentSpec has no type", "send what the SDK makes of the component")


def _place(thing: str, uri: str) -> StorePath | JobOutput | Address:
    place = read_place(uri)
    if not isinstance(place, StorePath | JobOutput | Address):
        mend = "give a path in a datastore, an output of a job, or an address"
        raise SpecError(Fault(thing, f'"{uri[:200]}" is an asset, and no place of data', mend))
    return place


def _depth(value: object) -> int:
    """How deep it is nested, without recursion: it came from outside."""
    depth, level = 0, [value]
    while level and depth <= _DEEPEST:
        inner: list[object] = []
        for one in level:
            inner += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        depth, level = depth + 1, inner
    return depth
