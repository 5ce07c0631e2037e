"""Where every box of a map stands: outside on the left, networks in the middle, services and elsewhere on the right.

Between the columns are gutters for the buses, one lane each. The height of a box follows the ports that it needs: one
on a side for each kind of way that leaves or arrives there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cloister.render.diagram.buses import Bus
from cloister.render.diagram.standing import Area, Estate, Node, Zone
from cloister.render.diagram.ways import WayKind

MARGIN, GAP, HEADER, PAD = 16, 8, 24, 10
NODE_WIDTH, SIDE_WIDTH = 220, 210
LINE = 15
"""The height of a line of text."""
PORT, LANE = 7, 6
"""The distance of two ports on a box, and of two lanes in a gutter."""
LEGEND = 20
"""The height of a line of the legend, which stands above the columns, three entries a line."""
IN_LINE = 3
TOP = MARGIN + LEGEND * -(-len(WayKind) // IN_LINE) + GAP
TITLE = 30
"""The height of the column's own names."""


class Column(StrEnum):
    """The columns of a map."""

    LEFT = "left"
    MIDDLE = "middle"
    RIGHT = "right"


class Side(StrEnum):
    """The sides of a box that have ports."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with what it shows."""

    x: float
    y: float
    width: float
    height: float
    shows: Node | Zone | Area
    column: Column

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height


PortKey = tuple[str, Side, WayKind, bool]
"""Whose port, on which side, for which kind of way, and whether ways leave there."""


@dataclass(frozen=True, slots=True)
class Layout:
    """All boxes of a map, and where the gutters between the columns begin.

    `first_lanes` and `second_lanes` are the buses in the gutters left and right of the networks, `top_lanes` those that
    pass over the networks, each in the order of their lanes. `beyond` is where the boxes begin of what is elsewhere.
    """

    boxes: tuple[Box, ...]
    ports: dict[PortKey, float]
    first_lanes: tuple[Bus, ...]
    second_lanes: tuple[Bus, ...]
    top_lanes: tuple[Bus, ...]
    first_gutter: float
    second_gutter: float
    right: float
    beyond: float
    width: float
    height: float
    columns: dict[str, Column]

    def lane(self, bus: Bus, lanes: Sequence[Bus], start: float) -> float:
        """Where the lane of a bus is, in a gutter that begins at `start`."""
        return start + GAP * 2 + LANE * lanes.index(bus)


def laid_out(estate: Estate, beyond: tuple[Node, ...], buses: Sequence[Bus]) -> Layout:
    """The layout of what stands, with `beyond` under the services."""
    columns = _columns(estate, beyond)
    ports = _ports(buses, columns)
    first = tuple(bus for bus in buses if _uses_first(bus, columns))
    second = tuple(bus for bus in buses if _uses_second(bus, columns))
    over = tuple(bus for bus in first if bus in second)
    top = TOP + TITLE + LANE * len(over) + (GAP if over else 0)
    gutter_1 = MARGIN + SIDE_WIDTH
    middle = gutter_1 + _gutter(first) + LANE * (len(peerings(estate)) + 1)
    gutter_2 = middle + NODE_WIDTH + 4 * PAD if estate.areas else middle
    right = gutter_2 + _gutter(second)
    standing = _Standing(ports)
    boxes = [
        *standing.stack(estate.outside, MARGIN, top, SIDE_WIDTH, Column.LEFT),
        *standing.areas(estate.areas, middle, top),
        *standing.stack(estate.services, right, top, SIDE_WIDTH, Column.RIGHT),
    ]
    services_end = max((box.bottom for box in boxes if box.column is Column.RIGHT), default=top - TITLE)
    boxes += standing.stack(beyond, right, services_end + TITLE + GAP, SIDE_WIDTH, Column.RIGHT)
    height = max((box.bottom for box in boxes), default=top) + MARGIN
    return Layout(
        tuple(boxes),
        standing.placed,
        first,
        second,
        over,
        gutter_1,
        gutter_2,
        right,
        services_end + TITLE if beyond else 0,
        right + SIDE_WIDTH + MARGIN,
        height,
        columns,
    )


def peerings(estate: Estate) -> tuple[tuple[str, str], ...]:
    """The pairs of networks that are peered, each once."""
    names = {area.name for area in estate.areas}
    pairs = {tuple(sorted((area.name, peer))) for area in estate.areas for peer in area.peers if peer in names}
    return tuple((one, other) for one, other in sorted(pairs))


def side_of(source: Column, target: Column) -> tuple[Side, Side]:
    """At which side a way leaves its source, and at which it arrives."""
    if Column.LEFT in (source, target):
        leaves = Side.LEFT if source is not Column.LEFT else Side.RIGHT
        arrives = Side.RIGHT if target is Column.LEFT else Side.LEFT
        return leaves, arrives
    return _inner(source), _inner(target)


def _inner(column: Column) -> Side:
    """The side towards the gutter between networks and services."""
    return Side.RIGHT if column is Column.MIDDLE else Side.LEFT


def _columns(estate: Estate, beyond: Iterable[Node]) -> dict[str, Column]:
    zones = [zone for area in estate.areas for zone in area.zones]
    found = {node.name: Column.LEFT for node in estate.outside}
    found |= {node.name: Column.MIDDLE for zone in zones for node in zone.nodes}
    found |= {zone.name: Column.MIDDLE for zone in zones}
    return found | {node.name: Column.RIGHT for node in (*estate.services, *beyond)}


def _uses_first(bus: Bus, columns: dict[str, Column]) -> bool:
    """Whether a bus passes between outside and networks."""
    return Column.LEFT in {columns[name] for name in (*bus.sources, *bus.targets)}


def _uses_second(bus: Bus, columns: dict[str, Column]) -> bool:
    """Whether a bus passes between networks and services."""
    sources, targets = ({columns[name] for name in names} for names in (bus.sources, bus.targets))
    if Column.RIGHT in sources | targets:
        return True
    return Column.MIDDLE in sources and Column.MIDDLE in targets


def _gutter(lanes: Sequence[Bus]) -> float:
    return GAP * 4 + LANE * len(lanes)


def _ports(buses: Iterable[Bus], columns: dict[str, Column]) -> set[PortKey]:
    found: set[PortKey] = set()
    for bus in buses:
        for source in bus.sources:
            for target in bus.targets:
                leaves, arrives = side_of(columns[source], columns[target])
                found.add((source, leaves, bus.kind, True))
                found.add((target, arrives, bus.kind, False))
    return found


class _Standing:
    """Boxes are placed from top to bottom; their ports with them."""

    def __init__(self, ports: set[PortKey]) -> None:
        self._wanted: dict[tuple[str, Side], list[PortKey]] = {}
        for key in sorted(ports, key=lambda one: (list(WayKind).index(one[2]), not one[3])):
            self._wanted.setdefault((key[0], key[1]), []).append(key)
        self.placed: dict[PortKey, float] = {}

    def stack(self, nodes: Iterable[Node], x: float, y: float, width: float, column: Column) -> list[Box]:
        """Boxes one under the other."""
        boxes = []
        for node in nodes:
            box = Box(x, y, width, self._height(node.name, len(node.lines)), node, column)
            self._put_ports(node.name, box)
            boxes.append(box)
            y = box.bottom + GAP
        return boxes

    def areas(self, areas: Iterable[Area], x: float, y: float) -> list[Box]:
        """Networks one under the other, each around its subnets."""
        boxes = []
        for area in areas:
            inner: list[Box] = []
            below = y + HEADER + LINE
            for zone in area.zones:
                found = self._zone(zone, x + PAD, below)
                inner += found
                below = found[0].bottom + GAP
            boxes += [Box(x, y, NODE_WIDTH + 4 * PAD, below - y + 2, area, Column.MIDDLE), *inner]
            y = below + GAP * 2
        return boxes

    def _zone(self, zone: Zone, x: float, y: float) -> list[Box]:
        """The box of a subnet, and those in it."""
        head = self._height(zone.name, 1 + bool(zone.detail or zone.tags))
        inner = self.stack(zone.nodes, x + PAD, y + head, NODE_WIDTH, Column.MIDDLE)
        height = (inner[-1].bottom - y + GAP) if inner else head
        box = Box(x, y, NODE_WIDTH + 2 * PAD, height, zone, Column.MIDDLE)
        self._put_ports(zone.name, box)
        return [box, *inner]

    def _height(self, name: str, lines: int) -> float:
        most = max(len(self._wanted.get((name, side), ())) for side in Side)
        return max(lines * LINE + GAP, most * PORT + GAP)

    def _put_ports(self, name: str, box: Box) -> None:
        for side in Side:
            wanted = self._wanted.get((name, side), [])
            for number, key in enumerate(wanted):
                self.placed[key] = box.y + GAP + PORT * number
