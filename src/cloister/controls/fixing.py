"""Mends that are certain, applied and proved: each is made, the whole environment is judged again, and what costs more
than it helps is taken back, with the reason.

A fix is kept where what it is for stands no longer, and nothing stands that stood not before: no finding, no doubt, no
question of closure or flow. All are tried at once, and one by one where together they do not hold.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cloister.ask.judgement import Judged, Standing
from cloister.controls.control import Finding
from cloister.controls.fingerprints import RULES
from cloister.controls.report.report import Report
from cloister.errors import SpecError
from cloister.inventory.edits import Edit
from cloister.sources.applying import Change, changes_of, with_changes
from cloister.sources.editing import NotEditable
from cloister.sources.written import Written

_MOST_TOLD = 3
_FOUND, _IN_DOUBT = 1000, 1
"""How much a finding and a doubt weigh where they are compared: no number of doubts is as much as a finding."""

Key = tuple[str, str]
"""What stands: the rule, and the resource or the question."""


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a document, the document with what it is laid over, and the report on it.

    `elsewhere`: the text stands only for changes of what it is laid over, a plan, and is not what is going to be built.
    """

    text: str
    whole: Written
    report: Report
    elsewhere: bool = False


Judge = Callable[[str], Document]
"""Reads and judges a text. Raises SpecError where it has faults."""


@dataclass(frozen=True, slots=True)
class Fix:
    """Changes of the document, and everything that they are for."""

    changes: tuple[Change, ...]
    mends: tuple[Key, ...]

    def __str__(self) -> str:
        return ", ".join(str(change) for change in self.changes)


@dataclass(frozen=True, slots=True)
class Refused:
    """What was not applied, what it was for, and why not."""

    fix: str
    mends: tuple[Key, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """The document with every fix that holds, the fixes, those that were refused, and what stands no longer."""

    document: Document
    applied: tuple[Fix, ...]
    refused: tuple[Refused, ...]
    closed: tuple[Key, ...]


def fixed(first: Document, judge: Judge) -> Fixed:
    """The document with all mends that are certain, hold and help.

    What breaks something now may break nothing once another mend is made: a door is closed after the names lead inside.
    So whatever is refused is tried again as long as any other is applied.
    """
    document, applied, refused = first, list[Fix](), tuple[Refused, ...]()
    while True:
        fixes, by_hand = _open_fixes(document)
        document, made, left = _pass(document, fixes, judge)
        applied += made
        refused = (*by_hand, *left)
        if not made:
            break
    standing_still = standing(document.report)
    closed = tuple(key for key in standing(first.report) if key not in standing_still)
    return Fixed(document, tuple(applied), refused, closed)


def _pass(document: Document, fixes: list[Fix], judge: Judge) -> tuple[Document, list[Fix], list[Refused]]:
    """The document after each fix was tried, all at once or one by one; what was applied, and what was refused."""
    together = _tried(document, fixes, judge) if fixes else document
    if isinstance(together, Document):
        return together, fixes, []
    applied: list[Fix] = []
    refused: list[Refused] = []
    for one in fixes:
        alone = _tried(document, [one], judge) if len(fixes) > 1 else together
        if isinstance(alone, Document):
            document = alone
            applied.append(one)
        else:
            refused.append(Refused(str(one), one.mends, alone))
    return document, applied, refused


def standing(report: Report) -> dict[Key, int]:
    """All that is found, in doubt, missed or undecided, by rule and resource or question, with its weight."""
    found: dict[Key, int] = {}
    for result in report.results:
        for told in result.told:
            weight = _FOUND if isinstance(told, Finding) else _IN_DOUBT
            found[told.control, told.resource] = found.get((told.control, told.resource), 0) + weight
    for judged in report.judgement.all():
        for one in judged.unmet:
            missed = judged.standing_of(one) is Standing.MISSED
            found[_key(judged, one.question)] = _FOUND if missed else _IN_DOUBT
    return found


def _key(judged: Judged, question: str) -> Key:
    return RULES[judged.intent.side], f"{judged.intent.name}: {question}"


def _open_fixes(document: Document) -> tuple[list[Fix], list[Refused]]:
    """The certain mends of everything that stands, equal changes as one fix; and those that are for a person."""
    found: dict[tuple[Change, ...], list[Key]] = {}
    by_hand: list[Refused] = []
    for edits, key in _wanted(document.report):
        try:
            changes = changes_of(edits, document.whole, elsewhere=document.elsewhere)
        except NotEditable as error:
            by_hand.append(Refused(", ".join(str(one) for one in edits), (key,), str(error)))
        else:
            found.setdefault(changes, []).append(key)
    return [Fix(changes, tuple(mends)) for changes, mends in found.items()], by_hand


def _wanted(report: Report) -> Iterator[tuple[tuple[Edit, ...], Key]]:
    for _, finding in report.failures():
        if finding.fix:
            yield finding.fix, (finding.control, finding.resource)
    for judged in report.judgement.all():
        if judged.fix is not None:
            yield (judged.fix,), _key(judged, judged.question)


def _tried(document: Document, fixes: list[Fix], judge: Judge) -> Document | str:
    """The document with some fixes, or why they are not made."""
    try:
        text = with_changes(document.text, (change for one in fixes for change in one.changes))
        after = judge(text)
    except NotEditable as error:
        return f"it has to be written by hand: {error}"
    except SpecError as error:
        return f"the document would have a fault: {error.faults[0].thing}: {error.faults[0].reason}"
    before, left = standing(document.report), standing(after.report)
    worse = [key for key, weight in left.items() if weight > before.get(key, 0)]
    if worse:
        return f"it would break {_listed(worse)}"
    idle = [key for one in fixes for key in one.mends if left.get(key, 0) >= before.get(key, 0)]
    return f"it would not mend {_listed(idle)}" if idle else after


def _listed(keys: list[Key]) -> str:
    shown = [f"{rule} {thing}" for rule, thing in keys[:_MOST_TOLD]]
    more = f" and {len(keys) - _MOST_TOLD} more" if keys[_MOST_TOLD:] else ""
    return f"{', '.join(shown)}{more}"
