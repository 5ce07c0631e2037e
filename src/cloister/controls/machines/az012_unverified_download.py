"""AZ012: programs from the internet are what they claim to be."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import network_security_guide, security_baseline
from cloister.inventory.azure import Inventory, Machine

CONTROL = Control(
    id="AZ012",
    title="What a machine downloads is held against a checksum",
    why="Without one, whoever controls the host or its name decides what runs inside the closed network.",
    remedy="State the SHA-256 of the file, and let the set-up stop where it differs.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(network_security_guide("Self-hosted agents: download of the agent"), security_baseline("PV-3")),
    aliases=("S0-26",),
)


def subjects(inventory: Inventory) -> Iterable[Machine]:
    """Every machine that downloads something."""
    return [machine for machine in inventory.machines if machine.download_url]


def check(machine: Machine, _: Environment) -> Iterator[Finding]:
    """A finding where the download has no checksum."""
    if not machine.download_sha256:
        yield CONTROL.finding(
            f'machine "{machine.name}"',
            f"it runs what {machine.download_url} sends, and no checksum says what that should be",
            at=machine.origin.of("download_url"),
            mend="add download_sha256 with the checksum that the publisher states",
        )
