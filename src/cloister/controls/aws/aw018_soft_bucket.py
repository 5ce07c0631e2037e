"""AW018: buckets are hardened."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cloister.controls.aws.policies import statements
from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import aws_page, mlflow_post
from cloister.controls.wording import stated
from cloister.inventory.aws import Bucket, Inventory
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AW018",
    title="Buckets block public access, refuse plain HTTP, keep versions and log access",
    why="Artifacts are models, and models hold what they learnt: a bucket's own switches are the last door.",
    remedy="Keep the four blocks on, deny what comes without TLS, turn versioning on and name a bucket for the log.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        mlflow_post("S3 as the artifact store"),
        aws_page(
            "AWS Security Hub User Guide", "Controls for Amazon S3", "securityhub/latest/userguide/s3-controls.html"
        ),
    ),
    aliases=("S4-19",),
)

_SWITCHES = (
    "block_public_acls",
    "block_public_policy",
    "ignore_public_acls",
    "restrict_public_buckets",
    "versioning",
)


def subjects(inventory: Inventory) -> Iterable[Bucket]:
    """Every bucket but those that take logs."""
    logs = {bucket.logging_target_bucket for bucket in inventory.s3_buckets}
    return [bucket for bucket in inventory.s3_buckets if not logs & {bucket.name, bucket.bucket_name}]


def check(bucket: Bucket, _: AwsEnvironment) -> Iterator[Finding]:
    """A finding for each switch that is off, and where nothing denies plain HTTP."""
    for attribute in _SWITCHES:
        if not getattr(bucket, attribute):
            yield CONTROL.finding(
                f'bucket "{bucket.name}"',
                stated(bucket.origin, attribute, "false"),
                at=bucket.origin.of(attribute),
                mend=f"set {attribute}: true",
                fix=(edit(bucket.origin, attribute, value=True),),
            )
    if bucket.logging_target_bucket is None:
        yield CONTROL.finding(
            f'bucket "{bucket.name}"',
            "nobody records who reads it",
            at=bucket.origin.of("logging_target_bucket"),
            mend="name a bucket as logging_target_bucket",
        )
    if not any(_denies_plain(one) for one in statements(bucket.policy or "{}")):
        yield CONTROL.finding(
            f'bucket "{bucket.name}"',
            "no statement of its policy denies requests without TLS",
            at=bucket.origin.of("policy"),
            mend='deny s3:* where {"Bool": {"aws:SecureTransport": "false"}}',
        )


def _denies_plain(statement: Mapping[str, Any]) -> bool:
    condition = statement.get("Condition")
    bools = condition.get("Bool") if isinstance(condition, Mapping) else None
    value = bools.get("aws:SecureTransport") if isinstance(bools, Mapping) else None
    return statement.get("Effect") == "Deny" and str(value).lower() == "false"
