"""What the owner wants to hold: intents, and names that are declared nowhere."""

from collections.abc import Mapping
from typing import Protocol

from cloister.inventory.intents import Approval, Flows, Intent, PackChoice, Side
from cloister.origin import Origin
from cloister.sources.document.intents import ApprovalBlock, FlowsBlock, IntentBlock, PackBlock
from cloister.sources.lowering.spots import Spot


class Wished(Protocol):
    """A document for whichever cloud, as far as it says what its owner wants."""

    @property
    def intents(self) -> Mapping[str, IntentBlock]:
        """What must and must not be possible."""

    @property
    def packs(self) -> Mapping[str, PackBlock]:
        """The built-in packs that are switched."""

    @property
    def approved(self) -> Mapping[str, ApprovalBlock]:
        """The hosts that data may go to."""

    @property
    def undeclared(self) -> tuple[str, ...]:
        """The names that nothing declares."""


def intents(document: Wished, here: Spot) -> tuple[Intent, ...]:
    """What the owner wants to be possible, or not."""
    found = []
    for name, block, place in here.pairs("intents", document.intents):
        wanted = block.must or block.must_not
        found.append(
            Intent(
                name=name,
                side=Side.FLOW if block.must else Side.CLOSURE,
                question=(wanted.question if wanted else None) or "",
                flows=_flows(wanted) if wanted else None,
                why=block.why,
                loop=block.loop,
                mend=block.mend,
                origin=place.origin,
            )
        )
    return tuple(found)


def _flows(block: FlowsBlock) -> Flows | None:
    if block.question is not None:
        return None
    without = block.exceptions
    return Flows(
        places=block.places,
        targets=block.targets,
        ports=block.ports,
        protocol=block.protocol,
        except_places=without.places if without else (),
        except_targets=without.targets if without else (),
    )


def packs(document: Wished, here: Spot) -> tuple[PackChoice, ...]:
    """Which built-in packs are asked, or not."""
    return tuple(
        PackChoice(name=name, asked=block.ask == "on", why=block.why or "", origin=place.origin)
        for name, block, place in here.pairs("packs", document.packs)
    )


def approved(document: Wished, here: Spot) -> tuple[Approval, ...]:
    """The hosts that data may go to."""
    return tuple(
        Approval(host=host.lower(), why=block.why, places=block.places, origin=place.origin)
        for host, block, place in here.pairs("approved", document.approved)
    )


def undeclared(document: Wished, here: Spot) -> tuple[tuple[str, Origin], ...]:
    """The names that nothing declares, each with its place."""
    places = here.of("undeclared").items() if document.undeclared else ()
    return tuple(zip(document.undeclared, places, strict=True))
