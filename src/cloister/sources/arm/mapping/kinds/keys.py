"""Keys of one's own, with which services encrypt what they keep."""

import re

from cloister.sources.arm.mapping.estate import Estate
from cloister.sources.arm.mapping.resource import Resource, inner, items
from cloister.sources.declared import Reference, Unknown, Value

VAULT = "microsoft.keyvault/vaults"
KEY = f"{VAULT}/keys"
_IDENTIFIER = re.compile(r"https?://([^./]+)[^/]*/keys/([^/]+)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://([^./]+)", re.IGNORECASE)


def claim_key(estate: Estate, one: Resource) -> None:
    """A key of a vault."""
    vault = one.parent.rpartition("/")[2]
    identities = (*one.declared.identities, _identity(vault, one.name))
    estate.draft.claim(("keys",), one.name, one.place(), identities)


def key(estate: Estate, one: Resource) -> None:
    """Its vault, and the age at which the vault makes a new version."""
    estate.refer(one, "vault", one.declared.parent, ("key_vaults",), "vault")
    for action in items(one.get("properties.rotationPolicy.lifetimeActions")):
        if str(inner(action, "action.type")).lower() == "rotate":
            after = inner(action, "trigger.timeAfterCreate")
            estate.put(one, "rotation", after, "properties.rotationPolicy.lifetimeActions")


def own_key(estate: Estate, one: Resource, stated: tuple[Value, Value], prop: str) -> None:
    """The key that a service encrypts with: of an identifier, or of a vault's address and a name."""
    where, name = stated
    vault, named = _parts(estate, where, name)
    if vault is None or named is None:
        why = where.why if isinstance(where, Unknown) else "is a key that is not told"
        estate.miss(one, "customer_managed_key", why, prop)
        return
    identity = _identity(vault, named)
    path = estate.draft.path_of(identity)
    if path is None:
        path = estate.draft.claim(("keys",), named, one.place(prop), (identity,))
        known = next((entry for entry in estate.of(VAULT) if entry.name.lower() == vault.lower()), None)
        if known is not None:
            estate.draft.refer((*path, "vault"), known.identity, ("key_vaults",), one.place(prop))
    estate.put(one, "customer_managed_key", str(path[-1]), prop)


def _parts(estate: Estate, where: Value, name: Value) -> tuple[str | None, str | None]:
    if isinstance(where, Reference):
        owner = estate.find(where)
        if owner is not None and owner.type == KEY:
            return owner.parent.rpartition("/")[2], owner.name
        return (owner.name if owner else None), name if isinstance(name, str) else None
    whole = _IDENTIFIER.match(where) if isinstance(where, str) else None
    if whole:
        return whole[1], whole[2]
    vault = _ADDRESS.match(where) if isinstance(where, str) else None
    return (vault[1] if vault else None), name if isinstance(name, str) else None


def _identity(vault: str, name: str) -> str:
    return f"key:{vault.lower()}/{name.lower()}"
