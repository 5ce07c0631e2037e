"""HTTP clients for the platform's own doors: no proxy of the environment, which would see tokens, and no idle cost.

httpx reads every certificate authority of the machine for each client, 65 ms of it. Without TLS none is needed, so a
context without authorities is given instead; it trusts nobody, and an https address gets the full set.
"""

import ssl
from collections.abc import Mapping

import httpx

_TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def http_client(
    url: str, *, token: str = "", timeout_seconds: float = 60.0, transport: httpx.BaseTransport | None = None
) -> httpx.Client:
    """A client of the server at `url`; every request carries the bearer token, if there is one."""
    return httpx.Client(
        base_url=url,
        headers=bearer(token),
        timeout=timeout_seconds,
        trust_env=False,
        verify=True if url.startswith("https:") else _TRUSTS_NOBODY,
        transport=transport,
    )


def bearer(token: str) -> Mapping[str, str]:
    """The header that carries a token; none where there is no token."""
    return {"authorization": f"Bearer {token}"} if token else {}
