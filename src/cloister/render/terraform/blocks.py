"""Resource blocks, references between them, and the words of Terraform's JSON syntax.

Every string in Terraform's JSON is a template. Text from an inventory is escaped, so that a name such as `${file("x")}`
stays a name; only an `Expression`, which this module makes, is left to be evaluated.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cloister.errors import Fault
from cloister.origin import Origin

_PREFIX = "azurerm_"


class Expression(str):
    """A Terraform expression, such as `${azurerm_subnet.ml_compute.id}`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Block:
    """One resource: its kind without the provider's prefix, the name that its label is made from, and its arguments."""

    kind: str
    name: str
    arguments: Mapping[str, object]
    origin: Origin
    address: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", f"{_PREFIX}{self.kind}.{label(self.name)}")


def label(name: str) -> str:
    """A valid Terraform identifier for a name: letters, digits and underscores, no leading digit."""
    word = re.sub(r"[^0-9A-Za-z_]", "_", name)
    return word if re.match(r"[A-Za-z_]", word) else f"_{word}"


def reference(kind: str, name: str, attribute: str = "id") -> Expression:
    """The expression that reads an attribute of another resource."""
    return Expression(f"${{{address(kind, name)}.{attribute}}}")


def address(kind: str, name: str) -> str:
    """Where a resource is found in the configuration, for `depends_on`."""
    return f"{_PREFIX}{kind}.{label(name)}"


def variable(name: str) -> Expression:
    """The expression that reads an input variable."""
    return Expression(f"${{var.{name}}}")


def plain(value: object) -> object:
    """The value as JSON holds it: text escaped, expressions kept, addresses as text, absent arguments left out."""
    if isinstance(value, Expression):
        return str(value)
    if isinstance(value, str):
        return value.replace("${", "$${").replace("%{", "%%{")
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):  # an IPv4Network is iterable as well, and means itself
        return [plain(item) for item in value]
    return str(value)


def colliding(blocks: Iterable[Block]) -> Iterator[Fault]:
    """A fault for every two resources of one kind whose names lead to one label."""
    seen: dict[str, Block] = {}
    for block in blocks:
        first = seen.setdefault(block.address, block)
        if first is not block:
            yield Fault(
                thing=f'"{block.name}"',
                reason=f'and "{first.name}" ({first.origin}) both become {block.address} in Terraform',
                mend="rename one of them, so that they differ in more than punctuation",
                origin=block.origin,
            )
