"""All controls, found by their file names, in the order of their ids; and their run over an environment."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from cloister import controls
from cloister.controls.attested import settled
from cloister.controls.control import AnyEnvironment, Doubt, Due, Entry, Finding, Result
from cloister.controls.unread import told
from cloister.inventory import aws

_FILE = re.compile(r"a[zw]\d{3}_[a-z0-9_]+")
# Ids of controls that are gone, with the reason. They are never given to another control.
RETIRED: dict[str, str] = {}


@cache
def catalogue(prefix: str = "") -> tuple[Entry, ...]:
    """Every control, or those whose ids begin so: no file of another is imported.

    Raises ValueError where a file's name and its id differ, or an id is taken or retired.
    """
    wanted = (name for name in _files() if name.rpartition(".")[2].startswith(prefix.lower()))
    entries = tuple(sorted(map(_entry, wanted), key=lambda entry: entry.control.id))
    ids = [entry.control.id for entry in entries]
    for control_id in ids:
        if ids.count(control_id) > 1 or control_id in RETIRED:
            message = f"{control_id} is given twice" if control_id not in RETIRED else f"{control_id} is retired"
            raise ValueError(message)
    return entries


def run(environment: AnyEnvironment, entries: Iterable[Entry] | None = None) -> tuple[Result, ...]:
    """What came of each control, all of those for its cloud where none are named."""
    prefix = "AW" if isinstance(environment.inventory, aws.Inventory) else "AZ"
    return tuple(_result(entry, environment) for entry in (catalogue(prefix) if entries is None else entries))


def _files() -> Iterator[str]:
    """The modules that hold a control each, in the packages below this one."""
    for topic in iter_modules(controls.__path__, f"{controls.__name__}."):
        if topic.ispkg:
            package = import_module(topic.name)
            found = (module.name for module in iter_modules(package.__path__, f"{topic.name}."))
            yield from (name for name in found if _FILE.fullmatch(name.rpartition(".")[2]))


def _entry(name: str) -> Entry:
    module = import_module(name)
    entry = Entry(module.CONTROL, module.subjects, module.check)
    file = name.rpartition(".")[2]
    if not file.startswith(entry.control.id.lower()):
        message = f"{file}.py holds {entry.control.id}: file and id must agree"
        raise ValueError(message)
    return entry


def _result(entry: Entry, environment: AnyEnvironment) -> Result:
    checked, found = told(entry, environment)
    findings = tuple(one for one in found if isinstance(one, Finding))
    doubts = tuple(one for one in found if isinstance(one, Doubt))
    dues = tuple(one for one in found if isinstance(one, Due))
    return settled(Result(entry.control, checked, findings, doubts, dues), environment)
