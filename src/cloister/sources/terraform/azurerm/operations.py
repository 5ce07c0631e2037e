"""What watches over an environment: diagnostic settings, alerts, budgets, assigned policies and plans of Defender."""

import json

from cloister.sources.declared import Unknown, Value
from cloister.sources.terraform.azurerm.attributes import at, blocks, put_attributes
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.azurerm.endpoints import TARGETS
from cloister.sources.terraform.azurerm.rights import scope_of
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path

_WATCHED = (*TARGETS, "firewalls", "bastions", "gateways", "network_security_groups")
_DAY = 10
"""How many letters of a time tell its day."""


def diagnostic_setting(desk: Desk, one: Declared, path: Path) -> None:
    """Where a resource sends its logs and metrics."""
    desk.refer(one, (*path, "target"), "target_resource_id", *_WATCHED)
    for key, attribute, kind in (
        ("log_analytics_workspace", "log_analytics_workspace_id", "azurerm_log_analytics_workspace"),
        ("storage_account", "storage_account_id", "azurerm_storage_account"),
    ):
        value = one.values.get(attribute)
        owner = desk.referred(value, kind)
        desk.put(one, (*path, key), attribute, owner.values.get("name") if owner else value or None)
    hub = one.values.get("eventhub_name") or one.values.get("eventhub_authorization_rule_id")
    desk.put(one, (*path, "eventhub"), "eventhub_name", hub or None)
    for key, inner in (("categories", "category"), ("category_groups", "category_group")):
        found = [block.get(inner) for block in blocks(one.values, "enabled_log")]
        desk.put(one, (*path, key), "enabled_log", [text for text in found if text] or None)
    metrics = [block.get("category") for kind in ("enabled_metric", "metric") for block in blocks(one.values, kind)]
    desk.put(one, (*path, "metrics"), "enabled_metric", list(metrics) or None)


def metric_alert(desk: Desk, one: Declared, path: Path) -> None:
    """An alert on a metric of one resource."""
    scopes = one.values.get("scopes")
    target = scopes[0] if isinstance(scopes, list) and len(scopes) == 1 else scopes
    desk.draft.refer((*path, "target"), desk.resolved(target), TARGETS, one.at("scopes"))
    criteria = [*blocks(one.values, "criteria"), *blocks(one.values, "dynamic_criteria")]
    desk.put(one, (*path, "metric"), "criteria", criteria[0].get("metric_name") if criteria else None)


def budget(desk: Desk, one: Declared, path: Path) -> None:
    """What may be spent in a month, and who is told."""
    amount = one.values.get("amount")
    desk.put(one, (*path, "amount"), "amount", int(amount) if isinstance(amount, int | float) else amount)
    if one.values.get("time_grain") not in (None, "Monthly"):
        desk.draft.miss((*path, "amount"), "is for another time than a month", one.at("time_grain"))
    start = at(one.values, "time_period.start_date")
    desk.put(one, (*path, "start_date"), "time_period.start_date", start[:_DAY] if isinstance(start, str) else start)
    group = desk.referred(one.values.get("resource_group_id"), "azurerm_resource_group")
    desk.put(one, (*path, "resource_group"), "resource_group_id", group.values.get("name") if group else None)
    notifications = blocks(one.values, "notification")
    thresholds = [block.get("threshold") for block in notifications]
    rounded: list[Value] = [int(part) if isinstance(part, float) else part for part in thresholds]
    desk.put(one, (*path, "thresholds"), "notification", rounded or None)
    listed = [block.get("contact_roles") for block in notifications]
    roles: list[Value] = [role for part in listed if isinstance(part, list) for role in part]
    desk.put(one, (*path, "contact_roles"), "notification", list(dict.fromkeys(roles)))


def policy_assignment(desk: Desk, one: Declared, path: Path) -> None:
    """A policy that is assigned, with its parameters."""
    put_attributes(desk, one, path)
    desk.put(
        one, (*path, "definition"), "policy_definition_id", _definition(desk, one.values.get("policy_definition_id"))
    )
    scope = next(attribute for attribute in _SCOPES if attribute in one.values)
    desk.put(one, (*path, "scope"), scope, scope_of(desk, desk.resolved(one.values[scope])))
    parameters = one.values.get("parameters")
    if isinstance(parameters, str) and parameters:
        desk.put(one, (*path, "parameters"), "parameters", _parameters(parameters))
    else:
        desk.put(one, (*path, "parameters"), "parameters", parameters or None)


_SCOPES = ("subscription_id", "resource_group_id", "management_group_id")


def _definition(desk: Desk, value: Value) -> Value:
    """The id of a built-in definition, or the name of one of one's own."""
    own = desk.referred(value, "azurerm_policy_definition", "azurerm_policy_set_definition")
    if own is not None:
        return own.values.get("name")
    if isinstance(value, str):
        return value.rpartition("/")[2]
    return value


def _parameters(text: str) -> Value:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return Unknown("is no JSON")
    if not isinstance(document, dict):
        return Unknown("is no JSON object")
    values = {key: one.get("value") if isinstance(one, dict) else one for key, one in document.items()}
    return {key: _words(value) for key, value in values.items()}


def _words(value: object) -> Value:
    if isinstance(value, list):
        return [str(item) for item in value]
    return value if isinstance(value, str) else json.dumps(value)


def defender_plan(desk: Desk, one: Declared) -> None:
    """A plan of Defender for Cloud, under what it watches over."""
    watched = one.values.get("resource_type") or "VirtualMachines"
    put_attributes(desk, one, ("defender_plans", str(watched)))
