"""Which model files may be loaded: those whose loading cannot run code that came with them.

An MLflow model is a folder with an `MLmodel` file. Loading a pickle runs whatever its author wrote; a skops file holds
data and names of types, and MLflow passes skops a list of trusted types that it reads from the model itself, so a
model could trust its own code. Hence: skops only, no types beyond those that skops trusts by itself, no `code` folder,
and no file beside those that MLflow writes for such a model: what lies there cannot become a module by its name.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from cloister.errors import Fault, RefusedError

MANIFEST = "cloister-manifest.json"
# What `mlflow.sklearn.log_model` of MLflow 3.17 writes, and the sums that are written beside it after fetching.
_KNOWN_FILES = frozenset(
    {
        *("MLmodel", "model.skops", "requirements.txt", "constraints.txt", "conda.yaml", "python_env.yaml"),
        *("input_example.json", "serving_input_example.json", "environment_variables.txt", MANIFEST),
    }
)
_SAFE_LOADER = "mlflow.sklearn"
_SAVE_SAFELY = 'log it with mlflow.sklearn.log_model(model, name="model", serialization_format="skops")'


def check_model(folder: Path, thing: str) -> None:
    """Nothing, for a model that is safe to load. Raises RefusedError with all that stands against it.

    The second half of the check, which types the skops file names, needs skops: `check_types`.
    """
    try:
        described = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RefusedError(Fault(thing, "it has no readable MLmodel file", _SAVE_SAFELY)) from error
    faults = list(_faults(described if isinstance(described, dict) else {}, folder, thing))
    if faults := [*faults, *_faults_of_files(folder, thing)]:
        raise RefusedError(faults)


def model_file(folder: Path) -> Path:
    """The skops file of a model that `check_model` let pass."""
    described = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
    return folder / str(described["flavors"]["sklearn"]["pickled_model"])


def check_types(folder: Path, thing: str) -> None:
    """Nothing, where skops trusts every type that the file names by itself. Raises RefusedError with the others."""
    import skops.io  # noqa: PLC0415 - seconds to import, and only workers need it

    try:
        unknown = skops.io.get_untrusted_types(file=model_file(folder))
    except Exception as error:  # any reading error of a file that others wrote
        raise RefusedError(Fault(thing, f"its skops file cannot be read: {error}", _SAVE_SAFELY)) from error
    if unknown:
        reason = f"its skops file names types that are not known to be harmless: {', '.join(sorted(unknown))}"
        raise RefusedError(Fault(thing, reason, "train it with scikit-learn's own estimators"))


def _faults(described: Mapping[str, Any], folder: Path, thing: str) -> Iterator[Fault]:
    flavors = _mapping(described.get("flavors"))
    pyfunc, sklearn = _mapping(flavors.get("python_function")), _mapping(flavors.get("sklearn"))
    loader = pyfunc.get("loader_module")
    if loader != _SAFE_LOADER:
        reason = f"it is loaded by {loader or 'nothing'}, and only {_SAFE_LOADER} is known to be safe here"
        yield Fault(thing, reason, _SAVE_SAFELY)
        return
    saved_as = sklearn.get("serialization_format")
    if saved_as != "skops":
        reason = f"it is saved as {saved_as or 'a pickle'}, and loading that can run any code its author put in"
        yield Fault(thing, reason, _SAVE_SAFELY)
    if sklearn.get("skops_trusted_types"):
        reason = "it brings a list of types to trust (skops_trusted_types), written by the model's author"
        yield Fault(thing, reason, "log it without skops_trusted_types")
    if pyfunc.get("code") or sklearn.get("code"):
        yield Fault(thing, "it brings code of its own (code_paths)", "log it without code_paths")
    file, inner = str(sklearn.get("pickled_model", "")), str(pyfunc.get("model_path", ""))
    path = (folder / file).resolve()
    if not file or file != inner or path.parent != folder.resolve() or not path.is_file():
        yield Fault(thing, f'its model file "{file}" is not in its folder', _SAVE_SAFELY)


def _faults_of_files(folder: Path, thing: str) -> Iterator[Fault]:
    for path in sorted(folder.iterdir()):
        if path.name not in _KNOWN_FILES or path.is_symlink() or not path.is_file():
            yield Fault(thing, f'it brings "{path.name}", which is no part of a scikit-learn model', _SAVE_SAFELY)


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}
