"""Load balancers with their listeners, and the targets that are registered one by one."""

from cloister.sources.aws.mapping.estate import Part
from cloister.sources.aws.mapping.taking import listed, taken
from cloister.sources.declared import Value, at

_FORWARD = "forward"


def fill_balancer(part: Part) -> None:
    """CloudFormation calls an internal one by a word; subnets may stand in mappings with addresses."""
    scheme = part.raw("scheme")
    if scheme is not None:
        internal = scheme == "internal" if isinstance(scheme, str) else scheme
        part.estate.put(part, "internal", internal, "scheme")
    mappings = listed(part.raw("mappings"))
    if mappings and not listed(part.raw("subnets")):
        subnets = [at(one, "SubnetId") or at(one, "subnet_id") for one in mappings]
        part.estate.put(part, "subnets", part.estate.words(subnets, "subnets"), "mappings")


def fill_listener(part: Part) -> None:
    """A listener stands in its balancer, and leads to the group of its first forward."""
    estate = part.estate
    balancer = estate.find(part.raw("balancer"), "load-balancer")
    if balancer is None or balancer.path is None:
        estate.tell(part, "belongs to a balancer that the input does not describe", "where it leads is not judged")
        return
    path = estate.draft.claim((*balancer.path, "listeners"), part.name, part.place(), (part.declared.address,))
    estate.draft.put((*path, "port"), taken(part, "port"), part.place("port"))
    estate.draft.put((*path, "protocol"), taken(part, "protocol"), part.place("protocol"))
    groups = [group for action in listed(part.raw("actions")) if (group := _group(action)) is not None]
    if groups:
        estate.draft.refer((*path, "target_group"), groups[0], ("target_groups",), part.place("actions"))
    if len(groups) > 1:
        estate.tell(part, "forwards to several target groups", "only the first of them is followed", "actions")


def _group(action: Value) -> Value:
    """The target group that an action forwards to."""
    if (at(action, "Type") or at(action, "type")) != _FORWARD:
        return None
    single = at(action, "TargetGroupArn") or at(action, "target_group_arn")
    if single is not None:
        return single
    forward = listed(at(action, "ForwardConfig") or at(action, "forward"))
    several = listed(at(forward[0], "TargetGroups") or at(forward[0], "target_group")) if forward else []
    return at(several[0], "TargetGroupArn") or at(several[0], "arn") if several else None


def fill_group(part: Part) -> None:
    """CloudFormation writes the targets inside."""
    targets = taken(part, "targets")
    if targets is not None:
        part.estate.put(part, "targets", part.estate.words(listed(targets), "instances"))


def fill_target(part: Part) -> None:
    """One more target of a group; a balancer as the target of another is not followed."""
    estate = part.estate
    group, target = estate.find(part.raw("group"), "target-group"), estate.find(part.raw("target"))
    if group is None or group.path is None:
        return
    if target is None or target.kind != "instance":
        what = "registers a target that is no instance of the input"
        estate.tell(part, what, "where its group leads is not wholly judged", "target")
        return
    stated = estate.draft.stated((*group.path, "targets"))
    before: list[Value] = stated if isinstance(stated, list) else []
    word = estate.draft.word(part.raw("target"), ("instances",))
    estate.draft.put((*group.path, "targets"), [*before, word], part.place("target"))


FILLS = {
    "load-balancer": fill_balancer,
    "listener": fill_listener,
    "target-group": fill_group,
    "target": fill_target,
}
