"""AZ326: firewalls judge names."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately
from cloister.inventory.azure import ApplicationRule, Firewall, Inventory, NetworkRule

CONTROL = Control(
    id="AZ326",
    title="Each firewall has rules that allow by name",
    why="A firewall with rules on addresses alone is a filter at the price of a firewall: packages, models and "
    "code have names, and no addresses of their own.",
    remedy="Add an application rule collection with the approved names.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        lately(
            "Configure Azure Firewall rules", "Application rules and network rules", "azure/firewall/rule-processing"
        ),
    ),
    aliases=("S3-R1",),
)


def subjects(inventory: Inventory) -> Iterable[Firewall]:
    """Every firewall."""
    return inventory.firewalls


def check(firewall: Firewall, environment: Environment) -> Iterator[Finding]:
    """A finding where no rule allows anything by a name."""
    policies = environment.inventory.policies_of(firewall)
    collections = (one for policy in policies for group in policy.rule_collection_groups for one in group.collections)
    allowed = (rule for one in collections if one.action == "Allow" for rule in one.rules)
    if not any(_names(rule) for rule in allowed):
        message = "none of its rules allows anything by name"
        yield CONTROL.finding(f'firewall "{firewall.name}"', message, at=firewall.origin.of("rule_collection_groups"))


def _names(rule: object) -> bool:
    if isinstance(rule, ApplicationRule):
        return bool(rule.fqdns or rule.fqdn_tags or rule.web_categories)
    return isinstance(rule, NetworkRule) and bool(rule.destination_fqdns)
