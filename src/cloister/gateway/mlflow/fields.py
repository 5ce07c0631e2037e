"""Where a field that the decision looks at stands in a body: its texts, however deep, under one spelling alone."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, TypeVar

from cloister.errors import Fault, SpecError

_T = TypeVar("_T")
_MEND = "send it as MLflow's own client does"
# Names come from tables and from clients that repeat them; longer ones are made up, and do not fill the memory.
_KEPT: Final = 4096
_LONGEST_KEPT: Final = 64


def texts_at(document: Mapping[str, object], field: str, *, plural: bool) -> tuple[str, ...]:
    """The texts of a field; `a.b` stands inside of an object `a`, `a[].b` inside of each object of a list `a`.

    Raises SpecError on anything but a text (or a list of texts, where one is due), on a second spelling of a name, and
    on a list of which some lack the field: MLflow would overlook those.
    """
    *above, last = field.split(".")
    places: list[Mapping[str, object]] = [document]
    for level in above:
        name = level.removesuffix("[]")
        places = _together([_objects(_value(place, name), name, is_list=level != name) for place in places], name)
    return tuple(_together([_texts(_value(place, last), last, plural=plural and not above) for place in places], last))


def folded(name: str) -> str:
    """A name as MLflow would take it: without regard to camelCase and letters' case."""
    return _kept(name) if len(name) <= _LONGEST_KEPT else _fold(name)


def _fold(name: str) -> str:
    return name.replace("_", "").replace("-", "").replace(".", "").casefold()


_kept = lru_cache(maxsize=_KEPT)(_fold)


def check_spelling(names: Iterable[str], wanted: str) -> None:
    """Raise SpecError where a name is a second spelling (camelCase, other letters' case) of the wanted one."""
    like = folded(wanted)
    for name in names:
        if name != wanted and folded(name) == like:
            raise _unclear(name, f'is a second spelling of "{wanted}"')


def _together(found: list[list[_T]], name: str) -> list[_T]:
    if any(found) and not all(found):
        raise _unclear(name, "is missing in some of a list")
    return [item for items in found for item in items]


def _value(place: Mapping[str, object], name: str) -> object:
    check_spelling(place, name)
    return place.get(name)


def _objects(value: object, name: str, *, is_list: bool) -> list[Mapping[str, object]]:
    if value is None:
        return []
    if isinstance(value, list) != is_list:
        raise _unclear(name, "is no list" if is_list else "is a list")
    found: list[Mapping[str, object]] = []
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            raise _unclear(name, "holds something else than objects")
        found.append(item)
    return found


def _texts(value: object, name: str, *, plural: bool) -> list[str]:
    if value is None:
        return []
    if plural and not isinstance(value, list):
        raise _unclear(name, "is no list of texts")
    found: list[str] = []
    for item in value if isinstance(value, list) and plural else [value]:
        if not isinstance(item, str):
            raise _unclear(name, "is no list of texts" if plural else "is no text")
        if not item.isprintable():
            raise _unclear(name, "holds a control character")
        found.append(item)
    return found


def _unclear(name: str, reason: str) -> SpecError:
    return SpecError(Fault(thing=f'"{name}"', reason=reason, mend=_MEND))
