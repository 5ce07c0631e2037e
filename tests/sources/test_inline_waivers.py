"""Waivers in comments: on which part of the document each stands, and what is told of those that are none."""

from datetime import date

import pytest

from cloister.inventory.statements import Waiver
from cloister.origin import Origin
from cloister.sources.spec import with_blueprint
from cloister.sources.statements.comments import Inline, has_waivers, inline_waivers
from cloister.sources.written import parse

TODAY = date(2026, 11, 25)
HEAD = "version: 1\nblueprint: azure-hub-spoke\nname: example\n"
WAIVE = "# cloister: waive AZ007 until 2027-01-31 by ada@example.org: the vendor signs: from March"


def _inline(text: str) -> Inline:
    return inline_waivers(text, "c.yaml", with_blueprint(parse(text, "c.yaml")), TODAY)


def _lines(waiver: Waiver) -> list[int]:
    return sorted({line for file, line, *_ in waiver.places if file == "c.yaml"})


def test_a_waiver_says_who_accepts_what_until_when_and_why() -> None:
    (waiver,) = _inline(f"{HEAD}computes:\n  {WAIVE}\n  training: {{node_public_ip: true}}\n").waivers
    assert waiver == Waiver(
        control="AZ007",
        places=waiver.places,
        reason="the vendor signs: from March",
        owner="ada@example.org",
        until=date(2027, 1, 31),
        origin=Origin("c.yaml", 5, 3),
    )


@pytest.mark.parametrize(
    ("says", "lines", "covered"),
    [
        ("on the line of a resource", ["computes:", f"  a: {{vm_size: x}} {WAIVE}", "  b: {}"], [5]),
        ("above a resource", ["computes:", f"  {WAIVE}", "  a:", "    vm_size: x", "  b: {}"], [6, 7]),
        (
            "above, with other comments and blank lines between",
            ["computes:", f"  {WAIVE}", "", "  # more", "  a: {}", "  b: {}"],
            [8],
        ),
        ("on an attribute", ["computes:", "  a:", f"    vm_size: x {WAIVE}", "    kind: cluster"], [6]),
        ("on an item of a list", ["undeclared:", "  - x", f"  - y {WAIVE}"], [6]),
        ("on a section in one line", [f"computes: {{a: {{}}, b: {{}}}} {WAIVE}"], [4]),
    ],
)
def test_it_covers_all_of_what_it_stands_on(says: str, lines: list[str], covered: list[int]) -> None:
    (waiver,) = _inline(HEAD + "\n".join(lines) + "\n").waivers
    assert _lines(waiver) == covered, says


def test_it_covers_what_the_blueprint_states_of_the_resource_as_well() -> None:
    (waiver,) = _inline(f"{HEAD}workspaces:\n  workspace: {{}} {WAIVE}\n").waivers
    written = with_blueprint(parse(HEAD, "c.yaml")).at(("workspaces", "workspace", "public_network_access")).key_place
    assert written.file == "azure-hub-spoke.yaml"
    assert (written.file, written.line, written.column, "") in waiver.places


def test_an_intent_is_waived_by_its_place() -> None:
    waive = WAIVE.replace("AZ007", "intent")
    (waiver,) = _inline(f'{HEAD}intents:\n  {waive}\n  mine: {{must: "compute -> workspace:443", why: so}}\n').waivers
    assert (waiver.intent, waiver.control, waiver.places) == ("mine", "", frozenset())


NO_COMMENT = (
    ("in quotes", f'  a: {{vm_size: "x {WAIVE}"}}'),
    ("in a block", f"  a:\n    vm_size: |\n      x\n      {WAIVE}"),
    ("without a blank before it", "  a: {vm_size: x#cloister:waive}"),
)


@pytest.mark.parametrize(("says", "line"), NO_COMMENT, ids=[says for says, _ in NO_COMMENT])
def test_what_stands_in_a_text_is_no_comment(says: str, line: str) -> None:
    text = f"{HEAD}computes:\n{line}\n"
    assert _inline(text) == Inline(), says


FORM = "write `# cloister: waive AZ012 until 2027-01-31 by ada@example.org: the reason`"
INCOMPLETE = "is no waiver: it needs a control, a last day, an owner and a reason"


@pytest.mark.parametrize(
    ("comment", "reason", "mend"),
    [
        ("waive AZ007 until 2027-01-31 by ada:", INCOMPLETE, FORM),
        ("waive AZ007 until 2027-01-31: why", INCOMPLETE, FORM),
        ("waive AZ007 by ada: why", INCOMPLETE, FORM),
        ("waive all until 2027-01-31 by ada: why", INCOMPLETE, FORM),
        ("ignore AZ007", INCOMPLETE, FORM),
        ("waive AZ007 until spring by ada: why", '"spring" is not a day', "write one such as 2027-01-31"),
        (
            "waive AZ007 until 2028-01-31 by ada: why",
            "until 2028-01-31 is more than a year from 2026-11-25",
            "write 2027-11-26 or an earlier day, or put it into the file of waivers with why_longer",
        ),
        (
            "waive intent until 2027-01-31 by ada: why",
            "stands on no intent",
            "name the control, or put it on the line of one of your intents",
        ),
    ],
)
def test_a_comment_that_is_no_waiver_is_a_fault(comment: str, reason: str, mend: str) -> None:
    inline = _inline(f"{HEAD}computes:\n  a: {{}} # cloister: {comment}\n")
    assert [(fault.reason, fault.mend, str(fault.origin)) for fault in inline.faults] == [(reason, mend, "c.yaml:5")]
    assert inline.waivers == ()


@pytest.mark.parametrize(
    "lines", [f"computes: {WAIVE}\n  a: {{}}", f"{WAIVE}\ncomputes:\n  a: {{}}", f"computes: {{}}\n{WAIVE}"]
)
def test_a_whole_section_is_not_waived(lines: str) -> None:
    inline = _inline(f"{HEAD}{lines}\n")
    assert [fault.reason for fault in inline.faults] == ["stands on no resource and no attribute"]
    assert inline.waivers == ()


@pytest.mark.parametrize(
    ("text", "has"), [(f"a: b {WAIVE}\n", True), ("# cloister: x", True), ("# cloister.yaml: x\n", False), ("", False)]
)
def test_most_documents_are_seen_at_once_to_hold_none(text: str, *, has: bool) -> None:
    assert has_waivers(text) is has
