"""An environment judged on both its sides: closure, what must not be possible is not; flow, people can work.

The two are always shown together, because either alone is easy: a network that nobody can use is closed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property

from cloister.ask.asking import AnyEnvironment, answer, environment_of
from cloister.ask.closing import closing_edit, closing_mend, deciding_mend, open_at
from cloister.ask.groups import questions
from cloister.ask.packs.opening import Opened, open_packs
from cloister.ask.posed import Posed, Way
from cloister.ask.question import Question, parse_question
from cloister.errors import Fault, SpecError
from cloister.inventory.clouds import AnyInventory
from cloister.inventory.edits import Edit
from cloister.inventory.intents import Approval, Intent, Side
from cloister.verdict import Answer, Layer, Outcome, Step, Verdict

Asker = Callable[[Question], Verdict]
OWNERS = "the owner's"
_ENVIRONMENT = "environment"


class Standing(StrEnum):
    """How an intent stands; undecided is never a quiet pass."""

    MET = "met"
    MISSED = "missed"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of an intent with its verdict. The question is empty where nobody could ask it."""

    question: str
    verdict: Verdict


@dataclass(frozen=True)
class Judged:
    """One intent with the heading that it is listed under, and the verdict on each of its questions.

    `pack` is the built-in pack that it belongs to, empty for the owner's; `action` is what is done there; `otherwise`
    is what the owner can do instead of closing what a rule lets out.
    """

    heading: str
    intent: Intent
    asked: tuple[Asked, ...]
    pack: str = ""
    action: str = ""
    otherwise: str = ""

    @cached_property
    def deciding(self) -> Asked:
        """The question that decides how the intent stands: the first that is missed, else undecided, else the first."""
        if len(self.asked) == 1:
            return self.asked[0]
        by_standing = {self.standing_of(one): one for one in reversed(self.asked)}
        return by_standing[worst(by_standing)]

    @property
    def question(self) -> str:
        """The deciding question."""
        return self.deciding.question

    @property
    def verdict(self) -> Verdict:
        """The verdict on the deciding question."""
        return self.deciding.verdict

    @cached_property
    def standing(self) -> Standing:
        """Whether the verdicts are those that the intent wants: the worst of its questions."""
        if len(self.asked) == 1:
            return self.standing_of(self.asked[0])
        return worst(self.standing_of(one) for one in self.asked)

    def standing_of(self, one: Asked) -> Standing:
        """Whether the verdict on one of its questions is the one that the intent wants."""
        if one.verdict.answer is Answer.UNKNOWN:
            return Standing.UNDECIDED
        wanted = Answer.ALLOW if self.intent.side is Side.FLOW else Answer.DENY
        return Standing.MET if one.verdict.answer is wanted else Standing.MISSED

    @property
    def unmet(self) -> tuple[Asked, ...]:
        """The questions that are missed or undecided."""
        return tuple(one for one in self.asked if self.standing_of(one) is not Standing.MET)

    @property
    def failing(self) -> int:
        """How many of its questions stand no better than the intent itself, where that is not met."""
        standing = self.standing
        return 0 if standing is Standing.MET else sum(self.standing_of(one) is standing for one in self.asked)

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
        if self.verdict.answer is not Answer.ALLOW:
            return deciding_mend(self.verdict)
        choice = f", or {self.otherwise}" if self.otherwise and self.decisive.layer is Layer.FIREWALL else ""
        return f"{closing_mend(self.verdict)}{choice}"

    @property
    def fix(self) -> Edit | None:
        """The mend as an edit of the document, where one attribute closes what is open."""
        is_open = self.standing is Standing.MISSED and self.verdict.answer is Answer.ALLOW
        return closing_edit(self.verdict) if is_open and not (self.intent.mend or self.verdict.mend) else None


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


@dataclass(frozen=True)
class Judgement:
    """Both sides of an environment, each intent in the order of its pack; which packs were asked; what is approved."""

    closure: tuple[Judged, ...]
    flow: tuple[Judged, ...]
    packs: tuple[Opened, ...] = ()
    approved: tuple[Approval, ...] = ()

    def all(self) -> tuple[Judged, ...]:
        """Closure, then flow."""
        return self.closure + self.flow

    @cached_property
    def by_intent(self) -> Mapping[tuple[str, str], tuple[int, Judged]]:
        """Each intent by its pack and its name, with its place in the order of all."""
        return {(one.pack, one.intent.name): (place, one) for place, one in enumerate(self.all())}

    @cached_property
    def flow_by_place(self) -> Mapping[str, tuple[Judged, ...]]:
        """The flows by the place that their deciding question starts from, in their order."""
        return _grouped(self.flow, lambda one: one.question.partition(" -> ")[0])

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


def _grouped(judged: Iterable[Judged], key: Callable[[Judged], str]) -> Mapping[str, tuple[Judged, ...]]:
    found: dict[str, list[Judged]] = {}
    for one in judged:
        found.setdefault(key(one), []).append(one)
    return {name: tuple(several) for name, several in found.items()}


def worst(standings: Iterable[Standing]) -> Standing:
    """Missed before undecided before met; met where there is nothing."""
    found = set(standings)
    return next((standing for standing in (Standing.MISSED, Standing.UNDECIDED) if standing in found), Standing.MET)


def judge(inventory: AnyInventory, asker: Asker | None = None) -> Judgement:
    """The judgement of an environment: the built-in packs and the owner's intents, asked one by one.

    `asker` answers the questions; without it, they are asked of this environment. Raises SpecError with every intent
    of the owner that is no question about this environment.
    """
    opened = tuple(open_packs(inventory))
    asking = _Asking(inventory, cache(asker or _asker(environment_of(inventory))))
    owners = (Posed(heading=OWNERS, intent=intent) for intent in inventory.intents)
    judged: list[Judged] = []
    faults: list[Fault] = []
    for posed in (*(one for pack in opened for one in pack.posed), *owners):
        try:
            judged.append(asking.judged(posed))
        except SpecError as error:
            if inventory.gaps:
                judged.append(Judged(posed.heading, posed.intent, _not_askable(error)))
            else:
                faults += [_of_intent(fault, posed.intent) for fault in error.faults]
    if faults:
        raise SpecError(list(dict.fromkeys(faults)))
    closure = tuple(one for one in judged if one.intent.side is Side.CLOSURE)
    flow = tuple(one for one in judged if one.intent.side is Side.FLOW)
    return Judgement(closure, flow, opened, inventory.approved)


def _asker(environment: AnyEnvironment) -> Asker:
    return lambda question: answer(environment, question).verdict


@dataclass(frozen=True, slots=True)
class _Asking:
    """Asks the questions of intents; one and the same question once."""

    inventory: AnyInventory
    ask: Asker

    def judged(self, posed: Posed) -> Judged:
        """The intent with the verdict on each of its questions."""
        return Judged(posed.heading, posed.intent, self._asked(posed), posed.pack, posed.action, posed.otherwise)

    def _asked(self, posed: Posed) -> tuple[Asked, ...]:
        intent = posed.intent
        if posed.absent:
            return (_untold(posed.absent, Answer.DENY, Outcome.REFUSE, intent.mend),)
        if posed.unknown:
            return (_untold(posed.unknown, Answer.UNKNOWN, Outcome.UNKNOWN, intent.mend),)
        if posed.ways:
            return self._best([self._each(way) for way in posed.ways], posed)
        if intent.flows:
            return self._each(questions(self.inventory, intent.flows))
        return self._best([self._each((intent.question,))], posed)

    def _each(self, asked: Way) -> tuple[Asked, ...]:
        faults: list[Fault] = []
        found: list[Asked] = []
        for question in asked:
            try:
                found.append(Asked(question, self.ask(parse_question(question))))
            except SpecError as error:
                faults += error.faults
        if faults:
            raise SpecError(list(dict.fromkeys(faults)))
        return tuple(found)

    def _best(self, ways: list[tuple[Asked, ...]], posed: Posed) -> tuple[Asked, ...]:
        """The way that stands best, the first of those that stand alike. What is disputed is at worst undecided."""
        order = (Standing.MET, Standing.UNDECIDED, Standing.MISSED)
        best = min(ways, key=lambda way: order.index(Judged("", posed.intent, way).standing))
        return tuple(_softened(one, posed.disputed) for one in best) if posed.disputed else best


def _softened(asked: Asked, disputed: str) -> Asked:
    """A refusal of what may not be needed: nobody can tell whether it matters."""
    verdict = asked.verdict
    if verdict.answer is not Answer.DENY:
        return asked
    step = Step(Layer.NAME, _ENVIRONMENT, Outcome.UNKNOWN, f"{asked.question} is refused, and {disputed}")
    mend = verdict.mend or "allow it, or switch the pack off"
    return Asked(asked.question, Verdict(Answer.UNKNOWN, step.text, (step, *verdict.trace), mend))


def _untold(why: str, told: Answer, outcome: Outcome, mend: str) -> Asked:
    """What stands for a question that nobody can ask."""
    return Asked("", Verdict(told, why, (Step(Layer.NAME, _ENVIRONMENT, outcome, why),), mend))


def _not_askable(error: SpecError) -> tuple[Asked, ...]:
    """The doubt where a question speaks of what is not there, in a document of which a part could not be read."""
    fault = error.faults[0]
    text = f"{fault.thing} {fault.reason}, and a part of the document could not be read"
    return (_untold(text, Answer.UNKNOWN, Outcome.UNKNOWN, "mend the faults first"),)


def _of_intent(fault: Fault, intent: Intent) -> Fault:
    """The fault with the intent's name before it, at the place of the question where the fault knows none."""
    side = "must" if intent.side is Side.FLOW else "must_not"
    place = fault.origin or intent.origin.of(side)
    return Fault(f'intent "{intent.name}": {fault.thing}', fault.reason, fault.mend, place)
