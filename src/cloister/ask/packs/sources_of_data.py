"""The data that training reads: each lake and each database by itself, but for those that the owner keeps from jobs.

Whoever states a source means it to be read, so that one which is reached hides no broken route to another. A database
from which a lake is filled is not read by jobs: its owner says so with an intent that jobs must not reach it.
"""

from collections.abc import Iterator

from cloister.ask.groups import questions
from cloister.ask.packs.places import Place, Target
from cloister.errors import SpecError
from cloister.inventory.azure import Inventory
from cloister.inventory.intents import Side


def read_from(inventory: Inventory, place: Place, sources: list[Target]) -> list[Target]:
    """The sources that jobs at a place are to read."""
    closed = set(_closed(inventory))
    names = _names(inventory, place)
    return [
        one
        for one in sources
        if not {(name, wanted) for name in names for wanted in (one.question, one.words)} & closed
    ]


def _closed(inventory: Inventory) -> Iterator[tuple[str, str]]:
    """The places and targets of everything that the owner says must not be possible."""
    for intent in inventory.intents:
        if intent.side is Side.CLOSURE:
            try:
                asked = questions(inventory, intent.flows) if intent.flows else (intent.question,)
            except SpecError:  # told where the owner's intents are judged
                asked = ()
            for question in asked:
                place, _, target = question.partition(" -> ")
                yield place, target


def _names(inventory: Inventory, place: Place) -> set[str]:
    """What a question may call a compute as a place: its name, or its subnet."""
    subnet = next((one.subnet or "" for one in inventory.computes if one.name == place.name), "")
    return {place.name, subnet, subnet.rpartition("/")[2]} - {""}
