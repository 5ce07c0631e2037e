"""Computes: what acts of the REST object, what does not and is said, what is refused; and where a plan's steps go."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cloister.errors import CloisterError, SpecError
from cloister.jobs.compute.compute import Compute, notes, read, without_secrets
from cloister.jobs.compute.demand import Demand, demand
from cloister.jobs.compute.prices import rates_of
from cloister.jobs.desk.compute_control import ComputeControl
from cloister.jobs.desk.placing import Machine, placed
from cloister.jobs.desk.service import JobService
from cloister.jobs.planning.plan import (
    Dimension,
    Distribution,
    FromSearch,
    FromStep,
    Parallel,
    Plan,
    PlannedInput,
    PlannedOutput,
    PlannedStep,
    Sweep,
)
from cloister.store import open_store

if TYPE_CHECKING:
    from tests.jobs.conftest import Guarded, Serve

GIB = 2**30
SMALL = Machine(2, 8 * GIB)


def cluster(name: str = "cpu-cluster", below: dict[str, object] | None = None, **above: object) -> dict[str, object]:
    scale = {"minNodeCount": 0, "maxNodeCount": 2, "nodeIdleTimeBeforeScaleDown": "PT2M"}
    # What the SDK writes where the author wrote no more than that.
    unsaid = {"remoteLoginPortPublicAccess": "NotSpecified", "enableNodePublicIp": True, "osType": "Linux"}
    bottom = {"vmSize": "STANDARD_DS3_v2", "scaleSettings": scale, **unsaid, **(below or {})}
    return {
        "name": name,
        "properties": {"computeType": "AmlCompute", "disableLocalAuth": True, "properties": bottom},
    } | above


CPU = Compute(
    "cpu-cluster", "AmlCompute", "STANDARD_DS3_v2", 2, 0, 120, low_priority=False, cores=4, memory_bytes=14 * GIB
)


def instance(**below: object) -> dict[str, object]:
    return {"name": "ci", "properties": {"computeType": "ComputeInstance", "properties": below}}


READ = [
    ("a cluster", cluster(), CPU, []),
    (
        "a cluster of low priority",
        cluster(below={"vmPriority": "LowPriority"}),
        replace(CPU, low_priority=True),
        [],
    ),
    (
        "a size that nobody knows",
        cluster(below={"vmSize": "STANDARD_X1"}),
        replace(CPU, size="STANDARD_X1", cores=None, memory_bytes=None),
        ["size STANDARD_X1 is not known here: its steps get what the machine has"],
    ),
    (
        "bounds and idleness",
        cluster(
            below={"scaleSettings": {"minNodeCount": 1, "maxNodeCount": 8, "nodeIdleTimeBeforeScaleDown": "PT1H5S"}}
        ),
        replace(CPU, min_instances=1, max_instances=8, idle_seconds=3605),
        ["min_instances 1: no place is kept ready; a step starts at once where one is free"],
    ),
    (
        "what does not act is said",
        cluster(
            location="westus",
            identity={"type": "SystemAssigned"},
            below={"userAccountCredentials": {"adminUserName": "a", "adminUserPassword": "b"}, "odd": 1},
        ),
        CPU,
        [
            "identity: each step has an identity of its own",
            "location: it runs on this platform's machines",
            "odd: kept, and has no effect",
            "userAccountCredentials: nobody logs in to it; what was given is not kept",
        ],
    ),
    (
        "an instance",
        instance(vmSize="STANDARD_D2_V3"),
        Compute("ci", "ComputeInstance", "STANDARD_D2_V3", 1, cores=2, memory_bytes=8 * GIB),
        ["type computeinstance: one step at a time; there is nobody's notebook on it yet"],
    ),
]


@pytest.mark.parametrize(("document", "compute", "said"), [r[1:] for r in READ], ids=[r[0] for r in READ])
def test_what_acts_of_a_compute(document: dict[str, object], compute: Compute, said: list[str]) -> None:
    assert (read(document), list(notes(document))) == (compute, said)


def of_kind(kind: str) -> dict[str, object]:
    return {"name": "elsewhere", "properties": {"computeType": kind, "properties": {}}}


NAMING = "is no name for a compute"
REFUSED = [
    (
        of_kind("Kubernetes"),
        'compute "elsewhere": is of type kubernetes: a cluster of Kubernetes is not reached from here',
    ),
    (
        of_kind("VirtualMachine"),
        'compute "elsewhere": is of type virtualmachine: another machine is not reached from here',
    ),
    (of_kind("SynapseSpark"), 'compute "elsewhere": is of type synapsespark: a Spark pool is not reached from here'),
    (of_kind("Toaster"), 'compute "elsewhere": is of type "Toaster"'),
    (cluster("x"), f'compute "x": {NAMING}'),
    (cluster("a/b"), f'compute "a/b": {NAMING}'),
    (cluster("a" * 40), f'compute "{"a" * 40}": {NAMING}'),
    (cluster("default"), 'compute "default": is there always'),
    (cluster(below={"scaleSettings": {"maxNodeCount": 0}}), 'compute "cpu-cluster": has from 0 to 0 instances'),
    (
        cluster(below={"scaleSettings": {"minNodeCount": 3, "maxNodeCount": 2}}),
        'compute "cpu-cluster": has from 3 to 2 instances',
    ),
    (cluster(below={"scaleSettings": {"maxNodeCount": "many"}}), 'maxNodeCount: "many" is no whole number'),
    (cluster(below={"vmPriority": "Spot"}), 'compute "cpu-cluster": has the tier "Spot"'),
    (
        cluster(below={"scaleSettings": {"nodeIdleTimeBeforeScaleDown": "soon"}}),
        'compute "cpu-cluster": "soon" is no time of idleness',
    ),
    ({}, 'compute "None": is no name for a compute'),
]


@pytest.mark.parametrize(("document", "told"), REFUSED)
def test_what_is_no_compute_here(document: dict[str, object], told: str) -> None:
    with pytest.raises(SpecError) as caught:
        read(document)
    assert str(caught.value).splitlines()[0].startswith(told)


def test_what_opens_doors_is_not_kept() -> None:
    secret: dict[str, object] = {
        "userAccountCredentials": {"adminUserPassword": "p"},
        "administratorAccount": {"password": "p"},
    }
    kept = without_secrets(cluster(below=secret))
    assert kept == cluster()


def plan_of(*steps: PlannedStep) -> Plan:
    return Plan("pipeline", "e", steps)


LOW = ", low priority: a step may have to make room, and starts again"


def test_steps_go_to_the_computes_that_there_are() -> None:
    plan = plan_of(
        PlannedStep("a", "true", compute="cpu-cluster"),
        PlannedStep("b", "true", compute="gpu-cluster"),
        PlannedStep("c", "true"),
    )
    found = placed(plan, {"cpu-cluster": replace(CPU, low_priority=True)}, SMALL)
    assert [(s.compute, s.low_priority) for s in found.steps] == [("cpu-cluster", True), ("", False), ("", False)]
    assert found.notes == (
        "compute gpu-cluster -> default: nobody has made one of that name here (b)",
        f"compute cpu-cluster, STANDARD_DS3_v2: 2 cores and 8 GiB (of 4 and 14), at most 2 at a time{LOW}",
    )
    assert placed(found, {"cpu-cluster": replace(CPU, low_priority=True)}, SMALL) == found
    with pytest.raises(CloisterError, match='compute "gpu-cluster": there is none of that name here'):
        placed(plan, {"cpu-cluster": CPU}, SMALL, refuse_unknown=True)


def after(name: str, *needed: str, compute: str = "", instances: int = 1, sweep: Sweep | None = None) -> PlannedStep:
    inputs = tuple(PlannedInput(f"i{n}", "uri_folder", FromStep(one, "o")) for n, one in enumerate(needed))
    inputs += (PlannedInput("lr", "number", FromSearch("lr")),) if sweep else ()
    output = PlannedOutput("o", "uri_folder")
    return PlannedStep(name, "true", inputs, (output,), compute=compute, instance_count=instances, sweep=sweep)


SWEEP = Sweep("random", "m", "minimize", (Dimension("lr", "choice", values=(1, 2)),), 20, 5)
CHAIN = (after("a"), after("b", "a", compute="cpu-cluster"), after("c", "b"))
DEMANDS = [
    ("one step on the default compute", (after("a"),), Demand(1, 1)),
    ("of a chain the largest counts", CHAIN, Demand(1, 4)),
    ("side by side both count", (after("a", compute="cpu-cluster"), after("b")), Demand(2, 5)),
    ("a diamond is two wide", (after("a"), after("b", "a"), after("c", "a"), after("d", "b", "c")), Demand(2, 2)),
    ("instances count each", (after("a", compute="cpu-cluster", instances=2),), Demand(2, 8)),
    (
        "trials at a time, but no more than the compute has",
        (after("a", compute="cpu-cluster", sweep=SWEEP),),
        Demand(2, 8),
    ),
    ("trials on the default compute", (after("a", sweep=SWEEP),), Demand(5, 5)),
    (
        "processes count where no size bounds the cores",
        (replace(after("a", instances=2), distribution=Distribution("pytorch", 100)),),
        Demand(2, 200),
    ),
    (
        "workers and parameter servers count",
        (replace(after("a"), distribution=Distribution("tensorflow", workers=3, parameter_servers=1)),),
        Demand(1, 4),
    ),
    (
        "a size bounds the cores of all processes",
        (replace(after("a", compute="cpu-cluster"), distribution=Distribution("pytorch", 100)),),
        Demand(1, 4),
    ),
    (
        "processes of a parallel step",
        (
            after("a"),
            replace(after("b", "a"), command="", parallel=Parallel("s.py", "i0", processes_per_instance=8)),
        ),
        Demand(1, 8),
    ),
]


@pytest.mark.parametrize(("steps", "asked"), [row[1:] for row in DEMANDS], ids=[row[0] for row in DEMANDS])
def test_what_a_plan_holds_at_most(steps: tuple[PlannedStep, ...], asked: Demand) -> None:
    assert demand(plan_of(*steps), {"cpu-cluster": CPU}.get) == asked


def test_what_an_hour_costs() -> None:
    plan = plan_of(after("a"), after("b", compute="cpu-cluster", instances=2), after("c", compute="cpu-cluster"))
    computes = {"cpu-cluster": CPU}
    assert rates_of(plan, computes, {}) == {}
    assert rates_of(plan, computes, {"Standard_DS3_v2": 0.5}) == {"b": 1.0, "c": 0.5}
    assert rates_of(plan, computes, {"Standard_DS3_v2": 0.5, "cpu-cluster": 2, "default": 0.1}) == {
        "a": 0.1,
        "b": 4,
        "c": 2,
    }


@pytest.fixture(scope="module")
def desk(serve: "Serve", tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Guarded]":
    folder = tmp_path_factory.mktemp("desk")
    engine = open_store(f"sqlite:///{folder}/cloister.db")
    service = JobService(engine, folder / "jobs")
    service.migrate()
    with serve(engine, folder, lambda guard: ComputeControl(service.computes, guard).routes()) as guarded:
        yield guarded
    engine.dispose()


def test_a_compute_is_made_read_replaced_and_deleted(desk: "Guarded") -> None:
    made = desk.ask("ada", "PUT", "computes/cpu-cluster", cluster(location="westus")).json()
    assert made.pop("created_at")
    assert made == {
        "name": "cpu-cluster",
        "type": "amlcompute",
        "size": "STANDARD_DS3_v2",
        "min_instances": 0,
        "max_instances": 2,
        "idle_time_before_scale_down": 120,
        "tier": "dedicated",
        "cores": 4,
        "memory_bytes": 14 * GIB,
        "created_by": "ada",
        "notes": ["location: it runs on this platform's machines"],
        "rest": cluster(location="westus"),
    }
    assert desk.ask("ada", "PUT", "computes/cpu-cluster", cluster()).json()["notes"] == []
    assert [one["name"] for one in desk.ask("mia", "GET", "computes").json()["computes"]] == ["cpu-cluster"]
    statuses = [
        desk.ask(who, method, f"computes/{name}", document).status_code
        for who, method, name, document in (
            ("mia", "GET", "cpu-cluster", None),
            ("mia", "PUT", "cpu-cluster", cluster()),
            ("mia", "DELETE", "cpu-cluster", None),
            ("ada", "PUT", "other", cluster()),
            ("ada", "PUT", "elsewhere", of_kind("Kubernetes")),
            ("ada", "DELETE", "cpu-cluster", None),
            ("ada", "DELETE", "cpu-cluster", None),
            ("mia", "GET", "cpu-cluster", None),
        )
    ]
    assert statuses == [200, 403, 403, 400, 400, 204, 404, 404]
