"""Data, models, components, environments, computes, schedules and datastores from their YAML files.

What comes out is the official SDK's own entity: whoever stores it asks it for its REST object. Our own checks come
first, as for jobs: they know the lines, the nearest key, and what Cloister does not take.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloister.errors import Fault, SpecError
from cloister.jobs.planning.types import FILE_TYPES
from cloister.jobs.reading import official
from cloister.jobs.reading.known_keys import key_faults, key_notes, near_key
from cloister.jobs.reading.overrides import override_faults
from cloister.jobs.reading.paths import found_at
from cloister.jobs.reading.positions import Document, read_document

DocumentKind = official.Kind

# The tables of keys of documents that come in several types, with the type that is meant where none is written.
_TYPES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "component": (
        "command",
        {
            "command": "command_component",
            "pipeline": "pipeline_component",
            "parallel": "parallel_component",
            "spark": "spark_component",
        },
    ),
    "compute": ("", {"amlcompute": "amlcompute", "computeinstance": "computeinstance"}),
    "datastore": (
        "",
        {
            "azure_blob": "azure_blob",
            "azure_file": "azure_file",
            "azure_data_lake_gen2": "azure_data_lake_gen2",
        },
    ),
}
# What Cloister does not take, by the kind of document and its type, with the nearest thing that works.
_REFUSED: Mapping[tuple[str, str], str] = {
    ("component", "automl"): "use a command component that trains the candidates and logs them to MLflow",
    ("component", "import"): "use a command component that reads the source, with its output as uri_folder",
    ("component", "data_transfer"): "use a command component that copies its input to its output",
    ("component", "flow"): "use a command component that runs the flow's Python",
    ("compute", "kubernetes"): "make it an amlcompute; agents on the cluster's machines take its name",
    ("compute", "virtualmachine"): "make it an amlcompute, and start an agent of its name on the machine",
    ("compute", "synapsespark"): "make it an amlcompute; spark steps run on it",
    ("datastore", "azure_data_lake_gen1"): "use azure_data_lake_gen2; Azure has retired the first generation",
    ("datastore", "one_lake"): "use azure_blob or azure_data_lake_gen2",
    ("schedule", "import_data"): "schedule a job that reads the source, with its output as uri_folder",
    ("schedule", "create_monitor"): "use cloister schedule create, which makes a monitor of it",
}


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """The SDK's entity, and what is said of keys that have no effect here.

    `missing` is what a dry run found to be not there; such a document cannot be made an asset.
    """

    entity: Any
    notes: tuple[str, ...]
    missing: tuple[Fault, ...] = ()


def load_document(
    kind: DocumentKind, path: Path, overrides: Mapping[str, object] | None = None, *, dry_run: bool = False
) -> LoadedDocument:
    """What the file holds. Raises SourceError where a file is missing, SpecError with every fault that was found.

    `overrides` replaces values, each named by its keys joined with dots: `version` -> 3. A dry run lets through that
    the data or the model itself is not there.
    """
    written = read_document(path)
    if refused := tuple(override_faults(written, overrides or {})):
        raise SpecError(refused)
    document = written.with_values(overrides or {})
    place, faults = _place(kind, document)
    if place:
        faults += key_faults(document.whole, place)
    missing = tuple(_path_faults(document)) if kind in ("data", "model") else ()
    if faults or (missing and not dry_run):
        raise SpecError([*faults, *missing])
    entity = official.load(kind, document, overrides, place=place)
    return LoadedDocument(entity, tuple(key_notes(document.whole, place)), missing)


def _place(kind: str, document: Document) -> tuple[str, list[Fault]]:
    """The table of keys for the document; empty, with the fault, where its type is none that Cloister takes."""
    if kind == "schedule":
        other = [action for of, action in _REFUSED if of == kind and action in document.root]
        return ("", [_refused(kind, other[0], document, other[0])]) if other else (kind, [])
    if kind not in _TYPES:
        return kind, []
    default, places = _TYPES[kind]
    written = str(document.root.get("type", default)).lower()
    if written in places:
        return places[written], []
    return "", [_type_fault(kind, written, list(places), document)]


def _type_fault(kind: str, written: str, taken: list[str], document: Document) -> Fault:
    if (kind, written) in _REFUSED:
        return _refused(kind, written, document, "type")
    if not written:
        return Fault("type", "is required and not given", f"add type: {' or '.join(taken)}", document.origin())
    mend = near_key(written, [*taken, *(refused for of, refused in _REFUSED if of == kind)])
    return Fault("type", f'there is no {kind} of type "{written}"', mend, document.origin("type"))


def _refused(kind: str, what: str, document: Document, key: str) -> Fault:
    return Fault(kind, f"Cloister does not take {what}", _REFUSED[(kind, what)], document.origin(key))


def _path_faults(document: Document) -> Iterator[Fault]:
    """A local path that leads nowhere, or to a folder where a file is meant; the SDK looks only when it uploads."""
    written = document.root.get("path")
    if not isinstance(written, str) or "://" in written or written.startswith("azureml:"):
        return
    found = found_at(document, written)
    kind = str(document.root.get("type", ""))
    origin = document.origin("path")
    if found is None:
        yield Fault("path", f'there is no file or folder "{written}"', "correct the path, relative to the file", origin)
    elif kind in FILE_TYPES and not found.is_file():
        yield Fault("path", f'"{written}" is a folder', "give a file, or make it type: uri_folder", origin)
    elif kind in ("uri_folder", "mltable", "mlflow_model") and not found.is_dir():
        yield Fault("path", f'"{written}" is a file', "give the folder, or make it type: uri_file", origin)
    elif kind == "mltable" and not (found / "MLTable").is_file():
        yield Fault("path", f'"{written}" holds no file MLTable', "add the MLTable file that describes it", origin)
