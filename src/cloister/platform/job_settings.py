"""What a site decides about its jobs: `jobs.yaml` beside cloister.yaml, where there is one."""

from pathlib import Path
from typing import Final

from cloister.documents import read_document
from cloister.errors import CloisterError, Fault, SpecError
from cloister.jobs.settings import JobsSettings

NAME: Final = "jobs.yaml"


def read_job_settings(spec: Path) -> JobsSettings:
    """The settings beside a specification, or those of a site that has none. Raises SourceError, SpecError."""
    path = spec.absolute().parent / NAME
    if not path.is_file():
        return JobsSettings()
    document = read_document(path, JobsSettings)
    faults: list[Fault] = []
    for index, setting in enumerate(document.content.quotas):
        try:
            _ = setting.quota
        except CloisterError as error:
            origin = document.origin("quotas", index)
            faults += [Fault(one.thing, one.reason, one.mend, origin) for one in error.faults]
    if faults:
        raise SpecError(faults)
    return document.content
