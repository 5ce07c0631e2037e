"""Who can do something, from where, and by what; the list in both its forms."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cloister.ask.asking import Environment
from cloister.ask.who_can import who_can
from cloister.cli.who_can import who_can as verb
from cloister.errors import SpecError
from cloister.sources.spec import read_text
from cloister.verdict import Answer

SPEC = Path(__file__).parent / "rights.yaml"
INSIDE = ("jump-host", "ci-agent")
OFFICE = ("workstation", "customers", "integration-runtime", "office")


@pytest.fixture(scope="module")
def ours() -> Environment:
    return Environment(read_text(SPEC.read_text(encoding="utf-8"), "r.yaml"))


def _listed(environment: Environment, text: str) -> list[tuple[str, str, tuple[str, ...], str]]:
    return [(able.principal, able.answer.value, able.places, able.how) for able in who_can(environment, text)]


def test_everybody_is_listed_with_places_and_manner(ours: Environment) -> None:
    by_key = "with a key of storage"
    by_workspace = "with a key of storage from its workspace"
    assert _listed(ours, "write data") == [
        ("user:ada", "ALLOW", INSIDE, by_workspace),
        ("user:ada", "UNKNOWN", OFFICE, by_workspace),
        ("user:ida", "ALLOW", INSIDE, by_workspace),
        ("user:ida", "UNKNOWN", OFFICE, by_workspace),
        ("user:olga", "ALLOW", INSIDE, by_key),
        ("user:olga", "UNKNOWN", OFFICE, by_key),
        ("user:pia", "UNKNOWN", INSIDE, by_workspace),
        ("user:pia", "UNKNOWN", OFFICE, by_workspace),
        ("group:interns", "ALLOW", INSIDE, by_workspace),
        ("group:interns", "UNKNOWN", OFFICE, by_workspace),
        ("group:scientists", "ALLOW", INSIDE, by_workspace),
        ("group:scientists", "UNKNOWN", OFFICE, by_workspace),
        ("sp:pipelines", "ALLOW", INSIDE, by_key),
        ("sp:pipelines", "UNKNOWN", OFFICE, by_key),
    ]


def test_an_identity_stands_where_it_is_carried(ours: Environment) -> None:
    found = [one for one in _listed(ours, "pull image") if one[0].startswith("identity:")]
    assert found == [
        ("identity:ci-agent", "ALLOW", ("ci-agent",), ""),
        ("identity:cold-reader", "ALLOW", ("training",), "as the identity of training, where it runs code"),
        ("identity:training", "ALLOW", ("training",), ""),
    ]


def test_who_has_the_right_and_no_way_is_listed_too() -> None:
    shut = (
        SPEC.read_text(encoding="utf-8")
        .replace("approval: Approved", "")
        .replace("target: old\n", "target: old\n    approval: Rejected\n")
    )
    text = shut.replace(
        "old: {public_network_access: false}", "old: {public_network_access: false, rbac_authorization: true}"
    )
    environment = Environment(read_text(text, "r.yaml"))
    (pia,) = [able for able in who_can(environment, "read secret from old") if able.principal == "user:pia"]
    assert (pia.answer, pia.places, pia.step.rule and pia.step.rule.name) == (
        Answer.DENY,
        (),
        "role assignment secrets",
    )


def test_an_action_that_is_none_is_told(ours: Environment) -> None:
    with pytest.raises(SpecError):
        who_can(ours, "read minds")


def test_the_verb_prints_both_forms() -> None:
    text = CliRunner().invoke(verb, ["promote model/churn", str(SPEC)])
    assert text.exit_code == 0
    assert text.output.splitlines()[:3] == [
        "ALLOW    user:admin       from jump-host, ci-agent, workstation, customers, integration-runtime,",
        "                          office",
        "                          user:admin may mlflow:SetRegisteredModelAlias on model-version/churn/1",
    ]
    found = json.loads(CliRunner().invoke(verb, ["list keys on lake", str(SPEC), "--format", "json"]).output)
    assert list(found) == ["action", "principals"]
    assert [one["principal"] for one in found["principals"] if one["answer"] == "ALLOW"] == [
        "user:olga",
        "user:pia",
        "sp:pipelines",
    ]
    pia = next(one for one in found["principals"] if one["principal"] == "user:pia")
    assert pia == {
        "principal": "user:pia",
        "answer": "ALLOW",
        "places": ["jump-host", "ci-agent", "internet"],
        "how": "",
        "text": 'user:pia has role "Lister" at lake, which allows Microsoft.Storage/storageAccounts/listKeys/action',
        "rule": {"name": "role assignment list", "origin": {"file": str(SPEC), "line": 72}, "source": None},
    }


def test_the_verb_says_that_nobody_can_and_what_is_undecided(tmp_path: Path) -> None:
    spec = tmp_path / "cloister.yaml"
    spec.write_text("version: 1\nblueprint: azure-hub-spoke\nname: here\ngroups: {admins: null, approvers: null}\n")
    nobody = CliRunner().invoke(verb, ["promote model/churn", str(spec)])
    assert (nobody.output, nobody.exit_code) == ("nobody can promote model/churn\n", 0)
    spec.write_text("version: 1\nblueprint: azure-two-vnet\nname: here\n")  # states no role assignment
    assert CliRunner().invoke(verb, ["read data", str(spec)]).exit_code == 11
