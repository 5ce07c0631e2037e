"""One reading of a request: parsed once, refused where it has two readings, and passed on only as it was judged.

MLflow is more lenient than a strict reader in many places (percent-encoded routes, GET with a body that counts,
duplicate JSON keys, camelCase twins of a field, JSON in a JSON string, repeated query keys, encoded separators that are
decoded again). Each is harmless to MLflow alone, and a way around whoever decides in front of it. All here is pure.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode

from cloister.errors import Fault, SpecError
from cloister.gateway.mlflow.fields import folded, texts_at
from cloister.gateway.mlflow.routes import Match, Route

_PLAIN_PATH: Final = re.compile(r"/[A-Za-z0-9._~/-]*")
_ENCODED: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_LONGEST_TARGET: Final = 16_384
_DEEPEST_JSON: Final = 40
# MLflow works for seconds on longer ones, and nobody's page or client writes them.
_LONGEST_FILTER: Final = 64 * 1024
_LONGEST_ORDER: Final = 100
_SAFE_SEGMENT: Final = "-._~"
_MEND: Final = "send it as MLflow's own client does"

Values = Mapping[str, tuple[str, ...]]
_Tree = Mapping[str, "_Tree"]


@dataclass(frozen=True, slots=True)
class Canonical:
    """A request with one reading. `values` holds what path, query and body say of the route's fields.

    `headers` are those that tell MLflow how to read the body, or what it is about.
    """

    route: Route
    target: str
    body: bytes | None
    document: Mapping[str, object]
    values: Values
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def one(self, *spellings: str) -> str | None:
        """The single value of a field under any of its spellings, or None where it is not there."""
        found = [value for name in spellings for value in self.values.get(name, ()) if value]
        return found[0] if found else None


def ambiguous(*, thing: str, reason: str) -> SpecError:
    """The refusal of a request that could be read in two ways."""
    return SpecError(Fault(thing=thing, reason=reason, mend=_MEND))


def check_path(raw_path: bytes) -> str:
    """The raw path as text, where it has one meaning only: no empty, `.` or `..` segment, no stray byte."""
    try:
        path = raw_path.decode("ascii")
    except UnicodeDecodeError as error:
        raise ambiguous(thing="path", reason="holds bytes that are not percent-encoded") from error
    if len(path) > _LONGEST_TARGET:
        raise ambiguous(thing="path", reason=f"is longer than {_LONGEST_TARGET} bytes")
    if not _PLAIN_PATH.fullmatch(_ENCODED.sub("", path)):
        raise ambiguous(thing=f"path {path!r}", reason="holds a character that does not belong into a path")
    segments = path.split("/")[1:]
    if any(segment in (".", "..") for segment in segments) or "" in segments[:-1]:
        raise ambiguous(thing=f"path {path!r}", reason="holds an empty or a dot segment")
    return path


def canonical(match: Match, query: bytes, document: Mapping[str, object] | None) -> Canonical:
    """The one reading of a request on a served route. Raises SpecError on each thing that could be read differently."""
    route = match.route
    parameters = {name: _decode_parameter(name, value) for name, value in match.parameters}
    pairs = [pair for pair in _read_query(route, query) if not _says_again(pair, parameters)]
    document = _judged_first(route, document or {})
    _check_names(route, document)
    _check_search(document)
    values: dict[str, tuple[str, ...]] = {}
    for name, value in (*parameters.items(), *pairs):
        values[name] = (*values.get(name, ()), value)
    said = {folded(name) for name in document}
    for name, first in route.fields.items():
        if first not in said:
            continue
        texts = texts_at(document, name, plural=name in route.plural_fields)
        if name in parameters:
            if any(text != parameters[name] for text in texts):
                raise ambiguous(thing=name, reason="says one thing in the path and another in the body")
        elif texts:
            values[name] = (*values.get(name, ()), *texts)
    _check_spellings(route, values)
    target = canonical_path(match) + (f"?{urlencode(pairs, quote_via=quote)}" if pairs else "")
    body = write_json(document) if route.body == "json" else None
    return Canonical(route, target, body, document, values)


def _check_search(document: Mapping[str, object]) -> None:
    """Refuse a search that costs far more than it asks for. In a query, the query's own bound holds."""
    for name, most in (("filter", _LONGEST_FILTER), ("filter_string", _LONGEST_FILTER), ("order_by", _LONGEST_ORDER)):
        value = document.get(name)
        if isinstance(value, str | list) and len(value) > most:
            raise ambiguous(thing=f'"{name}"', reason=f"is longer than {most}")


def _says_again(pair: tuple[str, str], parameters: Mapping[str, str]) -> bool:
    """Whether a query key says what the path says, as MLflow's client does; it is not passed on. Another is refused."""
    name, value = pair
    if name in parameters and parameters[name] != value:
        raise ambiguous(thing=name, reason="says one thing in the path and another in the query")
    return name in parameters


def read_json(text: bytes, *, empty_is_object: bool) -> dict[str, object]:
    """The object that a JSON body holds; duplicate keys, NaN, numbers without end and a bare value are refused."""
    if not text and empty_is_object:
        return {}
    try:
        document = _READER.decode(text.decode("utf-8"))
    except RecursionError as error:
        raise ambiguous(thing="body", reason="is nested too deeply") from error
    except ValueError as error:
        raise ambiguous(thing="body", reason=f"is not the JSON that it should be: {error}") from error
    if not isinstance(document, dict):
        raise ambiguous(thing="body", reason="is no JSON object")
    if text.count(b"{") + text.count(b"[") > _DEEPEST_JSON:
        _check_depth(document)
    _check_characters(text, document)
    return document


def _check_characters(text: bytes, document: Mapping[str, object]) -> None:
    """Refuse half a surrogate pair, which JSON can escape and UTF-8 cannot hold. Only an escape can bring one in."""
    if b"\\" in text and b"\\ud" in text.lower():
        try:
            json.dumps(document, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ambiguous(thing="body", reason="holds half a character (a lone surrogate)") from error


def _judged_first(route: Route, document: Mapping[str, object]) -> Mapping[str, object]:
    """The document with the fields that the decision looks at in front, at every level.

    Where a field is of a wrong type MLflow's parser gives up there, and its handlers may go on with what came before.
    """
    found = _in_front(document, _tree(tuple(route.fields)))
    return found if isinstance(found, dict) else document


@cache
def _tree(fields: tuple[str, ...]) -> _Tree:
    """The judged fields by their first name, each with those below it: none below what is judged itself."""
    tree: dict[str, _Tree] = {}
    for first in {field.partition(".")[0] for field in fields}:
        below = tuple(field.partition(".")[2] for field in fields if field.startswith(f"{first}."))
        tree[first.removesuffix("[]")] = _tree(below)
    return tree


def _in_front(value: object, tree: _Tree) -> object:
    """The value with what is judged first, and before what holds judged fields only deeper down."""
    if not tree or not isinstance(value, dict | list):
        return value
    if isinstance(value, list):
        return [_in_front(one, tree) for one in value]
    judged = {name: value[name] for name in value if name in tree and not tree[name]}
    deeper = {name: _in_front(value[name], tree[name]) for name in value if tree.get(name)}
    return {**judged, **deeper, **{name: one for name, one in value.items() if name not in tree}}


def write_json(document: Mapping[str, object]) -> bytes:
    """The one form in which a body is passed on."""
    try:
        return _WRITER.encode(document).encode()
    except ValueError as error:
        raise ambiguous(thing="body", reason="holds a number beyond the largest float") from error


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    seen = dict(pairs)
    if len(seen) != len(pairs):
        twin, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        message = f'the key "{twin}" stands twice'
        raise ValueError(message)
    together = "".join(seen)
    if together.isprintable() and "[" not in together:
        return seen
    for name in seen:
        if not name.isprintable() or name.startswith("["):
            # Protobuf reads a name up to its first zero byte, and takes one in brackets for an extension, over which it
            # gives up in the middle of the object.
            message = f"the key {name!r} is no name of a field"
            raise ValueError(message)
    return seen


def _no_constant(name: str) -> object:
    message = f"{name} is no JSON value"
    raise ValueError(message)


_READER: Final = json.JSONDecoder(object_pairs_hook=_no_twins, parse_constant=_no_constant)
_WRITER: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def _check_depth(document: object) -> None:
    level: list[object] = [document]
    for _ in range(_DEEPEST_JSON):
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        if not below:
            return
        level = below
    raise ambiguous(thing="body", reason=f"is nested deeper than {_DEEPEST_JSON} levels")


def _decode_parameter(name: str, raw: str) -> str:
    """A path parameter, decoded once. MLflow decodes artifact paths until nothing changes, so no `%` may remain."""
    try:
        text = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ambiguous(thing=name, reason="is not UTF-8") from error
    if "%" in text or "\\" in text or "#" in text or not text.isprintable():
        raise ambiguous(thing=name, reason=f"holds a character that MLflow reads in a way of its own: {text!r}")
    if text.count("/") != raw.count("/"):
        raise ambiguous(thing=name, reason="holds an encoded slash")
    if any(segment in ("", ".", "..") for segment in text.split("/")):
        raise ambiguous(thing=name, reason="holds an empty or a dot segment")
    return text


def canonical_path(match: Match) -> str:
    """The path to pass on: encoding is allowed in parameters only, and there in one form."""
    path = match.route.path
    for name, raw in match.parameters:
        encoded = quote(unquote_to_bytes(raw), safe=_SAFE_SEGMENT + "/")
        path = path.replace(f"{{{name}}}", encoded).replace(f"{{{name}:path}}", encoded)
    return path


def _read_query(route: Route, query: bytes) -> list[tuple[str, str]]:
    if not query:
        return []
    if route.method != "GET":
        raise ambiguous(thing="query", reason=f"does not belong to {route.method}")
    if len(query) > _LONGEST_TARGET:
        raise ambiguous(thing="query", reason=f"is longer than {_LONGEST_TARGET} bytes")
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, strict_parsing=True, encoding="utf-8", errors="strict"
        )
    except ValueError as error:
        raise ambiguous(thing="query", reason="is not a form-encoded query in UTF-8") from error
    names = Counter(name for name, _ in pairs)
    for name, value in pairs:
        if names[name] > 1 and name not in route.repeated:
            raise ambiguous(thing=f"query key {name!r}", reason="stands twice")
        if not name.isascii() or not name.isprintable() or "\x00" in value:
            raise ambiguous(thing=f"query key {name!r}", reason="holds a control character")
    _check_names(route, names)
    for name, value in pairs:
        if name in ("path", "artifact_file_path"):
            _check_query_path(name, value)
    return pairs


def _check_query_path(name: str, value: str) -> None:
    """A path in the query is decoded by MLflow again and again, so it is held to the same rule as one in the path."""
    if value and _decode_parameter(name, value) != value:
        raise ambiguous(thing=name, reason="is percent-encoded twice")


def _check_names(route: Route, names: Iterable[str]) -> None:
    """No name may be a second spelling (camelCase, other letters' case) of a field that the decision looks at."""
    for name in names:
        if name not in route.fields and (field := route.spellings.get(folded(name))) is not None:
            raise ambiguous(thing=f'"{name}"', reason=f'is a second spelling of "{field}"')


def _check_spellings(route: Route, values: Values) -> None:
    for rule in route.resources:
        for spellings in rule.fields:
            present = [name for name in spellings if name in values]
            # MLflow's client sends run_id and run_uuid, with the same value.
            if len({values[name] for name in present}) > 1:
                raise ambiguous(thing=" and ".join(present), reason="name two things where one is meant")
