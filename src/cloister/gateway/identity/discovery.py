"""An issuer's discovery document (OpenID Connect Discovery 1.0, section 3), and the keys that it leads to."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import anyio

from cloister.errors import Fault, SourceError
from cloister.gateway.identity.fetching import Fetcher
from cloister.gateway.identity.issuers import Issuer, is_private_way
from cloister.gateway.identity.kept import Kept
from cloister.gateway.identity.signed import KeySet, read_key_set


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where an issuer does what."""

    keys_url: str
    authorization_url: str
    token_url: str
    userinfo_url: str
    end_session_url: str
    # Whether its answers to the browser say whose they are (RFC 9207).
    names_itself: bool


class Discovery:
    """What one issuer publishes of itself."""

    def __init__(self, issuer: Issuer, fetcher: Fetcher, clock: Callable[[], float]) -> None:
        self._issuer = issuer
        self._fetcher = fetcher
        self.metadata = Kept(self._read_metadata, clock)
        self.keys = Kept(self._way_to_keys(), clock)

    def _way_to_keys(self) -> Callable[[], Awaitable[KeySet]]:
        return self._read_keys_file if self._issuer.keys_file else self._fetch_keys

    async def _read_metadata(self) -> Metadata:
        url = f"{self._issuer.issuer.rstrip('/')}/.well-known/openid-configuration"
        document = await self._fetcher.get(url)
        if document.get("issuer") != self._issuer.issuer:
            reason = f'says that it is of the issuer "{document.get("issuer")}"'
            raise SourceError(
                Fault(f"discovery document {url}", reason, f'write that as the issuer of "{self._issuer.name}"')
            )
        return Metadata(
            keys_url=_address(document, "jwks_uri"),
            authorization_url=_address(document, "authorization_endpoint"),
            token_url=_address(document, "token_endpoint"),
            userinfo_url=_address(document, "userinfo_endpoint"),
            end_session_url=_address(document, "end_session_endpoint"),
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        )

    async def _fetch_keys(self) -> KeySet:
        url = self._issuer.keys_url or (await self.metadata.current()).keys_url
        return _keys(await self._fetcher.get(url), url)

    async def _read_keys_file(self) -> KeySet:
        path = anyio.Path(self._issuer.keys_file or "")
        try:
            document = json.loads(await path.read_bytes())
        except (OSError, ValueError) as error:
            raise SourceError(
                Fault(f"keys {path}", "cannot be read as JSON", "put the issuer's JWK Set there")
            ) from error
        return _keys(document, str(path))


def _keys(document: object, place: str) -> KeySet:
    mend = "let it be the JWK Set of the issuer's public keys"
    try:
        found = read_key_set(document if isinstance(document, Mapping) else {})
    except ValueError as error:
        raise SourceError(Fault(f"keys {place}", str(error), mend)) from error
    if not found.keys:
        raise SourceError(Fault(f"keys {place}", "hold none that could check a signature", mend))
    return found


def _address(document: Mapping[str, object], name: str) -> str:
    """An address out of the document; empty where it is not there, or where others could listen on the way."""
    url = document.get(name)
    return url if isinstance(url, str) and is_private_way(url) else ""
