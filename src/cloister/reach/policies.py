"""What policies say of services that are reached over a way of their own: a route of a segment, or an endpoint."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from cloister.fabric.fabric import Fabric
from cloister.fabric.flows import ANY_HOST, Flow
from cloister.fabric.policies import ServicePolicy
from cloister.reach.judged import Judged, noted, passed, refused, sourced, unsure
from cloister.reach.legs import End
from cloister.verdict import Layer


def by_policy(fabric: Fabric, end: End, flow: Flow, service: str) -> Iterator[Judged]:
    """The step of the policy where the flow went over the route that it stands before, or a note that it did not."""
    home = end.identity or next((one.name for one in (fabric.segment_of(flow.source),) if one), "")
    for policy in fabric.segments[home].policies if home in fabric.segments else ():
        if end.over == policy.kind:
            yield from judge_policy(fabric, home, policy, flow, service)
        elif policy.kind in flow.destination.labels:
            text = (
                f"{policy.rule.name} binds only what goes over the service endpoint: other regions stay open beside it"
            )
            yield noted(Layer.ROUTE, home, text, sourced(policy.rule, fabric.behaviours["policy-regions"]))


def judge_policy(fabric: Fabric, home: str, policy: ServicePolicy, flow: Flow, service: str) -> Iterator[Judged]:
    """What one policy says of a flow that takes its way, told at `home`."""
    own = service or policy.kind in flow.destination.labels  # else a name of its own, behind which an account may stand
    name = service or (flow.host.partition(".")[0] if own else flow.host)
    rule = sourced(policy.rule, fabric.behaviours["endpoint-policy"])
    if name in policy.doubtful:
        yield unsure(Layer.ROUTE, home, f"whether {policy.rule.name} lists {name} is not known", rule)
    elif own and (name in policy.services or any(fnmatchcase(name, one) for one in policy.patterns)):
        yield passed(Layer.ROUTE, home, f"{policy.rule.name} lists {name}", rule)
    elif not name or flow.host == ANY_HOST:
        text = f"whether the host is one that {policy.rule.name} lists is not known"
        yield unsure(Layer.ROUTE, home, text, rule)
    elif policy.groups:
        text = f"whether {name} belongs to {policy.groups[0]}, which {policy.rule.name} lists, is not known"
        yield unsure(Layer.ROUTE, home, text, rule, f"list {name} by its name")
    else:
        yield from _taken_for_none(home, policy, name, own=bool(own))
        text = f"{policy.rule.name} does not list {name}, and what it does not list is refused"
        yield refused(Layer.ROUTE, home, text, rule, f"list {name} in {policy.rule.name}")


def _taken_for_none(home: str, policy: ServicePolicy, name: str, *, own: bool) -> Iterator[Judged]:
    """What nobody outside can know of a name, and how it is taken: only a stranger's could be meant."""
    if not own:
        text = f"{name} is taken to be no other name of what {policy.rule.name} lists"
        yield noted(Layer.ROUTE, home, text, policy.rule)
    for known in policy.known_groups:
        yield noted(Layer.ROUTE, home, f"{name} is taken to be none of {known.name}", known)
