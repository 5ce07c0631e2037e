"""What roles may do in AWS: their own policies and those of the resource, joined with the way, as a table."""

from typing import Any

import pytest
import yaml

from cloister.ask.asking import AwsEnvironment, answer
from cloister.ask.rights.aws import DEEDS
from cloister.errors import SpecError
from cloister.inventory import aws
from cloister.sources.blueprints import starter_text
from cloister.sources.spec import read_text_anywhere

HERE = "science-studio[apps-a]"
READER, ADMIN, TASK = "role:studio-reader", "role:studio-admin", "role:mlflow-task"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - elements of a statement
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


DENY_ALL = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
BOTH = "and across accounts both sides have to"
HANGS = "whether a statement about s3:GetObject holds hangs on what is not followed"
OUTSIDE = "refuses: public network access is limited to chosen networks, and the caller is in none of them"
OPEN = {"s3_buckets": {"training-data": {"policy": document()}}}
THEIRS = {"s3_buckets": {"training-data": {"account": "mlflow", "policy": document()}}}
ROWS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "a role's own policy is enough within an account": (
        {},
        f"{READER} at {HERE}: read data from training-data",
        "ALLOW",
        "training-data: policy data of studio-reader lets role:studio-reader do s3:GetObject",
    ),
    "what it does not name it may not": (
        {},
        f"{READER} at {HERE}: write data to training-data",
        "DENY",
        "training-data: no statement lets role:studio-reader do s3:PutObject",
    ),
    "another role may": (
        {},
        f"{ADMIN} at {HERE}: write data to training-data",
        "ALLOW",
        "training-data: policy data of studio-admin lets role:studio-admin do s3:PutObject",
    ),
    "a question for the way alone asks whether the role may read": (
        {},
        f"{READER} at {HERE} -> training-data:443",
        "ALLOW",
        "training-data: policy data of studio-reader lets role:studio-reader do s3:GetObject",
    ),
    "without a way the right is no use": (
        {"vpc_endpoints": {"studio-s3": {"route_tables": []}}},
        f"{READER} at {HERE}: read data from training-data",
        "DENY",
        "studio/apps-a: no route leads to acme-training-data.s3.eu-west-1.amazonaws.com",
    ),
    "a role that nobody runs as there is in doubt": (
        {},
        f"{TASK} at {HERE}: read data from training-data",
        "DENY",
        f"training-data: no statement lets role:mlflow-task do s3:GetObject, {BOTH}",
    ),
    "a role that is not the place's, with a right, is in doubt": (
        {},
        f"{ADMIN} at training[apps-a]: read data from training-data",
        "UNKNOWN",
        "training[apps-a]: whether somebody there may become role:studio-admin is not stated",
    ),
    "what the role's own policy denies is denied": (
        {"iam_roles": {"studio-reader": {"policies": {"no": document(DENY_ALL)}}}},
        f"{READER} at {HERE}: read data from training-data",
        "DENY",
        "training-data: policy no of studio-reader denies role:studio-reader s3:GetObject on training-data",
    ),
    "what the bucket's policy denies to everybody is denied": (
        {"s3_buckets": {"training-data": {"policy": document({**DENY_ALL, "Principal": "*"})}}},
        f"{READER} at {HERE}: read data from training-data",
        "DENY",
        f"training-data: {OUTSIDE}",
    ),
    "what it denies to the role alone is denied": (
        {
            "s3_buckets": {
                "training-data": {
                    "policy": document(
                        {**DENY_ALL, "Principal": {"AWS": "arn:aws:iam::444455556666:role/studio-reader"}}
                    )
                }
            }
        },
        f"{READER} at {HERE}: read data from training-data",
        "DENY",
        "training-data: policy of training-data denies role:studio-reader s3:GetObject on training-data",
    ),
    "across accounts the bucket has to allow as well": (
        THEIRS,
        f"{READER} at {HERE}: read data from training-data",
        "DENY",
        f"training-data: no statement lets role:studio-reader do s3:GetObject, {BOTH}",
    ),
    "and does where it names the role's account": (
        {
            "s3_buckets": {
                "training-data": {
                    "account": "mlflow",
                    "policy": document(allow("s3:GetObject", Principal={"AWS": "arn:aws:iam::444455556666:root"})),
                }
            }
        },
        f"{READER} at {HERE}: read data from training-data",
        "ALLOW",
        "training-data: policy data of studio-reader lets role:studio-reader do s3:GetObject",
    ),
    "a condition that is not followed leaves a doubt": (
        {
            **OPEN,
            "iam_roles": {
                "studio-reader": {
                    "policies": {
                        "data": document(allow("s3:GetObject", Condition={"StringEquals": {"aws:PrincipalTag/a": "b"}}))
                    }
                }
            },
        },
        f"{READER} at {HERE}: read data from training-data",
        "UNKNOWN",
        f"training-data: {HANGS} (policy data of studio-reader)",
    ),
    "policies of AWS's own may allow": (
        {"iam_roles": {"studio-reader": {"managed_policies": ["AmazonS3FullAccess"], "policies": None}}},
        f"{READER} at {HERE}: read data from training-data",
        "UNKNOWN",
        f"training-data: {HANGS} (managed policies of studio-reader)",
    ),
    "a permissions boundary takes away": (
        {"iam_roles": {"studio-reader": {"permissions_boundary": document(allow("execute-api:*"))}}},
        f"{READER} at {HERE}: read data from training-data",
        "DENY",
        "training-data: the permissions boundary of role:studio-reader does not hold s3:GetObject",
    ),
    "a reader may ask the API what its policy names": (
        {},
        f"{READER} at {HERE}: invoke GET/api/2.0/mlflow/experiments/get on mlflow-api",
        "ALLOW",
        "mlflow-api: policy api of studio-reader lets role:studio-reader do execute-api:Invoke",
    ),
    "and nothing else": (
        {},
        f"{READER} at {HERE}: invoke POST/api/2.0/mlflow/experiments/delete on mlflow-api",
        "DENY",
        f"mlflow-api: no statement lets role:studio-reader do execute-api:Invoke, {BOTH}",
    ),
    "about other paths the token decides, whatever a role says": (
        {},
        f"{ADMIN} at {HERE}: invoke GET/ajax-api/2.0/mlflow/experiments/get on mlflow-api",
        "UNKNOWN",
        "mlflow-api: token decides about ANY /{proxy+}, and what it says is not stated",
    ),
    "where nobody decides, everybody may": (
        {
            "rest_apis": {
                "mlflow-api": {
                    "resources": {"/{proxy+}": {"methods": {"ANY": {"authorization": "NONE", "authorizer": None}}}}
                }
            }
        },
        f"{READER} at {HERE}: invoke GET/health on mlflow-api",
        "ALLOW",
        "mlflow-api: nobody decides about ANY /{proxy+}",
    ),
}


def environment(over: dict[str, Any]) -> AwsEnvironment:
    text = yaml.safe_dump({**yaml.safe_load(starter_text("aws-mlflow")), **over}, sort_keys=False)
    inventory = read_text_anywhere(text, "cloister.yaml")
    assert isinstance(inventory, aws.Inventory)
    return AwsEnvironment(inventory)


@pytest.mark.parametrize(("over", "question", "wanted", "reason"), ROWS.values(), ids=ROWS)
def test_right(over: dict[str, Any], question: str, wanted: str, reason: str) -> None:
    verdict = answer(environment(over), question).verdict
    found = verdict.reason.rpartition(", and ")[2] if verdict.answer.value == "ALLOW" else verdict.reason
    assert (verdict.answer.value, found) == (wanted, reason)


@pytest.mark.parametrize(
    ("question", "fault"),
    [
        (f"role:studio-readr at {HERE}: read data from artifacts", "did you mean role:studio-reader?"),
        (f"user:ada at {HERE}: read data from artifacts", "name a role of the environment: role:NAME"),
        (
            f"{READER} at {HERE}: promote model/churn",
            f"write {', '.join(DEEDS)}, on a bucket or an API of the environment",
        ),
    ],
)
def test_words_that_mean_nothing_are_told(question: str, fault: str) -> None:
    with pytest.raises(SpecError) as error:
        answer(environment({}), question)
    assert error.value.faults[0].mend == fault
