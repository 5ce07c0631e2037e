"""The right of a role in AWS to a bucket or an API: its own policies and those of the resource, held together.

Within one account either of the two may allow; across accounts both have to; and what either denies is denied
(docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html, read 2026-11-25). Denials on
endpoints, addresses and encryption are judged by the way; of every other condition it is not known whether it holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches

from cloister.access.policies import Effect, Statement, read_policy
from cloister.ask.rights.saying import said
from cloister.errors import Fault, SpecError
from cloister.fabric.lower_aws.layout import Layout
from cloister.fabric.lower_aws.policies import api_id
from cloister.fabric.lower_aws.statements import Statement as ResourceStatement
from cloister.fabric.lower_aws.statements import statements
from cloister.inventory.aws import Bucket, IamRole, Inventory, RestApi
from cloister.origin import Origin
from cloister.verdict import Answer, Rule, Verdict

_BY_THE_WAY = ("aws:sourcevpce", "aws:sourcevpc", "aws:sourceip", "aws:securetransport", "aws:viaawsservice")
_DATA = {"read": "s3:GetObject", "write": "s3:PutObject", "delete": "s3:DeleteObject", "list": "s3:ListBucket"}
_INVOKE = "execute-api:Invoke"
_CALL = "invoke"
DEEDS = (*(f"{action} data" for action in _DATA), f"{_CALL} METHOD/PATH")
"""What can be asked about in AWS."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one side says of a request: denied, allowed, or neither; None where a condition is not followed."""

    denied: bool | None
    allowed: bool | None
    rule: Rule


@dataclass(frozen=True, slots=True)
class Request:
    """An action on a resource: the bucket or API, and its ARN with what is meant of it."""

    action: str
    target: Bucket | RestApi
    arn: str


def find_role(inventory: Inventory, words: str) -> IamRole:
    """The role that `role:NAME` means. Raises SpecError where it means none."""
    kind, _, name = words.partition(":")
    found = next((one for one in inventory.iam_roles if one.name == name), None)
    if kind == "role" and found:
        return found
    near = get_close_matches(name, [one.name for one in inventory.iam_roles], n=1)
    mend = f"did you mean role:{near[0]}?" if near else "name a role of the environment: role:NAME"
    raise SpecError(Fault(f'principal "{words}"', "is no role of the environment", mend))


def request_of(inventory: Inventory, action: str, thing: str, where: str) -> Request:
    """What a deed asks for: `read data from BUCKET`, `invoke GET/api/2.0/mlflow/runs/get on API`. Or SpecError."""
    bucket = next((one for one in inventory.s3_buckets if one.name == where), None)
    if bucket and thing == "data" and action in _DATA:
        suffix = "" if action == "list" else "/key"
        return Request(_DATA[action], bucket, f"arn:aws:s3:::{bucket.bucket_name}{suffix}")
    api = next((one for one in inventory.rest_apis if one.name == where), None)
    if api and action == _CALL:
        return Request(_INVOKE, api, _arn(inventory, api, thing))
    reason = "is nothing that can be asked about in AWS"
    mend = f"write {', '.join(DEEDS)}, on a bucket or an API of the environment"
    raise SpecError(Fault(f'action "{action} {thing} on {where}"', reason, mend))


def _arn(inventory: Inventory, api: RestApi, what: str) -> str:
    """The ARN of a method and path under the first stage of an API."""
    layout = Layout(inventory)
    stage = api.stages[0].name if api.stages else "*"
    region, account = api.region or inventory.region, layout.account_id(api.account)
    return f"arn:aws:execute-api:{region}:{account}:{api_id(api)}/{stage}/{what}"


def right_of(inventory: Inventory, role: IamRole, request: Request) -> Verdict:
    """Whether a role may do what is asked; of a path of an API, whether roles decide about it at all."""
    decided = _by_method(request.target, request.arn) if isinstance(request.target, RestApi) else None
    return decided or _by_policies(inventory, role, request)


def _by_method(api: RestApi, arn: str) -> Verdict | None:
    """What the method that takes a request says, where it asks no role: its authorizer, or nobody."""
    word, _, path = arn.split("/", 2)[2].partition("/")
    found = [
        (resource, method)
        for resource in api.resources
        for method in resource.methods
        if method.name in (word, "ANY") and _fits(resource.name, f"/{path}")
    ]
    if not found:
        rule = Rule(f"resources of {api.name}", api.origin.of("resources"))
        return said(Answer.DENY, api.name, f"no method takes {word} /{path}", rule, f"add a resource for /{path}")
    resource, method = max(found, key=lambda one: (len(one[0].name.replace("{proxy+}", "")), one[1].name != "ANY"))
    rule = Rule(f"{method.name} {resource.name} of {api.name}", method.origin.of("authorization"))
    if method.authorization == "AWS_IAM":
        return None
    if method.authorization == "NONE":
        return said(Answer.ALLOW, api.name, f"nobody decides about {method.name} {resource.name}", rule)
    text = f"{method.authorizer} decides about {method.name} {resource.name}, and what it says is not stated"
    return said(Answer.UNKNOWN, api.name, text, rule, "ask for a path that roles decide about")


def _fits(pattern: str, path: str) -> bool:
    """Whether a resource takes a path: `{proxy+}` is any rest, `{name}` any one part."""
    parts, asked = pattern.strip("/").split("/"), path.strip("/").split("/")
    if parts[-1] == "{proxy+}":
        parts, asked = parts[:-1], asked[: len(parts) - 1] if len(asked) >= len(parts) else [""]
    return len(parts) == len(asked) and all(
        one == other or one.startswith("{") for one, other in zip(parts, asked, strict=True)
    )


def _by_policies(inventory: Inventory, role: IamRole, request: Request) -> Verdict:
    """The same by the policies of the role and of the resource."""
    name, target = f"role:{role.name}", request.target.name
    own, other = _by_role(role, request), _by_resource(inventory, role, request)
    bounds = _by_boundary(role, request)
    text = f"{name} {request.action} on {target}"
    for side in (own, other, bounds):
        if side.denied:
            return said(Answer.DENY, target, f"{side.rule.name} denies {text}", side.rule)
    if bounds.allowed is False:
        return said(
            Answer.DENY, target, f"the permissions boundary of {name} does not hold {request.action}", bounds.rule
        )
    return _weighed(inventory, role, request, own, other, bounds)


def _weighed(inventory: Inventory, role: IamRole, request: Request, own: Said, other: Said, bounds: Said) -> Verdict:
    """What comes of both sides where neither surely denies."""
    target, name = request.target.name, f"role:{role.name}"
    ids = [Layout(inventory).account_id(one.account) for one in (role, request.target)]
    same = ids[0] == ids[1]
    sides = (own.allowed, other.allowed)
    allowed = (True in sides) if same else (sides == (True, True))
    possible = any(side is not False for side in sides) if same else all(side is not False for side in sides)
    deciding = own if own.allowed or not other.allowed else other
    if not possible:
        across = "" if same else ", and across accounts both sides have to"
        text = f"no statement lets {name} do {request.action}{across}"
        return said(Answer.DENY, target, text, deciding.rule, f"allow {request.action} on {request.arn} to {name}")
    if allowed and None not in (own.denied, other.denied, bounds.denied, bounds.allowed):
        return said(Answer.ALLOW, target, f"{deciding.rule.name} lets {name} do {request.action}", deciding.rule)
    text = f"whether a statement about {request.action} holds hangs on what is not followed ({deciding.rule.name})"
    return said(Answer.UNKNOWN, target, text, deciding.rule, "write the statement without that condition")


def _by_role(role: IamRole, request: Request) -> Said:
    """What the policies of a role say; those of AWS's own are not known here, and may allow."""
    found: list[tuple[Rule, Statement | None]] = []
    for policy in role.policies:
        rule = Rule(f"policy {policy.name} of {role.name}", policy.origin)
        found += _read(policy.policy, rule)
    said_ = _together(found, request, Rule(f"policies of {role.name}", role.origin.of("policies")))
    if role.managed_policies and said_.allowed is False:
        rule = Rule(f"managed policies of {role.name}", role.origin.of("managed_policies"))
        return replace(said_, allowed=None, rule=rule)
    return said_


def _by_boundary(role: IamRole, request: Request) -> Said:
    rule = Rule(f"permissions boundary of {role.name}", role.origin.of("permissions_boundary"))
    if role.permissions_boundary is None:
        return Said(denied=False, allowed=True, rule=rule)
    return _together(_read(role.permissions_boundary, rule), request, rule)


def _read(text: str, rule: Rule) -> list[tuple[Rule, Statement | None]]:
    """The statements of a policy by the gateway's reader of IAM; one that it refuses is a statement nobody knows."""
    try:
        return [(rule, statement) for statement in read_policy(text, rule.name, foreign=True).statements]
    except SpecError:
        return [(rule, None)]


def _together(found: list[tuple[Rule, Statement | None]], request: Request, otherwise: Rule) -> Said:
    denied: bool | None = False
    allowed: bool | None = False
    by = otherwise
    for rule, statement in found:
        if statement is None:
            denied, allowed = denied or None, allowed or None
            continue
        if not (statement.actions.matches(request.action) and statement.resources.matches(request.arn)):
            continue
        holds = None if statement.conditions else True
        if statement.effect is Effect.DENY:
            denied = denied or holds
            by = rule if holds else by
        else:
            allowed, by = allowed or holds, rule
    return Said(denied, allowed, by)


def _by_resource(inventory: Inventory, role: IamRole, request: Request) -> Said:
    """What the resource's own policy says to the role."""
    target = request.target
    rule = Rule(f"policy of {target.name}", target.origin.of("policy"))
    denied: bool | None = False
    allowed: bool | None = False
    for one in statements(target.policy) if target.policy else ():
        meant = _means(inventory, role, one)
        if meant is False or not one.about_action(request.action) or not _about(one, request):
            continue
        others = [key for _, key, _ in one.conditions if key not in _BY_THE_WAY]
        holds = None if others or not one.understood or meant is None else True
        if one.allow and one.conditions and isinstance(target, Bucket):
            allowed = allowed or None  # nobody knows whether the way was the one that it names
        elif one.allow:
            allowed = allowed or holds
        elif others or not one.conditions:  # a denial on the way alone was judged by the way
            denied = denied or holds
    return Said(denied, allowed, rule)


def _about(one: ResourceStatement, request: Request) -> bool:
    short = request.action == _INVOKE and any(text.startswith("execute-api:/") for text in one.resources)
    return short or one.about_resource(request.arn)


def _means(inventory: Inventory, role: IamRole, one: ResourceStatement) -> bool | None:
    """Whether a statement's principals mean the role: everybody, its own ARN, or its account."""
    if not one.principals:
        return True
    account = Layout(inventory).account_id(role.account)
    if not account:
        return None
    own = (account, f"arn:aws:iam::{account}:root", f"arn:aws:iam::{account}:role/{role.name}")
    return any(text in own for text in one.principals)


def carries(inventory: Inventory, place: str, role: IamRole) -> Verdict:
    """Whether who stands at a place acts as the role: what runs there says so, or nobody knows."""
    layout = Layout(inventory)
    owners = {name: words for words, name in layout.owners_of_places()}
    owner = owners.get(place, place.partition("/")[0]).rpartition(".")[2]
    known = next((origin for name, named, origin in _runners(inventory) if name == owner and role.name in named), None)
    if known:
        return said(Answer.ALLOW, place, f"runs as role:{role.name}", Rule(f"role of {owner}", known))
    text = f"whether somebody there may become role:{role.name} is not stated"
    rule = Rule(f"trust policy of {role.name}", role.origin.of("assume_role_policy"))
    return said(Answer.UNKNOWN, place, text, rule, f"ask at a place that runs as role:{role.name}")


def _runners(inventory: Inventory) -> Iterator[tuple[str, tuple[str | None, ...], Origin]]:
    """Everything that runs, with the roles that it may run as. Containers act as their task's role alone."""
    yield from ((one.name, (one.task_role,), one.origin) for one in inventory.ecs_services)
    yield from ((one.name, (one.iam_role,), one.origin) for one in inventory.instances)
    for domain in inventory.sagemaker_domains:
        profiles = (profile.execution_role for profile in domain.user_profiles)
        yield domain.name, (domain.execution_role, *profiles), domain.origin
    yield from ((one.name, (one.role,), one.origin) for one in inventory.sagemaker_notebook_instances)
    yield from ((one.name, (one.role,), one.origin) for one in inventory.sagemaker_jobs)
