"""What may be declared as a datastore: the SDK's REST object for Azure Blob, and alike for S3 and folders. Pure but for
a look at the folder.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cloister.errors import Fault, SpecError

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")
_KEYS: Final[dict[str, tuple[dict[str, type], tuple[str, ...]]]] = {
    "Folder": ({"path": str}, ("path",)),
    "S3": ({"bucket": str, "region": str, "endpoint": str, "credentials": dict}, ("bucket",)),
    "AzureBlob": (
        {
            "accountName": str,
            "containerName": str,
            "endpoint": str,
            "protocol": str,
            "credentials": dict,
            "serviceDataAccessAuthIdentity": str,
            "resourceGroup": str,
            "subscriptionId": str,
        },
        ("accountName", "containerName"),
    ),
}
_SHARED: Final[dict[str, type]] = {
    "datastoreType": str,
    "description": str,
    "tags": dict,
    "properties": dict,
    "isDefault": bool,
}
_SECRETS: Final[dict[str, tuple[str, ...]]] = {
    "AccountKey": ("key",),
    "Sas": ("sasToken",),
    "AccessKey": ("secretAccessKey", "sessionToken"),
    "None": (),
}
_OF_KIND: Final = {"AzureBlob": ("AccountKey", "Sas", "None"), "S3": ("AccessKey", "None"), "Folder": ("None",)}
_PATTERNS: Final = {
    "accountName": re.compile(r"[a-z0-9]{3,24}"),
    "containerName": re.compile(r"[a-z0-9$](?:[a-z0-9-]{1,61}[a-z0-9])?"),
    "bucket": re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    "region": re.compile(r"[a-z0-9-]{1,40}"),
}


def checked(name: str, properties: object, own: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """What is kept of the properties, and the secrets apart. Raises SpecError with every fault.

    `own` is the platform's folder for assets: what lies beside it is no datastore.
    """
    thing = f'datastore "{name[:100]}"'
    if not _NAME.fullmatch(name):
        raise SpecError(Fault(thing, "is no name for a datastore", "use letters, digits, hyphens and underscores"))
    if not isinstance(properties, dict):
        raise SpecError(Fault(thing, "has no properties", 'send {"properties": {...}}'))
    kept = {key: value for key, value in properties.items() if value is not None and key != "isDefault"}
    kind = kept.get("datastoreType")
    if kind not in _KEYS:
        mend = f"use one of {', '.join(_KEYS)} (in YAML: folder, s3, azure_blob)"
        raise SpecError(Fault(thing, f'of the type "{str(kind)[:40]}" is not served here', mend))
    given = kept.pop("credentials", None)
    if found := tuple(_faults(thing, kind, kept)):
        raise SpecError(found)
    credentials, secrets = _credentials(thing, kind, given)
    if kind == "Folder":
        _check_folder(thing, Path(kept["path"]), own)
    return {**kept, "credentials": credentials}, secrets


def _faults(thing: str, kind: str, properties: Mapping[str, Any]) -> Iterator[Fault]:
    keys, needed = _KEYS[kind]
    known: dict[str, type] = {**_SHARED, **keys}
    for key, value in properties.items():
        if key not in known:
            yield Fault(thing, f'"{key[:60]}" is no property of {kind}', f"use {', '.join(sorted(known))}")
        elif not isinstance(value, known[key]):
            yield Fault(thing, f"{key} is no {known[key].__name__}", f"give {key} as {known[key].__name__}")
        elif key in _PATTERNS and not _PATTERNS[key].fullmatch(str(value)):
            yield Fault(thing, f'"{str(value)[:80]}" is no {key}', f"give the {key} as the service shows it")
    for key in needed:
        if key not in properties:
            yield Fault(thing, f"has no {key}", f"give its {key}")
    endpoint = properties.get("endpoint")
    if isinstance(endpoint, str) and not _is_endpoint(endpoint, needs_scheme=kind == "S3"):
        yield Fault(thing, "its endpoint is no address", "write https://HOST, or for Azure a domain: core.windows.net")


def _is_endpoint(text: str, *, needs_scheme: bool) -> bool:
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:
        return False
    plain = parts.username is None and not parts.query and not parts.fragment and bool(parts.hostname)
    return plain and parts.scheme in ("http", "https") and ("://" in text or not needs_scheme) and text.isprintable()


def _credentials(thing: str, kind: str, given: object) -> tuple[dict[str, Any], dict[str, str]]:
    """What may be shown of the credentials, and their secrets."""
    held = given if isinstance(given, dict) else {"credentialsType": "None"}
    sort = held.get("credentialsType")
    if sort not in _OF_KIND[kind]:
        mend = f"give credentials of the type {' or '.join(_OF_KIND[kind])}"
        raise SpecError(Fault(thing, f"takes no credentials of the type {str(sort)[:40]}", mend))
    secrets = held.get("secrets") or {}
    if not isinstance(secrets, dict) or not all(isinstance(value, str) for value in secrets.values()):
        raise SpecError(Fault(thing, "its secrets are no texts", "give each secret as text"))
    found = {key: str(secrets[key]) for key in _SECRETS[str(sort)] if secrets.get(key)}
    shown = {"credentialsType": sort}
    if sort != "None" and not found:
        raise SpecError(Fault(thing, f"has no {_SECRETS[str(sort)][0]}", "give its credentials in the YAML"))
    if sort == "AccessKey":
        if not isinstance(held.get("accessKeyId"), str):
            raise SpecError(Fault(thing, "has no accessKeyId", "give credentials.access_key_id"))
        shown["accessKeyId"] = held["accessKeyId"]
    return shown, found


def _check_folder(thing: str, path: Path, own: Path) -> None:
    """A folder that is there, and where nothing of the platform lies."""
    if not path.is_absolute() or not path.is_dir():
        mend = "give the absolute path of a folder that is there on the platform's machine"
        raise SpecError(Fault(thing, f'"{path}" is no folder', mend))
    real, home = path.resolve(), own.resolve().parent.parent
    if real != path:
        raise SpecError(Fault(thing, f'"{path}" is reached by a link', f"give {real}"))
    if home.is_relative_to(real) or real.is_relative_to(home) or real == Path("/"):
        mend = "give a folder with nothing but data in it"
        raise SpecError(Fault(thing, f'"{path}" holds the platform itself, or lies in it', mend))
