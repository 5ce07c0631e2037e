"""A bearer token of a trusted issuer, held against its signature and everything that it says of itself."""

from datetime import datetime

from cloister.gateway.identity.claims import Vouched, check_audience, check_lifetime, vouched
from cloister.gateway.identity.signed import read_head, signed_claims
from cloister.gateway.identity.trusted import Trusted


async def check_bearer(token: str, trusted: Trusted, now: datetime) -> Vouched:
    """Whom the issuer vouches for with this token. Raises UnauthenticatedError where it does not hold."""
    claims = signed_claims(token, await trusted.key_for(read_head(token)))
    check_audience(claims, trusted.issuer.audiences)
    found = vouched(trusted.issuer, claims, now=now)
    check_lifetime(trusted.issuer, found)
    return found
