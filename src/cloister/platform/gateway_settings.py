"""What a site decides about its gateway beyond what the platform knows by itself: `gateway.yaml` beside cloister.yaml.

Identity providers, access keys, bounds, anchors: the keys of the gateway's own configuration. Where it stands the
platform says: its parts speak to it in plain HTTP on loopback, so TLS ends in front of it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from cloister.documents import Document, read_document
from cloister.errors import Fault, SpecError
from cloister.gateway.config import GatewaySettings

NAME: Final = "gateway.yaml"


def settings_file(spec: Path, given: Path | None) -> Path | None:
    """The file that was named, or the one beside the specification where there is one."""
    beside = spec.absolute().parent / NAME
    return given or (beside if beside.is_file() else None)


def read_settings(path: Path | None) -> GatewaySettings:
    """The settings in a file, or those of a site that has none. Raises SourceError, or SpecError with every fault."""
    if path is None:
        return GatewaySettings()
    document = read_document(path, GatewaySettings)
    if faults := list(_relative(document)):
        raise SpecError(faults)
    return document.content


def _relative(document: Document[GatewaySettings]) -> Iterator[Fault]:
    """Paths that would mean another file to the gateway's process than to who wrote them."""
    for key, path in _paths(document.content):
        if not path.is_absolute():
            where = ".".join(map(str, key))
            reason = f'"{path}" is not an absolute path'
            yield Fault(where, reason, "write the whole path, from / on", document.origin(*key))


def _paths(value: object, key: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Path]]:
    """Every path in the settings, with its key."""
    if isinstance(value, Path):
        yield key, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _paths(getattr(value, name), (*key, name))
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _paths(one, (*key, name))
    elif isinstance(value, tuple):
        for index, one in enumerate(value):
            yield from _paths(one, (*key, index))
