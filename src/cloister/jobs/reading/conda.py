"""A conda file as pip's requirements: what it asks for, in lines that an index of Python packages can answer.

Pure, but for a requirements file that stands beside it and that it names.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from cloister.facts.conda_packages import NOT_ON_PYPI, conda_packages
from cloister.jobs.reading.paths import found_at
from cloister.jobs.reading.positions import Document

# `channel::name`, then versions (`=1.2`, `>=1,<2`, ` 1.2`), then a build, which pip knows nothing of.
_SPEC = re.compile(
    r"(?:(?P<channel>[\w./-]+)::)?(?P<name>[A-Za-z0-9_.-]+?)\s*(?P<extras>\[[\w, -]+\])?\s*"
    r"(?P<version>(?:[=<>!~]=?|\d).*)?"
)
_CLAUSE = re.compile(r"(?P<operator>===|==|=|>=|<=|!=|~=|>|<)?\s*(?P<version>[A-Za-z0-9_.*+!-]+)")
_PYTHON = re.compile(r"[=~<>!\s]*(\d+\.\d+)")
_ADDRESS = re.compile(r"(^|@\s*)(git\+|hg\+|svn\+|bzr\+|https?:|file:|ftp:)")
# How many requirements files may name one another.
_DEEPEST = 3
_HTTP = re.compile(r"https?:")
# Options of pip that choose an index; the platform has one of its own.
_INDEXES = ("--index-url", "--extra-index-url", "-i ", "--find-links", "-f ", "--trusted-host", "--no-index")
# Options that only say how it is installed.
_WAYS = ("--pre", "--prefer-binary", "--only-binary", "--no-binary", "--upgrade-strategy", "--use-feature")


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that cannot be had from an index, and the mend."""

    line: str
    reason: str
    mend: str


@dataclass(frozen=True, slots=True)
class CondaEnvironment:
    """What a conda file asks for: the version of Python, pip's lines, what is said of the rest, what is refused."""

    python: str = ""
    requirements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class _Note:
    text: str


@dataclass(frozen=True, slots=True)
class _Python:
    version: str


_Said = str | _Note | _Python | Refused


def from_conda(root: Mapping[str, object], beside: Document | None = None) -> CondaEnvironment:
    """What the conda file asks for; a requirements file that it names lies beside the document that it stands in."""
    dependencies = root.get("dependencies")
    said: list[_Said] = []
    for entry in dependencies if isinstance(dependencies, list) else []:
        if isinstance(entry, dict):
            said += _pip_lines(entry.get("pip"), beside)
        else:
            said.append(_conda_line(entry) if isinstance(entry, str) else _no_text(entry))
    return CondaEnvironment(
        python=next((s.version for s in said if isinstance(s, _Python)), ""),
        requirements=tuple(dict.fromkeys(s for s in said if isinstance(s, str))),
        notes=tuple(dict.fromkeys(s.text for s in said if isinstance(s, _Note))),
        refused=tuple(s for s in said if isinstance(s, Refused)),
    )


def _no_text(entry: object) -> Refused:
    """What stands where a line is meant. It is not written out: aliases may have made it larger than any memory."""
    return Refused(f"a {type(entry).__name__}", "is no line of text", "write NAME or NAME=VERSION")


def _conda_line(entry: str) -> _Said:
    """What one package of conda is: Python itself, a line of pip's, or something that pip does not install."""
    spec = _SPEC.fullmatch(entry.split("#", maxsplit=1)[0].strip())
    if spec is None:
        return Refused(entry, "is no package of conda", "write NAME or NAME=VERSION")
    name, version = spec["name"].lower(), spec["version"] or ""
    if name == "python":
        found = _PYTHON.match(version)
        return _Python(found.group(1) if found else "")
    row = conda_packages().get(name)
    if row is not None and row.pypi == NOT_ON_PYPI:
        return _Note(f"conda package {name}: {row.note}")
    return f"{row.pypi if row is not None else name}{spec['extras'] or ''}{_pip_version(version)}"


def _pip_lines(entries: object, beside: Document | None, depth: int = 0) -> Iterator[_Said]:
    for entry in entries if isinstance(entries, list) else [entries] if isinstance(entries, str) else []:
        if not isinstance(entry, str):
            yield _no_text(entry)
            continue
        line = re.sub(r"(^|\s)#.*", "", entry).strip()
        if not line:
            continue
        if line.startswith(("-r", "--requirement ")):
            yield from _requirements_file(line, beside, depth)
        elif line.startswith(_INDEXES):
            yield _Note(f"pip option {line.split()[0].split('=')[0]}: packages come from the platform's index alone")
        elif line.startswith(_WAYS):
            yield _Note(f"pip option {line.split()[0].split('=')[0]}: the platform installs wheels in its own way")
        elif _ADDRESS.search(line):
            mend = "publish it to the platform's index, and name it with its version"
            yield Refused(line, "comes from an address, and a closed network has none", mend)
        elif line.startswith(("-", ".", "/")) or line.endswith(".whl"):
            mend = "put the package into the code folder, or publish it to the platform's index"
            yield Refused(line, "is no package of an index", mend)
        else:
            yield line


def _requirements_file(line: str, beside: Document | None, depth: int) -> Iterator[_Said]:
    name = line.removeprefix("--requirement").removeprefix("-r").strip().lstrip("=")
    mend = "write the packages into the conda file"
    if beside is None:
        yield Refused(line, "names a file, and here is none", mend)
        return
    path = found_at(beside, name)
    if _HTTP.match(name) or depth > _DEEPEST or (path is not None and not path.is_relative_to(beside.folder.resolve())):
        yield Refused(line, "leads away from the environment's folder", mend)
        return
    try:
        text = path.read_text(encoding="utf-8") if path is not None else ""
    except (OSError, UnicodeDecodeError):
        path = None
    if path is None:
        yield Refused(line, "names a file that is not there", mend)
        return
    yield from _pip_lines(text.splitlines(), replace(beside, file=str(path)), depth + 1)


def _pip_version(written: str) -> str:
    """Conda's version as pip's: `=1.2` is any 1.2, and a build after it is dropped."""
    clauses = []
    for part in written.replace(" ", "").split(","):
        bare = re.sub(r"^(=?[^=<>!~]+)=[^=].*$", r"\1", part)
        found = _CLAUSE.fullmatch(bare)
        if found is None:
            continue
        operator, version = found["operator"] or "=", found["version"]
        if version == "*":
            continue
        if operator == "=":
            operator, version = "==", version if version.endswith("*") else f"{version}.*"
        clauses.append(f"{operator}{version}")
    return ",".join(clauses)
