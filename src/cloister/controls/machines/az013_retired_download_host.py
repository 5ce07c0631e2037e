"""AZ013: downloads from hosts that their owner still serves."""

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import network_security_guide
from cloister.facts.retired_hosts import RETIRED_HOSTS
from cloister.inventory.azure import Inventory, Machine

CONTROL = Control(
    id="AZ013",
    title="No machine downloads from a retired host",
    why="The set-up fails on the next machine; and a name that its owner gave up is there for somebody else to take.",
    remedy="Download from the host that took its place, or from a mirror of one's own.",
    severity=Severity.HIGH,
    pillar=Pillar.RELIABILITY,
    decided=Decided.INVENTORY,
    sources=(network_security_guide("Self-hosted agents: download of the agent"),),
    aliases=("S0-26",),
)


def subjects(inventory: Inventory) -> Iterable[Machine]:
    """Every machine that downloads something."""
    return [machine for machine in inventory.machines if machine.download_url]


def check(machine: Machine, _: Environment) -> Iterator[Finding]:
    """A finding where the download's host is in the table of retired hosts."""
    host = urlsplit(machine.download_url or "").hostname or ""
    if host in RETIRED_HOSTS:
        row = RETIRED_HOSTS[host]
        yield CONTROL.finding(
            f'machine "{machine.name}"',
            f"it downloads from {host}, which {row.why}",
            at=machine.origin.of("download_url"),
            mend=f"download from {row.successor}, and let the firewall permit that name",
        )
