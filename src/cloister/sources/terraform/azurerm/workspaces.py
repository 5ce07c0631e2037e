"""Workspaces with the rules of their managed network; computes."""

from cloister.sources.declared import Unknown, Value
from cloister.sources.terraform.azurerm.attributes import at, put_attributes
from cloister.sources.terraform.azurerm.desk import Desk
from cloister.sources.terraform.azurerm.endpoints import TARGETS
from cloister.sources.terraform.values import Declared
from cloister.sources.written import Path

_WORKSPACE = "azurerm_machine_learning_workspace"
_COMPUTES = ("azurerm_machine_learning_compute_cluster", "azurerm_machine_learning_compute_instance")


def workspace(desk: Desk, one: Declared, path: Path) -> None:
    """A workspace; its managed network stands once a compute needs it, unless it is made with the workspace."""
    put_attributes(desk, one, path)
    if _stands_later(desk, one):
        desk.put(one, (*path, "managed_network_provisioned"), "managed_network", value=False)
    insights = desk.referred(one.values.get("application_insights_id"), "azurerm_application_insights")
    if insights:
        desk.put(one, (*path, "application_insights"), "application_insights_id", insights.values.get("name"))
    told = one.values.get("workspace_id")
    desk.put(one, (*path, "workspace_id"), "workspace_id", told if isinstance(told, str) else None)
    builder = one.values.get("image_build_compute_name")
    if isinstance(builder, str) and builder:
        found = desk.named(builder, None, *_COMPUTES)
        spot = desk.path(found) if found else None
        word: Value = str(spot[1]) if spot else Unknown(f"is {builder}, which the input does not describe")
        desk.put(one, (*path, "image_build_compute"), "image_build_compute_name", word)
    elif builder:
        desk.put(one, (*path, "image_build_compute"), "image_build_compute_name", desk.word(builder, "computes"))


def _stands_later(desk: Desk, one: Declared) -> bool:
    """Whether the managed network waits for a first compute, and none is declared here."""
    mode = at(one.values, "managed_network.isolation_mode")
    if mode in (None, "Disabled") or at(one.values, "managed_network.provision_on_creation_enabled") is not False:
        return False
    of_workspace = (
        desk.referred(made.values.get("machine_learning_workspace_id"), _WORKSPACE)
        for made in desk.resources(*_COMPUTES)
    )
    return all(owner is not one for owner in of_workspace)


def fqdn_rule(desk: Desk, one: Declared) -> None:
    """A host that the managed network lets out to."""
    spot = _rule(desk, one, "FQDN")
    if spot is not None:
        desk.put(one, (*spot, "fqdn"), "destination_fqdn", one.values.get("destination_fqdn"))


def endpoint_rule(desk: Desk, one: Declared) -> None:
    """A private endpoint of the managed network; its owner's approval is taken to be given by its maker's role."""
    spot = _rule(desk, one, "PrivateEndpoint")
    if spot is not None:
        desk.refer(one, (*spot, "target"), "service_resource_id", *TARGETS)
        desk.put(one, (*spot, "subresource"), "sub_resource_target", one.values.get("sub_resource_target"))


def tag_rule(desk: Desk, one: Declared) -> None:
    """A service tag that the managed network lets out to."""
    spot = _rule(desk, one, "ServiceTag")
    if spot is not None:
        for key, attribute in (("service_tag", "service_tag"), ("protocol", "protocol")):
            desk.put(one, (*spot, key), attribute, one.values.get(attribute))
        ports = one.values.get("port_ranges")
        listed: Value = [part.strip() for part in ports.split(",")] if isinstance(ports, str) else ports
        desk.put(one, (*spot, "ports"), "port_ranges", listed)


def _rule(desk: Desk, one: Declared, kind: str) -> Path | None:
    owner = desk.referred(one.values.get("workspace_id"), _WORKSPACE)
    path = desk.path(owner) if owner else None
    if path is None:
        desk.homeless(one, "workspace_id", _WORKSPACE)
        return None
    spot = desk.draft.claim((*path, "outbound_rules"), str(one.values.get("name")), one.origin)
    desk.draft.put((*spot, "type"), kind, one.origin)
    return spot
