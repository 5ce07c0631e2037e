"""A declared resource of Azure's own shape, read by dotted paths."""

from dataclasses import dataclass

from cloister.origin import Origin
from cloister.sources.declared import Declared, Unknown, Value, at
from cloister.sources.draft import identity_of

_PROPERTIES = "properties"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource. `declared.values` is its body: `properties`, `sku`, `kind`, `identity`, `apiVersion` and so on.

    `inline`: it is written inside of another, and not apart.
    """

    declared: Declared
    inline: bool = False

    @property
    def type(self) -> str:
        """Its type in lower case: Azure does not tell cases apart."""
        return self.declared.type.lower()

    @property
    def identity(self) -> str:
        """The text by which others refer to it, in lower case."""
        return self.declared.identities[0].lower() if self.declared.identities else self.declared.address.lower()

    @property
    def parent(self) -> str:
        """The text by which it refers to what it stands in, in lower case."""
        return (identity_of(self.declared.parent) or "").lower()

    @property
    def name(self) -> str:
        """Its name, or what stands in for it."""
        name = self.declared.name
        if isinstance(name, Unknown) and name.text:
            return name.text
        return name if isinstance(name, str) and name else self.type.rpartition("/")[2]

    def get(self, path: str) -> Value:
        """What stands at a dotted path, None where nothing does."""
        return at(self.declared.values, *path.split("."))

    def place(self, path: str = "") -> Origin:
        """Where the resource stands, or one of its properties."""
        return self.declared.place_of(path) if path else self.declared.place


def items(value: Value) -> list[Value]:
    """The items of a list; of anything else, itself, and nothing of None."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def inner(value: Value, path: str) -> Value:
    """What stands at a dotted path of a value; `az NOUN show` prints the properties of a part beside its name."""
    first, _, rest = path.partition(".")
    if rest and first == _PROPERTIES and isinstance(value, dict) and _PROPERTIES not in value:
        path = rest
    return at(value, *path.split("."))
