"""Intents that are not met for one reason, told together."""

from collections.abc import Iterable, Sequence

from cloister.ask.judgement import Judged


def alike(judged: Iterable[Judged]) -> list[list[Judged]]:
    """Intents with one cause and one mend, wherever it is met: told once."""
    return _grouped((_cause(one, without_place(one.decisive.at, one.mend)), one) for one in judged)


def of_one_cause(judged: Iterable[Judged]) -> list[list[Judged]]:
    """Intents that one step and its rule decide, whatever their owners would do about it."""
    return _grouped((_cause(one, ""), one) for one in judged)


def without_place(at: str, words: str) -> str:
    """Words with the place that they are about taken out, so that the same can be told of another."""
    return words.replace(at, "@") if at else words


def joined(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def told_step(group: Sequence[Judged]) -> str:
    """The step that decides, for all the places where it is the same, with where its rules are written."""
    step = group[0].decisive
    ats = tuple(dict.fromkeys(one.decisive.at for one in group))
    rules = [one.decisive.rule for one in group]
    lines = dict.fromkeys(str(rule.origin) for rule in rules if rule and rule.origin)
    where = f" ({', '.join(lines)})" if lines else ""
    text = step.text.replace(step.at, joined(ats)) if len(ats) > 1 else step.text
    return f"{step.layer.value} at {joined(ats)}: {text}{where}" if group[0].question else step.text


def told_mend(group: Sequence[Judged]) -> str:
    """The mend, for all the places where it is the same; may be empty."""
    step, mend = group[0].decisive, group[0].mend
    ats = tuple(dict.fromkeys(one.decisive.at for one in group))
    return mend.replace(step.at, joined(ats)) if len(ats) > 1 else mend


def _grouped(keyed: Iterable[tuple[tuple[object, ...], Judged]]) -> list[list[Judged]]:
    groups: dict[tuple[object, ...], list[Judged]] = {}
    for key, one in keyed:
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _cause(one: Judged, mend: str) -> tuple[object, ...]:
    step = one.decisive
    rule = without_place(step.at, step.rule.name) if step.rule else ""
    return step.layer, without_place(step.at, step.text), rule, mend
