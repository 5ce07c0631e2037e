"""The resource types and attributes of the azurerm provider, and what each becomes in a document: one row each.

A colleague who adds an attribute to the inventory adds a row, or changes one that said `told`.
"""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table

ANY = "*"
"""As a type: a row for an attribute that means the same in every type. In an attribute: any text."""
NONE = "-"


@dataclass(frozen=True, slots=True)
class AzurermType:
    """A resource type. `section` is the section of the document, with a kind behind a colon where it has kinds.

    `reads`: `resource` where it is a resource of that section under its name, `part` where it is put into others,
    `ignored` where it cannot matter to any question, `told` where it can: `because` is then what is not judged.
    `arm` is its type in Resource Manager, by which ids name it.
    """

    type: str
    section: str
    reads: str
    arm: str
    because: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class AzurermAttribute:
    """An attribute of a type, a block's behind a dot, and the attribute of the document that it becomes.

    `how` names the way: `same`, `not`, `enabled` (Enabled or Disabled), `prefixes`, `seconds`, `bypass`, `identity`,
    `ref:SECTION` and `refs:SECTION` for one and several references, `code` where the file of its kind does it, and
    `ignored` and `told` as for types.
    """

    type: str
    attribute: str
    document: str
    how: str
    because: str


@dataclass(frozen=True, slots=True)
class TerraformDefault:
    """What a provider takes where a configuration is silent; `value` is written as JSON has it."""

    type: str
    attribute: str
    value: str
    source: str
    read: str


@cache
def azurerm_types() -> dict[str, AzurermType]:
    """Every type that is known, in the order in which they claim their places."""
    return {row.type: row for row in read_table("azurerm_types", AzurermType)}


@cache
def azurerm_attributes() -> dict[str, tuple[AzurermAttribute, ...]]:
    """The attributes of every type; those of any type are under `ANY`."""
    found: dict[str, list[AzurermAttribute]] = {}
    for row in read_table("azurerm_attributes", AzurermAttribute):
        found.setdefault(row.type, []).append(row)
    return {kind: tuple(rows) for kind, rows in found.items()}


@cache
def terraform_defaults() -> dict[str, tuple[TerraformDefault, ...]]:
    """The defaults of every type of which any is known."""
    found: dict[str, list[TerraformDefault]] = {}
    for row in read_table("terraform_defaults", TerraformDefault):
        found.setdefault(row.type, []).append(row)
    return {kind: tuple(rows) for kind, rows in found.items()}
