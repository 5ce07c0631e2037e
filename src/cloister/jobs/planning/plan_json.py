"""A plan as JSON and back. Reading refuses unknown keys, wrong types and unsound plans.

Anybody may send a plan, so reading a bad one costs no more than a good one: of a sequence the first thing that is wrong
is told, since each takes a kilobyte, and millions fit into one text. What is no number is refused, because JSON has no
word for it, and what was written down would not be what comes back.
"""

from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from cloister.errors import Fault, SpecError
from cloister.jobs.planning.plan import Plan, PlannedStep

# A plan of a thousand steps takes about a megabyte.
_LONGEST = 8 * 1024 * 1024
_MOST_FAULTS = 100
_BOUNDS: Final[dict[str, dict[str, bool]]] = {"tuple": {"fail_fast": True}, "float": {"allow_inf_nan": False}}


@cache
def _adapter() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)


@cache
def _reader() -> SchemaValidator:
    """Reads plans from outside."""
    return SchemaValidator(_bounded(_adapter().core_schema))


def _bounded(schema: Any) -> Any:  # noqa: ANN401 - a schema is a tree of dictionaries and lists
    if isinstance(schema, list):
        return [_bounded(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _bounded(inner) for key, inner in schema.items()} | _BOUNDS.get(str(schema.get("type")), {})


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
        plan: Plan = _reader().validate_json(text, strict=True, extra="forbid")
    except ValidationError as error:
        if error.error_count() > _MOST_FAULTS:
            raise SpecError(_fault((), f"has {error.error_count()} faults")) from error
        raise SpecError([_fault(detail["loc"], detail["msg"]) for detail in error.errors()]) from error
    return plan


def _fault(place: tuple[int | str, ...], reason: str) -> Fault:
    where = ".".join(str(part) for part in place)
    return Fault(f"plan: {where}" if where else "plan", reason, "submit the job with cloister job create")
