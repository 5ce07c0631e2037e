"""Load balancers: frontends, rules, and the machines behind them."""

from cloister.sources.declared import Reference, Unknown, Value
from cloister.sources.terraform.azurerm.addresses import want
from cloister.sources.terraform.azurerm.attributes import blocks, put_attributes
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.azurerm.networks import subnet_path
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path

_BALANCER = "azurerm_lb"
_POOL = "azurerm_lb_backend_address_pool"
_FRONTENDS = "frontend_ip_configuration"


def place_balancer(desk: Desk, one: Declared, path: Path) -> None:
    """The frontends of a balancer, with addresses by rule where none is stated."""
    put_attributes(desk, one, path)
    for number, block in enumerate(blocks(one.values, _FRONTENDS)):
        lead = f"{_FRONTENDS}[{number}]"
        spot = desk.draft.claim((*path, "frontends"), str(block.get("name")), one.at(lead))
        if _told(block.get("public_ip_address_id")):
            value = desk.resolved(block["public_ip_address_id"])
            desk.draft.refer((*spot, "public_ip"), value, ("public_ips",), one.at(f"{lead}.public_ip_address_id"))
            continue
        subnet = desk.resolved(block.get("subnet_id"))
        desk.draft.refer((*spot, "subnet"), subnet, ("subnets",), one.at(f"{lead}.subnet_id"))
        if _told(block.get("private_ip_address")):
            desk.put(one, (*spot, "private_ip"), f"{lead}.private_ip_address", block["private_ip_address"])
        else:
            want(desk, (*spot, "private_ip"), subnet_path(desk, subnet), one)


def balancing_rule(desk: Desk, one: Declared) -> None:
    """A load-balancing rule, at its frontend."""
    spot = _at_frontend(desk, one, one.values.get("frontend_ip_configuration_name"), "rules")
    if spot is None:
        return
    put_attributes(desk, one, spot)
    front, back = one.values.get("frontend_port"), one.values.get("backend_port")
    desk.put(one, (*spot, "backend_port"), "backend_port", None if back in (0, front) else back)
    probe = desk.referred(one.values.get("probe_id"), "azurerm_lb_probe")
    if probe:
        desk.put(one, (*spot, "probe_port"), "probe_id", probe.values.get("port"))
    pools = one.values.get("backend_address_pool_ids")
    _backends(desk, one, spot, pools if isinstance(pools, list) else [], "backend_address_pool_ids")


def outbound_rule(desk: Desk, one: Declared) -> None:
    """An outbound rule, at each of its frontends."""
    for block in blocks(one.values, _FRONTENDS):
        spot = _at_frontend(desk, one, block.get("name"), "outbound_rules")
        if spot is not None:
            put_attributes(desk, one, spot)
            _backends(desk, one, spot, [one.values.get("backend_address_pool_id")], "backend_address_pool_id")


def _at_frontend(desk: Desk, one: Declared, frontend: Value, section: str) -> Path | None:
    balancer = desk.referred(one.values.get("loadbalancer_id"), _BALANCER)
    path = desk.path(balancer) if balancer else None
    if path is None or not desk.draft.holds((*path, "frontends"), str(frontend)):
        desk.homeless(one, "loadbalancer_id" if path is None else "frontend_ip_configuration_name", _BALANCER)
        return None
    return desk.draft.claim((*path, "frontends", str(frontend), section), str(one.values.get("name")), one.origin)


def _backends(desk: Desk, one: Declared, spot: Path, pools: list[Value], attribute: str) -> None:
    """The machines behind a rule: those whose interfaces joined its pools."""
    found: list[Value] = []
    for value in pools:
        pool = desk.referred(value, _POOL)
        if pool is None:
            found.append(Unknown("is a pool that the input does not describe"))
            continue
        found += [desk.word(interface, "machines") for interface in _members(desk, pool)]
    desk.put(one, (*spot, "backends"), attribute, found or None)


def _members(desk: Desk, pool: Declared) -> list[Value]:
    joined = desk.resources("azurerm_network_interface_backend_address_pool_association")
    return [
        one.values.get("network_interface_id")
        for one in joined
        if desk.referred(one.values.get("backend_address_pool_id"), _POOL) is pool
    ]


def _told(value: Value) -> bool:
    return (
        isinstance(value, Reference)
        or (isinstance(value, Unknown) and value.stated)
        or bool(value and isinstance(value, str))
    )
