"""The lessons that an environment teaches. A healthy one teaches none."""

from collections.abc import Callable
from functools import cache

from cloister.ask.asking import Environment, answer
from cloister.ask.judgement import Asker, Judgement
from cloister.ask.lessons import firewall_each, manual_upload, never_public, nsg_only, static_records
from cloister.ask.lessons.seen import Seen
from cloister.ask.lessons.values import Lesson
from cloister.inventory.azure import Inventory

Recogniser = Callable[[Seen], Lesson | None]
RECOGNISERS: tuple[Recogniser, ...] = (
    nsg_only.recognise,
    never_public.recognise,
    static_records.recognise,
    manual_upload.recognise,
    firewall_each.recognise,
)


def diagnose(inventory: Inventory, judgement: Judgement, asker: Asker | None = None) -> tuple[Lesson, ...]:
    """The lessons, in the order of the recognisers. `asker` answers what they ask besides the judgement."""
    environment = Environment(inventory)
    ask = cache(asker or (lambda question: answer(environment, question).verdict))
    seen = Seen(inventory, judgement, ask)
    return tuple(found for recognise in RECOGNISERS if (found := recognise(seen)))
