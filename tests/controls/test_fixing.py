"""Mends that are certain: applied where they help and break nothing, refused with the reason where they do not."""

import pytest

from cloister.controls.fixing import Document, Fixed, fixed, standing
from cloister.controls.report.fixes_told import fixes_told
from cloister.controls.report.report import check_environment
from cloister.sources.spec import read_text, with_blueprint
from cloister.sources.written import parse

HEAD = "version: 1\nblueprint: azure-hub-spoke\nname: example\n"
FILE = "cloister.yaml"


def judge(text: str) -> Document:
    whole = with_blueprint(parse(text, FILE))
    return Document(text, whole, check_environment(read_text(text, FILE), FILE))


def _fixed(text: str) -> Fixed:
    return fixed(judge(HEAD + text), judge)


def _applied(done: Fixed) -> list[str]:
    return [str(one) for one in done.applied]


def test_what_closes_and_breaks_nothing_is_applied_and_comments_stay() -> None:
    done = _fixed("computes:\n  # the trainer\n  training: {local_auth: true}  # why\n")
    assert done.document.text == HEAD + "computes:\n  # the trainer\n  training: {local_auth: false}  # why\n"
    assert (_applied(done), done.refused) == (["computes.training.local_auth: false"], ())
    assert done.closed == (("AZ008", 'compute cluster "training"'),)
    assert standing(done.document.report) == {}


def test_one_change_closes_the_finding_and_the_ways_in() -> None:
    done = _fixed("workspaces: {workspace: {public_network_access: true}}\n")
    assert _applied(done) == ["workspaces.workspace.public_network_access: false"]
    rules = [rule for rule, _ in done.closed]
    assert (rules.count("AZ001"), rules.count("CLOSURE") > 2) == (1, True)
    assert standing(done.document.report) == {}


VENDOR = """\
workspaces: {workspace: {public_network_access: true}}
computes: {training: {local_auth: true}}
intents: {vendor: {must: "internet -> workspace:443", why: they label}}
"""


@pytest.fixture(scope="module")
def vendor() -> Fixed:
    return _fixed(VENDOR)


def test_what_would_cost_a_way_that_people_need_is_left_with_the_reason(vendor: Fixed) -> None:
    assert _applied(vendor) == ["computes.training.local_auth: false"]
    (refused,) = vendor.refused
    assert refused.fix == "workspaces.workspace.public_network_access: false"
    assert refused.mends[0] == ("AZ001", 'workspace "workspace"')
    assert refused.why == "it would break FLOW vendor: internet -> workspace:443"
    assert "public_network_access: true" in vendor.document.text


def test_what_cannot_be_written_with_certainty_is_left_with_the_reason() -> None:
    done = _fixed(
        "private_endpoints:\n  vault-endpoint:\n    zones:\n      - privatelink.blob.core.windows.net\n"
        "computes: {training: {local_auth: true}}\n"
    )
    assert "computes.training.local_auth: false" in _applied(done)
    text = "private_dns_zones:\n  privatelink.blob.core.windows.net:\n    links: null\n"
    (refused,) = _fixed(text).refused
    assert refused.fix == "private_dns_zones.privatelink.blob.core.windows.net.links.hub: {}"
    assert refused.why.startswith("it has to be written by hand: ")


def test_a_fix_that_mends_nothing_is_left() -> None:
    first = judge(HEAD + "computes: {training: {local_auth: true}}\n")
    done = fixed(first, lambda text: Document(text, first.whole, first.report))  # a judge that sees no difference
    assert done.document is first
    assert [one.why for one in done.refused] == ['it would not mend AZ008 compute cluster "training"']


def test_what_is_found_stays_where_no_mend_is_certain() -> None:
    done = _fixed("undeclared: [a]\n")
    assert (done.applied, done.refused, done.closed) == ((), (), ())
    assert list(fixes_told(done, FILE, dry_run=False)) == ["fixed     nothing: of what was found, no mend is certain"]


def test_it_is_told_what_was_done_and_what_was_left(vendor: Fixed) -> None:
    lines = list(fixes_told(vendor, FILE, dry_run=False))
    assert lines[:4] == [
        "fixed     1 change written into cloister.yaml, 1 thing closed, nothing broken",
        "  ok  computes.training.local_auth: false",
        '      for AZ008 compute cluster "training"',
        "  --  workspaces.workspace.public_network_access: false",
    ]
    assert lines[-1] == "      left: it would break FLOW vendor: internet -> workspace:443"


def test_a_door_is_closed_once_the_names_lead_inside_and_not_before() -> None:
    """Of the published environment: alone, the workspace's closed door would shut out people whose names lead to it."""
    first = judge("version: 1\nblueprint: azure-published-terraform\nname: example\n")
    done = fixed(first, judge)
    applied = _applied(done)
    door = applied.index("workspaces.my_aml_workspace.public_network_access: false")
    assert applied.index("private_dns_zones.privatelink.api.azureml.ms.links.basvnet: {}") < door
    assert all(one.why.startswith("it would break ") for one in done.refused)
    before, after = standing(first.report), standing(done.document.report)
    assert {key: weight for key, weight in after.items() if weight > before.get(key, 0)} == {}
    assert set(done.closed) == set(before) - set(after)
