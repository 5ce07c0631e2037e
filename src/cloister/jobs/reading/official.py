"""The official azure-ai-ml SDK as the judge of a job's YAML: the only module that imports it, and only when called.

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
from typing import Any

from cloister.errors import Fault, SpecError
from cloister.jobs.reading.positions import Document

_MEND = "see https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-pipeline"


def load(document: Document, overrides: Mapping[str, object]) -> Any:  # noqa: ANN401 - untyped SDK
    """The SDK's own object for the job. Raises SpecError with what the SDK says, each fault at its line."""
    os.environ.setdefault("AZURE_CORE_COLLECT_TELEMETRY", "0")
    with _without_warnings():
        from azure.ai.ml import load_job  # noqa: PLC0415 - lazy on purpose: it takes seconds

        # After the import, which sets levels of its own.
        _silence()

        try:
            return load_job(Path(document.file), params_override=[{key: value} for key, value in overrides.items()])
        except Exception as error:
            # The SDK raises marshmallow's, its own and built-in errors alike; all of them judge the document.
            raise SpecError(_faults(document, error)) from error


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


def _faults(document: Document, error: Exception) -> list[Fault]:
    text = str(getattr(error, "message", "") or error)
    start, end = text.find("{"), text.rfind("}")
    if 0 <= start < end:
        try:
            told = json.loads(text[start : end + 1])
        except ValueError:
            told = None
        if isinstance(told, dict) and (found := list(_told(document, told))):
            return found
    first = text.strip().splitlines()[0] if text.strip() else type(error).__name__
    return [Fault(document.file, first, _MEND, document.origin())]


def _told(document: Document, told: dict[str, Any]) -> list[Fault]:
    """The SDK's own list of errors with paths, or marshmallow's nested messages."""
    if isinstance(errors := told.get("errors"), list):
        found = [(str(e.get("path", "")).split("."), str(e.get("message", ""))) for e in errors]
        return [fault for path, message in found for fault in _step_faults(document, path, message)]
    return list(_nested(document, told, ()))


def _step_faults(document: Document, path: list[str], message: str) -> list[Fault]:
    """The fault; of a step with its command in it, what is wrong there, where the SDK asks for a component only."""
    inline = path[:1] == ["jobs"] and path[2:] == ["component"] and "component" not in document.mapping(*path[:2])
    if inline:
        from azure.ai.ml._schema.job.command_job import CommandJobSchema  # noqa: PLC0415 - lazy, as all of the SDK

        schema = CommandJobSchema(context={"base_path": Path(document.file).parent})
        # Bindings to the pipeline, which stand in inputs and outputs, are unknown to a job by itself.
        alone = {key: value for key, value in document.mapping(*path[:2]).items() if key not in ("inputs", "outputs")}
        messages = schema.validate(alone)
        if found := list(_nested(document, messages, tuple(path[:2]))):
            return found
    return [_fault(document, path, message)]


def _nested(document: Document, told: Any, path: tuple[str, ...]) -> list[Fault]:  # noqa: ANN401 - any JSON
    if isinstance(told, dict):
        return [fault for key, value in told.items() for fault in _nested(document, value, (*path, str(key)))]
    messages = told if isinstance(told, list) else [told]
    return [_fault(document, list(path), str(message)) for message in messages]


def _fault(document: Document, path: list[str], message: str) -> Fault:
    lines = [line.strip() for line in message.strip().splitlines() if line.strip(" :;")]
    where = ".".join(part for part in path if part and part != "*")
    return Fault(where or document.file, lines[0] if lines else "is refused", _MEND, document.origin(*path))
