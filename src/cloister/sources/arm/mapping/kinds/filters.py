"""Rules of filters: each side is a prefix, several, a service tag, or sets of interfaces."""

from cloister.sources.arm.mapping.estate import Estate
from cloister.sources.arm.mapping.resource import Resource, inner, items
from cloister.sources.declared import Unknown, Value

_SIDES = ("source", "destination")
_MANAGER = "microsoft.network/networkmanagers"
GROUP = f"{_MANAGER}/networkgroups"
MEMBER = f"{GROUP}/staticmembers"
COLLECTION = f"{_MANAGER}/securityadminconfigurations/rulecollections"
RULE = f"{COLLECTION}/rules"


def security_rule(estate: Estate, one: Resource) -> None:
    """Both sides and their ports."""
    for side in _SIDES:
        _several(estate, one, side, f"properties.{side}AddressPrefix", f"properties.{side}AddressPrefixes")
        ports = f"{side}_ports"
        _several(estate, one, ports, f"properties.{side}PortRange", f"properties.{side}PortRanges")
        sets = items(one.get(f"properties.{side}ApplicationSecurityGroups"))
        if sets:
            words = estate.words([inner(entry, "id") for entry in sets], ("application_security_groups",))
            attribute = f"{side}_application_security_groups"
            estate.put(one, attribute, words, f"properties.{side}ApplicationSecurityGroups")


def _several(estate: Estate, one: Resource, attribute: str, single: str, many: str) -> None:
    values = items(one.get(many)) or items(one.get(single))
    values = [value for value in values if value != ""]
    if values:
        whole: Value = values[0] if len(values) == 1 and isinstance(values[0], Unknown) else [*values]
        estate.put(one, attribute, whole, single)


def claim_member(estate: Estate, one: Resource) -> None:
    """A member of a network group has no place of its own."""


def network_group(estate: Estate, one: Resource) -> None:
    """The networks that are its members, each a resource of its own."""
    stated = list(estate.children(one, MEMBER))
    members = [
        Unknown(member.declared.doubt) if member.declared.doubt else member.get("properties.resourceId")
        for member in stated
    ]
    estate.put(one, "networks", estate.words(members, ("networks",)), "properties")
    if not members:
        what = "has no member that is stated: a policy may add some"
        estate.tell(one, "properties", what, "which networks its rules bind is not judged")


def admin_collection(estate: Estate, one: Resource) -> None:
    """The groups that it applies to."""
    groups = [inner(entry, "networkGroupId") for entry in items(one.get("properties.appliesToGroups"))]
    estate.put(one, "network_groups", estate.words(groups, ("network_groups",)), "properties.appliesToGroups")


def admin_rule(estate: Estate, one: Resource) -> None:
    """Both sides and their ports."""
    for side, plural in (("source", "sources"), ("destination", "destinations")):
        entries = items(one.get(f"properties.{plural}"))
        prefixes: list[Value] = [inner(entry, "addressPrefix") for entry in entries]
        if prefixes:
            estate.put(one, side, prefixes, f"properties.{plural}")
        ports = one.get(f"properties.{side}PortRanges")
        if ports:
            estate.put(one, f"{side}_ports", ports, f"properties.{side}PortRanges")
