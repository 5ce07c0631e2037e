"""Faults as gaps: where in the document each lies, so that what depends on it is UNKNOWN and the rest is answered."""

from collections.abc import Iterable, Iterator

from cloister.errors import Fault
from cloister.inventory.gaps import Gap
from cloister.inventory.statements import Spot, spot
from cloister.origin import Origin
from cloister.sources.places import places_of
from cloister.sources.things import called
from cloister.sources.translated import Missing
from cloister.sources.written import Path, Written

_HARMLESS = frozenset({"intents", "packs", "approved"})
"""Sections that decide nothing about the environment: a fault there is told, and every other answer stands."""
_RESOURCE_DEPTH = 2


def gaps_of(faults: Iterable[Fault], left_out: Iterable[Written], tree: Written) -> tuple[Gap, ...] | None:
    """One gap for each fault, and for each part that refers to what has one.

    None where a fault lies in no resource, so that nothing can be said of the rest.
    """
    paths = dict(places_of(tree))
    found: dict[Path, Gap] = {}
    for origin, what in (*_told(faults, tree), *_following(left_out, paths)):
        path = paths.get(spot(origin), ())
        if len(path) < _RESOURCE_DEPTH:
            return None
        if path[0] not in _HARMLESS:
            named = (str(path[0]), _name(tree, path), *map(str, path[2:]))
            found.setdefault(path, Gap(path=named, what=what, origin=origin))
    return tuple(found.values())


def gaps_of_missing(missing: Iterable[Missing], tree: Written) -> tuple[Gap, ...]:
    """One gap for each value that the input does not tell."""
    return tuple(
        Gap(path=(str(one.path[0]), _name(tree, one.path), *map(str, one.path[2:])), what=one.what, origin=one.place)
        for one in missing
        if one.path[0] not in _HARMLESS
    )


def without_following(faults: Iterable[Fault], missing: Iterable[Missing], tree: Written) -> list[Fault]:
    """The faults without those of a value that the input does not tell, or of its lack: the value is a gap already."""
    found, untold = list(faults), {one.path for one in missing}
    if not found or not untold:
        return found
    paths, lacking = dict(places_of(tree)), {spot(tree.at(path[:-1]).place) for path in untold}
    where = [spot(fault.origin or tree.place) for fault in found]
    return [
        fault
        for fault, at in zip(found, where, strict=True)
        if at not in lacking and not _is_inside(paths.get(at, ()), untold)
    ]


def _is_inside(path: Path, untold: set[Path]) -> bool:
    return any(path[:length] in untold for length in range(1, len(path) + 1))


def _told(faults: Iterable[Fault], tree: Written) -> Iterator[tuple[Origin, str]]:
    return ((fault.origin or tree.place, f"{fault.thing}: {fault.reason}") for fault in faults)


def _following(left_out: Iterable[Written], paths: dict[Spot, Path]) -> Iterator[tuple[Origin, str]]:
    for written in left_out:
        thing, attribute = called(paths[spot(written.place)])
        yield written.place, f"{thing}: {attribute} refers to what could not be read"


def _name(tree: Written, path: Path) -> str:
    """What the inventory calls the resource: its name in Azure where the document states one, else its key."""
    stated = tree.at(path[:_RESOURCE_DEPTH]).children().get("name")
    return stated.value if stated and isinstance(stated.value, str) else str(path[1])
