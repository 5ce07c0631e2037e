"""uv as it is run here: with nothing of anybody's configuration, no network but the index, and no code of a package.

Only wheels are taken. Unpacking one runs nothing of it, which is why this may happen as the agent's own user.
"""

import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from uv import find_uv_bin

from cloister.errors import Fault, SourceError
from cloister.jobs.environments.interpreters import Interpreter

_WHEELS: Final = ("--only-binary", ":all:")
_QUIET: Final = ("--no-config", "--no-progress", "--quiet")
# What uv draws around its words.
_DRAWN: Final = " \u00d7\u2570\u2500\u25b6\u2502"
_RESOLVE_SECONDS: Final = 600
_BESIDE_SECONDS: Final = 0.5


class UnsolvableError(Exception):
    """The index has no set of files that fits together; the message says why."""


@dataclass(frozen=True, slots=True)
class Solver:
    """uv over one index, with one store of unpacked wheels. `link` is how files get from there into environments.

    What the folder `first` has, which is an index as well (PEP 503), is looked for nowhere else.
    """

    index_url: str
    store: Path
    link: str = "hardlink"
    first: Path | None = None

    def lock(self, lines: Iterable[str], interpreter: Interpreter) -> str:
        """The lock of requirements: every package at one version, with its hashes. Raises UnsolvableError."""
        options = ("--generate-hashes", "--no-header", "--no-annotate", "--no-strip-extras", *_WHEELS)
        arguments = ("pip", "compile", "-", "--python", str(interpreter.path), *options)
        done = self._run(*arguments, given="\n".join(lines), seconds=_RESOLVE_SECONDS)
        if done.returncode != 0:
            raise UnsolvableError(_told(done.stderr))
        return done.stdout

    def unpack(self, lock: Path, interpreter: Interpreter, folder: Path, beside: Callable[[], None]) -> None:
        """An environment in `folder` with what the lock names, from files with the hashes that it names.

        `beside` is called now and then. Raises SourceError where a file is not to be had, or is another one.
        """
        made = self._run("venv", "--relocatable", "--python", str(interpreter.path), str(folder), seconds=60)
        if made.returncode != 0:
            raise _failed(made.stderr)
        python = folder / "bin" / "python"
        arguments = ("pip", "install", "--python", str(python), "--require-hashes", "--no-deps", *_WHEELS)
        command = self._command(*arguments, "--link-mode", self.link, "-r", str(lock))
        with subprocess.Popen(command, env=self._environment(), stderr=subprocess.PIPE, text=True) as process:
            told = _heard(process, beside)
        if process.returncode != 0:
            raise _failed(told)

    def _run(self, *arguments: str, seconds: int, given: str = "") -> "subprocess.CompletedProcess[str]":
        command = self._command(*arguments)
        try:
            return subprocess.run(
                command,
                input=given,
                env=self._environment(),
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            reason = f"it did not end within {seconds} s"
            raise _failed(reason) from error

    def _command(self, *arguments: str) -> list[str]:
        if arguments[0] != "pip":
            return [find_uv_bin(), *_QUIET, *arguments]
        first = ("--index", self.first.as_uri()) if self.first else ()
        return [find_uv_bin(), *_QUIET, *arguments, *first, "--default-index", self.index_url]

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.store),
            "UV_CACHE_DIR": str(self.store),
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_HTTP_TIMEOUT": "120",
            "LANG": "C.UTF-8",
        }


def _heard(process: "subprocess.Popen[str]", beside: Callable[[], None]) -> str:
    """What a process said until its end. Where `beside` raises, it is ended."""
    while True:
        try:
            return process.communicate(timeout=_BESIDE_SECONDS)[1]
        except subprocess.TimeoutExpired:
            try:
                beside()
            except BaseException:
                process.kill()
                raise


def _told(text: str) -> str:
    """What uv said, as one line."""
    lines = (line.strip(_DRAWN) for line in text.splitlines())
    return " ".join(line for line in lines if line)[:2000]


def _failed(text: str) -> SourceError:
    mend = "look whether the index runs (cloister status) and what it refused: cloister environment requests"
    return SourceError(Fault("environment", f"could not be built: {_told(text)}", mend))
