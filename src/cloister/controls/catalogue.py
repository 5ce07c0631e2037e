"""All controls, found by their file names, in the order of their ids; and their run over an environment."""

import re
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from cloister import controls
from cloister.ask.judgement import Judgement
from cloister.controls.control import Doubt, Entry, Environment, Finding, Result
from cloister.controls.unread import told
from cloister.inventory.azure import Inventory

_FILE = re.compile(r"az\d{3}_[a-z0-9_]+")
# Ids of controls that are gone, with the reason. They are never given to another control.
RETIRED: dict[str, str] = {}


@cache
def catalogue() -> tuple[Entry, ...]:
    """Every control. Raises ValueError where a file's name and its id differ, or an id is taken or retired."""
    names = sorted(module.name for module in iter_modules(controls.__path__) if _FILE.fullmatch(module.name))
    entries = tuple(_entry(name) for name in names)
    ids = [entry.control.id for entry in entries]
    for control_id in ids:
        if ids.count(control_id) > 1 or control_id in RETIRED:
            message = f"{control_id} is given twice" if control_id not in RETIRED else f"{control_id} is retired"
            raise ValueError(message)
    return entries


def run(inventory: Inventory, judgement: Judgement, entries: Iterable[Entry] | None = None) -> tuple[Result, ...]:
    """What came of each control, all of them where none are named."""
    environment = Environment(inventory, judgement)
    return tuple(_result(entry, environment) for entry in (catalogue() if entries is None else entries))


def _entry(name: str) -> Entry:
    module = import_module(f"{controls.__name__}.{name}")
    entry = Entry(module.CONTROL, module.subjects, module.check)
    if not name.startswith(entry.control.id.lower()):
        message = f"{name}.py holds {entry.control.id}: file and id must agree"
        raise ValueError(message)
    return entry


def _result(entry: Entry, environment: Environment) -> Result:
    subjects = tuple(entry.subjects(environment.inventory))
    all_told = [one for subject in subjects for one in told(entry, subject, environment)]
    findings = tuple(one for one in all_told if isinstance(one, Finding))
    return Result(entry.control, len(subjects), findings, tuple(one for one in all_told if isinstance(one, Doubt)))
