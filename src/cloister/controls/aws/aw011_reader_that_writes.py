"""AW011: readers read."""

from collections.abc import Iterable, Iterator

from cloister.controls.aws.policies import SPELL_OUT, UNREADABLE, Caller, allowed, callers
from cloister.controls.control import AwsEnvironment, Control, Decided, Doubt, Finding, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.facts.mlflow_calls import mlflow_calls
from cloister.inventory.aws import Inventory, RestApi

CONTROL = Control(
    id="AW011",
    title="The reader's role can make no call that changes something",
    why="Who only reads is given to many; one writing call among a wildcard's matches makes every reader an author.",
    remedy="List the reading calls in the role's policy, with method and path.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.REACH,
    sources=(mlflow_post("Policy of the reader"),),
    aliases=("S4-11", "S4-15"),
)


def subjects(inventory: Inventory) -> Iterable[tuple[Caller, RestApi]]:
    """Each role of readers that may call an API, with each API."""
    return [(one, api) for one in callers(inventory) if one.kind == "reader" for api in inventory.rest_apis]


def check(asked: tuple[Caller, RestApi], environment: AwsEnvironment) -> Iterator[Finding | Doubt]:
    """A finding for writing calls that it may make and reading ones that it may not; a doubt for unread policies."""
    caller, api = asked
    may = {call: allowed(environment.inventory, caller.role, api, call) for call in mlflow_calls()}
    called, at = f'role "{caller.role.name}"', caller.role.origin.of("policies")
    if None in may.values():
        yield CONTROL.doubt(called, UNREADABLE, at=at, mend=SPELL_OUT)
        return
    writing = [call for call in may if may[call] and not call.reads]
    if writing:
        yield CONTROL.finding(
            called,
            f"it may make {len(writing)} calls that change something, such as {writing[0].method} {writing[0].path}",
            at=at,
            mend="list the reading calls with method and path",
        )
    missing = [call for call in may if call.reads and not may[call]]
    if missing:
        yield CONTROL.finding(
            called,
            f"it may not make {len(missing)} reading calls, such as {missing[0].method} {missing[0].path}",
            at=at,
            mend=f"allow {missing[0].method}{missing[0].path} as well",
        )
