"""YAML documents of the users, read into pydantic models: every fault in one run, with file, line, column and mend."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from cloister.errors import Fault, SourceError, SpecError
from cloister.origin import Origin

Shape = TypeVar("Shape", bound=BaseModel)
Key = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document(Generic[Shape]):
    """What a file says, and where it says it."""

    content: Shape
    file: str
    places: dict[Key, tuple[int, int]]

    def origin(self, *key: str | int) -> Origin:
        """The place of a key (`"metric_thresholds", "numerical"`), or of the nearest key above it that was written."""
        return _origin(self.file, self.places, key)


def read_document(path: Path, shape: type[Shape]) -> Document[Shape]:
    """The document at `path` in the given shape. Raises SourceError for the file, SpecError for its content."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = f"cannot be read: {error.strerror if isinstance(error, OSError) else 'it is not UTF-8 text'}"
        raise SourceError(Fault(str(path), reason, "give the path of a YAML file that you may read")) from error
    return parse_document(text, shape, file=str(path))


def parse_document(text: str, shape: type[Shape], *, file: str) -> Document[Shape]:
    """As `read_document`, for a text at hand."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        origin = Origin(file, mark.line + 1, mark.column + 1) if mark else Origin(file, 1)
        fault = Fault(file, f"is not YAML: {error.problem}", "mend the syntax at that place", origin)
        raise SpecError(fault) from error
    except yaml.YAMLError as error:
        raise SpecError(Fault(file, "is not YAML text", "write it as plain UTF-8 text", Origin(file, 1))) from error
    if not isinstance(node, yaml.MappingNode):
        raise SpecError(Fault(file, "is not a mapping of keys", "write `key: value` lines", Origin(file, 1)))
    repeated: list[Fault] = []
    places = dict(_places(node, (), file, repeated))
    try:
        content = shape.model_validate(values)
    except ValidationError as error:
        found = [_fault(problem, shape, file, places) for problem in error.errors(include_url=False)]
        raise SpecError([*repeated, *found]) from error
    if repeated:
        raise SpecError(repeated)
    return Document(content, file, places)


def _places(node: yaml.Node, at: Key, file: str, repeated: list[Fault]) -> Iterator[tuple[Key, tuple[int, int]]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key_node, value_node in node.value:
            key = str(key_node.value)
            mark = key_node.start_mark
            if key in seen:
                origin = Origin(file, mark.line + 1, mark.column + 1)
                repeated.append(Fault(f'key "{key}"', "stands there twice", "keep one of the two", origin))
            seen.add(key)
            yield (*at, key), (mark.line + 1, mark.column + 1)
            yield from _places(value_node, (*at, key), file, repeated)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*at, index), (item.start_mark.line + 1, item.start_mark.column + 1)
            yield from _places(item, (*at, index), file, repeated)


def _origin(file: str, places: dict[Key, tuple[int, int]], key: Key) -> Origin:
    for length in range(len(key), 0, -1):
        if (place := places.get(key[:length])) is not None:
            return Origin(file, *place)
    return Origin(file, 1)


def _fault(problem: Any, shape: type[BaseModel], file: str, places: dict[Key, tuple[int, int]]) -> Fault:  # noqa: ANN401 - pydantic's error record
    written = _written(tuple(problem["loc"]), places)
    name = ".".join(str(part) for part in written) or file
    origin = _origin(file, places, written)
    if problem["type"] == "extra_forbidden":
        return Fault(f'key "{name}"', "is unknown here", _near_miss(written, shape), origin)
    if problem["type"] == "missing":
        return Fault(f'key "{name}"', "is missing", f"add `{written[-1]}:` there", origin)
    reason = f"{problem['msg'][0].lower()}{problem['msg'][1:]}"
    shown = "" if isinstance(problem["input"], dict | list) else f", and {problem['input']!r} is written"
    return Fault(f'key "{name}"', f"{reason}{shown}", "write a value of that kind", origin)


def _written(loc: Key, places: dict[Key, tuple[int, int]]) -> Key:
    """The key as the author wrote it: pydantic puts the names of union members and `[key]` between the keys."""
    key: Key = ()
    for index, part in enumerate(loc):
        if (*key, part) in places or index == len(loc) - 1:
            key = (*key, part)
    return key[:-1] if key and key[-1] == "[key]" else key


def _near_miss(key: Key, shape: type[BaseModel]) -> str:
    names = sorted({field.alias or name for model in _models(shape) for name, field in model.model_fields.items()})
    near = get_close_matches(str(key[-1]), names, n=1)
    return f"did you mean `{near[0]}`?" if near else "remove it"


def _models(shape: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield shape
    for field in shape.model_fields.values():
        for inner in _inside(field.annotation):
            yield from _models(inner)


def _inside(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - any type expression
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _inside(argument)
