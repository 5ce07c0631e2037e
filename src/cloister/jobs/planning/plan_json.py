"""A plan as JSON and back. Reading refuses unknown keys, wrong types and unsound plans."""

from functools import cache

from pydantic import TypeAdapter, ValidationError

from cloister.errors import Fault, SpecError
from cloister.jobs.planning.plan import Plan, PlannedStep

# A plan of a thousand steps takes about a megabyte.
_LONGEST = 8 * 1024 * 1024


@cache
def _adapter() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)


@cache
def _step_adapter() -> TypeAdapter[PlannedStep]:
    return TypeAdapter(PlannedStep)


def step_to_json(step: PlannedStep) -> str:
    """One step as one line of JSON, for a step that no plan holds."""
    return _step_adapter().dump_json(step).decode()


def step_from_json(text: str) -> PlannedStep:
    """The step that the text holds. We wrote it ourselves: an error is ours."""
    return _step_adapter().validate_json(text, strict=True, extra="forbid")


def to_json(plan: Plan) -> str:
    """The plan as one line of JSON; the same plan gives the same text."""
    return _adapter().dump_json(plan).decode()


def from_json(text: str | bytes) -> Plan:
    """The plan that the text holds. Raises SpecError with every fault, also where the plan itself is unsound."""
    if len(text) > _LONGEST:
        raise SpecError(Fault("plan", f"is longer than {_LONGEST} bytes", "split the pipeline"))
    try:
        return _adapter().validate_json(text, strict=True, extra="forbid")
    except ValidationError as error:
        raise SpecError([_fault(detail["loc"], detail["msg"]) for detail in error.errors()]) from error


def _fault(place: tuple[int | str, ...], reason: str) -> Fault:
    where = ".".join(str(part) for part in place)
    return Fault(f"plan: {where}" if where else "plan", reason, "submit the job with cloister job create")
