"""Security groups and network ACLs, their rules written inside or apart."""

from cloister.sources.aws.mapping.estate import Part
from cloister.sources.aws.mapping.kinds.networks import default_owner
from cloister.sources.aws.mapping.taking import listed, taken
from cloister.sources.declared import Reference, Unknown, Value
from cloister.sources.written import Path

_EVERY_PROTOCOL = ("-1", "all")
_PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "50": "esp", "51": "ah"}
_LAST_OF_ALL = 32767
"""The rule that AWS puts at the end of every ACL and that nobody can change."""
_EVERYTHING: dict[str, Value] = {"protocol": "-1", "ports": "*", "cidr_blocks": ["0.0.0.0/0"]}


def claim_default_group(part: Part) -> None:
    """A VPC's own security group that Terraform takes over stands beside the others."""
    part.estate.draft.claim(("security_groups",), part.name, part.place(), (part.declared.address,))


def claim_default_acl(part: Part) -> None:
    """A VPC's own ACL that Terraform takes over stands beside the others."""
    part.estate.draft.claim(("network_acls",), part.name, part.place(), (part.declared.address,))


def fill_group(part: Part) -> None:
    """The rules written inside. What may leave is everything only where the language leaves AWS's own rule alone."""
    if part.path is None:
        return
    _inside(part, "ingress")
    _inside(part, "egress")
    apart = any(_group_of(one) is part for one in part.estate.of("egress-rule"))
    untouched = part.estate.language == "cloudformation" and part.raw("egress") is None
    if untouched and apart:
        part.estate.draft.put((*part.path, "egress", "everything"), dict(_EVERYTHING), part.place())
    elif not untouched and part.estate.draft.stated((*part.path, "egress")) is None:
        part.estate.draft.put((*part.path, "egress"), {}, part.place("egress"))


def fill_default_group(part: Part) -> None:
    """The group is the one of its VPC's members that name none."""
    vpc = part.estate.find(part.raw("vpc"), "vpc")
    if vpc is not None and vpc.path is not None and part.path is not None:
        part.estate.draft.put((*vpc.path, "default_security_group"), part.path[-1], part.place("vpc"))
    fill_group(part)


def _inside(part: Part, side: str) -> None:
    written = part.raw(side)
    if isinstance(written, Unknown | Reference):
        part.estate.draft.put((*(part.path or ()), side), written, part.place(side))
        return
    for number, rule in enumerate(part.items(side), start=1):
        _write(rule, (*(part.path or ()), side), f"{side}-{number}")


def fill_rule(part: Part) -> None:
    """A rule that is written apart."""
    group = _group_of(part)
    if group is None or group.path is None:
        part.estate.homeless(part, "group", "what it allows is not judged", "security-group", "default-security-group")
        return
    side = str(part.raw("type")) if part.kind == "group-rule" else part.kind.partition("-")[0]
    _write(part, (*group.path, side), part.name)


def _group_of(part: Part) -> Part | None:
    return part.estate.find(part.raw("group"), "security-group", "default-security-group")


def _write(rule: Part, section: Path, name: str) -> None:
    estate = rule.estate
    several = [taken(rule, one) for one in ("cidr_blocks", "prefix_lists", "security_groups")]
    if not any(listed(one) for one in several) and taken(rule, "self") is not True:
        if listed(taken(rule, "ipv6")):
            estate.tell(rule, "is a rule for IPv6", "only ways over IPv4 are judged", "ipv6")
        return
    path = estate.draft.claim(section, name, rule.place())
    estate.draft.put((*path, "protocol"), _protocol(rule), rule.place("protocol"))
    estate.draft.put((*path, "ports"), _ports(rule), rule.place("from_port"))
    estate.draft.put((*path, "cidr_blocks"), several[0], rule.place("cidr_blocks"))
    estate.draft.put((*path, "prefix_lists"), _lists(rule), rule.place("prefix_lists"))
    if several[2] is not None:
        groups = estate.words(listed(several[2]), "security_groups")
        estate.draft.put((*path, "security_groups"), groups, rule.place("security_groups"))
    if taken(rule, "self") is True:
        estate.draft.put((*path, "self"), value=True, place=rule.place("self"))


def _lists(rule: Part) -> Value:
    """Prefix lists: one's own by name, Amazon's as they are written."""
    found: list[Value] = []
    for value in listed(taken(rule, "prefix_lists")):
        word = rule.estate.draft.word(value, ("prefix_lists",))
        found.append(value if isinstance(word, Unknown) and isinstance(value, str) else word)
    return found or None


def _protocol(rule: Part) -> Value:
    value = taken(rule, "protocol")
    if not isinstance(value, str):
        return value
    return "-1" if value.lower() in _EVERY_PROTOCOL else _PROTOCOLS.get(value, value.lower())


def _ports(rule: Part) -> Value:
    """The ports of a rule; of ICMP, where the numbers are types, and of every protocol, all."""
    if _protocol(rule) not in ("tcp", "udp"):
        return "*"
    low, high = taken(rule, "from_port"), taken(rule, "to_port")
    for one in (low, high):
        if isinstance(one, Unknown | Reference):
            return one
    if low is None or low == -1:
        return "*"
    return f"{low}-{high}" if high is not None and high != low else str(low)


def fill_acl(part: Part) -> None:
    """The rules written inside, and the subnets that name it."""
    if part.path is None:
        return
    for side in ("ingress", "egress"):
        written = part.raw(side)
        if isinstance(written, Unknown | Reference):
            part.estate.put(part, side, written)
            continue
        for rule in part.items(side):
            _write_numbered(rule, (*part.path, side), str(taken(rule, "number") or ""))
    for subnet in listed(taken(part, "subnets")):
        _read_by(part, subnet, "subnets")


def fill_default_acl(part: Part) -> None:
    """The ACL is that of its VPC's subnets that name none."""
    estate = part.estate
    owner = default_owner(part.raw("acl"), "default_network_acl_id")
    path = estate.draft.path_of(owner) if owner else None
    estate.put(part, "vpc", estate.draft.word(owner, ("vpcs",)), "acl")
    if path and part.path:
        estate.draft.put((*path, "default_network_acl"), part.path[-1], part.place("acl"))
    fill_acl(part)


def fill_acl_rule(part: Part) -> None:
    """A rule of an ACL that is written apart."""
    acl = part.estate.find(part.raw("acl"), "network-acl", "default-network-acl")
    if acl is None or acl.path is None:
        part.estate.homeless(part, "acl", "what it decides is not judged", "network-acl", "default-network-acl")
        return
    side = "egress" if taken(part, "egress") is True else "ingress"
    _write_numbered(part, (*acl.path, side), part.name)


def _write_numbered(rule: Part, section: Path, name: str) -> None:
    estate = rule.estate
    if taken(rule, "number") == _LAST_OF_ALL:
        return
    if rule.raw("cidr_block") in (None, "") and rule.raw("ipv6") not in (None, ""):
        estate.tell(rule, "is a rule for IPv6", "only ways over IPv4 are judged", "ipv6")
        return
    path = estate.draft.claim(section, name, rule.place())
    estate.draft.put((*path, "rule_no"), taken(rule, "number"), rule.place("number"))
    action = taken(rule, "action")
    estate.draft.put((*path, "action"), action.lower() if isinstance(action, str) else action, rule.place("action"))
    estate.draft.put((*path, "protocol"), _protocol(rule), rule.place("protocol"))
    estate.draft.put((*path, "ports"), _ports(rule), rule.place("from_port"))
    estate.draft.put((*path, "cidr_block"), rule.raw("cidr_block"), rule.place("cidr_block"))


def fill_acl_association(part: Part) -> None:
    """Which ACL a subnet has."""
    acl = part.estate.find(part.raw("acl"), "network-acl", "default-network-acl")
    subnet = part.estate.find(part.raw("subnet"), "subnet")
    if subnet is None or subnet.path is None:
        consequence = "which filter stands there is not judged"
        part.estate.homeless(part, "subnet", consequence, "subnet", key="network_acl")
    elif acl is not None:
        _read_by(acl, part.raw("subnet"), "acl", part)
    else:
        place = part.place("acl")
        part.estate.draft.refer((*subnet.path, "network_acl"), part.raw("acl"), ("network_acls",), place)


def _read_by(acl: Part, subnet: Value, attribute: str, stated_by: Part | None = None) -> None:
    found = acl.estate.find(subnet, "subnet")
    if found is not None and found.path is not None and acl.path is not None:
        place = (stated_by or acl).place(attribute)
        acl.estate.draft.put((*found.path, "network_acl"), acl.path[-1], place)


CLAIMS = {"default-security-group": claim_default_group, "default-network-acl": claim_default_acl}
FILLS = {
    "security-group": fill_group,
    "default-security-group": fill_default_group,
    "ingress-rule": fill_rule,
    "egress-rule": fill_rule,
    "group-rule": fill_rule,
    "network-acl": fill_acl,
    "default-network-acl": fill_default_acl,
    "acl-rule": fill_acl_rule,
    "acl-association": fill_acl_association,
}
