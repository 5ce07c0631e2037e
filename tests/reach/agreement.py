"""Whether both engines say the same of an environment: a sample of its pairs and ports, or all of them.

`python tests/reach/agreement.py --runs 10000` holds them against each other for as many random environments as that,
and prints each mismatch with its seed.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from random import Random

from random_environments import (  # type: ignore[import-not-found]  # this folder is on the path
    random_environment,
)

from cloister.fabric.addresses import Address
from cloister.fabric.fabric import Fabric, Place
from cloister.fabric.flows import Protocol
from cloister.fabric.lower_azure import lower
from cloister.reach.matrix.ends import Destination, destinations, plainly
from cloister.reach.matrix.engine import Line, Matrix
from cloister.verdict import Answer

PLACES, GOALS = 6, 8  # how many of the places and destinations are held against each other in one environment
GROUPS = 4  # how many of the published address groups are among those to choose from
PORTLESS = 0.3  # in how many of the environments protocols without ports are looked at as well
LITERALS = ("10.0.0.5", "20.99.0.9", "10.1.0.4", "10.2.0.6", "192.168.7.9", "20.30.0.5", "20.99.0.1")


@dataclass(frozen=True)
class Mismatch:
    """A pair of which the two engines say different things."""

    place: str
    destination: str
    port: int
    protocol: Protocol
    plain: Answer
    matrix: Answer


def answer_in(line: Line, column: int, bit: int) -> Answer:
    """What the matrix says of one destination and one atom."""
    must, may = int(line.must[column]) >> bit & 1, int(line.may[column]) >> bit & 1
    assert may or not must, "what is surely allowed is possibly allowed"
    return Answer.ALLOW if must else Answer.UNKNOWN if may else Answer.DENY


def mismatches(
    fabric: Fabric, goals: Sequence[Destination], cells: int, random: Random, places: Sequence[Place] = ()
) -> Iterator[Mismatch]:
    """The pairs of which both engines say different things, among a sample of so many cells."""
    places = places or tuple(fabric.places.values())
    protocols = tuple(Protocol) if random.random() < PORTLESS else (Protocol.TCP, Protocol.UDP)
    matrix = Matrix(fabric, places, goals, protocols=protocols)
    for line in matrix.lines():
        share = cells / (len(places) * len(goals) * len(line.plane.atoms))
        for column, goal in enumerate(matrix.destinations):
            for bit, atom in enumerate(line.plane.atoms):
                if random.random() >= share:
                    continue
                plain = plainly(fabric, line.place, goal, atom.port, atom.protocol)
                found = answer_in(line, column, bit)
                if found is not plain:
                    yield Mismatch(line.place.name, goal.name, atom.port, atom.protocol, plain, found)


def disagreement(seed: int, cells: int) -> list[Mismatch]:
    """The mismatches in the environment of a seed."""
    random = Random(seed)  # noqa: S311 - a sample, not a secret
    fabric = lower(random_environment(seed))
    places = tuple(fabric.places.values())
    chosen = random.sample(places, min(PLACES, len(places)))
    return list(mismatches(fabric, random.sample(_goals(fabric), GOALS), cells, random, chosen))


def _goals(fabric: Fabric) -> list[Destination]:
    """All destinations of the environment and some addresses as such; of the published groups only a few."""
    known = destinations(fabric)
    groups = [goal for goal in known if goal.address.labels]
    literal = [Destination(text, Address.exactly(IPv4Address(text))) for text in LITERALS]
    return [*(goal for goal in known if not goal.address.labels), *groups[:: len(groups) // GROUPS], *literal]


def main() -> None:
    """Run a campaign."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="The first seed.")
    parser.add_argument("--cells", type=int, default=200, help="How many cells of each environment are compared.")
    chosen = parser.parse_args()
    wrong = 0
    for seed in range(chosen.first, chosen.first + chosen.runs):
        found = disagreement(seed, chosen.cells)
        wrong += bool(found)
        for mismatch in found[:3]:
            sys.stdout.write(f"seed {seed}: {mismatch}\n")
        if (seed + 1 - chosen.first) % 500 == 0:
            sys.stderr.write(f"{seed + 1 - chosen.first} environments, {wrong} of them with mismatches\n")
    sys.stdout.write(f"{chosen.runs} environments, {wrong} of them with mismatches\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
