"""What a plan or a state declares: resources with their values, some of which are known only after apply.

These values do not know any provider: the mapping of a provider into the cloister document stands on them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from cloister.origin import Origin
from cloister.sources.declared import Reference, Unknown, Value

__all__ = ["Declarations", "Declared", "Key", "Provider", "Reference", "Unknown", "Value"]

Key: TypeAlias = str | int | None
"""What tells the instances of a resource or a module apart: a key of for_each, a number of count, or nothing."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One instance of a resource or a data source that stands once the plan is applied.

    `name` is the label in the configuration; what the cloud calls it is among the values. `module` is the address of
    the module instance, empty for the root.
    """

    address: str
    type: str
    name: str
    values: dict[str, Value]
    origin: Origin
    module: str = ""
    key: Key = None
    mode: Literal["managed", "data"] = "managed"

    def at(self, attribute: str) -> Origin:
        """The place of one attribute, such as `azurerm_subnet.ml.address_prefixes`."""
        return Origin(self.origin.file, self.origin.line, self.origin.column, address=f"{self.address}.{attribute}")


@dataclass(frozen=True, slots=True)
class Provider:
    """The configuration of a provider; what is no constant and no input variable is `Unknown`."""

    name: str
    alias: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Declarations:
    """Everything that a plan, a state or a configuration declares, in its order.

    `incomplete` says why something may stand that is not among the resources; empty where all are.
    """

    file: str
    resources: tuple[Declared, ...]
    providers: tuple[Provider, ...] = ()
    incomplete: str = ""
    by_address: Mapping[str, Declared] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_address", {one.address: one for one in self.resources})

    def of_type(self, *types: str) -> Iterator[Declared]:
        """The managed resources of these types."""
        return (one for one in self.resources if one.mode == "managed" and one.type in types)
