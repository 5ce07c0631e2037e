"""Everybody who can do something: each principal of an environment, from which places, and what makes it so."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cloister.ask.asking import Environment
from cloister.ask.question import parse_deed
from cloister.ask.rights.needs import Deed
from cloister.ask.rights.principals import Who, all_principals
from cloister.ask.telling import aligned, rule_as_json, short, written
from cloister.verdict import Answer, Layer, Outcome, Step, Verdict

_NOWHERE = "nowhere"
_INTERNET = "internet"


@dataclass(frozen=True, slots=True)
class Able:
    """A principal that can do it, or perhaps can, from some places in one and the same manner.

    Without places it has the right, and no place from which there is a way. `how` says which key or compute it takes,
    or nothing; `step` is the one that decides.
    """

    principal: str
    answer: Answer
    places: tuple[str, ...]
    how: str
    step: Step


def who_can(environment: Environment, text: str) -> tuple[Able, ...]:
    """Everybody who can do what the text says, by kind and name. Raises SpecError where the text means nothing here."""
    deed = Deed(*parse_deed(text))
    return tuple(able for who in all_principals(environment.inventory) for able in _ables(environment, who, deed))


def _ables(environment: Environment, who: Who, deed: Deed) -> Iterator[Able]:
    alike: dict[tuple[Answer, str, Step], list[str]] = {}
    for place in _places(environment, who):
        verdict = environment.judge.permitted(who, place, deed)
        if verdict.answer is not Answer.DENY:
            alike.setdefault((verdict.answer, verdict.how, _deciding(verdict)), []).append(place)
    for (answer, how, step), places in sorted(alike.items(), key=lambda one: (one[0][0], one[1])):
        yield Able(who.words, answer, tuple(places), how, step)
    if not alike:
        right = environment.judge.right(who, deed)
        if right.answer is Answer.ALLOW:
            yield Able(who.words, Answer.DENY, (), right.how, _deciding(right))


def _places(environment: Environment, who: Who) -> tuple[str, ...]:
    """Where a principal can stand: an identity on what carries it, all others on machines, at sites, on the internet.

    Nobody stands on a compute of its own accord; who may run code there is followed by way of that compute.
    """
    inventory, places = environment.inventory, environment.fabric.places
    people = (*(one.name for one in inventory.machines), *(one.name for one in inventory.on_premises), _INTERNET)
    return tuple(name for name in who.carriers or people if name in places)


def _deciding(verdict: Verdict) -> Step:
    """What lets it through in the end, which is a right; or the first step that cannot tell."""
    if verdict.answer is Answer.UNKNOWN and verdict.first_refusal:
        return verdict.first_refusal
    rights = [step for step in verdict.trace if step.layer is Layer.AUTHORIZATION and step.outcome is Outcome.PASS]
    return rights[-1] if rights else verdict.trace[-1]


def tell(ables: tuple[Able, ...], text: str) -> str:
    """The text form: a line for each principal with its places, and below it what decides."""
    if not ables:
        return f"nobody can {text}\n"
    lines: list[str] = []
    width = max(len(able.principal) for able in ables)
    for able in ables:
        places = f"from {', '.join(able.places) or _NOWHERE}"
        answer = able.answer.value if able.places else "no way"
        lines += aligned(f"{answer:<7}  {able.principal:<{width}}  ", places, "", width + 11)
        how = f"{able.how}: " if able.how else ""
        lines += aligned("", f"{how}{short(able.step.text)}", written(able.step.rule), width + 11)
    return "\n".join(lines) + "\n"


def as_json(ables: tuple[Able, ...], text: str) -> dict[str, Any]:
    """The JSON form; its keys and their order are stable."""
    return {
        "action": text,
        "principals": [
            {
                "principal": able.principal,
                "answer": able.answer.value,
                "places": list(able.places),
                "how": able.how,
                "text": able.step.text,
                "rule": rule_as_json(able.step.rule) if able.step.rule else None,
            }
            for able in ables
        ],
    }
