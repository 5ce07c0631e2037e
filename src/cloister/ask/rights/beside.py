"""What decides beside roles or in their stead, and is not stated: access lists of a lake, roles on repositories."""

from dataclasses import replace

from cloister.ask.rights.needs import Need
from cloister.ask.rights.saying import said
from cloister.facts.tables import behaviours
from cloister.inventory.azure import Inventory
from cloister.verdict import Answer, Outcome, Rule, Verdict

_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/"
_IMAGES = ("Microsoft.ContainerRegistry/registries/pull/", "Microsoft.ContainerRegistry/registries/push/")
_DENIED = "deny assignment "


def beside_roles(inventory: Inventory, need: Need, by_role: Verdict) -> Verdict:
    """The verdict of roles, or the doubt about what else decides."""
    name = need.at.partition("/")[0]
    if need.operation.startswith(_BLOBS) and by_role.answer is Answer.DENY:
        return _by_access_list(inventory, name, by_role)
    if need.operation.startswith(_IMAGES):
        return _by_repository(inventory, name, by_role)
    return by_role


def _by_access_list(inventory: Inventory, name: str, refusal: Verdict) -> Verdict:
    """A lake asks its access lists where no role allows; a deny assignment comes before both."""
    account = next((one for one in inventory.storage_accounts if one.name == name), None)
    spoken = account is None or not account.hierarchical_namespace or account.access_lists is False
    if account is None or spoken or refusal.trace[-1].text.startswith(_DENIED):
        return refusal
    fact = behaviours()["lake-access-lists"]
    text = f"no role allows it, and then {fact.text}; they are not stated"
    rule = Rule("access_lists", account.origin.of("access_lists"), fact.source)
    mend = f"set access_lists: false on {name} if no entry lets anybody in"
    doubt = said(Answer.UNKNOWN, name, text, rule, mend)
    noted = tuple(replace(step, outcome=Outcome.NOTE) for step in refusal.trace)
    return replace(doubt, trace=(*noted, *doubt.trace))


def _by_repository(inventory: Inventory, name: str, by_role: Verdict) -> Verdict:
    registry = next((one for one in inventory.container_registries if one.name == name), None)
    if registry is None or not registry.repository_permissions:
        return by_role
    fact = behaviours()["repository-permissions"]
    rule = Rule("repository_permissions", registry.origin.of("repository_permissions"), fact.source)
    text = f"{fact.text}; who has one is not modelled"
    return said(Answer.UNKNOWN, name, text, rule, f"set repository_permissions: false on {name}, or look at its roles")
