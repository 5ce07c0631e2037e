"""A plan or a state as a cloister document, by the provider whose resources it holds."""

from cloister.errors import Fault, SpecError
from cloister.sources.terraform.aws import aws_document
from cloister.sources.terraform.azurerm.read import azurerm_document
from cloister.sources.terraform.plan import declarations
from cloister.sources.terraform.shape import recognised
from cloister.sources.terraform.values import Declarations
from cloister.sources.translated import Translated

_READ = {"azurerm_": azurerm_document, "azapi_": azurerm_document, "aws_": aws_document}
"""The reader of each family of resource types."""


def terraform_document(text: str, file: str) -> Translated:
    """The document that a plan or a state describes. Raises SpecError where it cannot be read."""
    return document_of(declarations(recognised(text, file), file))


def document_of(declared: Declarations) -> Translated:
    """The document that declared resources describe, by the first family of types that is read."""
    types = [one.type for one in declared.resources if one.mode == "managed"]
    for family, read in _READ.items():
        if any(kind.startswith(family) for kind in types):
            return read(declared)
    found = ", ".join(sorted({kind.partition("_")[0] for kind in types})) or "nothing"
    reason = f"holds resources of {found}, and none of a provider that Cloister reads: azurerm, azapi, aws"
    raise SpecError(Fault(declared.file, reason, "hand over the plan of the configuration that makes the networks"))
