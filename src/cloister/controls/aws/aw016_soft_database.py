"""AW016: the database is hardened."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import aws_page, mlflow_post
from cloister.controls.wording import stated
from cloister.inventory.aws import DbCluster, Inventory

CONTROL = Control(
    id="AW016",
    title="The database is encrypted, kept from deletion, backed up for a week, and without public addresses",
    why="It holds every run and every model's history; what is lost there is lost for the audit.",
    remedy="Set storage_encrypted, deletion_protection and backup_retention_period, and keep publicly_accessible off.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        mlflow_post("Aurora Serverless as the backend store"),
        aws_page(
            "AWS Security Hub User Guide", "Controls for Amazon RDS", "securityhub/latest/userguide/rds-controls.html"
        ),
    ),
    aliases=("S4-17",),
)

_WANTED = {"storage_encrypted": True, "deletion_protection": True, "publicly_accessible": False}
_WEEK = 7
"""Days for which backups are kept, at least."""


def subjects(inventory: Inventory) -> Iterable[DbCluster]:
    """Every database cluster."""
    return inventory.db_clusters


def check(cluster: DbCluster, _: AwsEnvironment) -> Iterator[Finding]:
    """A finding for each switch that is not as it should be."""
    for attribute, wanted in _WANTED.items():
        if getattr(cluster, attribute) is not wanted:
            yield CONTROL.finding(
                f'database cluster "{cluster.name}"',
                stated(cluster.origin, attribute, str(not wanted).lower()),
                at=cluster.origin.of(attribute),
                mend=f"set {attribute}: {str(wanted).lower()}",
            )
    if cluster.backup_retention_period < _WEEK:
        yield CONTROL.finding(
            f'database cluster "{cluster.name}"',
            stated(cluster.origin, "backup_retention_period", str(cluster.backup_retention_period)),
            at=cluster.origin.of("backup_retention_period"),
            mend=f"set backup_retention_period: {_WEEK} or more",
        )
