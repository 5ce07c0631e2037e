"""How far a step is kept apart from the platform: what it may see, and as whom it runs.

The platform's secrets, sockets and databases lie in its home folder. A step gets a view of the machine in which that
folder, the home of the user who runs the platform, the sockets of services and the places for temporary files are
covered; only the interpreter and the step's own folder are put back. As root, a step runs as a user id of its own as
well, and never as root. Its network is loopback of its own, with the ways out that the platform gives.
"""

import contextlib
import glob
import os
import pwd
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cloister.facts.machine_paths import machine_paths
from cloister.jobs.running.ways_out import WayOut, hosts

Kind = Literal["user-and-namespaces", "user", "namespaces", "none"]

_SMALL = "1m"
_SCRIPT_MODE = Path("/opt/ml")
# Where services keep their sockets (Filesystem Hierarchy Standard 3.0, 3.15 and 5.13).
_SERVICES = (Path("/run"), Path("/var/run"))
_NO_RESOLVER = "# This network has no resolver.\n"
# What every user of a machine may write: each step gets its own. joblib takes shared memory from 2 GB on.
_SHARED = {"/tmp": "256m", "/var/tmp": "256m", "/dev/shm": "2g", "/dev/mqueue": "1m"}  # noqa: S108 - covered, not used


@dataclass(frozen=True, slots=True)
class Isolation:
    """What this machine allows, and why not more. `network_reason` says why a step's network is the machine's."""

    kind: Kind
    reason: str
    network_reason: str = ""

    def __str__(self) -> str:
        return f"{self._told}; {self._network_told}"

    @property
    def closed_network(self) -> bool:
        """Whether a step's network is its own."""
        return self.own_view and not self.network_reason

    @property
    def _network_told(self) -> str:
        if self.closed_network:
            return "its network is its own, with no way out but the platform's"
        return (
            f"its network is NOT closed: {self.network_reason}"
            if self.network_reason
            else "the network is the machine's"
        )

    @property
    def _told(self) -> str:
        match self.kind:
            case "user-and-namespaces":
                return "each step runs as a user id of its own and sees only its own folder of the platform"
            case "user":
                told = "each step runs as a user id of its own, but sees what every user of this machine may"
                return f"{told}, files of other jobs among it: {self.reason}"
            case "namespaces":
                return "each step sees only its own folder of the platform, but runs as the platform's user"
            case "none":
                return f"steps are NOT isolated from the platform's user: {self.reason}"

    @property
    def own_user(self) -> bool:
        """Whether a step runs as a user id of its own."""
        return self.kind in ("user-and-namespaces", "user")

    @property
    def own_view(self) -> bool:
        """Whether a step sees only what it may."""
        return self.kind in ("user-and-namespaces", "namespaces")


@dataclass(frozen=True, slots=True)
class View:
    """Folders to cover (path, mode, size) and to put back (source, target, writable), devices, and what shows nothing.

    `texts` stand in the place of files.
    """

    covers: tuple[tuple[str, str, str], ...]
    binds: tuple[tuple[str, str, bool], ...]
    devices: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()


def view(
    *,
    hidden: Iterable[Path],
    untraversable: Iterable[Path],
    readable: Iterable[Path],
    writable: Iterable[Path],
    ways: Iterable[WayOut] | None = None,
    script_mode: Path | None = None,
) -> View:
    """The view that covers what is hidden and puts back what is readable or writable.

    `untraversable` are folders on the way to the readable ones that the step's user may not pass. `ways` are those out
    of a network of the step's own; None where it is the machine's. `script_mode` is what stands at /opt/ml, where that
    can be had.
    """
    covers = {Path(path): ("1777", size) for path, size in _SHARED.items() if Path(path).is_dir()}
    for path in (*hidden, *untraversable):
        covers.setdefault(path, ("755", _SMALL))
    binds = [(path, path, False) for path in readable] + [(path, path, True) for path in writable]
    if script_mode is not None and _SCRIPT_MODE.is_dir() and not _SCRIPT_MODE.is_symlink():
        binds.append((script_mode, _SCRIPT_MODE, True))
    elif script_mode is not None and (beside := _beside(_SCRIPT_MODE, covers)) is not None:
        covers[_SCRIPT_MODE.parent] = ("755", _SMALL)
        binds += [(path, path, False) for path in beside] + [(script_mode, _SCRIPT_MODE, True)]
    return View(
        covers=tuple((str(path), *covers[path]) for path in sorted(covers, key=lambda p: (len(p.parts), p))),
        binds=tuple((str(p), str(t), w) for p, t, w in sorted(binds, key=lambda bind: (len(bind[1].parts), bind[1]))),
        devices=_devices(),
        masked=machine_paths("masked") + (machine_paths("network") if ways is not None else ()),
        texts=() if ways is None else (("/etc/hosts", hosts(ways)), ("/etc/resolv.conf", _NO_RESOLVER)),
    )


def _beside(place: Path, covered: Iterable[Path]) -> list[Path] | None:
    """What must be put back beside a place that is made for the step alone, once its parent is covered.

    None where that cannot be: something beside it is to stay hidden, or is a link.
    """
    parent = place.parent
    if parent.is_symlink() or not parent.is_dir() or any(path.is_relative_to(parent) for path in covered):
        return None
    neighbours = sorted(parent.iterdir())
    plain = all(not path.is_symlink() and (path.is_dir() or path.is_file()) for path in neighbours)
    return neighbours if plain else None


def _devices() -> tuple[str, ...]:
    patterns = machine_paths("device") + machine_paths("accelerator")
    found = (path for pattern in patterns for path in sorted(glob.glob(pattern)))  # noqa: PTH207 - absolute patterns
    return tuple(path for path in found if not Path(path).is_symlink())


def hidden_folders(home: Path, also: Iterable[Path], environment: Mapping[str, str]) -> tuple[Path, ...]:
    """What no step may see: the platform's home and sockets, and the home of the user who runs it."""
    wanted = [home, *also, *_SERVICES, *_home_of_this_user()]
    told = (environment.get(name, "") for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"))
    wanted += [Path(path) for path in told if path.startswith("/")]
    return tuple(dict.fromkeys(p.resolve() for p in wanted if p.is_dir() and p.resolve() != Path("/")))


def _home_of_this_user() -> Iterator[Path]:
    """The home in the user's entry: a supervisor may have started us without HOME."""
    with contextlib.suppress(KeyError):
        # A container may run as a user who has no entry.
        yield Path(pwd.getpwuid(os.geteuid()).pw_dir)


def interpreter_folders(executable: Path, prefix: Path, base_prefix: Path) -> tuple[Path, ...]:
    """The folders that a Python needs: its virtual environment and the installation behind it."""
    real = executable.resolve().parent.parent
    return tuple(dict.fromkeys(p.resolve() for p in (prefix, base_prefix, real) if p.resolve() != Path("/")))


def untraversable(paths: Iterable[Path]) -> Iterator[Path]:
    """The folders above the paths that other users may not pass."""
    for path in paths:
        for above in reversed(path.parents):
            if above != Path("/") and not above.stat().st_mode & 0o001:
                yield above
                break
