"""The file of attestations and waivers: what counts, what is refused with which words, and its published schema."""

import re
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cloister.errors import SpecError
from cloister.inventory.statements import Attestation, Statements, Waiver
from cloister.sources.statements.comments import inline_waivers
from cloister.sources.statements.file import Stated, read_statements
from cloister.sources.statements.schema import SCHEMA_FILE, schema_text
from cloister.sources.written import parse

TODAY = date(2026, 11, 25)
FILE = "cloister.attestations.yaml"
WHOLE = """\
version: 1
attestations:
  AZ150: {statement: the quota was raised, owner: ada@example.org, until: 2027-05-31, evidence: ticket 12}
waivers:
  - control: AZ012
    resource: agent-*
    reason: the vendor signs from March on
    owner: bo@example.org
    until: 2027-03-31
  - {intent: no-way, resource: compute, reason: a trial, owner: bo, until: 2029-01-01, why_longer: a lease}
"""

WAIVER = "version: 1\nwaivers:\n  - {control: AZ012, resource: x, reason: why, owner: bo, until: 2027-01-01}\n"


def _read(text: str) -> Stated:
    return read_statements(text, FILE, TODAY)


def test_what_is_stated() -> None:
    stated = _read(WHOLE)
    assert stated.faults == ()
    (attested,), (first, second) = stated.statements.attestations, stated.statements.waivers
    assert attested == Attestation(
        control="AZ150",
        statement="the quota was raised",
        owner="ada@example.org",
        until=date(2027, 5, 31),
        evidence="ticket 12",
        origin=attested.origin,
    )
    assert first == Waiver(
        control="AZ012",
        resource="agent-*",
        reason="the vendor signs from March on",
        owner="bo@example.org",
        until=date(2027, 3, 31),
        origin=first.origin,
    )
    assert (second.intent, second.resource, second.until) == ("no-way", "compute", date(2029, 1, 1))
    assert [str(one.origin.of("until")) for one in (attested, first, second)] == [
        f"{FILE}:{line}" for line in (3, 9, 10)
    ]
    assert stated.statements.file == FILE
    assert _read(WAIVER).statements.file == ""


NO_SUBJECT = 'waiver "1": states neither control nor intent (F:4:5)\n  mend: write one of them, such as control: AZ012'
TOO_LONG = (
    'waiver "1": until 2027-11-27 is more than a year from 2026-11-25 (F:4:66)\n'
    "  mend: write 2027-11-26 or an earlier day, or state why_longer"
)


@pytest.mark.parametrize(
    ("says", "line", "told"),
    [
        (
            "no reason",
            "- {control: AZ013, resource: y, owner: bo, until: 2027-01-01}",
            ['waiver "1": does not state reason (F:4:5)\n  mend: add reason: Why it is accepted.'],
        ),
        (
            "no owner",
            "- {control: AZ013, resource: y, reason: why, until: 2027-01-01}",
            ['waiver "1": does not state owner (F:4:5)\n  mend: add owner: Who accepts it.'],
        ),
        (
            "no date",
            "- {control: AZ013, resource: y, reason: why, owner: bo}",
            ['waiver "1": does not state until (F:4:5)\n  mend: add until: The last day on which it is accepted.'],
        ),
        (
            "a reason of blanks",
            "- {control: AZ013, resource: y, reason: '  ', owner: bo, until: 2027-01-01}",
            ['waiver "1": reason is empty (F:4:43)\n  mend: write what a reader needs to know'],
        ),
        (
            "no subject",
            "- {resource: y, reason: why, owner: bo, until: 2027-01-01}",
            [NO_SUBJECT],
        ),
        (
            "two subjects",
            "- {control: AZ013, intent: z, resource: y, reason: why, owner: bo, until: 2027-01-01}",
            ['waiver "1": states both control and intent (F:4:5)\n  mend: write one of them, such as control: AZ012'],
        ),
        (
            "a control without a resource",
            "- {control: AZ013, reason: why, owner: bo, until: 2027-01-01}",
            ['waiver "1": does not state resource (F:4:5)\n  mend: write the name of the resource, or "*" for all'],
        ),
        (
            "a day that is none",
            "- {control: AZ013, resource: y, reason: why, owner: bo, until: soon}",
            ['waiver "1": until "soon" is not a day (F:4:66)\n  mend: write one such as 2026-11-25'],
        ),
        (
            "more than a year",
            "- {control: AZ013, resource: y, reason: why, owner: bo, until: 2027-11-27}",
            [TOO_LONG],
        ),
        (
            "a misspelt key",
            "- {control: AZ013, resource: y, reason: why, owner: bo, untill: 2027-01-01}",
            ['waiver "1": does not know the key "untill" (F:4:59)\n  mend: write until'],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "{" not in value else "",
)
def test_a_statement_with_a_fault_counts_for_nothing_and_the_others_do(says: str, line: str, told: list[str]) -> None:
    stated = _read(f"{WAIVER}  {line}\n")
    assert [str(fault).replace(FILE, "F") for fault in stated.faults] == told, says
    assert [waiver.control for waiver in stated.statements.waivers] == ["AZ012"]


def test_the_last_day_of_a_year_is_taken() -> None:
    stated = _read(WAIVER.replace("2027-01-01", "2027-11-26"))
    assert (stated.faults, len(stated.statements.waivers)) == ((), 1)


@pytest.mark.parametrize(
    "text", ["waivers: []\n", "version: 2\n" + WAIVER.partition("\n")[2], "[]\n", "version: 1\nwaivers: 5\n"]
)
def test_where_the_file_itself_is_wrong_nothing_counts(text: str) -> None:
    stated = _read(text)
    assert stated.faults
    assert stated.statements == Statements()


def test_an_attestation_of_what_is_no_id_is_told() -> None:
    stated = _read("version: 1\nattestations:\n  az1: {statement: so, owner: ada, until: 2027-01-01}\n")
    assert [(fault.thing, str(fault.origin)) for fault in stated.faults] == [("the environment", f"{FILE}:3")]
    assert stated.statements.attestations == ()


def test_what_is_no_yaml_is_refused() -> None:
    with pytest.raises(SpecError, match="is not YAML"):
        _read("version: [1\n")


def test_the_file_in_the_package_is_fresh() -> None:
    standing = files("cloister.sources").joinpath(SCHEMA_FILE).read_text(encoding="utf-8")
    assert standing == schema_text(), (
        "run: python -m cloister.sources.statements.schema > src/cloister/sources/attestations.schema.json"
    )


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        (WHOLE, True),
        (WHOLE.replace("reason: a trial", "reason: ' '"), False),
        (WHOLE.replace("owner: bo,", ""), False),
        (WHOLE.replace("AZ012", "AZ12"), False),
        (WHOLE.replace("until: 2029-01-01", "til: 2029-01-01"), False),
    ],
)
def test_the_schema_takes_what_the_reader_takes(text: str, *, taken: bool) -> None:
    schema: dict[str, Any] = parse(schema_text(), SCHEMA_FILE).plain()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert jsonschema.Draft202012Validator(schema).is_valid(parse(text, FILE).plain()) is taken
    assert (_read(text).faults == ()) is taken


PAGE = (Path(__file__).parents[2] / "docs" / "attestations.md").read_text(encoding="utf-8")


def test_the_examples_of_the_page_are_read() -> None:
    of_file, in_document = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    stated = _read(of_file)
    assert (stated.faults, len(stated.statements.attestations), len(stated.statements.waivers)) == ((), 1, 2)
    text = f"version: 1\n{in_document}"
    inline = inline_waivers(text, "cloister.yaml", parse(text, "cloister.yaml"), TODAY)
    assert inline.faults == ()
    assert [waiver.subject for waiver in inline.waivers] == ["AZ020", "AZ008", 'intent "labelling"']
