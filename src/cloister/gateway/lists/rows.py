"""Rows of a list, each decided on as the object that it is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import anyio.to_thread

from cloister.access.conditions import Context
from cloister.gateway.lists.clauses import Clause, clauses, clauses_of_ids
from cloister.gateway.lists.listings import LISTINGS, Listing
from cloister.gateway.lists.order import Row
from cloister.gateway.mlflow.lookup import Lookup
from cloister.gateway.mlflow.prompts import kind_of, kinds_of
from cloister.gateway.mlflow.resources import named
from cloister.gateway.mlflow.tags import looks_at_tags, tags_of
from cloister.gateway.rights.asking import Asker
from cloister.gateway.rights.makers import Makers, Thing
from cloister.gateway.rights.owning import looks_at_owner, seen
from cloister.verdict import Answer

# More than these are not asked for by name: their list is gone through.
_MOST_OWN: Final = 2_000
# The action that decides on versions which an answer brings along, and where those stand.
VERSIONS: Final = "mlflow:SearchModelVersions"
_WITHIN_MODELS: Final = ("latest_versions", "aliases")
# Kind of list: what of it somebody can own, and as which pattern it is found. Versions are owned with their model too.
_OWN_PATTERNS: Final = {
    "experiment": (("experiment", "{}"),),
    "registered-model": (("registered-model", "{}"),),
    "model-version": (("registered-model", "{}/*"), ("model-version", "{}")),
}


@dataclass(frozen=True, slots=True)
class Rows:
    """What decisions on rows need to know of them; asked for many rows at once."""

    lookup: Lookup
    makers: Makers

    async def shown(self, rows: Sequence[Row], listing: Listing, action: str, asker: Asker) -> list[bool]:
        """Of each row, whether the asker may see it."""
        contexts = await self._contexts(rows, listing, action, asker)
        return [
            asker.answer(asker.asks(action, resource_of(row, listing), context)).answer is Answer.ALLOW
            for row, context in zip(rows, contexts, strict=True)
        ]

    async def with_versions_shown(self, models: Sequence[Row], asker: Asker, action: str = VERSIONS) -> list[Row]:
        """Models with those alone of their versions and aliases that the asker may see; prompts are so as a whole."""
        versions = LISTINGS["model_versions"]
        within = [_versions_within(model) for model in models]
        wanted = [
            {"name": model["name"], "version": one, "tags": model.get("tags")}
            for model, some in zip(models, within, strict=True)
            for one in some
        ]
        shown = iter(await self.shown(wanted, versions, action, asker))
        return [
            _pruned(model, {one for one in some if next(shown)}) for model, some in zip(models, within, strict=True)
        ]

    async def found_by(self, listing: Listing, action: str, asker: Asker) -> tuple[Clause, ...]:
        """The queries that find what the asker may see: by the names that policies allow, and by whose it is."""
        kind = listing.kind
        if not looks_at_owner(asker, action):
            return clauses(kind, _allowed(asker, action, kind))
        own = await self._own(kind, asker)
        allow = _allowed(asker, action, kind, not_owned(kind))
        if own is None or "*" in allow:
            return clauses(kind, _allowed(asker, action, kind))
        if kind == "experiment":
            return (*clauses(kind, allow), *clauses_of_ids(own))
        return clauses(kind, (*allow, *own))

    async def _own(self, kind: str, asker: Asker) -> tuple[str, ...] | None:
        """Ids of experiments, or patterns of models and versions, that the asker made; None where they are too many."""
        found: list[str] = []
        if kind not in _OWN_PATTERNS:
            return None
        for made, pattern in _OWN_PATTERNS[kind]:
            persons = asker.principal.persons
            some = await anyio.to_thread.run_sync(self.makers.made, made, persons, _MOST_OWN)
            if some is None:
                return None
            found.extend(pattern.format(_written(made, identity)) for identity in some)
        return tuple(found)

    async def _contexts(self, rows: Sequence[Row], listing: Listing, action: str, asker: Asker) -> list[Context]:
        owners: list[Context] = [{}] * len(rows)
        if looks_at_owner(asker, action):
            pairs = [_owned_as(row, listing) for row in rows]
            things = {thing for pair in pairs for thing in pair if thing}
            own = await anyio.to_thread.run_sync(self.makers.owned_of, things, asker.principal.persons)
            owners = [seen(*pair, own) for pair in pairs]
        if not looks_at_tags(asker, action):
            return owners
        return [{**owner, **await self._tags(row, listing)} for owner, row in zip(owners, rows, strict=True)]

    async def _tags(self, row: Row, listing: Listing) -> Context:
        """The tags that count: a version has those of its model, because whoever writes it sets its own."""
        if listing.kind == "model-version":
            return tags_of(await self.lookup.tagged("registered-model", str(row["name"])))
        return tags_of(row)


def _allowed(asker: Asker, action: str, kind: str, told: Context | None = None) -> tuple[str, ...]:
    """Patterns of the names that the asker may use of a list, whatever policies call its rows."""
    seen_of = [asker.visible(action, one, told) for one in kinds_of(kind)]
    return tuple(dict.fromkeys(text for one in seen_of if not one.is_nothing for text in one.allow))


def resource_of(row: Row, listing: Listing) -> str:
    """The row's name in policies."""
    return named(kind_of(listing.kind, row), *(str(row[field]) for field in listing.name))


def is_named(row: object, listing: Listing) -> bool:
    """Whether it is a row whose name is told."""
    return isinstance(row, Mapping) and all(isinstance(row.get(field), str) for field in listing.name)


def _owned_as(row: Row, listing: Listing) -> tuple[Thing, Thing | None]:
    """What the row's makers are recorded under, and those of what it lies in."""
    within = ("registered-model", str(row["name"])) if listing.kind == "model-version" else None
    return (listing.kind, "/".join(str(row.get(field)) for field in listing.made_as)), within


def _versions_within(model: Row) -> tuple[object, ...]:
    """The numbers of the versions that a model in MLflow's answer tells of."""
    return tuple(dict.fromkeys(one.get("version") for field in _WITHIN_MODELS for one in _objects(model, field)))


def _pruned(model: Row, shown: Collection[object]) -> Row:
    kept = {field: [one for one in _objects(model, field) if one.get("version") in shown] for field in _WITHIN_MODELS}
    rest = {field: value for field, value in model.items() if field not in kept}
    return {**rest, **{field: some for field, some in kept.items() if some}}


def _objects(model: Row, field: str) -> list[Row]:
    found = model.get(field)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def not_owned(kind: str) -> Context:
    """What conditions see of an object of a kind that is neither the asker's nor lies in anything of theirs."""
    return seen((kind, ""), ("registered-model", "") if kind == "model-version" else None, frozenset())


def _written(kind: str, identity: str) -> str:
    """A recorded identity as patterns write it: the names of models encoded, a version's number behind a slash."""
    if kind == "model-version":
        name, _, number = identity.rpartition("/")
        return f"{quote(name, safe=' ')}/{number}"
    return quote(identity, safe=" ")
