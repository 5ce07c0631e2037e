"""AW014: policies speak of calls that there are."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from cloister.controls.aws.policies import Caller, callers, statements, words
from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.facts.mlflow_calls import MlflowCall, mlflow_calls
from cloister.inventory.aws import Inventory

CONTROL = Control(
    id="AW014",
    title="Every path in a policy for calls is one that MLflow has",
    why=(
        "A path with a slash at its end, or of a version that the client does not use, allows or denies nothing: "
        "the policy says less than its author believes."
    ),
    remedy="Write the path as the client sends it: /api/2.0/mlflow/..., without a slash at its end.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(mlflow_post("Policies: runs/search/ and its kind"),),
    aliases=("S4-14",),
)


def subjects(inventory: Inventory) -> Iterable[Caller]:
    """Every role that may call an API."""
    return callers(inventory)


def check(caller: Caller, _: AwsEnvironment) -> Iterator[Finding]:
    """A finding for each resource that fits no call of MLflow."""
    for policy in caller.role.policies:
        for statement in statements(policy.policy):
            for resource in words(statement.get("Resource")):
                path = resource.partition(":execute-api:")[2].partition("/")[2].partition("/")[2]
                if path and not any(_fits(path, call) for call in mlflow_calls()):
                    yield CONTROL.finding(
                        f'role "{caller.role.name}"',
                        f"policy {policy.name} speaks of {path}, which fits no call of MLflow",
                        at=policy.origin,
                        mend=_mend(path),
                    )


def _fits(path: str, call: MlflowCall) -> bool:
    return fnmatchcase(f"{call.method}{call.path}", path)


def _mend(path: str) -> str:
    bare = path.rstrip("/")
    known = any(_fits(bare, call) for call in mlflow_calls())
    return f"write {bare}, without the slash at its end" if known else "write METHOD/api/2.0/mlflow/..., as clients do"
