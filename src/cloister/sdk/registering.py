"""Assets from an author's YAML: loaded by the official SDK, their local files uploaded, registered as REST objects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cloister.sdk.assets import Assets
from cloister.sdk.control import ControlClient
from cloister.sdk.uploads import Progress, files_of, upload

if TYPE_CHECKING:
    from cloister.sdk.uploads import LocalFile

Document = dict[str, Any]
Say = Callable[[str], None]
_KINDS: Mapping[Literal["data", "model"], tuple[str, str]] = {
    "data": ("data", "dataUri"),
    "model": ("models", "modelUri"),
}


@dataclass(frozen=True, slots=True)
class Registering:
    """Makes assets. `say` is told what has no effect here, `progress` how far an upload is."""

    control: ControlClient
    say: Say
    progress: Progress

    def create(self, kind: Literal["data", "model"], path: Path, overrides: Mapping[str, object]) -> Document:
        """The version that was made of a data or model document."""
        from cloister.jobs.reading.documents import load_document  # noqa: PLC0415 - the SDK takes seconds

        loaded = load_document(kind, path, overrides)
        for note in loaded.notes:
            self.say(note)
        container, key = _KINDS[kind]
        properties = rest_of(loaded.entity)
        properties[key] = self.placed(str(loaded.entity.path), path.parent, properties)
        return Assets(self.control).put(container, loaded.entity.name, loaded.entity.version or "", properties)

    def placed(self, path: str, folder: Path, properties: Document) -> str:
        """Where the data lies: the address that the author gave, or where the local files were uploaded to."""
        if is_address(path):
            return path
        source = (folder / path.removeprefix("file://").removeprefix("file:")).resolve()
        files = files_of(source)
        if properties.get("dataType") == "mltable":
            properties["referencedUris"] = _referenced(source, files)
        return upload(self.control, source.name, files, is_file=source.is_file(), progress=self.progress)


def is_address(path: str) -> bool:
    """Whether it names something that is not on this machine."""
    return path.startswith("azureml:") or ("://" in path and not path.startswith("file://"))


def rest_of(entity: Any) -> Document:  # noqa: ANN401 - untyped SDK
    """The properties of the SDK's own REST object."""
    found: Document = entity._to_rest_object().as_dict()["properties"]  # noqa: SLF001 - the SDK has no public door
    return found


def _referenced(source: Path, files: "tuple[LocalFile, ...]") -> list[str]:
    from cloister.jobs.assets.mltable import FILE, referenced  # noqa: PLC0415 - with mltable data alone

    text = (source / FILE).read_text(encoding="utf-8")
    return list(referenced(text, {file.path for file in files}))
