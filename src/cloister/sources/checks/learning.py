"""Faults of workspaces: outbound rules that their managed network does not take."""

from collections.abc import Iterator

from cloister.errors import Fault
from cloister.facts.tables import service_names
from cloister.inventory.azure import Inventory, OutboundRule, Workspace
from cloister.sources.checks.services import kinds_of_services, subresources
from cloister.sources.wording import near_miss, one_of

_APPROVED = "AllowOnlyApprovedOutbound"


def learning_faults(inventory: Inventory) -> Iterator[Fault]:
    """Every outbound rule that Azure refuses, or that would do nothing."""
    storage = _storage_suffixes(inventory.cloud.value)
    for workspace in inventory.workspaces:
        for rule in workspace.outbound_rules:
            thing = f'outbound rule "{workspace.name}/{rule.name}"'
            yield from _mode_faults(thing, workspace, rule)
            yield from _storage_faults(thing, rule, storage)
            yield from _target_faults(thing, inventory, rule)
    yield from _endpoint_faults(inventory)


def _endpoint_faults(inventory: Inventory) -> Iterator[Fault]:
    """Online endpoints that their workspace cannot have, and attributes of the other kind."""
    for endpoint in inventory.online_endpoints:
        thing, workspace = f'online endpoint "{endpoint.name}"', inventory.workspace_of(endpoint)
        if endpoint.kind == "managed" and workspace and workspace.v1_legacy_mode:
            reason = f"workspace {workspace.name} is in v1_legacy_mode, which has no managed online endpoints"
            yield Fault(thing, reason, f"set v1_legacy_mode: false on {workspace.name}", endpoint.origin)
        for attribute in ("cluster", "ingress_ip") if endpoint.kind == "managed" else ():
            if getattr(endpoint, attribute) is not None:
                reason = f"is of kind managed and has {attribute}"
                mend = f"remove {attribute}, or write kind: kubernetes"
                yield Fault(thing, reason, mend, endpoint.origin.of(attribute))


def _mode_faults(thing: str, workspace: Workspace, rule: OutboundRule) -> Iterator[Fault]:
    mode, place = workspace.managed_network, rule.origin.of("type")
    if mode == "Disabled":
        reason = f"managed_network of {workspace.name} is Disabled, so there is no network for it"
        yield Fault(thing, reason, f"set managed_network: {_APPROVED}, or remove the rule", place)
    elif mode != _APPROVED and rule.type != "PrivateEndpoint":
        reason = f"a rule of type {rule.type} does nothing in mode {mode}, which lets everything out"
        yield Fault(thing, reason, f"set managed_network: {_APPROVED}, or remove the rule", place)


def _storage_faults(thing: str, rule: OutboundRule, suffixes: frozenset[str]) -> Iterator[Fault]:
    host = (rule.fqdn or "").lower()
    if any(host.endswith(f".{suffix}") for suffix in suffixes):
        reason = f"fqdn {host} is a name of a storage account, which no rule on names may state"
        mend = "write a rule of type PrivateEndpoint for the account"
        yield Fault(thing, reason, mend, rule.origin.of("fqdn"))


def _target_faults(thing: str, inventory: Inventory, rule: OutboundRule) -> Iterator[Fault]:
    kind = kinds_of_services(inventory).get(rule.target or "")
    if kind and rule.subresource not in (known := subresources(inventory.cloud.value, kind)):
        near = near_miss(rule.subresource or "", known) or one_of(known)
        reason = f'subresource "{rule.subresource}" is none that a {kind} has'
        yield Fault(thing, reason, f"write {near}", rule.origin.of("subresource"))


def _storage_suffixes(cloud: str) -> frozenset[str]:
    rows = service_names(cloud)
    return frozenset(suffix for row in rows if row.service == "storage" for suffix in row.public_suffixes.split())
