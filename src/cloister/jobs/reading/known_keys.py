"""What Cloister does with each key of an Azure ML v2 document: run it, map it and say so, or refuse it by name.

A key that is in no table is a mistake of the author. Where Azure ML itself takes any key, and drops those that it does
not know, it is dropped here as well, and said.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from cloister.errors import Fault
from cloister.facts.azureml_keys import azureml_keys
from cloister.jobs.reading.positions import Part


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one kind of mapping: run as they are, mapped (with the note), or refused (with the mend)."""

    runs: frozenset[str]
    notes: Mapping[str, str]
    refused: Mapping[str, str]

    @property
    def all(self) -> list[str]:
        """Every key that may stand there."""
        return sorted({*self.runs, *self.notes, *self.refused})


@cache
def keys_of(place: str) -> Keys:
    """The keys of a place, such as `command_job`. Raises KeyError where there is no such place."""
    rows = [row for row in azureml_keys() if row.place == place]
    if not rows:
        raise KeyError(place)
    return Keys(
        frozenset(row.key for row in rows if row.use == "run"),
        {row.key: row.told for row in rows if row.use == "note"},
        {row.key: row.told for row in rows if row.use == "refuse"},
    )


def key_faults(part: Part, place: str) -> Iterator[Fault]:
    """A fault for each key of the mapping that Cloister does not run, and for each that nobody knows."""
    known = keys_of(place)
    for key in part.values:
        if key in known.runs or key in known.notes or (place in _OPEN and key not in known.refused):
            continue
        thing, origin = f'key "{part.name_of(key)}"', part.origin(key)
        if key in known.refused:
            yield Fault(thing, "Cloister does not run this", known.refused[key], origin)
        else:
            yield Fault(thing, "is no key of an Azure ML v2 document", near_key(key, known.all), origin)


def near_key(key: str, known: list[str]) -> str:
    """The mend for an unknown key: the nearest one, or what there is."""
    close = get_close_matches(key, known, n=1)
    return f'did you mean "{close[0]}"?' if close else f"the keys here are {', '.join(known)}"


def key_notes(part: Part, place: str) -> Iterator[str]:
    """A note for each key of the mapping that is mapped onto something of ours, or of use on Azure alone."""
    known = keys_of(place)
    below = ".".join(part.path[-1:]) + "." if part.path and place in _SMALL else ""
    for key in part.values:
        if key in known.notes:
            yield f"{below}{key}: {known.notes[key]}"
        elif place in _OPEN and key not in known.all:
            yield f"{below}{key}: Azure ML knows no such key and drops it; {near_key(key, known.all)}"


# Where the SDK's schema takes any key (PipelineJobSettingsSchema, azure-ai-ml 1.35.2).
_OPEN = frozenset({"settings"})
# Mappings below a job or a step, whose name says where their keys belong.
_SMALL = frozenset({"resources", "settings", "limits", "queue_settings", "distribution", "environment", "task"})
