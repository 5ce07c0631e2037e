"""The map: which ways it gathers, where they end, that lines meet their boxes, and that names cannot become markup."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cloister.inventory.azure import Inventory
from cloister.render.diagram.azure import estate
from cloister.render.diagram.buses import ANYTHING, NEEDED, buses, elsewhere, strangers
from cloister.render.diagram.document import estate_of, render_map
from cloister.render.diagram.labels import Labels
from cloister.render.diagram.layout import Box, Column, Side, laid_out, side_of
from cloister.render.diagram.standing import Area, Estate, Node, Zone, gathered
from cloister.render.diagram.ways import Way, WayKind
from cloister.sources.reading import read_anywhere
from cloister.sources.spec import read_text, read_text_anywhere

HEAD = "version: 1\nblueprint: azure-hub-spoke\nname: golden\n"
SVG = "{http://www.w3.org/2000/svg}"
WAYS = (
    Way("internet", "storage/blob:443", WayKind.OPEN_WRONG),
    Way("training", "storage/blob:443", WayKind.OPEN_RIGHT),
    Way("notebook", "storage/file:445", WayKind.OPEN_RIGHT),
    Way("training", "example.com:443", WayKind.CLOSED_RIGHT),
    Way("training", "pypi.org:443", WayKind.OPEN_RIGHT),
    Way("office", "notebook:443", WayKind.CLOSED_WRONG),
    Way("AzureMachineLearning", "training:44224", WayKind.UNKNOWN),
)


@pytest.fixture(scope="module")
def inventory() -> Inventory:
    return read_text(HEAD, "cloister.yaml")


@pytest.fixture(scope="module")
def standing(inventory: Inventory) -> Estate:
    return estate(inventory, Labels().many)


def _bus(standing: Estate, *ways: Way) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(bus.kind.value, bus.sources, bus.targets) for bus in buses(standing, ways)]


@pytest.mark.parametrize(
    ("way", "target"),
    [
        (Way("training", "storage/blob:443", WayKind.OPEN_RIGHT), "storage"),
        (Way("training", "storage/blob@public:443", WayKind.OPEN_WRONG), "storage"),
        (Way("training", "git-server:443", WayKind.OPEN_RIGHT), "git-server"),
        (Way("training", "office", WayKind.OPEN_WRONG), "office"),
        (Way("internet", "an-endpoint.inference.ml.azure.com:443", WayKind.OPEN_WRONG, "workspace"), "workspace"),
        (Way("training", "candidate.example.org:443", WayKind.OPEN_RIGHT, "workspace-endpoint"), "workspace"),
        (Way("training", "pypi.org:443", WayKind.OPEN_RIGHT), NEEDED),
        (Way("training", "pypi.org:443", WayKind.CLOSED_WRONG), NEEDED),
        (Way("training", "internet:53/udp", WayKind.OPEN_WRONG), ANYTHING),
        (Way("training", "example.com:443", WayKind.UNKNOWN), ANYTHING),
    ],
)
def test_where_a_way_ends(way: Way, target: str, standing: Estate) -> None:
    assert _bus(standing, way) == [(way.kind.value, (way.place,), (target,))]


def test_a_subnet_is_known_by_its_own_name_where_no_other_has_it(standing: Estate) -> None:
    ways = (Way("compute", "vault:443", WayKind.OPEN_RIGHT), Way("ml/compute", "vault:443", WayKind.OPEN_RIGHT))
    assert _bus(standing, *ways) == [("open-right", ("ml/compute",), ("vault",))]


def test_places_with_the_same_ways_share_a_bus_and_others_do_not(standing: Estate) -> None:
    ways = (
        Way("training", "vault:443", WayKind.OPEN_RIGHT),
        Way("ci-agent", "vault:443", WayKind.OPEN_RIGHT),
        Way("notebook", "vault:443", WayKind.OPEN_RIGHT),
        Way("notebook", "lake/dfs:443", WayKind.OPEN_RIGHT),
        Way("office", "vault:443", WayKind.OPEN_RIGHT),
        Way("ci-agent", "vault:443", WayKind.CLOSED_WRONG),
    )
    assert _bus(standing, *ways) == [
        ("open-right", ("training", "ci-agent"), ("vault",)),
        ("open-right", ("notebook",), ("lake", "vault")),
        ("open-right", ("office",), ("vault",)),
        ("closed-wrong", ("ci-agent",), ("vault",)),
    ]


def test_what_is_not_of_the_environment_has_boxes_of_its_own(standing: Estate) -> None:
    assert [(node.name, node.detail) for node in elsewhere(standing, WAYS, Labels())] == [
        (NEEDED, "1 hosts and ports"),
        (ANYTHING, "1 hosts and ports"),
    ]
    assert [node.name for node in strangers(standing, WAYS)] == ["AzureMachineLearning"]


def test_many_of_one_kind_become_one_box_that_answers_for_each() -> None:
    few = [Node("machine", (f"vm{number}",)) for number in range(4)]
    assert list(gathered(few, "{kind} x {count}")) == few
    (one,) = gathered([*few, Node("machine", ("vm4",))], "{kind} x {count}")
    assert (one.title, one.detail, one.names) == ("machine x 5", "vm0 … vm4", ("vm0", "vm1", "vm2", "vm3", "vm4"))
    assert one.stands_for == 5


def _parts(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own output


def test_every_way_is_drawn_with_its_question_and_every_resource_with_its_name(inventory: Inventory) -> None:
    root = _parts(render_map(inventory, WAYS))
    told = "\n".join(title.text or "" for title in root.iter(f"{SVG}title"))
    assert [way.question for way in WAYS if way.question not in told] == []
    names = ["hub", "ml", "private-endpoints", "training", "git-server", "office", "storage", "vault", "registry"]
    assert [name for name in names if name not in told] == []
    assert root.find(f"{SVG}desc") is not None
    assert root.get("role") == "img"


def test_the_map_says_in_words_what_it_shows(inventory: Inventory) -> None:
    described = _parts(render_map(inventory, WAYS)).findtext(f"{SVG}desc")
    assert described == (
        "3 networks, 6 services. open, and must not be: 1, refused, and people need it: 1, cannot be told: 1, "
        "open, as it must be: 3, refused, as it must be: 1."
    )


def test_an_environment_in_aws_has_its_vpcs_subnets_and_services() -> None:
    document = Path(__file__).parents[1] / "sources" / "cloudformation" / "mlflow.document.yaml"
    standing = estate_of(read_anywhere(document), Labels().many)
    told = {
        zone.title or area.name: [node.kind for node in zone.nodes] for area in standing.areas for zone in area.zones
    }
    assert told == {
        "SubnetA": ["service", "database", "load balancer", "VPC endpoint"],
        "SubnetB": ["service", "database", "load balancer", "VPC endpoint"],
        "Vpc": ["VPC endpoint"],
    }
    services = [(node.kind, node.name) for node in standing.services]
    assert services == [("REST API", "Api"), ("bucket", "Artifacts")]
    ways = (Way("internet", f"{services[0][1]}:443", WayKind.OPEN_RIGHT),)
    assert "internet -> " in "".join(_parts(render_map(read_anywhere(document), ways)).itertext())


def test_the_map_is_the_same_for_the_same_environment(inventory: Inventory) -> None:
    assert render_map(inventory, WAYS) == render_map(inventory, WAYS)


def test_every_line_begins_and_ends_at_the_edge_of_a_box(inventory: Inventory) -> None:
    """Lines turn at right angles, so that each piece ends where another of its bus passes or at a box."""
    root = _parts(render_map(inventory, WAYS))
    edges = set()
    for box in root.iter(f"{SVG}rect"):
        left, width = float(box.get("x", 0)), float(box.get("width", 0))
        edges |= {left, left + width}
    drawn = [group for group in root.iter(f"{SVG}g") if "way" in (group.get("class") or "") and len(group) > 1]
    for group in drawn:
        ends = [path for path in group.iter(f"{SVG}path") if path.get("marker-end")]
        reached = [float(re.findall(r"H(-?[\d.]+)", path.get("d") or "")[-1]) for path in ends]
        assert [x for x in reached if not any(abs(x - edge) in (0, 5) for edge in edges)] == []
    assert len(drawn) == 6  # the two places that reach the account share nothing else


def test_no_two_boxes_of_one_level_overlap(standing: Estate) -> None:
    layout = laid_out(standing, elsewhere(standing, WAYS[:-1], Labels()), buses(standing, WAYS[:-1]))
    for kind in (Node, Zone, Area):
        boxes = [box for box in layout.boxes if isinstance(box.shows, kind)]
        pairs = [(one, other) for number, one in enumerate(boxes) for other in boxes[number + 1 :]]
        assert [pair for pair in pairs if _overlap(*pair)] == []


def test_what_stands_in_a_subnet_lies_within_its_box(standing: Estate) -> None:
    layout = laid_out(standing, (), ())
    boxes = {box.shows.name: box for box in layout.boxes}
    for area in standing.areas:
        for zone in area.zones:
            assert _within(boxes[zone.name], boxes[area.name])
            assert all(_within(boxes[node.name], boxes[zone.name]) for node in zone.nodes)


def _overlap(one: Box, other: Box) -> bool:
    apart = one.right <= other.x or other.right <= one.x or one.bottom <= other.y or other.bottom <= one.y
    return not apart


def _within(inner: Box, outer: Box) -> bool:
    return outer.x <= inner.x and inner.right <= outer.right and outer.y <= inner.y and inner.bottom <= outer.bottom


def test_two_hundred_resources_stay_within_a_width_that_can_be_read() -> None:
    networks = "".join(
        f"  s{net:02d}: {{address_space: [10.{100 + net}.0.0/16], subnets: "
        f"{{a: {{prefix: 10.{100 + net}.0.0/24}}, b: {{prefix: 10.{100 + net}.1.0/24}}}}}}\n"
        for net in range(12)
    )
    machines = "".join(
        f"  vm-{net:02d}-{number}: "
        f"{{purpose: other, subnet: s{net:02d}/a, private_ip: 10.{100 + net}.0.{10 + number}}}\n"
        for net in range(12)
        for number in range(12)
    )
    big = read_text(f"{HEAD}networks:\n{networks}machines:\n{machines}", "cloister.yaml")
    ways = [Way(f"vm-{net:02d}-{n}", "example.com:443", WayKind.OPEN_WRONG) for net in range(12) for n in range(12)]
    root = _parts(render_map(big, ways))
    assert float(root.get("width", 0)) < 1000
    assert float(root.get("height", 0)) < 5000
    titles = [title.text or "" for title in root.iter(f"{SVG}title")]
    assert sum("other \u00d7 12" in title for title in titles) == 12
    assert any("and 132 more" in title for title in titles)


def test_a_hostile_name_stays_text(inventory: Inventory) -> None:
    name = '</title><script>alert(1)</script>"\x1b\u202e'
    ways = (Way(name, f"{name}:443", WayKind.OPEN_WRONG), Way("training", f"{name}.example:443", WayKind.OPEN_RIGHT))
    svg = render_map(inventory, ways)
    tags = {element.tag.removeprefix(SVG) for element in _parts(svg).iter()}
    assert tags <= {"svg", "title", "desc", "style", "defs", "marker", "path", "rect", "g", "text"}
    assert re.findall("[\x00-\x09\x0b-\x1f\u202e]", svg) == []


def test_what_has_interfaces_in_several_subnets_is_known_there_and_by_its_own_name() -> None:
    blueprint = read_text_anywhere("version: 1\nblueprint: aws-mlflow\nname: mlflow\n", "cloister.yaml")
    standing = estate_of(blueprint, Labels().many)
    ways = (
        Way("tracking[private-a]", "metadata:5432", WayKind.OPEN_RIGHT),
        Way("tracking[private-b]", "metadata[data-b]:5432", WayKind.OPEN_RIGHT),
    )
    assert _bus(standing, *ways) == [
        ("open-right", ("tracking[private-a]",), ("metadata[data-a]",)),
        ("open-right", ("tracking[private-b]",), ("metadata[data-b]",)),
    ]


@pytest.mark.parametrize(
    ("words", "shown"),
    [("a-short-name", "a-short-name"), ("n" * 40, "n" * 24 + "\u2026"), ("网" * 20, "网" * 14 + "\u2026")],
)
def test_a_name_is_cut_where_its_box_ends_and_stands_whole_in_its_title(words: str, shown: str) -> None:
    empty = read_text("version: 1\nname: cut\nregion: westeurope\n", "cloister.yaml")
    root = _parts(render_map(empty, (Way("internet", "a:1", WayKind.OPEN_WRONG),), Labels(unapproved=words)))
    assert shown in [text.text for text in root.iter(f"{SVG}text")]
    assert any(words in (title.text or "") for title in root.iter(f"{SVG}title"))


@pytest.mark.parametrize(
    ("source", "target", "sides"),
    [
        (Column.LEFT, Column.MIDDLE, (Side.RIGHT, Side.LEFT)),
        (Column.LEFT, Column.RIGHT, (Side.RIGHT, Side.LEFT)),
        (Column.MIDDLE, Column.LEFT, (Side.LEFT, Side.RIGHT)),
        (Column.MIDDLE, Column.MIDDLE, (Side.RIGHT, Side.RIGHT)),
        (Column.MIDDLE, Column.RIGHT, (Side.RIGHT, Side.LEFT)),
        (Column.RIGHT, Column.MIDDLE, (Side.LEFT, Side.RIGHT)),
        (Column.RIGHT, Column.LEFT, (Side.LEFT, Side.RIGHT)),
    ],
)
def test_a_way_leaves_and_arrives_at_the_sides_that_face_its_gutter(
    source: Column, target: Column, sides: tuple[Side, Side]
) -> None:
    assert side_of(source, target) == sides
