from pathlib import Path

import pytest

from cloister.errors import SourceError, SpecError
from cloister.serving.schema import read_deployment, read_endpoint
from cloister.serving.values import Collector, Deployment, Endpoint, ModelReference, Routing

EXAMPLES = Path(__file__).parents[2] / "examples" / "breast-cancer" / "endpoint"


def write(folder: Path, text: str) -> Path:
    path = folder / "file.yml"
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(error: SpecError) -> list[str]:
    """Faults as one line each, with the line and column but without the folder."""
    return [f"{one.origin.line if one.origin else 0}: {one.thing}: {one.reason} | {one.mend}" for one in error.faults]


def test_the_examples_read_as_they_are_meant() -> None:
    endpoint, notes = read_endpoint(EXAMPLES / "endpoint.yml")
    assert endpoint == Endpoint(
        "breast-cancer",
        "Benign or malignant, from the measurements of a biopsy's cell nuclei.",
        {"owner": "oncology"},
        Routing(),
    )
    assert [note.key for note in notes] == ["auth_mode"]
    for name, version in (("blue", "1"), ("green", "2")):
        deployment, notes = read_deployment(EXAMPLES / f"{name}.yml")
        assert deployment == Deployment(
            name=name,
            endpoint="breast-cancer",
            model=ModelReference("breast-cancer", version=version),
            max_concurrent_requests=2,
            collector=Collector(inputs=True, outputs=True, sampling_rate=1.0),
        )
        assert [(note.key, note.origin.line) for note in notes] == [("instance_type", 5)]


def test_every_key_that_does_not_act_is_noted_with_its_line(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """name: blue
endpoint_name: churn
model: azureml:churn@production
environment: azureml:sklearn:1
instance_count: 3
scale_settings: {type: default}
egress_public_network_access: disabled
data_collector:
  rolling_rate: hour
  collections:
    model_inputs: {enabled: 'True', data: azureml:x:1}
    request: {enabled: 'True'}
""",
    )
    deployment, notes = read_deployment(path)
    assert deployment.model == ModelReference("churn", alias="production")
    assert deployment.collector == Collector(inputs=True)
    assert [(note.origin.line, note.key) for note in notes] == [
        (4, "environment"),
        (5, "instance_count"),
        (6, "scale_settings"),
        (7, "egress_public_network_access"),
        (9, "data_collector.rolling_rate"),
        (11, "data_collector.collections.model_inputs"),
        (12, "data_collector.collections.request"),
    ]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (
            "name: churn\ntrafic: {blue: 100}\n",
            ['2: key "trafic": is unknown here | did you mean `traffic`?'],
        ),
        (
            "name: churn\ntraffic: {blue: 90}\n",
            ["2: traffic: the shares sum to 90, and must sum to 100 (or 0: no traffic) | blue=100 would make it 100"],
        ),
        (
            "name: churn\nauth_mode: password\n",
            [
                (
                    "2: key \"auth_mode\": input should be 'key', 'aml_token' or 'aad_token', "
                    "and 'password' is written | write a value of that kind"
                )
            ],
        ),
        (
            "name: c\ncompute: aks\nmirror_traffic: {blue: 60}\n",
            [
                (
                    '2: key "compute": names a Kubernetes cluster, and none is managed here '
                    "| remove the key; managed endpoints run on this platform"
                ),
                '1: mirror traffic of "blue": 60 percent is above 50 | write blue=50 or less',
                (
                    '1: endpoint "c": a name has 3 to 32 letters, digits and hyphens, starts with a letter and '
                    "does not end with a hyphen | rename the endpoint"
                ),
            ],
        ),
        (
            "name: churn\nname: other\n",
            ['2: key "name": stands there twice | keep one of the two'],
        ),
        ("- churn\n", ["1: file: is not a mapping of keys | write `key: value` lines"]),
        (
            "name: [churn\n",
            ["2: file: is not YAML: expected ',' or ']', but got '<stream end>' | mend the syntax at that place"],
        ),
        (
            "name: churn\ntraffic: {blue: true}\n",
            [
                (
                    '2: key "traffic.blue": input should be a valid integer, and True is written '
                    "| write a value of that kind"
                )
            ],
        ),
    ],
)
def test_endpoints_that_are_refused(tmp_path: Path, text: str, faults: list[str]) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SpecError) as caught:
        read_endpoint(path)
    assert [line.replace(str(path), "file") for line in faults_of(caught.value)] == faults


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (
            (
                "name: blue\nendpoint_name: churn\nmodel: {path: ./model}\ntype: kubernetes\n"
                "code_configuration: {code: ., scoring_script: score.py}\nresources: {}\n"
            ),
            [
                '4: key "type": is kubernetes, and no cluster is managed here | write type: managed',
                (
                    '5: key "code_configuration": a scoring script is not run here; MLflow models answer by their own '
                    "signature | log the model with MLflow, and remove the key"
                ),
                '6: key "resources": belongs to deployments on Kubernetes | remove the key',
                (
                    "3: model: is given as a path; only registered models are deployed "
                    "| register the model, then write model: azureml:NAME:VERSION"
                ),
            ],
        ),
        (
            "name: blue\nendpoint_name: churn\n",
            ['1: key "model": is missing | add `model:` there'],
        ),
        (
            "name: blue\nendpoint_name: churn\nmodel: azureml:churn@latest\nrequest_settings: {request_timout_ms: 5}\n",
            ['4: key "request_settings.request_timout_ms": is unknown here | did you mean `request_timeout_ms`?'],
        ),
        (
            "name: blue\nendpoint_name: churn\nmodel: azureml:churn@latest\n",
            [
                (
                    '3: model "azureml:churn@latest": `@latest` would deploy whatever was registered last '
                    "| name a version (azureml:NAME:3) or an alias (azureml:NAME@production)"
                )
            ],
        ),
        (
            "name: blue\nendpoint_name: churn\nmodel: azureml:churn:1\ndata_collector: {sampling_rate: 2.0}\n",
            [
                "4: data collector: the sampling rate 2.0 is out of bounds | write a number from 0.0 to 1.0",
            ],
        ),
    ],
)
def test_deployments_that_are_refused(tmp_path: Path, text: str, faults: list[str]) -> None:
    with pytest.raises(SpecError) as caught:
        read_deployment(write(tmp_path, text))
    assert faults_of(caught.value) == faults


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read_endpoint(tmp_path / "none.yml")
    assert caught.value.faults[0].reason == "cannot be read: No such file or directory"
