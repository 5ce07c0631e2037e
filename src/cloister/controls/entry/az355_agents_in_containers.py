"""AZ355: agents run on machines."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import network_security_guide
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ355",
    title="Self-hosted agents run on machines, and not in containers",
    why="Image builds and tests of deployments start containers themselves, which an agent in a container cannot "
    "do without rights on its host.",
    remedy="Run the agents on virtual machines or a scale set.",
    severity=Severity.LOW,
    pillar=Pillar.OPERATIONS,
    decided=Decided.ATTESTED,
    sources=(
        network_security_guide(
            "Azure-hosted agents vs. self-hosted agents: installing the agent on a Docker container is not feasible"
        ),
    ),
    aliases=("S0-24",),
    question="Do the agents run on machines of their own, and not in containers?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """An environment with agents."""
    return (inventory,) if any(one.purpose == "ci-agent" for one in inventory.machines) else ()


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Always due."""
    yield CONTROL.due("the environment", at=inventory.origin)
