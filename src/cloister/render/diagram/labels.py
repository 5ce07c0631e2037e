"""The words on a map, which are not names of what stands there."""

from dataclasses import dataclass, field
from types import MappingProxyType

from cloister.render.diagram.ways import WayKind

_KINDS = MappingProxyType(
    {
        WayKind.OPEN_WRONG: "open, and must not be",
        WayKind.CLOSED_WRONG: "refused, and people need it",
        WayKind.UNKNOWN: "cannot be told",
        WayKind.OPEN_RIGHT: "open, as it must be",
        WayKind.CLOSED_RIGHT: "refused, as it must be",
    }
)


@dataclass(frozen=True, slots=True)
class Labels:
    """The words in one language; English where nothing else is given."""

    title: str = "Map of {name}"
    described: str = "{networks} networks, {services} services. {ways}."
    outside: str = "outside"
    networks: str = "networks"
    services: str = "services"
    elsewhere: str = "elsewhere"
    needed: str = "destinations people need"
    unapproved: str = "everything else"
    hosts: str = "{count} hosts and ports"
    many: str = "{kind} \u00d7 {count}"
    more: str = "and {count} more"
    kinds: MappingProxyType[WayKind, str] = field(default_factory=lambda: _KINDS)
