"""Conda files as requirements of pip's."""

from pathlib import Path

import pytest
import yaml

from cloister.facts.conda_packages import NOT_ON_PYPI, conda_packages
from cloister.jobs.reading.conda import CondaEnvironment, Refused, from_conda
from cloister.jobs.reading.positions import Document


def read(text: str, folder: Path = Path()) -> CondaEnvironment:
    return from_conda(yaml.safe_load(text), Document(str(folder / "conda.yml"), {}, {}))


@pytest.mark.parametrize(
    ("conda", "pip"),
    [
        ("pandas", "pandas"),
        ("pandas=1.5", "pandas==1.5.*"),
        ("pandas=1.5.*", "pandas==1.5.*"),
        ("pandas==1.5.3", "pandas==1.5.3"),
        ("pandas=1.5.3=py38_0", "pandas==1.5.3.*"),
        ("pandas>=1.1,<1.2", "pandas>=1.1,<1.2"),
        ("pandas >=1.1", "pandas>=1.1"),
        ("pandas 1.5", "pandas==1.5.*"),
        ("pandas=*", "pandas"),
        ("conda-forge::pandas=1.5", "pandas==1.5.*"),
        ("pytorch=2.1", "torch==2.1.*"),
        ("ray-default=2.9", "ray[default]==2.9.*"),
        ("scikit-image ", "scikit-image"),
        ("PyYAML", "PyYAML"),
    ],
)
def test_a_package_of_conda_is_a_line_of_pips(conda: str, pip: str) -> None:
    assert read(yaml.safe_dump({"dependencies": [conda]})) == CondaEnvironment(requirements=(pip,))


def test_a_whole_file_says_python_packages_and_the_rest() -> None:
    assert read(
        "name: model-env\nchannels: [conda-forge]\ndependencies:\n  - python=3.8.12\n  - pip=21\n  - numpy=1.21\n"
        "  - cudatoolkit=11.3\n  - pip:\n    - 'inference-schema[numpy-support]==1.3.0'\n    - mlflow  # tracking\n"
        "    - --extra-index-url=https://example.org/simple\n    - --pre\n"
    ) == CondaEnvironment(
        python="3.8",
        requirements=("numpy==1.21.*", "inference-schema[numpy-support]==1.3.0", "mlflow"),
        notes=(
            "conda package pip: the platform installs with a pip of its own",
            "conda package cudatoolkit: comes with the wheels of PyTorch and TensorFlow",
            "pip option --extra-index-url: packages come from the platform's index alone",
            "pip option --pre: the platform installs wheels in its own way",
        ),
    )


@pytest.mark.parametrize("text", ["{}", "dependencies: 3", "dependencies: [{pip: }]", "dependencies: [{other: [x]}]"])
def test_a_file_that_asks_for_nothing_is_an_empty_one(text: str) -> None:
    assert read(text) == CondaEnvironment()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("git+https://example.org/x.git", "comes from an address, and a closed network has none"),
        ("x @ https://example.org/x.whl", "comes from an address, and a closed network has none"),
        ("-e .", "is no package of an index"),
        ("./x.whl", "is no package of an index"),
        ("/opt/x", "is no package of an index"),
        ("-r https://example.org/r.txt", "leads away from the environment's folder"),
        ("-r ../r.txt", "leads away from the environment's folder"),
        ("-r none.txt", "names a file that is not there"),
    ],
)
def test_what_no_index_has_is_refused(tmp_path: Path, line: str, reason: str) -> None:
    (tmp_path / "r.txt").write_text("pandas\n")
    (tmp_path / "inside").mkdir()
    found = read(yaml.safe_dump({"dependencies": [{"pip": [line]}]}), tmp_path / "inside")
    assert [(r.line, r.reason) for r in found.refused] == [(line, reason)]
    assert found.requirements == ()


def test_a_requirements_file_beside_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# ours\npandas==2.2.3\n-r more.txt\n")
    (tmp_path / "more.txt").write_text("numpy\n-r more.txt\n")
    found = read("dependencies: [{pip: [-r requirements.txt]}]", tmp_path)
    assert found.requirements == ("pandas==2.2.3", "numpy")
    assert [r.reason for r in found.refused] == ["leads away from the environment's folder"]


def test_a_line_that_is_no_package_is_refused() -> None:
    assert read("dependencies: ['a b c']").refused == (
        Refused("a b c", "is no package of conda", "write NAME or NAME=VERSION"),
    )


def test_what_is_no_text_is_refused_and_not_written_out() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{n}: &{n} [{', '.join([f'*{p}'] * 9)}]\n" for p, n in zip("abcdefghijklm", "bcdefghijklmn", strict=True)
    )
    found = read(bomb + "dependencies: [*n, 3, {pip: [*n]}]")
    assert [r.line for r in found.refused] == ["a list", "a int", "a list"]


def test_without_a_folder_no_file_is_named() -> None:
    found = from_conda({"dependencies": [{"pip": ["-r requirements.txt"]}]})
    assert [r.reason for r in found.refused] == ["names a file, and here is none"]


def test_every_fact_says_where_it_comes_from_and_what_becomes_of_the_package() -> None:
    for row in conda_packages().values():
        assert row.source.startswith("https://")
        assert (row.pypi == NOT_ON_PYPI) == bool(row.note)
