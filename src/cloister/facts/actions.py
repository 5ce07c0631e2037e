"""Every action that the gateway and the platform ask about, and the kinds of resources that each is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from cloister.facts.tables import read_table

_ROUTES: Final = "mlflow_routes.tsv"
# What the table of routes says for the kind that policies name.
_KINDS: Final = {
    "dataset-name": "dataset",
    "experiment-name": "experiment",
    "experiments": "experiment",
    "graphql": "server",
    "runs": "run",
    "started": "trace",
    "traces": "trace",
}
_BASES: Final = {"{api}": ("/api", "/ajax-api"), "{ajax}": ("/ajax-api",)}
_READS: Final = ("Access", "Get", "List", "Search")


@dataclass(frozen=True, slots=True)
class PlatformAction:
    """An action of the platform itself; `kinds` are separated by spaces."""

    action: str
    kinds: str
    text: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class ServedCall:
    """A call of MLflow that the gateway serves, its path from the root with `{name}` for what varies."""

    method: str
    path: str
    action: str

    @property
    def name(self) -> str:
        """Method and path, as the ARN of a call ends."""
        return f"{self.method}{self.path}"

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.action.partition(":")[2].startswith(_READS)


@dataclass(frozen=True, slots=True)
class PublishedStatement:
    """A statement of the meaning that the published pattern describes for one of its roles."""

    role: str
    sid: str
    actions: str
    meaning: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class KeyOfActions:
    """A key of conditions that is there for some actions alone, which are separated by spaces."""

    key: str
    actions: str
    source: str
    read: str


@cache
def known_actions() -> Mapping[str, frozenset[str]]:
    """The kinds of resources of every action, by the action's name."""
    found: dict[str, set[str]] = {}
    for row in _rows():
        for rule in row["resource"].split():
            found.setdefault(rule.partition("@")[2] or row["action"], set()).add(_kind(rule))
    for platform in read_table("platform_actions", PlatformAction):
        found.setdefault(platform.action, set()).update(platform.kinds.split())
    # What registering a version asks of the run or logged model that it comes from.
    found["mlflow:GetArtifact"].update(("run", "logged-model"))
    return {action: frozenset(kinds) for action, kinds in sorted(found.items())}


@cache
def kinds() -> tuple[str, ...]:
    """Every kind of resource, as names of resources begin."""
    return tuple(sorted({kind for found in known_actions().values() for kind in found}))


@cache
def served_calls() -> tuple[ServedCall, ...]:
    """Every call of MLflow that is served, with both of its names where it has two."""
    found: list[ServedCall] = []
    for row in _rows():
        base = next((base for base in _BASES if row["path"].startswith(base)), "")
        rest = row["path"].removeprefix(base)
        found.extend(ServedCall(row["method"], name + rest, row["action"]) for name in _BASES.get(base, ("",)))
    return tuple(found)


@cache
def keys_of_actions() -> tuple[KeyOfActions, ...]:
    """The keys of conditions that are not there for every action."""
    return read_table("condition_key_actions", KeyOfActions)


@cache
def published_roles() -> tuple[PublishedStatement, ...]:
    """What the roles of the published pattern are to mean."""
    return read_table("published_roles", PublishedStatement)


def _rows() -> tuple[dict[str, str], ...]:
    text = files("cloister.facts").joinpath(_ROUTES).read_text(encoding="utf-8")
    header, *lines = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(dict(zip(header, line, strict=True)) for line in lines)


def _kind(rule: str) -> str:
    """The kind of a rule, which may end in `?` (where the request names one) and in another action than the route's."""
    kind, _, fields = rule.partition("@")[0].partition(":")
    bare = kind.removesuffix("?")
    return fields if bare == "all" else _KINDS.get(bare, bare)
