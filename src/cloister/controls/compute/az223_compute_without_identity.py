"""AZ223: code acts as a managed identity."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import network_security_guide, security_baseline, well_architected
from cloister.controls.wording import stated
from cloister.inventory.azure import Compute, Inventory, Machine

CONTROL = Control(
    id="AZ223",
    title="Computes and CI agents act as managed identities",
    why="Without one, code needs a password or key to reach data: it stands in a notebook soon, and nobody replaces "
    "it.",
    remedy="Set identity to SystemAssigned or UserAssigned.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Security: managed identity"),
        security_baseline("IM-3: Manage application identities securely and automatically, managed identities"),
        network_security_guide("Authentication: service principal or managed identity for non-interactive processes"),
    ),
    aliases=(
        "WAF-SEC-R6",
        "S0-01",
        "MSB-IM-3a",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Compute | Machine]:
    """Every compute, and every machine in Azure on which pipelines run."""
    agents = [one for one in inventory.machines if one.purpose == "ci-agent" and inventory.subnet(one.subnet)]
    return (*inventory.computes, *agents)


def check(actor: Compute | Machine, _: Environment) -> Iterator[Finding]:
    """A finding where it has no identity."""
    if actor.identity == "None":
        kind = f"compute {actor.kind}" if isinstance(actor, Compute) else "machine"
        yield CONTROL.finding(
            f'{kind} "{actor.name}"',
            f"what runs on it is nobody: {stated(actor.origin, 'identity', 'None')}",
            at=actor.origin.of("identity"),
            mend="set identity: SystemAssigned",
        )
