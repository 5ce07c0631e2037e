"""AZ238: computes are watched for malware."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Pillar, Severity
from cloister.controls.sources import security_baseline
from cloister.inventory.azure import Inventory

CONTROL = Control(
    id="AZ238",
    title="Malware on computes is found",
    why="Jobs install packages of strangers. What these bring along is found by somebody who looks, or by nobody.",
    remedy="Scan computes with Defender or ClamAV, and read what they report.",
    severity=Severity.LOW,
    pillar=Pillar.SECURITY,
    decided=Decided.ATTESTED,
    sources=(
        security_baseline("ES-1: Use Endpoint Detection and Response (EDR)"),
        security_baseline("ES-2: Use modern anti-malware software"),
    ),
    aliases=("MSB-ES-2",),
    question="are computes scanned for malware, and does somebody read what is found",
)


def subjects(inventory: Inventory) -> Iterable[Inventory]:
    """The environment as a whole, where it has a workspace."""
    return (inventory,) if inventory.workspaces else ()


def check(inventory: Inventory, _: Environment) -> Iterator[Due]:
    """Due: no description of an environment tells."""
    yield CONTROL.due("the environment", at=inventory.origin)
