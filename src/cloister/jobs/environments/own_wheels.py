"""Wheels of what the platform itself is installed from, packed anew: for what Cloister needs inside every step.

Nothing of it needs to be allowed or brought in: each step may use the platform's own Python, which has the same files.
"""

import base64
import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ADDED_BY_INSTALLING: Final = (".pyc", "/RECORD", "/INSTALLER", "/REQUESTED", "/direct_url.json")


@dataclass(frozen=True)
class OwnWheels:
    """The wheels of packages and of all that they need, below `root`; there are none where they are not installed.

    Left out are packages `without` which they are of no use, and what only these need.
    """

    root: Path
    packages: tuple[str, ...]
    without: tuple[str, ...] = ()

    @cached_property
    def found(self) -> Mapping[str, Distribution]:
        """What is packed, by project."""
        try:
            return {name: distribution(name) for name in closure(self.packages, self.without)}
        except PackageNotFoundError:
            return {}

    @cached_property
    def key(self) -> str:
        """A hash that is another one where other versions are installed."""
        parts = (f"{name}=={found.version}" for name, found in sorted(self.found.items()))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]

    @cached_property
    def hashes(self) -> Mapping[str, str]:
        """The SHA-256 of each wheel, by project."""
        wheels = {name: next((self._folder / name).glob("*.whl")) for name in self.found}
        return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in wheels.items()}

    def index(self, projects: Iterable[str]) -> Path:
        """The folder of an index (PEP 503) that has these of them and no others."""
        wanted = sorted(projects)
        if wanted == sorted(self.found):
            return self._folder
        target = self._folder.with_name(f"{self.key}-{hashlib.sha256(' '.join(wanted).encode()).hexdigest()[:16]}")

        def fill(draft: Path) -> None:
            for name in wanted:
                (draft / name).symlink_to(self._folder / name)

        return _made(target, fill)

    @cached_property
    def _folder(self) -> Path:
        """Where they lie, each in a folder of its own with the page that names it; packed at the first use."""

        def fill(draft: Path) -> None:
            for name, found in self.found.items():
                (draft / name).mkdir(mode=0o755)
                made = pack(found, draft / name).name
                (draft / name / "index.html").write_text(f'<a href="{made}">{made}</a>\n', encoding="utf-8")

        return _made(self.root / self.key, fill)


def _made(target: Path, fill: Callable[[Path], None]) -> Path:
    """The folder, which appears whole."""
    if target.exists():
        return target
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".making-") as within:
        draft = Path(within) / target.name
        draft.mkdir(mode=0o755)
        fill(draft)
        try:
            draft.rename(target)
        except OSError:
            # Another step was quicker.
            if not target.exists():
                raise
    return target


def closure(names: Iterable[str], without: Iterable[str] = ()) -> tuple[str, ...]:
    """The installed distributions of these names with all that they need, but not `without`.

    Raises PackageNotFoundError.
    """
    found: dict[str, None] = {}
    left = list(names)
    while left:
        name = canonicalize_name(left.pop(0))
        if name in found or name in without:
            continue
        found[name] = None
        needs = (Requirement(text) for text in distribution(name).requires or ())
        left += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    return tuple(found)


def pack(found: Distribution, folder: Path) -> Path:
    """The wheel of an installed distribution, without what installing added to it."""
    files: dict[str, bytes] = {}
    for file in found.files or ():
        path = str(file)
        if path.startswith("..") or path.endswith(_ADDED_BY_INSTALLING):
            continue
        files[path] = Path(str(found.locate_file(file))).read_bytes()
    lines = (found.read_text("WHEEL") or "").splitlines()
    tags = [line.partition(": ")[2].split("-") for line in lines if line.startswith("Tag: ")]
    tag = "-".join(".".join(sorted(set(parts))) for parts in zip(*tags, strict=True))
    return write_wheel(folder, found.metadata["Name"], found.version, files, tag)


def write_wheel(folder: Path, name: str, version: str, files: Mapping[str, bytes], tag: str) -> Path:
    """A wheel of these files, the same for the same; what describes it is written where it is not among them."""
    stem = f"{canonicalize_name(name).replace('-', '_')}-{version}"
    info = next((path.partition("/")[0] for path in files if ".dist-info/" in path), f"{stem}.dist-info")
    held = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: cloister\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
        **files,
    }
    record = "".join(f'"{path}",sha256={_digest(content)},{len(content)}\n' for path, content in held.items())
    made = folder / f"{stem}-{tag}.whl"
    with zipfile.ZipFile(made, "w") as archive:
        for path, content in (*held.items(), (f"{info}/RECORD", f"{record}{info}/RECORD,,\n".encode())):
            # Of no date.
            archive.writestr(zipfile.ZipInfo(path), content)
    return made


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
