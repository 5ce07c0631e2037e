"""What a control can tell of a document with gaps: a claim about what could not be read is undecided.

Nobody lists what each control looks at. It is given an inventory that notes which kinds of resources were read, and
subjects that note which of their attributes were; the claim is in doubt where one of those has a gap. What could not be
read at all is no subject of any claim, so that each control which would have looked at it says so.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from cloister.controls.control import AnyEnvironment, Doubt, Due, Entry, Told
from cloister.inventory.gaps import Gap

_NESTED = 3
"""How long the path of a gap is, at least, that lies in one attribute of a resource."""
_CALLED = {"conditional_forwarders": "forwarders"}
"""What the inventory calls otherwise than the document does."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A value that notes which of its attributes were read: `twin` is to be looked at in its place."""

    twin: Any
    read: set[str]


def watch(watched: Any) -> Watched:  # noqa: ANN401 - an inventory, or any resource in one
    """A twin of a dataclass's instance, equal to it and of a class below its own."""
    kind, read = type(watched), set[str]()
    names = frozenset(item.name for item in fields(kind))

    def note(self: object, name: str) -> object:
        if name in names:
            read.add(name)
        return object.__getattribute__(self, name)

    members = {
        "__slots__": (),
        "__getattribute__": note,
        "__eq__": lambda self, other: self is other or watched == other,
        "__hash__": lambda _: hash(watched),
    }
    twin: Any = object.__new__(type(kind.__name__, (kind,), members))
    for name in names:
        object.__setattr__(twin, name, getattr(watched, name))
    return Watched(twin, read)


def told(entry: Entry, environment: AnyEnvironment) -> tuple[int, tuple[Told, ...]]:
    """How many subjects a control has, and what it says of them, in doubt where it looked at what could not be read."""
    gaps = environment.inventory.gaps
    if not gaps:
        subjects = tuple(entry.subjects(environment.inventory))
        return len(subjects), tuple(one for subject in subjects for one in entry.check(subject, environment))
    watched = watch(environment.inventory)
    subjects = tuple(entry.subjects(watched.twin))
    found = [one for subject in subjects for one in _of_subject(entry, subject, environment)]
    for gap in gaps:
        if gap.section in watched.read and not _among(gap, subjects, environment):
            name = f'{gap.section.replace("_", " ")} "{gap.name}"'
            what = f"it cannot be told whether the claim is about it: {gap.what}"
            found.append(entry.control.doubt(name, what, at=gap.origin, mend="make it known, or state it"))
    return len(subjects), tuple(found)


def _of_subject(entry: Entry, subject: object, environment: AnyEnvironment) -> Iterator[Told]:
    gaps = environment.inventory.gaps
    watched, parts = watch(environment.inventory), dict[int, Watched]()
    seen: Any = replace(environment, inventory=watched.twin)
    found = list(entry.check(_watching(subject, gaps, environment, parts), seen))
    read = (gap for gap in gaps if gap.section in watched.read or _is_read(gap, parts.values(), environment))
    gap = next(read, None)
    if gap is None:
        yield from found
    elif found:
        yield from (_in_doubt(one, gap) for one in found)
    elif any(gap.name == getattr(part.twin, "name", None) for part in parts.values()):
        doubt = f"it cannot be told: {gap.what}"
        yield entry.control.doubt(f'"{gap.name}"', doubt, at=gap.origin, mend="make it known, or state it")


def _watching(subject: object, gaps: Iterable[Gap], environment: AnyEnvironment, parts: dict[int, Watched]) -> object:
    """The subject with each of its resources that has a gap watched; these are noted in `parts`."""
    if type(subject) is tuple:
        return tuple(_watching(one, gaps, environment, parts) for one in subject)
    if any(subject is one or subject == one for gap in gaps for one in _faulty(gap, environment)):
        return parts.setdefault(id(subject), watch(subject)).twin
    return subject


def _is_read(gap: Gap, parts: Iterable[Watched], environment: AnyEnvironment) -> bool:
    """Whether the attribute that has the gap was read, of the resource or of one inside of it."""
    mine = [part for part in parts if any(part.twin == one for one in _faulty(gap, environment))]
    return any(len(gap.path) < _NESTED or part.read & {_CALLED.get(one, one) for one in gap.path[2:]} for part in mine)


def _among(gap: Gap, subjects: Iterable[object], environment: AnyEnvironment) -> bool:
    """Whether the resource that has the gap is one of the subjects, or in one of them."""
    faulty = list(_faulty(gap, environment))
    return bool(faulty) and any(part == one for subject in subjects for part in _parts(subject) for one in faulty)


def _parts(subject: object) -> Iterator[object]:
    yield subject
    if isinstance(subject, tuple):
        yield from (part for one in subject for part in _parts(one))
    elif is_dataclass(subject) and not isinstance(subject, type):
        yield from (getattr(subject, item.name) for item in fields(subject))


def _faulty(gap: Gap, environment: AnyEnvironment) -> Iterator[object]:
    """The resource that has the gap; of a network whose gap lies in one subnet, that subnet."""
    section = getattr(environment.inventory, gap.section)
    if not isinstance(section, tuple):
        yield section
        return
    for resource in section:
        if resource.name == gap.name:
            yield resource
            inner = gap.path[3:4] if gap.path[2:3] == ("subnets",) else ()
            yield from (one for one in getattr(resource, "subnets", ()) if not inner or one.name in inner)


def _in_doubt(one: Told, gap: Gap) -> Told:
    if isinstance(one, Due):
        return one
    message = f"it cannot be told: {gap.what}"
    return Doubt(one.control, one.severity, one.resource, message, gap.mend, one.origin)
