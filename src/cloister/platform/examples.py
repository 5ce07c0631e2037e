"""Where the examples are: beside the package in a checkout, inside it in an installation."""

from importlib.resources import files
from pathlib import Path

from cloister.errors import Fault, SourceError


def examples_folder() -> Path:
    """The folder with the examples. Raises SourceError where the installation lacks them."""
    package = Path(str(files("cloister")))
    for folder in (package / "examples", package.parents[1] / "examples"):
        if folder.is_dir():
            return folder
    raise SourceError(Fault("examples", f"are not below {package}", "install Cloister anew, or run it from a checkout"))
