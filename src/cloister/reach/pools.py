"""Every machine that a balancer may choose: an answer holds where it is the same for all of them.

The walk takes the first machine behind each frontend. Here the frontends that it met are found in its trace, and the
question is asked again for every other choice, each in a data plane in which only that machine stands behind the rule.
Replies meet the same machine as the request, because the choice is one of the data plane.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from cloister.fabric.balancers import Balanced, Frontend
from cloister.fabric.fabric import Fabric
from cloister.reach.balancing import in_rotation
from cloister.reach.target import Reached
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

Ask = Callable[[Fabric], Reached]


@dataclass(frozen=True, slots=True)
class _End:
    """One choice of machines, by the rule that chose each, and what came of it."""

    chosen: tuple[tuple[Rule, str], ...]
    reached: Reached

    @property
    def machines(self) -> str:
        """The machines in words."""
        return " and ".join(name for _, name in self.chosen)


def over_pools(fabric: Fabric, ask: Ask) -> Reached:
    """What comes of a question whichever machines the balancers on the way choose."""
    ends = _ends(fabric, ask, ()) if fabric.frontends else iter(())
    first = next(ends, None)
    if first is None:
        return ask(fabric)
    others: list[_End] = []
    for other in ends:
        if other.reached.verdict.answer is not first.reached.verdict.answer:
            return _between(first, other)
        others.append(other)
    return _the_same(first, others)


def _ends(fabric: Fabric, ask: Ask, chosen: tuple[tuple[Rule, str], ...]) -> Iterator[_End]:
    reached = ask(fabric)
    open_ = next(_met(fabric, reached, {rule for rule, _ in chosen}), None)
    if open_ is None:
        yield _End(chosen, reached)
        return
    frontend, rule = open_
    for name in in_rotation(fabric, rule):
        alone = tuple(one.only(rule, name) if one is frontend else one for one in fabric.frontends)
        yield from _ends(replace(fabric, frontends=alone), ask, (*chosen, (rule.rule, name)))


def _met(fabric: Fabric, reached: Reached, settled: set[Rule]) -> Iterator[tuple[Frontend, Balanced]]:
    """The rules that chose a machine on the way, and might have chosen another."""
    seen = {step.rule for step in reached.verdict.trace}
    for frontend in fabric.frontends:
        for rule in frontend.rules:
            if rule.rule in seen and rule.rule not in settled and len(in_rotation(fabric, rule)) > 1:
                yield frontend, rule


def _between(first: _End, other: _End) -> Reached:
    """The doubt where the answer depends on the machine."""
    verdict, second = first.reached.verdict, other.reached.verdict
    rule, at = _differing(first, other)
    worse = second if verdict.answer is Answer.ALLOW else verdict
    text = f"by {first.machines} it ends in {verdict.answer}, by {other.machines} in {second.answer}: {worse.reason}"
    trace = (*(_settled(step) for step in verdict.trace), Step(Layer.ROUTE, at, Outcome.UNKNOWN, text, rule))
    mend = verdict.mend or second.mend
    return Reached(Verdict(Answer.UNKNOWN, f"{at}: {text}", trace, mend), first.reached.address)


def _settled(step: Step) -> Step:
    decided = step.outcome in (Outcome.REFUSE, Outcome.UNKNOWN)
    return replace(step, outcome=Outcome.NOTE) if decided else step


def _differing(first: _End, other: _End) -> tuple[Rule, str]:
    """The rule whose choice made the difference, and the frontend that it belongs to."""
    pairs = zip(first.chosen, other.chosen, strict=False)
    rule = next((one for (one, name), (_, another) in pairs if name != another), first.chosen[0][0])
    return rule, rule.name.rpartition("/")[0]


def _the_same(first: _End, others: list[_End]) -> Reached:
    """The answer that holds for every machine, told on the way of the first."""
    if not others:
        return first.reached
    verdict = first.reached.verdict
    rule, at = _differing(first, others[-1])
    names = dict.fromkeys(other.machines for other in others)
    told = Step(Layer.ROUTE, at, Outcome.NOTE, f"it comes to the same by {', '.join(names)}", rule)
    after = next(number for number, step in enumerate(verdict.trace, start=1) if step.rule == rule)
    trace = (*verdict.trace[:after], told, *verdict.trace[after:])
    return Reached(replace(verdict, trace=trace), first.reached.address)
