"""The schema of the azurerm provider, out of the bindings that HashiCorp generated from it for JavaScript.

Each folder of the package @cdktf/provider-azurerm is one resource. Its index.js lists every argument with the kind of
its value, in a table of the resource and in one of each block; comments name the attributes that only Azure gives. Its
index.d.ts says which arguments are required. What the bindings do not hold is lost: which values are allowed, and which
optional arguments Azure fills in itself.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_CLASS = re.compile(
    r"^class (\w+) extends cdktf\.Terraform(Resource|DataSource|Provider) \{$(.*?)^\}$", re.MULTILINE | re.DOTALL
)
_STRUCT_CLASS = re.compile(
    r"^class (\w+)OutputReference extends cdktf\.ComplexObject \{$(.*?)^\}$", re.MULTILINE | re.DOTALL
)
_OWN_TABLE = re.compile(r"synthesizeHclAttributes\(\) \{(.*?)^    \}$", re.MULTILINE | re.DOTALL)
_STRUCT_TABLE = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{(.*?)^\}$", re.MULTILINE | re.DOTALL)
_ARGUMENT = re.compile(
    r"^\s+(\w+): \{\s+value: [^\n]+\s+isBlock: (true|false),\s+type: \"(\w+)\",\s+storageClassType: \"(\w+)\",",
    re.MULTILINE,
)
_GIVEN = re.compile(
    r"// (\w+) - computed: true, optional: false, required: false\n[^\n]*\n?([^\n]*(?:get(\w+)Attribute\()?[^\n]*)"
)
_GETTER = re.compile(r"this\.get(\w+?)Attribute\(")
_NESTED = re.compile(r"new (\w+?)(List|Map|OutputReference)\(this, \"(\w+)\"(?:, (true|false))?\)")
_TYPE_NAME = re.compile(r"tfResourceType = \"(\w+)\"")
_INTERFACE = re.compile(r"^export interface (\w+)[^{]*\{(.*?)^\}$", re.MULTILINE | re.DOTALL)
_MEMBER = re.compile(r"#(\w+) [^\n]*\}(?:(?!readonly)[\s\S])*?readonly \w+(\??):")
_VERSION = re.compile(r"providerVersion: '([\d.]+)'")
_SIMPLE = {"string": "string", "number": "number", "boolean": "bool"}
_GETTERS: Mapping[str, Any] = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "List": ["list", "string"],
    "NumberList": ["list", "number"],
    "StringMap": ["map", "string"],
    "NumberMap": ["map", "number"],
    "BooleanMap": ["map", "bool"],
}
_SECTIONS = {"Resource": "resources", "DataSource": "data_sources", "Provider": "provider"}

Schema = dict[str, Any]


def schema_of(package: Path) -> Schema:
    """Every resource and data source by type, the provider itself, and its version."""
    found: Schema = {"version": "", "resources": {}, "data_sources": {}, "provider": {}}
    for folder in sorted(path for path in package.iterdir() if (path / "index.js").is_file()):
        bindings = _Bindings((folder / "index.js").read_text("utf-8"), (folder / "index.d.ts").read_text("utf-8"))
        found["version"] = found["version"] or bindings.version
        for section, name, block in bindings.blocks():
            found[section][name] = block
    return found


class _Bindings:
    """The bindings of one resource."""

    def __init__(self, code: str, types: str) -> None:
        self._code = code
        self._tables = {match[1]: match[2] for match in _STRUCT_TABLE.finditer(code)}
        self._classes = {match[1]: match[2] for match in _STRUCT_CLASS.finditer(code)}
        self._required = {match[1]: _required(match[2]) for match in _INTERFACE.finditer(types)}

    @property
    def version(self) -> str:
        """The version of the provider that the bindings were made from."""
        match = _VERSION.search(self._code)
        return match[1] if match else ""

    def blocks(self) -> Iterator[tuple[str, str, Schema]]:
        """The resource, data source or provider that these are the bindings of."""
        for match in _CLASS.finditer(self._code):
            name, kind, body = match.groups()
            type_name, table = _TYPE_NAME.search(self._code), _OWN_TABLE.search(body)
            if table is not None:
                spelled = type_name[1] if type_name else "azurerm"
                yield _SECTIONS[kind], spelled, self._block(table[1], body, self._required.get(f"{name}Config", set()))

    def _block(self, table: str, body: str, required: set[str]) -> Schema:
        attributes: Schema = {}
        blocks: Schema = {}
        single = {name for _, kind, name, _ in _NESTED.findall(body) if kind == "OutputReference"}
        for name, is_block, mode, stored in _ARGUMENT.findall(table):
            if is_block == "true":
                blocks[name] = self._nested(mode, stored, one=name in single, needed=name in required)
            else:
                how = {"required": True} if name in required else {"optional": True}
                attributes[name] = {"type": _type(mode, stored), **how}
        nested = {name: (kind, is_set) for kind, _, name, is_set in _NESTED.findall(body)}
        for name, line, _ in _GIVEN.findall(body):
            if name not in attributes and name not in blocks:
                attributes[name] = {"type": self._given(name, line, nested), "computed": True}
        return {"attributes": attributes, "blocks": blocks}

    def _nested(self, mode: str, stored: str, *, one: bool, needed: bool) -> Schema:
        struct = stored if mode == "struct" else re.sub(r"(List|Set|Map)$", "", stored)
        block = self._struct(struct)
        limits = ({"max": 1} if one and mode != "struct" else {}) | ({"min": 1} if needed else {})
        return {"nesting": "single" if mode == "struct" else mode, "block": block, **limits}

    def _struct(self, struct: str) -> Schema:
        table = self._tables.get(struct[0].lower() + struct[1:], "")
        return self._block(table, self._classes.get(struct, ""), self._required.get(struct, set()))

    def _given(self, name: str, line: str, nested: Mapping[str, tuple[str, str]]) -> Any:  # noqa: ANN401 - a type as JSON
        """The type of an attribute that Azure gives: from its getter, or from the class of its objects."""
        getter = _GETTER.search(line)
        if getter is not None:
            return _GETTERS.get(getter[1], "string")
        if name not in nested:
            return "dynamic"
        struct, is_set = nested[name]
        inner = self._struct(struct)["attributes"]
        shape = {key: one["type"] for key, one in inner.items()}
        return ["set" if is_set == "true" else "list", ["object", shape]]


def _required(interface: str) -> set[str]:
    return {name for name, optional in _MEMBER.findall(interface) if not optional}


def _type(mode: str, stored: str) -> Any:  # noqa: ANN401 - a type as JSON
    """The type of an argument, as Terraform spells types in JSON."""
    if stored in _SIMPLE:
        return _SIMPLE[stored]
    inner = re.sub(r"(List|Set|Map)+$", "", stored)
    depth = len(re.findall(r"List|Set|Map", stored))
    kind: Any = _SIMPLE.get(inner, "dynamic")
    if kind == "dynamic" or mode not in ("list", "set", "map"):
        return "dynamic"
    for _ in range(max(depth - 1, 0)):
        kind = ["list", kind]
    return [mode, kind]
