"""What happens on arrival: filters of the receiving end, the endpoint's approval, the service's own rules."""

from collections.abc import Iterator
from dataclasses import replace

from cloister.fabric.appliances import Appliance
from cloister.fabric.fabric import Fabric, Place
from cloister.fabric.flows import Flow, Protocol
from cloister.fabric.names import NAME_PORT
from cloister.fabric.services import Endpoint, Relay, Service
from cloister.fabric.sets import AddressSet
from cloister.reach.filters import judge_inbound
from cloister.reach.judged import Judged, called, noted, passed, refused, sourced, unsure
from cloister.reach.legs import End, EndKind
from cloister.reach.missed import link_mend
from cloister.reach.policies import by_policy, judge_policy
from cloister.verdict import Layer, Outcome


def arrive(fabric: Fabric, end: End, flow: Flow, service: str, owner: Place | None) -> tuple[Judged, ...]:
    """The steps at the end of the way. `service` or `owner` is what the flow is meant for, where that is known."""
    match end.kind:
        case EndKind.SEGMENT:
            machine = owner or fabric.place_at(flow.destination)
            return (*_at_segment(fabric, end.where, flow, machine), *_strayed(end.where, machine, flow, service))
        case EndKind.ENDPOINT:
            return tuple(_at_endpoint(fabric, end.where, flow, service))
        case EndKind.APPLIANCE:
            return (_at_appliance(fabric, end, flow),)
        case EndKind.BALANCER:
            return ()  # nothing ends there: the machine behind it is where a flow arrives
        case EndKind.SITE:
            text = "arrives on the site; what filters stand there is not stated"
            return (noted(Layer.ENDPOINT, end.where, text), *_strayed_to_site(end.where, flow, service))
        case EndKind.INTERNET:
            let = tuple(by_policy(fabric, end, flow, service))
            return let if any(one.refuses for one in let) else (*let, *_at_public(fabric, end, flow, service))


def _at_segment(fabric: Fabric, name: str, flow: Flow, place: Place | None) -> Iterator[Judged]:
    segment = fabric.segments[name]
    yield from judge_inbound(fabric, name, segment.inbound_levels(place.filter if place else None), flow)
    if flow.destination.single and place is None:
        yield noted(Layer.ENDPOINT, name, f"nothing in the inventory has the address {flow.destination}")


def _strayed(where: str, machine: Place | None, flow: Flow, service: str) -> Iterator[Judged]:
    """What is wrong where a name of a service led to something that is no endpoint of it."""
    if not service:
        return
    mend = f"mend the record that says {flow.destination} for {flow.host}"
    if machine:
        text = f"{flow.destination} is {machine.name}, and whether it passes on to {service} is not stated"
        yield unsure(Layer.ENDPOINT, where, text, machine.rule, mend)
    else:
        yield refused(Layer.ENDPOINT, where, f"{flow.destination} is no private endpoint of {service}", mend=mend)


def _strayed_to_site(where: str, flow: Flow, service: str) -> Iterator[Judged]:
    """The same on a site: what stands there is mostly not in the inventory."""
    if service:
        text = f"{flow.destination} is on the site, and whether it passes on to {service} is not stated"
        mend = f"mend the record that says {flow.destination} for {flow.host}"
        yield unsure(Layer.ENDPOINT, where, text, mend=mend)


def _at_endpoint(fabric: Fabric, name: str, flow: Flow, service: str) -> Iterator[Judged]:
    endpoint = next(end for end in fabric.endpoints if end.name == name)
    segment = fabric.segments.get(endpoint.segment)
    if segment and endpoint.filters_bind:
        yield from _bound_filters(fabric, endpoint, flow)
    rule = sourced(endpoint.rule, fabric.behaviours["endpoint-approved"])
    relay = next((one for one in endpoint.relays if (one.service, one.host) == (service, flow.host.lower())), None)
    if relay and endpoint.approved:
        yield from _relayed(fabric, name, relay, flow)
    elif service and not leads_to(fabric, endpoint, service):
        text = f"leads to {endpoint.service}, not to {service}"
        mend = f"mend the record that says {flow.destination} for {flow.host}"
        yield refused(Layer.ENDPOINT, name, text, rule, mend)
    elif endpoint.gap:
        yield unsure(Layer.ENDPOINT, name, endpoint.gap, endpoint.rule)
    elif endpoint.approved and service and (door := _another_door(fabric, endpoint, flow, service)):
        text = f"stands for {' and '.join(endpoint.doors)}; whether it answers for {door} is not documented"
        mend = f"add a private endpoint for {door}, and let it write the record for {flow.host}"
        yield unsure(Layer.ENDPOINT, name, text, endpoint.rule, mend)
    elif endpoint.approved and not flow.protocol.has_ports:
        yield _unanswered(fabric, name, flow)
    elif endpoint.closed:
        yield refused(Layer.ENDPOINT, name, f"carries nothing: {endpoint.closed}", rule, endpoint.mend)
    elif endpoint.approved:
        yield passed(Layer.ENDPOINT, name, f"approved; leads to {service or endpoint.service}", rule)
        yield from _beyond(fabric, endpoint, flow, service)
    elif endpoint.state == "Pending":
        text = f"its connection to {endpoint.service} waits for approval and carries nothing until then"
        yield refused(Layer.ENDPOINT, name, text, rule, f"approve private endpoint {name}")
    else:
        text = f"its connection to {endpoint.service} is {endpoint.state.lower()} and carries nothing"
        yield refused(Layer.ENDPOINT, name, text, rule, f"approve private endpoint {name}")


def _beyond(fabric: Fabric, endpoint: Endpoint, flow: Flow, meant: str) -> Iterator[Judged]:
    """What the endpoint's policy and the service behind it say to a caller that comes by it."""
    if endpoint.policy:
        yield from judge_policy(fabric, endpoint.name, endpoint.policy, flow, meant)
    service = fabric.services[meant or endpoint.service]
    taken = service.public.endpoints
    if service.gap and taken is not None:
        yield unsure(Layer.ENDPOINT, service.name, service.gap, service.rule)
    elif service.refuses:
        yield refused(Layer.ENDPOINT, service.name, service.refuses, service.rule, service.mend)
    elif taken is not None and endpoint.called not in taken:
        text = f"does not take callers from {endpoint.called}"
        mend = f"name {endpoint.called} in {service.public.default.name}"
        yield refused(Layer.ENDPOINT, service.name, text, service.public.default, mend)
    else:
        yield from _remarks(service)


def _another_door(fabric: Fabric, endpoint: Endpoint, flow: Flow, service: str) -> str:
    """The door of the service that is asked for, where the endpoint stands for other doors of it."""
    doors = (door for door in fabric.services[service].doors if flow.host in (door.host, *door.also))
    asked = next((door.name for door in doors if door.name.startswith(f"{service}/")), "")
    return asked if endpoint.doors and asked not in endpoint.doors else ""


def leads_to(fabric: Fabric, endpoint: Endpoint, service: str) -> bool:
    """Whether the endpoint is for the service, or for a door of it."""
    return endpoint.service == service or any(door.name in endpoint.doors for door in fabric.services[service].doors)


def _relayed(fabric: Fabric, name: str, relay: Relay, flow: Flow) -> Iterator[Judged]:
    """What becomes of a flow for a service that the endpoint is not for, and whose name leads to it all the same."""
    if relay.passes is None:
        yield unsure(Layer.ENDPOINT, name, relay.text, relay.rule, relay.mend)
    elif not relay.passes:
        yield refused(Layer.ENDPOINT, name, relay.text, relay.rule, relay.mend)
    else:
        yield passed(Layer.ENDPOINT, name, relay.text, relay.rule)
        judged = _public_access(fabric, fabric.services[relay.service], End(EndKind.INTERNET), flow)
        yield replace(judged, mend=relay.mend) if judged.refuses else judged


def _bound_filters(fabric: Fabric, endpoint: Endpoint, flow: Flow) -> Iterator[Judged]:
    levels = fabric.levels_at(endpoint)
    deciding = levels[0] if levels else None
    for item in judge_inbound(fabric, endpoint.name, levels, flow):
        several = deciding and any(r.rule == item.step.rule and r.port_ranges > 1 for r in deciding.inbound)
        if several and item.step.outcome is not Outcome.NOTE:
            text = f"{item.step.text}, but rules with several port ranges are not honoured on private endpoints"
            rule = replace(
                fabric.behaviours["endpoint-ranges"], origin=item.step.rule.origin if item.step.rule else None
            )
            yield unsure(Layer.FILTER, endpoint.name, text, rule)
        else:
            yield item


def _unanswered(fabric: Fabric, where: str, flow: Flow) -> Judged:
    text = f"whether it answers {flow.traffic} is not documented"
    return unsure(Layer.ENDPOINT, where, text, fabric.behaviours["portless"])


def _at_appliance(fabric: Fabric, end: End, flow: Flow) -> Judged:
    if not flow.protocol.has_ports:
        return _unanswered(fabric, end.where, flow)
    appliance = next((one for one in fabric.appliances if one.name == end.where), None)
    if flow.port == NAME_PORT:
        leading = appliance and _leading_on(fabric, appliance, flow)
        return leading or passed(Layer.ENDPOINT, end.where, "answers name queries itself")
    if appliance and flow.protocol is Protocol.TCP and flow.port in appliance.proxy_ports:
        rule = fabric.behaviours["firewall-proxy-client"]
        return passed(Layer.ENDPOINT, end.where, "takes requests of clients that name it as their proxy", rule)
    return refused(Layer.ENDPOINT, end.where, f"answers nothing on {flow.traffic}")


def _leading_on(fabric: Fabric, appliance: Appliance, flow: Flow) -> Judged | None:
    """The doubt about a port that the appliance answers itself, where a translation is about it as well."""
    for translation in appliance.translations:
        if appliance.address in translation.addresses and translation.matches(flow, fabric.public) is not False:
            text = (
                f"answers {flow.traffic} itself, and whether rule {called(translation.rule)} goes before is not known"
            )
            rule = sourced(translation.rule, fabric.behaviours["firewall-nat-own-port"])
            return unsure(Layer.ENDPOINT, appliance.name, text, rule, f"take {flow.traffic} out of {rule.name}")
    return None


def _at_public(fabric: Fabric, end: End, flow: Flow, service: str) -> Iterator[Judged]:
    if flow.protocol not in end.carries:
        rule = fabric.behaviours["nat-protocols"]
        yield refused(Layer.ROUTE, end.where or "internet", f"the way out does not carry {flow.traffic}", rule)
        return
    if not service:
        yield passed(Layer.ENDPOINT, flow.host or str(flow.destination), "arrives on the internet")
        return
    asked = fabric.services[service]
    if asked.refuses:
        yield refused(Layer.ENDPOINT, service, asked.refuses, asked.rule, asked.mend)
    elif asked.gap:
        yield unsure(Layer.ENDPOINT, service, asked.gap, asked.rule)
    else:
        judged = _by_exception(asked, end) or _public_access(fabric, asked, end, flow)
        yield judged
        yield from () if judged.refuses else _remarks(asked)
    if not flow.protocol.has_ports:
        yield _unanswered(fabric, service, flow)


def _by_exception(service: Service, end: End) -> Judged | None:
    """What the service says to a caller that it lets in whatever its switch and its network rules say."""
    access = service.public
    known = next((name for name in end.acts_as if name in access.exceptions), "")
    if not known or (access.enabled and access.open_to_all):
        return None
    text = f"lets in {known} whatever its network rules say; a role is needed as well"
    return passed(Layer.ENDPOINT, service.name, text, access.exempted)


def _remarks(service: Service) -> Iterator[Judged]:
    """What is told to whoever got in."""
    yield from (noted(Layer.ENDPOINT, service.name, remark.name, remark) for remark in service.remarks)
    if service.login:
        yield noted(Layer.AUTHENTICATION, service.name, service.login.name, service.login)


def _public_access(fabric: Fabric, service: Service, end: End, flow: Flow) -> Judged:
    """What the service itself says to a caller that does not come through a private endpoint."""
    access = service.public
    switch = sourced(access.switch, fabric.behaviours["resource-firewall"])
    if not access.enabled:
        text = "refuses: public network access is off, and the caller comes to its public address"
        return refused(Layer.ENDPOINT, service.name, text, switch, _private_mend(fabric, service, flow, end))
    if access.open_to_all:
        text = "public network access is on, and no rule limits the callers"
        return passed(Layer.ENDPOINT, service.name, text, switch)
    if end.identity in access.segments:
        return passed(Layer.ENDPOINT, service.name, f"lets in {end.identity} by its service endpoint", access.default)
    caller = end.shows or (flow.source.within & fabric.public)
    if access.addresses and not end.identity and not (caller and caller.isdisjoint(access.addresses)):
        return _by_address(fabric, service, caller, inside=bool(fabric.segment_of(flow.source)))
    text = "refuses: public network access is limited to chosen networks, and the caller is in none of them"
    return refused(Layer.ENDPOINT, service.name, text, access.default, _private_mend(fabric, service, flow, end))


def _by_address(fabric: Fabric, service: Service, caller: AddressSet, *, inside: bool) -> Judged:
    """What rules on public addresses say to a caller that shows `caller`, empty where that is not known."""
    access = service.public
    if not (caller and caller <= access.addresses):
        text = "lets in some public addresses, and whether the caller comes from one of them is not known"
        return unsure(Layer.ENDPOINT, service.name, text, access.default)
    if inside and access.spares_own_region:
        text = f"lets in {caller}, but such rules have no effect on callers from its own region"
        return unsure(Layer.ENDPOINT, service.name, text, sourced(access.default, fabric.behaviours["same-region"]))
    return passed(Layer.ENDPOINT, service.name, f"lets in the caller's public address {caller}", access.default)


def _private_mend(fabric: Fabric, service: Service, flow: Flow, end: End) -> str:
    if end.acts_as and service.public.exception_mend:
        return service.public.exception_mend
    door = next((door for door in service.doors if door.host == flow.host.lower()), service.doors[0])
    home = fabric.segment_of(flow.source)
    own = link_mend(fabric, home.name) if home else ""
    ready = any(
        door.name in endpoint.doors and link_mend(fabric, endpoint.segment) == own for endpoint in fabric.endpoints
    )
    return "" if ready else f"{own or 'add a private endpoint'} for {service.through or door.name}"
