from pathlib import Path
from typing import Any

import pytest
import yaml

from cloister.errors import RefusedError
from cloister.serving.safety import MANIFEST, check_model

GOOD: dict[str, Any] = {
    "flavors": {
        "python_function": {"loader_module": "mlflow.sklearn", "model_path": "model.skops", "predict_fn": "predict"},
        "sklearn": {"pickled_model": "model.skops", "serialization_format": "skops", "skops_trusted_types": None},
    }
}


def described(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any change of the description
    """The good description with keys of its flavours changed: `sklearn__code="code"`."""
    flavors = {name: dict(flavor) for name, flavor in GOOD["flavors"].items()}
    for key, content in changes.items():
        flavor, _, name = key.partition("__")
        flavors[flavor][name] = content
    return {"flavors": flavors}


def write(folder: Path, description: object) -> Path:
    (folder / "MLmodel").write_text(yaml.safe_dump(description), encoding="utf-8")
    (folder / "model.skops").write_bytes(b"")
    return folder


def test_a_skops_model_with_what_mlflow_writes_beside_it_is_let_pass(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    for name in ("requirements.txt", "conda.yaml", "python_env.yaml", "input_example.json", MANIFEST):
        (tmp_path / name).touch()
    check_model(tmp_path, "the model")


@pytest.mark.parametrize(
    ("description", "reasons"),
    [
        (
            described(python_function__loader_module="mlflow.pyfunc.model"),
            ["it is loaded by mlflow.pyfunc.model, and only mlflow.sklearn is known to be safe here"],
        ),
        ({}, ["it is loaded by nothing, and only mlflow.sklearn is known to be safe here"]),
        ("text", ["it is loaded by nothing, and only mlflow.sklearn is known to be safe here"]),
        (
            described(sklearn__serialization_format="cloudpickle"),
            ["it is saved as cloudpickle, and loading that can run any code its author put in"],
        ),
        (
            described(sklearn__serialization_format=None),
            ["it is saved as a pickle, and loading that can run any code its author put in"],
        ),
        (
            described(sklearn__skops_trusted_types=["os.system"]),
            ["it brings a list of types to trust (skops_trusted_types), written by the model's author"],
        ),
        (described(python_function__code="code"), ["it brings code of its own (code_paths)"]),
        (described(sklearn__code="code"), ["it brings code of its own (code_paths)"]),
        (
            described(sklearn__pickled_model="../../x.skops", python_function__model_path="../../x.skops"),
            ['its model file "../../x.skops" is not in its folder'],
        ),
        (
            described(python_function__model_path="other.pkl"),
            ['its model file "model.skops" is not in its folder'],
        ),
        (
            described(sklearn__serialization_format="pickle", sklearn__code="code"),
            [
                "it is saved as pickle, and loading that can run any code its author put in",
                "it brings code of its own (code_paths)",
            ],
        ),
    ],
)
def test_models_that_could_run_code_are_refused(tmp_path: Path, description: object, reasons: list[str]) -> None:
    with pytest.raises(RefusedError) as caught:
        check_model(write(tmp_path, description), "the model")
    assert [one.reason for one in caught.value.faults] == reasons


@pytest.mark.parametrize("name", ["argparse.py", "argparse.so", "x.pth", "code/x.py", "model.pkl", "sitecustomize.pyc"])
def test_files_that_are_no_part_of_a_model_are_refused(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, GOOD) / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    with pytest.raises(RefusedError) as caught:
        check_model(tmp_path, "the model")
    first = name.partition("/")[0]
    assert [one.reason for one in caught.value.faults] == [
        f'it brings "{first}", which is no part of a scikit-learn model'
    ]


def test_a_link_is_no_part_of_a_model(tmp_path: Path) -> None:
    (write(tmp_path, GOOD) / "conda.yaml").symlink_to("/etc/hostname")
    with pytest.raises(RefusedError, match=r'it brings "conda\.yaml"'):
        check_model(tmp_path, "the model")


def test_a_folder_without_a_description_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="it has no readable MLmodel file"):
        check_model(tmp_path, "the model")
