"""What is told of a job beside its plan, and may change: title, tags, whether it is archived. Which jobs are listed."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from cloister.errors import Fault, SpecError
from cloister.jobs.compute.demand import Demand
from cloister.jobs.desk.tables import LISTING
from cloister.jobs.planning.plan import Plan
from cloister.jobs.records.status import JobStatus
from cloister.jobs.records.tables import JOB

_PAGE = 200
_MOST_TAGS = 100
_LONGEST = 1000
_LONGEST_DESCRIPTION = 20_000


@dataclass(frozen=True, slots=True)
class Listing:
    """What is told of one job. Raises SpecError on what no page could show."""

    experiment: str
    display_name: str = ""
    description: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    archived: bool = False

    def __post_init__(self) -> None:
        if len(self.tags) > _MOST_TAGS:
            raise SpecError(Fault("tags", f"there are {len(self.tags)}", f"give at most {_MOST_TAGS}"))
        texts = (self.display_name, *(text for tag in self.tags for text in tag))
        if any(len(text) > _LONGEST or not text.isprintable() for text in texts):
            reason = f"is longer than {_LONGEST} characters, or not printable"
            raise SpecError(Fault("a tag or the display name", reason, "shorten it, and write it on one line"))
        if len(self.description) > _LONGEST_DESCRIPTION or "\0" in self.description:
            reason = f"is longer than {_LONGEST_DESCRIPTION} characters, or holds a zero byte"
            raise SpecError(Fault("the description", reason, "shorten it"))

    @classmethod
    def of(cls, plan: Plan) -> "Listing":
        """What a plan says of its job."""
        return cls(plan.experiment_name, plan.display_name, plan.description, plan.tags)


@dataclass(frozen=True, slots=True)
class Change:
    """What is to change; what is None stays. Tags are added, those in `untag` taken away."""

    display_name: str | None = None
    description: str | None = None
    archived: bool | None = None
    tags: tuple[tuple[str, str], ...] = ()
    untag: tuple[str, ...] = ()

    def of(self, listing: Listing) -> Listing:
        """The listing after the change."""
        kept = {key: value for key, value in listing.tags if key not in self.untag}
        return replace(
            listing,
            tags=tuple((kept | dict(self.tags)).items()),
            display_name=listing.display_name if self.display_name is None else self.display_name,
            description=listing.description if self.description is None else self.description,
            archived=listing.archived if self.archived is None else self.archived,
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which jobs a list is to show: those that meet all that is said. `tags` without a value ask for the key alone."""

    statuses: tuple[JobStatus, ...] = ()
    experiment: str = ""
    submitter: str = ""
    tags: tuple[tuple[str, str | None], ...] = ()
    archived: bool | None = False

    def takes(self, tags: Mapping[str, str]) -> bool:
        """Whether a job with these tags is one of them."""
        return all(key in tags and value in (None, tags[key]) for key, value in self.tags)


EVERYTHING = Wanted(archived=None)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A job that a list may show."""

    name: str
    submitter: str


def write(connection: sa.Connection, job: str, listing: Listing, asked: Demand, rates: Mapping[str, float]) -> None:
    """Keep what is told of a new job, what it holds until it has ended, and what an hour of each step costs."""
    row = _row(listing) | {"job": job, "nodes": asked.nodes, "cores": asked.cores, "rates": json.dumps(dict(rates))}
    connection.execute(sa.insert(LISTING).values(row))


def change(connection: sa.Connection, job: str, listing: Listing) -> None:
    """Replace what is told of a job."""
    connection.execute(sa.update(LISTING).where(LISTING.c.job == job).values(_row(listing)))


def read(connection: sa.Connection, jobs: Iterable[str]) -> dict[str, Listing]:
    """What is told of these jobs, by name."""
    rows = connection.execute(sa.select(LISTING).where(LISTING.c.job.in_(list(jobs)))).mappings()
    return {row["job"]: _listing(row) for row in rows}


def candidates(connection: sa.Connection, wanted: Wanted) -> Iterator[Candidate]:
    """The jobs that a list may show, the newest first, read a page at a time."""
    chosen = sa.select(JOB.c.name, JOB.c.submitter, LISTING.c.tags).join(LISTING, LISTING.c.job == JOB.c.name)
    if wanted.statuses:
        chosen = chosen.where(JOB.c.status.in_(wanted.statuses))
    if wanted.experiment:
        chosen = chosen.where(LISTING.c.experiment == wanted.experiment)
    if wanted.submitter:
        chosen = chosen.where(JOB.c.submitter == wanted.submitter)
    if wanted.archived is not None:
        chosen = chosen.where(LISTING.c.archived == wanted.archived)
    ordered = chosen.order_by(JOB.c.created_at.desc(), JOB.c.name)
    for start in _counting():
        rows = connection.execute(ordered.limit(_PAGE).offset(start)).all()
        for name, submitter, tags in rows:
            if not wanted.tags or wanted.takes(json.loads(tags)):
                yield Candidate(name, submitter)
        if len(rows) < _PAGE:
            return


def shown(found: Iterable[Candidate], may: Callable[[Candidate], bool], limit: int) -> tuple[str, ...]:
    """The names of the first `limit` that may be seen."""
    names: list[str] = []
    for candidate in found:
        if len(names) == limit:
            break
        if may(candidate):
            names.append(candidate.name)
    return tuple(names)


def _counting() -> Iterator[int]:
    start = 0
    while True:
        yield start
        start += _PAGE


def _row(listing: Listing) -> dict[str, object]:
    return {
        "experiment": listing.experiment,
        "display_name": listing.display_name,
        "description": listing.description,
        "tags": json.dumps(dict(listing.tags)),
        "archived": listing.archived,
    }


def _listing(row: sa.RowMapping) -> Listing:
    tags = tuple((str(key), str(value)) for key, value in json.loads(str(row["tags"])).items())
    told = (str(row["experiment"]), str(row["display_name"]), str(row["description"]))
    return Listing(*told, tags, archived=bool(row["archived"]))
