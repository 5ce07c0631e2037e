"""AZ113: somebody is told before the month costs more than it may."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import Control, Decided, Due, Environment, Finding, Pillar, Severity
from cloister.controls.sources import lately, well_architected
from cloister.inventory.azure import Budget, Inventory

_WARNING = 100

CONTROL = Control(
    id="AZ113",
    title="A budget warns before the environment costs more than it may",
    why="A cluster scales as far as it is allowed to, and the bill comes a month later.",
    remedy="State a budget with a threshold below 100 percent; hold sizes and numbers of nodes by policy and quota.",
    severity=Severity.MEDIUM,
    pillar=Pillar.COST,
    decided=Decided.INVENTORY,
    sources=(
        well_architected("Cost Optimization: apply policies and configure quotas"),
        lately(
            "Tutorial: Create and manage budgets",
            "Create a budget in the Azure portal: alert conditions",
            "azure/cost-management-billing/costs/tutorial-acm-create-budgets",
        ),
    ),
    aliases=("WAF-COST-C3",),
    question="Who is told, by which budget, before the environment costs more than it may?",
)


def subjects(inventory: Inventory) -> Iterable[Budget | Inventory]:
    """Every budget, or else the environment, which has none that is described."""
    return inventory.budgets or (inventory,)


def check(subject: Budget | Inventory, _: Environment) -> Iterator[Finding | Due]:
    """A finding for a budget that tells too late or nobody; due where none is described."""
    if isinstance(subject, Inventory):
        yield CONTROL.due("the environment", at=subject.origin)
        return
    thing = f'budget "{subject.name}"'
    if not any(threshold < _WARNING for threshold in subject.thresholds):
        message = "it tells nobody before all of it is spent: no threshold is below 100"
        yield CONTROL.finding(thing, message, at=subject.origin.of("thresholds"), mend="add 80 to its thresholds")
    if not subject.contact_roles:
        message = "it tells nobody: contact_roles is empty"
        yield CONTROL.finding(thing, message, at=subject.origin.of("contact_roles"), mend="add Owner to contact_roles")
