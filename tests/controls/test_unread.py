"""Controls on a document with faults: what could not be read is undecided; every other finding stands."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from cloister.cli.check import check
from cloister.controls.control import Status
from cloister.controls.report.report import Report, check_environment
from cloister.sources.spec import sound_part_of_text

HEAD = "version: 1\nblueprint: azure-hub-spoke\nname: faulty\n"
SUBNET = HEAD + "networks: {ml: {subnets: {compute: {network_security_group: nothing}}}}\n"


def _report(text: str) -> Report:
    return check_environment(sound_part_of_text(text, "a.yaml").inventory, "a.yaml")


@pytest.mark.parametrize(
    ("says", "changes", "control", "status"),
    [
        (
            "a switch that cannot be read is no open door",
            "storage_accounts: {storage: {public_network_access: maybe}}",
            "AZ002",
            Status.UNDECIDED,
        ),
        ("nor a closed one", "computes: {training: {node_public_ip: 7}}", "AZ007", Status.UNDECIDED),
        (
            "another resource's finding stands",
            "computes: {training: {node_public_ip: 7}, notebook: {node_public_ip: true}}",
            "AZ007",
            Status.FAIL,
        ),
        (
            "a filter that names nothing may stand there",
            "networks: {ml: {subnets: {compute: {network_security_group: nothing}}}}",
            "AZ017",
            Status.UNDECIDED,
        ),
        (
            "an endpoint that cannot be read may be the missing one",
            "private_endpoints: {vault-endpoint: {subnet: nowhere}}",
            "AZ003",
            Status.UNDECIDED,
        ),
        (
            "another attribute of the same resource stands",
            "computes: {training: {node_public_ip: 7}}",
            "AZ008",
            Status.PASS,
        ),
        (
            "a resource that cannot be read at all is not left out in silence",
            "computes: {training: {subnet: nowhere}, notebook: {kind: 7}}",
            "AZ007",
            Status.UNDECIDED,
        ),
        (
            "a resource of which it is not known whether the claim is about it",
            "container_registries: {registry: {public_network_access: maybe}}",
            "AZ009",
            Status.UNDECIDED,
        ),
        (
            "a control that looks elsewhere stands",
            "private_endpoints: {vault-endpoint: {subnet: nowhere}}",
            "AZ007",
            Status.PASS,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_a_control_claims_nothing_about_what_could_not_be_read(
    says: str, changes: str, control: str, status: Status
) -> None:
    report = _report(f"{HEAD}{changes}\n")
    assert {r.control.id: r.status for r in report.results}[control] is status, says


def test_the_doubt_names_the_fault_and_its_place() -> None:
    (result,) = (one for one in _report(SUBNET).results if one.control.id == "AZ017")
    (doubt,) = result.doubts
    assert (doubt.resource, str(doubt.origin)) == ('subnet "ml/compute"', "a.yaml:4")
    assert "names no network security group" in doubt.message
    assert doubt.mend == "mend a.yaml:4 first"


def test_the_command_tells_the_faults_first_judges_the_rest_and_leaves_with_2(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SUBNET, encoding="utf-8")
    done = CliRunner().invoke(check, [str(tmp_path / "a.yaml")])
    assert done.exit_code == 2
    assert "mend: declare it under network_security_groups" in done.stderr
    assert "ok  inner   free compute" in done.stdout
    assert "AZ017  " in done.stdout
    assert "undecided: " in done.stdout.splitlines()[-1]
