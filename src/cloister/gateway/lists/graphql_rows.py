"""GraphQL queries of somebody who may see some: versions are decided on row by row, hidden experiments left out.

The query that is passed on asks of each version, under names of ours, what decides on it, whatever else the caller asks
of it and under whatever names. What GraphQL cannot merge with ours MLflow refuses.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Final

from graphql import FieldNode, NameNode, ObjectFieldNode, SelectionSetNode, Visitor, parse, print_ast, visit
from graphql.language import StringValueNode, ValueNode
from graphql.language.ast import ListValueNode

from cloister.errors import Fault, SourceError
from cloister.gateway.lists.leaving_out import NOBODYS, replaced
from cloister.gateway.lists.listings import LISTINGS
from cloister.gateway.lists.rows import VERSIONS, Rows
from cloister.gateway.mlflow.canonical import Canonical
from cloister.gateway.rights.asking import Asker

_VERSIONS_FIELD: Final = "modelVersions"
_EXPERIMENTS_FIELD: Final = "experimentIds"
# What a decision on a version needs of it, and as what the passed on query asks for it.
_OURS: Final = {"name": "cloister_name", "version": "cloister_version", "tags": "cloister_tags"}
_KEY_AND_VALUE: Final = SelectionSetNode(
    selections=tuple(FieldNode(name=NameNode(value=name), arguments=(), directives=()) for name in ("key", "value"))
)
_ADDED: Final = tuple(
    FieldNode(
        alias=NameNode(value=ours),
        name=NameNode(value=name),
        arguments=(),
        directives=(),
        selection_set=_KEY_AND_VALUE if name == "tags" else None,
    )
    for name, ours in _OURS.items()
)

Object = dict[str, object]


def narrowed(request: Canonical, hidden: Collection[str]) -> Canonical:
    """The query that asks for what decides on model versions, and does not name the hidden experiments."""
    document = {
        **request.document,
        "query": print_ast(visit(parse(str(request.document["query"])), _Narrowing(hidden))),
    }
    variables = request.document.get("variables")
    if isinstance(variables, Mapping):
        document["variables"] = {
            name: replaced(value, (_EXPERIMENTS_FIELD,), hidden) for name, value in variables.items()
        }
    return replace(request, body=json.dumps(document, separators=(",", ":")).encode())


async def shown(body: bytes, rows: Rows, asker: Asker) -> bytes:
    """MLflow's answer to a narrowed query, with those versions alone that the asker may see."""
    try:
        document = json.loads(body)
    except ValueError as error:
        reason = "gave an answer to a GraphQL query that is no JSON"
        raise SourceError(Fault("MLflow", reason, "look into logs/mlflow.log")) from error
    versions = [row for row in _objects(document) if _is_version(row)]
    told = [{name: row[ours] for name, ours in _OURS.items()} for row in versions]
    allowed = await rows.shown(told, LISTINGS["model_versions"], VERSIONS, asker)
    kept = {id(row) for row, is_shown in zip(versions, allowed, strict=True) if is_shown}
    return json.dumps(_without_hidden(document, kept), separators=(",", ":")).encode()


class _Narrowing(Visitor):
    """Writes what is ours into a query."""

    def __init__(self, hidden: Collection[str]) -> None:
        super().__init__()
        self._hidden = hidden

    def leave_field(self, node: FieldNode, *_: object) -> FieldNode | None:
        if node.name.value != _VERSIONS_FIELD or node.selection_set is None:
            return None
        selections = (*node.selection_set.selections, *_ADDED)
        return _with(node, selection_set=SelectionSetNode(selections=selections))

    def leave_object_field(self, node: ObjectFieldNode, *_: object) -> ObjectFieldNode | None:
        if node.name.value != _EXPERIMENTS_FIELD:
            return None
        return ObjectFieldNode(name=NameNode(value=_EXPERIMENTS_FIELD), value=self._named(node.value))

    def _named(self, value: ValueNode) -> ValueNode:
        if isinstance(value, ListValueNode):
            return ListValueNode(values=tuple(map(self._named, value.values)))
        is_hidden = isinstance(value, StringValueNode) and value.value in self._hidden
        return StringValueNode(value=NOBODYS) if is_hidden else value


def _with(node: FieldNode, *, selection_set: SelectionSetNode) -> FieldNode:
    return FieldNode(
        alias=node.alias,
        name=node.name,
        arguments=node.arguments,
        directives=node.directives,
        selection_set=selection_set,
    )


def _is_version(value: object) -> bool:
    return isinstance(value, dict) and all(ours in value for ours in _OURS.values())


def _objects(value: object) -> Iterator[Object]:
    """Every object of an answer, at any depth."""
    if isinstance(value, dict):
        yield value
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in below:
        yield from _objects(item)


def _without_hidden(value: object, kept: Collection[int]) -> object:
    """The answer with the kept versions alone, and without what is ours in them."""
    if isinstance(value, list):
        return [_without_hidden(item, kept) for item in value if not _is_version(item) or id(item) in kept]
    if not isinstance(value, dict):
        return value
    ours = set(_OURS.values()) if _is_version(value) else set()
    return {name: _without_hidden(item, kept) for name, item in value.items() if name not in ours}
