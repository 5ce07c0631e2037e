"""The services of AWS that a task of Fargate cannot start or work without, reached by endpoints or by a NAT gateway."""

from dataclasses import dataclass
from functools import cache

from cloister.facts.tables import read_table


@dataclass(frozen=True, slots=True)
class AwsNeed:
    """A service by the last part of its endpoint's name, and what it is needed for."""

    service: str
    needed_for: str
    source: str


@cache
def aws_needs() -> tuple[AwsNeed, ...]:
    """Every need, in the order of the table."""
    return read_table("aws_needs", AwsNeed)
