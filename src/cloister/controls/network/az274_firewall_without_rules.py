"""AZ274: firewalls have a policy."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import checkov
from cloister.inventory.azure import Firewall, Inventory

CONTROL = Control(
    id="AZ274",
    title="Each firewall has a policy with rules",
    why="A firewall without rules refuses everything. It is paid for, nobody can work, and soon somebody routes "
    "around it.",
    remedy="Name a policy, or write rule_collection_groups.",
    severity=Severity.MEDIUM,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(checkov("CKV_AZURE_219", "Ensure Firewall defines a firewall policy"),),
    aliases=("CKV_AZURE_219",),
)


def subjects(inventory: Inventory) -> Iterable[Firewall]:
    """Every firewall."""
    return inventory.firewalls


def check(firewall: Firewall, environment: Environment) -> Iterator[Finding]:
    """A finding where no policy that it reads has rules."""
    if not any(policy.rule_collection_groups for policy in environment.inventory.policies_of(firewall)):
        yield CONTROL.finding(
            f'firewall "{firewall.name}"',
            "it has no rule, so that it refuses everything",
            at=firewall.origin.of("policy"),
            mend="name a policy with rules, or write rule_collection_groups",
        )
