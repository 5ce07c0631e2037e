"""The one question as text: who at which place wants to reach what, or to do what.

ml/compute -> workspace:443             a place and a target with its port
compute -> storage/file:445             a short name, where it is unique, and one door of a service
on-premises -> 10.20.0.4:53/udp         an address, and UDP
compute -> ml/compute/icmp              a protocol without ports (icmp, esp, ah)
group:readers at jump-host -> workspace:443
group:readers at jump-host: promote model/churn
user:ada at jump-host: read data from lake      what is done, to what, and at which resource where several are meant
"""

import re
from dataclasses import dataclass

from cloister.errors import Fault, SpecError
from cloister.fabric.flows import Protocol
from cloister.fabric.sets import PortSet

_PORTLESS = frozenset(protocol.value for protocol in Protocol if not protocol.has_ports)
_FORM = 'PLACE -> TARGET:PORT, for example "compute -> workspace:443"'
_FLOW = re.compile(r"^(?:(?P<principal>\S+)\s+at\s+)?(?P<place>\S+)\s*->\s*(?P<target>\S+)$")
_DEED = re.compile(r"^(?P<action>\S+)\s+(?P<resource>\S+)(?:\s+(?:on|in|from|to|of)\s+(?P<where>\S+))?$")
_DEED_FORM = 'ACTION OBJECT, with "on RESOURCE" where several are meant, for example "read data from lake"'
_RIGHT = re.compile(r"^(?P<principal>\S+)\s+at\s+(?P<place>[^\s:]+)\s*:\s*(?P<deed>[^>]+)$")
_TARGET = re.compile(r"^(?P<name>[^:]+?)(?::(?P<port>\d+)(?:/(?P<protocol>\w+))?)?$")


@dataclass(frozen=True, slots=True)
class Question:
    """A question whose names are not resolved yet. Port 0 means the usual port of the target.

    `action` and `resource` are set where it asks for a right as well, and `where` if the resource is said at which it
    is exercised; then `target` is empty.
    """

    text: str
    place: str
    target: str = ""
    port: int = 0
    protocol: Protocol = Protocol.TCP
    principal: str = ""
    action: str = ""
    resource: str = ""
    where: str = ""


def parse_deed(text: str) -> tuple[str, str, str]:
    """Action, object and resource (or nothing) of a deed: `read data from lake`. Raises SpecError where it is none."""
    deed = _DEED.match(" ".join(text.split()))
    if deed is None:
        raise SpecError(Fault(f'action "{text}"', "is not an action that can be asked about", f"write {_DEED_FORM}"))
    return deed["action"], deed["resource"], deed["where"] or ""


def parse_question(text: str) -> Question:
    """The question that a text asks. Raises SpecError where it has none of the forms."""
    plain = " ".join(text.split())
    right = _RIGHT.match(plain)
    if right:
        action, resource, where = parse_deed(right["deed"])
        place, principal = right["place"], right["principal"]
        return Question(text=plain, place=place, principal=principal, action=action, resource=resource, where=where)
    flow = _FLOW.match(plain)
    if flow is None:
        raise SpecError(Fault(f'question "{text}"', "is not a question that can be answered", f"write it as {_FORM}"))
    name, _, portless = flow["target"].rpartition("/")
    if name and ":" not in name and portless.lower() in _PORTLESS:
        protocol, place, principal = Protocol(portless.lower()), flow["place"], flow["principal"] or ""
        return Question(text=plain, place=place, target=name, protocol=protocol, principal=principal)
    target = _TARGET.match(flow["target"])
    if target is None:
        raise SpecError(Fault(f'target "{flow["target"]}"', "is not NAME:PORT or NAME:PORT/udp", f"write {_FORM}"))
    return Question(
        text=plain,
        place=flow["place"],
        target=target["name"],
        port=_port(flow["target"], target["port"]),
        protocol=_protocol(flow["target"], target["protocol"]),
        principal=flow["principal"] or "",
    )


_PORTS = re.compile(r"^(?P<low>\d{1,5})(?:-(?P<high>\d{1,5}))?(?:/(?P<protocol>\w+))?$")


def parse_ports(text: str) -> tuple[PortSet, tuple[Protocol, ...]]:
    """The ports and protocols that `443`, `1-1024`, `53/udp` or `icmp` name; without a protocol, TCP. Or SpecError."""
    word = text.strip().lower()
    if word in _PORTLESS:
        return PortSet.of("0"), (Protocol(word),)
    found = _PORTS.match(word)
    low, high = (int(found["low"]), int(found["high"] or found["low"])) if found else (0, 0)
    if found is None or not 1 <= low <= high <= PortSet.HIGHEST:
        mend = "write one such as 443, 1-1024, 53/udp or icmp"
        raise SpecError(Fault(f'ports "{text}"', "are not ports and a protocol that a question can name", mend))
    return PortSet(((low, high),)), (_protocol(text, found["protocol"]),)


def _port(target: str, text: str | None) -> int:
    port = int(text or 0)
    if text and not 1 <= port <= PortSet.HIGHEST:
        raise SpecError(Fault(f'target "{target}"', f"{text} is not a port", f"use a port from 1 to {PortSet.HIGHEST}"))
    return port


def _protocol(target: str, text: str | None) -> Protocol:
    word = (text or "tcp").lower()
    if word in _PORTLESS:
        reason, mend = f"{word} has no ports", f"write {target.partition(':')[0]}/{word}"
        raise SpecError(Fault(f'target "{target}"', reason, mend))
    try:
        return Protocol(word)
    except ValueError:
        reason = f'"{text}" is not a protocol that a question can name'
        raise SpecError(Fault(f'target "{target}"', reason, "use tcp or udp")) from None
