"""Steps with the mend that would turn them round, and what a row of them comes to."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cloister.verdict import Answer, Layer, Outcome, Rule, Step


@dataclass(frozen=True, slots=True)
class Judged:
    """One step of the way, and the smallest mend for it where it refuses."""

    step: Step
    mend: str = ""

    @property
    def refuses(self) -> bool:
        """Whether the way ends here."""
        return self.step.outcome is Outcome.REFUSE


def passed(layer: Layer, at: str, text: str, rule: Rule | None = None) -> Judged:
    """A step that lets the flow through."""
    return Judged(Step(layer, at, Outcome.PASS, text, rule))


def refused(layer: Layer, at: str, text: str, rule: Rule | None = None, mend: str = "") -> Judged:
    """A step that ends the way."""
    return Judged(Step(layer, at, Outcome.REFUSE, text, rule), mend)


def unsure(layer: Layer, at: str, text: str, rule: Rule | None = None, mend: str = "") -> Judged:
    """A step that cannot be decided, with the missing fact."""
    return Judged(Step(layer, at, Outcome.UNKNOWN, text, rule), mend)


def noted(layer: Layer, at: str, text: str, rule: Rule | None = None) -> Judged:
    """A step that explains and decides nothing."""
    return Judged(Step(layer, at, Outcome.NOTE, text, rule))


def sourced(rule: Rule, behaviour: Rule) -> Rule:
    """The author's rule with the published source of what it brings about."""
    return replace(rule, source=behaviour.source)


def called(rule: Rule) -> str:
    """The name of a rule as a sentence says it: the rule and what it stands in, without what that stands in."""
    return "/".join(rule.name.split("/")[-2:]) if rule.origin else rule.name


def answer_of(judged: Iterable[Judged]) -> Answer:
    """One refusal makes a refusal, whatever is unknown beside it; one doubt makes a doubt."""
    outcomes = {item.step.outcome for item in judged}
    if Outcome.REFUSE in outcomes:
        return Answer.DENY
    return Answer.UNKNOWN if Outcome.UNKNOWN in outcomes else Answer.ALLOW
