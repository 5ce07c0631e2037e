"""Where CloudFormation and Terraform's aws provider write what: one table for both languages.

Property names: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
and https://registry.terraform.io/providers/hashicorp/aws/latest/docs (read 2026-11-25).
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from cloister.facts.tables import read_table

Language = Literal["cloudformation", "terraform"]
NOTHING = "-"
ANY = "*"
"""The kind whose rows hold for every resource."""


@dataclass(frozen=True, slots=True)
class AwsType:
    """A kind of resource: the section of the document that it stands in, and its types, separated by spaces."""

    kind: str
    section: str
    cloudformation: str
    terraform: str


@dataclass(frozen=True, slots=True)
class AwsProperty:
    """An attribute of a kind: how its value is taken, and the paths at which each language writes it.

    `to` is the attribute of the document, `=` for the same name, `-` where code uses it. `how` is a word of
    `sources/aws/mapping/taking.py`, or `ignored:` and `told:` with the reason or the consequence.
    """

    kind: str
    attribute: str
    to: str
    how: str
    cloudformation: str
    terraform: str

    def paths(self, language: Language) -> tuple[str, ...]:
        """The dotted paths in a language, the one that counts first."""
        return tuple(path for path in getattr(self, language).split() if path != NOTHING)


@cache
def kinds_of_types(language: Language) -> dict[str, AwsType]:
    """Each type of a language with its kind."""
    rows = read_table("aws_types", AwsType)
    return {name: row for row in rows for name in getattr(row, language).split() if name != NOTHING}


@cache
def aws_properties() -> dict[str, dict[str, AwsProperty]]:
    """The attributes of each kind by name."""
    found: dict[str, dict[str, AwsProperty]] = {}
    for row in read_table("aws_properties", AwsProperty):
        found.setdefault(row.kind, {})[row.attribute] = row
    return found
