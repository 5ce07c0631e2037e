"""A verdict in words for a terminal: the answer, then one step after another with its rule and where that is written.

The lines keep to 100 columns. Identifiers and operations are shortened in the text (`32fcfd1d…`), not in the JSON form.
"""

import re
from collections.abc import Iterator
from textwrap import wrap
from typing import Any

from cloister.ask.asking import Answered
from cloister.verdict import Layer, Outcome, Rule, Step

WIDTH = 100
_MARKS = {Outcome.PASS: "ok", Outcome.REFUSE: "NO", Outcome.UNKNOWN: "??", Outcome.NOTE: "--"}
_IDENTIFIER = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_PROVIDER = re.compile(r"\bMicrosoft\.[A-Za-z]+/")
_WIDEST_PLACE = 24
_NAMED_LAYERS = frozenset({Layer.FILTER, Layer.FIREWALL, Layer.ROUTE, Layer.RETURN})


def tell(answered: Answered) -> str:
    """The text form of an answer, without colour, with a line break at the end."""
    return "\n".join((*_head(answered), "", *_steps(answered.verdict.trace), "", *_tail(answered))) + "\n"


def _head(answered: Answered) -> Iterator[str]:
    where = f" ({answered.address})" if answered.address else ""
    asked = f"{answered.place} -> {answered.target}{where}" if "->" in answered.question else answered.question
    yield f"{answered.verdict.answer.value}  {asked}"


def _steps(trace: tuple[Step, ...]) -> Iterator[str]:
    layers = max(len(step.layer.value) for step in trace)
    places = min(max(len(step.at) for step in trace), _WIDEST_PLACE)
    for step in trace:
        head = f"  {step.layer.value:<{layers}}  {_MARKS[step.outcome]}  {step.at:<{places}}  "
        yield from aligned(head, _sentence(step), written(step.rule), layers + places + 10)


def _sentence(step: Step) -> str:
    """What the step says, with the name of the author's own rule or route where it is not in the text already."""
    text = short(step.text)
    rule = step.rule
    if step.layer not in _NAMED_LAYERS or rule is None or rule.name in text:
        return text
    if "/" not in rule.name or not rule.origin or rule.source or step.outcome is Outcome.NOTE:
        return text
    owner, *inner = rule.name.split("/")[-2:]
    return f"{text} [{'/'.join(inner) if owner in text.split() else f'{owner}/{inner[0]}'}]"


def short(text: str) -> str:
    """The text with identifiers cut, and operations without the provider that their type names anyway."""
    return _PROVIDER.sub("…/", _IDENTIFIER.sub(r"\1…", text))


def written(rule: Rule | None) -> str:
    """Where a rule is written, or nothing."""
    return str(rule.origin) if rule and rule.origin else ""


def aligned(head: str, text: str, where: str, column: int) -> Iterator[str]:
    """The text behind its head, wrapped, with the place where the rule is written at the right edge."""
    if len(head) > column:
        yield head.rstrip()
        head = ""
    lines = wrap(text, WIDTH - column, break_on_hyphens=False) or [""]
    for number, line in enumerate(lines):
        full = f"{head if number == 0 else '':<{column}}{line}"
        if number < len(lines) - 1 or not where:
            yield full.rstrip()
        elif len(full) + len(where) + 2 <= WIDTH:
            yield f"{full}{where:>{WIDTH - len(full)}}"
        else:
            yield full.rstrip()
            yield f"{where:>{WIDTH}}"


def _tail(answered: Answered) -> Iterator[str]:
    yield from wrap(short(answered.verdict.reason), WIDTH, break_on_hyphens=False)
    if answered.verdict.mend:
        yield from wrap(f"mend: {answered.verdict.mend}", WIDTH, subsequent_indent="      ", break_on_hyphens=False)


def as_json(answered: Answered) -> dict[str, Any]:
    """The JSON form of an answer; its keys and their order are stable."""
    verdict = answered.verdict
    return {
        "question": answered.question,
        "place": answered.place,
        "target": answered.target,
        "address": answered.address or None,
        "answer": verdict.answer.value,
        "reason": verdict.reason,
        "mend": verdict.mend or None,
        "trace": [_step_as_json(step) for step in verdict.trace],
    }


def _step_as_json(step: Step) -> dict[str, Any]:
    return {
        "layer": step.layer.value,
        "at": step.at,
        "outcome": step.outcome.value,
        "text": step.text,
        "rule": rule_as_json(step.rule) if step.rule else None,
    }


def rule_as_json(rule: Rule) -> dict[str, Any]:
    """The JSON form of a rule."""
    """The JSON form of a rule."""
    origin = {"file": rule.origin.file, "line": rule.origin.line} if rule.origin else None
    return {"name": rule.name, "origin": origin, "source": rule.source or None}
