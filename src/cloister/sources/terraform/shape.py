"""Whether a text is a plan or a state of Terraform, and why one cannot be read: cut off, or of another version."""

import json
import re
from collections.abc import Mapping
from typing import Any

from cloister.errors import Fault, SpecError
from cloister.sources.wording import shown

MAX_CHARACTERS = 400_000_000
"""Some hundred thousand resources: more is no plan of one environment."""

_FORMAT = re.compile(r"1\.[0-9]{1,4}")
_BEGINNING = 4096
_OWN_STATE = 4
_SHOW = "write it with `terraform show -json PLAN > plan.json`"
_TELLING = ('"format_version"', '"terraform_version"', '"planned_values"')


def is_terraform(text: str) -> bool:
    """Whether the text begins as what Terraform writes as JSON does, whole or not."""
    beginning = text[:_BEGINNING].lstrip("\ufeff \t\r\n")
    if not beginning.startswith("{"):
        return False
    return any(word in beginning for word in _TELLING) or beginning.startswith('{"@level"')


def recognised(text: str, file: str) -> Mapping[str, Any]:
    """The plan or state as JSON has it. Raises SpecError where it is none that can be read."""
    document = _parsed(text, file)
    version = document.get("format_version")
    if document.get("version") == _OWN_STATE and version is None:
        reason = "is the file in which Terraform keeps its state, whose form is Terraform's own"
        raise SpecError(Fault(file, reason, "write it with `terraform show -json > state.json`"))
    if not isinstance(version, str) or not _FORMAT.fullmatch(version):
        reason = f"is of format version {shown(version) if version is not None else 'unknown'}, and 1.x is read"
        raise SpecError(Fault(file, reason, f"{_SHOW} of Terraform 1.1 or later"))
    if document.get("errored") is True:
        reason = "is a plan that ended in an error, so that it does not hold everything"
        raise SpecError(Fault(file, reason, "mend what Terraform complains of, and plan again"))
    if not any(isinstance(document.get(key), dict) for key in ("planned_values", "values")):
        reason = "holds neither planned_values nor values: it says nothing of what stands"
        raise SpecError(Fault(file, reason, _SHOW))
    return document


def _parsed(text: str, file: str) -> Mapping[str, Any]:
    if len(text) > MAX_CHARACTERS:
        reason = f"has {len(text)} characters, and {MAX_CHARACTERS} are the limit"
        raise SpecError(Fault(file, reason, "plan a part of it: a module of its own"))
    if text.lstrip().startswith('{"@level"'):
        reason = "is the log that `terraform plan -json` writes, not the plan"
        raise SpecError(Fault(file, reason, f"add -out PLAN, then {_SHOW}"))
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise SpecError(
            Fault(file, "is nested too deep to be read", "hand over a plan that Terraform wrote")
        ) from error
    except ValueError as error:
        reason = f"is not whole JSON: {error}"
        raise SpecError(Fault(file, reason, f"{_SHOW}, and let it end")) from error
    if not isinstance(document, dict):
        raise SpecError(Fault(file, "is not a JSON object", _SHOW))
    return document
