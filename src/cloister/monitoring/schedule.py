"""A schedule that runs a monitor: its trigger, what it watches, and its JSON form."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cloister.errors import Fault, SpecError
from cloister.monitoring.values import Alert, MonitorRun, Reference, Signal, Target
from cloister.timing import Timing
from cloister.triggers import Trigger


@dataclass(frozen=True, slots=True)
class Monitor:
    """A named schedule with the signals that it evaluates. Signal names are unique in it.

    `start`, `end`, `zone` and `at_once` are those of its timing.
    """

    name: str
    trigger: Trigger
    target: Target
    signals: tuple[Signal, ...]
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    start: datetime | None = None
    end: datetime | None = None
    zone: str = "UTC"
    at_once: bool = False

    def __post_init__(self) -> None:
        self.timing  # noqa: B018 - the times are judged as it is made
        if not self.signals:
            reason = "watches nothing"
            raise SpecError(Fault(f'monitor "{self.name}"', reason, "add create_monitor.monitoring_signals"))

    @property
    def timing(self) -> Timing:
        """When it is due."""
        return Timing(self.trigger, self.start, self.end, self.zone, self.at_once)

    @property
    def references(self) -> frozenset[str]:
        """The reference files that its signals name."""
        return frozenset(signal.reference.file for signal in self.signals)

    def with_references(self, stored: dict[str, str]) -> "Monitor":
        """The same monitor, its reference files under the names that they were stored by."""
        signals = tuple(
            replace(one, reference=Reference(stored.get(one.reference.file, one.reference.file), one.reference.target))
            for one in self.signals
        )
        return replace(self, signals=signals)


MONITOR = TypeAdapter(Monitor)
RUN = TypeAdapter(MonitorRun)
ALERT = TypeAdapter(Alert)


def build(adapter: TypeAdapter[Any], document: object) -> Any:  # noqa: ANN401 - the adapter's type
    """The value of a JSON document, or of its text. Raises SpecError where it does not hold one."""
    try:
        if isinstance(document, str | bytes):
            return adapter.validate_json(document)
        return adapter.validate_python(document)
    except ValidationError as error:
        faults = [
            Fault(".".join(map(str, one["loc"])) or "document", one["msg"], "send it in the form that `show` prints it")
            for one in error.errors(include_url=False)
        ]
        raise SpecError(faults) from error
