"""JSON documents of issuers over HTTP: from the addresses that were named, in bounded time and size, no detours."""

import json
import ssl
from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Final

import anyio
import httpx

from cloister.errors import Fault, SourceError
from cloister.gateway.identity.issuers import is_private_way

_TIMEOUT_SECONDS: Final = 10.0
_LARGEST: Final = 512 * 1024
_MEND: Final = "look whether the issuer answers from here, and at its address in the gateway's configuration"


class Fetcher:
    """Asks issuers. Certificates are checked against the machine's authorities, or those in `authorities`."""

    def __init__(self, authorities: Path | None = None) -> None:
        self._authorities = authorities
        self._kept: httpx.AsyncClient | None = None

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Mapping[str, object]:
        """The document at a URL. Raises SourceError on anything else than a JSON object with status 200."""
        status, document = await self._ask("GET", url, headers=headers or {})
        if status != httpx.codes.OK:
            raise _fault(url, f"answers with status {status}")
        return document

    async def post(
        self, url: str, fields: Mapping[str, str], auth: tuple[str, str] | None
    ) -> tuple[int, Mapping[str, object]]:
        """Status and document that come of a form. Raises SourceError where there is no JSON object."""
        return await self._ask("POST", url, fields=fields, auth=auth)

    async def close(self) -> None:
        """Let the connections go."""
        if self._kept is not None:
            await self._kept.aclose()

    async def _ask(
        self,
        method: str,
        url: str,
        *,
        fields: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Mapping[str, object]]:
        if not is_private_way(url):
            raise _fault(url, "is no https URL (http is for loopback alone)")
        text = bytearray()
        try:
            with anyio.fail_after(_TIMEOUT_SECONDS):
                asked = self._client.build_request(method, url, data=fields, headers={"accept": "application/json"})
                asked.headers.update(headers or {})
                answer = await self._client.send(asked, stream=True, auth=httpx.BasicAuth(*auth) if auth else None)
                async with aclosing(answer):
                    async for part in answer.aiter_bytes():
                        text += part
                        if len(text) > _LARGEST:
                            raise _fault(url, f"answers with more than {_LARGEST} bytes")
        except TimeoutError as error:
            raise _fault(url, f"does not answer within {_TIMEOUT_SECONDS:.0f} seconds") from error
        except httpx.HTTPError as error:
            raise _fault(url, f"cannot be asked: {type(error).__name__}") from error
        try:
            document = json.loads(bytes(text))
        except (ValueError, RecursionError) as error:
            raise _fault(url, "does not answer with JSON") from error
        if not isinstance(document, dict):
            raise _fault(url, "does not answer with a JSON object")
        return answer.status_code, document

    @property
    def _client(self) -> httpx.AsyncClient:
        """One client for all issuers, opened at the first question: reading authorities takes a while."""
        if self._kept is None:
            context = ssl.create_default_context(cafile=self._authorities)
            # No proxy and no netrc of the environment, and nowhere else than where we were told to ask.
            self._kept = httpx.AsyncClient(verify=context, trust_env=False, follow_redirects=False)
        return self._kept


def _fault(url: str, reason: str) -> SourceError:
    return SourceError(Fault(f"issuer's {url.partition('?')[0]}", reason, _MEND))
