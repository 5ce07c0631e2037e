"""What matters most: the order, and how findings are joined with the ways that reach knows."""

from dataclasses import replace

import pytest

from cloister.controls.control import Severity
from cloister.controls.report.forms import write
from cloister.controls.report.matters import Consequence, matters, place_of, target_of
from cloister.controls.report.phrases import phrases
from cloister.controls.report.report import Report, check_environment, narrowed_to
from cloister.sources.spec import read_text

HEAD = "version: 1\nblueprint: azure-hub-spoke\nname: golden\n"
OPEN = (
    "storage_accounts:\n"
    "  storage: {public_network_access: true, network_default_action: Allow, shared_access_key: true}\n"
)


def _report(more: str) -> Report:
    return check_environment(read_text(HEAD + more, "cloister.yaml"), "cloister.yaml")


def _told(report: Report) -> list[tuple[str, str, tuple[str, ...], str]]:
    """Of each matter severity, consequence, controls, and the way by which its resource is reached."""
    return [
        (one.severity.value, one.consequence.value, one.controls, one.way.question if one.way else "")
        for one in matters(report)
    ]


@pytest.fixture(scope="module")
def open_storage() -> Report:
    return _report(OPEN)


def test_where_all_holds_nothing_matters() -> None:
    report = _report("")
    assert matters(report) == ()
    assert "what matters most" not in write(report, "text")


def test_a_finding_that_says_why_a_way_is_open_is_told_with_the_way(open_storage: Report) -> None:
    assert _told(open_storage)[0] == ("critical", "way in", ("AZ002",), "")


def test_a_finding_is_joined_with_the_open_way_to_its_resource(open_storage: Report) -> None:
    assert ("medium", "exposed", ("AZ020",), "internet -> storage/blob:443") in _told(open_storage)


def test_the_same_finding_behind_a_closed_door_says_so() -> None:
    report = _report("storage_accounts: {storage: {shared_access_key: true}}\n")
    assert _told(report) == [("medium", "closed", ("AZ020",), ""), ("low", "closed", ("AZ204",), "")]
    assert (
        "what matters most\n"
        "  1  medium  Not so: Storage accounts take no account keys (AZ020)\n"
        '     of       storage account "storage"\n'
        "     because  account keys open it: rights on its data can be gone around\n"
        "     reach    no way from the internet leads to it\n"
    ) in write(report, "text")


def test_of_one_severity_what_is_reachable_comes_before_what_is_closed() -> None:
    """The keys of the open account before the admin user of the closed registry, both of medium weight."""
    report = _report(OPEN + "container_registries: {registry: {admin_user: true}}\n")
    medium = [(kind, controls) for severity, kind, controls, _ in _told(report) if severity == "medium"]
    assert medium == [("exposed", ("AZ020",)), ("closed", ("AZ006",))]


def test_the_worst_severity_comes_first_whatever_it_comes_to(open_storage: Report) -> None:
    severities = [one.severity for one in matters(open_storage)]
    assert severities == sorted(severities, key=list(Severity).index)


def test_every_finding_and_every_unmet_intent_is_in_exactly_one_matter() -> None:
    text = "version: 1\nblueprint: azure-published-terraform\nname: golden\n"
    report = check_environment(read_text(text, "cloister.yaml"), "cloister.yaml")
    found = matters(report)
    findings = [finding for one in found for finding in one.findings]
    told = [one for result in report.results for one in (*result.findings, *result.doubts)]
    assert sorted(map(repr, findings)) == sorted(map(repr, told))
    judged = [one.intent.name for matter in found for one in matter.judged]
    assert sorted(judged) == sorted(one.intent.name for one in report.judgement.all() if one.standing != "met")
    assert found[0].consequence is Consequence.WAY_IN
    joined = {one.judged[0].question: one.controls for one in found if one.consequence is Consequence.WAY_OUT}
    # A rule that belongs to another thing than the place of its step: node_public_ip of the cluster, at its subnet.
    assert joined["my_compute_cluster -> example.com:443"] == ("AZ007", "AZ016")
    # What reach decided is not told to be closed by reach.
    assert {one.consequence for one in found if "AZ018" in one.controls} == {Consequence.FOUND}


def test_a_doubt_comes_after_what_is_found_of_its_severity(open_storage: Report) -> None:
    """As if it were of the next lower one: what may be so after what is so."""
    for number, result in enumerate(open_storage.results):
        if result.control.id in ("AZ001", "AZ006"):
            doubt = result.control.doubt("it", "it is not known", at=open_storage.inventory.origin, mend="say it")
            results = list(open_storage.results)
            results[number] = replace(result, doubts=(doubt,))
            open_storage = replace(open_storage, results=tuple(results))
    told = [(severity, kind, controls) for severity, kind, controls, _ in _told(open_storage)]
    assert told == [
        ("critical", "way in", ("AZ002",)),
        ("critical", "undecided", ("AZ001",)),
        ("medium", "exposed", ("AZ020",)),
        ("low", "exposed", ("AZ204",)),
        ("medium", "undecided", ("AZ006",)),
    ]
    assert "  2  critical  Nobody can tell: The workspace refuses public network access (AZ001)\n" in write(
        open_storage, "text"
    )


def test_a_report_that_was_narrowed_tells_the_chosen_packs_alone(open_storage: Report) -> None:
    narrow = narrowed_to(open_storage, ["no-way-in"])
    assert "what matters most" not in write(narrow, "text")


@pytest.mark.parametrize(
    ("question", "place", "target"),
    [
        ("internet -> storage/blob:443", "internet", "storage"),
        ("group:readers at jump-host -> workspace@public:443", "jump-host", "workspace"),
        ("training -> 10.0.0.4:53/udp", "training", "10.0.0.4"),
        ("", "", ""),
    ],
)
def test_place_and_target_of_a_question(question: str, place: str, target: str) -> None:
    assert (place_of(question), target_of(question)) == (place, target)


def test_a_count_has_two_forms_where_the_language_has() -> None:
    say = phrases()
    assert [say.count("note.rule never read", count) for count in (1, 2)] == ["1 rule never read", "2 rules never read"]
