"""An issuer that is trusted, with what it publishes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from joserfc.jwk import Key

from cloister.gateway.identity.discovery import Discovery
from cloister.gateway.identity.fetching import Fetcher
from cloister.gateway.identity.issuers import Issuer
from cloister.gateway.identity.signed import Head, not_taken


@dataclass(frozen=True, slots=True)
class Trusted:
    """What the configuration says of an issuer, and what the issuer says of itself."""

    issuer: Issuer
    discovery: Discovery

    async def key_for(self, head: Head) -> Key:
        """The key that a token must be signed with, keys read anew if it is unknown. Raises UnauthenticatedError."""
        keys = await self.discovery.keys.current()
        key = keys.find(head) or (await self.discovery.keys.renewed()).find(head)
        if key is None:
            raise not_taken(reason="is signed with no key that its issuer publishes, or does not say with which one")
        return key


def trust(issuers: Iterable[Issuer], fetcher: Fetcher, clock: Callable[[], float]) -> Mapping[str, Trusted]:
    """The issuers by the URL that tokens name them by."""
    return {issuer.issuer: Trusted(issuer, Discovery(issuer, fetcher, clock)) for issuer in issuers}
