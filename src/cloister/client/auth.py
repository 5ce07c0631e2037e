"""`MLFLOW_TRACKING_AUTH=cloister`: MLflow's client proves who it is with what is there, uploads of files included.

An access key signs each request; with `CLOISTER_ROLE_ARN` that role is assumed first, and its credentials are kept
until shortly before they end. Without an access key the token of `cloister login` (or `CLOISTER_TOKEN`) goes along, to
the address that it was issued for.
"""

import os
import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode, urlsplit

import requests
from requests.auth import AuthBase

from cloister.client.access_key import AccessKey, find_access_key, find_region
from cloister.client.signing import sign_request
from cloister.client.stored import read_credentials
from cloister.errors import Fault, RefusedError, SourceError

# How long before their end temporary credentials are got anew: a request, with its retries, must not outlive them.
_BEFORE_END: Final = timedelta(minutes=5)
_ANSWER_SECONDS: Final = 60
_MEND: Final = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (cloister key create), or: cloister login"


class CloisterAuth(AuthBase):
    """Signs requests, or gives them a bearer token."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._assumed: dict[tuple[str, str, str], tuple[AccessKey, datetime]] = {}

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request, with its proof."""
        key = find_access_key()
        if key is None:
            request.headers["Authorization"] = f"Bearer {_token(request)}"
            return request
        if role := os.environ.get("CLOISTER_ROLE_ARN"):
            key = self._of_role(role, key, _origin(request.url or ""))
        sign_request(request, key, find_region())
        return request

    def _of_role(self, role: str, key: AccessKey, origin: str) -> AccessKey:
        named = role, key.id, origin
        with self._lock:
            kept = self._assumed.get(named)
            if kept is None or kept[1] - _BEFORE_END <= datetime.now(UTC):
                kept = self._assumed[named] = _assume(role, key, origin)
        return kept[0]


class CloisterAuthProvider:
    """What MLflow's client finds under the name `cloister`."""

    def __init__(self) -> None:
        self._auth = CloisterAuth()

    def get_name(self) -> str:
        """The value of MLFLOW_TRACKING_AUTH."""
        return "cloister"

    def get_auth(self) -> CloisterAuth:
        """One for all requests, so that what it keeps is kept."""
        return self._auth


def _token(request: requests.PreparedRequest) -> str:
    stored, origin = read_credentials(), _origin(request.url or "")
    if not stored.token or _origin(stored.url) != origin:
        raise RefusedError(Fault(origin, "nobody is logged in there, and there is no access key", _MEND))
    return stored.token


def _assume(role: str, key: AccessKey, origin: str) -> tuple[AccessKey, datetime]:
    asked = {"RoleArn": role, "RoleSessionName": os.environ.get("CLOISTER_ROLE_SESSION_NAME", "mlflow")}
    if external := os.environ.get("CLOISTER_EXTERNAL_ID"):
        asked["ExternalId"] = external
    body = urlencode({"Action": "AssumeRole", "Version": "2011-06-15", **asked})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    call = requests.Request("POST", f"{origin}/cloister/sts", headers=form, data=body).prepare()
    sign_request(call, key, find_region(), "sts")
    try:
        with requests.Session() as session:
            settings = session.merge_environment_settings(call.url or "", {}, None, None, None)
            answer = session.send(call, timeout=_ANSWER_SECONDS, allow_redirects=False, **settings)
    except requests.RequestException as error:
        raise SourceError(
            Fault(origin, f"gives no credentials ({type(error).__name__})", "look at it, then try again")
        ) from error
    if not answer.ok:
        reason = _said(answer.text, "Message") or f"answered with status {answer.status_code}"
        raise RefusedError(Fault(role, reason, "ask an administrator: cloister key roles"))
    told = {name: _said(answer.text, name) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")}
    ends = datetime.strptime(_said(answer.text, "Expiration"), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return AccessKey(*told.values()), ends


def _said(text: str, element: str) -> str:
    """The text of an element that stands once in an answer of the gateway's, which holds no markup of a stranger."""
    found = re.search(rf"<{element}>([^<]*)</{element}>", text)
    return found[1] if found else ""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
