"""An environment judged on both its sides: closure, what must not be possible is not; flow, people can work.

The two are always shown together, because either alone is easy: a network that nobody can use is closed.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from cloister.ask.asking import Environment, answer
from cloister.ask.closing import closing_mend, deciding_mend, open_at
from cloister.ask.packs import PACKS
from cloister.ask.posed import Posed
from cloister.ask.question import Question, parse_question
from cloister.errors import Fault, SpecError
from cloister.inventory.azure import Inventory
from cloister.inventory.intents import Intent, Side
from cloister.verdict import Answer, Layer, Outcome, Step, Verdict

Asker = Callable[[Question], Verdict]
OWNERS = "the owner's"
_ABSENT_AT = "environment"


class Standing(StrEnum):
    """How an intent stands; undecided is never a quiet pass."""

    MET = "met"
    MISSED = "missed"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Judged:
    """One intent with the heading that it is listed under, and the verdict on its question."""

    heading: str
    intent: Intent
    verdict: Verdict

    @property
    def standing(self) -> Standing:
        """Whether the verdict is the one that the intent wants."""
        if self.verdict.answer is Answer.UNKNOWN:
            return Standing.UNDECIDED
        wanted = Answer.ALLOW if self.intent.side is Side.FLOW else Answer.DENY
        return Standing.MET if self.verdict.answer is wanted else Standing.MISSED

    @property
    def decisive(self) -> Step:
        """The step to look at first: what refused or could not tell, or what lets an open way through."""
        return self.verdict.first_refusal or open_at(self.verdict)

    @property
    def mend(self) -> str:
        """The smallest change that would meet the intent: its owner's words, or else what the verdict shows."""
        if self.standing is Standing.MET:
            return ""
        if self.intent.mend or self.verdict.mend:
            return self.intent.mend or self.verdict.mend
        return closing_mend(self.verdict) if self.verdict.answer is Answer.ALLOW else deciding_mend(self.verdict)


@dataclass(frozen=True, slots=True)
class Need:
    """One of the needs of the three loops, with the intents that it comes down to."""

    name: str
    loop: str
    judged: tuple[Judged, ...]

    @property
    def standing(self) -> Standing:
        """Met when all of its intents are."""
        return worst(one.standing for one in self.judged)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Both sides of an environment, each intent in the order of its pack."""

    closure: tuple[Judged, ...]
    flow: tuple[Judged, ...]

    def all(self) -> tuple[Judged, ...]:
        """Closure, then flow."""
        return self.closure + self.flow

    @property
    def needs(self) -> tuple[Need, ...]:
        """The needs of the three loops, in their order."""
        found: dict[tuple[str, str], list[Judged]] = {}
        for one in self.flow:
            if one.intent.loop and one.heading != OWNERS:
                found.setdefault((one.heading, one.intent.loop), []).append(one)
        return tuple(Need(name, loop, tuple(judged)) for (name, loop), judged in found.items())

    @property
    def standing(self) -> Standing:
        """The whole environment: missed where any intent is, else undecided where any is."""
        return worst(judged.standing for judged in self.all())


def worst(standings: Iterable[Standing]) -> Standing:
    """Missed before undecided before met; met where there is nothing."""
    found = set(standings)
    return next((standing for standing in (Standing.MISSED, Standing.UNDECIDED) if standing in found), Standing.MET)


def judge(inventory: Inventory, asker: Asker | None = None) -> Judgement:
    """The judgement of an environment: the built-in packs and the owner's intents, asked one by one.

    `asker` answers the questions; without it, they are asked of this environment. Raises SpecError with every intent
    of the owner that is no question about this environment.
    """
    ask = cache(asker or _asker(inventory))
    judged: list[Judged] = []
    faults: list[Fault] = []
    for posed in _posed(inventory):
        try:
            judged.append(Judged(posed.heading, posed.intent, _verdict(posed, ask)))
        except SpecError as error:
            if inventory.gaps:
                judged.append(Judged(posed.heading, posed.intent, _not_askable(error)))
            else:
                faults += [_of_intent(fault, posed.intent) for fault in error.faults]
    if faults:
        raise SpecError(faults)
    closure = tuple(one for one in judged if one.intent.side is Side.CLOSURE)
    return Judgement(closure, tuple(one for one in judged if one.intent.side is Side.FLOW))


def _asker(inventory: Inventory) -> Asker:
    environment = Environment(inventory)
    return lambda question: answer(environment, question).verdict


def _posed(inventory: Inventory) -> Iterator[Posed]:
    for pack in PACKS:
        yield from pack(inventory)
    for intent in inventory.intents:
        yield Posed(heading=OWNERS, intent=intent)


def _verdict(posed: Posed, ask: Asker) -> Verdict:
    if not posed.absent:
        return ask(parse_question(posed.intent.question))
    step = Step(Layer.NAME, _ABSENT_AT, Outcome.REFUSE, posed.absent)
    return Verdict(Answer.DENY, posed.absent, (step,), posed.intent.mend)


def _not_askable(error: SpecError) -> Verdict:
    """The doubt where a question speaks of what is not there, in a document of which a part could not be read."""
    fault = error.faults[0]
    text = f"{fault.thing} {fault.reason}, and a part of the document could not be read"
    return Verdict(
        Answer.UNKNOWN, text, (Step(Layer.NAME, _ABSENT_AT, Outcome.UNKNOWN, text),), "mend the faults first"
    )


def _of_intent(fault: Fault, intent: Intent) -> Fault:
    """The fault with the intent's name before it, at the place of the question where the fault knows none."""
    side = "must" if intent.side is Side.FLOW else "must_not"
    place = fault.origin or intent.origin.of(side)
    return Fault(f'intent "{intent.name}": {fault.thing}', fault.reason, fault.mend, place)
