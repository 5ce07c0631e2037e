"""Resources that are written inside of others: subnets in a network, rules in a filter."""

from collections.abc import Iterable, Iterator

from cloister.facts.arm import arm_properties
from cloister.sources.arm.mapping.resource import Resource, items
from cloister.sources.declared import Declared, Unknown, Value, member

_CHILDREN = "children:"
_FRAME = ("name", "id", "type", "etag")


def with_inline(resources: Iterable[Declared], *, inline: bool = False) -> Iterator[Resource]:
    """Every resource, and every one that is written inside of another, as a resource of its own."""
    for declared in resources:
        yield Resource(declared, inline=inline)
        rows = arm_properties().get(declared.type.lower(), {})
        for row in rows.values():
            if row.how.startswith(_CHILDREN):
                inside = _children(declared, row.property, row.how.removeprefix(_CHILDREN))
                yield from with_inline(inside, inline=True)


def _children(declared: Declared, path: str, type_: str) -> Iterator[Declared]:
    value = Resource(declared).get(path)
    if isinstance(value, dict):  # an object of parts by name: the outbound rules of a workspace
        value = [{"name": name, "properties": one} for name, one in value.items()]
    for place, one in enumerate(items(value)):
        if isinstance(one, dict):
            yield _child(declared, f"{path}[{place}]", one, type_)


def _with_properties(one: dict[str, Value]) -> dict[str, Value]:
    """A part with its properties under that name, where `az NOUN show` prints them beside its own."""
    if member(one, "properties") is not None:
        return one
    frame = {key: value for key, value in one.items() if key in _FRAME}
    return {**frame, "properties": {key: value for key, value in one.items() if key not in _FRAME}}


def _child(declared: Declared, path: str, one: dict[str, Value], type_: str) -> Declared:
    name = member(one, "name")
    text = name.text if isinstance(name, Unknown) else name
    key = text if isinstance(text, str) and text else path.rpartition(".")[2]
    identities = tuple(f"{identity}/{type_.rpartition('/')[2]}/{key}" for identity in declared.identities)
    stated = member(one, "id")
    return Declared(
        address=f"{declared.address}.{path}",
        type=type_,
        name=name if isinstance(name, str | Unknown) else key,
        values={"apiVersion": declared.values.get("apiVersion"), **_with_properties(one)},
        file=declared.file,
        parent=declared.identities[0] if declared.identities else declared.address,
        identities=(*identities, stated) if isinstance(stated, str) else identities,
        doubt=declared.doubt,
    )
