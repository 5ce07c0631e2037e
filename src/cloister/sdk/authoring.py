"""From what an author has, a YAML file or an object of the official SDK, to a plan and what goes along with it.

The official SDK is imported here, when it is needed: it takes seconds.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO

from cloister.errors import Fault
from cloister.sdk.entities import written

if TYPE_CHECKING:
    from cloister.jobs.planning.plan import Plan
    from cloister.jobs.planning.resolve import Member
    from cloister.jobs.reading.components import Components

# A path of a YAML file, or an object of azure.ai.ml, which is untyped.
Source = Any


@dataclass(frozen=True, slots=True)
class Authored:
    """A job that was loaded, checked and planned, and the files that it takes along.

    `lacking` is what a dry run found to be missing; such a job cannot be submitted.
    """

    plan: "Plan"
    members: "tuple[Member, ...]"
    lacking: tuple[Fault, ...] = ()

    @property
    def document(self) -> dict[str, Any]:
        """The plan as it goes over the wire."""
        import json  # noqa: PLC0415 - with the planner below

        from cloister.jobs.planning.plan_json import to_json  # noqa: PLC0415 - the light verbs must not load it

        document: dict[str, Any] = json.loads(to_json(self.plan))
        return document

    def pack(self, target: BinaryIO) -> None:
        """Write the snapshot of the files."""
        from cloister.jobs.assets.snapshot import pack  # noqa: PLC0415 - as above
        from cloister.jobs.reading.official import ignored_files  # noqa: PLC0415 - as above

        pack(self.members, target, excluded=ignored_files())


@contextmanager
def authored(
    source: Source,
    overrides: Mapping[str, object] | None = None,
    *,
    components: Path | None = None,
    registered: "Components | None" = None,
    dry_run: bool = False,
) -> Iterator[Authored]:
    """The job that the source holds, for as long as its files are needed. Raises SpecError with every fault.

    `components` is a folder of component files in which those that the job names are looked for, `registered` who is
    asked for them without one. A dry run lets through what is missing to run the job.
    """
    from cloister.jobs.planning.resolve import lacks, members, plan  # noqa: PLC0415 - as above
    from cloister.jobs.reading.components import ComponentFolder  # noqa: PLC0415 - as above
    from cloister.jobs.reading.load import load_job  # noqa: PLC0415 - as above

    with TemporaryDirectory(prefix="cloister-job-") as folder:
        known = registered if components is None else ComponentFolder(components)
        loaded = load_job(written(source, Path(folder)), dict(overrides or {}), known)
        yield Authored(plan(loaded, dry_run=dry_run), members(loaded), tuple(lacks(loaded)))
