"""What a source states of a resource, but what could not be understood: nobody may take it for absent."""

from dataclasses import dataclass

from cloister.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One place in a source that could not be taken into the inventory.

    `path` leads there from the top: section, name of the resource, and further inside, such as
    `("networks", "ml", "subnets", "compute", "prefix")`. `what` is the fault in one sentence.
    """

    path: tuple[str, ...]
    what: str
    origin: Origin

    @property
    def section(self) -> str:
        """The kind of resource, as the inventory calls the tuple that holds it."""
        return self.path[0]

    @property
    def name(self) -> str:
        """The resource that has the gap, or is missing altogether."""
        return self.path[1]

    @property
    def mend(self) -> str:
        """What makes it known: a plan or a template has no fault, it only does not tell."""
        if self.origin.address:
            return f"make {self.origin.address} known, or state it in a cloister.yaml with `source:`"
        return f"mend {self.origin} first"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotUnderstood:
    """A resource, or an attribute of one, that has no counterpart here.

    `what` says in one clause what it is, `consequence` what cannot be told for that reason.
    """

    thing: str
    what: str
    consequence: str
    origin: Origin
