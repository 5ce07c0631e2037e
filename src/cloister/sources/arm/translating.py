"""A template or an export as a cloister document, with what could not be put into it."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from cloister.errors import Fault, SpecError
from cloister.origin import Origin
from cloister.sources.arm.bicep import SUFFIX, compiled
from cloister.sources.arm.mapping.filling import fill
from cloister.sources.arm.reading import Read, is_arm, read_arm
from cloister.sources.declared import Declared
from cloister.sources.draft import Draft
from cloister.sources.locating import locate, region_of
from cloister.sources.translated import Translated

_STAND_IN = "westeurope"
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
_LONGEST = 32
_CHINA = "china"
_SCHEMA = "schema.management.azure.com"
_MAX_CHARACTERS = 128_000_000
_HEAD = 4096
"""How far into a text its schema is looked for."""


def translated_text(text: str, path: Path, parameters: Path | None = None) -> Translated | None:
    """The document of a template, of Bicep or of an export, None for other texts. Raises SpecError and SourceError."""
    if path.suffix.lower() == SUFFIX:
        text = compiled(path)
    if text.lstrip()[:1] not in ("{", "["):
        return None
    if len(text) > _MAX_CHARACTERS:
        reason = f"has {len(text)} characters, and {_MAX_CHARACTERS} are the limit"
        raise SpecError(Fault(str(path), reason, "export one resource group at a time"))
    try:
        tree = json.loads(text)
    except RecursionError as error:
        raise SpecError(Fault(str(path), "is nested deeper than can be read", "name a smaller part of it")) from error
    except json.JSONDecodeError as error:
        if _SCHEMA not in text[:_HEAD]:
            return None
        place = Origin(str(path), error.lineno, error.colno)
        reason = f"is a template, but not whole JSON: {error.msg}"
        raise SpecError(Fault(str(path), reason, "mend it at or before that place", place)) from error
    except ValueError:
        return None
    return translate_arm(tree, path, parameters) if is_arm(tree) else None


def translate_arm(tree: Any, path: Path, parameters: Path | None = None) -> Translated:  # noqa: ANN401 - any JSON value
    """The document that a template or an export comes to. Raises SpecError and SourceError."""
    name = environment_name(path)
    read = read_arm(tree, path, name, parameters)
    draft = Draft(str(path))
    place = Origin(str(path), 1)
    draft.put(("version",), 1, place)
    draft.put(("name",), name, place)
    region = _region(draft, read, place)
    fill(draft, read.resources, listed=read.listed)
    for one in read.resources:
        path_of = next((at for identity in one.identities if (at := draft.path_of(identity))), None)
        locate(draft, path_of, one.values.get("location"), region, one.place_of("location"))
    translated = draft.translated()
    return replace(translated, not_understood=(*read.not_understood, *translated.not_understood))


def environment_name(path: Path) -> str:
    """A name for the environment of a file, from the file's own."""
    words = _NOT_IN_A_NAME.sub("-", path.name.partition(".")[0].lower()).strip("-")[:_LONGEST].rstrip("-")
    return words if len(words) > 1 and words[0].isalpha() else f"env-{words or 'arm'}"[:_LONGEST].rstrip("-")


def _region(draft: Draft, read: Read, place: Origin) -> str:
    """The region in which most resources stand; where none is told, a stand-in, and that is told."""
    counted = Counter(_regions(read.resources))
    found = counted.most_common(1)[0][0] if counted else _STAND_IN
    draft.put(("region",), found, place)
    if found.startswith(_CHINA):
        draft.put(("cloud",), "azure-china", place)
    if not counted:
        what = f"tells no region: {found} stands in"
        consequence = (
            "rules that name tags of one region are judged as if it were that; state `region` in a cloister.yaml"
        )
        draft.tell("the environment", what, f"{consequence} with `source: {Path(place.file).name}`", place)
    others = sorted(set(counted) - {found})
    if others:
        what = f"stands in {found} and in {', '.join(others)}"
        draft.tell("the environment", what, f"everything is judged as if it stood in {found}", place)
    return found


def _regions(resources: Iterable[Declared]) -> Iterable[str]:
    for one in resources:
        if found := region_of(one.values.get("location")):
            yield found
