"""The closed environment in Azure China: judged by the names and zones of that cloud."""

from pathlib import Path

import pytest

from cloister.ask.judgement import Judgement, Standing, judge
from cloister.controls.report.report import Outcome, check_environment
from cloister.sources.reading import read
from cloister.sources.spec import read_text

EXAMPLE = Path(__file__).parents[2] / "examples" / "azure-china" / "cloister.yaml"
AS_IT_IS = "version: 1\nname: china\nblueprint: azure-hub-spoke\ncloud: azure-china\nregion: chinanorth3\n"
FOREIGN = ("azure.com", "windows.net", "azureml.ms", "azurecr.io", "azure.net", "microsoftonline.com")


@pytest.fixture(scope="module")
def as_it_is() -> Judgement:
    """The blueprint in a region of China, with the zones of public Azure still."""
    return judge(read_text(AS_IT_IS, "cloister.yaml"))


@pytest.mark.parametrize(
    ("question", "mend"),
    [
        ("training -> workspace:443", "add zone privatelink.api.ml.azure.cn, linked to hub"),
        ("training -> registry:443", "add zone privatelink.azurecr.cn, linked to hub"),
        ("training -> lake/blob:443", "add zone privatelink.blob.core.chinacloudapi.cn, linked to hub"),
        ("training -> storage/file:445", "add zone privatelink.file.core.chinacloudapi.cn, linked to hub"),
        ("training -> vault:443", "add zone privatelink.vaultcore.azure.cn, linked to hub"),
        (
            "workstation -> workspace:443",
            "forward api.ml.azure.cn from the name server of office to 10.10.0.4 (firewall)",
        ),
    ],
)
def test_zones_of_public_azure_are_missed_by_their_names_in_china(
    question: str, mend: str, as_it_is: Judgement
) -> None:
    missed = next(one for one in as_it_is.flow if one.question == question)
    assert (missed.standing, missed.mend) == (Standing.MISSED, mend)


def test_nothing_of_public_azure_is_asked_for_in_china(as_it_is: Judgement) -> None:
    # Azure DevOps and strangers' hosts are the same for everybody; the owner's list is in the owner's words.
    alike = ("", "azure-pipelines", "strangers", "approved-only")
    built_in = [one.question for one in as_it_is.all() if one.pack not in alike]
    hosts = [question.partition(" -> ")[2].partition(":")[0] for question in built_in]
    assert [host for host in hosts if host.endswith(FOREIGN)] == []
    assert "someoneelsesaccount.blob.core.chinacloudapi.cn" in hosts
    assert {"someoneelsesneighbour.blob.core.chinacloudapi.cn", "graph.chinacloudapi.cn"} <= set(hosts)


def test_the_example_with_the_names_of_china_holds() -> None:
    inventory = read(EXAMPLE)
    report = check_environment(inventory, "cloister.yaml")
    assert [one.question for one in report.judgement.all() if one.standing is not Standing.MET] == []
    assert (report.outcome, report.lessons) == (Outcome.HOLDS, ())
    assert inventory.cloud.value == "azure-china"
