from collections.abc import Callable

import pytest

from cloister.errors import Fault, SpecError
from cloister.serving.values import Collector, Deployment, Endpoint, ModelReference, Routing, parse_model_reference

CHURN = ModelReference("churn", version="3")


@pytest.mark.parametrize(
    ("traffic", "mirror", "shown"),
    [
        ({}, {}, "no traffic"),
        ({"blue": 100}, {}, "blue=100"),
        ({"green": 10, "blue": 90}, {}, "blue=90 green=10"),
        ({"blue": 0, "green": 0}, {}, "no traffic"),
        ({"blue": 100, "green": 0}, {"green": 10}, "blue=100, mirror green=10"),
        ({"blue": 100}, {"green": 50}, "blue=100, mirror green=50"),
        ({"blue": 100}, {"green": 0}, "blue=100"),
        ({"a": 34, "b": 33, "c": 33}, {}, "a=34 b=33 c=33"),
    ],
)
def test_traffic_that_holds(traffic: dict[str, int], mirror: dict[str, int], shown: str) -> None:
    assert str(Routing(traffic, mirror)) == shown


@pytest.mark.parametrize(
    ("traffic", "mirror", "faults"),
    [
        (
            {"blue": 90},
            {},
            [("traffic", "the shares sum to 90, and must sum to 100 (or 0: no traffic)", "blue=100 would make it 100")],
        ),
        (
            {"blue": 90, "green": 20},
            {},
            [("traffic", "the shares sum to 110, and must sum to 100 (or 0: no traffic)", "blue=80 would make it 100")],
        ),
        (
            {"blue": 101},
            {},
            [('traffic of "blue"', "101 is no percentage", "write a whole number from 0 to 100")],
        ),
        (
            {"blue": -1, "green": 101},
            {},
            [
                ('traffic of "blue"', "-1 is no percentage", "write a whole number from 0 to 100"),
                ('traffic of "green"', "101 is no percentage", "write a whole number from 0 to 100"),
            ],
        ),
        (
            {"blue": 100},
            {"green": 51},
            [('mirror traffic of "green"', "51 percent is above 50", "write green=50 or less")],
        ),
        (
            {"blue": 100},
            {"green": 10, "red": 10},
            [
                (
                    "mirror traffic",
                    "2 deployments are named, and copies go to one only",
                    "keep green and drop the others",
                )
            ],
        ),
        (
            {"blue": 90, "green": 10},
            {"green": 10},
            [
                (
                    'mirror traffic of "green"',
                    "it gets 10 percent of live traffic already, and a deployment gets one or the other",
                    "set the traffic of green to 0, or drop its mirror traffic",
                )
            ],
        ),
    ],
)
def test_traffic_that_does_not_hold(
    traffic: dict[str, int], mirror: dict[str, int], faults: list[tuple[str, str, str]]
) -> None:
    with pytest.raises(SpecError) as caught:
        Routing(traffic, mirror)
    assert [(one.thing, one.reason, one.mend) for one in caught.value.faults] == faults


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("azureml:churn:3", ModelReference("churn", version="3")),
        ("azureml:breast-cancer@production", ModelReference("breast-cancer", alias="production")),
        ("models:/churn/3", ModelReference("churn", version="3")),
        ("models:/churn@champion", ModelReference("churn", alias="champion")),
        ("azureml:with space:12", ModelReference("with space", version="12")),
    ],
)
def test_references_to_models(text: str, reference: ModelReference) -> None:
    assert parse_model_reference(text) == reference


@pytest.mark.parametrize(
    "text",
    [
        "churn:3",
        "azureml:churn",
        "azureml:churn:three",
        "azureml:churn@latest",
        "azureml:../../etc:1",
        "azureml:..:1",
        "models:/churn/Production",
        "runs:/abc/model",
        "./model",
        "",
    ],
)
def test_what_is_no_reference_to_a_model(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_model_reference(text)
    assert caught.value.faults[0].thing == f'model "{text}"'


@pytest.mark.parametrize(
    ("name", "version", "alias"),
    [
        ("..", "1", ""),
        ("../../etc", "1", ""),
        (".hidden", "1", ""),
        ("a/b", "1", ""),
        ("a\nb", "1", ""),
        ("", "1", ""),
        ("churn", "..", ""),
        ("churn", "1/../../x", ""),
        ("churn", "", "a/b"),
        ("churn", "", ""),
        ("churn", "", "latest"),
        ("churn", "1", "champion"),
        ("churn@x", "", "y"),
    ],
)
def test_no_reference_exists_that_could_not_be_written(name: str, version: str, alias: str) -> None:
    with pytest.raises(SpecError, match='model "azureml:'):
        ModelReference(name, version, alias)


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: Endpoint("1st"), "a name has 3 to 32 letters"),
        (lambda: Endpoint("no"), "a name has 3 to 32 letters"),
        (lambda: Endpoint("ends-"), "a name has 3 to 32 letters"),
        (lambda: Endpoint("a" * 33), "a name has 3 to 32 letters"),
        (lambda: Endpoint("../etc"), "a name has 3 to 32 letters"),
        (lambda: Deployment("blue", "x/y", CHURN), "a name has 3 to 32 letters"),
        (lambda: Deployment("blue", "churn", CHURN, request_timeout_ms=0), "request_timeout_ms 0 is out of bounds"),
        (lambda: Deployment("blue", "churn", CHURN, request_timeout_ms=180_001), "request_timeout_ms 180001 is out"),
        (lambda: Deployment("blue", "churn", CHURN, max_concurrent_requests=0), "max_concurrent_requests_per_instance"),
        (lambda: Collector(inputs=True, sampling_rate=1.5), "the sampling rate 1.5 is out of bounds"),
    ],
)
def test_values_that_cannot_exist(build: Callable[[], object], reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        build()
    assert caught.value.faults[0].reason.startswith(reason)


@pytest.mark.parametrize(
    "name",
    ["LD_PRELOAD", "OPENSSL_CONF", "HOME", "PATH", "TMPDIR", "pythonpath", "MLFLOW_X", "omp_num_threads", "ANY=X", ""],
)
def test_variables_that_a_worker_does_not_take(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        Deployment("blue", "churn", CHURN, environment_variables={name: "x", "OMP_NUM_THREADS": "2"})
    assert caught.value.faults == (
        Fault(
            f'deployment "blue", variable "{name}"',
            "is none of those that a worker takes",
            "remove it; a worker takes MKL_NUM_THREADS, OMP_NUM_THREADS, OPENBLAS_NUM_THREADS",
        ),
    )


def test_names_and_settings_at_their_bounds() -> None:
    variables = {"OMP_NUM_THREADS": "2"}
    deployment = Deployment("b-1", "a" * 32, CHURN, request_timeout_ms=180_000, environment_variables=variables)
    assert (deployment.name, deployment.endpoint, deployment.collector.is_on) == ("b-1", "a" * 32, False)
