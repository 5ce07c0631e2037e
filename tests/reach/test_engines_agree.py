"""Both engines say the same, the plain evaluator and all pairs in NumPy: on environments by chance, on blueprints."""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from random import Random

import pytest
from agreement import (  # type: ignore[import-not-found]  # pytest puts this folder on the path
    answer_in,
    disagreement,
    mismatches,
)
from random_environments import (  # type: ignore[import-not-found]  # as above
    HERE,
    random_environment,
)

from cloister.ask.asking import Environment
from cloister.fabric.fabric import Fabric
from cloister.fabric.flows import Protocol
from cloister.fabric.lower_azure import lower
from cloister.fabric.sets import PortSet
from cloister.inventory.azure import (
    Cloud,
    Inventory,
    Machine,
    NetworkSecurityGroup,
    Peering,
    Subnet,
    VirtualNetwork,
)
from cloister.reach.matrix.choices import choices
from cloister.reach.matrix.ends import destinations, plainly
from cloister.reach.matrix.engine import Matrix
from cloister.sources.spec import read_text
from cloister.verdict import Answer

IN_ONE_TEST = 30
CELLS = 100
EVERYTHING = 10**9
CHANCE = Random(0)  # noqa: S311 - a sample, not a secret
Answers = dict[tuple[str, str, Protocol, int], Answer]


@pytest.mark.parametrize("first", range(0, 300, IN_ONE_TEST))
def test_the_engines_agree_on_environments_by_chance(first: int) -> None:
    found = {seed: disagreement(seed, CELLS) for seed in range(first, first + IN_ONE_TEST)}
    assert {seed: wrong for seed, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("blueprint", ["azure-hub-spoke", "azure-published-terraform"])
def test_the_engines_agree_on_every_pair_and_port_of_a_blueprint(blueprint: str) -> None:
    fabric = lower(read_text(f"version: 1\nblueprint: {blueprint}\nname: golden\n", "cloister.yaml"))
    assert list(mismatches(fabric, destinations(fabric), EVERYTHING, CHANCE)) == []


def test_the_engines_agree_where_a_machine_has_an_address_of_another_network() -> None:
    """Once wrong: the way back goes to where the address is, not to where the machine is said to be.

    Once wrong as well: a machine of which no network holds the address has the filter of its interface all the same.
    """
    names = {"v1": ("10.2.0.0/17", "10.2.0.0/24"), "v2": ("10.2.0.0/16", "10.2.1.0/24")}
    networks = tuple(
        VirtualNetwork(
            name=name,
            resource_group="rg",
            address_space=(IPv4Network(space),),
            subnets=(Subnet(name="s", prefix=IPv4Network(prefix), origin=HERE),),
            origin=HERE,
        )
        for name, (space, prefix) in names.items()
    )
    homes = {"c": ("v1/s", "10.2.0.9"), "b": ("v2/s", "10.2.1.7"), "a": ("v2/s", "10.2.0.7"), "d": ("v1/s", "10.9.9.9")}
    inventory = Inventory(
        name="overlapping",
        cloud=Cloud.PUBLIC,
        region="westeurope",
        networks=networks,
        peerings=tuple(Peering(network=one, remote=two, origin=HERE) for one, two in (("v1", "v2"), ("v2", "v1"))),
        network_security_groups=(NetworkSecurityGroup(name="g", rules=(), origin=HERE),),
        machines=tuple(
            Machine(
                name=name,
                purpose="other",
                subnet=subnet,
                private_ip=IPv4Address(address),
                public_ip=True,
                network_security_group="g",
                origin=HERE,
            )
            for name, (subnet, address) in homes.items()
        ),
        origin=HERE,
    )
    fabric = lower(inventory)
    assert list(mismatches(fabric, destinations(fabric), EVERYTHING, CHANCE)) == []


def test_the_engines_agree_where_a_machine_with_a_filter_has_an_address_of_no_subnet(
    plain: Callable[[dict[str, object]], Environment],
) -> None:
    """Once wrong: from the internet its filter is met where it is said to be, though no subnet holds its address."""
    tool = {"public_ip": True, "network_security_group": "nsg"}
    inventory = plain({"machines": {"tool": tool}}).inventory
    address = IPv4Address("10.9.9.9")
    moved = (replace(one, private_ip=address) if one.name == "tool" else one for one in inventory.machines)
    fabric = lower(replace(inventory, machines=tuple(moved)))
    assert list(mismatches(fabric, destinations(fabric), EVERYTHING, CHANCE)) == []


def test_the_engines_agree_where_a_machine_on_a_site_has_an_address_of_another_machine(
    plain: Callable[[dict[str, object]], Environment],
) -> None:
    """Once wrong: who replies is told by the address alone, and neighbours of the second machine do not share that."""
    inventory = plain({"on_premises": {"office": {"gateway": None}}}).inventory
    desk = next(one for one in inventory.machines if one.name == "desk")
    stray = (replace(desk, name=f"stray{n}", private_ip=IPv4Address(f"10.1.1.{n}")) for n in (3, 5))
    fabric = lower(replace(inventory, machines=(*inventory.machines, *stray)))
    assert list(mismatches(fabric, destinations(fabric), EVERYTHING, CHANCE)) == []


def test_the_engines_agree_where_segments_differ_only_in_whether_they_learn_routes(
    plain: Callable[[dict[str, object]], Environment],
) -> None:
    """Chance seldom builds two segments that are alike in all else, and of one class they must not be."""
    fabric = plain(
        {
            "networks": {"spoke": {"subnets": {"deaf": {"prefix": "10.1.3.0/24", "route_table": "deaf-routes"}}}},
            "route_tables": {"deaf-routes": {"bgp_route_propagation": False, "routes": {}}},
            "machines": {"deaf": {"purpose": "other", "subnet": "spoke/deaf", "private_ip": "10.1.3.4"}},
        }
    ).fabric
    desk = next(goal for goal in destinations(fabric) if goal.name == "desk")
    answers = [plainly(fabric, fabric.places[name], desk, 443, Protocol.TCP) for name in ("near", "deaf")]
    assert answers == [Answer.ALLOW, Answer.DENY]
    assert list(mismatches(fabric, [desk], EVERYTHING, CHANCE)) == []


def test_the_environments_by_chance_get_every_answer() -> None:
    """A generator of which every environment is closed, or open, would let every engine agree with every other."""
    counted = dict.fromkeys(Answer, 0)
    for seed in range(6):
        for answer in _answers(Matrix(lower(random_environment(seed)))).values():
            counted[answer] += 1
    whole = sum(counted.values())
    assert all(count > whole / 20 for count in counted.values()), counted


def _answers(matrix: Matrix) -> Answers:
    return {
        (line.place.name, goal.name, atom.protocol, port): answer_in(line, column, bit)
        for line in matrix.lines()
        for column, goal in enumerate(matrix.destinations)
        for bit, atom in enumerate(line.plane.atoms)
        for port in {atom.ports.spans[0][0], atom.ports.spans[-1][1]}
    }


@pytest.fixture
def many_ports(plain: Callable[[dict[str, object]], Environment]) -> Fabric:
    """Ninety ports that rules of one group tell apart."""
    ports = {
        f"r{n}": {
            "priority": 100 + n,
            "direction": "Outbound",
            "access": "Deny" if n % 3 else "Allow",
            "protocol": "Tcp" if n % 2 else "Udp",
            "destination": "10.1.1.5" if n % 5 else "10.0.0.0/8",
            "destination_ports": 1000 + 7 * n,
        }
        for n in range(90)
    }
    return plain({"network_security_groups": {"nsg": {"rules": ports}}}).fabric


def test_more_ports_than_bits_make_several_planes(many_ports: Fabric) -> None:
    assert [len(plane.atoms) for plane in Matrix(many_ports).planes][:2] == [64, 64]
    assert list(mismatches(many_ports, destinations(many_ports), 4_000, CHANCE)) == []


def test_bands_of_places_change_no_answer(many_ports: Fabric) -> None:
    assert _answers(Matrix(many_ports, band=3)) == _answers(Matrix(many_ports))


def test_only_the_ports_that_are_asked_for_are_looked_at(many_ports: Fabric) -> None:
    (plane,) = Matrix(many_ports, ports=PortSet.of("443", "1007"), protocols=(Protocol.TCP,)).planes
    assert [(atom.protocol, str(atom.ports)) for atom in plane.atoms] == [(Protocol.TCP, "443"), (Protocol.TCP, "1007")]


def test_protocols_without_ports_have_a_plane_of_their_own(many_ports: Fabric) -> None:
    *_, portless = Matrix(many_ports, protocols=tuple(Protocol)).planes
    assert [(atom.protocol, atom.port) for atom in portless.atoms] == [
        (Protocol.ICMP, 0),
        (Protocol.ESP, 0),
        (Protocol.AH, 0),
    ]


def _forwarder(address: str) -> dict[str, object]:
    everything = {"protocols": ["Any"], "sources": ["*"], "destinations": ["*"], "ports": "22"}
    return {
        "purpose": "other",
        "subnet": "hub/tools",
        "private_ip": address,
        "ip_forwarding": True,
        "forwards": {"shell": everything},
    }


@pytest.fixture
def behind_balancer(plain: Callable[[dict[str, object]], Environment]) -> Fabric:
    """Two spokes whose routes to each other lead to a balancer with two machines that forward."""
    over = {"next_hop_type": "VirtualAppliance", "next_hop": "10.0.1.100"}
    frontend = {"subnet": "hub/tools", "private_ip": "10.0.1.100", "rules": {"all": {"protocol": "All"}}}
    changes = {
        "route_tables": {
            "routes": {"routes": {"other": {"prefix": "10.2.0.0/16", **over}}},
            "far-routes": {"routes": {"spoke": {"prefix": "10.1.0.0/16", **over}}},
        },
        "machines": {"wall": _forwarder("10.0.1.10"), "wall2": _forwarder("10.0.1.11")},
        "load_balancers": {"ha": {"backends": ["wall", "wall2"], "frontends": {"in": frontend}}},
    }
    return plain(changes).fabric


def test_ways_by_a_balancer_that_routes_lead_to_are_painted_for_each_choice(behind_balancer: Fabric) -> None:
    """Left to the plain evaluator, one route to a balancer would make every pair as dear as a question."""
    matrix = Matrix(behind_balancer)
    assert len(choices(behind_balancer)) == 2
    left = [matrix.ways.of(place, plane).balanced for place in matrix.places for plane in matrix.planes]
    assert not any(left)
    near = {(goal, port): answer for (place, goal, _, port), answer in _answers(matrix).items() if place == "near"}
    assert (near["distant", 22], near["distant", 53]) == (Answer.ALLOW, Answer.DENY)
    assert list(mismatches(behind_balancer, destinations(behind_balancer), 20_000, CHANCE)) == []
