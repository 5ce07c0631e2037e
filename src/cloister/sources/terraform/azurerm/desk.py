"""What every kind works with: the resources that are declared, the document in the making, and who refers to whom."""

from collections.abc import Iterator

from cloister.facts.azurerm import NONE, azurerm_types
from cloister.sources.declared import Reference, Unknown, Value
from cloister.sources.draft import Draft
from cloister.sources.terraform.values import Declarations, Declared
from cloister.sources.written import Path

_ID = "/providers/"
_FEW = 4
_GROUP = "resource_group_name"


class Desk:
    """The declared resources beside the document that they are put into."""

    def __init__(self, declarations: Declarations) -> None:
        self.declarations = declarations
        self.draft = Draft(declarations.file)
        self._by_id: dict[str, str] = {}
        self._by_name: dict[tuple[str, str], list[Declared]] = {}
        self._told: dict[tuple[str, str], list[Declared]] = {}
        for one in declarations.resources:
            self._index(one)

    def _index(self, one: Declared) -> None:
        own = one.values.get("id")
        for identity in (own, _standard_id(one)):
            if isinstance(identity, str) and _ID in identity:
                self._by_id.setdefault(_without_subscription(identity), one.address)
        name = one.values.get("name")
        if isinstance(name, str):
            self._by_name.setdefault((one.type, name.lower()), []).append(one)

    def resources(self, *types: str) -> Iterator[Declared]:
        """The resources of these types; those that are only looked up as well."""
        return (one for one in self.declarations.resources if one.type in types)

    def path(self, one: Declared) -> Path | None:
        """The place of a resource in the document, if it has one."""
        return self.draft.path_of(Reference(one.address))

    def resolved(self, value: Value) -> Value:
        """A value in which ids of declared resources are references to them."""
        if isinstance(value, list):
            return [self.resolved(item) for item in value]
        if isinstance(value, str) and _ID in value:
            address = self._by_id.get(_without_subscription(value))
            return Reference(address) if address else value
        return value

    def address_of(self, identity: str) -> str | None:
        """The address of the declared resource that has an id."""
        return self._by_id.get(_without_subscription(identity))

    def referred(self, value: Value, *types: str) -> Declared | None:
        """The one resource of these types that a value refers to, if it is told."""
        value = self.resolved(value)
        references = value.among if isinstance(value, Unknown) else (value,)
        addresses = {one.address for one in references if isinstance(one, Reference)}
        found = [one for address in addresses if (one := self.declarations.by_address.get(address)) is not None]
        fitting = [one for one in found if one.type in types]
        return fitting[0] if len(fitting) == 1 else None

    def named(self, name: Value, group: Value, *types: str) -> Declared | None:
        """The one resource of these types that has a name, in a resource group where several have it."""
        if not isinstance(name, str):
            return self.referred(name, *types)
        found = [one for kind in types for one in self._by_name.get((kind, name.lower()), ())]
        if len(found) > 1:
            found = [one for one in found if _text(one.values.get(_GROUP)) == _text(group)]
        return found[0] if len(found) == 1 and _may_stand_in(found[0], group) else None

    def put(self, one: Declared, path: Path, attribute: str, value: Value) -> None:
        """Write what an attribute of a resource says, with the attribute's place."""
        self.draft.put(path, self.resolved(value), one.at(attribute))

    def refer(self, one: Declared, path: Path, attribute: str, *sections: str) -> None:
        """Write the name of the resource that an attribute refers to."""
        self.draft.refer(path, self.resolved(one.values.get(attribute)), sections, one.at(attribute))

    def word(self, value: Value, *sections: str) -> str | Unknown | None:
        """What the document calls the resource that a value refers to."""
        return self.draft.word(self.resolved(value), sections)

    def homeless(self, one: Declared, attribute: str, *types: str) -> None:
        """Tell of a part of something of these types that is not in the document, and so in nothing that is judged.

        Where it is not told what the part belongs to, all that it may belong to is open.
        """
        possible = [path for owner in self._possible(one, attribute, types) if (path := self.path(owner)) is not None]
        for path in possible:
            what = f"may be what {one.address} is a part of, which is not told"
            self.draft.miss(path, what, one.at(attribute))
        if possible:
            return
        what = f"belongs to what {attribute} names, which the input does not describe"
        self.draft.tell(one.address, what, "it is judged as if it were not there", one.at(attribute))

    def _possible(self, one: Declared, attribute: str, types: tuple[str, ...]) -> list[Declared]:
        """What a part may belong to: those that its value may be, or all of a name, if neither tells which it is."""
        value, group = self.resolved(one.values.get(attribute)), one.values.get(_GROUP)
        if isinstance(value, Unknown):
            among = {reference.address for reference in value.among}
            every = list(self.resources(*types))
            return [owner for owner in every if owner.address in among] or every
        if not isinstance(value, str):
            return []
        named = [owner for kind in types for owner in self._by_name.get((kind, value.lower()), ())]
        return [owner for owner in named if _may_stand_in(owner, group)]

    def not_judged(self, one: Declared, attribute: str, consequence: str) -> None:
        """Tell, once for all resources of the type, of an attribute or (empty) a whole type that nothing is made of."""
        key = (f"{one.type}.{attribute}" if attribute else one.type, consequence)
        self._told.setdefault(key, []).append(one)

    def tell_all(self) -> None:
        """Hand what is not judged to the document."""
        for (thing, consequence), where in self._told.items():
            if where:
                what = f"is stated in {_listed(where)}" if "." in thing else f"is the type of {_listed(where)}"
                attribute = thing.partition(".")[2]
                place = where[0].at(attribute) if attribute else where[0].origin
                self.draft.tell(thing, what, consequence, place)


def _listed(where: list[Declared]) -> str:
    names = ", ".join(one.address for one in where[:_FEW])
    return f"{names} and {len(where) - _FEW} more" if len(where) > _FEW else names


def _may_stand_in(one: Declared, group: Value) -> bool:
    """Whether nothing tells that a resource stands in another resource group."""
    own = one.values.get(_GROUP)
    return not (isinstance(own, str) and isinstance(group, str)) or own.lower() == group.lower()


def _text(value: Value) -> str:
    return value.lower() if isinstance(value, str) else str(value)


def _without_subscription(identity: str) -> str:
    """An id from its resource group on, or from the provider where it has none, in small letters."""
    lower = identity.lower()
    at = lower.find("/resourcegroups/")
    return lower[at:] if at >= 0 else lower[lower.find(_ID) :]


def _standard_id(one: Declared) -> str | None:
    """The id that a resource will have, as far as its names tell."""
    known = azurerm_types().get(one.type)
    group, name = one.values.get("resource_group_name"), one.values.get("name")
    if known is None or known.arm == NONE or not isinstance(group, str) or not isinstance(name, str):
        return None
    provider, *kinds = known.arm.split("/")
    names = [name]
    if len(kinds) > 1:
        parent = one.values.get("virtual_network_name")
        names = [parent, name] if isinstance(parent, str) else []
    if len(names) != len(kinds):
        return None
    pairs = "/".join(f"{kind}/{own}" for kind, own in zip(kinds, names, strict=True))
    return f"/resourceGroups/{group}/providers/{provider}/{pairs}"
