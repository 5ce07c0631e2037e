"""A Lambda authorizer for API Gateway's REST APIs: a bearer token comes in, an IAM policy goes out.

`cloister.gateway.elsewhere.aws_lambda.handler` is the function; CLOISTER_AUTHORIZER in its environment names the file
of its configuration. Events and answers after "Input to a Lambda authorizer" and "Output from an API Gateway Lambda
authorizer" (docs.aws.amazon.com/apigateway/latest/developerguide, read 2026-11-26).

The policy speaks of the one method and path that was asked for, so the authorizer's answers must not be kept for
others: authorizerResultTtlInSeconds is 0, or the identity sources name method and path beside the token.
"""

import asyncio
import json
import os
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from cloister.access.invocations import Api
from cloister.access.policies import Policy, read_policy
from cloister.access.policy_set import PolicySet
from cloister.access.principals import Principal
from cloister.access.roles import policies_of
from cloister.errors import CloisterError, Fault, SourceError, SpecError
from cloister.gateway.elsewhere.coarse import judge_coarsely
from cloister.gateway.elsewhere.unseen import judge_unseen
from cloister.gateway.faults import UnauthenticatedError
from cloister.gateway.identity.checking import check_bearer
from cloister.gateway.identity.fetching import Fetcher
from cloister.gateway.identity.headers import bearer_token
from cloister.gateway.identity.identified import Identified
from cloister.gateway.identity.issuers import Issuer
from cloister.gateway.identity.signed import claimed_issuer, not_taken, shown
from cloister.gateway.identity.trusted import trust
from cloister.gateway.mlflow.base_path import below_stage
from cloister.gateway.mlflow.canonical import canonical_path, check_path
from cloister.gateway.mlflow.routes import find, why_refused
from cloister.gateway.rights.asking import Asker
from cloister.gateway.rights.surroundings import surroundings
from cloister.verdict import Answer, Verdict

_VARIABLE: Final = "CLOISTER_AUTHORIZER"
# API Gateway answers with 401 where the function fails with exactly this message, and with 500 for any other.
_UNAUTHORIZED: Final = "Unauthorized"
# arn:PARTITION:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH
_ARN: Final = re.compile(r"arn:([a-z-]+):execute-api:([^:/]+):([0-9]{12}):([^:/]+)/([^/]+)/([A-Z]+)(?:/(.*))?")
_LONGEST_REASON: Final = 1000


class AuthorizerConfig(BaseModel):
    """Who is trusted, who may what, and what stands behind.

    Before the gateway it is enough that something may be allowed: the gateway decides exactly. Before a bare MLflow the
    authorizer is all there is; it sees no body, so nothing is let through but reads of those who may read everything.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuers: tuple[Issuer, ...]
    issuers_authorities: Path | None = None
    role_of_group: dict[str, str] = {}
    policies: dict[str, Path] = {}
    before: Literal["gateway", "mlflow"]


class Authorizer:
    """The authorizer of one configuration."""

    def __init__(self, config: AuthorizerConfig) -> None:
        self._config = config
        self._trusted = trust(config.issuers, Fetcher(config.issuers_authorities), time.monotonic)
        self._own = {name: _read_policy(name, path) for name, path in config.policies.items()}

    async def answer(self, event: Mapping[str, object], now: datetime) -> dict[str, object]:
        """The IAM policy for an event. Raises UnauthenticatedError where nobody is known to be asking."""
        arn, token = event.get("methodArn"), bearer_token({"authorization": _authorization(event)})
        if not isinstance(arn, str) or token is None:
            raise not_taken(reason="did not come with the event")
        principal, since = await self._principal(token, now)
        verdict = self._verdict(Identified(principal, since), arn, event, now)
        return _policy(principal, verdict, arn)

    async def _principal(self, token: str, now: datetime) -> tuple[Principal, datetime]:
        trusted = self._trusted.get(claimed_issuer(token) or "")
        if trusted is None:
            raise not_taken(reason=f'is of the issuer "{shown(claimed_issuer(token))}", which is not trusted here')
        found = await check_bearer(token, trusted, now)
        return Principal(found.name, trusted.issuer.kind, found.groups, tags=found.tags), found.authenticated_at

    def _verdict(self, identified: Identified, arn: str, event: Mapping[str, object], now: datetime) -> Verdict:
        api, method, path = _asked(arn, event)
        match = find(method, check_path(path.encode("ascii", "replace")))
        if match is None:
            raise SpecError(Fault(f"{method} {path}", why_refused(method, path), "see docs/gateway.md"))
        policies = PolicySet(policies_of(identified.principal, self._config.role_of_group, self._own))
        asker = Asker(identified.principal, policies, surroundings(identified, _source(event), now))
        judge = judge_coarsely if self._config.before == "gateway" else judge_unseen
        return judge(asker.calling(api, method, canonical_path(match)), match.route)


def handler(event: Mapping[str, object], _context: object) -> dict[str, object]:
    """What Lambda calls."""
    try:
        return _loop().run_until_complete(_authorizer().answer(event, datetime.now(UTC)))
    except UnauthenticatedError as error:
        raise PermissionError(_UNAUTHORIZED) from error
    except CloisterError as error:
        return _refusal(event, error)


@cache
def _authorizer() -> Authorizer:
    """The authorizer of this process, which serves many events."""
    path = Path(os.environ[_VARIABLE])
    try:
        return Authorizer(AuthorizerConfig.model_validate_json(path.read_bytes()))
    except (OSError, ValidationError) as error:
        reason = f"cannot be read: {error}"
        raise SourceError(Fault(f"configuration {path}", reason, "see docs/elsewhere.md for its form")) from error


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """One loop for the life of the process: the issuers' connections and keys belong to it."""
    return asyncio.new_event_loop()


def _read_policy(name: str, path: Path) -> Policy:
    return read_policy(path.read_text(encoding="utf-8"), name)


def _authorization(event: Mapping[str, object]) -> str:
    """The Authorization header: as the event of a TOKEN authorizer has it, or among those of a REQUEST."""
    direct = event.get("authorizationToken")
    if isinstance(direct, str):
        return direct
    headers = event.get("headers")
    pairs = headers.items() if isinstance(headers, Mapping) else ()
    found = [value for name, value in pairs if isinstance(name, str) and name.lower() == "authorization"]
    return found[0] if len(found) == 1 and isinstance(found[0], str) else ""


def _asked(arn: str, event: Mapping[str, object]) -> tuple[Api, str, str]:
    """The API, the method, and the path below its stage: of the event where it tells it, else of the ARN."""
    found = _ARN.fullmatch(arn)
    if found is None:
        raise SpecError(Fault(f'methodArn "{arn}"', "is no method of an API", "call it as an authorizer of a REST API"))
    partition, region, account, api_id, stage, method, path = found.groups()
    told = event.get("path")
    api = Api(region, account, api_id, stage, partition)
    return api, method, below_stage(told if isinstance(told, str) else f"/{path or ''}", stage)


def _source(event: Mapping[str, object]) -> str:
    context = event.get("requestContext")
    identity = context.get("identity") if isinstance(context, Mapping) else None
    source = identity.get("sourceIp") if isinstance(identity, Mapping) else None
    return source if isinstance(source, str) else "-"


def _policy(principal: Principal, verdict: Verdict, arn: str) -> dict[str, object]:
    effect = "Allow" if verdict.answer is Answer.ALLOW else "Deny"
    # Texts alone may stand in the context; an API hands them on as `$context.authorizer.NAME`.
    context = {"principal": principal.name, "reason": verdict.reason[:_LONGEST_REASON]}
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": arn}
    return {
        "principalId": principal.name,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": context,
    }


def _refusal(event: Mapping[str, object], error: CloisterError) -> dict[str, object]:
    """The policy where the request could not be judged: a refusal of everything, with the reason in the log."""
    print(json.dumps({"refused": str(error)[:_LONGEST_REASON]}))  # noqa: T201 - Lambda keeps what is printed
    statement = {"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": event.get("methodArn", "*")}
    return {"principalId": "-", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
