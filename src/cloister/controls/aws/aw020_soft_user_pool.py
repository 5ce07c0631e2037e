"""AW020: people are invited and use two factors."""

from collections.abc import Iterable, Iterator

from cloister.controls.control import AwsEnvironment, Control, Decided, Finding, Pillar, Severity
from cloister.controls.sources import aws_page, mlflow_post
from cloister.controls.wording import stated
from cloister.inventory.aws import Inventory, UserPool
from cloister.inventory.edits import edit

CONTROL = Control(
    id="AW020",
    title="The user pool takes nobody uninvited, asks a second factor and watches sign-ins",
    why="The pool is the door of the browser: whoever signs up by himself is inside the platform's pages.",
    remedy="Set allow_admin_create_user_only, mfa_configuration, password_minimum_length and advanced_security_mode.",
    severity=Severity.HIGH,
    pillar=Pillar.SECURITY,
    decided=Decided.INVENTORY,
    sources=(
        mlflow_post("Cognito user pool"),
        aws_page(
            "Amazon Cognito Developer Guide",
            "Security best practices for user pools",
            "cognito/latest/developerguide/user-pool-security-best-practices.html",
        ),
    ),
    aliases=("S4-21",),
)

_SHORTEST = 12


def subjects(inventory: Inventory) -> Iterable[UserPool]:
    """Every user pool."""
    return inventory.cognito_user_pools


def check(pool: UserPool, _: AwsEnvironment) -> Iterator[Finding]:
    """A finding for each setting that leaves the door ajar."""
    called = f'user pool "{pool.name}"'
    if not pool.allow_admin_create_user_only:
        yield CONTROL.finding(
            called,
            f"people sign up by themselves: {stated(pool.origin, 'allow_admin_create_user_only', 'false')}",
            at=pool.origin.of("allow_admin_create_user_only"),
            mend="set allow_admin_create_user_only: true",
            fix=(edit(pool.origin, "allow_admin_create_user_only", value=True),),
        )
    if pool.mfa_configuration != "ON":
        yield CONTROL.finding(
            called,
            stated(pool.origin, "mfa_configuration", pool.mfa_configuration),
            at=pool.origin.of("mfa_configuration"),
            mend='set mfa_configuration: "ON"',
        )
    if pool.password_minimum_length < _SHORTEST:
        yield CONTROL.finding(
            called,
            stated(pool.origin, "password_minimum_length", str(pool.password_minimum_length)),
            at=pool.origin.of("password_minimum_length"),
            mend=f"set password_minimum_length: {_SHORTEST}",
            fix=(edit(pool.origin, "password_minimum_length", value=_SHORTEST),),
        )
    if pool.advanced_security_mode == "OFF":
        yield CONTROL.finding(
            called,
            stated(pool.origin, "advanced_security_mode", "OFF"),
            at=pool.origin.of("advanced_security_mode"),
            mend="set advanced_security_mode: ENFORCED",
            fix=(edit(pool.origin, "advanced_security_mode", value="ENFORCED"),),
        )
