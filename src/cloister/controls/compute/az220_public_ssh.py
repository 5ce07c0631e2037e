"""AZ220: no compute takes SSH from the internet."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.inventory.azure import Compute, Inventory

CONTROL = Control(
    id="AZ220",
    title="No compute takes SSH at a public address",
    why="A port for shells on the internet is tried by machines all day long, and behind it lies the data.",
    remedy="Set ssh_public_access to false, and node_public_ip as well.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(well_architected("Security: disable the public SSH port"),),
    aliases=("WAF-SEC-R8",),
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Every instance and cluster."""
    return inventory.computes


def check(compute: Compute, _: Environment) -> Iterator[Finding]:
    """A finding where SSH is open and there is a public address at which it is; without one nobody reaches it."""
    if compute.ssh_public_access and compute.node_public_ip:
        yield CONTROL.finding(
            f'compute {compute.kind} "{compute.name}"',
            "it takes SSH at its public address",
            at=compute.origin.of("ssh_public_access"),
            mend="set ssh_public_access: false and node_public_ip: false",
        )
