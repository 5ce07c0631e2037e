"""How large a GraphQL query really is: with every fragment written out, as whoever answers it works through it.

A short text can stand for any number of fields, because fragments spread fragments and aliases ask for one thing many
times (CVE-2025-0453).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from graphql import DocumentNode, FieldNode, FragmentDefinitionNode, FragmentSpreadNode, OperationDefinitionNode
from graphql.language.ast import SelectionSetNode

from cloister.gateway.mlflow.canonical import ambiguous

# The largest query of MLflow's own page, SearchRuns, has 61 fields, 6 deep, below one root (mlflow 3.17.2).
_DEEPEST: Final = 12
_MOST_FIELDS: Final = 400
_MOST_ROOTS: Final = 10


@dataclass(frozen=True, slots=True)
class Size:
    """Fields in all, and how deep they stand."""

    fields: int
    depth: int


def check_size(tree: DocumentNode) -> None:
    """Raise SpecError where the one query of a document is larger than a page would ever send."""
    sizes: dict[str, Size | None] = {}
    fragments = {node.name.value: node for node in tree.definitions if isinstance(node, FragmentDefinitionNode)}
    for node in tree.definitions:
        if isinstance(node, OperationDefinitionNode):
            if len(node.selection_set.selections) > _MOST_ROOTS:
                raise ambiguous(thing="GraphQL query", reason=f"asks for more than {_MOST_ROOTS} things at once")
            _check(_size(node.selection_set, fragments, sizes))


def _size(
    selections: SelectionSetNode | None,
    fragments: Mapping[str, FragmentDefinitionNode],
    sizes: dict[str, Size | None],
) -> Size:
    fields, depth = 0, 0
    for selection in selections.selections if selections else ():
        if isinstance(selection, FragmentSpreadNode):
            found = _size_of_fragment(selection.name.value, fragments, sizes)
        else:
            found = _size(getattr(selection, "selection_set", None), fragments, sizes)
            if isinstance(selection, FieldNode):
                found = Size(found.fields + 1, found.depth + 1)
        fields, depth = fields + found.fields, max(depth, found.depth)
        _check(Size(fields, depth))
    return Size(fields, depth)


def _size_of_fragment(
    name: str, fragments: Mapping[str, FragmentDefinitionNode], sizes: dict[str, Size | None]
) -> Size:
    """The size of a fragment, worked out once; one that is being worked out spreads itself."""
    if name not in sizes:
        if name not in fragments:
            raise ambiguous(thing=f'GraphQL fragment "{name}"', reason="is not there")
        sizes[name] = None
        sizes[name] = _size(fragments[name].selection_set, fragments, sizes)
    found = sizes[name]
    if found is None:
        raise ambiguous(thing=f'GraphQL fragment "{name}"', reason="spreads itself")
    return found


def _check(size: Size) -> None:
    if size.fields > _MOST_FIELDS or size.depth > _DEEPEST:
        reason = f"has more than {_MOST_FIELDS} fields, or stands more than {_DEEPEST} deep"
        raise ambiguous(thing="GraphQL query", reason=reason)
