"""The environment of a step: what its author named, as something that the platform has or can build.

An image cannot run here, a step is a process. Its conda file can: the packages are installed from the platform's index.
"""

import re

from cloister.errors import CloisterError
from cloister.jobs.environments.curated import CURATED, DEFAULT, curated_name, stands_for
from cloister.jobs.planning.plan import PlannedEnvironment
from cloister.jobs.reading.conda import CondaEnvironment, from_conda
from cloister.jobs.reading.findings import Findings
from cloister.jobs.reading.paths import found_at
from cloister.jobs.reading.positions import Part, read_document

# Environments that Microsoft publishes: in its own registry, or under its own prefix. No closed network has them.
_MICROSOFTS = re.compile(r"azureml:(//registries/azureml[^/]*/environments/|AzureML-).*", re.IGNORECASE)

_NOTHING = "nothing is installed"


def environment_of(part: Part, findings: Findings, thing: str, key: str = "environment") -> PlannedEnvironment | None:
    """The environment under the key, or None where there is none. What is mapped is noted."""
    written = part.get(key)
    if isinstance(written, dict):
        return _described(part.part(key), findings, thing)
    text = str(written or "")
    if not text:
        return None
    if curated := curated_name(text):
        return PlannedEnvironment(curated)
    if _MICROSOFTS.fullmatch(text):
        stand_in = stands_for(text)
        return _curated(findings, thing, text, *(stand_in or (DEFAULT, _NOTHING)))
    if text.startswith("azureml:"):
        return PlannedEnvironment(reference=text)
    return _file(part, text, findings, thing, key)


def _file(part: Part, text: str, findings: Findings, thing: str, key: str) -> PlannedEnvironment | None:
    path = found_at(part.document, text)
    if path is None or not path.is_file():
        mend = "write azureml:NAME:VERSION, or the path of its file"
        findings.refuse(thing, f'there is no environment "{text}"', mend, part.origin(key))
        return None
    try:
        return _described(read_document(path, part.document.within).whole, findings, thing)
    except CloisterError as error:
        findings.add(error.faults)
        return None


def _described(part: Part, findings: Findings, thing: str) -> PlannedEnvironment:
    """An environment that is written out: image, conda file, build context."""
    findings.keys(part, "environment", prefix=f"{thing}: ")
    findings.keys(part.part("build"), "build", prefix=f"{thing}: environment.")
    image, name, version = part.text("image"), part.text("name"), part.text("version")
    if part.get("conda_file") is not None:
        asked = _conda(part, findings, thing)
        for note in asked.notes:
            findings.note(f"{thing}: {note}")
        if image:
            findings.note(
                f"{thing}: image {image}: not used; the packages of the conda file are installed by themselves"
            )
        if not asked.requirements:
            return PlannedEnvironment(DEFAULT, python=asked.python)
        return PlannedEnvironment(name, python=asked.python, requirements=asked.requirements)
    if part.get("build") is not None:
        return _curated(findings, thing, f"build of {part.part('build').text('path') or 'a Dockerfile'}")
    if image:
        return _curated(findings, thing, f"image {image}")
    if name:
        return PlannedEnvironment(reference=f"azureml:{name}:{version}" if version else f"azureml:{name}@latest")
    mend = "give image and conda_file, or write environment: azureml:NAME:VERSION"
    findings.refuse(thing, "its environment says nothing of what is in it", mend, part.origin())
    return PlannedEnvironment()


def _conda(part: Part, findings: Findings, thing: str) -> CondaEnvironment:
    """What the conda file asks for, inline or in a file of its own."""
    written, origin = part.get("conda_file"), part.origin("conda_file")
    document, root = part.document, written
    if not isinstance(written, dict):
        path = found_at(document, str(written))
        if path is None or not path.is_file():
            reason = f'there is no conda file "{written}"'
            findings.refuse(thing, reason, "correct the path, relative to the file", origin)
            return CondaEnvironment()
        try:
            document = read_document(path, document.within)
        except CloisterError as error:
            findings.add(error.faults)
            return CondaEnvironment()
        root = document.root
    asked = from_conda(root if isinstance(root, dict) else {}, document)
    for line in asked.refused:
        findings.refuse(f'{thing}, package "{line.line}"', line.reason, line.mend, origin)
    return asked


def _curated(
    findings: Findings, thing: str, told: str, name: str = DEFAULT, difference: str = _NOTHING
) -> PlannedEnvironment:
    findings.note(f"{thing}: environment {told} -> {name}, {CURATED[name]}; {difference}")
    return PlannedEnvironment(name)
