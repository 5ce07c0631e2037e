"""A trial as a step of its own: the sweep's command with the values that were chosen for it. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from cloister.jobs.planning.plan import Constant, FromSearch, PlannedInput, PlannedStep
from cloister.jobs.sweeping.space import Value, text


def trial_name(sweep: str, number: int) -> str:
    """The name of the trial's step."""
    return f"{sweep}.trial_{number}"


def trial_step(sweep: PlannedStep, number: int, values: Mapping[str, Value]) -> PlannedStep:
    """What runs. Only the best trial's outputs go anywhere, as the sweep's, when that is known."""
    return replace(
        sweep,
        name=trial_name(sweep.name, number),
        display_name=f"{sweep.display_name or sweep.name}: trial {number}",
        inputs=tuple(_given(wanted, values) for wanted in sweep.inputs),
        outputs=tuple(replace(made, destination="", asset_name="", asset_version="") for made in sweep.outputs),
        sweep=None,
    )


def _given(wanted: PlannedInput, values: Mapping[str, Value]) -> PlannedInput:
    if isinstance(wanted.binding, FromSearch):
        return replace(wanted, binding=Constant(text(values[wanted.binding.dimension])))
    return wanted
