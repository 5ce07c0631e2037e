"""An Azure ML v2 job from its YAML file, as values of ours, judged by the official SDK.

Our own reading comes first: it is quick, knows the lines, and names the nearest thing that works. What it takes is then
put before the SDK, which knows what Azure ML takes, and only what both take is a job.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from cloister.errors import Fault
from cloister.jobs.planning.job import Job
from cloister.jobs.reading import official
from cloister.jobs.reading.components import ComponentFinder, Components, NoComponents
from cloister.jobs.reading.findings import Findings
from cloister.jobs.reading.jobs import job_kind, read_job
from cloister.jobs.reading.known_keys import keys_of
from cloister.jobs.reading.positions import Document, read_document


def load_job(path: Path, overrides: Mapping[str, object] | None = None, components: Components | None = None) -> Job:
    """The job in a file, with `overrides` (`inputs.min_accuracy` -> 0.9) in place of what is written there.

    `components` is asked for registered components; without it they stay unresolved. Raises SourceError where a file is
    missing, and SpecError with every fault that was found.
    """
    written = read_document(path)
    findings = Findings()
    kind = job_kind(written, findings)
    findings.check()
    findings.add(_override_faults(written, f"{kind}_job", overrides or {}))
    document = written.with_values(overrides or {})
    finder = ComponentFinder(components or NoComponents(), findings)
    job = read_job(document, kind, finder, findings)
    findings.check()
    official.load("job", document, overrides)
    for component in finder.registered.values():
        official.load("component", component)
    return job


def _override_faults(document: Document, place: str, overrides: Mapping[str, object]) -> Iterator[Fault]:
    for override in overrides:
        *parents, last = override.split(".")
        known = [str(key) for key in document.mapping(*parents)]
        if last not in known and (parents or last not in keys_of(place).runs):
            close = get_close_matches(last, known, n=1)
            where = ".".join(parents) or "the job"
            mend = f'did you mean "{".".join([*parents, close[0]])}"?' if close else f"{where} has {', '.join(known)}"
            yield Fault(f"--set {override}", "the job has no such key", mend)
