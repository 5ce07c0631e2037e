"""AZ112: instances that stop when nobody works on them."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import azure_policy, lately, well_architected
from cloister.inventory.azure import Compute, Inventory
from cloister.inventory.edits import edit

_SHORTEST, _LONGEST = 900, 259_200
"""Seconds: Azure takes 15 minutes to 3 days."""

CONTROL = Control(
    id="AZ112",
    title="Compute instances stop by themselves when they are idle, or by the clock",
    why="An instance that somebody forgets on a Friday is paid for until Monday; with a GPU that is a month of work.",
    remedy="Set idle_seconds on the instance, or scheduled where a clock stops it.",
    severity=Severity.MEDIUM,
    pillar=Pillar.COST,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Cost Optimization: enable idle shutdown for compute instances"),
        azure_policy("Compute Instance should have idle shutdown 1.0.0", "IdleShutdown_Audit"),
        lately(
            "Create an Azure Machine Learning compute instance",
            "Configure idle shutdown",
            "azure/machine-learning/how-to-create-compute-instance#configure-idle-shutdown",
        ),
    ),
    aliases=(
        "WAF-COST-R5",
        "PSRule Azure.ML.ComputeIdleShutdown AZR-000403",
        "AzurePolicy 679ddf89-ab8f-48a5-9029-e76054077449",
    ),
)


def subjects(inventory: Inventory) -> Iterable[Compute]:
    """Every instance."""
    return tuple(one for one in inventory.computes if one.kind == "instance")


def check(instance: Compute, environment: Environment) -> Iterator[Finding]:
    """A finding where nothing stops it, nor was seen to, and where Azure does not take the time that is stated."""
    thing, idle = f'compute instance "{instance.name}"', instance.idle_seconds
    if idle is None and not instance.scheduled and not _seen_to_stop(instance, environment.inventory):
        message = "nothing stops it: neither idle_seconds nor scheduled is stated"
        fix = edit(instance.origin, "idle_seconds", value=3600)
        yield CONTROL.finding(thing, message, at=instance.origin, mend="set idle_seconds: 3600", fix=(fix,))
    elif idle is not None and not _SHORTEST <= idle <= _LONGEST:
        message = f"Azure stops an instance after 15 minutes to 3 days without work, and idle_seconds is {idle}"
        nearest = min(max(idle, _SHORTEST), _LONGEST)
        place, fix = instance.origin.of("idle_seconds"), edit(instance.origin, "idle_seconds", value=nearest)
        yield CONTROL.finding(thing, message, at=place, mend=f"set idle_seconds: {nearest}", fix=(fix,))


def _seen_to_stop(instance: Compute, inventory: Inventory) -> bool:
    """Whether the running instance stops by itself: a plan of azurerm cannot say so, and a template often does not."""
    seen = (inventory.observed.computes if inventory.observed else None) or ()
    return any(one.name == instance.name and bool(one.idle_minutes or one.scheduled) for one in seen)
