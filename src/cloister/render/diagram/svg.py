"""The map as SVG: boxes, buses, a legend. It needs nothing from elsewhere and follows the reader's light or dark."""

from collections.abc import Iterator
from html import escape
from importlib.resources import files
from unicodedata import east_asian_width

from cloister.render.diagram.buses import Bus
from cloister.render.diagram.labels import Labels
from cloister.render.diagram.layout import (
    GAP,
    HEADER,
    IN_LINE,
    LANE,
    LEGEND,
    LINE,
    MARGIN,
    PAD,
    SIDE_WIDTH,
    TITLE,
    TOP,
    Box,
    Column,
    Layout,
    Side,
    peerings,
    side_of,
)
from cloister.render.diagram.standing import Area, Estate, Zone
from cloister.render.diagram.ways import WayKind

_MOST_QUESTIONS = 12
_STUB = 5
"""How far before its target a way ends that is refused."""
_LETTER, _BOLD, _WIDE = 6.4, 7.4, 12.0
"""How wide a letter is at 12 pixels, one in bold, and one of an East Asian script."""


def drawn(estate: Estate, layout: Layout, buses: tuple[Bus, ...], labels: Labels, described: str) -> str:
    """The whole document."""
    height = layout.height
    title = escape(labels.title.format(name=_visible(estate.name)))
    return "\n".join(
        [
            _opened(layout.width, height),
            f'<title id="cloister-map-title">{title}</title>',
            f'<desc id="cloister-map-desc">{escape(described)}</desc>',
            f"<style>{_style()}</style>",
            f"<defs>{''.join(_markers())}</defs>",
            f'<rect class="ground" width="{layout.width:g}" height="{height:g}"/>',
            *_legend(labels),
            *_column_titles(layout, labels),
            *(_box(box) for box in layout.boxes),
            *_peerings(estate, layout),
            *(_bus(bus, layout, labels) for bus in buses),
            "</svg>",
            "",
        ]
    )


def _opened(width: float, height: float) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" class="cloister-map" role="img" '
        'aria-labelledby="cloister-map-title cloister-map-desc" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}">'
    )


def _style() -> str:
    return files(__package__).joinpath("map.css").read_text(encoding="utf-8")


def _markers() -> Iterator[str]:
    """An arrow for a way that arrives, a bar for one that is refused, a question mark's dot for one nobody can tell."""
    for kind in WayKind:
        shape = (
            "M0 0 L8 4 L0 8 z"
            if kind.is_open
            else "M3 0 H5 V8 H3 z"
            if kind is not WayKind.UNKNOWN
            else "M1 1 H7 V7 H1 z"
        )
        yield (
            f'<marker id="end-{kind.value}" class="{kind.value}" viewBox="0 0 8 8" refX="{7 if kind.is_open else 4}" '
            f'refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto">'
            f'<path d="{shape}"/></marker>'
        )


def _column_titles(layout: Layout, labels: Labels) -> Iterator[str]:
    yield _text(MARGIN, TOP + 12, labels.outside, "column", SIDE_WIDTH)
    areas = [box for box in layout.boxes if isinstance(box.shows, Area)]
    if areas:
        yield _text(areas[0].x, TOP + 12, labels.networks, "column", areas[0].width)
    yield _text(layout.right, TOP + 12, labels.services, "column", SIDE_WIDTH)
    if layout.beyond:
        yield _text(layout.right, layout.beyond, labels.elsewhere, "column", SIDE_WIDTH)


def _box(box: Box) -> str:
    shown = box.shows
    if isinstance(shown, Area):
        return _group("area", box, [(shown.name, "name"), (shown.detail, "detail")], HEADER - 8)
    if isinstance(shown, Zone):
        return _group("zone", box, [(shown.title, "name"), (" · ".join((shown.detail, *shown.tags)), "detail")], LINE)
    return _group("node", box, [(words, what) for what, words in shown.lines], LINE)


def _group(css: str, box: Box, lines: list[tuple[str, str]], first: float) -> str:
    told = [(words, style) for words, style in lines if words]
    texts = [
        _text(box.x + PAD, box.y + first + LINE * number, words, style, box.width - 2 * PAD)
        for number, (words, style) in enumerate(told)
    ]
    whole = escape(" · ".join(_visible(words) for words, _ in told))
    return (
        f'<g class="{css}"><title>{whole}</title><rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" '
        f'height="{box.height:g}" rx="4"/>{"".join(texts)}</g>'
    )


def _text(x: float, y: float, words: str, css: str, width: float) -> str:
    letter = _BOLD if css == "name" else _LETTER
    return f'<text class="{css}" x="{x:g}" y="{y:g}">{escape(_fitting(_visible(words), width, letter))}</text>'


def _fitting(words: str, width: float, narrow: float) -> str:
    """The words, cut where they would not fit; the whole of them is the title of their box."""
    used = 0.0
    for number, letter in enumerate(words):
        used += _WIDE if east_asian_width(letter) in "WF" else narrow
        if used > width:
            return words[: max(number - 1, 1)] + "…"
    return words


def _visible(words: str) -> str:
    """The words without what cannot stand in XML or turns the direction of writing round."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in words)


def _peerings(estate: Estate, layout: Layout) -> Iterator[str]:
    """A bracket left of the networks for each peering."""
    places = {box.shows.name: box for box in layout.boxes if isinstance(box.shows, Area)}
    for number, (one, other) in enumerate(peerings(estate)):
        first, second = places[one], places[other]
        x = first.x - LANE * (number + 1)
        path = f"M{first.x:g} {first.y + PAD:g} H{x:g} V{second.y + PAD:g} H{second.x:g}"
        yield f'<path class="peering" d="{path}"><title>{escape(_visible(f"{one} – {other}"))}</title></path>'  # noqa: RUF001 - a dash between names


def _bus(bus: Bus, layout: Layout, labels: Labels) -> str:
    """The lanes of a bus, a line from each source, and one with an end to each target."""
    trunk, ends = _Route(bus, layout).lines()
    told = [labels.kinds[bus.kind], *bus.questions[:_MOST_QUESTIONS]]
    if len(bus.questions) > _MOST_QUESTIONS:
        told.append(labels.more.format(count=len(bus.questions) - _MOST_QUESTIONS))
    title = escape("\n".join(_visible(line) for line in told))
    last = "".join(f'<path d="{end}" marker-end="url(#end-{bus.kind.value})"/>' for end in ends)
    wide = "".join([*trunk, *ends])
    return (
        f'<g class="way {bus.kind.value}"><title>{title}</title><path class="near" d="{wide}"/>'
        f'<path d="{"".join(trunk)}"/>{last}</g>'
    )


class _Route:
    """The lines of one bus, which turn at right angles only."""

    def __init__(self, bus: Bus, layout: Layout) -> None:
        self._bus = bus
        self._layout = layout
        self._boxes = {_named(box): box for box in layout.boxes if not isinstance(box.shows, Area)}

    def lines(self) -> tuple[list[str], list[str]]:
        """The trunk with the lines from the sources, and the lines to the targets."""
        bus, layout = self._bus, self._layout
        first = layout.lane(bus, layout.first_lanes, layout.first_gutter) if bus in layout.first_lanes else None
        second = layout.lane(bus, layout.second_lanes, layout.second_gutter) if bus in layout.second_lanes else None
        met: dict[float, list[float]] = {lane: [] for lane in (first, second) if lane is not None}
        trunk: dict[str, None] = {}
        ends: dict[str, None] = {}
        for source in bus.sources:
            for target in bus.targets:
                leaves, arrives = side_of(layout.columns[source], layout.columns[target])
                start, stop = self._port(source, leaves, leaving=True), self._port(target, arrives, leaving=False)
                lanes = self._lanes(source, target, first, second)
                met[lanes[0]].append(start[1])
                met[lanes[-1]].append(stop[1])
                trunk[f"M{start[0]:g} {start[1]:g}H{lanes[0]:g}"] = None
                short = 0 if bus.kind.is_open else _STUB if stop[0] > lanes[-1] else -_STUB
                ends[f"M{lanes[-1]:g} {stop[1]:g}H{stop[0] - short:g}"] = None
        if bus in layout.top_lanes and first is not None and second is not None:
            over = TOP + TITLE - GAP + LANE * layout.top_lanes.index(bus)
            met[first].append(over)
            met[second].append(over)
            trunk[f"M{first:g} {over:g}H{second:g}"] = None
        for lane, ys in met.items():
            trunk[f"M{lane:g} {min(ys):g}V{max(ys):g}"] = None
        return list(trunk), list(ends)

    def _lanes(self, source: str, target: str, first: float | None, second: float | None) -> tuple[float, ...]:
        """The lanes that a way takes, the source's first."""
        columns = (self._layout.columns[source], self._layout.columns[target])
        if set(columns) == {Column.LEFT, Column.RIGHT}:
            both = (first or 0, second or 0)
            return both if columns[0] is Column.LEFT else both[::-1]
        return ((first if Column.LEFT in columns else second) or 0,)

    def _port(self, name: str, side: Side, *, leaving: bool) -> tuple[float, float]:
        box = self._boxes[name]
        y = self._layout.ports[name, side, self._bus.kind, leaving]
        return (box.x if side is Side.LEFT else box.right), y


def _named(box: Box) -> str:
    return box.shows.name


def _legend(labels: Labels) -> Iterator[str]:
    for number, kind in enumerate(WayKind):
        x, y = MARGIN + SIDE_WIDTH * 1.3 * (number % IN_LINE), MARGIN + GAP + LEGEND * (number // IN_LINE)
        yield (
            f'<g class="way {kind.value}"><path d="M{x:g} {y:g}h40" marker-end="url(#end-{kind.value})"/></g>'
            + _text(x + 50, y + 4, labels.kinds[kind], "detail", SIDE_WIDTH)
        )
