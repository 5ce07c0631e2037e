"""Environments in AWS are judged like others: the blueprint holds, and what breaks it is told where it does."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cloister.ask.asking import AwsEnvironment, answer
from cloister.ask.changes import Turn, changes
from cloister.ask.closing import closing_mend
from cloister.ask.groups import members, questions
from cloister.ask.judgement import Standing, judge
from cloister.ask.pairs import Wanted, all_pairs
from cloister.controls.report import forms
from cloister.controls.report.report import Outcome, check_environment
from cloister.errors import SpecError
from cloister.facts.packs import aws_pack_flows, aws_packs
from cloister.inventory import aws
from cloister.inventory.intents import Flows
from cloister.sources.blueprints import starter_text
from cloister.sources.reading import read_sound_part_anywhere
from cloister.sources.spec import read_text_anywhere
from cloister.verdict import Answer

STARTER = starter_text("aws-mlflow")


def read(over: dict[str, Any] | None = None) -> aws.Inventory:
    """The blueprint with something laid over it."""
    text = STARTER.replace("intents:", "\nintents:") if over is None else yaml.safe_dump(_laid(over), sort_keys=False)
    inventory = read_text_anywhere(text, "cloister.yaml")
    assert isinstance(inventory, aws.Inventory)
    return inventory


def _laid(over: dict[str, Any]) -> dict[str, Any]:
    return {**yaml.safe_load(STARTER), **over}


def missed(over: dict[str, Any]) -> list[str]:
    """The intents that a change misses or leaves open, by pack."""
    return sorted(f"{one.pack}: {one.question}" for one in judge(read(over)).all() if one.standing is not Standing.MET)


def test_the_blueprint_holds_on_both_sides() -> None:
    report = check_environment(read(), "cloister.yaml")
    assert [one.question for one in report.judgement.all() if one.standing is not Standing.MET] == []
    assert report.outcome is Outcome.HOLDS
    assert report.notes == ()
    assert all(forms.write(report, form, "en") for form in ("text", "json", "sarif", "junit", "markdown"))
    asked = {one.pack for one in report.judgement.all()}
    assert asked == {"", *aws_packs()}


WITHOUT_POLICY = {"vpc_endpoints": {"studio-s3": {"policy": None}}}
BREAKS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "without a policy, the endpoint for S3 lets through anybody's bucket": (
        WITHOUT_POLICY,
        [
            f"no-way-out: {place} -> someoneelsesbucket.s3.eu-west-1.amazonaws.com:443"
            for place in ("science-studio[apps-a]", "science-studio[apps-b]", "studio/apps-a", "studio/apps-b")
        ]
        + [
            f"no-way-out: {place} -> someoneelsesbucket.s3.eu-west-1.amazonaws.com:443"
            for place in ("training[apps-a]", "training[apps-b]")
        ],
    ),
    "a bucket whose policy names no endpoint stands on the internet": (
        {"s3_buckets": {"artifacts": {"policy": None}}},
        ["no-way-in: internet -> artifacts:443"],
    ),
    "a group that lets the VPC in opens a way around the API": (
        {
            "security_groups": {
                "service": {"ingress": {"vpc": {"protocol": "tcp", "ports": 5000, "cidr_blocks": ["10.40.0.0/16"]}}}
            }
        },
        [
            f"only-by-the-api: server/{place} -> tracking[private-{other}]:5000"
            # Whether replies come back to the data subnets hangs on the port that a client happens to take.
            for place in ("private-a", "private-b", "data-a", "data-b")
            for other in "ab"
        ],
    ),
    "a network ACL without replies stops the server": (
        {"network_acls": {"data": {"egress": {"replies-b": None}}}},
        [f"server-needs: tracking[private-b] -> metadata[data-{side}]:5432" for side in "ab"],
    ),
    "a balancer on the internet is a way in": (
        {
            "internet_gateways": {"igw": {"vpc": "server"}},
            "route_tables": {"server": {"routes": {"all": {"cidr_block": "0.0.0.0/0", "internet_gateway": "igw"}}}},
            "load_balancers": {"mlflow": {"internal": False}},
            "security_groups": {
                "balancer": {"ingress": {"all": {"protocol": "tcp", "ports": 80, "cidr_blocks": ["0.0.0.0/0"]}}}
            },
        },
        [
            *(f"no-way-in: internet -> mlflow[private-{side}]:80" for side in "ab"),
            *(
                f"only-by-the-api: server/private-{side} -> mlflow[private-{other}]:80"
                for side in "ab"
                for other in "ab"
            ),
        ],
    ),
    "a domain that is not VpcOnly has a way out that no rule of the VPC judges": (
        {"sagemaker_domains": {"science-studio": {"app_network_access_type": "PublicInternetOnly"}}},
        [],
    ),
    "an endpoint too few stops whoever needs it": (
        {"vpc_endpoints": {"server-ecr-dkr": None}},
        [f"server-needs: tracking[private-{side}] -> ecr.dkr:443" for side in "ab"],
    ),
}


@pytest.mark.parametrize(("over", "wanted"), BREAKS.values(), ids=BREAKS)
def test_what_breaks_it_is_missed(over: dict[str, Any], wanted: list[str]) -> None:
    found = missed(over)
    if wanted:
        assert found == sorted(wanted)
    else:
        assert {line.partition(" -> ")[0] for line in found} == {
            "no-way-out: science-studio/internet",
            "studio-needs: science-studio/internet",
        }


def test_every_pack_of_flows_has_rows_and_every_row_a_pack() -> None:
    assert {row.pack for row in aws_pack_flows()} | {"no-way-out"} == set(aws_packs())


def test_an_approved_host_is_no_way_out() -> None:
    over = WITHOUT_POLICY | {"approved": {"*.s3.eu-west-1.amazonaws.com": "a test"}}
    assert missed(over) == []


def test_groups_hold_places_by_what_they_are() -> None:
    inventory = read()
    assert members(inventory, ["containers"]) == ("tracking[private-a]", "tracking[private-b]")
    assert members(inventory, ["network:studio", "service:a*"])[:1] == ("science-studio[apps-a]",)
    assert members(inventory, ["apis", "buckets"]) == ("mlflow-api", "artifacts", "training-data")
    assert members(inventory, ["place:meta*"]) == ("metadata[data-a]", "metadata[data-b]")
    flows = Flows(places=("jobs",), targets=("databases",), ports=("5432",))
    assert questions(inventory, flows)[0] == "training[apps-a] -> metadata[data-a]:5432"
    with pytest.raises(SpecError) as error:
        members(inventory, ["container"])
    assert [(one.thing, one.mend) for one in error.value.faults] == [('group "container"', "write containers")]


def test_a_word_that_means_several_places_is_told() -> None:
    with pytest.raises(SpecError) as error:
        answer(AwsEnvironment(read()), "tracking -> metadata[data-a]:5432")
    [fault] = error.value.faults
    assert (fault.thing, fault.reason) == ('place "tracking"', "may mean tracking[private-a], tracking[private-b]")


def test_all_pairs_say_what_single_questions_say() -> None:
    environment = AwsEnvironment(read())
    open_ = {(one.place, one.target) for one in all_pairs(environment, Wanted()) if one.allowed}
    assert ("tracking[private-a]", "metadata[data-b]") in open_
    assert ("science-studio[apps-a]", "mlflow-api") in open_
    assert not {target for place, target in open_ if place == "internet"} & {"artifacts", "mlflow-api", "training-data"}


def test_a_change_is_told_by_what_it_opens() -> None:
    before, after = (
        AwsEnvironment(read({})),
        AwsEnvironment(read(BREAKS["a bucket whose policy names no endpoint stands on the internet"][0])),
    )
    opened = changes(before, after, Wanted()).by_turn[Turn.OPENS]
    assert {(one.place, one.target) for one in opened} == {("internet", "artifacts")}


def test_what_could_not_be_read_is_unknown_and_the_rest_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "cloister.yaml"
    text = STARTER + "\nsecurity_groups: {database: {ingress: {service: {ports: 99999}}}}\n"
    path.write_text(text, encoding="utf-8")
    inventory = read_sound_part_anywhere(path).inventory
    assert isinstance(inventory, aws.Inventory)
    environment = AwsEnvironment(inventory)
    assert answer(environment, "tracking[private-a] -> metadata[data-a]:5432").verdict.answer is Answer.UNKNOWN
    assert answer(environment, "tracking[private-a] -> artifacts:443").verdict.answer is Answer.UNKNOWN
    assert answer(environment, "science-studio[apps-a] -> training-data:443").verdict.answer is Answer.ALLOW


def test_the_verbs_take_a_document_for_aws(tmp_path: Path) -> None:
    (tmp_path / "cloister.yaml").write_text(STARTER, encoding="utf-8")
    for words, code in (
        (("ask", "internet -> artifacts:443"), 10),
        (("check",), 0),
        (("render",), 2),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "cloister", *words], cwd=tmp_path, capture_output=True, check=False, timeout=60
        )
        assert done.returncode == code, (words, done.stderr)


MENDS: dict[str, dict[str, Any]] = {
    "deny, in its policy, whoever comes by none of your endpoints (aws:SourceVpce) to artifacts": {
        "s3_buckets": {"artifacts": {"policy": None}}
    },
    "set endpoint_type: PRIVATE on mlflow-api": {
        "rest_apis": {"mlflow-api": {"endpoint_type": "REGIONAL", "vpc_endpoints": None, "policy": None}}
    },
}


@pytest.mark.parametrize("mend", MENDS)
def test_a_door_of_aws_is_closed_in_its_own_words(mend: str) -> None:
    mends = [closing_mend(one.verdict) for one in judge(read(MENDS[mend])).all() if one.verdict.answer is Answer.ALLOW]
    assert any(one.startswith(f"{mend} (") for one in mends), mends
