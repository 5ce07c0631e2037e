"""Jobs and their steps as Python sees them: frozen values, each with the document that it was read from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

FINISHED: Final = frozenset({"Completed", "Failed", "Canceled"})


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a job. `parent` names the step that brought it forth, as a sweep does its trials."""

    name: str
    status: str
    display_name: str = ""
    reason: str = ""
    attempt: int = 0
    exit_code: int | None = None
    run_id: str = ""
    seconds: float | None = None
    parent: str = ""

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The step of a document of the API."""
        return cls(**{name: document[name] for name in cls.__slots__ if name in document})


@dataclass(frozen=True, slots=True)
class Job:
    """A job: where it stands, step by step."""

    name: str
    status: str
    type: str
    display_name: str
    experiment_name: str
    submitter: str
    reason: str
    run_id: str
    tags: Mapping[str, str]
    archived: bool
    seconds: float | None
    steps: tuple[Step, ...]
    document: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The job of a document of the API."""
        told = {name: document[name] for name in cls.__slots__ if name not in ("steps", "document")}
        return cls(**told, steps=tuple(Step.of(step) for step in document["steps"]), document=document)

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in FINISHED

    @property
    def notes(self) -> tuple[str, ...]:
        """What was mapped onto something of the platform's; a job from a list has none."""
        return tuple(self.document.get("notes", ()))


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at a job that is followed shows: where it stands, and what its steps printed since the look before.

    `printed` is by step, and a piece may end within a line. Of the steps in `over` nothing more comes.
    """

    job: Job
    printed: Mapping[str, str] = field(default_factory=dict)
    over: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class JobFile:
    """A file of a job: `STEP/outputs/NAME/...`, and its size."""

    path: str
    bytes: int
