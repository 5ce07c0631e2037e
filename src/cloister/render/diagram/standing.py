"""What a map shows of an environment: boxes in three columns, whatever cloud they stand in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

INTERNET = "internet"


@dataclass(frozen=True, slots=True)
class Node:
    """A box that ways lead from or to: a place, a service, or many of one kind.

    `names` are those by which questions call it, the first its own; `title` is shown instead where there is one.
    `stands_for` counts what one box shows together.
    """

    kind: str
    names: tuple[str, ...]
    detail: str = ""
    title: str = ""
    stands_for: int = 1

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """What its box shows, each line with what it is; one whose name says what it is shows that once."""
        kind = () if self.name == self.kind or self.title else (("kind", self.kind),)
        told = (*kind, ("name", self.title or self.name), ("detail", self.detail))
        return tuple((what, words) for what, words in told if words)

    @property
    def name(self) -> str:
        """Its own name."""
        return self.names[0]


@dataclass(frozen=True, slots=True)
class Zone:
    """A subnet with what stands in it. `name` is `network/subnet`; `tags` say what guards it and where it routes."""

    name: str
    title: str
    detail: str
    tags: tuple[str, ...]
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Area:
    """A network with its subnets; `peers` are the networks that it is peered with."""

    name: str
    detail: str
    zones: tuple[Zone, ...]
    peers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Estate:
    """All that stands: what is outside, the networks, and the services."""

    name: str
    outside: tuple[Node, ...]
    areas: tuple[Area, ...]
    services: tuple[Node, ...]


MANY = 4
"""So many of one kind stand in a subnet as boxes of their own; more become one box."""


def gathered(nodes: Iterable[Node], many: str, most: int = MANY) -> Iterator[Node]:
    """The nodes, where too many are of one kind as one box with the first and the last name."""
    kinds: dict[str, list[Node]] = {}
    for node in nodes:
        kinds.setdefault(node.kind, []).append(node)
    for kind, found in kinds.items():
        if len(found) <= most:
            yield from found
        else:
            names = tuple(name for node in found for name in node.names)
            title = many.format(kind=kind, count=len(found))
            yield Node(kind, names, f"{found[0].name} … {found[-1].name}", title, len(found))
