"""A search as the caller sent it: which filter, order and page, and what else is passed on as it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cloister.errors import Fault, SpecError
from cloister.gateway.lists.listings import Listing
from cloister.gateway.mlflow.canonical import Canonical, ambiguous

_READ: Final = frozenset({"page_token", "max_results", "order_by"})


@dataclass(frozen=True, slots=True)
class Search:
    """A search that can be asked in parts."""

    filter: str
    order_by: tuple[str, ...]
    page_token: str
    max_results: int
    kept: Mapping[str, object]


def read_search(request: Canonical, listing: Listing) -> Search:
    """The search. Raises SpecError on a field that is not known here: MLflow could read it as one that is."""
    given = dict(request.document) if request.route.body == "json" else _of_query(request)
    given = {name: value for name, value in given.items() if value is not None}
    for name in given:
        if name not in _READ | {listing.filter_field} | listing.kept:
            raise ambiguous(thing=f'"{name}"', reason="is no field of this search")
    text_fields = (listing.filter_field, "page_token")
    texts = [given.get(name, "") for name in text_fields]
    order_by = given.get("order_by", ())
    if not all(isinstance(text, str) for text in texts):
        raise ambiguous(thing=" or ".join(f'"{name}"' for name in text_fields), reason="is no text")
    if not isinstance(order_by, list | tuple) or not all(isinstance(clause, str) for clause in order_by):
        raise ambiguous(thing='"order_by"', reason="is no list of texts")
    return Search(
        filter=str(texts[0]),
        order_by=tuple(order_by),
        page_token=str(texts[1]),
        max_results=_count(given.get("max_results"), listing),
        kept={name: given[name] for name in sorted(listing.kept & given.keys())},
    )


def _of_query(request: Canonical) -> dict[str, object]:
    return {name: values if name in request.route.repeated else values[0] for name, values in request.values.items()}


def _count(given: object, listing: Listing) -> int:
    if given is None:
        return listing.usual_rows
    text = str(given)
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(listing.most_rows))
    count = int(text) if is_number else 0
    if not 1 <= count <= listing.most_rows:
        mend = f"ask for 1 to {listing.most_rows}"
        raise SpecError(Fault("max_results", "is no number of rows that MLflow hands out", mend))
    return count
