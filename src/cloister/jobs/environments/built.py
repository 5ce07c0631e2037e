"""Environments that are built: each below the hash of what it is made from, whole or not there at all.

A build in progress holds a lock on a file beside it, which the kernel takes back when its holder dies; others wait for
it. What is there is looked at before each use, and what was changed is built anew.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from cloister.jobs.environments.interpreters import Interpreter, own_interpreter
from cloister.jobs.environments.overlaps import overlaps
from cloister.jobs.environments.solver import Solver
from cloister.jobs.environments.tree import state_sha256, tree_sha256
from cloister.jobs.packages.locks import lock_sha256, read_lock

# Raised when the same lock comes to mean another environment.
_FORM: Final = "1"
COMPILING: Final = "compiling"
_LOOK_AGAIN_SECONDS: Final = 0.2
# Hears what is being done; an empty text says that it goes on. It may raise, which ends the build.
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Built:
    """An environment that stands. `tree` is the hash of all that is in it, `state` that of how its files look."""

    folder: Path
    lock: str
    python: str
    tree: str
    state: str
    note: str = ""
    is_new: bool = False

    @property
    def interpreter(self) -> Path:
        """Its Python."""
        return self.folder / "bin" / "python"


@dataclass(frozen=True, slots=True)
class EnvironmentFolders:
    """The folder of all environments of an agent's machine."""

    root: Path

    def provide(self, lock: str, interpreter: Interpreter, solver: Solver, say: Say) -> Built:
        """The environment of a lock, built where it is not there. Raises SourceError where it cannot be."""
        key = _key(lock, interpreter)
        self.root.mkdir(mode=0o755, parents=True, exist_ok=True)
        with self._held(key, say):
            if found := self._found(key):
                if state_sha256(found.folder) == found.state:
                    return found
                say("the environment was changed since it was built; it is built anew")
                self._forget(key)
            return self._build(key, lock, interpreter, solver, say)

    def _found(self, key: str) -> Built | None:
        try:
            document = json.loads((self.root / f"{key}.json").read_bytes())
        except FileNotFoundError:
            return None
        return Built(**document | {"folder": Path(document["folder"])})

    def _forget(self, key: str) -> None:
        (self.root / f"{key}.json").unlink(missing_ok=True)
        shutil.rmtree(self.root / key, ignore_errors=True)

    def _build(self, key: str, lock: str, interpreter: Interpreter, solver: Solver, say: Say) -> Built:
        draft, target = self.root / f"{key}.partial", self.root / key
        for left in (draft, target):
            # Of a build whose agent was killed.
            shutil.rmtree(left, ignore_errors=True)
        count = len(read_lock(lock))
        say(f"building environment: {count} packages for Python {interpreter.version}")
        lines = self.root / f"{key}.txt"
        lines.write_text(lock, encoding="utf-8")
        solver.unpack(lines, interpreter, draft, _Progress(draft, count, say))
        draft.rename(target)
        tree = tree_sha256(target)
        built = Built(target, lock, interpreter.version, tree, state_sha256(target), overlaps(target), is_new=True)
        self._write(key, built)
        say(f"built environment: {count} packages")
        _compile(target)
        return built

    def _write(self, key: str, built: Built) -> None:
        """What stands there; with this it does."""
        document = asdict(built) | {"folder": str(built.folder), "is_new": False}
        draft = self.root / f"{key}.json.new"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.root / f"{key}.json")

    @contextmanager
    def _held(self, key: str, say: Say) -> Iterator[None]:
        with (self.root / f"{key}.lock").open("a") as file:
            told = False
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if not told:
                        say("waiting for another step that builds this environment")
                    else:
                        say("")
                    told = True
                    time.sleep(_LOOK_AGAIN_SECONDS)
            yield


@dataclass(slots=True)
class _Progress:
    """Tells how many packages are in the folder, each time that there are more."""

    folder: Path
    count: int
    say: Say
    seen: int = 0

    def __call__(self) -> None:
        found = sum(1 for _ in self.folder.glob("lib/python*/site-packages/*.dist-info"))
        self.say(f"building environment: {found} of {self.count} packages" if found > self.seen else "")
        self.seen = found


def _key(lock: str, interpreter: Interpreter) -> str:
    parts = (_FORM, lock_sha256(lock), interpreter.version, interpreter.platform, str(interpreter.installation))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _compile(folder: Path) -> None:
    """Begin to compile what is in there, beside everything else: the first step need not wait for it.

    By the platform's own Python without its site: nothing of a package runs. Where it breaks off, steps compile for
    themselves.
    """
    command = ["nice", "-n", "19", str(own_interpreter().path), "-I", "-S", "-m", "compileall", "-q"]
    # From within: should the folder be put aside meanwhile, nothing is made where it was.
    command += ["--invalidation-mode", "unchecked-hash", "-p", str(folder), "lib"]

    def compile_all() -> None:
        # The folder may be gone by now, or the machine full: steps compile for themselves then.
        with suppress(OSError):
            subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False)

    threading.Thread(target=compile_all, name=COMPILING, daemon=True).start()
