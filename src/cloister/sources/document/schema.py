"""The published JSON Schema of `cloister.yaml`, written from the models.

`python -m cloister.sources.document.schema` prints it; a test fails when the file in the package is stale. It says what
an author may write. What must be there once the blueprint is laid under, only the reader can tell, so the schema asks
for little, and it takes `null` everywhere, because null removes what a blueprint states.
"""

import json
from typing import Any

from cloister.inventory import aws
from cloister.sources.aws.document.root import Document as AwsDocument
from cloister.sources.document.root import Document
from cloister.sources.document.words import Block

SCHEMA_FILE = "cloister.schema.json"
_NULL = {"type": "null"}


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12)."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "cloister.yaml"}
    in_aws = {"properties": {"cloud": {"enum": [cloud.value for cloud in aws.Cloud]}}, "required": ["cloud"]}
    roots, blocks = _by_cloud({"Azure": Document, "Aws": AwsDocument})
    return {**head, "if": in_aws, "then": roots["Aws"], "else": roots["Azure"], "$defs": blocks}


def _by_cloud(documents: dict[str, type[Block]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """References to the documents for each cloud, and all blocks, those of each cloud under names of their own."""
    roots: dict[str, Any] = {}
    blocks: dict[str, Any] = {}
    for cloud, document in documents.items():
        raw = document.model_json_schema(ref_template=f"#/$defs/{cloud}.{{model}}")
        inner = {f"{cloud}.{name}": _closed(block) for name, block in sorted(raw.pop("$defs").items())}
        blocks |= {f"{cloud}.Document": _root(raw), **inner}
        roots[cloud] = {"$ref": f"#/$defs/{cloud}.Document"}
    return roots, blocks


def _root(raw: dict[str, Any]) -> dict[str, Any]:
    """The document itself: the version is all that has to stand in it, and cannot be null."""
    root = _closed(raw)
    root["properties"] = {"version": raw["properties"]["version"], **_without(root["properties"], "version")}
    return {**_without(root, "title"), "required": ["version"]}


def schema_text() -> str:
    """The schema as the file in the package holds it."""
    return json.dumps(schema(), indent=1) + "\n"


def _closed(block: dict[str, Any]) -> dict[str, Any]:
    """A block that asks for nothing, knows only its own keys, and lets each be null."""
    if "properties" not in block:
        return _without(block, "title")
    properties = {key: _or_null(_without(part, "title")) for key, part in block["properties"].items()}
    return {**_without(block, "title", "required"), "properties": properties}


def _or_null(part: dict[str, Any]) -> dict[str, Any]:
    """The same, or null; members of a mapping by name may be null as well, and names must have their form."""
    part = dict(part)
    if "patternProperties" in part:
        named = {pattern: _or_null(inner) for pattern, inner in part["patternProperties"].items()}
        part |= {"patternProperties": named, "additionalProperties": False}
    elif isinstance(part.get("additionalProperties"), dict):
        part["additionalProperties"] = _or_null(part["additionalProperties"])
    if _NULL in part.get("anyOf", ()):
        return part
    notes: dict[str, Any] = {key: part.pop(key) for key in ("description", "default") if key in part}
    return {"anyOf": [part, _NULL], **notes}


def _without(mapping: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in keys}


if __name__ == "__main__":
    print(schema_text(), end="")  # noqa: T201 - this is what the command is for
