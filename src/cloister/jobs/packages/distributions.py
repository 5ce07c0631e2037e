"""What is in a wheel or a source archive, held against what its name says. Nothing is unpacked to a disk.

A wheel's RECORD names every file with its hash (https://packaging.python.org/specifications/binary-distribution-format,
read 2026-11); installers do not check it, so it is checked here, once, before anybody can install the wheel.
"""

import base64
import csv
import gzip
import hashlib
import io
import math
import os
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from pathlib import Path, PurePosixPath
from typing import IO, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cloister.errors import CloisterError, Fault, SpecError
from cloister.jobs.packages.names import FileName, is_version, read_requirement

_LARGEST_UNPACKED: Final = 16 * 2**30
_LARGEST_METADATA: Final = 4 * 2**20
_LARGEST_RECORD: Final = 32 * 2**20
_MOST_FILES: Final = 200_000
_PIECE: Final = 1 << 20
# What stands at the end of an archive, with the records that only large ones have.
_ENDS: Final = 56 + 20 + 22
_LOCAL_HEADER: Final = b"PK\x03\x04"
_COMPRESSED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 1
_UNLISTED: Final = frozenset({"RECORD", "RECORD.jws", "RECORD.p7s"})
_MEND: Final = "get the file anew from where it was built; if it is the same there, do not use it"


@dataclass(frozen=True, slots=True)
class Distribution:
    """A file that is what its name says. `metadata` is its core metadata as it stands in it."""

    name: FileName
    metadata: bytes
    requires_python: str


def read_distribution(path: Path, name: FileName) -> Distribution:
    """What is in the file. Raises SpecError where it is not what the name says, or could do harm when unpacked."""
    try:
        found = _of_wheel(path, name) if name.kind == "wheel" else _of_sdist(path, name)
    except CloisterError:
        raise
    except Exception as error:  # whoever built it chose what the readers of archives choke on
        raise _not_it(name, f"cannot be read: {error}") from error
    headers = _headers(found)
    told, version = headers["Name"] or "", headers["Version"] or ""
    if canonicalize_name(told) != name.project or not is_version(version, name.version):
        raise _not_it(name, f"holds {told[:100]} {version[:100]}")
    return Distribution(name, found, (headers["Requires-Python"] or "").strip())


def requirements_of(metadata: bytes) -> tuple[Requirement, ...]:
    """What a distribution needs, as its metadata says it. What cannot be read is left out: installers will say it."""
    told = (read_requirement(str(text)) for text in _headers(metadata).get_all("Requires-Dist") or ())
    return tuple(one for one in told if one is not None)


def _headers(metadata: bytes) -> Message:
    return BytesHeaderParser().parsebytes(metadata)


def _of_wheel(path: Path, name: FileName) -> bytes:
    with path.open("rb") as file:
        if file.read(4) != _LOCAL_HEADER:
            raise _not_it(name, "has something before its first file")
        if _list_bytes(file) > _LARGEST_RECORD:
            raise _not_it(name, "has a list of files without end, or something after it")
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            for reason in _unsafe([info.filename for info in infos]):
                raise _not_it(name, reason)
            if any(stat.S_ISLNK(info.external_attr >> 16) for info in infos):
                raise _not_it(name, "holds a link")
            if any(info.is_dir() and info.file_size for info in infos):
                raise _not_it(name, "holds a folder with content of its own")
            if any(info.compress_type not in _COMPRESSED or info.flag_bits & _ENCRYPTED for info in infos):
                raise _not_it(name, "is encrypted, or packed in a way that not every installer knows")
            if sum(info.file_size for info in infos) > _LARGEST_UNPACKED or len(infos) > _MOST_FILES:
                raise _not_it(name, "unpacks to more than is taken")
            folder = _dist_info(infos, name)
            for told, most in (("RECORD", _LARGEST_RECORD), ("METADATA", _LARGEST_METADATA)):
                held = next((info.file_size for info in infos if info.filename == f"{folder}/{told}"), None)
                if held is None or held > most:
                    raise _not_it(name, f"has no {told}, or one without end")
            _hold_against_record(archive, folder, name)
            return archive.read(f"{folder}/METADATA")


def _list_bytes(file: IO[bytes]) -> float:
    """How long the list of files is, which readers keep as a whole. Infinite where that is unclear."""
    size = file.seek(0, os.SEEK_END)
    file.seek(-min(size, _ENDS), os.SEEK_END)
    found = file.read().rjust(_ENDS, b"\0")
    large, locator, end = found[:56], found[56:76], found[76:]
    if end[:4] != b"PK\x05\x06" or end[-2:] != b"\0\0":
        return math.inf
    if locator[:4] != b"PK\x06\x07":
        return int.from_bytes(end[12:16], "little")
    fits = large[:4] == b"PK\x06\x06" and int.from_bytes(locator[8:16], "little") == size - _ENDS
    return int.from_bytes(large[40:48], "little") if fits else math.inf


def _unsafe(paths: list[str]) -> Iterator[str]:
    """What is wrong with the paths in an archive; nothing where each stays below the folder it is unpacked into."""
    if len({path.rstrip("/") for path in paths}) != len(paths):
        yield "holds a path twice, and programs differ in which of them they take"
    for path in paths:
        parts = PurePosixPath(path).parts
        if path.startswith("/") or ".." in parts or "\\" in path or not parts:
            yield f'holds the path "{path[:100]}", which leads out of it'
        if path.rstrip("/") != "/".join(parts) or not path.isprintable():
            yield f'holds the path "{path[:100]}", which has more than one reading'


def _dist_info(infos: list[zipfile.ZipInfo], name: FileName) -> str:
    folders = {info.filename.partition("/")[0] for info in infos}
    found = [folder for folder in folders if folder.endswith(".dist-info")]
    if len(found) != 1:
        raise _not_it(name, f"holds {len(found)} folders .dist-info, and must hold one")
    told, _, version = found[0].removesuffix(".dist-info").partition("-")
    if canonicalize_name(told) != name.project or not is_version(version, name.version):
        raise _not_it(name, f"holds {found[0]}")
    return found[0]


def _hold_against_record(archive: zipfile.ZipFile, folder: str, name: FileName) -> None:
    rows = csv.reader(io.TextIOWrapper(archive.open(f"{folder}/RECORD"), "utf-8"))
    recorded = {row[0]: row[1] for row in rows if len(row) > 1}
    for info in archive.infolist():
        if info.is_dir() or info.filename in {f"{folder}/{one}" for one in _UNLISTED}:
            continue
        algorithm, _, digest = recorded.get(info.filename, "").partition("=")
        if algorithm not in ("sha256", "sha384", "sha512"):
            raise _not_it(name, f"holds {info.filename[:100]}, of which its RECORD has no hash")
        with archive.open(info) as file:
            if _digest(file, algorithm) != digest.rstrip("="):
                raise _not_it(name, f"holds {info.filename[:100]}, which is not the file that its RECORD names")


def _digest(file: IO[bytes], algorithm: str) -> str:
    made = hashlib.new(algorithm)
    while piece := file.read(_PIECE):
        made.update(piece)
    return base64.urlsafe_b64encode(made.digest()).decode().rstrip("=")


def _of_sdist(path: Path, name: FileName) -> bytes:
    metadata, size, paths = None, 0, []
    with _Unpacked(path) as unpacked, tarfile.open(fileobj=unpacked, mode="r:") as archive:
        for member in archive:
            paths.append(member.name)
            size += member.size
            if size > _LARGEST_UNPACKED or len(paths) > _MOST_FILES:
                raise _not_it(name, "unpacks to more than is taken")
            if not (member.isreg() or member.isdir()):
                raise _not_it(name, f"holds {member.name[:100]}, which is neither a file nor a folder")
            parts = PurePosixPath(member.name).parts
            if len(parts) == 2 and parts[1] == "PKG-INFO" and member.size <= _LARGEST_METADATA:  # noqa: PLR2004 - in the one folder
                file = archive.extractfile(member)
                metadata = file.read() if file else None
    for reason in _unsafe(paths):
        raise _not_it(name, reason)
    if len({PurePosixPath(path).parts[0] for path in paths}) != 1 or metadata is None:
        raise _not_it(name, "is not one folder with a PKG-INFO")
    return metadata


class _Unpacked(gzip.GzipFile):
    """What is packed, of which nobody gets more at once than metadata is long: tarfile reads headers as a whole."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= _LARGEST_METADATA:
            message = "it has a header without end"
            raise tarfile.ReadError(message)
        return super().read(size)


def _not_it(name: FileName, reason: str) -> SpecError:
    return SpecError(Fault(name.text, reason, _MEND))
