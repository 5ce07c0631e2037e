"""The story that `cloister up --once` tells: named steps over one context; the first failure ends it."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from cloister.errors import CloisterError, Fault, InternalError
from cloister.platform.running import RunningPlatform


@dataclass(frozen=True, slots=True)
class Context:
    """What the steps hand on to each other.

    `notes` holds the names that a step found out and a later one needs: a job, a model version. A step that starts
    something gives its stop to `cleanup` before anything else can fail.
    """

    folder: Path
    spec: Path
    home: Path
    port: int
    serving_port: int
    database: str = ""
    platform: RunningPlatform | None = None
    logins: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    cleanup: ExitStack = field(default_factory=ExitStack)

    @property
    def url(self) -> str:
        """Where the gateway listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> RunningPlatform:
        """The platform, in the steps in which it has to run."""
        if self.platform is None:
            message = "no step has started the platform yet"
            raise ValueError(message)
        return self.platform

    def noting(self, **notes: str) -> "Context":
        """The context with further notes."""
        return replace(self, notes={**self.notes, **notes})


class StepRun(Protocol):
    """What a step does: says what it finds, line by line, and hands the context on. It raises where a claim fails."""

    def __call__(self, context: Context, say: Callable[[str], None], /) -> Context:
        """Run the step."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the story."""

    name: str
    title: str
    run: StepRun


@dataclass(frozen=True, slots=True)
class Told:
    """How a step went."""

    name: str
    ok: bool
    seconds: float
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the story went; `steps` ends with the first that failed."""

    steps: tuple[Told, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether every step that was told went well."""
        return all(step.ok for step in self.steps)

    def to_json(self) -> str:
        """One line of JSON, with the faults of a step that failed."""
        steps = [
            {"name": told.name, "ok": told.ok, "seconds": round(told.seconds, 2)}
            | (
                {"faults": [{"thing": f.thing, "reason": f.reason, "mend": f.mend} for f in told.faults]}
                if told.faults
                else {}
            )
            for told in self.steps
        ]
        return json.dumps({"ok": self.ok, "seconds": round(self.seconds, 2), "steps": steps})


class Listener(Protocol):
    """Who follows the story: the progress display of the command line."""

    def begin(self, step: Step) -> None:
        """A step begins."""

    def say(self, line: str) -> None:
        """A step found something out."""

    def end(self, told: Told) -> None:
        """A step is over."""


def tell(steps: tuple[Step, ...], context: Context, listener: Listener) -> Outcome:
    """Run the steps in order until one fails; then stop whatever runs, in any case."""
    start = time.monotonic()
    told: list[Told] = []
    with context.cleanup:
        for step in steps:
            listener.begin(step)
            begun = time.monotonic()
            try:
                context = step.run(context, listener.say)
                faults: tuple[Fault, ...] = ()
            except Exception as error:  # noqa: BLE001 - whatever breaks a step is told as that step's failure
                faults = _faults(step, error)
            told.append(Told(step.name, not faults, time.monotonic() - begun, faults))
            listener.end(told[-1])
            if faults:
                break
    return Outcome(tuple(told), time.monotonic() - start)


def expect(thing: str, reason: str, *, holds: bool, mend: str = "read the logs in the platform's home") -> None:
    """A claim of the story: raise what is wrong where it does not hold."""
    if not holds:
        raise InternalError(Fault(thing, reason, mend))


def _faults(step: Step, error: Exception) -> tuple[Fault, ...]:
    if isinstance(error, CloisterError):
        return error.faults
    return (Fault(step.name, f"{type(error).__name__}: {error}", "this is ours to mend; please report it"),)
