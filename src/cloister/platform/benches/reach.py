"""All pairs of a large environment against brute force in C, one answer in it, and how the work grows.

Each measurement of all pairs runs in a process of its own, so that its memory is its own.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import cache, partial

import numpy as np

from cloister.ask.asking import Environment, answer
from cloister.errors import Fault, InternalError
from cloister.fabric.fabric import Fabric, Place
from cloister.fabric.flows import Protocol
from cloister.fabric.lower_azure import lower
from cloister.fabric.sets import PortSet
from cloister.platform.bench import Benchmark, Comparison, Figures, Target
from cloister.platform.benches.brute_force import Answers, brute_force, compiler
from cloister.platform.benches.large import large_environment
from cloister.reach.matrix.atoms import EVERY_PORT
from cloister.reach.matrix.ends import destinations
from cloister.reach.matrix.engine import WITH_PORTS, Matrix

INTERFACES = 10_000
PORT = 443
EVERY = 20  # brute force works off one sender in so many, and its time is told for all of them
_SIZES = (1_000, 3_000, 10_000, 30_000)
_ASKED = 50
_MEGABYTE = 1024


def measure_pairs(interfaces: int, port: int | None = None) -> Figures:
    """The seconds and the memory of all pairs over all port atoms, or one port, in this process; not of lowering.

    `processor_seconds` is told as well, because other work on the machine does not change it as much; `seconds_a_port`
    is those shared out among the port atoms, of which each is as much as brute force answers at a time.
    """
    fabric, places = _environment(interfaces)
    names = {place.name for place in places}
    goals = [goal for goal in destinations(fabric) if goal.place in names or not (goal.place or goal.address.labels)]
    start, start_processor = time.monotonic(), time.process_time()
    bounds = (EVERY_PORT, WITH_PORTS) if port is None else (PortSet.of(str(port)), (Protocol.TCP,))
    matrix = Matrix(fabric, places, goals, *bounds)
    lines = sum(1 for _ in matrix.lines())
    seconds, processor_seconds = time.monotonic() - start, time.process_time() - start_processor
    if lines != len(places) * len(matrix.planes):
        fault = Fault("cloister bench reach", f"got {lines} lines for {len(places)} places", "mend the engine first")
        raise InternalError(fault)
    return {
        "seconds": seconds,
        "processor_seconds": processor_seconds,
        "seconds_a_port": processor_seconds / sum(len(plane.atoms) for plane in matrix.planes),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MEGABYTE,
    }


def _environment(interfaces: int) -> tuple[Fabric, list[Place]]:
    inventory = large_environment(interfaces)
    fabric = lower(inventory)
    return fabric, [fabric.places[machine.name] for machine in inventory.machines]


def _apart(interfaces: int, port: int | None = None) -> Figures:
    """`measure_pairs` in a process of its own."""
    code = f"import json; from {__name__} import measure_pairs as m; print(json.dumps(m({interfaces}, {port})))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    found: Mapping[str, float] = json.loads(done.stdout)
    return found


def _brute(*, of_port: bool = False) -> Figures:
    """The same pairs by brute force, for one port and filters alone; the answers must be those of the engine."""
    if compiler() is None:
        return {}
    fabric, places = _known_environment(INTERFACES)
    found = brute_force(fabric, places, range(0, len(places), EVERY), PORT, of_port=of_port)
    _hold_against_engine(fabric, places, found.answers)
    processor_seconds = found.processor_seconds * EVERY
    return {
        "seconds": found.seconds * EVERY,
        "processor_seconds": processor_seconds,
        "seconds_a_port": processor_seconds,
    }


@cache
def _known_environment(interfaces: int) -> tuple[Fabric, list[Place]]:
    """The environment, kept for what is measured in this process."""
    return _environment(interfaces)


def _hold_against_engine(fabric: Fabric, places: list[Place], answers: Answers) -> None:
    """Raise InternalError where the engine's filters say something else than brute force."""
    chosen = places[::EVERY]
    goals = {goal.place: goal for goal in destinations(fabric)}
    matrix = Matrix(fabric, chosen, [goals[place.name] for place in places], PortSet.of(str(PORT)), (Protocol.TCP,))
    columns = {goal.name: column for column, goal in enumerate(matrix.destinations)}
    order = np.array([columns[place.name] for place in places])
    rows = {place.name: row for row, place in enumerate(chosen)}
    for line in matrix.filter_lines():
        if not np.array_equal(line.must[order] != 0, answers[rows[line.place.name]] != 0):
            reason = f"filters of {line.place.name} say something else than brute force"
            raise InternalError(Fault("cloister bench reach", reason, "mend that first"))


def _ask() -> Figures:
    """The seconds of one answer with its trace in the large environment, after it is lowered."""
    environment = Environment(large_environment(INTERFACES))
    return {"seconds": _seconds_of_answers(environment, INTERFACES)}


def _ask_small() -> Figures:
    return {"seconds": _seconds_of_answers(Environment(large_environment(_SIZES[0])), _SIZES[0])}


def _seconds_of_answers(environment: Environment, interfaces: int) -> float:
    machines = environment.inventory.machines
    answer(environment, f"{machines[0].name} -> {machines[1].name}:{PORT}")
    start = time.monotonic()
    for number in range(_ASKED):
        far = machines[(number * 997 + interfaces // 2) % len(machines)]
        answer(environment, f"{machines[number].name} -> {far.name}:{PORT}")
    return (time.monotonic() - start) / _ASKED


def _growth() -> Figures:
    return {f"seconds_{size}": _apart(size)["seconds"] for size in _SIZES}


def _growth_of_pairs() -> Figures:
    """What touching each pair once costs: two rows of masks put together for every sender."""
    found = {}
    for size in _SIZES:
        one, two = np.ones(size, dtype=np.uint64), np.ones(size, dtype=np.uint64)
        start = time.monotonic()
        for _ in range(size):
            two &= one
        found[f"seconds_{size}"] = time.monotonic() - start
    return found


_SAMPLE = f"filters alone, one port, C -O3 on all cores, every {EVERY}th sender times {EVERY}"
BENCHMARK = Benchmark(
    "reach",
    (
        Comparison(
            "pairs",
            partial(_apart, INTERFACES),
            f"each rule of each pair until one matches; {_SAMPLE}",
            _brute,
            (
                Target("seconds", 8.0),
                Target("megabytes", 3072.0),
                Target("seconds", 0.05, of="ratio"),
                Target("seconds_a_port", 0.05, of="ratio"),
            ),
            runs=1,
        ),
        Comparison(
            "one_port",
            partial(_apart, INTERFACES, PORT),
            f"without the rules for other ports, left out before it starts; {_SAMPLE}",
            partial(_brute, of_port=True),
            runs=1,
        ),
        Comparison(
            "ask", _ask, f"the same with {_SIZES[0]} interfaces", _ask_small, (Target("seconds", 0.02),), runs=1
        ),
        Comparison("growth", _growth, "touching each pair once", _growth_of_pairs, runs=1),
    ),
)
