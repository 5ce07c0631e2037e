"""Claims about traffic, held against the intents that were judged: a control says what `ask` says, and nothing else.

Where a page requires traffic, a pack asks for it. The claim is true for a place where all of these intents are met,
false where one is missed, and in doubt where one is undecided.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cloister.ask.judgement import Judged, Standing
from cloister.ask.packs.opening import posed_of
from cloister.ask.posed import Posed
from cloister.controls.control import Control, Doubt, Environment, Finding
from cloister.controls.wording import few
from cloister.inventory.azure import Inventory
from cloister.origin import Origin
from cloister.verdict import Layer, Rule, Step


@dataclass(frozen=True, slots=True)
class Traffic:
    """What is to be possible, or not, from a place: the intents by their packs and names."""

    place: str
    intents: frozenset[tuple[str, str]]

    def judged(self, environment: Environment) -> tuple[Judged, ...]:
        """These intents as they were judged."""
        known = environment.judgement.by_intent
        return tuple(known[key][1] for key in sorted(self.intents & known.keys(), key=lambda key: known[key][0]))


def needed(inventory: Inventory, *needs: str) -> tuple[Traffic, ...]:
    """By place, the intents on what the service requires under these names, in one's own network or a managed one."""
    packs = ("azure-ml-required", "azure-ml-node-storage", "managed-network", "studio")
    return by_place(inventory, packs, lambda posed: posed.need in needs)


def by_place(inventory: Inventory, packs: Iterable[str], chosen: Callable[[Posed], bool]) -> tuple[Traffic, ...]:
    """By place, the chosen intents of some packs."""
    found: dict[str, set[tuple[str, str]]] = {}
    for pack in packs:
        for posed in posed_of(inventory, pack):
            if chosen(posed):
                found.setdefault(posed.place or posed.heading, set()).add((pack, posed.intent.name))
    return tuple(Traffic(place, frozenset(intents)) for place, intents in found.items())


def refused(control: Control, traffic: Traffic, judged: Iterable[Judged]) -> Iterator[Finding | Doubt]:
    """A finding for each rule that refuses what has to be possible, a doubt for each that may."""
    asked = tuple(judged)
    for group in by_cause(asked, Standing.MISSED):
        step, mend = group[0].decisive, group[0].verdict.mend or group[0].mend
        message = f"it does not reach {destinations(group)}: {_by_rule(step)}" if group[0].question else step.text
        yield control.finding(f'"{traffic.place}"', message, at=_written(group[0]), mend=mend)
    for group in by_cause(asked, Standing.UNDECIDED):
        message = f"whether it reaches {destinations(group)} cannot be told: {group[0].verdict.reason}"
        yield control.doubt(f'"{traffic.place}"', message, at=group[0].intent.origin, mend=group[0].mend)


def by_cause(judged: Iterable[Judged], standing: Standing) -> list[list[Judged]]:
    """The intents that stand so, those together that one rule decides."""
    groups: dict[tuple[Layer, str, Rule | None], list[Judged]] = {}
    for one in judged:
        if one.standing is standing:
            step = one.decisive
            groups.setdefault((step.layer, step.at, step.rule), []).append(one)
    return list(groups.values())


def destinations(judged: list[Judged]) -> str:
    """The first destinations, and how many more: the report lists them all."""
    found = list(dict.fromkeys(end for one in judged for end in _ends(one)))
    return few(found)


def _ends(judged: Judged) -> Iterator[str]:
    """The targets of an intent's questions that were answered as its deciding one."""
    alike = (one.question for one in judged.asked if one.verdict.answer is judged.verdict.answer)
    yield from (question.partition(" -> ")[2] or judged.heading for question in alike)


def _by_rule(step: Step) -> str:
    named = step.rule.name if step.rule and step.rule.origin else ""
    return f"{step.text}, by {named}" if named and named not in step.text else step.text


def _written(judged: Judged) -> Origin:
    """Where the rule stands that decided, or else the place that asks."""
    rule = judged.decisive.rule
    return rule.origin if rule and rule.origin else judged.intent.origin
