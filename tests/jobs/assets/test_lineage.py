"""Lineage both ways, over jobs: from raw data through steps to a model, and back."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from cloister.jobs.assets.lineage import Edge, Lineage, Thing
from cloister.jobs.assets.names import AssetId
from cloister.jobs.assets.records import AssetRecords
from cloister.jobs.assets.tracing import Link, Node, StepNode, Tracing, Way
from cloister.jobs.planning.plan import FromStep, Plan, PlannedInput, PlannedOutput, PlannedStep, PublishedOutput
from cloister.jobs.records.ownership import Ownership
from cloister.jobs.records.records import Records
from cloister.jobs.records.results import Result

STORE = "azureml://datastores/workspaceblobstore/paths"
RAW, CLEAN, NET = Thing("data", "raw", "1"), Thing("data", "clean", "1"), Thing("models", "net", "1")
KEPT, OUT = Thing("data", "kept", "1"), Thing("outputs", "train", "report")
PATH = Thing("paths", f"{STORE}/raw", "")
SPLIT, FILTER = StepNode("prepare", "split"), StepNode("prepare", "filter")
FIT = StepNode("train", "fit")


@pytest.fixture
def tracing(engine: sa.Engine, records: AssetRecords) -> Tracing:
    """raw -> prepare/split -> prepare/filter -> clean -> train/fit -> net, and its report -> kept."""
    kept_of = Records(engine)
    jobs = kept_of.jobs
    out = PlannedOutput("out", "uri_folder")
    needs = PlannedInput("in", "uri_folder", FromStep("split", "out"))
    two = (PlannedStep("split", "true", outputs=(out,)), PlannedStep("filter", "true", (needs,), (out,)))
    add(engine, jobs, "prepare", Plan("pipeline", "e", two))
    report = PlannedOutput("report", "uri_file")
    one = (PlannedStep("fit", "true", outputs=(report,)),)
    add(engine, jobs, "train", Plan("pipeline", "e", one, outputs=(PublishedOutput("report", "fit", "report"),)))
    for name in ("raw", "clean"):
        records.put("data", name, "1", {"dataUri": f"{STORE}/{name}", "dataType": "uri_folder"}, "ada")
    records.put("models", "net", "1", {"modelUri": f"{STORE}/net"}, "ada")
    kept = {"dataUri": "azureml://jobs/train/outputs/report", "dataType": "uri_file"}
    records.put("data", "kept", "1", kept, "ada")
    lineage = Lineage(engine)
    lineage.note(
        [
            Edge("prepare", "split", "reads", "d", RAW),
            Edge("prepare", "filter", "makes", "out", CLEAN),
            Edge("train", "fit", "reads", "d", CLEAN),
            Edge("train", "fit", "makes", "m", NET),
        ]
    )
    return Tracing(lineage, records, jobs, kept_of.results)


def add(engine: sa.Engine, jobs: object, name: str, plan: Plan) -> None:
    with engine.begin() as connection:
        jobs.add_within(connection, name, plan, "0" * 64, "ada")  # type: ignore[attr-defined]  # the records of jobs


def everything(_node: Node) -> bool:
    return True


WALKS: list[tuple[str, Node, Way, list[Link]]] = [
    (
        "a model, up",
        NET,
        "up",
        [
            Link(FIT, NET, "m"),
            Link(CLEAN, FIT, "d"),
            Link(FILTER, CLEAN, "out"),
            Link(SPLIT, FILTER),
            Link(RAW, SPLIT, "d"),
            Link(PATH, RAW),
        ],
    ),
    (
        "raw data, down",
        RAW,
        "down",
        [
            Link(RAW, SPLIT, "d"),
            Link(SPLIT, FILTER),
            Link(FILTER, CLEAN, "out"),
            Link(CLEAN, FIT, "d"),
            Link(FIT, NET, "m"),
            Link(FIT, OUT, "report"),
            Link(OUT, KEPT),
        ],
    ),
    ("data of an output, up", KEPT, "up", [Link(OUT, KEPT), Link(FIT, OUT, "report"), Link(CLEAN, FIT, "d")]),
    ("the end, down", NET, "down", []),
]


@pytest.mark.parametrize(("start", "way", "links"), [row[1:] for row in WALKS], ids=[row[0] for row in WALKS])
def test_a_walk_goes_to_the_end(tracing: Tracing, start: Node, way: Way, links: list[Link]) -> None:
    found = tracing.walk(start, way, everything, 1000)
    assert found.complete
    assert list(found.links)[: len(links)] == links
    assert start != NET or way == "up" or found.links == ()


@pytest.mark.parametrize(
    ("may", "depth", "last"),
    [
        (lambda node: node != FILTER, 1000, Link(FILTER, CLEAN, "out")),
        (everything, 1, Link(FIT, NET, "m")),
    ],
    ids=["what may not be seen hides what is behind it", "as far as was asked"],
)
def test_a_walk_ends_where_it_is_to(tracing: Tracing, may: Callable[[Node], bool], depth: int, last: Link) -> None:
    assert tracing.walk(NET, "up", may, depth).links[-1] == last


def test_a_step_that_took_over_a_result_leads_to_its_maker(engine: sa.Engine, tracing: Tracing) -> None:
    kept_of = Records(engine)
    out = PlannedOutput("report", "uri_file")
    add(engine, kept_of.jobs, "again", Plan("pipeline", "e", (PlannedStep("fit", "true", outputs=(out,)),)))
    again = Ownership("again", "", 0)
    kept_of.results.note(again, "fit", "0" * 64, "ada")
    kept_of.results.note_maker(again, "fit", Result("train", "fit", ""))
    links = tracing.walk(StepNode("again", "fit"), "up", everything, 1000).links
    assert links[:2] == (Link(FIT, StepNode("again", "fit")), Link(CLEAN, FIT, "d"))
    down = tracing.walk(CLEAN, "down", everything, 2).links
    assert down == (
        Link(CLEAN, FIT, "d"),
        Link(FIT, NET, "m"),
        Link(FIT, StepNode("again", "fit")),
        Link(FIT, OUT, "report"),
    )


def test_nothing_came_of_data_in_a_step_that_was_cancelled_before_it_began(engine: sa.Engine, tracing: Tracing) -> None:
    assert Link(SPLIT, FILTER) in tracing.walk(SPLIT, "down", everything, 1).links
    Records(engine).jobs.cancel("prepare", "ada")
    assert Link(SPLIT, FILTER) not in tracing.walk(SPLIT, "down", everything, 1).links


def test_a_step_that_runs_again_is_noted_once(tracing: Tracing) -> None:
    before = tracing.lineage.of_job("train")
    tracing.lineage.note([Edge("train", "fit", "makes", "m", Thing("models", "net", "2"))])
    after = tracing.lineage.of_job("train")
    assert len(after) == len(before)
    assert [edge.thing for edge in after if edge.direction == "makes"] == [Thing("models", "net", "2")]
    assert tracing.assets.version(AssetId("models", "net", "1")).id.name == "net"
