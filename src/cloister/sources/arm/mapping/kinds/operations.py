"""What watches over an environment: where logs go, alerts, scaling by load, budgets, and what is set from above."""

from cloister.sources.arm.mapping.estate import Estate
from cloister.sources.arm.mapping.groups import group_in
from cloister.sources.arm.mapping.kinds.rights import scope
from cloister.sources.arm.mapping.resource import Resource, inner, items
from cloister.sources.declared import Unknown, Value
from cloister.sources.draft import identity_of

DIAGNOSTICS = "microsoft.insights/diagnosticsettings"
ALERT = "microsoft.insights/metricalerts"
SCALING = "microsoft.insights/autoscalesettings"
BUDGET = "microsoft.consumption/budgets"
_SERVICES = ("workspaces", "storage_accounts", "key_vaults", "container_registries", "services")
_WATCHED = (*_SERVICES, "firewalls", "bastions", "gateways", "network_security_groups")
_NOT_SEEN = "who is told of what happens there is not judged"


def _claimed(estate: Estate, one: Resource, section: str, value: Value, sections: tuple[str, ...]) -> str | None:
    """The word of the resource that something watches; a claim only where the input describes it."""
    word = estate.draft.word(value, sections)
    if not isinstance(word, str):
        estate.tell(one, "", "watches over a resource that has no place here", _NOT_SEEN)
        return None
    estate.draft.claim((section,), one.name, one.place(), one.declared.identities)
    return word


def claim_diagnostics(estate: Estate, one: Resource) -> None:
    """Where a resource sends its logs and metrics."""
    word = _claimed(estate, one, "diagnostic_settings", one.declared.parent, _WATCHED)
    if word is None:
        return
    estate.put(one, "target", word, "scope")
    for attribute, prop in (
        ("log_analytics_workspace", "workspaceId"),
        ("storage_account", "storageAccountId"),
        ("eventhub", "eventHubAuthorizationRuleId"),
    ):
        estate.put(one, attribute, _last_name(one.get(f"properties.{prop}")), f"properties.{prop}")
    logs = [entry for entry in items(one.get("properties.logs")) if inner(entry, "enabled") is not False]
    metrics = [entry for entry in items(one.get("properties.metrics")) if inner(entry, "enabled") is not False]
    _listed(estate, one, "categories", [inner(entry, "category") for entry in logs])
    _listed(estate, one, "category_groups", [inner(entry, "categoryGroup") for entry in logs])
    _listed(estate, one, "metrics", [inner(entry, "category") for entry in metrics])


def _listed(estate: Estate, one: Resource, attribute: str, values: list[Value]) -> None:
    stated = [value for value in values if value is not None]
    if stated:
        estate.put(one, attribute, [*stated], f"properties.{'metrics' if attribute == 'metrics' else 'logs'}")


def _last_name(value: Value) -> Value:
    identity = identity_of(value)
    return identity.rpartition("/")[2] if identity else value


def claim_alert(estate: Estate, one: Resource) -> None:
    """An alert on a metric of the first resource that it names."""
    scopes = items(one.get("properties.scopes"))
    word = _claimed(estate, one, "metric_alerts", scopes[0] if scopes else None, _SERVICES)
    criteria = items(one.get("properties.criteria.allOf"))
    if word is not None:
        estate.put(one, "target", word, "properties.scopes")
        metric = inner(criteria[0], "metricName") if criteria else Unknown("is stated by no criterion")
        estate.put(one, "metric", metric, "properties.criteria")


def claim_scaling(estate: Estate, one: Resource) -> None:
    """How many instances a deployment has, by its load."""
    word = _claimed(estate, one, "autoscale_settings", one.get("properties.targetResourceUri"), ("deployments",))
    profiles = items(one.get("properties.profiles"))
    if word is not None:
        estate.put(one, "target", word, "properties.targetResourceUri")
        for attribute in ("minimum", "maximum"):
            value = inner(profiles[0], f"capacity.{attribute}") if profiles else None
            estate.put(one, attribute, _number(value), f"properties.profiles.capacity.{attribute}")


def _number(value: Value) -> Value:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def budget(estate: Estate, one: Resource) -> None:
    """What may be spent, in which resource group, and who is told when."""
    start = one.get("properties.timePeriod.startDate")
    estate.put(one, "start_date", start[:10] if isinstance(start, str) else start, "properties.timePeriod.startDate")
    estate.put(one, "resource_group", group_in(one.parent), "scope")
    notices = one.get("properties.notifications")
    told = list(notices.values()) if isinstance(notices, dict) else []
    thresholds = [_number(inner(notice, "threshold")) for notice in told]
    roles = [role for notice in told for role in items(inner(notice, "contactRoles"))]
    if thresholds:
        estate.put(one, "thresholds", thresholds, "properties.notifications")
    if roles:
        unique = [*dict.fromkeys(role for role in roles if isinstance(role, str))]
        estate.put(one, "contact_roles", [*unique], "properties.notifications")


def policy_assignment(estate: Estate, one: Resource) -> None:
    """Which policy is assigned where, with which parameters."""
    definition = identity_of(one.get("properties.policyDefinitionId"))
    name = definition.rpartition("/")[2] if definition else None
    estate.put(one, "definition", name or Unknown("is named by no id"), "properties.policyDefinitionId")
    estate.put(one, "scope", scope(estate, one.get("properties.scope") or one.declared.parent), "scope")
    parameters = one.get("properties.parameters")
    path = estate.path(one)
    for key, entry in parameters.items() if isinstance(parameters, dict) and path else ():
        value = inner(entry, "value")
        words = [word if isinstance(word, str | Unknown) else str(word) for word in items(value)]
        if words and path:
            estate.write((*path, "parameters", key), [*words], one.place(f"properties.parameters.{key}"))
    mode = one.get("properties.enforcementMode")
    if isinstance(mode, str):
        estate.put(one, "enforced", mode.lower() == "default", "properties.enforcementMode")
