"""Registered environments in a plan, resolved when the job is submitted: what is named then is what runs."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from cloister.errors import CloisterError, Fault, SpecError
from cloister.jobs.assets.addresses import Labelled, read_place
from cloister.jobs.assets.names import AssetId
from cloister.jobs.assets.records import AssetRecords, AssetVersion
from cloister.jobs.environments.curated import CURATED, DEFAULT
from cloister.jobs.environments.requirements import read_requirements
from cloister.jobs.planning.plan import Plan, PlannedEnvironment, PlannedStep
from cloister.jobs.reading.conda import from_conda
from cloister.jobs.reading.positions import parsed

_MEND: Final = "register it: cloister environment create --file"


def with_environments(plan: Plan, assets: AssetRecords) -> Plan:
    """The plan with each reference replaced by what the environment asks for. Raises SpecError with every fault."""
    faults: list[Fault] = []
    notes: dict[str, None] = dict.fromkeys(plan.notes)
    steps = []
    for step in plan.steps:
        try:
            found, said = _resolved(step, assets)
        except CloisterError as error:
            faults += [replace(fault, thing=f'step "{step.name}", {fault.thing}') for fault in error.faults]
            continue
        steps.append(replace(step, environment=found))
        notes |= dict.fromkeys(f'step "{step.name}": {one}' for one in said)
    if faults:
        raise SpecError(faults)
    return replace(plan, steps=tuple(steps), notes=tuple(notes))


def named_environment(asked: PlannedEnvironment) -> AssetId | Labelled | None:
    """The registered environment that is to be resolved, if there is one. Raises SpecError on what names none."""
    if not asked.reference or asked.requirements:
        return None
    place = read_place(asked.reference, "environments")
    if not isinstance(place, AssetId | Labelled) or place.kind != "environments":
        raise SpecError(Fault(f'environment "{asked.reference}"', "is the name of no environment", _MEND))
    return place


def _resolved(step: PlannedStep, assets: AssetRecords) -> tuple[PlannedEnvironment, Iterable[str]]:
    place = named_environment(step.environment)
    if place is None:
        return step.environment, ()
    found = assets.find(place)
    return _described(found, f"azureml:{found.id.name}:{found.id.version}")


def _described(found: AssetVersion, name: str) -> tuple[PlannedEnvironment, Iterable[str]]:
    lines = str(found.properties.get("pipRequirements") or "").splitlines()
    if lines:
        return PlannedEnvironment(name, requirements=read_requirements(lines).lines), read_requirements(lines).notes
    conda = found.properties.get("condaFile")
    if not isinstance(conda, str) or not conda.strip():
        return PlannedEnvironment(DEFAULT), [
            f"environment {name} -> {DEFAULT}, {CURATED[DEFAULT]}; nothing is installed"
        ]
    # Read with bounds: whoever registered it may have meant the platform.
    asked = from_conda(parsed(f"environment {name}, its conda file", conda).root)
    if asked.refused:
        raise SpecError([Fault(f'environment {name}, package "{r.line}"', r.reason, r.mend) for r in asked.refused])
    if not asked.requirements:
        return PlannedEnvironment(DEFAULT, python=asked.python), asked.notes
    # Read once here, so that a line that cannot be installed is told now and not when the step begins.
    read_requirements(asked.requirements)
    return PlannedEnvironment(name, python=asked.python, requirements=asked.requirements), asked.notes
