"""The published example: each of its defects is named by a finding or an intent, with its mend."""

import pytest

from cloister.controls.report.report import Outcome, Report, check_environment
from cloister.sources.spec import read_text

DOCUMENT = "version: 1\nblueprint: azure-published-terraform\nname: published\n"

ROWS = [
    (
        "the workspace's public access is left at its default",
        "AZ001",
        '"my_aml_workspace"',
        "set public_network_access: false",
    ),
    ("no file endpoint", "AZ003", '"my_sa" (file)', "add a private endpoint with target: my_sa and subresource: file"),
    (
        "the registry's zone is linked to the wrong network",
        "AZ004",
        '"privatelink.azurecr.io"',
        "add basvnet to its links",
    ),
    ("a workspace zone is linked to one network", "AZ004", '"privatelink.api.azureml.ms"', "add basvnet to its links"),
    ("the other as well", "AZ004", '"privatelink.notebooks.azure.net"', "add basvnet to its links"),
    ("registry admin user on", "AZ006", '"my_acr"', "set admin_user: false"),
    ("cluster with public node addresses", "AZ007", '"my_compute_cluster"', "set node_public_ip: false"),
    ("local authentication on the cluster", "AZ008", '"my_compute_cluster"', "set local_auth: false"),
    (
        "private registry without image-build compute",
        "AZ009",
        '"my_aml_workspace"',
        "set image_build_compute: my_compute_cluster",
    ),
    ("a token in extension settings", "AZ010", '"agent00"', "move ADO_PAT to protected settings or a key vault"),
    ("world-writable agent folder", "AZ011", '"agent01"', "give /myagent to the account that runs the agent"),
    ("no checksum", "AZ012", '"agent00"', "add download_sha256"),
    ("retired download host", "AZ013", '"agent00"', "download from download.agent.dev.azure.com"),
    (
        "names that are never declared",
        "AZ014",
        '"azurerm_virtual_network.aml_vnet"',
        "declare it, or correct the reference",
    ),
    (
        "compute leaves for any host",
        "AZ016",
        '"my_compute_cluster"',
        "route 0.0.0.0/0 of amlvnet/compute_subnet to a firewall",
    ),
    ("no filter before the compute subnet", "AZ017", '"amlvnet/compute_subnet"', "name a network security group"),
    ("account keys left on", "AZ020", '"my_sa"', "set shared_access_key: false"),
    ("the agent reaches the workspace publicly", "AZ018", '"agent00"', "link the zone where the question is asked"),
]


@pytest.fixture(scope="module")
def report() -> Report:
    return check_environment(read_text(DOCUMENT, "cloister.yaml"), "cloister.yaml")


@pytest.mark.parametrize(("defect", "control", "resource", "mend"), ROWS, ids=[row[0] for row in ROWS])
def test_each_defect_is_found_with_its_mend(
    report: Report, defect: str, control: str, resource: str, mend: str
) -> None:
    found = [
        finding.mend
        for _, finding in report.failures()
        if finding.control == control and finding.resource.endswith(resource)
    ]
    assert [text for text in found if text.startswith(mend)], f"{defect}: {found}"


@pytest.mark.parametrize(
    ("question", "mend"),
    [
        ("internet -> my_aml_workspace:443", "set public_network_access to false in the workspace"),
        ("agent00 -> my_acr:443", "link privatelink.azurecr.io to basvnet"),
        ("my_compute_cluster -> my_sa/file:445", "add a private endpoint for my_sa/file"),
    ],
)
def test_what_the_defects_do_is_an_intent_that_is_missed(report: Report, question: str, mend: str) -> None:
    missed = [one for one in report.judgement.all() if one.intent.question == question and one.standing == "missed"]
    assert mend in [one.mend for one in missed]


def test_it_does_not_hold(report: Report) -> None:
    assert report.outcome is Outcome.FINDINGS


def test_every_finding_points_to_a_line(report: Report) -> None:
    assert [finding for _, finding in report.failures() if finding.origin.line < 1 or not finding.origin.file] == []
