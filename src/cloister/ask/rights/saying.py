"""A verdict about a right that one step makes."""

from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

_OUTCOMES = {Answer.ALLOW: Outcome.PASS, Answer.DENY: Outcome.REFUSE, Answer.UNKNOWN: Outcome.UNKNOWN}


def said(
    answer: Answer, at: str, text: str, rule: Rule | None, mend: str = "", layer: Layer = Layer.AUTHORIZATION
) -> Verdict:
    """A verdict of one step."""
    return Verdict(answer, f"{at}: {text}", (Step(layer, at, _OUTCOMES[answer], text, rule),), mend)
