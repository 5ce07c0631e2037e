"""All that a value of the data plane is made of, so that whatever it says of addresses or ports is found."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass

from cloister.fabric.filters import Filter
from cloister.fabric.sets import AddressSet, PortSet
from cloister.origin import Origin
from cloister.verdict import Rule

_ASIDE = (Rule, Origin, Filter)
_WHOLE = (AddressSet, PortSet)


def parts_of(value: object) -> Iterator[object]:
    """A value and all its parts, without the names of rules, origins and filters; sets stay whole."""
    if isinstance(value, _ASIDE):
        return
    yield value
    inside: Iterable[object] = ()
    if isinstance(value, Mapping):
        inside = value.values()
    elif isinstance(value, tuple | frozenset):
        inside = value
    elif is_dataclass(value) and not isinstance(value, _WHOLE):
        inside = (getattr(value, item.name) for item in fields(value))
    for part in inside:
        yield from parts_of(part)
