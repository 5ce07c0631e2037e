"""The report for people: diagnosis, closure, flow, findings, notes, one last line.

Plain text, at most 100 columns where words allow.
"""

from collections.abc import Iterable, Iterator, Sequence

from cloister.ask.judgement import OWNERS, Judged, Standing
from cloister.ask.packs.opening import Choice
from cloister.controls.control import Doubt, Finding, Result, Status
from cloister.controls.report.diagnosis import diagnosis
from cloister.controls.report.notes import notes_told
from cloister.controls.report.report import Outcome, Report, counted
from cloister.controls.report.wrapping import WIDTH, wrapped

_MARKS = {Standing.MET: "ok", Standing.MISSED: "NO", Standing.UNDECIDED: "??"}
_GAP = "  "
_INDENT = " " * 6
_CONTINUED = " " * 12
_MOST = 12
"""Of questions that fail for one reason, the targets that are listed for each place; `--pack` lists them all."""
_FEW = 12
"""Questions that are met are listed up to this many in a row of the report; more of them are counted."""


def text(report: Report) -> str:
    """The whole report, with a line break at its end."""
    sections = (
        [f"{report.inventory.name}  {report.file}"],
        list(diagnosis(report)),
        list(_closure(report)),
        list(_flow(report)),
        list(_left_out(report)),
        list(_controls(report)),
        list(notes_told(report)),
        [summary(report)],
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _closure(report: Report) -> Iterator[str]:
    closure = report.judgement.closure
    yield f"closure   {_tally(closure)}"
    yield from _table(_by_heading(closure), full=report.narrowed)


def _flow(report: Report) -> Iterator[str]:
    judgement = report.judgement
    needs = judgement.needs
    met = sum(need.standing is Standing.MET for need in needs)
    loops = f"; {met} of the {len(needs)} needs of the three loops met" if needs else ""
    yield f"flow      {_tally(judgement.flow)}{loops}"
    asked = {one.intent.name for need in needs for one in need.judged}
    rest = [one for one in judgement.flow if one.intent.name not in asked]
    rows = {f"{need.loop:<8}{need.name}": need.judged for need in needs} | _by_heading(rest)
    yield from _table(rows, full=report.narrowed)


def _tally(judged: Sequence[Judged]) -> str:
    """`22 of 24 intents met, 1 missed, 1 undecided`; what is none is left out."""
    if not judged:
        return "nothing to ask"
    counts = {standing: counted(tuple(judged), standing) for standing in Standing}
    more = [f"{counts[one]} {one.value}" for one in (Standing.MISSED, Standing.UNDECIDED) if counts[one]]
    return ", ".join([f"{counts[Standing.MET]} of {len(judged)} intents met", *more])


def _by_heading(judged: Iterable[Judged]) -> dict[str, tuple[Judged, ...]]:
    found: dict[str, tuple[Judged, ...]] = {}
    for one in judged:
        found[one.heading] = (*found.get(one.heading, ()), one)
    return found


def _table(by_label: dict[str, tuple[Judged, ...]], *, full: bool) -> Iterator[str]:
    """The intents of each label: those missed first, each with its first step and its mend; those met in short.

    Many that are met are counted, unless `full`.
    """
    column = max((len(label) for label in by_label), default=0) + len(_GAP)
    for label, judged in by_label.items():
        left = label
        for standing in (Standing.MISSED, Standing.UNDECIDED):
            for group in _alike([one for one in judged if one.standing is standing]):
                yield from _row(standing, f"{left:<{column}}", _failing(group, full=full))
                yield from _explained(group)
                left = ""
        met = [one for one in judged if one.standing is Standing.MET]
        if met:
            yield from _row(Standing.MET, f"{left:<{column}}", _met(met, full=full))


def _alike(judged: Sequence[Judged]) -> list[list[Judged]]:
    """Intents with one cause and one mend, wherever it is met: told once."""
    groups: dict[tuple[object, ...], list[Judged]] = {}
    for one in judged:
        step = one.decisive
        rule = _without(step.at, step.rule.name) if step.rule else ""
        key = (step.layer, _without(step.at, step.text), rule, _without(step.at, one.mend))
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _without(at: str, words: str) -> str:
    """Words with the place that they are about taken out, so that the same can be told of another."""
    return words.replace(at, "@") if at else words


def _failing(judged: Sequence[Judged], *, full: bool) -> str:
    """The questions that fail, and of an owner's many the first, with how many do."""
    single = [one for one in judged if one.heading != OWNERS or len(one.asked) == 1]
    many = [one for one in judged if one not in single]
    told = [f"{one.intent.name}: {one.question} ({one.failing} of {len(one.asked)})" for one in many]
    return "; ".join(
        [*([_questions([one.question for one in single], most=0 if full else _MOST)] if single else []), *told]
    )


def _met(judged: Sequence[Judged], *, full: bool) -> str:
    """The questions that are met, or how many from where. Of an owner's many, how many they are."""
    owners = [one for one in judged if one.heading == OWNERS and len(one.asked) > 1]
    questions = [asked.question for one in judged if one not in owners or full for asked in one.asked]
    told = [] if full else [f"{one.intent.name} ({len(one.asked)} questions)" for one in owners]
    few = full or len(questions) <= _FEW
    places = dict.fromkeys(question.partition(" -> ")[0] for question in questions)
    counted_in = [f"{len(questions)} questions from {', '.join(places)}"]
    return "; ".join([*([_questions(questions)] if few and questions else counted_in if questions else []), *told])


def _questions(asked: Sequence[str], *, most: int = 0) -> str:
    """`a, b -> x:443, y:443; c -> z:443`: places that ask for the same targets together, `most` targets of each."""
    targets: dict[str, list[str]] = {}
    for question in dict.fromkeys(asked):
        place, _, target = question.partition(" -> ")
        targets.setdefault(place, []).append(target)
    places: dict[tuple[str, ...], list[str]] = {}
    for place, wanted in targets.items():
        places.setdefault(tuple(wanted), []).append(place)
    parts = [f"{', '.join(names)} -> {_first(wanted, most)}" for wanted, names in places.items() if wanted != ("",)]
    return "; ".join(parts)


def _first(words: Sequence[str], most: int) -> str:
    """All words, or the first of too many and how many more there are."""
    if not most or len(words) <= most + 1:
        return ", ".join(words)
    return f"{', '.join(words[:most])} and {len(words) - most} more"


def _row(standing: Standing, label: str, words: str) -> Iterator[str]:
    first = f"  {_MARKS[standing]}  {label}"
    yield from wrapped(words, first, " " * len(first))


def _explained(group: Sequence[Judged]) -> Iterator[str]:
    """The step that decides, and the mend: once for all places where it is the same."""
    first, step = group[0], group[0].decisive
    ats = tuple(dict.fromkeys(one.decisive.at for one in group))
    rules = [one.decisive.rule for one in group]
    lines = dict.fromkeys(str(rule.origin) for rule in rules if rule and rule.origin)
    where = f" ({', '.join(lines)})" if lines else ""
    text = step.text.replace(step.at, _joined(ats)) if len(ats) > 1 else step.text
    told = f"{step.layer.value} at {_joined(ats)}: {text}{where}" if first.question else step.text
    yield from wrapped(told, _INDENT, _INDENT + _GAP)
    if first.mend:
        mend = first.mend.replace(step.at, _joined(ats)) if len(ats) > 1 else first.mend
        yield from wrapped(f"mend: {mend}", _INDENT, _INDENT + _GAP)


def _joined(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _left_out(report: Report) -> Iterator[str]:
    """What was not asked because its owner said so or nobody switched it on, and what the owner approved."""
    packs = report.judgement.packs
    for opened in packs:
        if opened.choice is Choice.SWITCHED_OFF:
            yield from wrapped(f"{opened.pack.name}: {opened.why}", "not asked ", _CONTINUED)
    off = [opened.pack.name for opened in packs if opened.choice is Choice.OFF]
    if off:
        yield from wrapped(f"{', '.join(off)} (off unless switched on)", "not asked ", _CONTINUED)
    for approval in report.judgement.approved:
        where = f" (from {', '.join(approval.places)})" if approval.places else ""
        yield from wrapped(f"{approval.host}{where}: {approval.why}", "approved  ", _CONTINUED)


def _controls(report: Report) -> Iterator[str]:
    applicable = len(report.results) - report.count(Status.NOT_APPLICABLE)
    if not report.results:
        return
    more = [
        f"{report.count(status)} {word}"
        for status, word in (
            (Status.FAIL, "fail"),
            (Status.UNDECIDED, "undecided"),
            (Status.DUE, "to be attested"),
            (Status.NOT_APPLICABLE, "not applicable"),
        )
        if report.count(status)
    ]
    yield ", ".join([f"controls  {report.count(Status.PASS)} of {applicable} pass", *more])
    seen = report.inventory.observed
    if seen:
        yield f"seen      what runs, on {seen.collected} ({seen.origin.file})"
    for result, group in _told(report):
        control = result.control
        yield ""
        yield from wrapped(f"{control.id}  {control.severity.value}: {control.title}", "  ", " " * 9)
        yield from _group(group)


def _told(report: Report) -> Iterator[tuple[Result, list[Finding] | list[Doubt]]]:
    """Findings, then doubts, a control at a time."""
    found: dict[str, tuple[Result, list[Finding]]] = {}
    for result, finding in report.failures():
        found.setdefault(result.control.id, (result, []))[1].append(finding)
    yield from found.values()
    for result in report.results:
        if result.doubts:
            yield result, list(result.doubts)


def _group(told: Sequence[Finding] | Sequence[Doubt]) -> Iterator[str]:
    """What was told of one control: resources with one message and one mend together."""
    alike: dict[tuple[str, str], list[Finding | Doubt]] = {}
    for one in told:
        alike.setdefault((one.message, one.mend), []).append(one)
    margin = " " * 9
    for (message, mend), group in alike.items():
        for one in group:
            yield from _located(one.resource, str(one.origin), margin)
        yield from wrapped(message, margin + "  ", margin + "  ")
        yield from wrapped(f"mend: {mend}", margin + "  ", margin + "    ")


def _located(resource: str, place: str, margin: str) -> Iterator[str]:
    """The resource with the place at which it is written, flush right where there is room."""
    line = f"{margin}{resource}"
    gap = WIDTH - len(line) - len(place)
    if gap > 1:
        yield f"{line}{' ' * gap}{place}"
    else:
        yield line
        yield f"{margin}  {place}"


def summary(report: Report) -> str:
    """The last line: whether it holds, and what was found if not."""
    missed = counted(report.judgement.all(), Standing.MISSED)
    undecided = counted(report.judgement.all(), Standing.UNDECIDED)
    findings = sum(len(result.findings) for result in report.results)
    doubts = sum(len(result.doubts) for result in report.results)
    if report.outcome is Outcome.NOTHING_CHECKED:
        return "nothing was checked: there is no service, machine or compute to ask about"
    if report.outcome is Outcome.HOLDS:
        passing = "" if report.narrowed else f", {report.count(Status.PASS)} controls pass"
        due = report.count(Status.DUE)
        asked = f", {due} to be attested" if due else ""
        return f"holds: {len(report.judgement.all())} intents met{passing}{asked}"
    parts = [
        f"{count} {one if count == 1 else many}"
        for count, one, many in (
            (missed, "intent missed", "intents missed"),
            (findings, f"finding in {report.count(Status.FAIL)} control", _in_controls(report)),
            (undecided, "intent undecided", "intents undecided"),
            (doubts, "doubt", "doubts"),
        )
        if count
    ]
    verdict = "does not hold" if report.outcome is Outcome.FINDINGS else "undecided"
    return f"{verdict}: {', '.join(parts)}"


def _in_controls(report: Report) -> str:
    count = report.count(Status.FAIL)
    return f"findings in {count} control{'' if count == 1 else 's'}"
