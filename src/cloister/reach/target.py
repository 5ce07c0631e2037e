"""What a question wants to reach, and what comes of it."""

from dataclasses import dataclass

from cloister.fabric.addresses import Address
from cloister.fabric.flows import Protocol
from cloister.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Target:
    """What a place wants to reach: a host name to look up, or an address; the service, place or frontend behind it.

    `also` are other host names that sources give for the same thing: each is a reading of its own.
    """

    text: str
    port: int
    protocol: Protocol = Protocol.TCP
    host: str = ""
    address: Address | None = None
    service: str = ""
    place: str = ""
    also: tuple[str, ...] = ()
    frontend: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """The verdict on the way, and the address to which the target came down, as far as one came out."""

    verdict: Verdict
    address: Address | None
