"""The two ends of all pairs: the places that ask, and what each of them may want to reach."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cloister.fabric.addresses import Address
from cloister.fabric.fabric import Fabric, Place, PlaceKind
from cloister.fabric.flows import ANY_HOST, Protocol
from cloister.reach.way import Target, reach
from cloister.verdict import Answer


@dataclass(frozen=True, slots=True)
class Destination:
    """Something to reach by its address: a place, a private endpoint, a frontend, a published address group.

    `place` is set for places, `frontend` for frontends of balancers; `host` is the name that the flow carries, if any.
    """

    name: str
    address: Address
    place: str = ""
    host: str = ""
    frontend: str = ""

    def target(self, port: int, protocol: Protocol) -> Target:
        """The target of a flow to one of its ports, as a question names it."""
        text = f"{self.name}:{port}"
        return Target(text, port, protocol, self.host, self.address, place=self.place, frontend=self.frontend)


def destinations(fabric: Fabric) -> tuple[Destination, ...]:
    """All destinations of an environment: places, private endpoints, frontends of balancers, published groups."""
    return (
        *(_to_place(place) for place in fabric.places.values()),
        *_to_endpoints(fabric),
        *(Destination(one.name, one.within, frontend=one.name) for one in fabric.frontends),
        *(Destination(address.name, address) for address in fabric.published.values()),
    )


def _to_place(place: Place) -> Destination:
    if place.kind is PlaceKind.INTERNET:
        return Destination(place.name, replace(place.address, name="any host"), place.name, ANY_HOST)
    return Destination(place.name, place.address, place.name)


def _to_endpoints(fabric: Fabric) -> Iterator[Destination]:
    for endpoint in fabric.endpoints:
        for address in endpoint.addresses:
            yield Destination(str(address), Address.exactly(address))


def plainly(fabric: Fabric, place: Place, destination: Destination, port: int, protocol: Protocol) -> Answer:
    """The answer of the plain evaluator, which is what every answer of the matrix has to equal."""
    return reach(fabric, place, destination.target(port, protocol)).verdict.answer
