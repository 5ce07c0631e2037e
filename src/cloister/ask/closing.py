"""Where an open way is open and what would close it; what would decide an undecided one."""

from cloister.inventory.edits import Edit, edit
from cloister.verdict import Layer, Outcome, Rule, Step, Verdict

_KEYS = (
    "shared_access_key",
    "admin_user",
    "anonymous_pull",
)  # the attributes by which a service takes keys beside roles
_PUBLIC_DOOR = "public_network_access"  # the attribute by which services of every kind close their public door
_POLICIES = ("the policy of ", "the resource policy of ")  # as the rules are called that a bucket and an API state
_ENDPOINT_TYPE = "endpoint_type of "  # as the rule is called by which an API stands in public


def open_at(verdict: Verdict) -> Step:
    """The step that lets an open way through, by who decides it in the end.

    Where somebody's right was asked for, that is a key that need not be there, or else the right. An API that stands in
    public decides, and not what it hands on to. A firewall decides
    whom it lets out; else the filter before the target whom it lets in; else the target's own door. A way to the
    internet that meets none of these is open by its route, which leads past every firewall.
    """
    passed = [step for step in verdict.trace if step.outcome is Outcome.PASS and step.layer is not Layer.RETURN]
    routes = [index for index, step in enumerate(passed) if step.layer is Layer.ROUTE]
    arrival = passed[routes[-1] + 1 :] if routes else passed
    candidates = (
        *(step for step in passed if step.layer is Layer.AUTHENTICATION and step.rule and step.rule.name in _KEYS),
        *(step for step in reversed(passed) if step.layer is Layer.AUTHORIZATION and step.rule),
        *(step for step in passed if step.layer is Layer.ENDPOINT and step.rule and _is_of_api(step.rule)),
        *(step for step in reversed(passed) if step.layer is Layer.FIREWALL),
        *(step for step in reversed(arrival) if step.layer is Layer.FILTER),
        *(step for step in reversed(arrival) if step.layer is Layer.ENDPOINT and step.rule),
        *(passed[index] for index in reversed(routes)),
        *reversed(verdict.trace),
    )
    return candidates[0]


def closing_mend(verdict: Verdict) -> str:
    """The smallest change that would close an open way."""
    step = open_at(verdict)
    written = step.rule is not None and step.rule.origin is not None
    if step.layer is Layer.AUTHENTICATION and step.rule and written:
        return f"set {step.rule.name}: false on {step.at} ({step.rule.origin})"
    if step.layer is Layer.AUTHORIZATION and step.rule:
        return f"take away what lets it: {_told(step.rule)}"
    if step.layer in (Layer.FIREWALL, Layer.FILTER) and step.rule and written:
        return f"remove or narrow rule {_told(step.rule)}"
    if step.layer is Layer.ENDPOINT and step.rule and written:
        return f"{_closing_door(step.rule.name)} {step.at} ({step.rule.origin})"
    if step.layer is Layer.ROUTE and any(one.layer is Layer.ENDPOINT for one in verdict.trace):
        return f"route 0.0.0.0/0 of {step.at} to a firewall that permits approved names only"
    before = f" before {step.rule.name} allows it" if step.rule and step.layer is Layer.FILTER else ""
    return f"deny it in a network security group at {_arrival(verdict)}{before}"


def _is_of_api(rule: Rule) -> bool:
    return rule.name.startswith(_ENDPOINT_TYPE)


def _closing_door(rule: str) -> str:
    """What to do with the rule by which a service takes callers from outside its endpoints; its name follows."""
    if rule == _PUBLIC_DOOR:
        return f"set {_PUBLIC_DOOR}: false on"
    if rule.startswith(_POLICIES):
        return "deny, in its policy, whoever comes by none of your endpoints (aws:SourceVpce) to"
    if rule.startswith(_ENDPOINT_TYPE):
        return "set endpoint_type: PRIVATE on"
    return f"take out {rule} of"


def closing_edit(verdict: Verdict) -> Edit | None:
    """The same as an edit of the document, where it is a change of one attribute."""
    step = open_at(verdict)
    if step.rule is None or step.rule.origin is None:
        return None
    key = step.layer is Layer.AUTHENTICATION and step.rule.name in _KEYS
    door = step.layer is Layer.ENDPOINT and step.rule.name == _PUBLIC_DOOR
    return edit(step.rule.origin, step.rule.name, value=False) if key or door else None


def deciding_mend(verdict: Verdict) -> str:
    """What to state so that the question can be decided, or nothing where the verdict was decided."""
    step = verdict.first_refusal
    if step is None or step.outcome is not Outcome.UNKNOWN:
        return ""
    if step.rule is None or not step.rule.name:
        return f"describe what the spec leaves open at {step.at}"
    return f"let rule {_told(step.rule)} name what it is about, so that it can be decided"


def _told(rule: Rule) -> str:
    return f"{rule.name} ({rule.origin})" if rule.origin else rule.name


def _arrival(verdict: Verdict) -> str:
    """Where the way ends: at its last filter, even one that is noted as missing, or else its last step."""
    there = [step for step in verdict.trace if step.layer is not Layer.RETURN]
    filters = [step for step in there if step.layer is Layer.FILTER]
    return (filters or there or verdict.trace)[-1].at
