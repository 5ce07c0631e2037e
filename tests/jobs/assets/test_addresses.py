"""Where data lies, as authors write it."""

import pytest

from cloister.errors import SpecError
from cloister.jobs.assets.addresses import Address, JobOutput, Labelled, Place, StorePath, read_place
from cloister.jobs.assets.names import AssetId

LONG = "azureml://subscriptions/s/resourcegroups/g/workspaces/w"
ARM = "azureml:/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
PLACES: list[tuple[str, Place]] = [
    ("azureml:iris:3", AssetId("data", "iris", "3")),
    ("azureml:iris@latest", Labelled("data", "iris")),
    ("azureml:iris", Labelled("data", "iris")),
    (f"{ARM}/data/iris/versions/3", AssetId("data", "iris", "3")),
    (f"{ARM}/models/net/labels/latest", Labelled("models", "net")),
    ("azureml://datastores/workspaceblobstore/paths/a/b.csv", StorePath("workspaceblobstore", "a/b.csv")),
    ("azureml://datastores/store/paths//a/", StorePath("store", "a")),
    ("azureml://datastores/store/paths/", StorePath("store", "")),
    ("azureml://datastores/store", StorePath("store", "")),
    (f"{LONG}/datastores/store/paths/a b/c", StorePath("store", "a b/c")),
    # Its path spells another place, and is a path all the same.
    ("azureml://datastores/store/paths/jobs/x/outputs/y", StorePath("store", "jobs/x/outputs/y")),
    ("azureml://datastores/store/paths/datastores/other/paths/y", StorePath("store", "datastores/other/paths/y")),
    ("azureml://jobs/x/outputs/y/paths/datastores/z", JobOutput("x", "y", "datastores/z")),
    ("azureml://jobs/calm_lake_1/outputs/model", JobOutput("calm_lake_1", "model")),
    ("azureml://jobs/x/outputs/default/paths/in/it", JobOutput("x", "default", "in/it")),
    ("https://h.example/a/b.csv", Address("https://h.example/a/b.csv", "https", "h.example", "", "a/b.csv")),
    ("s3://bucket/a", Address("s3://bucket/a", "s3", "bucket", "", "a")),
    (
        "wasbs://box@acc.blob.core.windows.net/a/",
        Address("wasbs://box@acc.blob.core.windows.net/a/", "wasbs", "acc.blob.core.windows.net", "box", "a"),
    ),
]
REFUSED = [
    ("azureml://datastores/store/paths/../../etc", '"../../etc" leads out of it'),
    ("azureml://datastores/store/paths/a/./b", '"a/./b" leads out of it'),
    ("azureml://datastores/store/paths/a\\..\\b", '"a\\..\\b" leads out of it'),
    ("azureml://jobs/x/outputs/y/paths/../z", "the path leads out of the output"),
    ("https://h/%2e%2e/x", "leads upwards with .."),
    ("https://u:p@h/x", "names no host, or holds a secret"),
    ("https://acc.blob.core.windows.net/c/x?sv=1&sig=secret", "names no host, or holds a secret"),
    ("https:///x", "names no host, or holds a secret"),
    ("file:///etc/passwd", "is no place where data can lie"),
    ("./data", "is no place where data can lie"),
    ("/etc/passwd", "is no place where data can lie"),
    ("azureml://registries/azureml/models/m/versions/1", "names a registry of the cloud"),
    ("azureml:../x:1", "is no place where data can lie"),
    ("azureml:x:latest", "is no version"),
    ("", "is empty, too long or not printable"),
    ("azureml:a\n:1", "is empty, too long or not printable"),
    ("x" * 5000, "is empty, too long or not printable"),
]


@pytest.mark.parametrize(("text", "place"), PLACES, ids=[text for text, _ in PLACES])
def test_a_place_is_read(text: str, place: Place) -> None:
    assert read_place(text) == place


@pytest.mark.parametrize(("text", "reason"), REFUSED, ids=[text[:60] for text, _ in REFUSED])
def test_what_leads_elsewhere_is_refused(text: str, reason: str) -> None:
    with pytest.raises(SpecError) as refused:
        read_place(text)
    assert reason in str(refused.value)
    assert "secret@" not in str(refused.value)
    assert "sig=" not in str(refused.value)


def test_places_are_written_in_one_way_and_read_back() -> None:
    for _, place in PLACES:
        if isinstance(place, StorePath | JobOutput | Address):
            assert read_place(str(place)) == place
