"""Objects of the official SDK that were built in Python, as the YAML that they stand for.

The SDK writes them down itself. What it writes is not quite what it reads: local paths come out with `azureml:` before
them, a component that was made in Python inside of its step, and empty what was never said. That is put right, then it
is loaded as any other file.
"""

import warnings
from pathlib import Path
from typing import Any, Final

from cloister.errors import Fault, SpecError

_PATHS: Final = frozenset({"path", "code", "conda_file"})


def written(source: Any, folder: Path) -> Path:  # noqa: ANN401 - a path, or an object of an untyped SDK
    """The source where it is a path; else the file that it was written to, below the folder. Raises SpecError."""
    import yaml  # noqa: PLC0415 - with the SDK's objects alone

    if isinstance(source, str | Path):
        return Path(source)
    entity = source._to_job() if hasattr(source, "_to_job") else source  # noqa: SLF001 - no public door
    if not hasattr(entity, "dump"):
        kind = type(source).__name__
        mend = "give a file, or a job of azure.ai.ml: command(...), a pipeline"
        raise SpecError(Fault(f"a {kind}", "is no job", mend))
    file = folder / "job.yml"
    with warnings.catch_warnings():
        # Its schemas warn, as they are used, of what their authors have to change.
        warnings.simplefilter("ignore")
        entity.dump(str(file))
    document = _local(yaml.safe_load(file.read_text(encoding="utf-8")), Path.cwd())
    for number, step in enumerate(_inline(document)):
        beside = folder / f"component-{number}.yml"
        beside.write_text(yaml.safe_dump(step["component"], sort_keys=False), encoding="utf-8")
        step["component"] = f"./{beside.name}"
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return file


def _inline(document: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any YAML
    """The steps that hold their component; of a pipeline component, those of its own come first."""
    found: list[dict[str, Any]] = []
    for step in (document.get("jobs") or {}).values() if isinstance(document, dict) else ():
        if isinstance(step, dict) and isinstance(step.get("component"), dict):
            found += [*_inline(step["component"]), step]
    return found


def _local(value: Any, base: Path) -> Any:  # noqa: ANN401 - any YAML
    """The document with the local paths in it absolute, and without what says nothing."""
    if isinstance(value, dict):
        said = {key: text for key, text in value.items() if text != {}}
        return {key: _path(text, base) if key in _PATHS else _local(text, base) for key, text in said.items()}
    return [_local(one, base) for one in value] if isinstance(value, list) else value


def _path(value: Any, base: Path) -> Any:  # noqa: ANN401 - any YAML
    """A local path absolute; what is a name, a reference or an address stays."""
    if not isinstance(value, str):
        return _local(value, base)
    local = value.removeprefix("azureml:")
    is_marked = local.startswith(("./", "../", "/")) and not local.startswith("//")
    return str((base / local).resolve()) if is_marked or (base / value).exists() else value
