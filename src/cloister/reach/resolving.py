"""What a host name means to an appliance that looks it up by itself, and where a flow then goes."""

from collections.abc import Callable
from dataclasses import dataclass

from cloister.fabric.addresses import Address
from cloister.fabric.appliances import Appliance
from cloister.fabric.fabric import Fabric, Place
from cloister.fabric.flows import ANY_HOST, Flow
from cloister.fabric.names import Upstream
from cloister.reach.judged import Judged, answer_of, noted, passed, unsure
from cloister.reach.lookup import Lookup
from cloister.reach.names import look_up_itself
from cloister.verdict import Answer, Layer

Query = Callable[[Fabric, Place, Upstream], tuple[Judged, ...]]
"""The way of a name query from a place to a name server."""


@dataclass(frozen=True, slots=True)
class Again:
    """The steps of a second lookup, and the address that the appliance connects to, if it comes to one."""

    judged: tuple[Judged, ...]
    address: Address | None


def own_lookup(fabric: Fabric, appliance: Appliance, host: str, query: Query) -> Lookup:
    """What an appliance finds under a name."""
    return look_up_itself(fabric, appliance.address, host, lambda asker, server: query(fabric, asker, server))


def resolve_again(fabric: Fabric, appliance: Appliance, flow: Flow, query: Query) -> Again:
    """Where a flow goes whose destination the appliance ignores in favour of the host name inside."""
    text = f"resolves {flow.host} again by itself and connects to what it finds"
    told = noted(Layer.FIREWALL, appliance.name, text, fabric.behaviours["firewall-http-name"])
    if flow.host == ANY_HOST:
        return Again((told,), flow.destination)
    lookup = own_lookup(fabric, appliance, flow.host, query)
    if lookup.address is None or answer_of(lookup.judged) is not Answer.ALLOW:
        return Again((told, *lookup.judged), lookup.address if answer_of(lookup.judged) is Answer.UNKNOWN else None)
    if lookup.other is not None and lookup.other.address != lookup.address:
        return Again((told, _either(appliance, flow)), lookup.address)
    if lookup.address.within == flow.destination.within:
        return Again((told,), flow.destination)
    text = f"connects to {_told(fabric, lookup.address)}, not to {_told(fabric, flow.destination)} that was asked for"
    step = passed(Layer.FIREWALL, appliance.name, text, fabric.behaviours["firewall-http-name"])
    return Again((told, *lookup.judged, step), lookup.address)


def resolve_for(fabric: Fabric, appliance: Appliance, flow: Flow, query: Query) -> Again:
    """Where an appliance connects that was asked, as a proxy, for a host name."""
    if flow.host == ANY_HOST:
        return Again((), flow.destination)
    lookup = own_lookup(fabric, appliance, flow.host, query)
    found = lookup.address if answer_of(lookup.judged) is not Answer.DENY else None
    doubt = (_either(appliance, flow),) if lookup.other is not None and lookup.other.address != lookup.address else ()
    return Again((*lookup.judged, *doubt), found)


def _either(appliance: Appliance, flow: Flow) -> Judged:
    text = f"whether {flow.host} is an alias is not known, so that it may find either of two addresses"
    return unsure(Layer.NAME, appliance.name, text)


def _told(fabric: Fabric, address: Address) -> str:
    if address.single is not None:
        return str(address.single)
    return "the public address" if address.within <= fabric.public else str(address)
