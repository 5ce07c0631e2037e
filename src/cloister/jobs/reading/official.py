"""The official azure-ai-ml SDK as the judge of a YAML document: the only module that imports it, and only when called.

The SDK takes seconds to import and speaks through warnings and loggers; both are kept from the user, its verdict is
not. No client is made, so it has nobody to talk to.
"""

import json
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from cloister.errors import Fault, SpecError
from cloister.jobs.reading.known_keys import keys_of, near_key
from cloister.jobs.reading.positions import Document

Kind = Literal["job", "data", "model", "component", "environment", "compute", "schedule", "datastore"]

_MEND = "see https://learn.microsoft.com/azure/machine-learning/reference-yaml-overview"


def load(kind: Kind, document: Document, overrides: Mapping[str, object] | None = None, *, place: str = "") -> Any:  # noqa: ANN401 - untyped SDK
    """The SDK's own entity. Raises SpecError with what the SDK says, each fault at its line.

    `place` names the table of keys in which the nearest to an unknown one is looked up.
    """
    os.environ.setdefault("AZURE_CORE_COLLECT_TELEMETRY", "0")
    with _without_warnings():
        from azure.ai.ml.entities import _load_functions  # noqa: PLC0415 - lazy on purpose: it takes seconds

        # After the import, which sets levels of its own.
        _silence()
        read: Callable[..., Any] = getattr(_load_functions, f"load_{kind}")
        try:
            return read(Path(document.file), params_override=[{key: value} for key, value in (overrides or {}).items()])
        except Exception as error:
            # The SDK raises marshmallow's, its own and built-in errors alike; all of them judge the document.
            raise SpecError(_faults(document, error, place)) from error


@contextmanager
def _without_warnings() -> Iterator[None]:
    """The SDK's classes warn, as they are defined, of what their authors have to change."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _silence() -> None:
    """Keep the SDK's loggers to themselves: they tell of experimental classes that the author never named."""
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("azure.ai.ml"):
            logging.getLogger(name).setLevel(logging.CRITICAL)


def ignored_files() -> Callable[[Path, Path], bool]:
    """Whether a file below a code folder stays behind: the SDK's own reading of .amlignore, else .gitignore."""
    with _without_warnings():
        from azure.ai.ml._utils._asset_utils import get_ignore_file  # noqa: PLC0415 - lazy; no public door

    known: dict[Path, Any] = {}

    def excluded(root: Path, path: Path) -> bool:
        if root not in known:
            known[root] = get_ignore_file(root)
        return bool(known[root].is_file_excluded(path))

    return excluded


def _faults(document: Document, error: Exception, place: str) -> list[Fault]:
    text = str(getattr(error, "message", "") or error)
    if found := list(_told(document, text, place)):
        return list(dict.fromkeys(found))
    first = text.strip().splitlines()[0] if text.strip() else type(error).__name__
    return [Fault(document.file, first, _MEND, document.origin())]


def _told(document: Document, text: str, place: str) -> Iterator[Fault]:
    """The SDK's own list of errors with paths, or marshmallow's nested messages; nothing where it is plain text."""
    told = _json_within(text)
    if told is None:
        return
    if not isinstance(errors := told.get("errors"), list):
        yield from _nested(document, told, (), place)
        return
    for error in errors:
        path, message = str(error.get("path", "")).split("."), str(error.get("message", ""))
        if path == ["*"] and (inner := list(_told(document, message, place))):
            yield from inner
        else:
            yield from _step_faults(document, path, message, place)


def _json_within(text: str) -> dict[str, Any] | None:
    start, end = text.find("{"), text.rfind("}")
    if not 0 <= start < end:
        return None
    try:
        told = json.loads(text[start : end + 1])
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _step_faults(document: Document, path: list[str], message: str, place: str) -> Iterator[Fault]:
    """The fault; of a step with its command in it, what is wrong there, where the SDK asks for a component only."""
    inline = path[:1] == ["jobs"] and path[2:] == ["component"] and "component" not in document.mapping(*path[:2])
    if inline:
        from azure.ai.ml._schema.job.command_job import CommandJobSchema  # noqa: PLC0415 - lazy, as all of the SDK

        schema = CommandJobSchema(context={"base_path": document.folder})
        # Bindings to the pipeline, which stand in inputs and outputs, are unknown to a job by itself.
        alone = {key: value for key, value in document.mapping(*path[:2]).items() if key not in ("inputs", "outputs")}
        messages = schema.validate(alone)
        if found := list(_nested(document, messages, tuple(path[:2]), place)):
            yield from found
            return
    yield _fault(document, path, message, place)


def _nested(document: Document, told: Any, path: tuple[str, ...], place: str) -> Iterator[Fault]:  # noqa: ANN401 - any JSON
    """Each message with its path. Of what may take several forms, the SDK says what keeps it from each of them."""
    if isinstance(told, dict):
        for key, value in told.items():
            yield from _nested(document, value, (*path, str(key)), place)
        return
    for message in told if isinstance(told, list) else [told]:
        if isinstance(message, dict):
            yield from _nested(document, message, path, place)
        else:
            yield _fault(document, list(path), str(message), place)


def _fault(document: Document, path: list[str], message: str, place: str) -> Fault:
    lines = [line.strip() for line in message.strip().splitlines() if line.strip(" :;")]
    where = ".".join(part for part in path if part and part != "*")
    thing, reason, origin = where or document.file, lines[0] if lines else "is refused", document.origin(*path)
    match reason:
        case "Unknown field.":
            mend = near_key(path[-1], keys_of(place).all) if place and len(path) == 1 else _MEND
            return Fault(f'key "{where}"', "is no key of an Azure ML v2 document", mend, origin)
        case "Missing data for required field.":
            return Fault(thing, "is required and not given", f'add the key "{path[-1]}"', origin)
    return Fault(thing, reason, _MEND, origin)
