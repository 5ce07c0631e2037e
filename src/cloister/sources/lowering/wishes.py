"""What the owner wants to hold: intents, and names that are declared nowhere."""

from cloister.inventory.intents import Flows, Intent, Side
from cloister.origin import Origin
from cloister.sources.document.intents import FlowsBlock
from cloister.sources.document.root import Document
from cloister.sources.lowering.spots import Spot


def intents(document: Document, here: Spot) -> tuple[Intent, ...]:
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


def undeclared(document: Document, here: Spot) -> tuple[tuple[str, Origin], ...]:
    """The names that nothing declares, each with its place."""
    places = here.of("undeclared").items() if document.undeclared else ()
    return tuple(zip(document.undeclared, places, strict=True))
