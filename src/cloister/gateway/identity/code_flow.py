"""Logging in at an issuer: OpenID Connect's authorization code with PKCE (Core 1.0, section 3.1; RFC 7636, 9207)."""

import hmac
import stat
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote_plus, urlencode

from cloister.errors import Fault, SourceError
from cloister.gateway.faults import UnauthenticatedError
from cloister.gateway.identity.attempts import Attempt
from cloister.gateway.identity.claims import Vouched, check_audience, vouched
from cloister.gateway.identity.fetching import Fetcher
from cloister.gateway.identity.issuers import BrowserLogin
from cloister.gateway.identity.signed import not_taken, read_head, shown, signed_claims
from cloister.gateway.identity.trusted import Trusted

_OK: Final = 200
_SKEW: Final = timedelta(seconds=30)


class CodeFlow:
    """The flow of one issuer. Raises SourceError where the client's secret cannot be read."""

    def __init__(self, trusted: Trusted, login: BrowserLogin, fetcher: Fetcher, clock: Callable[[], datetime]) -> None:
        self.issuer = trusted.issuer
        self.login = login
        self._trusted = trusted
        self._fetcher = fetcher
        self._clock = clock
        self._secret = _secret(login)

    @property
    def label(self) -> str:
        """What people call the issuer."""
        return self.login.label or self.issuer.name

    async def address(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where the browser is sent to log in. Raises SourceError where the issuer does not say."""
        metadata = await self._trusted.discovery.metadata.current()
        asked = {
            "response_type": "code",
            "client_id": self.login.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self.login.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        if self.login.max_age_seconds is not None:
            asked["max_age"] = str(self.login.max_age_seconds)
        return _with(self._there(metadata.authorization_url, "authorization_endpoint"), asked)

    async def redeem(self, answer: Mapping[str, str], attempt: Attempt, redirect_uri: str) -> Vouched:
        """Who has logged in, by what the browser brought back. Raises UnauthenticatedError, or SourceError."""
        await self._check_answer(answer, attempt)
        metadata = await self._trusted.discovery.metadata.current()
        fields = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
            "client_id": self.login.client_id,
        }
        auth = None
        if self._secret and self.login.client_authentication == "client_secret_basic":
            # Encoded as RFC 6749, section 2.3.1 has it.
            auth = quote_plus(self.login.client_id), quote_plus(self._secret)
        elif self._secret:
            fields["client_secret"] = self._secret
        url = self._there(metadata.token_url, "token_endpoint")
        status, issued = await self._fetcher.post(url, fields, auth)
        if status != _OK:
            raise self.refused(reason=f'the code was not taken ("{shown(issued.get("error"))}")')
        claims = await self._id_claims(issued.get("id_token"), attempt)
        claims = await self._with_userinfo(claims, issued.get("access_token"), metadata.userinfo_url)
        self._check_let_in(claims)
        found = vouched(self.issuer, claims, now=self._clock())
        allowed = {self.issuer.named(group) for group in self.login.allowed_groups}
        if allowed and not allowed & set(found.groups):
            raise self.refused(reason=f"{found.name} is in none of the groups that are let in")
        return found

    async def end_session_address(self, back: str) -> str:
        """Where the browser ends the session at the issuer, to come `back` after; empty where that is nowhere."""
        try:
            metadata = await self._trusted.discovery.metadata.current()
        except SourceError:
            return ""
        asked = {"client_id": self.login.client_id, "post_logout_redirect_uri": back}
        return _with(metadata.end_session_url, asked) if metadata.end_session_url else ""

    def refused(self, *, reason: str) -> UnauthenticatedError:
        """The error of a login that came to nothing."""
        return UnauthenticatedError(Fault(f'login at "{self.issuer.name}"', reason, "try again: /cloister/login"))

    async def _check_answer(self, answer: Mapping[str, str], attempt: Attempt) -> None:
        """Raise UnauthenticatedError where the answer belongs to another browser, or comes from another issuer."""
        if not hmac.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise self.refused(reason="it was not begun in this browser")
        metadata = await self._trusted.discovery.metadata.current()
        if answer.get("iss", None if metadata.names_itself else self.issuer.issuer) != self.issuer.issuer:
            raise self.refused(reason="the answer does not come from that issuer")
        if "error" in answer:
            raise self.refused(reason=f'the issuer says "{shown(answer["error"])}"')
        if not answer.get("code"):
            raise self.refused(reason="the answer brings no code")

    async def _id_claims(self, token: object, attempt: Attempt) -> Mapping[str, object]:
        if not isinstance(token, str):
            raise self.refused(reason="the issuer sent no id token")
        claims = signed_claims(token, await self._trusted.key_for(read_head(token)))
        # Before anything else is asked for: it must be of this issuer, for us, and of this attempt.
        if claims.get("iss") != self.issuer.issuer:
            raise not_taken(reason=f'was issued by "{shown(claims.get("iss"))}"')
        check_audience(claims, [self.login.client_id])
        audience, party = claims.get("aud"), claims.get("azp")
        several = isinstance(audience, list) and len(audience) > 1
        if party != self.login.client_id and (party is not None or several):
            raise not_taken(reason=f'was made for the use of "{shown(party)}" (azp)')
        nonce = claims.get("nonce")
        if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), attempt.nonce.encode()):
            raise not_taken(reason="is of another login (nonce)")
        return claims

    async def _with_userinfo(self, claims: Mapping[str, object], token: object, url: str) -> Mapping[str, object]:
        """The claims, with those added that the issuer tells at its userinfo endpoint alone (Core 1.0, section 5.3)."""
        path = self.issuer.groups_claim
        wanted = {self.issuer.name_claim, path if isinstance(path, str) else path[0]}
        if self.login.email_domains:
            wanted.add("email")
        if wanted <= claims.keys() or not url or not isinstance(token, str):
            return claims
        told = await self._fetcher.get(url, {"authorization": f"Bearer {token}"})
        if told.get("sub") != claims.get("sub"):
            raise self.refused(reason="the issuer tells of somebody else than it vouched for")
        # What is signed counts first.
        return {**{name: told[name] for name in wanted | {"email_verified"} if name in told}, **claims}

    def _check_let_in(self, claims: Mapping[str, object]) -> None:
        email = claims.get("email")
        domains = {domain.casefold() for domain in self.login.email_domains}
        verified = isinstance(email, str) and claims.get("email_verified") is True
        if domains and not (verified and str(email).rpartition("@")[2].casefold() in domains):
            raise self.refused(reason="there is no verified address in one of the domains that are let in")
        if self.login.max_age_seconds is None:
            return
        shown_at = claims.get("auth_time")
        oldest = self._clock() - timedelta(seconds=self.login.max_age_seconds) - _SKEW
        if not isinstance(shown_at, int | float) or shown_at < oldest.timestamp():
            raise self.refused(reason="the password was shown to the issuer too long ago, or it does not say when")

    def _there(self, url: str, name: str) -> str:
        if not url:
            reason = f"names no https address as its {name}"
            raise SourceError(Fault(f'issuer "{self.issuer.name}"', reason, "look at its discovery document"))
        return url


def _with(url: str, asked: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}"


def _secret(login: BrowserLogin) -> str:
    path = login.client_secret_file
    if path is None:
        return ""
    thing = f"client secret {path}"
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SourceError(Fault(thing, f"cannot be read: {error.strerror}", "put the secret there")) from error
    if stat.S_IMODE(mode) & 0o077 or not text:
        raise SourceError(Fault(thing, "is empty, or readable by others", f"chmod 600 {path}"))
    return text
