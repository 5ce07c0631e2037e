"""The curated environments that ship with Cloister, and what an author's environment is mapped to."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Final

from cloister.facts.curated_environments import curated_environments, published_environments

CURATED: Final[Mapping[str, str]] = {name: row.holds for name, row in curated_environments().items()}
DEFAULT: Final = "cloister-sklearn"


def curated_name(reference: str) -> str | None:
    """The curated environment that `azureml:NAME@latest` or `NAME:VERSION` names, if it is one."""
    name = reference.removeprefix("azureml:").partition("@")[0].partition(":")[0]
    return name if name in CURATED else None


def stands_for(reference: str) -> tuple[str, str] | None:
    """The curated environment in place of one that Microsoft publishes, and what differs.

    Takes `azureml:AzureML-NAME:VERSION` and `azureml://registries/azureml/environments/NAME/versions/VERSION`.
    """
    name = reference.removeprefix("azureml://registries/azureml/environments/").removeprefix("azureml:")
    name = name.partition("/")[0].partition("@")[0].partition(":")[0].removeprefix("AzureML-").lower()
    for row in published_environments():
        if fnmatchcase(name, row.pattern):
            return row.curated, row.note
    return None


def instead_of(name: str) -> str:
    """The curated environment that will do where the files of this one are not here; empty where none will."""
    return curated_environments()[name].instead


def is_built(name: str) -> bool:
    """Whether the curated environment is built from its lock; the others are the platform's own Python."""
    return name in CURATED and curated_environments()[name].is_built == "yes"
