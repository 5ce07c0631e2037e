"""A lesson: an environment that is known to be bad, by its everyday name, with cause and ways out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloister.ask.judgement import Judged
from cloister.facts.lessons import lesson_facts, prices, way_facts
from cloister.verdict import Step

Change = Mapping[str, Any]
"""A part of a document, to be laid over the one that describes the environment; None removes what stands there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """A change that ends a lesson, with what it costs and what comes of it."""

    lesson: str
    name: str
    title: str
    cost: str
    effect: str
    source: str
    change: Change

    @property
    def full_name(self) -> str:
        """`static-records/forwarders`: as a person names it."""
        return f"{self.lesson}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A known-bad environment, recognised by what stands and what is missed.

    `cause` is the direct one, with the step of a trace that shows it; `root` the rule of an organisation behind it.
    `explains` are the intents that are missed, or could not be told, because of it.
    """

    id: str
    name: str
    cause: str
    root: str
    source: str
    step: Step
    explains: tuple[Judged, ...]
    ways: tuple[WayOut, ...]


def lesson(id_: str, step: Step, explains: tuple[Judged, ...], ways: tuple[WayOut, ...], **words: str) -> Lesson:
    """The lesson of the facts, with `words` filled into its cause."""
    fact = lesson_facts()[id_]
    return Lesson(
        id=id_,
        name=fact.name,
        cause=fact.cause.format_map(words),
        root=fact.root,
        source=fact.source,
        step=step,
        explains=explains,
        ways=ways,
    )


def way_out(id_: str, name: str, change: Change, **words: str) -> WayOut:
    """The way out of the facts, with `words` and prices filled in."""
    fact, filled = way_facts()[id_, name], prices() | words
    return WayOut(
        lesson=id_,
        name=name,
        title=fact.title.format_map(filled),
        cost=fact.cost.format_map(filled),
        effect=fact.effect.format_map(filled),
        source=fact.source,
        change=change,
    )
