"""AZ011: folders that every account of a machine may change."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import network_security_guide, page
from cloister.controls.wording import listed
from cloister.inventory.azure import Inventory, Machine

CONTROL = Control(
    id="AZ011",
    title="No folder of a machine is writable for everybody",
    why="Any job on the agent can replace the agent's own programs, and so act with its rights in every job after.",
    remedy="Give the folder to the agent's own account, mode 0750.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        network_security_guide("Self-hosted agents: chmod -R 777"),
        page(
            "Self-hosted Linux agents",
            "Information security for self-hosted agents",
            "azure/devops/pipelines/agents/linux-agent",
        ),
    ),
    aliases=("S0-26",),
)


def subjects(inventory: Inventory) -> Iterable[Machine]:
    """Every machine."""
    return inventory.machines


def check(machine: Machine, _: Environment) -> Iterator[Finding]:
    """A finding where folders are open to every account."""
    if machine.world_writable_paths:
        paths = listed(machine.world_writable_paths)
        yield CONTROL.finding(
            f'machine "{machine.name}"',
            f"every account may write to {paths}",
            at=machine.origin.of("world_writable_paths"),
            mend=f"give {paths} to the account that runs the agent, mode 0750",
        )
