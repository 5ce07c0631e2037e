"""What the input does not tell is UNKNOWN: with any part of an environment missing, an answer is the true one or none.

The whole environment is one of those that the rest may belong to, so an answer that differs from its own, and is not
UNKNOWN, has taken what is missing for something.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cloister.ask.asking import AwsEnvironment, answer
from cloister.errors import SpecError
from cloister.inventory import aws
from cloister.origin import Origin
from cloister.sources.blueprints import blueprint_text
from cloister.sources.translated import Missing, Translated
from cloister.sources.understanding import understood_anywhere
from cloister.sources.written import Path, Written, parse
from cloister.verdict import Answer

TREE = parse(blueprint_text("aws-mlflow"), "a.yaml")
PLACE = Origin("plan.json", 1, address="aws_something.here")
QUESTIONS = (
    "internet -> mlflow-api:443",
    "internet -> artifacts:443",
    "internet -> mlflow[private-a]:80",
    "science-studio[apps-a] -> mlflow-api:443",
    "science-studio[apps-a] -> artifacts:443",
    "science-studio[apps-a] -> tracking[private-a]:5000",
    "training[apps-b] -> training-data:443",
    "training[apps-a] -> someoneelses.s3.eu-west-1.amazonaws.com:443",
    "tracking[private-a] -> metadata[data-a]:5432",
    "tracking[private-a] -> artifacts:443",
    "tracking[private-a] -> ecr.api:443",
    "tracking[private-b] -> pypi.org:443",
    "server/private-a -> tracking[private-a]:5000",
    "server/data-a -> 10.40.1.9:22",
    "studio/apps-a -> sts:443",
)


def _parts() -> Iterator[Path]:
    """Every resource, every attribute of the first two of each section, and some that lie deeper."""
    for section, members in TREE.children().items():
        for number, (name, block) in enumerate(members.children().items()):
            yield (section, name)
            yield from ((section, name, key) for key in block.children() if number <= 1)
    yield ("vpcs", "server", "subnets", "data-a")
    yield ("vpcs", "server", "subnets", "private-a", "route_table")
    yield ("vpcs", "server", "subnets", "data-a", "network_acl")
    yield ("security_groups", "service", "ingress", "balancer")
    yield ("security_groups", "service", "ingress", "balancer", "security_groups")
    yield ("network_acls", "data", "egress", "replies-a", "ports")
    yield ("load_balancers", "mlflow", "listeners", "http", "target_group")
    yield ("rest_apis", "mlflow-api", "resources", "/{proxy+}", "methods", "ANY", "integration")
    yield ("sagemaker_domains", "science-studio", "user_profiles")


def _without(tree: Written, path: Path) -> Written:
    """The tree without what stands at a path."""
    key, *rest = path
    members = dict(tree.children())
    if rest:
        members[str(key)] = _without(members[str(key)], tuple(rest))
    else:
        del members[str(key)]
    return replace(tree, value=members)


def environment(path: Path | None) -> AwsEnvironment:
    """The blueprint, or what is left of it where the input does not tell what stands at a path."""
    tree = TREE if path is None else _without(TREE, path)
    missing = () if path is None else (Missing(path, "is known after apply", PLACE),)
    inventory = understood_anywhere(Translated(tree, missing), "a.yaml").inventory
    assert isinstance(inventory, aws.Inventory)
    return AwsEnvironment(inventory)


def answers(asked: AwsEnvironment) -> dict[str, Answer]:
    """The answers; a question that means nothing any more has none."""
    found = {}
    for question in QUESTIONS:
        try:
            found[question] = answer(asked, question).verdict.answer
        except SpecError:
            found[question] = Answer.UNKNOWN
    return found


@pytest.fixture(scope="module")
def truth() -> dict[str, Answer]:
    found = answers(environment(None))
    assert Answer.UNKNOWN not in found.values()
    return found


@pytest.mark.parametrize("path", list(_parts()), ids=lambda path: ".".join(map(str, path)))
def test_a_missing_part_is_taken_for_nothing(path: Path, truth: dict[str, Answer]) -> None:
    found = answers(environment(path))
    wrong = {one: (found[one], truth[one]) for one in QUESTIONS if found[one] not in (truth[one], Answer.UNKNOWN)}
    assert wrong == {}


HARMLESS = (
    ("ecs_services", "tracking", "task_role"),
    ("ecs_services", "tracking", "environment"),
    ("db_clusters", "metadata", "engine"),
    ("s3_buckets", "artifacts", "sse_algorithm"),
    ("cognito_user_pools", "people"),
    ("iam_roles", "mlflow-task"),
)


@pytest.mark.parametrize("path", HARMLESS, ids=".".join)
def test_what_decides_nothing_leaves_every_answer(path: Path, truth: dict[str, Answer]) -> None:
    assert answers(environment(path)) == truth


def test_a_gap_in_one_vpc_leaves_the_answers_of_the_other() -> None:
    found = answers(environment(("security_groups", "service", "ingress", "balancer")))
    assert found["training[apps-b] -> training-data:443"] is Answer.ALLOW
    assert found["science-studio[apps-a] -> artifacts:443"] is Answer.DENY
    assert found["science-studio[apps-a] -> mlflow-api:443"] is Answer.UNKNOWN
