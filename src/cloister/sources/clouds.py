"""The clouds that documents can be written for, by the word after `cloud`."""

from collections.abc import Mapping
from typing import Any

from cloister.inventory import aws, azure
from cloister.sources import checks, lowering
from cloister.sources.aws import checks as aws_checks
from cloister.sources.aws import lowering as aws_lowering
from cloister.sources.aws.document.root import Document as AwsDocument
from cloister.sources.aws.references import REFERENCES as AWS_REFERENCES
from cloister.sources.aws.references import VOCABULARY as AWS_VOCABULARY
from cloister.sources.checks.references import REFERENCES, VOCABULARY
from cloister.sources.dialect import Dialect
from cloister.sources.document.root import Document
from cloister.sources.written import Written

_HEAD = {"version": 1, "name": "environment"}
AZURE: Dialect[Document, azure.Inventory] = Dialect(
    document=Document,
    stand_ins=_HEAD | {"region": "westeurope"},
    vocabulary=VOCABULARY,
    references=REFERENCES,
    lower=lowering.lower,
    faults=checks.all_faults,
)
AWS: Dialect[AwsDocument, aws.Inventory] = Dialect(
    document=AwsDocument,
    stand_ins=_HEAD | {"cloud": "aws", "region": "eu-west-1"},
    vocabulary=AWS_VOCABULARY,
    references=AWS_REFERENCES,
    lower=aws_lowering.lower,
    faults=aws_checks.all_faults,
)
_BY_WORD: Mapping[str, Dialect[Any, Any]] = {cloud.value: AWS for cloud in aws.Cloud}


def dialect_of(tree: Written) -> Dialect[Any, Any]:
    """The dialect of a document: that of the cloud which it states, and Azure's where it states none that is known."""
    stated = tree.children().get("cloud")
    return _BY_WORD.get(stated.value, AZURE) if stated and isinstance(stated.value, str) else AZURE
