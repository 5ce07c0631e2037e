"""The home folder of a platform: everything that it keeps, and nothing elsewhere.

One exception: a Unix socket's path may have at most 107 bytes (`sun_path` of unix(7), less its closing zero). Where the
home lies too deep for that, its sockets go to a private folder under XDG_RUNTIME_DIR or /tmp, which `run/sockets`
records, so that every process of the platform finds the same one.
"""

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cloister.errors import Fault, SourceError

SOCKET_PATH_BYTES = 107
# What a socket's own name may take: `d-` and a hash for each deployment is the longest we make.
_SOCKET_NAME_BYTES = 40
_FOLDERS = ("state", "artifacts", "run", "logs", "secrets", "jobs", "packages", "serving")


@dataclass(frozen=True, slots=True)
class Home:
    """The folders and files of one platform. `sockets` is `run/` wherever that is short enough."""

    root: Path
    sockets: Path

    @property
    def state(self) -> Path:
        """Databases."""
        return self.root / "state"

    @property
    def artifacts(self) -> Path:
        """MLflow's artifacts."""
        return self.root / "artifacts"

    @property
    def run(self) -> Path:
        """What exists only while the platform runs: the lock, process records, sockets, configurations."""
        return self.root / "run"

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.root / "logs"

    @property
    def secrets(self) -> Path:
        """Keys and passwords, each a file of mode 0600."""
        return self.root / "secrets"

    @property
    def jobs(self) -> Path:
        """Work folders of jobs."""
        return self.root / "jobs"

    @property
    def serving(self) -> Path:
        """Models and collected data of endpoints."""
        return self.root / "serving"

    @property
    def packages(self) -> Path:
        """Files of packages."""
        return self.root / "packages"

    @property
    def environments(self) -> Path:
        """Environments that were built for steps, which steps can read; made by the agent."""
        return self.root / "environments"

    @property
    def packages_port(self) -> Path:
        """The port that the package index had last: environments know their files by its address."""
        return self.state / "packages-port"

    @property
    def lock(self) -> Path:
        """The file whose lock says that a platform runs here."""
        return self.run / "lock"

    @property
    def mlflow_socket(self) -> Path:
        """Where MLflow listens; its folder (0700) and its own mode (0600) keep others out."""
        return self.sockets / "mlflow.sock"

    @property
    def database_url(self) -> str:
        """The default database of the platform's own rooms."""
        return f"sqlite:///{self.state / 'cloister.db'}"

    @property
    def mlflow_database_url(self) -> str:
        """The default database of MLflow."""
        return f"sqlite:///{self.state / 'mlflow.db'}"

    @property
    def engine_database_url(self) -> str:
        """The default database of the durable engine behind jobs."""
        return f"sqlite:///{self.state / 'engine.db'}"

    @property
    def signing_key(self) -> Path:
        """The key that tokens are signed with."""
        return self.secrets / "signing-key.json"

    @property
    def datastore_keys(self) -> Path:
        """The keys that credentials of datastores are sealed with."""
        return self.secrets / "datastore-keys.txt"

    def log(self, process: str) -> Path:
        """The log of one process."""
        return self.logs / f"{process}.log"

    def config(self, process: str) -> Path:
        """The configuration of one process; it holds paths of secrets, never a secret."""
        return self.run / f"{process}.config.json"

    def record(self, process: str) -> Path:
        """The record of one running process: its id, when it started, and what it is."""
        return self.run / f"{process}.json"


def home_at(root: Path, environment: Mapping[str, str] = os.environ) -> Home:
    """The home at `root`, which need not exist yet; nothing is written."""
    root = root.expanduser().absolute()
    recorded = root / "run" / "sockets"
    if recorded.is_file():
        return Home(root, Path(recorded.read_text(encoding="utf-8").strip()))
    return Home(root, _socket_folder(root, environment))


def create(home: Home) -> None:
    """Make the folders, private to this user; refuse a home that is another's or that others can write."""
    faults = tuple(fault for fault in (_fault_of_owner(path) for path in (home.root, home.sockets)) if fault)
    if faults:
        raise SourceError(faults)
    try:
        home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in _FOLDERS:
            folder = home.root / name
            folder.mkdir(mode=0o700, exist_ok=True)
            folder.chmod(0o700)
        _write_once(home.root / ".gitignore", "# keys, passwords and data: never to be committed\n*\n")
        if home.sockets != home.run:
            _make_private(home.sockets)
            _write_once(home.run / "sockets", f"{home.sockets}\n")
    except OSError as error:
        raise SourceError(_fault_of_write(home.root, error)) from error


def release(home: Home) -> None:
    """Take away what only a running platform needs outside of its home."""
    if home.sockets != home.run:
        with suppress(OSError):
            home.sockets.rmdir()


def _make_private(folder: Path) -> None:
    """A folder in a place that others can write: it must be made by us, not found there as another's or a link."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        fault = Fault(
            str(folder),
            "somebody else made it, or others can use it; the platform's sockets would not be private",
            "remove it, or give a shorter home: cloister up --home PATH",
        )
        raise SourceError(fault)


def _write_once(path: Path, text: str) -> None:
    if not path.exists():
        path.write_text(text, encoding="utf-8")


def _socket_folder(root: Path, environment: Mapping[str, str]) -> Path:
    """`run/` where a socket's path fits, otherwise a folder named after the home, in the first place where it fits."""
    private = f"cloister-{os.geteuid()}-{sha256(os.fsencode(root)).hexdigest()[:12]}"
    runtime = environment.get("XDG_RUNTIME_DIR")
    last = Path("/tmp") / private  # noqa: S108 - made private and checked in _make_private
    wanted = (root / "run", *([Path(runtime) / private] if runtime else []))
    return next((folder for folder in wanted if _has_room(folder)), last)


def _has_room(folder: Path) -> bool:
    return len(os.fsencode(folder)) + 1 + _SOCKET_NAME_BYTES <= SOCKET_PATH_BYTES


def _fault_of_owner(path: Path) -> Fault | None:
    """What is wrong with a folder that exists already: not ours, not a folder, or open to others."""
    try:
        found = path.stat()
    except OSError:
        return None
    if not stat.S_ISDIR(found.st_mode):
        return Fault(str(path), "is not a folder", "give another one: cloister up --home PATH")
    if found.st_uid != os.geteuid():
        reason = f"belongs to another user (id {found.st_uid}, you are {os.geteuid()})"
        return Fault(str(path), reason, "run as that user, or give a home of your own: cloister up --home PATH")
    if found.st_mode & 0o022:
        reason = f"others can write to it (mode {stat.S_IMODE(found.st_mode):04o})"
        return Fault(str(path), reason, f"chmod go-w {path}")
    return None


def _fault_of_write(root: Path, error: OSError) -> Fault:
    reason = f"cannot be written: {error.strerror or error}"
    return Fault(str(root), reason, "make room or give yourself the right, or give another: cloister up --home PATH")
