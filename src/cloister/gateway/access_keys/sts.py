"""Temporary credentials over AWS's Security Token Service API, as its clients speak it (query protocol, 2011-06-15).

After docs.aws.amazon.com/STS/latest/APIReference (read 2026-11-26). What a call names and is not served here is
refused: a session policy that was passed over would leave somebody with more than they were meant to have.
"""

import hashlib
import re
from base64 import b32encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import anyio.to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cloister.access.decision import is_explicit_deny
from cloister.access.principals import Principal
from cloister.access.sigv4 import EMPTY_SHA256, SCHEME
from cloister.errors import CloisterError, Fault, RefusedError, SourceError, SpecError
from cloister.gateway import faults
from cloister.gateway.access_keys import roles, temporary
from cloister.gateway.access_keys.roles import ASSUME, SHORTEST_SECONDS, AssumableRole
from cloister.gateway.access_keys.temporary import Temporary
from cloister.gateway.faults import ThrottledError, TooLargeError, UnauthenticatedError
from cloister.gateway.guard import Guard, RequestFacts, refusal
from cloister.gateway.identity.identified import unauthenticated
from cloister.gateway.identity.signed_requests import BODY_SHA256, SERVICE, SOURCE, TEMPORARY
from cloister.gateway.passing.forwarding import read_body
from cloister.gateway.rights.asking import Asker
from cloister.verdict import Answer, Layer, Outcome, Rule, Step, Verdict

PATHS: Final = frozenset({"/", "/cloister/sts"})
_XML: Final = "https://sts.amazonaws.com/doc/2011-06-15/"
_LARGEST: Final = 64 * 1024
_VERSION: Final = "2011-06-15"
_RECEIVER: Final = 500
_SESSION: Final = re.compile(r"[A-Za-z0-9+=,.@_-]{2,64}")
_ROLE_ARN: Final = re.compile(r"arn:aws:iam::([0-9]{12}):role/([A-Za-z0-9+=,.@_-]{1,64})")
_EXTERNAL_ID: Final = re.compile(r"[A-Za-z0-9+=,.@:/_-]{2,1224}")
_DEFAULT_SECONDS: Final = {"AssumeRole": 3600, "GetSessionToken": 12 * 3600}
_LONGEST_SESSION: Final = 36 * 3600
_TAKEN: Final[Mapping[str, frozenset[str]]] = {
    "AssumeRole": frozenset({"RoleArn", "RoleSessionName", "DurationSeconds", "ExternalId"}),
    "GetCallerIdentity": frozenset(),
    "GetSessionToken": frozenset({"DurationSeconds"}),
}
# Which error stands for what (docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html). First match.
_ERRORS: Final[tuple[tuple[type[CloisterError], int, str], ...]] = (
    (UnauthenticatedError, 403, "InvalidClientTokenId"),
    (ThrottledError, 400, "Throttling"),
    (RefusedError, 403, "AccessDenied"),
    (TooLargeError, 400, "ValidationError"),
    (SpecError, 400, "ValidationError"),
    (SourceError, 503, "ServiceUnavailable"),
)
Parameters = Mapping[str, str]


class Sts:
    """The ASGI application of signed calls for temporary credentials."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._calls: Mapping[str, Callable[[Parameters, Asker, Scope, RequestFacts], Awaitable[str]]] = {
            "AssumeRole": self._assume_role,
            "GetCallerIdentity": self._caller,
            "GetSessionToken": self._session_token,
        }

    def answers(self, scope: Scope) -> bool:
        """Whether a request is one of these calls."""
        return scope["method"] == "POST" and scope["path"] in PATHS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call."""
        facts = RequestFacts.of(scope)
        try:
            text, status = await self._answer(scope, receive, facts), 200
        except CloisterError as error:
            text, status = _told(error, facts)
        except SQLAlchemyError as error:
            text, status = _told(faults.store_fault(error), facts)
        headers = {"cache-control": "no-store", "x-amzn-requestid": facts.request_id}
        await Response(text, status, headers, "text/xml")(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, facts: RequestFacts) -> str:
        action = "-"
        try:
            body = await read_body(receive, _LARGEST)
            scope[BODY_SHA256] = hashlib.sha256(body).hexdigest() if body else EMPTY_SHA256
            scope[SERVICE] = "sts"
            if not _is_signed(scope):
                raise unauthenticated(reason="the call is not signed")
            identified = await self._guard.authenticate(scope)
            parameters = read_parameters(body)
            action = parameters["Action"]
        except (RefusedError, SpecError, SourceError) as error:
            await self._guard.record_refusal(error, facts, None, action)
            raise
        asker = await self._guard.asker(identified, facts)
        result = await self._calls[action](parameters, asker, scope, facts)
        return (
            f'<{action}Response xmlns="{_XML}"><{action}Result>{result}</{action}Result>'
            f"<ResponseMetadata><RequestId>{facts.request_id}</RequestId></ResponseMetadata></{action}Response>"
        )

    async def _assume_role(self, parameters: Parameters, asker: Asker, scope: Scope, facts: RequestFacts) -> str:
        account = self._guard.signed.signing.account
        asked = _ROLE_ARN.fullmatch(parameters.get("RoleArn", ""))
        session, external = parameters.get("RoleSessionName", ""), parameters.get("ExternalId")
        if asked is None or not _SESSION.fullmatch(session):
            raise invalid(reason="RoleArn or RoleSessionName does not have the form that it must have")
        if external is not None and not _EXTERNAL_ID.fullmatch(external):
            raise invalid(reason="ExternalId does not have the form that it must have")
        context = {**asker.around, "sts:RoleSessionName": (session,)}
        if external is not None:
            context["sts:ExternalId"] = (external,)
        role = await anyio.to_thread.run_sync(roles.find, self._guard.engine, asked[2]) if asked[1] == account else None
        verdict = _trusted(role, asked[2], replace(asker, around=context), account)
        decided = await self._guard.record(verdict, asker.principal, ASSUME, f"role/{asked[2]}", facts)
        if role is None or not decided.allowed:
            raise refusal(verdict, parameters["RoleArn"])
        seconds = _seconds(parameters, _DEFAULT_SECONDS["AssumeRole"], role.longest_seconds)
        arn = f"arn:aws:sts::{account}:assumed-role/{role.name}/{session}"
        made = temporary.hand_out(
            scope[SOURCE], now=self._guard.clock(), seconds=seconds, role=role.name, session=session
        )
        return (
            f"<AssumedRoleUser><Arn>{escape(arn)}</Arn><AssumedRoleId>{_role_id(role.name)}:{escape(session)}"
            f"</AssumedRoleId></AssumedRoleUser>{self._credentials(made)}"
        )

    async def _session_token(self, parameters: Parameters, asker: Asker, scope: Scope, facts: RequestFacts) -> str:
        seconds = _seconds(parameters, _DEFAULT_SECONDS["GetSessionToken"], _LONGEST_SESSION)
        action, verdict = "sts:GetSessionToken", _of_itself(asker.principal)
        if scope[TEMPORARY]:
            # Else a stolen token could be made to live for ever.
            text = f"{asker.principal} has temporary credentials, which lead to no others of its own"
            verdict = _answer(Answer.DENY, asker.principal.name, text)
        decided = await self._guard.record(verdict, asker.principal, action, asker.principal.name, facts)
        if not decided.allowed:
            raise refusal(verdict, asker.principal.name)
        return self._credentials(temporary.hand_out(scope[SOURCE], now=self._guard.clock(), seconds=seconds))

    async def _caller(self, _parameters: Parameters, asker: Asker, _scope: Scope, facts: RequestFacts) -> str:
        account, principal = self._guard.signed.signing.account, asker.principal
        verdict = _answer(Answer.ALLOW, principal.name, f"{principal} asks for its own name")
        await self._guard.record(verdict, principal, "sts:GetCallerIdentity", principal.name, facts)
        arn = roles.arn_of(principal, account)
        _, _, tail = principal.name.partition("role/")
        name, _, session = tail.partition("/")
        identity = f"{_role_id(name)}:{session}" if tail else principal.name
        return f"<Arn>{escape(arn)}</Arn><UserId>{escape(identity)}</UserId><Account>{account}</Account>"

    def _credentials(self, made: Temporary) -> str:
        token = temporary.seal(made, self._guard.signed.sealer)
        return (
            f"<Credentials><AccessKeyId>{made.id}</AccessKeyId><SecretAccessKey>{made.secret}</SecretAccessKey>"
            f"<SessionToken>{token}</SessionToken><Expiration>{made.expires:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials>"
        )


def read_parameters(body: bytes) -> Parameters:
    """The parameters of a call that is served. Raises SpecError where one stands twice, or is not served here."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError as error:
        raise invalid(reason="is not form-encoded") from error
    parameters = dict(pairs)
    action = parameters.get("Action", "")
    if len(parameters) != len(pairs):
        raise invalid(reason="names a parameter twice")
    if parameters.pop("Version", _VERSION) != _VERSION or action not in _TAKEN:
        raise invalid(reason=f"asks for an action or a version that is not served (serves {', '.join(_TAKEN)})")
    if unknown := sorted(set(parameters) - _TAKEN[action] - {"Action"}):
        raise invalid(reason=f"names {', '.join(unknown)}, which is not served here")
    return parameters


def invalid(*, reason: str) -> SpecError:
    """The refusal of a call that cannot be understood as a whole."""
    return SpecError(Fault("call for temporary credentials", reason, "see what is served: docs/gateway.md"))


def _trusted(role: AssumableRole | None, name: str, asker: Asker, account: str) -> Verdict:
    """Whether somebody may assume a role: its trust policy decides, and the asker's own policies may deny.

    Where the trust policy names the whole account, the asker's own policies must allow it, as in AWS.
    """
    principal, resource = asker.principal, f"role/{name}"
    arns = roles.arns_of(principal, account)
    if _of_itself(principal).answer is not Answer.ALLOW:
        return _of_itself(principal)
    if role is None or not role.trusts(arns, asker.around):
        return _answer(Answer.DENY, resource, f"no role {name} trusts {principal}")
    own = asker.decide(ASSUME, resource)
    by_name = role.trusts(arns[:-1], asker.around)
    if is_explicit_deny(own) or not (by_name or own.answer is Answer.ALLOW):
        return own
    return _answer(Answer.ALLOW, resource, f"the role {name} trusts {principal}")


def _of_itself(principal: Principal) -> Verdict:
    """Whether somebody comes with credentials of its own: a role that was assumed leads to no other."""
    if principal.name.startswith("role/"):
        text = f"{principal} has assumed a role, which leads to no more credentials"
        return _answer(Answer.DENY, principal.name, text)
    return _answer(Answer.ALLOW, principal.name, f"{principal} asks for credentials of its own")


def _answer(answer: Answer, resource: str, text: str) -> Verdict:
    outcome = Outcome.PASS if answer is Answer.ALLOW else Outcome.REFUSE
    step = Step(Layer.AUTHORIZATION, resource, outcome, text, Rule("temporary credentials"))
    return Verdict(answer, text, (step,))


def _seconds(parameters: Parameters, default: int, longest: int) -> int:
    text = parameters.get("DurationSeconds", str(min(default, longest)))
    if not (text.isascii() and text.isdecimal() and SHORTEST_SECONDS <= int(text) <= longest):
        raise invalid(reason=f"DurationSeconds is not between {SHORTEST_SECONDS} and {longest}")
    return int(text)


def _role_id(name: str) -> str:
    return "CLRO" + b32encode(hashlib.sha256(name.encode()).digest()[:10]).decode()


def _is_signed(scope: Scope) -> bool:
    given = [value for name, value in scope["headers"] if name.lower() == b"authorization"]
    return len(given) == 1 and given[0].startswith(SCHEME.encode())


def _told(error: CloisterError, facts: RequestFacts) -> tuple[str, int]:
    found = (row for row in _ERRORS if isinstance(error, row[0]))
    _, status, code = next(found, (CloisterError, 500, "InternalFailure"))
    fault = error.faults[0]
    return (
        f'<ErrorResponse xmlns="{_XML}"><Error><Type>{"Receiver" if status >= _RECEIVER else "Sender"}</Type>'
        f"<Code>{code}</Code><Message>{escape(f'{fault.thing}: {fault.reason}')}</Message></Error>"
        f"<RequestId>{facts.request_id}</RequestId></ErrorResponse>"
    ), status
