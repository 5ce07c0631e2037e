"""A report held against a baseline: what was known is taken out and counted, what is gone is told."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from cloister.ask.judgement import Judged, Standing
from cloister.controls.baseline import Compared, Known, every_known, known_intent, known_told
from cloister.controls.control import Doubt, Finding, Result
from cloister.controls.fingerprints import of_intent, of_told
from cloister.controls.report.phrases import Phrases
from cloister.controls.report.report import Report
from cloister.controls.report.wrapping import labelled, wrapped

_MARGIN = " " * 6


def standing_now(report: Report) -> Iterator[Known]:
    """All that a baseline of this report keeps: what is waived is not among it."""
    return every_known(report.judgement.all(), report.results)


def against(report: Report, baseline: Mapping[str, Known], file: str) -> Report:
    """The report on what is new, and what became of the rest of the baseline."""
    known = tuple(one for one in report.judgement.all() if _is_known_intent(one, baseline))
    left = {id(one) for one in known}
    judgement = replace(
        report.judgement,
        closure=tuple(one for one in report.judgement.closure if id(one) not in left),
        flow=tuple(one for one in report.judgement.flow if id(one) not in left),
    )
    standing = {one.fingerprint for one in standing_now(report)} | set(_waived(report))
    gone = tuple(one for one in baseline.values() if one.fingerprint not in standing)
    results = tuple(_new(result, baseline) for result in report.results)
    return replace(report, judgement=judgement, results=results, compared=Compared(file, known, gone))


def compared_told(report: Report, say: Phrases) -> Iterator[str]:
    """How much was known, and each thing that is gone."""
    compared = report.compared
    if compared is None:
        return
    yield from labelled(say("baseline"), compared_tally(report, compared, say))
    for one in compared.gone:
        yield from wrapped(f"{one.rule} {one.thing}", "  ok  ", _MARGIN)
    if compared.gone:
        yield from wrapped(say("mend", mend=say("baseline.mend")), _MARGIN, _MARGIN)


def compared_tally(report: Report, compared: Compared, say: Phrases) -> str:
    """How much was known, and how much of it is gone."""
    known = say.count("baseline.known", report.known, file=compared.file)
    return f"{known}, {say.count('baseline.gone', len(compared.gone))}" if compared.gone else known


def _is_known_intent(judged: Judged, baseline: Mapping[str, Known]) -> bool:
    if judged.standing is Standing.MET:
        return False
    entry = baseline.get(of_intent(judged))
    return entry is not None and entry.covers(known_intent(judged))


def _new(result: Result, baseline: Mapping[str, Known]) -> Result:
    def is_known(told: Finding | Doubt) -> bool:
        entry = baseline.get(of_told(told))
        return entry is not None and entry.covers(known_told(told))

    known = tuple(one for one in result.told if is_known(one))
    findings = tuple(one for one in result.findings if not is_known(one))
    doubts = tuple(one for one in result.doubts if not is_known(one))
    return replace(result, findings=findings, doubts=doubts, known=known) if known else result


def _waived(report: Report) -> Iterator[str]:
    yield from (of_told(one.told) for one in report.waived_findings)
    yield from (of_intent(one.judged) for one in report.waiving.intents)
