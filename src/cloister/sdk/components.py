"""Components: registered from YAML with all files that it names, and put back beside their code where a job names one.

What is kept is the SDK's REST object and, as one folder, the author's own files as they lay beside one another: so that
a job which names the component is loaded exactly as one that names the file.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import yaml

from cloister.errors import Fault, SourceError, SpecError
from cloister.sdk.assets import Assets
from cloister.sdk.control import ControlClient
from cloister.sdk.registering import Document, Registering, rest_of
from cloister.sdk.uploads import LocalFile, files_of, upload

if TYPE_CHECKING:
    from cloister.jobs.reading.components import ComponentFile, ComponentReference

SOURCE: Final = "cloister.source"
_FILE: Final = "cloister.file"
# Keys whose values may be paths of files or folders beside the YAML.
_PATHS: Final = frozenset({"code", "component", "trial", "conda_file", "path", "additional_includes", "environment"})
_NOT_LOCAL: Final = re.compile(r"^(azureml:|git\+|https?:|[a-z0-9]+://|\$\{\{)")


def create_component(registering: Registering, path: Path, overrides: Mapping[str, object]) -> Document:
    """The version that was made of the component's file."""
    from cloister.jobs.reading.documents import load_document  # noqa: PLC0415 - the SDK takes seconds

    loaded = load_document("component", path, overrides)
    for note in loaded.notes:
        registering.say(note)
    properties = rest_of(loaded.entity)
    root, files = bundle(path)
    uri = upload(registering.control, "component", files, is_file=False, progress=registering.progress)
    held = {SOURCE: uri, _FILE: path.resolve().relative_to(root).as_posix()}
    properties["properties"] = {**(properties.get("properties") or {}), **held}
    spec = properties["componentSpec"]
    if isinstance(code := spec.get("code"), str) and not _NOT_LOCAL.match(code):
        spec["code"] = _code(registering, Path(code))
    return Assets(registering.control).put("components", loaded.entity.name, loaded.entity.version or "", properties)


def bundle(path: Path) -> tuple[Path, tuple[LocalFile, ...]]:
    """The folder that holds all that the file names, itself among it, and these files by their paths in it."""
    taken = sorted(_named(path.resolve(), set()))
    root = Path(os.path.commonpath([one.parent for one in taken]))
    return root, tuple(LocalFile(one, one.relative_to(root).as_posix(), one.stat().st_size) for one in taken)


class RegisteredComponents:
    """The components that the platform has, put on this machine as they are asked for, until this is left.

    `ask` opens the way to the platform, where a job names one at all.
    """

    def __init__(self, ask: Callable[[], AbstractContextManager[ControlClient]]) -> None:
        self._ask = ask
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    @cached_property
    def _assets(self) -> Assets:
        return Assets(self._open.enter_context(self._ask()))

    @cached_property
    def _folder(self) -> Path:
        return Path(self._open.enter_context(TemporaryDirectory(prefix="cloister-components-"))).resolve()

    def file_of(self, reference: "ComponentReference") -> "ComponentFile | None":
        """The component's file with its code beside it; None where there is none."""
        from cloister.jobs.reading.components import ComponentFile  # noqa: PLC0415 - the light verbs must not load it

        if reference.registry:
            return None
        try:
            found = self._assets.get("components", reference.name, reference.version, label=reference.label or "latest")
        except SpecError:
            return None
        file = (found["properties"].get("properties") or {}).get(_FILE)
        if not isinstance(file, str):
            mend = "register it with cloister component create, which brings its files along"
            raise SourceError(Fault(f'component "{reference.name}"', "was registered without its files", mend))
        target = self._folder / f"{reference.name}-{found['name']}"
        if not target.is_dir():
            tuple(self._assets.download("components", reference.name, found["name"], target))
        path = target / file
        if not path.resolve().is_relative_to(target):
            raise SourceError(Fault(f'component "{reference.name}"', "names a file outside of it", "register it anew"))
        return ComponentFile(_with_version(path, found["name"]), target)


def _with_version(path: Path, version: str) -> Path:
    """The file, once it says which version it is: its author may have left that to the platform."""
    from cloister.jobs.reading.positions import read_document  # noqa: PLC0415 - the light verbs must not load it

    # Read with bounds: it is somebody else's.
    document = read_document(path).root
    if str(document.get("version", "")) != version:
        path.write_text(yaml.safe_dump({**document, "version": version}, sort_keys=False), encoding="utf-8")
    return path


def _code(registering: Registering, folder: Path) -> str:
    """The id of the code as an asset of its own, as ARM has it."""
    files = files_of(folder)
    uri = upload(registering.control, folder.name, files, is_file=folder.is_file(), progress=registering.progress)
    name = uri.split("/LocalUpload/")[1].split("/")[0]
    made = Assets(registering.control).put("codes", name, "1", {"codeUri": uri, "isAnonymous": True})
    return f"azureml:{made['id']}"


def _named(path: Path, seen: set[Path]) -> set[Path]:
    """The file, and all that it and the files that it names do name."""
    if path in seen:
        return set()
    seen.add(path)
    found = {path}
    if path.suffix not in (".yml", ".yaml"):
        return found
    for text in _texts(yaml.safe_load(path.read_text(encoding="utf-8"))):
        named = path.parent / text.removeprefix("file:")
        if named.is_dir():
            found |= {file.source for file in files_of(named) if not _left_out(file.path)}
        elif named.is_file():
            found |= _named(named.resolve(), seen)
    return found


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - any YAML
    """What may be a path, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            inner_texts = inner if isinstance(inner, list) else [inner]
            if key in _PATHS:
                yield from (text for text in inner_texts if isinstance(text, str) and not _NOT_LOCAL.match(text))
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _left_out(path: str) -> bool:
    """What never goes along with code."""
    return any(part in (".git", "__pycache__", ".venv", ".ipynb_checkpoints") for part in path.split("/"))
