"""Where data lies, as authors write it: `azureml:` names, datastore paths, outputs of jobs, addresses. Pure.

Forms: https://learn.microsoft.com/azure/machine-learning/reference-yaml-data (read 2026-11), and the long ids that the
official SDK makes of them.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from cloister.errors import Fault, SpecError
from cloister.jobs.assets.names import LATEST, AssetId, Kind, check_name

_LONGEST: Final = 4096
# Nothing else may stand before what is named: a path that spells another place would be read as that one.
_WORKSPACE: Final = (
    r"subscriptions/[^/]+/resource[gG]roups/[^/]+/"
    r"(?:providers/Microsoft\.MachineLearningServices/)?workspaces/[^/]+/"
)
_STORE: Final = re.compile(
    rf"azureml://(?:{_WORKSPACE})?datastores/(?P<store>[A-Za-z0-9_-]{{1,255}})(?:/paths/?(?P<path>.*))?"
)
_OUTPUT: Final = re.compile(
    rf"azureml://(?:{_WORKSPACE})?jobs/(?P<job>[A-Za-z0-9][A-Za-z0-9_-]*)/outputs/(?P<output>[A-Za-z0-9_]+)"
    r"(?:/paths/?(?P<path>.*))?"
)
_VERSIONED: Final = re.compile(
    rf"(?:azureml:)?(?://)?/?{_WORKSPACE}"
    r"(?P<kind>data|models|components|environments|codes)/(?P<name>[^/]+)/(?P<sort>versions|labels)/(?P<version>[^/]+)"
)
_SHORT: Final = re.compile(r"azureml:(?P<name>[^:@/]+)(?:(?P<sign>[:@])(?P<version>[^:@/]+))?")
_REGISTRY: Final = re.compile(r"azureml://registries/")
_SCHEMES: Final = ("https", "http", "wasbs", "wasb", "abfss", "abfs", "s3", "adl")


@dataclass(frozen=True, slots=True)
class Labelled:
    """An asset by its label, or by its name alone; `version` is empty where the label says which."""

    kind: Kind
    name: str
    label: str = LATEST


@dataclass(frozen=True, slots=True)
class StorePath:
    """A path in a datastore, without a slash at either end; empty for all of it."""

    store: str
    path: str

    def __post_init__(self) -> None:
        if not is_inside(self.path):
            mend = "give a path below the datastore, without .."
            raise SpecError(Fault(f"datastore {self.store}", f'"{self.path[:200]}" leads out of it', mend))

    def __str__(self) -> str:
        return f"azureml://datastores/{self.store}/paths/{self.path}"

    def below(self, path: str) -> "StorePath":
        """A path below this one."""
        return StorePath(self.store, "/".join(part for part in (self.path, path.strip("/")) if part))


@dataclass(frozen=True, slots=True)
class JobOutput:
    """An output of a job, or a path in it."""

    job: str
    output: str
    path: str = ""

    def __post_init__(self) -> None:
        if not is_inside(self.path):
            raise SpecError(Fault(str(self), "the path leads out of the output", "give a path without .."))

    def __str__(self) -> str:
        return f"azureml://jobs/{self.job}/outputs/{self.output}" + (f"/paths/{self.path}" if self.path else "")


@dataclass(frozen=True, slots=True)
class Address:
    """Data behind an address of some network: the scheme, the host, and for Azure's own schemes the container."""

    uri: str
    scheme: str
    host: str
    container: str
    path: str

    def __str__(self) -> str:
        return self.uri


Place = AssetId | Labelled | StorePath | JobOutput | Address


def read_place(text: str, kind: Kind = "data") -> Place:
    """What the text names; a bare `azureml:NAME:VERSION` is of the kind given. Raises SpecError."""
    if not text or len(text) > _LONGEST or not text.isprintable():
        raise _refused(text, "is empty, too long or not printable")
    if _REGISTRY.match(text):
        mend = "register it here: cloister model create, cloister data create"
        raise _refused(text, "names a registry of the cloud, which is not reachable from here", mend)
    if found := _VERSIONED.fullmatch(text):
        return _asset(found["kind"], found["name"], found["version"], labelled=found["sort"] == "labels")  # type: ignore[arg-type]  # the pattern has no other kinds
    if found := _OUTPUT.fullmatch(text):
        return JobOutput(found["job"], found["output"], _trimmed(found["path"]))
    if found := _STORE.fullmatch(text):
        return StorePath(found["store"], _trimmed(found["path"]))
    if found := _SHORT.fullmatch(text):
        return _asset(kind, found["name"], found["version"] or LATEST, labelled=found["sign"] != ":")
    return _address(text)


def _asset(kind: Kind, name: str, version: str, *, labelled: bool) -> AssetId | Labelled:
    check_name(kind, name)
    return Labelled(kind, name, version) if labelled else AssetId(kind, name, version)


def _address(text: str) -> Address:
    scheme = text.partition(":")[0].lower()
    if scheme not in _SCHEMES or "://" not in text:
        raise _refused(text, "is no place where data can lie")
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError as error:
        raise _refused(text, f"is no address: {error}") from error
    if not host or parts.password is not None or "sig=" in parts.query.lower():
        # A secret in an address would be kept, shown and logged.
        mend = "declare a datastore with the credentials: cloister datastore create"
        told = f"{scheme}://{host}/..."
        raise _refused(told, "names no host, or holds a secret", mend)
    path = _trimmed(unquote(parts.path))
    if not is_inside(path):
        raise _refused(text, "leads upwards with ..")
    if scheme in ("wasbs", "wasb", "abfss", "abfs"):
        return Address(text, scheme, host, parts.username or "", path)
    return Address(text, scheme, host, "", path)


def is_inside(path: str) -> bool:
    """Whether a path with slashes stays below where it begins, and names nothing that a disk or an URL reads apart."""
    if path == "":
        return True
    return all(part not in ("", ".", "..") for part in path.split("/")) and path.isprintable() and "\\" not in path


def _trimmed(path: str | None) -> str:
    return (path or "").removeprefix("./").strip("/")


def _refused(text: str, reason: str, mend: str = "") -> SpecError:
    known = "write azureml:NAME:VERSION, azureml:NAME@latest, azureml://datastores/STORE/paths/PATH, or an address"
    return SpecError(Fault(f'"{text[:200]}"', reason, mend or known))
