"""All resources of one input, and the document that they fill."""

from collections.abc import Iterable, Iterator
from functools import cached_property

from cloister.origin import Origin
from cloister.sources.arm.mapping.addresses import with_addresses
from cloister.sources.arm.mapping.resource import Resource, inner, items
from cloister.sources.declared import Reference, Unknown, Value, hidden
from cloister.sources.draft import Draft, identity_of
from cloister.sources.written import Path

MACHINE = "microsoft.compute/virtualmachines"
INTERFACES = "properties.networkProfile.networkInterfaces"
IDENTITY = "microsoft.managedidentity/userassignedidentities"
_OWN = ("identity.principalId",)


class Estate:
    """The resources by type, by identity and by what they stand in, with the draft that they fill."""

    def __init__(self, draft: Draft, resources: Iterable[Resource]) -> None:
        self.draft = draft
        self._late: list[tuple[Path, Value, Origin]] = []
        self.resources = tuple(resources)
        self._by_identity: dict[str, Resource] = {}
        self._by_type: dict[str, list[Resource]] = {}
        self._by_parent: dict[str, list[Resource]] = {}
        for one in self.resources:
            for identity in (one.identity, *one.declared.identities):
                self._by_identity.setdefault(identity.lower(), one)
            self._by_type.setdefault(one.type, []).append(one)
            self._by_parent.setdefault(one.parent, []).append(one)

    def of(self, type_: str) -> list[Resource]:
        """The resources of a type."""
        return self._by_type.get(type_.lower(), [])

    def find(self, value: Value) -> Resource | None:
        """The resource that a value refers to, if the input describes it."""
        identity = identity_of(value)
        return self._by_identity.get(identity.lower()) if identity else None

    def children(self, one: Resource, type_: str) -> Iterator[Resource]:
        """The resources of a type that stand in another."""
        for identity in dict.fromkeys((one.identity, *(text.lower() for text in one.declared.identities))):
            yield from (child for child in self._by_parent.get(identity, ()) if child.type == type_.lower())

    def parent(self, one: Resource) -> Resource | None:
        """The resource that another stands in."""
        return self._by_identity.get(one.parent)

    @cached_property
    def owners(self) -> dict[str, Resource]:
        """The machine of each interface, by the interface's identity."""
        found: dict[str, Resource] = {}
        for machine in self.of(MACHINE):
            for entry in items(machine.get(INTERFACES)):
                interface = self.find(inner(entry, "id"))
                if interface is not None:
                    found.setdefault(interface.identity, machine)
        return found

    @cached_property
    def identities(self) -> dict[str, Resource]:
        """The resource of each managed identity that the input shows, by the identity's object id."""
        found: dict[str, Resource] = {}
        for one in self.resources:
            for prop in ("identity.principalId", "properties.principalId") if one.type == IDENTITY else _OWN:
                stated = one.get(prop)
                if isinstance(stated, str):
                    found.setdefault(stated.lower(), one)
        return found

    @cached_property
    def carriers(self) -> dict[str, list[Resource]]:
        """The resources that carry each shared identity, by the identity's own."""
        found: dict[str, list[Resource]] = {}
        for one in self.resources:
            stated = one.get("identity.userAssignedIdentities")
            for key in stated if isinstance(stated, dict) else ():
                shared = self.find(key)
                if shared is not None:
                    found.setdefault(shared.identity, []).append(one)
        return found

    def path(self, one: Resource) -> Path | None:
        """Where a resource stands in the document."""
        return self.draft.path_of(one.identity)

    def put(self, one: Resource, attribute: str, value: Value, prop: str) -> None:
        """Write an attribute of a resource, which its property `prop` states."""
        path = self.path(one)
        if path is not None:
            self.write((*path, attribute), value, one.place(prop))

    def write(self, path: Path, value: Value, place: Origin) -> None:
        """Write a value at a path; what refers to another resource once more, when all addresses are known."""
        self.draft.put(path, value, place)
        if isinstance(hidden(value), Reference):
            self._late.append((path, value, place))

    def settle(self) -> None:
        """Give the addresses that only a deployment gives, and write what refers to them."""
        self.draft.settle()
        for path, value, place in self._late:
            self.draft.put(path, with_addresses(self.draft, value), place)

    def refer(self, one: Resource, attribute: str, value: Value, sections: Iterable[str], prop: str) -> None:
        """Write an attribute that is the name of another resource."""
        path = self.path(one)
        if path is not None:
            self.draft.refer((*path, attribute), value, sections, one.place(prop))

    def words(self, values: Iterable[Value], sections: Iterable[str]) -> Value:
        """The names of several resources; unknown where one of them is."""
        found = [self.draft.word(value, sections) for value in values]
        untold = next((word for word in found if isinstance(word, Unknown)), None)
        return untold or [word for word in found if word is not None]

    def tell(self, one: Resource, prop: str, what: str, consequence: str) -> None:
        """Tell that something of a resource has no counterpart."""
        self.draft.tell(one.declared.address, what, consequence, one.place(prop))

    def miss(self, one: Resource, attribute: str, what: str, prop: str) -> None:
        """Remember that the input does not tell an attribute."""
        path = self.path(one)
        if path is not None:
            self.draft.miss((*path, attribute), what, one.place(prop))
