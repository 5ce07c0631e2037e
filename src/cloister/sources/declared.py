"""A resource as its source declares it, evaluated as far as the input tells: for readers of plans and templates."""

from dataclasses import dataclass

from cloister.origin import Origin


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that the input has but does not tell; `why` says so in one clause: "is known only after apply".

    `text` stands in where a name is needed: the same text for the same value. Nothing may be decided by it.
    `among` holds the references of which it is one, or of which it is made, where all of them are known.
    `stated` is false where the author left it to the cloud, so that its default may be known.
    """

    why: str
    text: str | None = None
    among: "tuple[Reference, ...]" = ()
    stated: bool = True


@dataclass(frozen=True, slots=True)
class Reference:
    """A value that is an attribute of another declared resource, and known by that alone."""

    address: str
    attribute: str = "id"

    def __str__(self) -> str:
        dot = "." if self.attribute and not self.attribute.startswith("[") else ""
        return f"{self.address}{dot}{self.attribute}"


Scalar = str | int | float | bool | None | Unknown | Reference
Value = Scalar | list["Value"] | dict[str, "Value"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One resource. `address` is what its source calls it, and `values` are its attributes in the source's own form.

    `identities` are the texts by which others refer to it: its id, its address. `parent` is the id of the resource, or
    the group, that it stands in, or a reference to it; `name` is its own name, without those of its parents. `doubt`
    says why the input does not tell whether it stands at all; empty where it does.
    """

    address: str
    type: str
    name: Value
    values: dict[str, Value]
    file: str
    parent: Value = None
    identities: tuple[str, ...] = ()
    doubt: str = ""

    @property
    def place(self) -> Origin:
        """Where the resource stands."""
        return Origin(self.file, 0, address=self.address)

    def place_of(self, attribute: str) -> Origin:
        """Where one of its attributes stands."""
        return Origin(self.file, 0, address=f"{self.address}.{attribute}")


def at(values: Value, *path: str) -> Value:
    """What stands at `path`; None where nothing does, and the unknown value on the way where one hides it."""
    here = values
    for part in path:
        if isinstance(here, Unknown | Reference):
            return here
        if not isinstance(here, dict):
            return None
        here = member(here, part)
    return here


def member(values: "dict[str, Value]", key: str) -> Value:
    """The member under `key`, whatever its letters' case, as Azure reads it."""
    if key in values:
        return values[key]
    lower = key.lower()
    return next((value for name, value in values.items() if name.lower() == lower), None)


def hidden(value: Value) -> Unknown | Reference | None:
    """The first value inside that is not told, if there is one."""
    if isinstance(value, Unknown | Reference):
        return value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for one in inner if (found := hidden(one)) is not None), None)
