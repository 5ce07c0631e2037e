"""What services state apart from themselves or in a way of their own: rules for callers, subnets of nodes, scopes."""

from collections.abc import Callable
from ipaddress import AddressValueError, IPv4Address, summarize_address_range

from cloister.sources.declared import Unknown, Value
from cloister.sources.terraform.azurerm.attributes import at, blocks, prefix_of, put_attributes
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.azurerm.endpoints import TARGETS
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path

_AZURE = "0.0.0.0"  # noqa: S104 - the address by which a database's rule means services of Azure
_DENY = "Deny"


def account_rules(desk: Desk, one: Declared) -> None:
    """The network rules of a storage account, stated apart."""
    path = _owner(desk, one, "storage_account_id", "azurerm_storage_account")
    if path is not None:
        put_attributes(desk, one, path)
        _trusted(desk, one, path, blocks(one.values, "private_link_access"))
        if any(_owner_path(desk, other) == path for other in desk.resources(one.type) if other is not one):
            why = "is stated by several resources, of which the one that is applied last counts"
            desk.put(one, (*path, "network_default_action"), "default_action", Unknown(why))


def _owner_path(desk: Desk, one: Declared) -> Path | None:
    owner = desk.referred(one.values.get("storage_account_id"), "azurerm_storage_account")
    return desk.path(owner) if owner else None


def account(desk: Desk, one: Declared, path: Path) -> None:
    """A storage account; resources that come in whatever else is set stand in its network rules."""
    put_attributes(desk, one, path)
    rules = next(iter(blocks(one.values, "network_rules")), {})
    _trusted(desk, one, path, blocks(rules, "private_link_access"))


def _trusted(desk: Desk, one: Declared, path: Path, found: list[dict[str, Value]]) -> None:
    words = [desk.word(block.get("endpoint_resource_id"), *TARGETS) for block in found]
    desk.put(one, (*path, "trusted_resources"), "private_link_access", [*words] or None)


def registry(desk: Desk, one: Declared, path: Path) -> None:
    """A container registry with the prefixes of its callers."""
    put_attributes(desk, one, path)
    rules = next(iter(blocks(one.values, "network_rule_set")), {})
    ranges = [prefix_of(block.get("ip_range")) for block in blocks(rules, "ip_rule")]
    desk.put(one, (*path, "allowed_prefixes"), "network_rule_set.ip_rule", [*ranges] or None)
    regions = [_short(block.get("location")) for block in blocks(one.values, "georeplications")]
    desk.put(one, (*path, "replications"), "georeplications", [*regions] or None)


def _short(location: Value) -> Value:
    return location.replace(" ", "").lower() if isinstance(location, str) else location


def agent_pool(desk: Desk, one: Declared) -> None:
    """The subnet in which the tasks of a registry run."""
    name, group = one.values.get("container_registry_name"), one.values.get("resource_group_name")
    owner = desk.named(name, group, "azurerm_container_registry")
    path = desk.path(owner) if owner else None
    if path is None:
        desk.homeless(one, "container_registry_name", "azurerm_container_registry")
    elif one.values.get("virtual_network_subnet_id"):
        desk.refer(one, (*path, "agent_pool_subnet"), "virtual_network_subnet_id", "subnets")


def service(desk: Desk, one: Declared, path: Path) -> None:
    """A service of another kind, with what its type states in a way of its own."""
    put_attributes(desk, one, path)
    if one.type in _OWN_WAYS:
        _OWN_WAYS[one.type](desk, one, path)


def _cosmos(desk: Desk, one: Declared, path: Path) -> None:
    prefixes = one.values.get("ip_range_filter")
    subnets = blocks(one.values, "virtual_network_rule")
    if isinstance(prefixes, list) and _AZURE in prefixes:
        desk.put(one, (*path, "bypass"), "ip_range_filter", "AzureServices")
    listed = [prefix_of(text) for text in prefixes] if isinstance(prefixes, list) else prefixes
    desk.put(one, (*path, "allowed_prefixes"), "ip_range_filter", listed or None)
    words = [desk.word(block.get("id"), "subnets") for block in subnets]
    desk.put(one, (*path, "allowed_subnets"), "virtual_network_rule", [*words] or None)
    filters = one.values.get("is_virtual_network_filter_enabled")
    if listed or filters:
        action = filters if isinstance(filters, Unknown) and not listed else _DENY
        desk.put(one, (*path, "network_default_action"), "is_virtual_network_filter_enabled", action)


def _hub(desk: Desk, one: Declared, path: Path) -> None:
    rules = next(iter(blocks(one.values, "network_rulesets")), {})
    _listed(desk, one, path, rules, "ip_rule", "ip_mask", "virtual_network_rule")
    told = rules.get("trusted_service_access_enabled")
    if told is not None:
        trusted = ("AzureServices" if told else "None") if isinstance(told, bool) else told
        desk.put(one, (*path, "bypass"), "network_rulesets.trusted_service_access_enabled", trusted)


def _ai(desk: Desk, one: Declared, path: Path) -> None:
    rules = next(iter(blocks(one.values, "network_acls")), {})
    words = [desk.word(block.get("subnet_id"), "subnets") for block in blocks(rules, "virtual_network_rules")]
    desk.put(one, (*path, "allowed_subnets"), "network_acls.virtual_network_rules", [*words] or None)


def _listed(
    desk: Desk, one: Declared, path: Path, rules: dict[str, Value], ranges: str, text: str, subnets: str
) -> None:
    found = [prefix_of(block.get(text)) for block in blocks(rules, ranges)]
    desk.put(one, (*path, "allowed_prefixes"), ranges, [*found] or None)
    words = [desk.word(block.get("subnet_id"), "subnets") for block in blocks(rules, subnets)]
    desk.put(one, (*path, "allowed_subnets"), subnets, [*words] or None)


def _search(desk: Desk, one: Declared, path: Path) -> None:
    listed = one.values.get("allowed_ips")
    if isinstance(listed, list) and listed:
        desk.put(one, (*path, "allowed_prefixes"), "allowed_ips", [prefix_of(text) for text in listed])
        desk.put(one, (*path, "network_default_action"), "allowed_ips", _DENY)


def _cluster(desk: Desk, one: Declared, path: Path) -> None:
    """A Kubernetes cluster: who reaches its API, and the subnet of its first nodes."""
    ranges = at(one.values, "api_server_access_profile.authorized_ip_ranges")
    if isinstance(ranges, list) and ranges:
        attribute = "api_server_access_profile.authorized_ip_ranges"
        desk.put(one, (*path, "allowed_prefixes"), attribute, [prefix_of(text) for text in ranges])
        desk.put(one, (*path, "network_default_action"), attribute, _DENY)
    if blocks(one.values, "oms_agent"):
        desk.put(one, (*path, "kubernetes", "monitoring"), "oms_agent", value=True)
    subnet = at(one.values, "default_node_pool.vnet_subnet_id")
    if subnet:
        desk.put(one, (*path, "subnets"), "default_node_pool.vnet_subnet_id", [desk.word(subnet, "subnets")])
    public = at(one.values, "default_node_pool.node_public_ip_enabled")
    if public:
        desk.put(one, (*path, "node_public_ip"), "default_node_pool.node_public_ip_enabled", public)


def node_pool(desk: Desk, one: Declared) -> None:
    """More nodes of a Kubernetes cluster."""
    path = _owner(desk, one, "kubernetes_cluster_id", "azurerm_kubernetes_cluster")
    if path is None:
        return
    if one.values.get("vnet_subnet_id"):
        already = desk.draft.stated((*path, "subnets"))
        words = [*(already if isinstance(already, list) else []), desk.word(one.values["vnet_subnet_id"], "subnets")]
        desk.put(one, (*path, "subnets"), "vnet_subnet_id", list(dict.fromkeys(words)))
    if one.values.get("node_public_ip_enabled"):
        desk.put(one, (*path, "node_public_ip"), "node_public_ip_enabled", one.values["node_public_ip_enabled"])


def _databricks(desk: Desk, one: Declared, path: Path) -> None:
    block = next(iter(blocks(one.values, "custom_parameters")), {})
    network = desk.word(block.get("virtual_network_id"), "networks") if block.get("virtual_network_id") else None
    if isinstance(network, str):
        names = [block.get(key) for key in ("private_subnet_name", "public_subnet_name")]
        found: list[Value] = [f"{network}/{name}" if isinstance(name, str) else name for name in names if name]
        desk.put(one, (*path, "subnets"), "custom_parameters", found or None)
    elif network is not None:
        desk.put(one, (*path, "subnets"), "custom_parameters.virtual_network_id", network)
    if block and block.get("no_public_ip") is False:
        desk.put(one, (*path, "node_public_ip"), "custom_parameters.no_public_ip", value=True)


def _batch(desk: Desk, one: Declared, path: Path) -> None:
    access = at(one.values, "network_profile.account_access")
    rules = access[0] if isinstance(access, list) and access and isinstance(access[0], dict) else {}
    desk.put(one, (*path, "network_default_action"), "network_profile.account_access", rules.get("default_action"))
    found = [prefix_of(block.get("ip_range")) for block in blocks(rules, "ip_rule")]
    desk.put(one, (*path, "allowed_prefixes"), "network_profile.account_access", [*found] or None)


def _only_listed(desk: Desk, one: Declared, path: Path) -> None:
    """Databases let in nobody whom no rule lists, and services of Azure only by a rule for 0.0.0.0."""
    desk.draft.put((*path, "network_default_action"), _DENY, one.origin)
    desk.draft.put((*path, "bypass"), "None", one.origin)


_OWN_WAYS: dict[str, Callable[[Desk, Declared, Path], None]] = {
    "azurerm_cosmosdb_account": _cosmos,
    "azurerm_eventhub_namespace": _hub,
    "azurerm_cognitive_account": _ai,
    "azurerm_ai_services": _ai,
    "azurerm_search_service": _search,
    "azurerm_kubernetes_cluster": _cluster,
    "azurerm_databricks_workspace": _databricks,
    "azurerm_batch_account": _batch,
    **dict.fromkeys(
        ("azurerm_mssql_server", "azurerm_postgresql_flexible_server", "azurerm_synapse_workspace"),
        _only_listed,
    ),
}


def caller_range(desk: Desk, one: Declared) -> None:
    """A range of addresses that a database lets in."""
    attribute, kind = _RANGES[one.type]
    path = _owner(desk, one, attribute, kind)
    if path is None:
        return
    start, end = one.values.get("start_ip_address"), one.values.get("end_ip_address")
    if start == end == _AZURE:
        desk.put(one, (*path, "bypass"), "start_ip_address", "AzureServices")
        return
    already = desk.draft.stated((*path, "allowed_prefixes"))
    found = [*(already if isinstance(already, list) else []), *_prefixes(start, end)]
    desk.put(one, (*path, "allowed_prefixes"), "start_ip_address", found)


_RANGES = {
    "azurerm_mssql_firewall_rule": ("server_id", "azurerm_mssql_server"),
    "azurerm_postgresql_flexible_server_firewall_rule": ("server_id", "azurerm_postgresql_flexible_server"),
    "azurerm_synapse_firewall_rule": ("synapse_workspace_id", "azurerm_synapse_workspace"),
}


def _prefixes(start: Value, end: Value) -> list[Value]:
    try:
        low, high = IPv4Address(str(start)), IPv4Address(str(end))
        return [str(prefix) for prefix in summarize_address_range(low, high)]
    except (AddressValueError, ValueError):
        return [next((one for one in (start, end) if isinstance(one, Unknown)), Unknown("is no range of addresses"))]


def caller_subnet(desk: Desk, one: Declared) -> None:
    """A subnet that a database lets in over its service endpoint."""
    path = _owner(desk, one, "server_id", "azurerm_mssql_server")
    if path is not None:
        already = desk.draft.stated((*path, "allowed_subnets"))
        words = [*(already if isinstance(already, list) else []), desk.word(one.values.get("subnet_id"), "subnets")]
        desk.put(one, (*path, "allowed_subnets"), "subnet_id", words)


def monitor_scope(desk: Desk, one: Declared) -> None:
    """A monitoring resource in a scope; log stores are not in the document."""
    name, group = one.values.get("scope_name"), one.values.get("resource_group_name")
    scope = desk.named(name, group, "azurerm_monitor_private_link_scope")
    owner = desk.referred(one.values.get("linked_resource_id"), "azurerm_application_insights")
    path, word = (desk.path(owner) if owner else None), (desk.path(scope) if scope else None)
    if path is not None:
        already = desk.draft.stated((*path, "scopes"))
        own = str(word[1]) if word else Unknown("is a scope that the input does not describe")
        desk.put(one, (*path, "scopes"), "scope_name", [*(already if isinstance(already, list) else []), own])


def _owner(desk: Desk, one: Declared, attribute: str, *types: str) -> Path | None:
    owner = desk.referred(one.values.get(attribute), *types)
    path = desk.path(owner) if owner else None
    if path is None:
        desk.homeless(one, attribute, *types)
    return path
