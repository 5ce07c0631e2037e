"""The walk along lineage, both ways and to the end: what a thing was made from, and what was made from it."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from cloister.jobs.assets.addresses import JobOutput, StorePath, read_place
from cloister.jobs.assets.lineage import Lineage, Thing
from cloister.jobs.assets.names import RESOURCES, AssetId
from cloister.jobs.assets.records import AssetRecords
from cloister.jobs.errors import MissingError
from cloister.jobs.records.jobs import JobRecord, JobRecords
from cloister.jobs.records.results import ResultRecords
from cloister.jobs.records.status import StepStatus

Way = Literal["up", "down"]
_MOST: Final = 2000


@dataclass(frozen=True, slots=True, order=True)
class StepNode:
    """One step of one job."""

    job: str
    step: str

    def document(self) -> dict[str, str]:
        """As the API tells it."""
        return {"kind": "step", "job": self.job, "step": self.step}


Node = StepNode | Thing


@dataclass(frozen=True, slots=True)
class Link:
    """From what was there before to what came of it, at an input or output of that name, if there is one."""

    source: Node
    target: Node
    port: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """The links in the order in which they were found; `complete` is False where there are more than are told."""

    links: tuple[Link, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Tracing:
    """What is needed to walk."""

    lineage: Lineage
    assets: AssetRecords
    jobs: JobRecords
    results: ResultRecords

    def walk(self, start: Node, way: Way, may: Callable[[Node], bool], depth: int) -> Trace:
        """The links from there, nearest first. Nothing is told of what lies behind a node that may not be seen."""
        links: dict[Link, None] = {}
        seen: set[Node] = {start}
        waiting: deque[tuple[Node, int]] = deque([(start, 0)])
        while waiting:
            node, far = waiting.popleft()
            if far >= depth or not may(node):
                continue
            for link in self._up(node) if way == "up" else self._down(node):
                if len(links) >= _MOST:
                    return Trace(tuple(links), complete=False)
                links[link] = None
                beyond = link.source if way == "up" else link.target
                if beyond not in seen:
                    seen.add(beyond)
                    waiting.append((beyond, far + 1))
        return Trace(tuple(links), complete=True)

    def _up(self, node: Node) -> Iterator[Link]:
        if isinstance(node, StepNode):
            edges = self.lineage.of_job(node.job)
            yield from (Link(e.thing, node, e.port) for e in edges if e.step == node.step and e.direction == "reads")
            for needed in sorted(self._needs(node)):
                yield Link(StepNode(node.job, needed), node)
            maker = StepNode(*self.results.makers(node.job, (node.step,))[node.step].split("/"))
            if maker != node:
                # It took over what that one had made.
                yield Link(maker, node)
            return
        made = [e for e in self.lineage.of_thing(node) if e.direction == "makes"]
        yield from (Link(StepNode(e.job, e.step), node, e.port) for e in made)
        if made:
            return
        if node.kind == "outputs":
            yield from self._makers(node)
        elif (place := self._place(node)) is not None:
            yield Link(place, node)

    def _down(self, node: Node) -> Iterator[Link]:
        if isinstance(node, StepNode):
            edges = self.lineage.of_job(node.job)
            yield from (Link(node, e.thing, e.port) for e in edges if e.step == node.step and e.direction == "makes")
            record = self.jobs.find(node.job)
            for step in record.plan.steps if record else ():
                if record and node.step in step.needs and not _never_ran(record, step.name):
                    yield Link(node, StepNode(node.job, step.name))
            # They have what this one made.
            yield from (Link(node, StepNode(*taker)) for taker in self.results.takers(node.job, node.step))
            yield from (Link(node, output, port) for output, port in self._published(record, node.step))
            return
        yield from (
            Link(node, StepNode(e.job, e.step), e.port) for e in self.lineage.of_thing(node) if e.direction == "reads"
        )
        if node.kind in ("outputs", "paths"):
            place = node.name if node.kind == "paths" else str(JobOutput(node.name, node.version))
            for one in self.assets.lying_at(place):
                thing = Thing(one.id.kind, one.id.name, one.id.version)
                if not any(e.direction == "makes" for e in self.lineage.of_thing(thing)):
                    yield Link(node, thing)

    def _needs(self, node: StepNode) -> frozenset[str]:
        record = self.jobs.find(node.job)
        try:
            return record.planned(node.step).needs if record else frozenset()
        except (KeyError, MissingError):
            return frozenset()

    def _makers(self, node: Thing) -> Iterator[Link]:
        record = self.jobs.find(node.name)
        for step in record.plan.steps if record else ():
            for output, port in self._published(record, step.name):
                if output == node:
                    yield Link(StepNode(node.name, step.name), node, port)

    def _published(self, record: JobRecord | None, step: str) -> Iterator[tuple[Thing, str]]:
        """The outputs of the job that the step makes, and that somebody has made something of."""
        if record is None:
            return
        named = {one.name: one.output for one in record.plan.outputs if one.step == step}
        if len(record.plan.steps) == 1:
            named = {made.name: made.name for made in record.plan.steps[0].outputs} | named
        for name, port in named.items():
            thing = Thing("outputs", record.name, name)
            if self.lineage.of_thing(thing) or self.assets.lying_at(str(JobOutput(record.name, name))):
                yield thing, port

    def _place(self, node: Thing) -> Thing | None:
        """Where an asset lies that no step has made."""
        if node.kind not in ("data", "models") or node.kind not in RESOURCES:
            return None
        try:
            found = self.assets.version(AssetId(node.kind, node.name, node.version))
        except MissingError:
            return None
        match read_place(found.properties.get("dataUri") or found.properties.get("modelUri") or ""):
            case JobOutput(job, output, _):
                return Thing("outputs", job, output)
            case StorePath() as place:
                return Thing("paths", str(place), "")
        return None


def _never_ran(record: JobRecord, step: str) -> bool:
    """Whether the step was cancelled before it began, so that nothing came of anything in it."""
    found = record.step(step)
    return found.status is StepStatus.CANCELED and found.attempt == 0
