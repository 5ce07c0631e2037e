"""What `reference` gives of a resource: what its template states of it, and references for the rest."""

from collections.abc import Callable
from typing import Any

from cloister.sources.declared import Reference, Value, member


class Opened(dict[str, Value]):
    """An object of which only a part is known here. What it does not have is asked of `missing`."""

    def __init__(self, known: dict[str, Value], missing: Callable[[str], Value]) -> None:
        super().__init__(known)
        self.missing = missing

    def at(self, key: str) -> Value:
        """A member, whatever its letters' case."""
        found = member(self, key)
        return self.missing(key) if found is None else found


def opened(identity: str, value: Any, path: str = "") -> Value:  # noqa: ANN401 - any value of a resource
    """A value of a resource with the id `identity`; members that the template does not state are references.

    Parts in a list have ids of their own: `subnets[0].id` is that of the subnet.
    """
    if isinstance(value, list):
        return [_part(identity, one, path, place) for place, one in enumerate(value)]
    if isinstance(value, dict):
        return Opened(
            {key: opened(identity, one, _below(path, key)) for key, one in value.items()},
            lambda key: Reference(identity, _below(path, key)),
        )
    found: Value = value
    return found


def _part(identity: str, value: Any, path: str, place: int) -> Value:  # noqa: ANN401 - as above
    found = opened(identity, value, f"{path}[{place}]")
    if isinstance(found, Opened) and isinstance(name := member(found, "name"), str) and "id" not in found:
        found["id"] = f"{identity}/{path.rpartition('.')[2]}/{name}"
    return found


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
