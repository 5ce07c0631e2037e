"""AZ156: somebody compared the price of agents."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import network_security_guide
from cloister.controls.wording import listed
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ156",
    title="What agents of pipelines cost is known: machines of one's own, and jobs in parallel",
    why="An agent of one's own is a machine that is paid for day and night, and each job in parallel has its own fee.",
    remedy="Compare machines that run all day with a scale set that grows when work waits.",
    severity=Severity.LOW,
    pillar=Pillar.COST,
    decided=Decided.ATTESTED,
    sources=(network_security_guide("Self-hosted agents: virtual machines, or a scale set; pricing for Azure DevOps"),),
    aliases=("S0-C9",),
    question="What do the agents cost in a month, machines and parallel jobs, and is there a cheaper way?",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment, where an agent of its own stands in Azure."""
    return (inventory,) if _agents(inventory) else ()


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Due: no description tells how long they work."""
    message = f"the input does not tell what the agents cost: {listed(_agents(inventory))}, and jobs in parallel"
    yield CONTROL.due("the agents", at=inventory.origin, message=message)


def _agents(inventory: Inventory) -> tuple[str, ...]:
    agents = (one for one in inventory.machines if one.purpose == "ci-agent")
    return tuple(one.name for one in agents if inventory.subnet(one.subnet))
