"""What an appliance says to a flow: rules on addresses, rules on names, what is built in, then refusal."""

from collections.abc import Iterator
from dataclasses import dataclass

from cloister.fabric.addresses import Address, any_of
from cloister.fabric.appliances import AddressRule, Appliance, HostRule, host_fits
from cloister.fabric.fabric import Fabric
from cloister.fabric.flows import ANY_HOST, Flow, Protocol
from cloister.reach.filters import doubt
from cloister.reach.idle import asks_elsewhere
from cloister.reach.judged import Judged, called, noted, passed, refused, sourced, unsure
from cloister.verdict import Layer


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the appliance decided, and whether the flow leaves it under the appliance's own address.

    `resolves_again`: the appliance ignores the destination and connects to what it finds under the flow's host name.
    """

    judged: tuple[Judged, ...]
    translated: bool
    resolves_again: bool = False


def inspect(fabric: Fabric, appliance: Appliance, flow: Flow, *, proxied: bool = False) -> Inspection:
    """The decision of an appliance on a flow that passes through it, or that it is asked to make as a proxy."""
    notes = (*_threat_note(appliance, fabric, flow), *_dead_name_rules(fabric, appliance, flow))
    decided, by_name, doubtful = _first_match(fabric, appliance, flow, proxied=proxied)
    otherwise = decided.allow if decided else False  # what no rule is about is refused
    opposed = next((rule for rule in doubtful if rule.allow != otherwise), None)
    translated = proxied or appliance.translates(flow.destination)
    if opposed is not None:
        text = f"{_doubt(opposed, flow, fabric)}, so rule {called(opposed.rule)} may or may not be about it"
        return Inspection((*notes, unsure(Layer.FIREWALL, appliance.name, text, opposed.rule)), translated)
    if decided is None:
        return Inspection((*notes, *_after_all_rules(fabric, appliance, flow)), translated)
    kind = appliance.host_rule_kind if by_name else appliance.address_rule_kind
    notes = (
        *notes,
        *_remark(appliance, decided),
        *_other_servers(fabric, appliance, flow, decided),
        *_never_read(fabric, appliance, flow, decided),
    )
    if decided.allow:
        step = passed(Layer.FIREWALL, appliance.name, f"allowed by {kind}", decided.rule)
        again = proxied or (isinstance(decided, HostRule) and flow.port in decided.resolved_ports)
        return Inspection((*notes, step), by_name or translated, again)
    mend = f"take {flow.host or flow.destination} out of rule {called(decided.rule)}"
    return Inspection(
        (*notes, refused(Layer.FIREWALL, appliance.name, f"refused by {kind}", decided.rule, mend)), translated
    )


def _first_match(
    fabric: Fabric, appliance: Appliance, flow: Flow, *, proxied: bool
) -> tuple[AddressRule | HostRule | None, bool, list[AddressRule | HostRule]]:
    """The first rule that surely matches, whether it is one on names, and the undecided ones before it."""
    doubtful: list[AddressRule | HostRule] = []
    for rule, by_name, matches in _matches(fabric, appliance, flow):
        if proxied and not by_name:
            continue
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


def _doubt(rule: AddressRule | HostRule, flow: Flow, fabric: Fabric) -> str:
    """The fact that is missing to tell whether a rule is about a flow."""
    if isinstance(rule, HostRule) and not any(host_fits(pattern, flow.host) for pattern in rule.hosts):
        group = next((group for group in rule.groups if group.holds(flow.host) is None), None)
        if group is not None and not any(group.holds(flow.host) for group in rule.groups):
            return f"whether {_host(flow)} belongs to {group.text} is not known"
    return doubt(rule, flow, fabric.public)


def _host(flow: Flow) -> str:
    return "any host" if flow.host == ANY_HOST else flow.host


def _threat_note(appliance: Appliance, fabric: Fabric, flow: Flow) -> Iterator[Judged]:
    if appliance.threats != "deny" or not flow.destination.within & fabric.public:
        return
    trusted = any_of(match.holds(flow.destination, fabric.public) for match in appliance.trusted)
    if trusted or any(host_fits(pattern, flow.host) for pattern in appliance.trusted_hosts if flow.host):
        text = "stands on the allow list, so that its threat list is not asked"
    else:
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


def _other_servers(
    fabric: Fabric, appliance: Appliance, flow: Flow, decided: AddressRule | HostRule
) -> Iterator[Judged]:
    """A rule on a name that the client may have resolved to another address than the appliance does."""
    if isinstance(decided, HostRule) or flow.host.lower() not in decided.hosts:
        return
    network = next((one for one in fabric.networks.values() if flow.source.within <= one.space), None)
    if network is not None and asks_elsewhere(fabric, appliance, network):
        text = f"{network.name} asks other name servers than {appliance.name} for {flow.host}; taken to find the same"
        yield noted(Layer.FIREWALL, appliance.name, text, fabric.behaviours["firewall-name-servers"])


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


def _after_all_rules(fabric: Fabric, appliance: Appliance, flow: Flow) -> Iterator[Judged]:
    """What happens to a flow that no rule is about: the built-in collection of the cloud's own hosts, then refusal."""
    rule = sourced(appliance.unlisted, fabric.behaviours["firewall-infrastructure"])
    own = appliance.builtin if flow.host and _by_name(appliance, flow) else None
    held = own.holds(flow.host) if own else False
    if own and held:
        text = f"{flow.host} may be one of the platform's own that {own.text} lets through after all rules"
        yield unsure(Layer.FIREWALL, appliance.name, text, rule, f"add a rule for {flow.host} to {appliance.name}")
        return
    if own and held is None:
        text = f"{flow.host} is taken to be none of the platform's own hosts, which {own.text} lets through"
        yield noted(Layer.FIREWALL, appliance.name, text, rule)
    yield _unlisted(appliance, flow)


def _by_name(appliance: Appliance, flow: Flow) -> bool:
    return flow.protocol is Protocol.TCP and flow.port in appliance.name_ports


def _unlisted(appliance: Appliance, flow: Flow) -> Judged:
    if flow.host == ANY_HOST:
        text = f"no rule allows just any host on {flow.traffic}"
        return refused(Layer.FIREWALL, appliance.name, text, appliance.unlisted)
    wanted = flow.host or str(flow.destination)
    by_name = flow.host and _by_name(appliance, flow)
    text = f"no rule allows {wanted} on {flow.traffic}, and what no rule allows is refused"
    kind = appliance.host_rule_kind if by_name else appliance.address_rule_kind
    mend = f"add {'an' if kind[0] in 'ao' else 'a'} {kind} for {wanted} to {appliance.name}"
    if any(host_fits(pattern, flow.host) for pattern in appliance.linked_hosts):
        mend = f"{appliance.link_mend} for {wanted}"
    return refused(Layer.FIREWALL, appliance.name, text, appliance.unlisted, mend)


def keeps_private(fabric: Fabric, appliance: Appliance, source: Address) -> Judged:
    """The refusal where an appliance sends a private source to the internet because it never translates it."""
    text = f"leaves {source} as it is, and the internet carries no private addresses"
    rule = sourced(appliance.keeping or appliance.rule, fabric.behaviours["firewall-no-snat"])
    mend = f"take the public addresses out of {rule.name}"
    if appliance.machine:
        mend = f"set translates_source: true on {appliance.name}"
    return refused(Layer.FIREWALL, appliance.name, text, rule, mend)
