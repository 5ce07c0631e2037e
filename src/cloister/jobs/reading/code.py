"""The code of a step: the folder that becomes its working folder, and what a component lays into it."""

from pathlib import Path

from cloister.jobs.planning.job import Code
from cloister.jobs.reading.findings import Findings
from cloister.jobs.reading.paths import found_at, leads_out
from cloister.jobs.reading.positions import Part

_MEND = "correct the path, relative to the file"
_AWAY = ("azureml:", "http:", "https:", "git+", "git@", "ssh:")


def code_of(part: Part, findings: Findings, thing: str) -> Code | None:
    """The code that is written there, or None where there is none."""
    written, origin = part.get("code"), part.origin("code")
    includes = _includes(part, findings, thing)
    if not written:
        return Code(None, includes) if includes else None
    text = str(written)
    if text.startswith(_AWAY):
        mend = "a closed network has no such address: copy the code into a folder, and give its path"
        findings.miss(thing, f'takes its code from "{text}", which is not on this machine', mend, origin)
        return None
    path = _found(part, text, findings, thing, key="code")
    if path is None:
        return None
    _check_includes(path, includes, findings, thing, part)
    return Code(path, includes)


def _found(part: Part, text: str, findings: Findings, thing: str, *, key: str) -> Path | None:
    """What lies at the path; None where it was refused."""
    path = found_at(part.document, text)
    if path is None and leads_out(part.document, text):
        reason = f'"{text}" leads out of the component\'s own folder'
        findings.refuse(thing, reason, "register the component with its code in one folder", part.origin(key))
    elif path is None:
        reason = f'its {key.replace("_", " ")} "{text}" does not exist'
        findings.refuse(thing, reason, _MEND, part.origin(key))
    return path


def _includes(part: Part, findings: Findings, thing: str) -> tuple[Path, ...]:
    """The files and folders of `additional_includes`; each lies in the working folder under its own name."""
    written = part.get("additional_includes")
    found: list[Path] = []
    for include in written if isinstance(written, list) else []:
        if isinstance(include, dict):
            reason = f"additional_includes takes {include.get('type', 'an artifact')}, which is not on this machine"
            mend = "copy it into a folder, and include that"
            findings.refuse(thing, reason, mend, part.origin("additional_includes"))
            continue
        path = _found(part, str(include), findings, thing, key="additional_includes")
        found += [] if path is None else [path]
    return tuple(found)


def _check_includes(folder: Path, includes: tuple[Path, ...], findings: Findings, thing: str, part: Part) -> None:
    """Two things of one name in the working folder; the SDK refuses them when it uploads."""
    names = [include.name for include in includes]
    for name in sorted({n for n in names if names.count(n) > 1 or (folder.is_dir() and (folder / n).exists())}):
        reason = f'additional_includes brings "{name}", and the code folder has it already'
        findings.refuse(thing, reason, "rename one of the two", part.origin("additional_includes"))
