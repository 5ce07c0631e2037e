"""All resources of one input as parts: seen through the table, whichever language they were written in."""

from collections.abc import Callable, Iterable, Iterator

from cloister.facts.aws_shapes import ANY, AwsProperty, Language, aws_properties, kinds_of_types
from cloister.origin import Origin
from cloister.sources.declared import Declared, Reference, Unknown, Value, at
from cloister.sources.draft import Draft, identity_of
from cloister.sources.written import Path


class Part:
    """A resource, or an item inside of one, of a kind of the table."""

    def __init__(self, estate: "Estate", declared: Declared, kind: str, values: Value, inside: str = "") -> None:
        self.estate = estate
        self.declared = declared
        self.kind = kind
        self.values = values
        self.inside = inside

    def raw(self, attribute: str) -> Value:
        """What is written for an attribute; None where nothing is, or where the author left it to the cloud."""
        return self.raw_of(self.row(attribute))

    def raw_of(self, row: AwsProperty) -> Value:
        """The same for a row, which may be one that holds for every kind."""
        for path in row.paths(self.estate.language):
            found = _at(self.values, path)
            if found is not None and not (isinstance(found, Unknown) and not found.stated):
                return self.estate.resolved(found)
        return None

    def row(self, attribute: str) -> AwsProperty:
        """The row of an attribute."""
        return aws_properties()[self.kind][attribute]

    def items(self, attribute: str) -> "list[Part]":
        """The items of a list, each a part of the kind that the row names."""
        found = self.raw(attribute)
        kind = self.row(attribute).how.partition(":")[2]
        several = found if isinstance(found, list) else [] if found is None else [found]
        inside = self.written(attribute)
        return [Part(self.estate, self.declared, kind, one, f"{inside}[{n}]") for n, one in enumerate(several)]

    def written(self, attribute: str) -> str:
        """Where an attribute is written, from the resource on."""
        paths = self.row(attribute).paths(self.estate.language)
        path = next((path for path in paths if _at(self.values, path) is not None), paths[0] if paths else attribute)
        return f"{self.inside}.{path}" if self.inside else path

    def place(self, attribute: str = "") -> Origin:
        """Where the part stands, or one of its attributes."""
        inside = self.written(attribute) if attribute else self.inside
        return self.declared.place_of(inside) if inside else self.declared.place

    @property
    def name(self) -> str:
        """The name by which a reader would call it: its own where it has one, else that in the source."""
        name = self.declared.name
        return name if isinstance(name, str) and name else self.kind

    @property
    def path(self) -> Path | None:
        """Where it stands in the document."""
        return self.estate.draft.path_of(Reference(self.declared.address))


class Estate:
    """The resources by kind and by address, with the draft that they fill.

    `spell` gives the text that a reference is in the middle of a text, such as an ARN in a policy, where that is known.
    """

    def __init__(
        self, draft: Draft, language: Language, declared: Iterable[Declared], spell: Callable[[Reference], Value]
    ) -> None:
        self.draft = draft
        self.language = language
        self.spell = spell
        self.strangers: list[Declared] = []
        self._by_kind: dict[str, list[Part]] = {}
        self._by_address: dict[str, Part] = {}
        types = kinds_of_types(language)
        for one in declared:
            if one.type not in types:
                self.strangers.append(one)
                continue
            part = Part(self, one, types[one.type].kind, dict(one.values))
            self._by_kind.setdefault(part.kind, []).append(part)
            for identity in (one.address, *one.identities):
                self._by_address.setdefault(identity.lower(), part)

    def of(self, *kinds: str) -> Iterator[Part]:
        """The resources of some kinds."""
        for kind in kinds:
            yield from self._by_kind.get(kind, ())

    def find(self, value: Value, *kinds: str) -> Part | None:
        """The resource that a value refers to, if the input describes it and it is of one of the kinds, or of any."""
        identity = identity_of(value)
        found = self._by_address.get(identity.lower()) if identity else None
        return found if found and (not kinds or found.kind in kinds) else None

    def named(self, kind: str, value: Value) -> Part | None:
        """The resource of a kind that states a text as its name."""
        found = (one for one in self.of(kind) if isinstance(value, str) and at(one.values, "name") == value)
        return next(found, None)

    def resolved(self, value: Value) -> Value:
        """A reference to an attribute that the other resource states, as what that says."""
        part = self.find(value) if isinstance(value, Reference) else None
        if part is None or not isinstance(value, Reference) or not value.attribute:
            return value
        found = at(part.values, value.attribute) if isinstance(part.values, dict) else None
        return found if isinstance(found, str | int | float | bool) and not _names(value) else value

    def put(self, part: Part, attribute: str, value: Value, source: str = "") -> None:
        """Write an attribute of a resource of the document, which `source` of the part states."""
        if part.path is not None:
            self.draft.put((*part.path, attribute), value, part.place(source or attribute))

    def words(self, values: Iterable[Value], *sections: str) -> Value:
        """The names of several resources; unknown where one of them is."""
        found = [self.draft.word(value, sections) for value in values]
        untold = next((word for word in found if isinstance(word, Unknown)), None)
        return untold or list(dict.fromkeys(word for word in found if isinstance(word, str)))

    def homeless(self, part: Part, attribute: str, consequence: str, *kinds: str, key: str = "") -> None:
        """Tell of a part of something of these kinds that the input does not describe.

        Where it is not told what the part belongs to, all that it may belong to is open: whole, or its attribute `key`.
        """
        value = part.raw(attribute)
        among = {one.address for one in value.among} if isinstance(value, Unknown) else set()
        owners = [one for one in self.of(*kinds) if one.path is not None] if isinstance(value, Unknown) else []
        possible = [one for one in owners if one.declared.address in among] or owners
        for owner in possible:
            what = f"may be what {part.declared.address} is a part of, which is not told"
            self.draft.miss((*(owner.path or ()), *([key] if key else [])), what, part.place(attribute))
        if not possible:
            self.tell(part, f"belongs to what {attribute} names, which the input does not describe", consequence)

    def tell(self, part: Part, what: str, consequence: str, attribute: str = "") -> None:
        """Tell that something of a resource has no counterpart."""
        self.draft.tell(part.declared.address, what, consequence, part.place(attribute))


def rows_of(kind: str) -> dict[str, AwsProperty]:
    """The rows of a kind, with those that hold for every one."""
    return {**aws_properties()[ANY], **aws_properties().get(kind, {})}


def _names(reference: Reference) -> bool:
    """Whether a reference means the resource itself, not one of its attributes."""
    return reference.attribute in ("Ref", "id", "arn", "name", "Arn")


def _at(values: Value, path: str) -> Value:
    """What stands at a dotted path; of a list with one item on the way, as Terraform writes blocks, that item."""
    here = values
    for part in path.split("."):
        if isinstance(here, list):
            here = here[0] if len(here) == 1 else None
        here = at(here, part)
        if here is None or isinstance(here, Unknown | Reference):
            return here
    return here
