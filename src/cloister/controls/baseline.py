"""What was known at a time, so that only what is new is told: each entry by its fingerprint, which holds no line.

An entry covers what is no worse than it was: who was undecided may not be missed now, and an intent of many questions
may not fail in one more of them, nor miss one that was undecided.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError

from cloister.ask.judgement import Asked, Judged, Standing
from cloister.controls.control import Doubt, Finding, Result
from cloister.controls.fingerprints import RULES, of_intent, of_told
from cloister.errors import Fault, SpecError

_FOUND, _DOUBTED = "found", "in doubt"
_SAME_OR_BETTER = {
    _FOUND: (_FOUND, _DOUBTED),
    _DOUBTED: (_DOUBTED,),
    Standing.MISSED.value: (Standing.MISSED.value, Standing.UNDECIDED.value),
    Standing.UNDECIDED.value: (Standing.UNDECIDED.value,),
}


class Known(BaseModel):
    """One thing that was known: which rule found what, how it stood, and which questions of an intent were not met.

    `undecided` names those of the questions of which it could not be told whether they are missed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    fingerprint: Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{64}$")]
    rule: StrictStr
    thing: StrictStr
    standing: Literal["found", "in doubt", "missed", "undecided"]
    questions: tuple[StrictStr, ...] = ()
    undecided: tuple[StrictStr, ...] = ()

    @property
    def missed(self) -> frozenset[str]:
        """The questions that were missed."""
        return frozenset(self.questions) - frozenset(self.undecided)

    def covers(self, now: "Known") -> bool:
        """Whether it is this, and no worse than it was."""
        no_worse = now.standing in _SAME_OR_BETTER[self.standing] and now.missed <= self.missed
        return self.fingerprint == now.fingerprint and no_worse and set(now.questions) <= set(self.questions)


class Baseline(BaseModel):
    """The file of a baseline."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    version: Literal[1]
    environment: StrictStr
    known: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of a baseline: the intents that were known, and what was known and stands no longer."""

    file: str
    intents: tuple[Judged, ...] = ()
    gone: tuple[Known, ...] = ()


def known_told(told: Finding | Doubt) -> Known:
    """A finding or a doubt as a baseline keeps it."""
    standing: Literal["found", "in doubt"] = "found" if isinstance(told, Finding) else "in doubt"
    thing = f"{told.resource}: {told.message}"
    return Known(fingerprint=of_told(told), rule=told.control, thing=thing, standing=standing)


def known_intent(judged: Judged) -> Known:
    """An intent that is not met as a baseline keeps it."""
    standing: Literal["missed", "undecided"] = "missed" if judged.standing is Standing.MISSED else "undecided"
    return Known(
        fingerprint=of_intent(judged),
        rule=RULES[judged.intent.side],
        thing=judged.intent.name,
        standing=standing,
        questions=tuple(sorted({one.question for one in judged.unmet})),
        undecided=tuple(sorted({one.question for one in judged.unmet if _is_undecided(judged, one)})),
    )


def _is_undecided(judged: Judged, one: Asked) -> bool:
    return judged.standing_of(one) is Standing.UNDECIDED


def every_known(judged: tuple[Judged, ...], results: tuple[Result, ...]) -> Iterator[Known]:
    """All that is found, in doubt, missed or undecided now."""
    yield from (known_intent(one) for one in judged if one.standing is not Standing.MET)
    yield from (known_told(one) for result in results for one in result.told)


def baseline_text(environment: str, known: Iterable[Known]) -> str:
    """The file of a baseline, in a stable order."""
    entries = sorted((one.model_dump(mode="json") for one in known), key=lambda one: (one["rule"], one["thing"]))
    document = {"version": 1, "environment": environment, "known": entries}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def read_baseline(text: str, file: str) -> Mapping[str, Known]:
    """The entries of a baseline by fingerprint. Raises SpecError where it is none."""
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_baseline(file, "it is not JSON") from error
    if not isinstance(parsed, dict):
        raise _no_baseline(file, "it is no mapping")
    try:
        baseline = Baseline.model_validate(parsed)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _no_baseline(file, f"{place}: {first['msg'][0].lower()}{first['msg'][1:]}") from error
    return {one.fingerprint: one for one in baseline.known}


def _no_baseline(file: str, why: str) -> SpecError:
    return SpecError(Fault(file, f"is no baseline: {why}", "write it anew with --write-baseline"))
