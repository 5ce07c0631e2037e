"""Ways gathered for drawing: a bus leads from some boxes to all the boxes where ways of one kind from them end.

Boxes of one column whose ways of a kind lead to the same boxes share a bus, so that a map of many places is readable.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from cloister.render.diagram.labels import Labels
from cloister.render.diagram.standing import INTERNET, Estate, Node, Zone
from cloister.render.diagram.ways import Way, WayKind

NEEDED, ANYTHING = "elsewhere: needed", "elsewhere: anything"


@dataclass(frozen=True, slots=True)
class Bus:
    """Ways of one kind from some boxes to others, by the boxes' own names, with the questions that they answer."""

    kind: WayKind
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    questions: tuple[str, ...]


def elsewhere(estate: Estate, ways: Iterable[Way], labels: Labels) -> tuple[Node, ...]:
    """The boxes for what is not of the environment: what people need there, and everything else."""
    known = _by_name(estate)
    found: dict[str, set[str]] = {}
    for way in ways:
        if _target(way, known) is None:
            found.setdefault(_outside(way), set()).add(way.target)
    named = ((NEEDED, labels.needed), (ANYTHING, labels.unapproved))
    return tuple(
        Node("elsewhere", (name,), labels.hosts.format(count=len(found[name])), title)
        for name, title in named
        if name in found
    )


def strangers(estate: Estate, ways: Iterable[Way]) -> tuple[Node, ...]:
    """Boxes for places that ways begin at and that are not of the environment, such as service tags."""
    known = _by_name(estate)
    return tuple(Node("service tag", (name,)) for name in dict.fromkeys(way.place for way in ways) if name not in known)


def buses(estate: Estate, ways: Iterable[Way]) -> tuple[Bus, ...]:
    """All ways as buses, the least important first, so that the worst is drawn over the others."""
    known = _by_name(estate)
    columns = _columns(estate)
    found: dict[tuple[WayKind, str], dict[str, list[str]]] = {}
    for way in ways:
        source, target = known[way.place], _target(way, known) or _outside(way)
        if source != target:
            found.setdefault((way.kind, source), {}).setdefault(target, []).append(way.question)
    shared: dict[tuple[WayKind, int, tuple[str, ...]], list[str]] = {}
    for (kind, source), targets in found.items():
        shared.setdefault((kind, columns[source], tuple(sorted(targets))), []).append(source)
    drawn = [
        Bus(kind, tuple(sources), targets, tuple(q for one in sources for t in targets for q in found[kind, one][t]))
        for (kind, _, targets), sources in shared.items()
    ]
    return tuple(sorted(drawn, key=lambda bus: list(WayKind).index(bus.kind), reverse=True))


def _columns(estate: Estate) -> dict[str, int]:
    """In which column the boxes stand that ways can begin at."""
    inside = [name for zone in _zones(estate) for name in (zone.name, *(node.name for node in zone.nodes))]
    columns = ([node.name for node in estate.outside], inside, [node.name for node in estate.services])
    return {name: number for number, names in enumerate(columns) for name in names}


def _zones(estate: Estate) -> Iterable[Zone]:
    return (zone for area in estate.areas for zone in area.zones)


def _by_name(estate: Estate) -> dict[str, str]:
    """The box that each name leads to; a subnet by its whole name, or by its own where no other has that."""
    zones = list(_zones(estate))
    titles = [zone.title for zone in zones]
    short = {zone.title: zone.name for zone in zones if titles.count(zone.title) == 1}
    inside = [node for zone in zones for node in zone.nodes]
    found = {name: node.name for node in (*inside, *estate.outside, *estate.services) for name in node.names}
    return short | {zone.name: zone.name for zone in zones} | found


def _target(way: Way, known: dict[str, str]) -> str | None:
    """The box where a way ends: by the target's name, by the service that it is a door of, or by who answers there."""
    name = way.target.partition(":")[0].partition("@")[0]
    if name == INTERNET:
        return None
    return known.get(name) or known.get(name.partition("/")[0]) or known.get(way.answered_by)


def _outside(way: Way) -> str:
    needed = way.kind in (WayKind.OPEN_RIGHT, WayKind.CLOSED_WRONG)
    return NEEDED if needed else ANYTHING
