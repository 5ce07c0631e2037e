"""Templates and exports told apart by what they hold, and read as declared resources."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloister.errors import Fault, SourceError, SpecError
from cloister.inventory.azure import NotUnderstood
from cloister.sources.arm.exports import exported, is_export
from cloister.sources.arm.ids import Scope
from cloister.sources.arm.templates import SUBSCRIPTION, Deployment, Given, Templates
from cloister.sources.declared import Declared, Unknown, Value

_SCHEMA = "deploymenttemplate.json"


@dataclass(frozen=True, slots=True)
class Read:
    """The resources of a file, and what could not be understood of it. `listed`: an export lists them, with gaps."""

    resources: tuple[Declared, ...]
    not_understood: tuple[NotUnderstood, ...]
    listed: bool = False


def is_template(tree: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Whether a JSON value is a template, as written by hand or compiled from Bicep."""
    if not isinstance(tree, dict) or "resources" not in tree:
        return False
    return _SCHEMA in str(tree.get("$schema", "")).lower().partition("#")[0]


def is_arm(tree: Any) -> bool:  # noqa: ANN401 - as above
    """Whether a JSON value is a template or an export of resources."""
    return is_template(tree) or is_export(tree)


def read_arm(tree: Any, path: Path, name: str, parameters: Path | None = None) -> Read:  # noqa: ANN401 - as above
    """The resources of a template or of an export. Raises SpecError and SourceError."""
    if not is_template(tree):
        return Read(tuple(exported(tree, str(path))), (), listed=True)
    given = _parameters(parameters or _beside(path))
    try:
        return _template(tree, str(path), name, given)
    except RecursionError as error:
        reason = "is nested deeper than can be read"
        raise SpecError(Fault(str(path), reason, "read an export of what it deploys instead")) from error


def _template(tree: dict[str, Any], file: str, name: str, given: Mapping[str, Value]) -> Read:
    shared = Templates(file)
    deployment = Deployment(shared, tree, _scope(tree, name), Given(known=given))
    declared = tuple(deployment.declared())
    return Read(declared, tuple(shared.told))


def _scope(tree: dict[str, Any], name: str) -> Scope:
    schema = str(tree["$schema"]).lower()
    if "/subscriptiondeployment" in schema:
        return Scope(SUBSCRIPTION)
    if "/managementgroupdeployment" in schema:
        return Scope(management_group=f"mg-{name}")
    return Scope() if "/tenantdeployment" in schema else Scope(SUBSCRIPTION, f"rg-{name}")


def _beside(path: Path) -> Path | None:
    """The file of parameters that belongs to a template by its name, if there is one."""
    found = path.with_name(f"{path.stem}.parameters.json")
    return found if found.is_file() else None


def _parameters(path: Path | None) -> dict[str, Value]:
    if path is None:
        return {}
    mend = 'write {"parameters": {"NAME": {"value": ...}}}'
    try:
        tree = json.loads(path.read_bytes())
    except OSError as error:
        raise SourceError(Fault(str(path), f"cannot be read: {error.strerror or error}", mend)) from error
    except (ValueError, RecursionError) as error:
        raise SourceError(Fault(str(path), "is not JSON", mend)) from error
    parameters = tree.get("parameters") if isinstance(tree, dict) else None
    if not isinstance(parameters, dict) or not all(isinstance(one, dict) for one in parameters.values()):
        raise SourceError(Fault(str(path), "is no file of parameters for a template", mend))
    return {name: _value(name, one) for name, one in parameters.items()}


def _value(name: str, one: dict[str, Any]) -> Value:
    if "value" in one:
        found: Value = one["value"]
        return found
    return Unknown(f"is the parameter {name}, a secret of a key vault", f"{{{name}}}")
