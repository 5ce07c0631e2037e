"""What a step's result hangs on, as one hash: two steps of the same hash make the same outputs. Pure.

Azure ML reuses the outputs of a step in a pipeline where the component is deterministic and nothing that it hangs on
has changed (https://learn.microsoft.com/azure/machine-learning/how-to-debug-pipeline-reuse-issues, read 2026-11). What
only says how it runs (names for people, limits, compute, tier) is left out there and here.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict

from cloister.jobs.planning.plan import Constant, FromReference, FromSearch, FromSnapshot, FromStep, PlannedStep

# An asset in a version never changes. A label moves, and so may what lies at a path or an address.
_PINNED = re.compile(r"azureml:[^:@/]+:[^:@/]+")


def fingerprint(
    step: PlannedStep, contents: Mapping[str, str], makers: Mapping[str, str], surroundings: str
) -> str | None:
    """The hash of a step that is ready; None where the same words may mean another result tomorrow.

    `contents` has the hash of each place of the snapshot (`code/0`, `data/raw`). `makers` says of each step that it
    needs who made what that has: the step itself, or the one of an earlier job whose result it took over.
    `surroundings` stands for what all steps hang on, such as the platform's version. Raises KeyError where the snapshot
    lacks a place.
    """
    given = {i.name: _given(i.binding, contents, makers) for i in step.inputs}
    if not step.is_deterministic or step.unresolved or None in given.values():
        return None
    parts = [surroundings, contents[step.code] if step.code else "", given, _own(step)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _given(
    binding: Constant | FromSnapshot | FromStep | FromReference | FromSearch,
    contents: Mapping[str, str],
    makers: Mapping[str, str],
) -> list[str] | None:
    """What an input is, whatever it is called elsewhere; None where that cannot be told."""
    match binding:
        case Constant(text):
            return ["constant", text]
        case FromSnapshot(path):
            place, _, inside = path.partition("/")[2].partition("/")
            return ["snapshot", contents[f"data/{place}"], inside]
        case FromStep(step, output):
            return ["step", makers[step], output]
        case FromReference(uri):
            return ["asset", uri] if _PINNED.fullmatch(uri) else None
        case FromSearch(dimension):
            return ["search", dimension]


def _own(step: PlannedStep) -> dict[str, object]:
    return {
        "command": step.command,
        "types": {i.name: [i.type, i.mode] for i in step.inputs},
        "outputs": {o.name: [o.type, o.mode, o.destination, o.asset_name, o.asset_version] for o in step.outputs},
        "environment": asdict(step.environment),
        "variables": dict(step.environment_variables),
        "instances": step.instance_count,
        "distribution": asdict(step.distribution) if step.distribution else None,
        "sweep": asdict(step.sweep) if step.sweep else None,
        "parallel": asdict(step.parallel) if step.parallel else None,
    }
