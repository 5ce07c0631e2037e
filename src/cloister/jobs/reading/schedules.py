"""The schedule in a YAML file: when, from the official SDK's reading of it, and which job, as its author wrote it.

A job is another file, or a job that there is (`azureml:NAME`). Of a file, values may be replaced beside it: inputs,
settings, tags and the like.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cloister.errors import Fault, SpecError
from cloister.jobs.reading.documents import load_document
from cloister.jobs.reading.positions import Document, read_document
from cloister.jobs.schedules.schedule import MACROS, Schedule
from cloister.timing import WrittenTrigger

_REFERENCE: Final = "azureml:"


@dataclass(frozen=True, slots=True)
class WrittenSchedule:
    """When, and what: a `file` with values to replace, or a `job` that there is."""

    schedule: Schedule
    notes: tuple[str, ...]
    file: Path | None = None
    job: str = ""
    replaced: Mapping[str, object] = field(default_factory=dict)


def read_schedule(path: Path, overrides: Mapping[str, object], now: datetime) -> WrittenSchedule:
    """The schedule in a file. Raises SourceError, and SpecError with every fault."""
    loaded = load_document("schedule", path, overrides)
    document = read_document(path).with_values(overrides)
    schedule = _schedule(loaded.entity, document, now)
    written = _with_marks(document.root.get("create_job"))
    if isinstance(written, str):
        return WrittenSchedule(schedule, loaded.notes, **_named(written, document.folder))
    named = _named(str(written["job"]), document.folder)
    given = {key: value for key, value in written.items() if key not in ("job", "type", "$schema")}
    if "job" in named and given:
        reason = f'replaces {", ".join(given)} of the job "{named["job"]}", which has run as it is'
        mend = "name the job's file instead: job: ./job.yml"
        raise SpecError(Fault("create_job", reason, mend, document.origin("create_job", next(iter(given)))))
    return WrittenSchedule(schedule, loaded.notes, **named, replaced=_merged(named.get("file"), given))


def _named(text: str, folder: Path) -> dict[str, Any]:
    """What a text names: a job that there is, or a file."""
    if text.startswith(_REFERENCE):
        return {"job": text.removeprefix(_REFERENCE)}
    return {"file": folder / text.removeprefix("file:")}


def _merged(file: Path | None, given: Mapping[str, Any]) -> dict[str, object]:
    """What is given, each mapping on top of the file's own."""
    if file is None or not given:
        return {}
    own = read_document(file)
    return {key: {**own.mapping(key), **value} if isinstance(value, Mapping) else value for key, value in given.items()}


def _with_marks(value: Any) -> Any:  # noqa: ANN401 - any YAML
    """The value with a mark in the place of each macro."""
    if isinstance(value, dict):
        return {key: _with_marks(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_marks(one) for one in value]
    if isinstance(value, str):
        for macro, mark in MACROS.items():
            value = value.replace(macro, mark)
    return value


def _schedule(entity: Any, document: Document, now: datetime) -> Schedule:  # noqa: ANN401 - untyped SDK
    try:
        timing = _written(entity.trigger).timing(now)
        return Schedule(
            name=str(entity.name),
            trigger=timing.trigger,
            start=timing.start,
            end=timing.end,
            zone=timing.zone,
            at_once=timing.at_once,
            display_name=str(entity.display_name or ""),
            description=str(entity.description or ""),
            tags={str(key): str(value) for key, value in (entity.tags or {}).items()},
        )
    except SpecError as error:
        origin = document.origin("trigger")
        raise SpecError([Fault(f.thing, f.reason, f.mend, f.origin or origin) for f in error.faults]) from error


def _written(trigger: Any) -> WrittenTrigger:  # noqa: ANN401 - untyped SDK
    """The SDK's reading of a trigger, which has judged it."""
    pattern = getattr(trigger, "schedule", None)
    frequency = getattr(trigger, "frequency", None)
    return WrittenTrigger(
        type="cron" if str(trigger.type).lower().endswith("cron") else "recurrence",
        expression=str(getattr(trigger, "expression", "")),
        frequency=None if frequency is None else str(frequency).lower(),  # type: ignore[arg-type]  # the SDK has judged it
        interval=getattr(trigger, "interval", None),
        hours=_listed(getattr(pattern, "hours", None)),
        minutes=_listed(getattr(pattern, "minutes", None)),
        week_days=tuple(str(day).lower() for day in _listed(getattr(pattern, "week_days", None))),
        month_days=_listed(getattr(pattern, "month_days", None)),
        start_time=trigger.start_time,
        end_time=trigger.end_time,
        time_zone=str(getattr(trigger.time_zone, "value", trigger.time_zone) or "UTC"),
    )


def _listed(written: Any) -> tuple[Any, ...]:  # noqa: ANN401 - untyped SDK
    if written is None:
        return ()
    return tuple(written) if isinstance(written, list | tuple) else (written,)
