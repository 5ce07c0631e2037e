"""Diagnostic settings and budgets as azurerm resources, and what of them has no counterpart."""

from collections.abc import Iterator

from cloister.errors import Fault
from cloister.inventory.azure import Budget, DiagnosticSetting, Inventory
from cloister.inventory.azure.placement import groups
from cloister.render.terraform.blocks import Block, Expression, reference
from cloister.render.terraform.services import insights_name

_SUBSCRIPTION = Expression("${data.azurerm_subscription.current.id}")
_KINDS = (
    ("workspaces", "machine_learning_workspace"),
    ("storage_accounts", "storage_account"),
    ("key_vaults", "key_vault"),
    ("container_registries", "container_registry"),
    ("firewalls", "firewall"),
    ("bastions", "bastion_host"),
    ("network_security_groups", "network_security_group"),
)


def operation_blocks(inventory: Inventory) -> Iterator[Block]:
    """Every diagnostic setting, then every budget."""
    for setting in inventory.diagnostic_settings:
        yield _setting(inventory, setting)
    for budget in inventory.budgets:
        yield _budget(budget)


def budget_of_subscription(inventory: Inventory) -> bool:
    """Whether a budget holds for all of the subscription, whose id the configuration reads."""
    return any(budget.resource_group is None for budget in inventory.budgets)


def operation_limits(inventory: Inventory) -> Iterator[Fault]:
    """Every target and destination that the configuration does not make, and every group that it does not know."""
    for setting in inventory.diagnostic_settings:
        thing = f'diagnostic setting "{setting.name}"'
        if _address(inventory, setting.target) is None:
            reason = f'its target "{setting.target}" is of a kind that is not written as Terraform yet'
            yield Fault(thing, reason, "take it out, and write it by hand", setting.origin.of("target"))
        store = setting.log_analytics_workspace
        if store is not None and store not in _stores(inventory):
            reason = f'log_analytics_workspace "{store}" is none that the configuration makes'
            mend = f"write {' or '.join(_stores(inventory)) or 'none'}, or write the setting by hand"
            yield Fault(thing, reason, mend, setting.origin.of("log_analytics_workspace"))
        if setting.storage_account is not None and _address(inventory, setting.storage_account) is None:
            reason = f'storage_account "{setting.storage_account}" is none of this environment'
            yield Fault(thing, reason, "declare it, or write the setting by hand", setting.origin.of("storage_account"))
        if setting.eventhub is not None:
            reason = "eventhub is not written as Terraform yet"
            yield Fault(thing, reason, "write the setting by hand", setting.origin.of("eventhub"))
    for budget in inventory.budgets:
        if budget.resource_group is not None and budget.resource_group not in groups(inventory):
            reason = f'resource_group "{budget.resource_group}" is none of this environment'
            mend = f"write {' or '.join(groups(inventory))}"
            yield Fault(f'budget "{budget.name}"', reason, mend, budget.origin.of("resource_group"))


def _setting(inventory: Inventory, setting: DiagnosticSetting) -> Block:
    store = _stores(inventory).get(setting.log_analytics_workspace or "")
    account = setting.storage_account
    arguments: dict[str, object] = {
        "name": setting.name,
        "target_resource_id": _address(inventory, setting.target),
        "log_analytics_workspace_id": reference("log_analytics_workspace", store) if store else None,
        "storage_account_id": reference("storage_account", account) if account else None,
        "enabled_log": [
            *({"category": one} for one in setting.categories),
            *({"category_group": one} for one in setting.category_groups),
        ],
        "enabled_metric": [{"category": one} for one in setting.metrics],
    }
    kept = {key: value for key, value in arguments.items() if value != []}
    return Block("monitor_diagnostic_setting", setting.name, kept, setting.origin)


def _budget(budget: Budget) -> Block:
    whole = budget.resource_group is None
    of_what = {"subscription_id": _SUBSCRIPTION} if whole else {"resource_group_id": _group(budget)}
    arguments = {
        "name": budget.name,
        **of_what,
        "amount": budget.amount,
        "time_grain": "Monthly",
        "time_period": {"start_date": f"{budget.start_date}T00:00:00Z"},
        "notification": [
            {"threshold": one, "operator": "GreaterThanOrEqualTo", "contact_roles": list(budget.contact_roles)}
            for one in budget.thresholds
        ],
    }
    kind = "consumption_budget_subscription" if whole else "consumption_budget_resource_group"
    return Block(kind, budget.name, arguments, budget.origin)


def _group(budget: Budget) -> Expression:
    return reference("resource_group", budget.resource_group or "")


def _stores(inventory: Inventory) -> dict[str, str]:
    """The Log Analytics workspaces that are made, by name, with what they are called in the configuration."""
    names = (insights_name(workspace) for workspace in inventory.workspaces)
    return {f"log-{name}": name for name in names}


def _address(inventory: Inventory, name: str) -> Expression | None:
    for section, kind in _KINDS:
        if any(one.name == name for one in getattr(inventory, section)):
            return reference(kind, name)
    return None
