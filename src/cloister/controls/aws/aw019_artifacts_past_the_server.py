"""AW019: artifacts go by the server."""

from collections.abc import Iterable, Iterator

from cloister.access.decision import Request, decide
from cloister.access.principals import service
from cloister.controls.aws.policies import SPELL_OUT, UNREADABLE, policies_of
from cloister.controls.control import AwsEnvironment, Control, Decided, Doubt, Finding, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.inventory.aws import Bucket, IamRole, Inventory
from cloister.verdict import Answer

CONTROL = Control(
    id="AW019",
    title="Nobody but the tracking server writes the bucket of its artifacts",
    why=(
        "Who writes the bucket itself changes a model without a run, a version or an approval: MLflow's rights "
        "are not asked."
    ),
    remedy="Let the task's role alone write there, and serve artifacts through the tracking server.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(mlflow_post("Artifacts: access by the server or by the client"),),
    aliases=("S4-20",),
)


def subjects(inventory: Inventory) -> Iterable[tuple[Bucket, IamRole]]:
    """Each bucket that a service of containers writes, with every other role."""
    own = {service.task_role for service in inventory.ecs_services}
    servers = [role for role in inventory.iam_roles if role.name in own]
    written = [one for one in inventory.s3_buckets if any(_writes(role, one) for role in servers)]
    return [(bucket, role) for bucket in written for role in inventory.iam_roles if role.name not in own]


def check(asked: tuple[Bucket, IamRole], _: AwsEnvironment) -> Iterator[Finding | Doubt]:
    """A finding where the other role may write there too; a doubt where its policies cannot be read."""
    bucket, role = asked
    writes = _writes(role, bucket)
    if writes is None:
        yield CONTROL.doubt(f'role "{role.name}"', UNREADABLE, at=role.origin.of("policies"), mend=SPELL_OUT)
    elif writes:
        yield CONTROL.finding(
            f'role "{role.name}"',
            f"it may write objects of bucket {bucket.name}, past the server",
            at=role.origin.of("policies"),
            mend=f"take s3:PutObject on {bucket.bucket_name} from it",
        )


def _writes(role: IamRole, bucket: Bucket) -> bool | None:
    policies = policies_of(role)
    if policies is None:
        return None
    asked = Request(service(role.name), "s3:PutObject", f"arn:aws:s3:::{bucket.bucket_name}/any")
    return decide(policies, asked).answer is Answer.ALLOW
