"""AZ019: no side of a security rule names a service tag beside something else."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import page, security_baseline
from cloister.inventory.azure import AdminRule, Inventory, SecurityRule

CONTROL = Control(
    id="AZ019",
    title="Each side of a security rule names one service tag, or none",
    why="The documentation lets a rule name one service tag or application security group; a deployment of more may be "
    "refused, and the rule that was meant to close a way is then missing.",
    remedy="Write one rule for each service tag or application security group.",
    severity=Severity.LOW,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        security_baseline("NS-1"),
        page(
            "Azure network security groups overview",
            "Augmented security rules",
            "azure/virtual-network/network-security-groups-overview#augmented-security-rules",
        ),
    ),
    aliases=("MSB-NS-1b",),
)


def subjects(inventory: Inventory) -> Iterable[tuple[str, SecurityRule | AdminRule]]:
    """Every rule with its full name."""
    for group in inventory.network_security_groups:
        yield from ((f"{group.name}/{rule.name}", rule) for rule in group.rules)
    for collection in inventory.admin_rule_collections:
        yield from ((f"{collection.name}/{rule.name}", rule) for rule in collection.rules)


def check(named: tuple[str, SecurityRule | AdminRule], _: Environment) -> Iterator[Finding]:
    """A finding for each side that names several things of which one is a tag, or several sets of interfaces."""
    name, rule = named
    for side, texts in (("source", rule.source), ("destination", rule.destination)):
        groups = getattr(rule, f"{side}_application_security_groups", ())
        tags = [text for text in texts if text[:1].isalpha()]
        if len(groups) > 1 or (tags and len(texts) > 1):
            several = ", ".join(groups or texts)
            yield CONTROL.finding(
                f'rule "{name}"',
                f"its {side} names {several} together",
                at=rule.origin.of(f"{side}_application_security_groups" if groups else side),
                mend=f"write a rule of its own for {(groups or tags)[0]}",
            )
