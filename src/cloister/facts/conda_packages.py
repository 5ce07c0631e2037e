"""What conda's packages are called on PyPI, as far as the names differ, and those that PyPI does not have."""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table

NOT_ON_PYPI = "-"


@dataclass(frozen=True, slots=True)
class CondaPackage:
    """A package of conda; `pypi` is NOT_ON_PYPI where pip cannot install it, and `note` says where it comes from."""

    conda: str
    pypi: str
    note: str
    source: str
    read: str


@cache
def conda_packages() -> dict[str, CondaPackage]:
    """The packages by conda's name. One that is not here has the same name on PyPI."""
    return {row.conda: row for row in read_table("conda_packages", CondaPackage)}
