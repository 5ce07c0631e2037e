"""Who a principal is: a managed identity of the input, or somebody in Entra ID by an object id."""

from cloister.inventory.azure import PRINCIPAL_WORDS
from cloister.sources.arm.mapping.estate import IDENTITY, Estate
from cloister.sources.arm.mapping.resource import Resource
from cloister.sources.declared import Reference, Unknown, Value
from cloister.sources.draft import identity_of

_CARRIERS = ("workspaces", "computes", "machines", "online_endpoints", "services")
_KINDS = {"user": "user", "group": "group", "serviceprincipal": "service-principal", "foreigngroup": "group"}


def principal(estate: Estate, value: Value, type_: Value, one: Resource) -> str | Unknown:
    """The words for a principal, as a question has them; it is declared where the input only has its object id."""
    if isinstance(value, Reference):
        return _identity_of(estate, value)
    owner = estate.identities.get(value.lower()) if isinstance(value, str) else None
    if owner is not None:
        return _words_of(estate, owner, str(value))
    return _declared(estate, value, type_, one)


def _identity_of(estate: Estate, value: Reference) -> str | Unknown:
    owner = estate.find(value)
    if owner is not None:
        return _words_of(estate, owner, f"{value.attribute} of {value.address}")
    return Unknown(f"is {value.attribute} of {value.address}, which the input does not describe")


def _words_of(estate: Estate, owner: Resource, told: str) -> str | Unknown:
    if owner.type == IDENTITY:
        word = estate.draft.word(owner.identity, ("principals",))
    else:
        word = estate.draft.word(owner.identity, _CARRIERS)
    if isinstance(word, str):
        return f"{PRINCIPAL_WORDS['managed-identity']}:{word}"
    return Unknown(f"is {told}, an identity of a resource that has none here")


def _declared(estate: Estate, value: Value, type_: Value, one: Resource) -> str | Unknown:
    text = identity_of(value)
    kind = _KINDS.get(type_.lower()) if isinstance(type_, str) else None
    if text is None:
        return value if isinstance(value, Unknown) else Unknown("is told by no object id")
    if kind is None:
        return Unknown(f"is {text}, and principalType does not say whether a user, a group or a service principal")
    identity = f"principal:{text}"
    path = estate.draft.path_of(identity)
    if path is None:
        path = estate.draft.claim(("principals",), text, one.place("properties.principalId"), (identity,))
        estate.write((*path, "kind"), kind, one.place("properties.principalType"))
    word = next(words for known, words in PRINCIPAL_WORDS.items() if known == kind)
    return f"{word}:{path[-1]}"


def shared_identity(estate: Estate, one: Resource) -> None:
    """A user-assigned identity, with the resources that carry it."""
    estate.put(one, "kind", "managed-identity", "type")
    users = estate.carriers.get(one.identity, [])
    words = [estate.draft.word(owner.identity, _CARRIERS) for owner in users]
    named: list[Value] = [word for word in words if isinstance(word, str)]
    if named:
        estate.put(one, "used_by", named, "identity.userAssignedIdentities")
