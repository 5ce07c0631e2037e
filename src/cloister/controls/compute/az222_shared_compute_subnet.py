"""AZ222: computes have a subnet of their own."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import well_architected
from cloister.controls.wording import few
from cloister.inventory.azure import Compute, Inventory

CONTROL = Control(
    id="AZ222",
    title="Computes have a subnet of their own, without private endpoints or machines",
    why="In one subnet nothing stands between: whoever takes over a job reaches what is beside it without passing a "
    "route or a firewall.",
    remedy="Give the computes a subnet of their own, or use a managed network.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(well_architected("Security: managed virtual network isolation, or else compute in a dedicated subnet"),),
    aliases=("WAF-SEC-R2",),
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Every compute in a network of one's own, or of which nobody knows in which."""
    return inventory.computes


def check(compute: Compute, environment: Environment) -> Iterator[Finding]:
    """A finding where private endpoints or machines stand in the compute's subnet."""
    inventory = environment.inventory
    endpoints = [f"private endpoint {one.name}" for one in inventory.private_endpoints if one.subnet == compute.subnet]
    machines = [f"machine {one.name}" for one in inventory.machines if one.subnet == compute.subnet]
    beside = [*endpoints, *machines]
    if compute.subnet and beside:
        yield CONTROL.finding(
            f'compute {compute.kind} "{compute.name}"',
            f"it shares the subnet {compute.subnet} with {few(beside)}",
            at=compute.origin.of("subnet"),
            mend="give the computes a subnet of their own",
        )
