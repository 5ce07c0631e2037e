"""An author's requirements as they are built: lines that name packages; what is left out or replaced is noted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cloister.errors import Fault, SpecError
from cloister.facts.environment_packages import replaced_packages
from cloister.jobs.packages.names import read_requirement

TRACKING = "mlflow-skinny"
# In its format MLflow saves models of scikit-learn, unless it is told otherwise.
_FORMAT = "skops"
# What Cloister needs inside of steps, whoever wrote them, but for what they bring themselves.
COMES_ALONG = (TRACKING, _FORMAT)
THEY_BRING = ("numpy", "scikit-learn", "scipy")
_WITH_TRACKING = frozenset({"mlflow", TRACKING})
# Options that say where packages come from. Here they come from the platform's index, so these say nothing.
_PLACES = ("--index-url", "-i", "--extra-index-url", "--find-links", "-f", "--trusted-host", "--no-index")
_HARMLESS = ("--prefer-binary", "--pre", "--only-binary", "--no-binary", "--use-pep517")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Requirements in order, each once, and what there is to say about them."""

    lines: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def has_tracking(self) -> bool:
        """Whether a client of MLflow is among them."""
        return bool(self._projects & _WITH_TRACKING)

    @property
    def tracking(self) -> tuple[str, ...]:
        """What tracking needs beside them, the client first."""
        client = () if self.has_tracking else (TRACKING,)
        return (*client, _FORMAT) if "scikit-learn" in self._projects and _FORMAT not in self._projects else client

    @property
    def _projects(self) -> set[str]:
        return {canonicalize_name(Requirement(line).name) for line in self.lines}


def read_requirements(lines: Iterable[str]) -> Wanted:
    """The requirements of pip's lines. Raises SpecError with every line that names no package of an index."""
    kept: dict[str, None] = {}
    notes: dict[str, None] = {}
    faults: list[Fault] = []
    for raw in lines:
        line = raw.partition(" #")[0].strip()
        if not line or line.startswith("#"):
            continue
        try:
            for one in _read(line, notes):
                kept[one] = None
        except SpecError as error:
            faults += error.faults
    if faults:
        raise SpecError(faults)
    return Wanted(tuple(sorted(kept)), tuple(notes))


def _read(line: str, notes: dict[str, None]) -> Iterator[str]:
    if line.startswith("-"):
        _read_option(line, notes)
        return
    found = read_requirement(line.partition(" --hash")[0])
    if found is None:
        mend = "name a package of the index: NAME==VERSION; build a wheel of your own code, or send it along as code"
        raise SpecError(Fault(f'requirement "{line[:200]}"', "names no package of an index", mend))
    if found.url:
        mend = f"name the version, and have it allowed: cloister environment allow {found.name}==VERSION"
        raise SpecError(Fault(f'requirement "{line[:200]}"', "names a place; packages come from the index alone", mend))
    replaced = replaced_packages().get(canonicalize_name(found.name))
    if replaced is None:
        yield str(found)
        return
    told = f"replaced by {replaced.instead}" if replaced.instead else "left out"
    notes[f"{found.name} is {told}: {replaced.reason}"] = None
    if replaced.instead:
        yield replaced.instead


def _read_option(line: str, notes: dict[str, None]) -> None:
    option = line.replace("=", " ").split()[0]
    if option in _PLACES:
        # Not what is behind it: such an address may hold a password.
        notes[f"{option} is left out: packages come from the platform's index alone"] = None
    elif option in _HARMLESS:
        notes[f"{option} is left out: wheels alone are installed"] = None
    else:
        mend = "write the packages that it stands for; code of your own goes along as code"
        raise SpecError(Fault(f'requirement "{line[:200]}"', f"{option} is not taken", mend))
