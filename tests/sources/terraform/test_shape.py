"""What is refused as a plan, why, and what to do about it."""

import json

import pytest

from cloister.errors import SpecError
from cloister.sources.terraform.plan import declarations
from cloister.sources.terraform.shape import is_terraform, recognised

SHOW = "write it with `terraform show -json PLAN > plan.json`"
WHOLE = {"format_version": "1.2", "terraform_version": "1.11.4", "planned_values": {}}
REFUSED: tuple[tuple[str, str, str, str], ...] = (
    (
        "cut off",
        json.dumps(WHOLE)[:-5],
        "is not whole JSON: Expecting ':' delimiter: line 1 column 74 (char 73)",
        f"{SHOW}, and let it end",
    ),
    (
        "another version of the format",
        json.dumps(WHOLE | {"format_version": "2.0"}),
        'is of format version "2.0", and 1.x is read',
        f"{SHOW} of Terraform 1.1 or later",
    ),
    (
        "no version",
        json.dumps({"planned_values": {}}),
        "is of format version unknown, and 1.x is read",
        f"{SHOW} of Terraform 1.1 or later",
    ),
    (
        "Terraform's own file of its state",
        json.dumps({"version": 4, "terraform_version": "1.11.4", "resources": []}),
        "is the file in which Terraform keeps its state, whose form is Terraform's own",
        "write it with `terraform show -json > state.json`",
    ),
    (
        "the log of planning",
        '{"@level":"info","@message":"Terraform 1.11.4","terraform":"1.11.4"}\n{"@level":"info"}\n',
        "is the log that `terraform plan -json` writes, not the plan",
        f"add -out PLAN, then {SHOW}",
    ),
    (
        "a plan that failed",
        json.dumps(WHOLE | {"errored": True}),
        "is a plan that ended in an error, so that it does not hold everything",
        "mend what Terraform complains of, and plan again",
    ),
    (
        "neither a plan nor a state",
        json.dumps({"format_version": "1.0", "provider_schemas": {}}),
        "holds neither planned_values nor values: it says nothing of what stands",
        SHOW,
    ),
    (
        "nested without end",
        '{"format_version": "1.2", "planned_values": ' + '{"a":' * 200_000,
        "is nested too deep to be read",
        "hand over a plan that Terraform wrote",
    ),
)


@pytest.mark.parametrize(("text", "reason", "mend"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_plan_that_cannot_be_read_says_why(text: str, reason: str, mend: str) -> None:
    assert is_terraform(text)
    with pytest.raises(SpecError) as refused:
        recognised(text, "plan.json")
    assert [(one.thing, one.reason, one.mend) for one in refused.value.faults] == [("plan.json", reason, mend)]


def test_modules_nested_without_end_are_refused() -> None:
    inner: dict[str, object] = {}
    for depth in range(40):
        inner = {"child_modules": [{"address": f"module.m{depth}"} | inner]}
    with pytest.raises(SpecError, match="nests modules deeper than 32 levels"):
        declarations(WHOLE | {"planned_values": {"root_module": inner}}, "plan.json")


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\nname: mine\n",
        '{"version": 1, "name": "mine"}',
        '{"$schema": "https://schema.management.azure.com"}',
        "",
    ],
)
def test_other_languages_are_not_taken_for_terraform(text: str) -> None:
    assert not is_terraform(text)
