"""What a question wants to reach."""

from dataclasses import dataclass

from cloister.fabric.addresses import Address
from cloister.fabric.flows import Protocol


@dataclass(frozen=True, slots=True)
class Target:
    """What a place wants to reach: a host name to look up, or an address; the service or the place behind it.

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
