"""The order of rows, so that the answers to several queries can be merged as if MLflow had answered one."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import total_ordering
from typing import Final

from cloister.errors import Fault, SpecError
from cloister.gateway.lists.listings import Listing, OrderKey

Row = Mapping[str, object]
_CLAUSE: Final = re.compile(r"\s*(?:attributes?\.)?([`\"]?)(\w+)\1(?:\s+(asc|desc))?\s*", re.IGNORECASE | re.ASCII)
_TEXTS: Final = frozenset({"name", "dataset_id"})


def order_of(listing: Listing, order_by: Iterable[str]) -> tuple[OrderKey, ...]:
    """What MLflow orders by. Raises SpecError on a clause that it would not take."""
    keys = tuple(_read(listing, clause) for clause in order_by) or listing.usual_order
    fields = {key.field for key in keys}
    return (*keys, *(tie for tie in listing.ties if tie.field not in fields))


def sort_key(order: Iterable[OrderKey]) -> Callable[[Row], tuple["_Place", ...]]:
    """The place of a row among others."""
    keys = tuple(order)
    return lambda row: tuple(_Place(_value(row, key.field), key.ascending) for key in keys)


@total_ordering
@dataclass(frozen=True, slots=True)
class _Place:
    value: int | str
    ascending: bool

    def __lt__(self, other: "_Place") -> bool:
        first, second = (self.value, other.value) if self.ascending else (other.value, self.value)
        if isinstance(first, int) and isinstance(second, int):
            return first < second
        return str(first) < str(second)


def _read(listing: Listing, clause: str) -> OrderKey:
    found = _CLAUSE.fullmatch(clause)
    field = listing.order_fields.get(found[2]) if found else None
    if found is None or field is None:
        mend = f"order by one of {', '.join(listing.order_fields)}, with ASC or DESC behind it"
        raise SpecError(Fault(f'order_by "{clause}"', "is nothing that this list is ordered by", mend))
    return OrderKey(field, ascending=(found[3] or "asc").lower() == "asc")


def _value(row: Row, field: str) -> int | str:
    """A field's value; MLflow leaves out zeroes, and writes versions and large numbers as texts."""
    value = row.get(field, 0)
    return str(value) if field in _TEXTS else int(str(value))
