"""AZ212: images are scanned."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov, security_baseline
from cloister.inventory.azure import ContainerRegistry, Inventory

_PLAN = "Containers"

CONTROL = Control(
    id="AZ212",
    title="Images are scanned for known weaknesses",
    why="An image that was sound when it was built carries weaknesses that became known since, onto every node that "
    "pulls it.",
    remedy="Turn on the plan Containers of Defender for Cloud.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        security_baseline("PV-5: Perform vulnerability assessments"),
        checkov("CKV_AZURE_163", "Enable vulnerability scanning for container images."),
    ),
    aliases=(
        "MSB-PV-5",
        "CKV_AZURE_163",
    ),
    question="is every image scanned, and are findings mended",
)


def subjects(inventory: Inventory) -> Iterable[ContainerRegistry]:
    """Every registry."""
    return inventory.container_registries


def check(registry: ContainerRegistry, environment: Environment) -> Iterator[Finding | Due]:
    """A finding where the plan that scans images is off; due where nothing says whether it is on."""
    thing = f'container registry "{registry.name}"'
    plan = next((one for one in environment.inventory.defender_plans if one.name == _PLAN), None)
    if plan and plan.tier == "Free":
        message = f"nothing scans its images: the Defender plan {_PLAN} is Free"
        yield CONTROL.finding(thing, message, at=plan.origin.of("tier"), mend=f"set tier: Standard for {_PLAN}")
    elif plan is None and not registry.quarantine_policy:
        mend = f"state the plan {_PLAN} under defender_plans, or attest {CONTROL.id}"
        yield CONTROL.due(thing, at=registry.origin, mend=mend)
