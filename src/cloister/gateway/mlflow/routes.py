"""The table of MLflow's routes: which the gateway serves, and what it must know of each to decide.

Columns of `facts/mlflow_routes.tsv`:
- `path`: `{name}` is one segment, `{name:path}` the rest of the path.
- `resource`: what is decided on, as `kind:fields@action`, several apart by spaces. Fields come from path, query, body;
  `a|b` is one field with two spellings, `a,b` two; `a.b` stands inside of an object `a`, `a[].b` of each of a list.
  `kind?` may be left out of a request; the action is that of the route where none is written.
  `all:KIND` means every object of that kind.
- `body`: `-` none, `json` an object that is read and judged, `otlp` spans of OpenTelemetry that are read and judged,
  `stream` bytes that are passed on as they come.
- `repeated`: query keys that may stand more than once.
- `answer`: what happens to MLflow's answer: `filter:LIST`, `leave-out` (of the experiments that are named), `graphql`
  (model versions are filtered, experiments left out), `versions` (those of a model are filtered),
  `created:KIND`, `touched` (its makers are recorded; `touched:KIND` those of that kind alone), `renamed:KIND`,
  `deleted:KIND`, `moved` (a version), `artifact` (somebody's file), `page` (MLflow's own page).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from cloister.gateway.mlflow.fields import folded

Body = Literal["-", "json", "otlp", "stream"]
# Kinds of which a request may name many, in a list.
_PLURAL = frozenset({"experiments", "runs", "traces", "started", "registered-models"})
# Fields that the decision looks at on any route.
_ALWAYS = frozenset({"stage", "alias", "source", "run_id", "model_id", "artifact_location", "user_id"})
# Where the model registry lay at first; clients of MLflow 1.x ask there, and MLflow 3 no longer answers.
_PREVIEW = "/api/2.0/preview/mlflow/"
_BASES = {"{api}": ("/api", "/ajax-api"), "{ajax}": ("/ajax-api",)}


@dataclass(frozen=True, slots=True)
class ResourceRule:
    """One resource of a route: its kind, and the fields that name it; each field as its allowed spellings.

    `action` is empty where it is that of the route; `is_optional` where a request may leave the resource out.
    """

    kind: str
    fields: tuple[tuple[str, ...], ...]
    action: str = ""
    is_optional: bool = False

    @property
    def is_plural(self) -> bool:
        """Whether a request may name many."""
        return self.kind in _PLURAL


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table with `{api}` written out."""

    method: str
    path: str
    action: str
    resources: tuple[ResourceRule, ...]
    body: Body
    repeated: frozenset[str]
    answer: str
    source: str
    pattern: re.Pattern[str]
    # Every field that the decision looks at, each with the folded name that it begins with in a body; the same by
    # their folded spellings; and those that are lists of texts.
    fields: Mapping[str, str] = field(init=False, compare=False)
    spellings: Mapping[str, str] = field(init=False, compare=False)
    plural_fields: frozenset[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        fields = _named(self.resources) | _ALWAYS
        object.__setattr__(self, "fields", {name: folded(_first_level(name)) for name in sorted(fields)})
        object.__setattr__(self, "spellings", {folded(name): name for name in sorted(fields)})
        object.__setattr__(self, "plural_fields", _named(rule for rule in self.resources if rule.is_plural))

    @property
    def reads_only(self) -> bool:
        """Whether the action changes nothing (names after SageMaker's managed MLflow)."""
        return self.action.partition(":")[2].startswith(("Access", "Get", "List", "Search"))


def _first_level(field: str) -> str:
    return field.partition(".")[0].removesuffix("[]")


def _named(rules: Iterable[ResourceRule]) -> frozenset[str]:
    return frozenset(name for rule in rules for spellings in rule.fields for name in spellings)


@dataclass(frozen=True, slots=True)
class Match:
    """A served route and the parameters of its path, still percent-encoded."""

    route: Route
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A route that is refused on purpose, and why."""

    method: str
    path: str
    reason: str

    def covers(self, method: str, path: str) -> bool:
        """Whether this row speaks of the route."""
        return self.method in ("*", method) and _wild(self.path).fullmatch(path) is not None


@cache
def routes() -> tuple[Route, ...]:
    """Every route that is served."""
    return tuple(route for row in _rows("mlflow_routes.tsv") for route in _read(row))


@cache
def refusals() -> tuple[Refusal, ...]:
    """Every family of routes that is refused on purpose."""
    return tuple(Refusal(row["method"], row["path"], row["reason"]) for row in _rows("mlflow_refused.tsv"))


def find(method: str, path: str) -> Match | None:
    """The served route that a raw path matches, or None. What is passed on has the route's own path."""
    if path.startswith(_PREVIEW):
        path = f"/api/2.0/mlflow/{path.removeprefix(_PREVIEW)}"
    exact = _exact().get((method, path))
    if exact is not None:
        return Match(exact, ())
    for route in _templates():
        if route.method == method and (found := route.pattern.fullmatch(path)):
            return Match(route, tuple(found.groupdict().items()))
    return None


def why_refused(method: str, path: str) -> str:
    """Why a route that is not served is not: its row's reason, or that nobody knows it."""
    known = next((refusal.reason for refusal in refusals() if refusal.covers(method, path)), None)
    return known or "no such route is known here"


@cache
def _exact() -> dict[tuple[str, str], Route]:
    return {(route.method, route.path): route for route in routes() if "{" not in route.path}


@cache
def _templates() -> tuple[Route, ...]:
    return tuple(route for route in routes() if "{" in route.path)


@cache
def _wild(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")))


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("cloister.facts").joinpath(name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    header = lines[0].split("\t")
    for line in lines[1:]:
        yield dict(zip(header, line.split("\t"), strict=True))


def _read(row: dict[str, str]) -> Iterator[Route]:
    for path in _written_out(row["path"]):
        yield Route(
            method=row["method"],
            path=path,
            action=row["action"],
            resources=tuple(_read_rule(text) for text in row["resource"].split()),
            body=_body(row["body"]),
            repeated=frozenset() if row["repeated"] == "-" else frozenset(row["repeated"].split(",")),
            answer=row["answer"],
            source=row["source"],
            pattern=_pattern(path),
        )


def _body(text: str) -> Body:
    return next((body for body in get_args(Body) if body == text), "-")


def _written_out(path: str) -> Iterable[str]:
    for placeholder, bases in _BASES.items():
        if path.startswith(placeholder):
            return tuple(base + path.removeprefix(placeholder) for base in bases)
    return (path,)


def _read_rule(text: str) -> ResourceRule:
    kind, _, rest = text.partition(":")
    fields, _, action = rest.partition("@")
    return ResourceRule(
        kind=kind.removesuffix("?"),
        fields=tuple(tuple(field.split("|")) for field in fields.split(",") if field),
        action=action,
        is_optional=kind.endswith("?"),
    )


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[a-z_]+(?::path)?\})", path)
    return re.compile("".join(_pattern_part(part) for part in parts))


def _pattern_part(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    name, _, rest = part[1:-1].partition(":")
    return f"(?P<{name}>{'.+' if rest else '[^/]+'})"
