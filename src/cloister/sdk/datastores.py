"""Datastores from YAML: Azure Blob as the official SDK reads it, and what Azure has no YAML for: folders and S3."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cloister.errors import Fault, SpecError

# Our own kinds: the keys of the YAML with what the REST object calls them.
_OWN: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "folder": ("Folder", {"path": "path"}),
    "s3": ("S3", {"bucket": "bucket", "region": "region", "endpoint": "endpoint"}),
}
_SHARED: Final = {"description": "description", "tags": "tags"}
_CREDENTIALS: Final = ("access_key_id", "secret_access_key", "session_token")


def declared(path: Path, overrides: Mapping[str, object]) -> tuple[str, dict[str, Any]]:
    """The name, and the REST object's properties with the credentials. Raises SpecError with every fault."""
    from cloister.jobs.reading.documents import load_document  # noqa: PLC0415 - the light verbs must not load it
    from cloister.jobs.reading.positions import read_document  # noqa: PLC0415 - as above

    document = read_document(path).with_values(overrides)
    written = str(document.root.get("type", "")).lower()
    if written in _OWN:
        return _own(written, document.root)
    entity = load_document("datastore", path, overrides).entity
    properties: dict[str, Any] = entity._to_rest_object().as_dict()["properties"]  # noqa: SLF001 - no public door
    return entity.name, properties


def _own(written: str, root: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    kind, keys = _OWN[written]
    known = {**keys, **_SHARED}
    thing = f"datastore of type {written}"
    faults = [
        Fault(thing, f'"{key}" is no key of it', f"use {', '.join(sorted(known))}")
        for key in root
        if key not in (*known, "name", "type", "$schema", *(("credentials",) if written == "s3" else ()))
    ]
    if not isinstance(root.get("name"), str):
        faults.append(Fault(thing, "has no name", "give its name"))
    if faults:
        raise SpecError(faults)
    properties: dict[str, Any] = {"datastoreType": kind}
    properties |= {rest: root[key] for key, rest in known.items() if key in root}
    if "credentials" in root:
        properties["credentials"] = _access_key(thing, root["credentials"])
    return str(root["name"]), properties


def _access_key(thing: str, given: object) -> dict[str, Any]:
    if not isinstance(given, dict) or not set(given) <= set(_CREDENTIALS) or len(given) < len(_CREDENTIALS) - 1:
        mend = f"give {', '.join(_CREDENTIALS[:-1])}, and {_CREDENTIALS[-1]} where there is one"
        raise SpecError(Fault(thing, "has credentials that are no access key", mend))
    secrets = {"secretAccessKey": given.get("secret_access_key"), "sessionToken": given.get("session_token")}
    return {
        "credentialsType": "AccessKey",
        "accessKeyId": given.get("access_key_id"),
        "secrets": {key: value for key, value in secrets.items() if value is not None},
    }
