"""AZ129: instances on the latest image."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.seen import on
from cloister.controls.sources import azure_policy, security_baseline, well_architected
from cloister.inventory.azure import Compute, Inventory

CONTROL = Control(
    id="AZ129",
    title="Compute instances run the latest image of their system",
    why="An instance keeps the image that it was created with, and its holes: only a new instance gets a new one.",
    remedy="Delete the instance and create it anew; what people keep lies in the workspace's file share.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.EXPORT,
    sources=(
        well_architected("Security: get the latest operating system image"),
        security_baseline("PV-6"),
        azure_policy(
            "Compute instances should be recreated to get the latest software updates 1.0.3",
            "ComputeInstanceUpdates_Audit",
        ),
    ),
    aliases=(
        "WAF-SEC-R10",
        "ADV-SEC-5",
        "MSB-PV-6",
        "AzurePolicy f110a506-2dcb-422e-bcea-d533fc8c35e2",
    ),
    question="Was each compute instance created anew since the last image was published?",
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Every instance that is described."""
    return tuple(one for one in inventory.computes if one.kind == "instance")


def check(instance: Compute, environment: Environment) -> Iterator[Finding | Due]:
    """A finding for an older image; what was not seen is due."""
    observed, thing = environment.inventory.observed, f'compute instance "{instance.name}"'
    found = (one for one in (observed.computes if observed else None) or () if one.name == instance.name)
    seen = next(found, None)
    if observed is None or seen is None or seen.latest_image is None:
        yield CONTROL.due(thing, at=instance.origin)
    elif not seen.latest_image:
        message = f"its image is not the latest {on(observed)}"
        yield CONTROL.finding(thing, message, at=seen.origin, mend="delete it and create it anew")
