"""Claims about whole environments, held against the lessons: a control and the report's diagnosis cannot differ."""

from collections.abc import Iterator
from functools import cache

from cloister.ask.asking import Environment as Asked
from cloister.ask.asking import answer
from cloister.ask.lessons.diagnosis import Recogniser
from cloister.ask.lessons.seen import Seen
from cloister.ask.question import Question
from cloister.controls.control import Control, Doubt, Environment, Finding
from cloister.inventory.azure import Inventory
from cloister.verdict import Verdict


def seen_in(inventory: Inventory, environment: Environment) -> Seen:
    """What a recogniser looks at; the environment is made ready for questions only when one is asked."""

    @cache
    def ready() -> Asked:
        return Asked(inventory)

    def ask(question: Question) -> Verdict:
        return answer(ready(), question).verdict

    return Seen(inventory, environment.judgement, ask)


def taught(control: Control, recognise: Recogniser, seen: Seen) -> Iterator[Finding]:
    """A finding where the environment is the known-bad one, with its cause and the first way out."""
    lesson = recognise(seen)
    if lesson is None:
        return
    rule = lesson.step.rule
    origin = rule.origin if rule and rule.origin else seen.inventory.origin
    mend = lesson.ways[0].title if lesson.ways else ""
    yield control.finding(f'"{lesson.step.at}"', lesson.cause, at=origin, mend=mend)


def development_unsure(control: Control, seen: Seen) -> Iterator[Doubt]:
    """A doubt for each compute of which it cannot be told whether it reaches anything that development needs."""
    for place, flows in seen.unsure().items():
        first = flows[0]
        message = f"whether it reaches anything that development needs cannot be told: {first.verdict.reason}"
        yield control.doubt(f'"{place}"', message, at=first.intent.origin, mend=first.mend)
