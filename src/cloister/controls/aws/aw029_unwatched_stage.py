"""AW029: the API is watched and throttled."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import aws_page, mlflow_post
from cloister.inventory.aws import Inventory, RestApi, Stage

CONTROL = Control(
    id="AW029",
    title="Stages record who calls, and limit how often",
    why="Without the log nobody can say who changed a model; without limits one loop stops everybody's work.",
    remedy=(
        "Set access_log_destination, throttling_rate_limit and throttling_burst_limit; put a web ACL before a "
        "stage with a public address."
    ),
    severity=Severity.MEDIUM,
    pillar=Pillar.OPERATIONS,
    decided=Decided.INVENTORY,
    sources=(
        mlflow_post("API Gateway: stage"),
        aws_page(
            "AWS Security Hub User Guide",
            "Controls for API Gateway",
            "securityhub/latest/userguide/apigateway-controls.html",
        ),
    ),
    aliases=("S4-30",),
)


def subjects(inventory: Inventory) -> Iterable[tuple[RestApi, Stage]]:
    """Every stage of every API."""
    return [(api, stage) for api in inventory.rest_apis for stage in api.stages]


def check(asked: tuple[RestApi, Stage], _: AwsEnvironment) -> Iterator[Finding]:
    """A finding for each of them that is missing."""
    api, stage = asked
    called = f'stage "{api.name}/{stage.name}"'
    if stage.access_log_destination is None:
        yield CONTROL.finding(
            called,
            "nobody records who calls",
            at=stage.origin.of("access_log_destination"),
            mend="set access_log_destination",
        )
    if stage.throttling_rate_limit is None or stage.throttling_burst_limit is None:
        yield CONTROL.finding(
            called,
            "no limit of its own holds for calls",
            at=stage.origin.of("throttling_rate_limit"),
            mend="set throttling_rate_limit and throttling_burst_limit",
        )
    if api.endpoint_type != "PRIVATE" and stage.web_acl is None:
        yield CONTROL.finding(
            called,
            "its address is public, and no web ACL stands before it",
            at=stage.origin.of("web_acl"),
            mend="name a web_acl, or set endpoint_type: PRIVATE",
        )
