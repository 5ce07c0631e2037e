"""What an appliance says to a flow: rules on addresses, then rules on names, then refusal."""

from collections.abc import Iterator
from dataclasses import dataclass

from cloister.fabric.appliances import AddressRule, Appliance, HostRule, host_fits
from cloister.fabric.fabric import Fabric
from cloister.fabric.flows import ANY_HOST, Flow, Protocol
from cloister.reach.filters import doubt
from cloister.reach.judged import Judged, called, noted, passed, refused, unsure
from cloister.verdict import Layer


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the appliance decided, and whether the flow leaves it under the appliance's own address."""

    judged: tuple[Judged, ...]
    translated: bool


def inspect(fabric: Fabric, appliance: Appliance, flow: Flow) -> Inspection:
    """The decision of an appliance on a flow that passes through it."""
    notes = (*_threat_note(appliance, fabric, flow), *_dead_name_rules(fabric, appliance, flow))
    decided, by_name, doubtful = _first_match(fabric, appliance, flow)
    opposed = next((rule for rule in doubtful if decided is None or rule.allow != decided.allow), None)
    public = bool(flow.destination.within & fabric.public)
    if opposed is not None and (opposed.allow or decided is not None):
        text = f"{doubt(opposed, flow, fabric.public)}, so rule {called(opposed.rule)} may or may not be about it"
        return Inspection((*notes, unsure(Layer.FIREWALL, appliance.name, text, opposed.rule)), public)
    if decided is None:
        return Inspection((*notes, _unlisted(appliance, flow)), public)
    kind = appliance.host_rule_kind if by_name else appliance.address_rule_kind
    notes = (
        *notes,
        *_remark(appliance, decided),
        *_never_read(fabric, appliance, flow, decided),
        *_resolved_again(fabric, appliance, flow, decided),
    )
    if decided.allow:
        step = passed(Layer.FIREWALL, appliance.name, f"allowed by {kind}", decided.rule)
        return Inspection((*notes, step), by_name or public)
    mend = f"take {flow.host or flow.destination} out of rule {called(decided.rule)}"
    return Inspection(
        (*notes, refused(Layer.FIREWALL, appliance.name, f"refused by {kind}", decided.rule, mend)), public
    )


def _first_match(
    fabric: Fabric, appliance: Appliance, flow: Flow
) -> tuple[AddressRule | HostRule | None, bool, list[AddressRule | HostRule]]:
    """The first rule that surely matches, whether it is one on names, and the undecided ones before it."""
    doubtful: list[AddressRule | HostRule] = []
    for rule, by_name, matches in _matches(fabric, appliance, flow):
        if matches:
            return rule, by_name, doubtful
        if matches is None:
            doubtful.append(rule)
    return None, False, doubtful


def _matches(
    fabric: Fabric, appliance: Appliance, flow: Flow
) -> Iterator[tuple[AddressRule | HostRule, bool, bool | None]]:
    for address_rule in appliance.address_rules:
        yield address_rule, False, address_rule.matches(flow, fabric.public, resolves_names=appliance.name_proxy)
    for host_rule in appliance.host_rules:
        yield host_rule, True, host_rule.matches(flow, fabric.public)


def _threat_note(appliance: Appliance, fabric: Fabric, flow: Flow) -> Iterator[Judged]:
    if appliance.threats == "deny" and flow.destination.within & fabric.public:
        text = "taken not to be on its threat list, which is read before any rule"
        yield noted(Layer.FIREWALL, appliance.name, text, appliance.rule)


def _dead_name_rules(fabric: Fabric, appliance: Appliance, flow: Flow) -> Iterator[Judged]:
    """Rules on addresses that state this name, but do nothing because the appliance does not resolve names."""
    if appliance.name_proxy or not flow.host:
        return
    for rule in appliance.address_rules:
        if flow.host.lower() in rule.hosts:
            text = f"network rule {called(rule.rule)} names {flow.host} but does nothing: the DNS proxy is off"
            yield noted(Layer.FIREWALL, appliance.name, text, fabric.behaviours["firewall-names"])


def _never_read(fabric: Fabric, appliance: Appliance, flow: Flow, decided: AddressRule | HostRule) -> Iterator[Judged]:
    """The rule on names that would have decided otherwise, had no rule on addresses come first."""
    if isinstance(decided, HostRule):
        return
    for rule in appliance.host_rules:
        if rule.matches(flow, fabric.public):
            if rule.allow != decided.allow:
                text = f"application rule {called(rule.rule)} would decide otherwise, but network rules are read first"
                yield noted(Layer.FIREWALL, appliance.name, text, fabric.behaviours["firewall-order"])
            return


def _remark(appliance: Appliance, decided: AddressRule | HostRule) -> Iterator[Judged]:
    if decided.remark and decided.allow:
        yield noted(Layer.FIREWALL, appliance.name, decided.remark, decided.rule)


def _resolved_again(
    fabric: Fabric, appliance: Appliance, flow: Flow, decided: AddressRule | HostRule
) -> Iterator[Judged]:
    """For plain HTTP the appliance resolves the name itself, so its own name servers decide where the flow ends."""
    if isinstance(decided, HostRule) and decided.allow and flow.port in appliance.plain_ports:
        text = f"resolves {flow.host} again by itself and connects to what it finds"
        yield noted(Layer.FIREWALL, appliance.name, text, fabric.behaviours["firewall-http-name"])


def _unlisted(appliance: Appliance, flow: Flow) -> Judged:
    if flow.host == ANY_HOST:
        text = f"no rule allows just any host on {flow.traffic}"
        return refused(Layer.FIREWALL, appliance.name, text, appliance.unlisted)
    wanted = flow.host or str(flow.destination)
    by_name = flow.host and flow.protocol is Protocol.TCP and flow.port in appliance.name_ports
    text = f"no rule allows {wanted} on {flow.traffic}, and what no rule allows is refused"
    kind = appliance.host_rule_kind if by_name else appliance.address_rule_kind
    mend = f"add {'an' if kind[0] in 'ao' else 'a'} {kind} for {wanted} to {appliance.name}"
    if any(host_fits(pattern, flow.host) for pattern in appliance.linked_hosts):
        mend = f"{appliance.link_mend} for {wanted}"
    return refused(Layer.FIREWALL, appliance.name, text, appliance.unlisted, mend)
