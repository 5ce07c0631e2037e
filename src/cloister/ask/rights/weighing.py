"""Verdicts joined: all of them must allow, or one of several ways is enough."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from cloister.verdict import Answer, Layer, Outcome, Step, Verdict

_RIGHTS = (Layer.AUTHENTICATION, Layer.AUTHORIZATION)
_WORST_FIRST = (Answer.DENY, Answer.UNKNOWN)


def all_of(verdicts: Sequence[Verdict], granted: str) -> Verdict:
    """Every verdict must allow; the first that denies, else the first that cannot tell, gives the reason."""
    trace = tuple(_once(step for verdict in verdicts for step in verdict.trace))
    for answer in _WORST_FIRST:
        for verdict in verdicts:
            if verdict.answer is answer:
                return replace(verdict, trace=trace)
    return Verdict(Answer.ALLOW, granted, trace)


def _once(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps in their order; what is said about a right is said once."""
    seen: set[Step] = set()
    for step in steps:
        if step.layer not in _RIGHTS or step not in seen:
            yield step
        seen.add(step)


def first_of(direct: Verdict, others: Iterable[tuple[str, Verdict]]) -> Verdict:
    """The direct way where it allows; else another one that does; else what none of them does.

    `others` are asked one after another, each under a word of its own. What did not help stays in the trace as a note.
    """
    if direct.answer is Answer.ALLOW:
        return direct
    failed: list[tuple[str, Verdict]] = []
    for words, other in others:
        if other.answer is Answer.ALLOW:
            trace = (*_as_notes(direct), *_told(failed), *other.trace)
            return Verdict(Answer.ALLOW, f"{other.reason}, {words}", trace, how=words)
        failed.append((words, other))
    doubtful = next((one for one in failed if one[1].answer is Answer.UNKNOWN), None)
    if direct.answer is Answer.UNKNOWN or doubtful is None:
        return replace(direct, trace=(*direct.trace, *_told(failed)))
    words, other = doubtful
    trace = (*_as_notes(direct), *_told([one for one in failed if one is not doubtful]), *other.trace)
    return Verdict(Answer.UNKNOWN, f"{words}: {other.reason}", trace, other.mend, words)


def _as_notes(verdict: Verdict) -> tuple[Step, ...]:
    """The steps that refused or could not tell, as notes: another way is what counts."""
    return tuple(
        replace(step, outcome=Outcome.NOTE, text=f"not directly: {step.text}")
        for step in verdict.trace
        if step.outcome in (Outcome.REFUSE, Outcome.UNKNOWN)
    )


def _told(failed: Iterable[tuple[str, Verdict]]) -> Iterator[Step]:
    """Where each other way ends, as a note; those that end alike in one."""
    alike: dict[tuple[Step, Answer], list[str]] = {}
    for words, verdict in failed:
        step = verdict.first_refusal or verdict.trace[-1]
        alike.setdefault((step, verdict.answer), []).append(words)
    for (step, answer), ways in alike.items():
        how = "perhaps" if answer is Answer.UNKNOWN else "nor"
        yield replace(step, outcome=Outcome.NOTE, text=f"{how} {f', {how} '.join(ways)}: {step.text}")
