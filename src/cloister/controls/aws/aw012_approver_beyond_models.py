"""AW012: approvers change models alone."""

from collections.abc import Iterable, Iterator

from cloister.controls.aws.policies import SPELL_OUT, UNREADABLE, Caller, allowed, callers
from cloister.controls.control import AwsEnvironment, Control, Decided, Doubt, Finding, Pillar, Severity
from cloister.controls.sources import mlflow_post
from cloister.facts.mlflow_calls import MlflowCall, mlflow_calls
from cloister.inventory.aws import Inventory, RestApi

CONTROL = Control(
    id="AW012",
    title="The approver's role changes registered models and versions, and nothing else",
    why="Approval is a second pair of eyes only while those eyes cannot also make what they approve.",
    remedy="Allow, beside the reading calls, those below model-versions and registered-models.",
    severity=Severity.CRITICAL,
    pillar=Pillar.SECURITY,
    decided=Decided.REACH,
    sources=(mlflow_post("Policy of the model approver"),),
    aliases=("S4-12",),
)


def subjects(inventory: Inventory) -> Iterable[tuple[Caller, RestApi]]:
    """Each role of approvers that may call an API, with each API."""
    return [(one, api) for one in callers(inventory) if one.kind == "approver" for api in inventory.rest_apis]


def check(asked: tuple[Caller, RestApi], environment: AwsEnvironment) -> Iterator[Finding | Doubt]:
    """A finding for the other writing calls that it may make, and for those on models that it may not."""
    caller, api = asked
    may = {call: allowed(environment.inventory, caller.role, api, call) for call in mlflow_calls()}
    called, at = f'role "{caller.role.name}"', caller.role.origin.of("policies")
    if None in may.values():
        yield CONTROL.doubt(called, UNREADABLE, at=at, mend=SPELL_OUT)
        return
    beyond = [call for call in may if may[call] and not call.reads and not _on_models(call)]
    if beyond:
        yield CONTROL.finding(
            called,
            f"it may make {len(beyond)} calls beyond models, such as {beyond[0].method} {beyond[0].path}",
            at=at,
            mend="allow writing calls below model-versions and registered-models only",
        )
    missing = [call for call in may if _on_models(call) and not may[call]]
    if missing:
        yield CONTROL.finding(
            called,
            f"it may not make {len(missing)} calls on models, such as {missing[0].method} {missing[0].path}",
            at=at,
            mend=f"allow {missing[0].method}{missing[0].path} as well",
        )


def _on_models(call: MlflowCall) -> bool:
    return "/mlflow/model-versions/" in call.path or "/mlflow/registered-models/" in call.path
