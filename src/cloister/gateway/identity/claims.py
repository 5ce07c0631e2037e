"""What the claims of a token say that an issuer has signed: whom it vouches for, for whom it was made, and until when.

Pure. A claim that is there in another form than it should have refuses the token; it is never passed over.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cloister.gateway.identity.issuers import Issuer
from cloister.gateway.identity.signed import not_taken, shown

# Clocks of two machines; an end is an end.
_SKEW: Final = timedelta(seconds=30)
_LONGEST_SUBJECT: Final = 255
_MOST_GROUPS: Final = 500
_LONGEST_GROUP: Final = 200
# As long as values of session tags may be in AWS.
_LONGEST_TAG: Final = 256
# What the tables hold of a user, and of any other principal.
_LONGEST_USER: Final = 120
_LONGEST_PRINCIPAL: Final = 250
# As IAM's user names. Letters of other alphabets look alike, and wildcards or `$` would mean something in policies.
_USER: Final = re.compile(r"[a-z0-9][a-z0-9._@+=,~-]*")
_WORKLOAD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+=,~:/|#-]*")


@dataclass(frozen=True, slots=True)
class Vouched:
    """Somebody whom an issuer vouches for, with name and groups as the platform knows them (`corp:ada`)."""

    issuer: str
    subject: str
    name: str
    groups: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    # When the person last showed the issuer who it is, where the issuer says so.
    authenticated_at: datetime
    tags: tuple[tuple[str, str], ...] = ()


def vouched(issuer: Issuer, claims: Mapping[str, object], *, now: datetime) -> Vouched:
    """Who the claims speak of. Raises UnauthenticatedError where they are another issuer's, out of time or unclear."""
    if claims.get("iss") != issuer.issuer:
        raise not_taken(reason=f'was issued by "{shown(claims.get("iss"))}"')
    if "cnf" in claims:
        raise not_taken(reason="is bound to a key of its holder (cnf), which is not checked here")
    subject = _text(claims, "sub")
    if len(subject) > _LONGEST_SUBJECT:
        raise not_taken(reason="names a subject of too many letters")
    issued, expires = _moment(claims, "iat"), _moment(claims, "exp")
    _check_times(claims, issued, expires, now)
    named = (_workload if issuer.kind == "workload" else _person)(issuer, claims, subject)
    authenticated = _moment(claims, "auth_time") if "auth_time" in claims else issued
    tags = tuple(_tags(issuer, claims))
    return Vouched(issuer.issuer, subject, *named, issued, expires, min(authenticated, issued), tags)


def check_audience(claims: Mapping[str, object], accepted: Collection[str]) -> None:
    """Raise UnauthenticatedError where the token was not made for one of those who are accepted."""
    audience = claims.get("aud")
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        raise not_taken(reason="does not say for whom it was made (aud)")
    if not set(named) & set(accepted):
        raise not_taken(reason=f"was made for {', '.join(shown(one) for one in named[:5]) or 'nobody'}")


def check_lifetime(issuer: Issuer, found: Vouched) -> None:
    """Raise UnauthenticatedError where a bearer token holds for longer than the site lets one."""
    if (found.expires_at - found.issued_at).total_seconds() > issuer.longest_token_seconds:
        raise not_taken(reason=f"holds for longer than the {issuer.longest_token_seconds} seconds that are accepted")


def _check_times(claims: Mapping[str, object], issued: datetime, expires: datetime, now: datetime) -> None:
    if expires <= now:
        raise not_taken(reason=f"expired at {expires:%Y-%m-%d %H:%M:%S} UTC")
    if issued > now + _SKEW:
        raise not_taken(reason="was issued in the future")
    if "nbf" in claims and _moment(claims, "nbf") > now + _SKEW:
        raise not_taken(reason="does not hold yet")


def _person(issuer: Issuer, claims: Mapping[str, object], subject: str) -> tuple[str, tuple[str, ...]]:
    name = subject if issuer.name_claim == "sub" else _text(claims, issuer.name_claim)
    if issuer.name_claim == "email" and claims.get("email_verified") is not True:
        raise not_taken(reason="names a person by an address that is not verified")
    # Two people whose names differ in the case of letters are for nobody to tell apart.
    name = issuer.named(name.casefold())
    if len(name) > _LONGEST_USER or not _USER.fullmatch(name.partition(":")[2]):
        raise not_taken(reason=f'names a person "{shown(name)}", which is no user name here ({issuer.name_claim})')
    return name, tuple(sorted({issuer.named(group) for group in _groups(issuer, claims)}))


def _workload(issuer: Issuer, _claims: Mapping[str, object], subject: str) -> tuple[str, tuple[str, ...]]:
    name = issuer.named(subject)
    if len(name) > _LONGEST_PRINCIPAL or not _WORKLOAD.fullmatch(subject):
        raise not_taken(reason=f'names a workload "{shown(subject)}", which is no name here')
    covering = [workload for workload in issuer.workloads if workload.covers(subject)]
    if not covering:
        raise not_taken(reason=f'names the workload "{shown(subject)}", which no pattern of the configuration covers')
    return name, tuple(sorted({issuer.named(group) for workload in covering for group in workload.groups}))


def _groups(issuer: Issuer, claims: Mapping[str, object]) -> Iterator[str]:
    path = (issuer.groups_claim,) if isinstance(issuer.groups_claim, str) else issuer.groups_claim
    elsewhere = claims.get("_claim_names")
    if isinstance(elsewhere, Mapping) and path[0] in elsewhere:
        # So Entra ID does with people in more than 200 groups.
        raise not_taken(
            reason="leaves the groups out, because there are too many: let the issuer send those of this platform"
        )
    found: object = claims
    for step in path:
        found = found.get(step) if isinstance(found, Mapping) else None
    listed = [found] if isinstance(found, str) else [] if found is None else found
    if not isinstance(listed, list) or len(listed) > _MOST_GROUPS:
        raise not_taken(reason=f"has no list of at most {_MOST_GROUPS} groups in {'.'.join(path)}")
    for group in listed:
        if not isinstance(group, str) or not group.isprintable() or not 0 < len(group) <= _LONGEST_GROUP:
            raise not_taken(reason=f'names a group "{shown(group)}", which is no name')
        yield group


def _tags(issuer: Issuer, claims: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """A tag for each claim that the site takes for one, and that is there."""
    for tag, claim in sorted(issuer.tag_claims.items()):
        if claim in claims:
            value = _text(claims, claim)
            if len(value) > _LONGEST_TAG:
                raise not_taken(reason=f"has more than {_LONGEST_TAG} letters in the claim {claim}")
            yield tag, value


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value or not value.isprintable():
        raise not_taken(reason=f"has no text in the claim {name}")
    return value


def _moment(claims: Mapping[str, object], name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise not_taken(reason=f"has no time in the claim {name}")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise not_taken(reason=f"has no time in the claim {name}") from error
