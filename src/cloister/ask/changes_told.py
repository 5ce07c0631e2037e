"""What opens and closes between two environments, in words and as JSON."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any

from cloister.ask.changes import Change, Changes, Turn
from cloister.ask.pairs import Ports
from cloister.ask.pairs_told import in_words, ports_as_json
from cloister.ask.telling import WIDTH, rule_as_json
from cloister.verdict import Step

_INDENT = " " * 6


def tell(changes: Changes) -> str:
    """The text form: what opens first; pairs that turn by the same step on the same ports stand together."""
    lines: list[str] = []
    for turn, found in changes.by_turn.items():
        if found:
            lines += [turn.value, *_grouped(found), ""]
    for text, names in (("new places", changes.new_places), ("places that are gone", changes.gone_places)):
        if names:
            lines += [*wrap(f"{text}: {', '.join(names)}", WIDTH, subsequent_indent="  ", break_on_hyphens=False), ""]
    return "\n".join((*lines, last_line(changes))) + "\n"


def last_line(changes: Changes) -> str:
    """How much turned."""
    count = {turn: len(found) for turn, found in changes.by_turn.items()}
    opens, closes, undecided = count[Turn.OPENS], count[Turn.CLOSES], count[Turn.UNDECIDED]
    return f"pairs of place and target: {opens} open, {closes} close, {undecided} become undecided"


def _grouped(found: Sequence[Change]) -> Iterator[str]:
    groups: dict[tuple[Ports, str, Step | None], list[Change]] = {}
    for change in found:
        groups.setdefault((change.ports, change.place, change.step), []).append(change)
    for (ports, place, step), alike in groups.items():
        targets = ", ".join(change.target for change in alike)
        text = f"{in_words(ports)}: {place} -> {targets}"
        yield from wrap(text, WIDTH, initial_indent="  ", subsequent_indent=_INDENT, break_on_hyphens=False)
        if step:
            yield from _decided(step)
        yield f'{_INDENT}cloister ask "{alike[0].witness}"'


def _decided(step: Step) -> Iterator[str]:
    written = f" ({step.rule.origin})" if step.rule and step.rule.origin else ""
    named = f" [{step.rule.name}]" if written and step.rule and step.rule.name not in step.text else ""
    text = f"{step.layer}: {step.at}: {step.text}{named}{written}"
    yield from wrap(text, WIDTH, initial_indent=_INDENT, subsequent_indent=f"{_INDENT}  ", break_on_hyphens=False)


def as_json(changes: Changes) -> dict[str, Any]:
    """The JSON form; its keys and their order are stable."""
    return {
        **{turn.value.replace(" ", "_"): [_change(one) for one in found] for turn, found in changes.by_turn.items()},
        "new_places": list(changes.new_places),
        "gone_places": list(changes.gone_places),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "place": change.place,
        "target": change.target,
        "kind": change.kind.value,
        "ports": ports_as_json(change.ports),
        "witness": change.witness,
        "step": _step(change.step) if change.step else None,
    }


def _step(step: Step) -> dict[str, Any]:
    rule = rule_as_json(step.rule) if step.rule else None
    return {"layer": step.layer.value, "at": step.at, "text": step.text, "rule": rule}
