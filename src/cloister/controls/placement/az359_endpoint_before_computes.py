"""AZ359: what is made in one run is made in an order that works."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import network_security_guide
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ359",
    title="Code that makes computes and the workspace's private endpoint in one run puts them into an order",
    why="A compute that is made while the endpoint and its records are half there does not find the workspace, "
    "and has to be made again.",
    remedy="Let the one depend on the other in the code, such as by depends_on.",
    severity=Severity.LOW,
    pillar=Pillar.OPERATIONS,
    decided=Decided.ATTESTED,
    sources=(
        network_security_guide(
            "Private Link and Azure Private Endpoint: depends_on, the private link after the computes"
        ),
    ),
    aliases=("S0-15",),
    question="Does the code that deploys put the workspace's private endpoint and its computes into an order?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with computes and a private endpoint."""
    return (inventory,) if inventory.computes and inventory.private_endpoints else ()


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Always due."""
    yield CONTROL.due("the environment", at=inventory.origin)
