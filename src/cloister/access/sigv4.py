"""AWS Signature Version 4: whether a request, byte for byte as it was sent, was signed with a secret.

After "Create a signed AWS API request" (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request,
read 2026-11-26) and two signers: botocore's `SigV4Auth`, and requests-auth-aws-sigv4 0.7, which MLflow's client uses.
They differ in one thing that a verifier must allow for: botocore encodes a path again that is encoded already, the
other one signs it as it stands. Nothing is decoded or collapsed here, so a signature holds for the bytes that were sent
and for nothing else; only the order of query keys is free, as everywhere in this scheme.
"""

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

from cloister.errors import Fault, RefusedError

SCHEME: Final = "AWS4-HMAC-SHA256"
EMPTY_SHA256: Final = hashlib.sha256(b"").hexdigest()
UNSIGNED: Final = "UNSIGNED-PAYLOAD"
# How far the clocks of a caller and of this machine may be apart (AWS's own bound).
SKEW: Final = timedelta(minutes=5)
_AUTHORIZATION: Final = re.compile(
    rf"{SCHEME} Credential=(?P<key_id>[A-Z0-9]{{16,128}})/(?P<day>[0-9]{{8}})/(?P<region>[a-z0-9-]{{1,64}})"
    r"/(?P<service>[a-z0-9-]{1,64})/aws4_request, ?SignedHeaders=(?P<signed>[a-z0-9-]+(?:;[a-z0-9-]+)*)"
    r", ?Signature=(?P<signature>[0-9a-f]{64})"
)
_MEND: Final = "sign it as botocore does, with a key of this platform (cloister key create)"


@dataclass(frozen=True, slots=True)
class Claim:
    """What the Authorization header of a signed request says."""

    key_id: str
    day: str
    region: str
    service: str
    signed: tuple[str, ...]
    signature: str

    @property
    def scope(self) -> str:
        """What the signature is good for."""
        return f"{self.day}/{self.region}/{self.service}/aws4_request"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it was sent: nothing decoded, header names in lower case, `body_sha256` of what the body must be."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body_sha256: str


def refused(*, reason: str) -> RefusedError:
    """The refusal of a signed request."""
    return RefusedError(Fault("signed request", reason, _MEND))


def read_claim(authorization: str) -> Claim:
    """What the header says. Raises RefusedError where it has another form, or does not name each header in order."""
    found = _AUTHORIZATION.fullmatch(authorization)
    if found is None:
        raise refused(reason=f"has an Authorization header that is not of the form of {SCHEME}")
    signed = tuple(found["signed"].split(";"))
    if list(signed) != sorted(set(signed)):
        raise refused(reason="names signed headers twice, or out of order")
    return Claim(found["key_id"], found["day"], found["region"], found["service"], signed, found["signature"])


def check_scope(claim: Claim, *, regions: Collection[str], services: Collection[str]) -> None:
    """Raise RefusedError where the signature was made for another region or service."""
    if claim.region not in regions:
        reason = f'is signed for the region "{claim.region}", and this is {" or ".join(sorted(regions))}'
        mend = "set AWS_DEFAULT_REGION to that, or name yours under signing.regions in the gateway's settings"
        raise RefusedError(Fault("signed request", reason, mend))
    if claim.service not in services:
        raise refused(reason=f'is signed for "{claim.service}", and this is {" or ".join(sorted(services))}')


def signed_at(claim: Claim, headers: Mapping[str, str], *, now: datetime) -> datetime:
    """When the request was signed. Raises RefusedError where that is not told, of another day, or not near `now`."""
    told = headers.get("x-amz-date", "")
    if not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", told):
        raise refused(reason="does not say when it was signed (x-amz-date)")
    try:
        at = datetime.strptime(told, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise refused(reason="names a time that there is not (x-amz-date)") from error
    if told[:8] != claim.day:
        raise refused(reason="is signed with the key of another day than it was signed on")
    if abs(now - at) > SKEW:
        minutes = int(SKEW.total_seconds() // 60)
        raise refused(
            reason=f"was signed at {told}, which is more than {minutes} minutes from now ({now:%H:%M:%S} UTC)"
        )
    return at


def check_coverage(claim: Claim, names: Iterable[str]) -> None:
    """Raise RefusedError where a header that counts stands outside of the signature, or a signed one is not there.

    `names` are those of the request's headers in lower case, as often as they stand there.
    """
    present = list(names)
    due = {"host", "x-amz-date"} | {name for name in present if name.startswith("x-amz-")}
    if missing := sorted(due - set(claim.signed)):
        raise refused(reason=f"leaves {', '.join(missing)} out of what it signs")
    if absent := sorted({name for name in claim.signed if present.count(name) != 1}):
        raise refused(reason=f"signs {', '.join(absent)}, which does not stand there once")


def holds(claim: Claim, sent: Sent, secret: str) -> bool:
    """Whether the request was signed with the secret. A query key without `=` is signed like one with it: never."""
    if sent.query and not all("=" in part for part in sent.query.split("&")):
        return False
    key = signing_key(secret, claim)
    # Both are worked out in any case, so that the time tells nothing of the one that fails.
    good = [
        hmac.compare_digest(_signature(key, claim, sent, path), claim.signature) for path in _paths_signed(sent.path)
    ]
    return any(good)


def sign(claim: Claim, sent: Sent, secret: str) -> str:
    """The signature that a request must carry, its path signed as it is sent."""
    return _signature(signing_key(secret, claim), claim, sent, sent.path)


def signing_key(secret: str, claim: Claim) -> bytes:
    """The key of one day, region and service."""
    key = f"AWS4{secret}".encode()
    for step in (claim.day, claim.region, claim.service, "aws4_request"):
        key = hmac.digest(key, step.encode(), "sha256")
    return key


def _paths_signed(path: str) -> tuple[str, ...]:
    """The forms in which a signer may have signed the path.

    A path with `%25` is signed in the second form only. Signed as it stands it would be the same text as another path
    that was encoded again (`/a%20b`), and one signature would hold for two.
    """
    again = quote(path, safe="/-_.~")
    return (again, again) if "%25" in path else (path, again)


def _signature(key: bytes, claim: Claim, sent: Sent, path: str) -> str:
    canonical = "\n".join(
        (
            sent.method,
            path or "/",
            _query_signed(sent.query),
            *(f"{name}:{sent.headers.get(name, '').strip()}" for name in claim.signed),
            "",
            ";".join(claim.signed),
            sent.body_sha256,
        )
    )
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    text = "\n".join((SCHEME, sent.headers.get("x-amz-date", ""), claim.scope, digest))
    return hmac.digest(key, text.encode(), "sha256").hex()


def _query_signed(query: str) -> str:
    """The query with its pairs in order; each is signed, also where a key stands twice, and none is decoded."""
    if not query:
        return ""
    pairs = sorted((name, value) for name, _, value in (part.partition("=") for part in query.split("&")))
    return "&".join(f"{name}={value}" for name, value in pairs)
