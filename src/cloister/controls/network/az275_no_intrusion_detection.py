"""AZ275: attacks in allowed traffic are refused."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.controls.wording import stated
from cloister.inventory.azure import Firewall, Inventory
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AZ275",
    title="Firewalls refuse attacks in the traffic that their rules allow",
    why="Rules judge where a connection goes, not what is in it. Only detection sees the attack, or the data that "
    "leaves, on an allowed road.",
    remedy="Take the tier Premium, and set intrusion_detection to Deny.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_220", "Ensure Firewall policy has IDPS mode as deny"),),
    aliases=("CKV_AZURE_220",),
    question="must a firewall look into what its rules allow",
)


def subjects(inventory: Inventory) -> Iterable[Firewall]:
    """Every firewall."""
    return inventory.firewalls


def check(firewall: Firewall, environment: Environment) -> Iterator[Finding | Due]:
    """A finding where a Premium one does not refuse; due where the tier cannot."""
    thing = f'firewall "{firewall.name}"'
    own = environment.inventory.policies_of(firewall)[-1]
    if firewall.sku_tier != "Premium":
        message = f"its tier {firewall.sku_tier} cannot: {CONTROL.question}"
        yield CONTROL.due(thing, at=firewall.origin.of("sku_tier"), message=message)
    elif own.intrusion_detection != "Deny":
        how = stated(own.origin, "intrusion_detection", own.intrusion_detection)
        message = f"it lets attacks through that it could refuse: {how}"
        place = own.origin.of("intrusion_detection")
        yield CONTROL.finding(
            thing,
            message,
            at=place,
            mend="set intrusion_detection: Deny",
            fix=(edit(own.origin, "intrusion_detection", value="Deny"),),
        )
