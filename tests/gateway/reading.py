"""The gateway's reading of a request against MLflow's own, on requests that were made to be misread.

    python tests/gateway/reading.py --seed 1 --cases 3000
    python tests/gateway/reading.py --seed 2 --seconds 600

Each request begins as a proper one and is bent in a few places: names, spellings, encodings, twins, JSON of every odd
form, paths. What the gateway refuses is out of the way. Of what it lets through, the bytes that it would forward are
read by MLflow's own routing and its handlers' parser (of the installed release), and every field that a decision looks
at has to hold what the gateway judged. Prints one JSON object; each difference is a hole.
"""

import argparse
import json
import random
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

warnings.simplefilter("ignore")

from mlflow.protos import databricks_pb2  # noqa: E402 - the warnings of its imports are not ours
from mlflow.protos.mlflow_artifacts_pb2 import MlflowArtifactsService  # noqa: E402
from mlflow.protos.model_registry_pb2 import ModelRegistryService  # noqa: E402
from mlflow.protos.service_pb2 import MlflowService  # noqa: E402
from mlflow.server import app  # noqa: E402
from mlflow.server.handlers import _get_paths, _get_request_message  # noqa: E402

from cloister.errors import CloisterError  # noqa: E402
from cloister.gateway.mlflow.canonical import Canonical, canonical, check_path, read_json  # noqa: E402
from cloister.gateway.mlflow.nested import _NAMING, _TAGGING, items, logged_models  # noqa: E402
from cloister.gateway.mlflow.routes import Route, find, routes  # noqa: E402

Chance = random.Random
_TEXTS = ("1", "2", "0", "a", "churn", "3f2a", "m-1", "x/y", "../2", "é", " ", "1 ", "%31", "1,2", '"1"', "[]", "null")


@dataclass
class Raw:
    """A request as it comes in."""

    method: str
    path: str
    query: str
    body: bytes | None


@dataclass(frozen=True)
class Hole:
    """A field that MLflow reads differently from what was judged."""

    field: str
    judged: tuple[str, ...]
    read: tuple[str, ...]
    method: str
    path: str
    query: str
    body: str
    forwarded: str


def classes() -> Mapping[tuple[str, str], Any]:
    """The message that MLflow parses a request into, by method and Flask's path."""
    found: dict[tuple[str, str], Any] = {}
    for service in (MlflowService, ModelRegistryService, MlflowArtifactsService):
        for method in service.DESCRIPTOR.methods:
            for endpoint in method.GetOptions().Extensions[databricks_pb2.rpc].endpoints:
                for path in _get_paths(endpoint.path, version=endpoint.since.major):
                    found[endpoint.method, path] = service().GetRequestClass(method)
    return found


MESSAGES = classes()
ROUTES = tuple(route for route in routes() if route.path != "/graphql")


def proper(route: Route, chance: Chance) -> tuple[str, list[tuple[str, object]]]:
    """A path of the route, and fields as a client would send them."""
    path = route.path
    fields: list[tuple[str, object]] = []
    for name in route.pattern.groupindex:
        held = quote(chance.choice(("m-1", "1/r/artifacts/f", "k", "a b")), safe="/" if ":path}" in path else "")
        path = path.replace(f"{{{name}:path}}", held).replace(f"{{{name}}}", held.replace("/", "-"))
    for rule in route.resources:
        for spellings in rule.fields if rule.kind not in ("all", "graphql") else ():
            name = chance.choice(spellings)
            if name in route.pattern.groupindex:
                continue
            is_plural = rule.kind in ("experiments", "runs") or name.endswith("s")
            value: object = chance.choice(_TEXTS)
            if "." in name:
                fields.append(deep(name.split("."), value, chance))
                continue
            fields.append((name, [value, chance.choice(_TEXTS)] if is_plural and chance.random() < 0.9 else value))
    if chance.random() < 0.3:
        fields.append((chance.choice(("stage", "alias", "source", "run_id", "model_id", "key")), chance.choice(_TEXTS)))
    fields.extend((name, [item(key, chance) for _ in range(chance.randrange(3))]) for name, key in below(route))
    chance.shuffle(fields)
    return path, fields


def deep(names: list[str], value: object, chance: Chance) -> tuple[str, object]:
    """A field inside of objects, sometimes with a twin at some level, sometimes in lists."""
    level, *rest = names
    name = level.removesuffix("[]")
    if not rest:
        return name, value_bent(value, chance) if chance.random() < 0.1 else value
    below = dict([deep(rest, value, chance)])
    if chance.random() < 0.2:
        twin, other = deep(rest, chance.choice(_TEXTS), chance)
        below[chance.choice(NAMES)(twin)] = other
    if chance.random() < 0.3:  # something of a wrong type, over which MLflow's parser gives up
        below[chance.choice(("state", "type", "request_time", "version", "x"))] = chance.choice(([], {}, 7, [1], "x"))
    pairs = dict(chance.sample(list(below.items()), len(below)))
    is_list = (level != name) != (chance.random() < 0.1)
    return name, [
        pairs,
        *([pairs] if chance.random() < 0.3 else []),
        *([{}] if chance.random() < 0.1 else []),
    ] if is_list else pairs


def texts_below(message: Any, names: list[str]) -> Iterator[str]:  # noqa: ANN401 - any of protobuf's messages
    """The texts that a parsed message holds at a place."""
    level, *rest = names
    name = level.removesuffix("[]")
    held = getattr(message, name)
    for one in held if message.DESCRIPTOR.fields_by_name[name].is_repeated else [held]:
        if rest:
            yield from texts_below(one, rest)
        elif one:
            yield str(one)


def below(route: Route) -> Iterator[tuple[str, str]]:
    """The lists of a route's body in which objects are named: each list, and the field that names."""
    kind = next(
        (kind for (method, path), kind in MESSAGES.items() if (method, path) == (route.method, route.path)), None
    )
    fields = {field.name: field for field in kind.DESCRIPTOR.fields} if kind is not None else {}
    for name, key in (("metrics", "model_id"), ("models", "model_id"), ("tags", "key")):
        message = fields[name].message_type if name in fields else None
        if message is not None and key in {field.name for field in message.fields}:
            yield name, key


def item(key: str, chance: Chance) -> dict[str, object]:
    """An object of such a list, sometimes with a twin of the name."""
    made: dict[str, object] = {"key": "k", "value": "1"}
    made[key] = chance.choice(_TEXTS)
    if chance.random() < 0.3:
        made[chance.choice(NAMES)(key)] = value_bent(made[key], chance)
    return dict(chance.sample(list(made.items()), len(made)))


def camel(name: str) -> str:
    """A field's second name in protobuf's JSON."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


NAMES: tuple[Callable[[str], str], ...] = (
    camel,
    str.upper,
    str.title,
    lambda name: name.replace("_", "-"),
    lambda name: name.replace("_", "."),
    lambda name: name + " ",
    lambda name: "\ufeff" + name,
    lambda name: f"[{name}]",
    lambda name: name + "[]",
    lambda name: name.replace("i", "\u0131"),
    lambda name: name.replace("_", "__"),
    lambda name: name + "\x00",
    lambda name: camel(name).replace("Id", "ID"),
    lambda name: name.rstrip("s"),
)


def value_bent(value: object, chance: Chance) -> object:
    """Something else where a text is due."""
    return chance.choice(
        (
            value,
            chance.choice(_TEXTS),
            [value],
            [value, chance.choice(_TEXTS)],
            {"value": value},
            None,
            1,
            1.0,
            True,
            "",
            str(value) + "\n",
            "\u2028" + str(value),
            str(value) + "\u0000",
            [[value]],
            [],
            {},
            [None],
            [1, "1"],
        )
    )


def json_text(fields: list[tuple[str, object]], chance: Chance) -> bytes:
    """The fields as a JSON object that may be written oddly."""
    pairs = [f"{escaped(name, chance)}: {json.dumps(value)}" for name, value in fields]
    text = "{" + ", ".join(pairs) + "}"
    if chance.random() < 0.75:
        return text.encode()
    more = text[:-1] + (", " if fields else "")
    odd = (
        json.dumps(text),
        "\ufeff" + text,
        f"[{text}]",
        text + " {}",
        text[:-1] + ",}",
        text.replace("{", "{/**/", 1),
        "",
        "null",
        more + '"n": NaN}',
        more + '"e": 1e999}',
        more + '"s": "\\ud800"}',
        text.replace('"', "'"),
        f" \n{text}\n ",
    )
    return chance.choice(odd).encode(chance.choice(("utf-8",) * 8 + ("utf-16", "utf-32-le", "utf-7")))


def escaped(name: str, chance: Chance) -> str:
    """A name in JSON, sometimes with a letter escaped."""
    text = json.dumps(name)
    if len(name) > 1 and name.isascii() and chance.random() < 0.1:
        at = chance.randrange(len(name))
        text = f'"{json.dumps(name[:at])[1:-1]}\\u{ord(name[at]):04x}{json.dumps(name[at + 1 :])[1:-1]}"'
    return text


def query_text(fields: list[tuple[str, object]], chance: Chance) -> str:
    """The fields as a query that may be written oddly."""
    parts = []
    for name, value in fields:
        for one in value if isinstance(value, list) else [value]:
            text = one if isinstance(one, str) else json.dumps(one)
            encode = chance.choice((quote, quote, quote, every_letter, lambda each: quote(quote(each))))
            parts.append(f"{encode(name) if chance.random() < 0.1 else quote(name)}={encode(text)}")
    joined = chance.choice(("&",) * 12 + (";", "&&", "&;", "%26")).join(parts)
    if chance.random() < 0.1:
        joined += chance.choice(("&", "&x", "&=1", "&%00=1", "&\xe9=1", "&a=%ff", "#&run_id=2", "?run_id=2", "&a=1+1"))
    return joined


def every_letter(text: str) -> str:
    """A text with every byte encoded."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def path_bent(path: str, chance: Chance) -> str:
    """The path written otherwise."""
    at = chance.randrange(len(path))
    return chance.choice(
        (
            path[:at] + f"%{ord(path[at]):02x}" + path[at + 1 :],
            path.replace("/", "//", 1),
            path + "/",
            path.replace("/mlflow", "/./mlflow", 1),
            path.replace("/mlflow", "/x/../mlflow", 1),
            path[:at] + path[at:].upper(),
            path.replace("/", "%2f", 2),
            path + "%20",
            path + ";a=1",
            path + "%00",
            path.replace("2.0", "3.0"),
            path.replace("/api/", "/ajax-api/"),
            path.replace("m-1", "m%2d1"),
            path.replace("m-1", "%6d-1"),
            path.replace("m-1", "m-1%252e"),
            path.replace("/artifacts/f", "/artifacts/../../../2/r/artifacts/f"),
            path.replace("/artifacts/f", "/artifacts/%2e%2e/f"),
            path.replace("/artifacts/f", "/artifacts/%5c..%5cf"),
        )
    )


def bent(route: Route, chance: Chance) -> Raw:
    """A request on the route that may be misread."""
    path, fields = proper(route, chance)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
        if fields and chance.random() < 0.4:
            name, value = chance.choice(fields)
            other = chance.choice(NAMES)(name) if chance.random() < 0.7 else name
            fields.insert(chance.randrange(len(fields) + 1), (other, value_bent(value, chance)))
        elif fields and chance.random() < 0.5:
            at = chance.randrange(len(fields))
            fields[at] = fields[at][0], value_bent(fields[at][1], chance)
        elif fields and chance.random() < 0.3:
            at = chance.randrange(len(fields))
            fields[at] = chance.choice(NAMES)(fields[at][0]), fields[at][1]
        elif chance.random() < 0.3:
            path = path_bent(path, chance)
    in_body = (route.method != "GET") != (chance.random() < 0.07)
    query = "" if in_body and chance.random() < 0.93 else query_text(fields, chance)
    body = json_text(fields, chance) if in_body or chance.random() < 0.05 else None
    method = route.method if chance.random() < 0.97 else chance.choice(("GET", "POST", "PUT", "PATCH", "DELETE"))
    return Raw(method, path, query, body)


def judged(raw: Raw) -> Canonical | None:
    """The gateway's one reading, or None where it refuses."""
    try:
        path = check_path(raw.path.encode("latin-1", "replace"))
        match = find(raw.method, path)
        if match is None or match.route.path == "/graphql" or (match.route.body == "-" and raw.body):
            return None
        document = read_json(raw.body or b"", empty_is_object=True) if match.route.body == "json" else None
        request = canonical(match, raw.query.encode("latin-1", "replace"), document)
        judged_below(request)
    except CloisterError:
        return None
    return request


def differences(raw: Raw, request: Canonical) -> Iterator[Hole]:
    """The fields that MLflow reads differently in what is forwarded."""
    body = request.body
    with app.test_request_context(
        request.target, method=raw.method, data=body, content_type="application/json"
    ) as context:
        flask = context.request
        if flask.routing_exception is not None or flask.url_rule is None:
            return  # the other layer serves it, or nothing does
        read: dict[str, tuple[str, ...]] = {name: (str(value),) for name, value in (flask.view_args or {}).items()}
        kind = MESSAGES.get((raw.method, flask.url_rule.rule))
        if kind is not None:
            try:
                message = _get_request_message(kind(), flask)
            except Exception:  # noqa: BLE001 - MLflow refuses it, in whatever way
                return
            yield from nested(raw, request, message)
            deeper = [name for name in request.route.fields if "." in name]
            read |= {name: tuple(texts_below(message, name.split("."))) for name in deeper}
            for field in message.DESCRIPTOR.fields:
                if field.name not in read and field.message_type is None:
                    read[field.name] = texts(getattr(message, field.name), repeated=field.is_repeated)
        else:
            for name in flask.args:
                read.setdefault(name, texts(flask.args.getlist(name), repeated=True))
    for name in sorted(request.route.fields.keys() & set(read)):
        said = tuple(value for value in request.values.get(name, ()) if value)
        # Of a list MLflow may read less than was judged, where it gives up in the middle, but never nothing.
        is_begun = "[]" in name and read[name] and said[: len(read[name])] == read[name]
        if said != read[name] and not is_begun:
            yield hole(name, said, read[name], raw, request)


def nested(raw: Raw, request: Canonical, message: object) -> Iterator[Hole]:
    """The logged models and the tags that stand deeper in a body: what was judged has to hold all that is read."""
    models, tags = judged_below(request)
    names = [
        one.model_id for name in ("metrics", "models") for one in getattr(message, name, ()) if hasattr(one, "model_id")
    ]
    keys = [tag.key for tag in getattr(message, "tags", ())]
    for field, said, found in (("model_id", models, names), ("tags.key", tags, keys)):
        if said is not None and (missed := set(found) - set(said) - {""}):
            yield hole(field, said, tuple(sorted(missed)), raw, request)


def judged_below(request: Canonical) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """Logged models and keys of tags as the gateway reads them; None where it does not look at them on this route."""
    models = logged_models(request.route, request.document) if request.route.action in _NAMING else None
    keys = [tag.get("key") for tag in items(request.document, "tags")] if request.route.action in _TAGGING else None
    return models, None if keys is None else tuple(key for key in keys if isinstance(key, str))


def hole(field: str, said: tuple[str, ...], read: tuple[str, ...], raw: Raw, request: Canonical) -> Hole:
    """The difference, with all that is needed to see it again."""
    forwarded = f"{request.target} {(request.body or b'').decode()}"
    return Hole(field, said, read, raw.method, raw.path, raw.query, (raw.body or b"").decode("latin-1"), forwarded)


def texts(value: object, *, repeated: bool) -> tuple[str, ...]:
    """A field's value as texts; an empty one says nothing."""
    listed = list(value) if repeated else [value]  # type: ignore[call-overload]  # protobuf's containers
    return tuple(str(one) for one in listed if one not in ("", None))


def main() -> None:
    """Run, and tell what was found."""
    options = argparse.ArgumentParser()
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--cases", type=int, default=0)
    options.add_argument("--seconds", type=float, default=0)
    given = options.parse_args()
    chance, counts = Chance(given.seed), Counter[str]()
    holes: list[Hole] = []
    passed: Counter[str] = Counter()
    end = time.monotonic() + given.seconds
    while counts["sent"] < given.cases or time.monotonic() < end:
        raw = bent(chance.choice(ROUTES), chance)
        counts["sent"] += 1
        request = judged(raw)
        if request is None:
            counts["refused"] += 1
            continue
        passed[f"{request.route.method} {request.route.path}"] += 1
        holes.extend(differences(raw, request))
        if len(holes) >= 20:
            break
    told = {**counts, "routes": len(passed), "holes": [asdict(hole) for hole in holes]}
    print(json.dumps(told, indent=1))  # noqa: T201 - the program's answer


if __name__ == "__main__":
    main()
