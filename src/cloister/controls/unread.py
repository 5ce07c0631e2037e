"""What a control can tell of a document with faults: a claim about what could not be read is undecided, not false.

Nobody lists what each control looks at. It is given an inventory that notes which kinds of resources were read, and the
claim is in doubt where one of those kinds, or the resource itself, has a gap.
"""

from collections.abc import Iterator
from dataclasses import replace
from inspect import isfunction
from types import MethodType
from typing import Any, cast

from cloister.controls.control import Doubt, Due, Entry, Environment, Told
from cloister.inventory.azure import Gap, Inventory


class Watched:
    """An inventory that notes which of its sections were read."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self.read: set[str] = set()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the inventory has under that name
        member = getattr(type(self._inventory), name, None)
        if isfunction(member):
            return MethodType(member, self)
        self.read.add(name)
        return getattr(self._inventory, name)


def told(entry: Entry, subject: object, environment: Environment) -> Iterator[Told]:
    """What a control says of one of its subjects, in doubt where it looked at what could not be read."""
    gaps = environment.inventory.gaps
    if not gaps:
        yield from entry.check(subject, environment)
        return
    watched = Watched(environment.inventory)
    seen = replace(environment, inventory=cast("Inventory", watched))
    found = list(entry.check(subject, seen))
    gap = next((gap for gap in gaps if gap.section in watched.read or _is_of(gap, subject, environment)), None)
    yield from ((_in_doubt(one, gap) for one in found) if gap else found)
    if gap and not found and _is_of(gap, subject, environment):
        name = getattr(subject, "name", gap.name)
        yield entry.control.doubt(f'"{name}"', f"it has a fault: {gap.what}", at=gap.origin, mend="mend the fault")


def _is_of(gap: Gap, subject: object, environment: Environment) -> bool:
    """Whether the gap lies in the subject, or in one of the resources of which the subject is made."""
    parts = subject if isinstance(subject, tuple) else (subject,)
    return any(part == resource for part in parts for resource in _faulty(gap, environment.inventory))


def _faulty(gap: Gap, inventory: Inventory) -> Iterator[object]:
    """The resource that has the gap; of a network whose gap lies in one subnet, that subnet."""
    section = getattr(inventory, gap.section)
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
    message = f"it cannot be told, because of a fault: {gap.what}"
    return Doubt(one.control, one.severity, one.resource, message, f"mend {gap.origin} first", one.origin)
