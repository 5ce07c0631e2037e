"""What a segment's policy says of the services that it is reached over routes of their own."""

from collections.abc import Iterator

from cloister.fabric.fabric import Fabric, ServicePolicy
from cloister.fabric.flows import ANY_HOST, Flow
from cloister.reach.judged import Judged, noted, passed, refused, sourced, unsure
from cloister.reach.legs import End
from cloister.verdict import Layer


def by_policy(fabric: Fabric, end: End, flow: Flow, service: str) -> Iterator[Judged]:
    """The step of the policy where the flow went over the route that it stands before, or a note that it did not."""
    home = end.identity or next((one.name for one in (fabric.segment_of(flow.source),) if one), "")
    policy = fabric.segments[home].policy if home in fabric.segments else None
    if policy is None:
        return
    if end.over == policy.kind:
        yield _judged(fabric, home, policy, flow, service)
    elif policy.kind in flow.destination.labels:
        text = f"{policy.rule.name} binds only what goes over the service endpoint: other regions stay open beside it"
        yield noted(Layer.ROUTE, home, text, sourced(policy.rule, fabric.behaviours["policy-regions"]))


def _judged(fabric: Fabric, home: str, policy: ServicePolicy, flow: Flow, service: str) -> Judged:
    name = service or flow.host.partition(".")[0]
    rule = sourced(policy.rule, fabric.behaviours["endpoint-policy"])
    if name in policy.services:
        return passed(Layer.ROUTE, home, f"{policy.rule.name} lists {name}", rule)
    if not name or flow.host == ANY_HOST:
        text = f"whether the host is one that {policy.rule.name} lists is not known"
        return unsure(Layer.ROUTE, home, text, rule)
    if policy.groups:
        text = f"whether {name} belongs to {policy.groups[0]}, which {policy.rule.name} lists, is not known"
        return unsure(Layer.ROUTE, home, text, rule, f"list {name} by its name")
    text = f"{policy.rule.name} does not list {name}, and what it does not list is refused"
    return refused(Layer.ROUTE, home, text, rule, f"list {name} in {policy.rule.name}")
