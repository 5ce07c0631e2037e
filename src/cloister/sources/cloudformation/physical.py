"""The names that AWS gives to resources which state none, and the texts made of them, so that policies can be read.

A text such as `arn:aws:s3:::${Bucket}/*` says nothing while the bucket's name is not known. Where a template names no
bucket, a stand-in by rule takes its place, in the bucket and in every text alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from cloister.facts.tables import read_table
from cloister.sources.cloudformation.scope import Scope
from cloister.sources.declared import Reference, Value


@dataclass(frozen=True, slots=True)
class Physical:
    """How a type is named: by which property, what Ref gives, and what an attribute gives."""

    type: str
    name_property: str
    ref: str
    attribute: str
    gives: str
    source: str


@cache
def physical_names() -> dict[str, Physical]:
    """The types whose names are known by rule."""
    return {row.type: row for row in read_table("cloudformation_names", Physical)}


def made_up_id(scope: Scope, logical_id: str) -> str:
    """Ten letters and digits, as API Gateway gives ids: the same for the same resource."""
    return sha256(f"{scope.stack}/{logical_id}".encode()).hexdigest()[:10]


def text_for(scope: Scope, reference: Reference, evaluate: Callable[[object], Value]) -> Value:
    """What a reference is in the middle of a text; the reference itself where no rule tells."""
    logical_id = reference.address.removeprefix(scope.prefix)
    resource = scope.section("Resources").get(logical_id)
    row = physical_names().get(str(resource.get("Type"))) if isinstance(resource, dict) else None
    if row is None or not isinstance(resource, dict):
        return reference
    properties = resource.get("Properties")
    stated = evaluate(properties.get(row.name_property)) if isinstance(properties, dict) else None
    name = stated if isinstance(stated, str) else logical_id
    pattern = row.ref if reference.attribute == "Ref" else row.gives if reference.attribute == row.attribute else ""
    partition = str(scope.pseudo("AWS::Partition"))
    words = {"name": name, "region": scope.region, "account": scope.account, "partition": partition}
    words["id"] = made_up_id(scope, logical_id)
    return pattern.format(**words) if pattern else reference
