"""The report's parts on closure and flow: the intents of each heading, those missed first, with step and mend."""

from collections.abc import Iterable, Iterator, Sequence

from cloister.ask.judgement import OWNERS, Judged, Standing
from cloister.controls.report.causes import alike, told_mend, told_step
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report, counted
from cloister.controls.report.visible import visible
from cloister.controls.report.wrapping import columns, heading, padded, wrapped
from cloister.inventory.intents import Side

_MARKS = {Standing.MET: "ok", Standing.MISSED: "NO", Standing.UNDECIDED: "??"}
_GAP = "  "
_INDENT = " " * 6
_LOOPS = 8
"""The column of the loop before a need."""
_MOST = 12
"""Of questions that fail for one reason, the targets that are listed for each place; `--pack` lists them all."""
_FEW = 12
"""Questions that are met are listed up to this many in a row of the report; more of them are counted."""


def closure_told(report: Report, say: Phrases) -> Iterator[str]:
    """The tally of closure, and its intents."""
    closure = report.judgement.closure
    yield f"{heading(say('closure'))}{tally(closure, say)}{_left_out(report, Side.CLOSURE, say)}"
    yield from _Table(say, full=report.narrowed).lines(_by_heading(closure, say))


def flow_told(report: Report, say: Phrases) -> Iterator[str]:
    """The tally of flow, and its intents: the needs of the three loops first."""
    judgement = report.judgement
    needs = judgement.needs
    met = sum(need.standing is Standing.MET for need in needs)
    loops = f"; {say('tally.needs', met=met, count=len(needs))}" if needs else ""
    yield f"{heading(say('flow'))}{tally(judgement.flow, say)}{_left_out(report, Side.FLOW, say)}{loops}"
    asked = {one.intent.name for need in needs for one in need.judged}
    rest = [one for one in judgement.flow if one.intent.name not in asked]
    named = {
        padded(say.named("loop", need.loop), _LOOPS) + say.named("heading", need.name): need.judged for need in needs
    }
    yield from _Table(say, full=report.narrowed).lines(named | _by_heading(rest, say))


def _left_out(report: Report, side: Side, say: Phrases) -> str:
    waived = sum(one.judged.intent.side is side for one in report.waiving.intents)
    known = sum(one.intent.side is side for one in (report.compared.intents if report.compared else ()))
    counts = (("tally.waived", waived), ("tally.known", known))
    return "".join(f", {say(key, count=count)}" for key, count in counts if count)


def tally(judged: Sequence[Judged], say: Phrases) -> str:
    """`22 of 24 intents met, 1 missed, 1 undecided`; what is none is left out."""
    if not judged:
        return say("tally.nothing")
    counts = {standing: counted(tuple(judged), standing) for standing in Standing}
    more = [
        say(f"tally.{one.value}", count=counts[one]) for one in (Standing.MISSED, Standing.UNDECIDED) if counts[one]
    ]
    return say.listed([say("tally.met", met=counts[Standing.MET], count=len(judged)), *more])


def questions_told(asked: Sequence[str], *, most: int = 0, more: Phrases) -> str:
    """`a, b -> x:443, y:443; c -> z:443`: places that ask for the same targets together, `most` targets of each."""
    targets: dict[str, list[str]] = {}
    for question in dict.fromkeys(asked):
        place, _, target = question.partition(" -> ")
        targets.setdefault(place, []).append(target)
    places: dict[tuple[str, ...], list[str]] = {}
    for place, wanted in targets.items():
        places.setdefault(tuple(wanted), []).append(place)
    parts = [
        f"{', '.join(names)} -> {first(wanted, most, more)}" for wanted, names in places.items() if wanted != ("",)
    ]
    return "; ".join(parts)


def first(words: Sequence[str], most: int, say: Phrases) -> str:
    """All words, or the first of too many and how many more there are."""
    if not most or len(words) <= most + 1:
        return ", ".join(words)
    return say("more", listed=", ".join(words[:most]), count=len(words) - most)


def _by_heading(judged: Iterable[Judged], say: Phrases) -> dict[str, tuple[Judged, ...]]:
    found: dict[str, tuple[Judged, ...]] = {}
    for one in judged:
        label = visible(say.named("heading", one.heading))
        found[label] = (*found.get(label, ()), one)
    return found


class _Table:
    """The intents of each label: those missed first, each with its first step and its mend; those met in short.

    Many that are met are counted, unless `full`.
    """

    def __init__(self, say: Phrases, *, full: bool) -> None:
        self._say = say
        self._full = full

    def lines(self, by_label: dict[str, tuple[Judged, ...]]) -> Iterator[str]:
        """The whole table."""
        column = max((columns(label) for label in by_label), default=0) + len(_GAP)
        for label, judged in by_label.items():
            left = label
            for standing in (Standing.MISSED, Standing.UNDECIDED):
                for group in alike(one for one in judged if one.standing is standing):
                    yield from _row(standing, padded(left, column), self._failing(group))
                    yield from self._explained(group)
                    left = ""
            met = [one for one in judged if one.standing is Standing.MET]
            if met:
                yield from _row(Standing.MET, padded(left, column), self._met(met))

    def _failing(self, judged: Sequence[Judged]) -> str:
        """The questions that fail, and of an owner's many the first, with how many do."""
        single = [one for one in judged if not _asks_much(one)]
        many = [one for one in judged if _asks_much(one)]
        told = [
            self._say(
                "questions.failing",
                name=one.intent.name,
                question=one.question,
                failing=one.failing,
                count=len(one.asked),
            )
            for one in many
        ]
        most = 0 if self._full else _MOST
        listed = [questions_told([one.question for one in single], most=most, more=self._say)] if single else []
        return "; ".join([*listed, *told])

    def _met(self, judged: Sequence[Judged]) -> str:
        """The questions that are met, or how many from where. Of an owner's many, how many they are."""
        say, full = self._say, self._full
        owners = [one for one in judged if _asks_much(one)]
        questions = [asked.question for one in judged if full or not _asks_much(one) for asked in one.asked]
        told = [] if full else [say("questions.own", name=one.intent.name, count=len(one.asked)) for one in owners]
        few = full or len(questions) <= _FEW
        places = dict.fromkeys(question.partition(" -> ")[0] for question in questions)
        counted_in = [say.count("questions.from", len(questions), places=", ".join(places))]
        listed = [questions_told(questions, more=say)] if few and questions else counted_in if questions else []
        return "; ".join([*listed, *told])

    def _explained(self, group: Sequence[Judged]) -> Iterator[str]:
        """The step that decides, and the mend: once for all places where it is the same."""
        yield from wrapped(told_step(group), _INDENT, _INDENT + _GAP)
        mend = told_mend(group)
        if mend:
            yield from wrapped(self._say("mend", mend=mend), _INDENT, _INDENT + _GAP)


def _asks_much(judged: Judged) -> bool:
    """Whether it is an intent of the owner's that asks more than one question."""
    return judged.heading == OWNERS and len(judged.asked) > 1


def _row(standing: Standing, label: str, words: str) -> Iterator[str]:
    head = f"  {_MARKS[standing]}  {label}"
    yield from wrapped(words, head, " " * columns(head))
