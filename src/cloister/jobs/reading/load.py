"""An Azure ML v2 job from its YAML file, as values of ours, judged by the official SDK.

Our own reading comes first: it is quick, knows the lines, and names the nearest thing that works. What it takes is then
put before the SDK, which knows what Azure ML takes, and only what both take is a job.
"""

from collections.abc import Mapping
from pathlib import Path

from cloister.jobs.planning.job import Job
from cloister.jobs.reading import official
from cloister.jobs.reading.components import ComponentFinder, Components, NoComponents
from cloister.jobs.reading.findings import Findings
from cloister.jobs.reading.jobs import job_kind, read_job
from cloister.jobs.reading.overrides import override_faults
from cloister.jobs.reading.positions import read_document


def load_job(path: Path, overrides: Mapping[str, object] | None = None, components: Components | None = None) -> Job:
    """The job in a file, with `overrides` (`inputs.min_accuracy` -> 0.9) in place of what is written there.

    `components` is asked for registered components; without it they stay unresolved. Raises SourceError where a file is
    missing, and SpecError with every fault that was found.
    """
    written = read_document(path)
    findings = Findings()
    kind = job_kind(written, findings)
    findings.check()
    findings.add(override_faults(written, overrides or {}))
    findings.check()
    document = written.with_values(overrides or {})
    finder = ComponentFinder(components or NoComponents(), findings)
    job = read_job(document, kind, finder, findings)
    findings.check()
    official.load("job", document, overrides)
    for component in finder.registered.values():
        official.load("component", component)
    return job
