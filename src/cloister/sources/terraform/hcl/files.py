"""The files of a configuration, parsed by python-hcl2: the blocks of one folder, as one."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cloister.errors import Fault, SourceError, SpecError

_MARK = "__is_block__"
_MAX_CHARACTERS = 5_000_000

Blocks = list[tuple[str, tuple[str, ...], Mapping[str, Any], str]]
"""Every block: its kind, its labels, its body, and the file that it stands in."""


def blocks_of(path: Path) -> Blocks:
    """The blocks of a folder of .tf files, or of one. Raises SourceError and SpecError."""
    files = sorted(path.glob("*.tf")) if path.is_dir() else [path]
    return [block for file in files for block in _blocks(file)]


def _blocks(file: Path) -> Iterator[tuple[str, tuple[str, ...], Mapping[str, Any], str]]:
    for kind, listed in _parsed(file).items():
        for one in listed if isinstance(listed, list) else []:
            yield from _labelled(kind, (), one, str(file))


def _labelled(
    kind: str,
    labels: tuple[str, ...],
    body: Any,
    file: str,
) -> Iterator[tuple[str, tuple[str, ...], Mapping[str, Any], str]]:
    """A block under its labels: the parser nests one mapping for each."""
    if not isinstance(body, dict):
        return
    if _MARK in body:
        yield kind, labels, {key: value for key, value in body.items() if key != _MARK}, file
        return
    for label, inner in body.items():
        yield from _labelled(kind, (*labels, label.strip('"')), inner, file)


def _parsed(file: Path) -> dict[str, Any]:
    try:
        import hcl2  # noqa: PLC0415 - an extra: plans are read without it
    except ModuleNotFoundError as error:
        reason = "is a Terraform configuration, and what reads it is not installed"
        mend = "pip install 'cloister[terraform]', or plan it: cloister plan FOLDER --output plan.json"
        raise SourceError(Fault(str(file), reason, mend)) from error
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(Fault(str(file), "cannot be read as UTF-8 text", "name files that you may read")) from error
    if len(text) > _MAX_CHARACTERS:
        reason = f"has {len(text)} characters, and {_MAX_CHARACTERS} are the limit"
        raise SpecError(Fault(str(file), reason, "split it"))
    try:
        parsed: dict[str, Any] = hcl2.loads(text if text.endswith("\n") else f"{text}\n")
    except (Exception, RecursionError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        mend = "mend it, or plan it: cloister plan FOLDER tells what Terraform says"
        raise SpecError(Fault(str(file), f"is not HCL that can be read: {first}", mend)) from error
    return parsed
