"""The document of declared resources: each claims its place, writes what its rows say, and tells what none does."""

import json
from collections.abc import Iterable, Iterator

from cloister.facts.arm import ANY, ArmProperty, arm_properties, arm_types
from cloister.sources.arm.mapping.estate import Estate
from cloister.sources.arm.mapping.inline import with_inline
from cloister.sources.arm.mapping.kinds import CLAIMS, FILLS
from cloister.sources.arm.mapping.resource import Resource, items
from cloister.sources.arm.mapping.transforms import transformed
from cloister.sources.arm.mapping.unlisted import miss_unlisted
from cloister.sources.declared import Declared, Reference, Unknown, Value
from cloister.sources.draft import Draft, why

_PROPERTIES = "properties"
_BY_CODE = ("code", "ignored", "told", "children")
_UNKNOWN_TYPE = "nothing of it is judged: neither who reaches it, nor what it reaches"
_UNKNOWN_PROPERTY = "what it changes is not judged"


def fill(draft: Draft, declared: Iterable[Declared], *, listed: bool = False) -> None:
    """Put resources of Azure's own shape into a draft, wherever they were declared.

    Each has ARM's type, its own `name`, its `parent` (an id, or a reference to another declared resource), and as
    `values` the body: `properties`, `sku`, `kind`, `identity`, `location`, `apiVersion`. Values may be unknown or refer
    to other resources of the same draft, those that another reader put there as well. `listed`: they come from a list
    of what stands, which leaves parts out.
    """
    everything = tuple(with_inline(declared))
    estate = Estate(draft, _once(everything))
    known = arm_types()
    for type_ in known:
        for one in estate.of(type_):
            _claim(estate, one)
    for one in estate.resources:
        if one.type in known:
            _write(estate, one)
        else:
            estate.tell(one, "", f"is of type {one.declared.type}, which has no counterpart", _UNKNOWN_TYPE)
    estate.settle()
    _tell_doubled(estate, everything)
    if listed:
        miss_unlisted(estate)


def amend(draft: Draft, declared: Iterable[Declared]) -> None:
    """Write what resources state over what the draft holds of them already, whoever put it there; nothing else.

    Each refers by its identities to a resource that has its place; of one that has none, what it changes is told.
    """
    estate = Estate(draft, map(Resource, declared))
    for one in estate.resources:
        rows = arm_properties().get(one.type, {})
        if estate.path(one) is None:
            estate.tell(one, "", "changes a resource that the input does not describe", _UNKNOWN_PROPERTY)
            continue
        for row in rows.values():
            if row.how.partition(":")[0] not in _BY_CODE and one.get(row.property) is not None:
                _attribute(estate, one, row)
        _tell_rest(estate, one, rows)


def _once(resources: Iterable[Resource]) -> Iterator[Resource]:
    """One resource for each identity: what is stated apart stands for what is stated inside of another."""
    found: dict[str, Resource] = {}
    for one in resources:
        if one.identity not in found or found[one.identity].inline or not one.inline:
            found[one.identity] = one
    return iter(found.values())


def _tell_doubled(estate: Estate, everything: Iterable[Resource]) -> None:
    """Tell of resources that are stated twice, and not with the same properties."""
    for one in everything:
        kept = estate.find(one.identity)
        if kept is not None and kept is not one and kept.get(_PROPERTIES) != one.get(_PROPERTIES):
            what = f"is stated a second time, with other properties: {one.declared.address}"
            estate.tell(kept, _PROPERTIES, what, "only what is stated apart, or else last, is judged")


def _claim(estate: Estate, one: Resource) -> None:
    row, draft = arm_types()[one.type], estate.draft
    if row.stands in ("code", "part"):
        CLAIMS[one.type](estate, one)
    elif row.stands == "top":
        draft.claim((row.section,), one.name, one.place(), one.declared.identities)
    elif row.stands == "inner":
        above = draft.path_of(one.parent)
        if above is None:
            what = "is part of a resource that the input does not describe"
            estate.tell(one, "", what, "what it adds there is not judged")
        else:
            draft.claim((*above, row.section), one.name, one.place(), one.declared.identities)
    else:
        return
    if one.declared.doubt:
        _doubt(estate, one)


def _doubt(estate: Estate, one: Resource) -> None:
    """Leave out what perhaps does not stand; where it is a part of another resource, that one as a whole."""
    path, around = estate.path(one), estate.parent(one) or estate.owners.get(one.identity)
    if path is not None:
        estate.draft.doubt(path, one.declared.doubt, one.place())
    elif around is not None and (above := estate.path(around)) is not None:
        estate.draft.doubt(above, f"has a part that {one.declared.doubt}", one.place())


def _write(estate: Estate, one: Resource) -> None:
    row = arm_types()[one.type]
    if row.stands == "told":
        estate.tell(one, "", f"is of type {one.declared.type}", row.why)
    if row.stands in ("told", "ignored") or (row.section != "-" and estate.path(one) is None):
        return  # one that found no place was told when it claimed it
    rows = arm_properties().get(one.type, {})
    for prop in rows.values():
        word, _, argument = prop.how.partition(":")
        if word == "children":
            _hidden_children(estate, one, prop, arm_types()[argument.lower()].section)
        elif word not in _BY_CODE:
            _attribute(estate, one, prop)
    if one.type in FILLS:
        FILLS[one.type](estate, one)
    _tell_rest(estate, one, rows)


def _hidden_children(estate: Estate, one: Resource, row: ArmProperty, section: str) -> None:
    """Parts that are not told, all of them or one: nobody may take a filter for one without rules."""
    stated = one.get(row.property)
    untold = [entry for entry in items(stated) if isinstance(entry, Unknown | Reference)]
    if untold:
        estate.miss(one, section, why(untold[0]), row.property)


def _attribute(estate: Estate, one: Resource, row: ArmProperty) -> None:
    stated = one.get(row.property)
    value = _absent(one, row.absent) if stated is None else transformed(estate, row.how, stated)
    if value is not None:
        estate.put(one, row.attribute, value, row.property)


def _absent(one: Resource, absent: str) -> Value:
    """What the API takes where a property is not stated, None where that is the document's own default."""
    since, colon, text = absent.partition(": ")
    if not colon:
        since, text = "", absent
    version = one.get("apiVersion")
    if text == "-" or (since and not (isinstance(version, str) and version >= since)):
        return None
    found: Value = json.loads(text)
    return found


def _tell_rest(estate: Estate, one: Resource, rows: dict[str, ArmProperty]) -> None:
    every = arm_properties()[ANY]
    for path, leaf in _leaves(one.declared.values, ""):
        row = _row(path, rows) or _row(path, every)
        if isinstance(leaf, Unknown | Reference) and any(known.startswith(f"{path.lower()}.") for known in rows):
            continue  # what it hides is missing, attribute by attribute
        if row is None:
            estate.tell(one, path, f"states {path}, which has no counterpart", _UNKNOWN_PROPERTY)
        elif row.how == "told:always" or (row.how == "told" and leaf is not False):
            estate.tell(one, path, f"states {row.property}", row.why)


def _leaves(value: Value, path: str) -> Iterator[tuple[str, Value]]:
    """Every property that says something, by its path without the places in lists; once, however often it is stated."""
    seen: dict[str, Value] = {}
    _collect(value, path, seen)
    return iter(seen.items())


def _collect(value: Value, path: str, seen: dict[str, Value]) -> None:
    if isinstance(value, dict):
        for key, one in value.items():
            _collect(one, f"{path}.{key}" if path else key, seen)
    elif isinstance(value, list):
        for one in value:
            _collect(one, path, seen)
    elif isinstance(value, Unknown | Reference) or value not in (None, ""):
        seen.setdefault(path, value)


def _row(path: str, rows: dict[str, ArmProperty]) -> ArmProperty | None:
    """The row of the longest path that leads to a property."""
    parts = path.lower().split(".")
    for length in range(len(parts), 0, -1):
        row = rows.get(".".join(parts[:length]))
        if row:
            return row
    return None
