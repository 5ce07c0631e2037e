"""Files of what is allowed that an upstream brings: asked for, and waited for as long as more of them come."""

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Final

import httpx

from cloister.jobs.environments.built import Say
from cloister.loopback import http_client

# pip has this long for one file; most are here in two seconds.
_PATIENCE_SECONDS: Final = 90.0
_LOOK_AGAIN_SECONDS: Final = 1.0
# The index sees what has come a moment later than we do.
_INDEX_SECONDS: Final = 0.4


def wait_for_files(missing: Callable[[], Collection[str]], index_url: str, say: Say) -> bool:
    """Whether files of all projects are here, in the end. `missing` tells of which there are none at that moment.

    What is asked of the index in vain is what it has fetched, where it ships with Cloister.
    """
    left = set(missing())
    _ask(left, index_url)
    told, since = set[str](), time.monotonic()
    while left and time.monotonic() - since < _PATIENCE_SECONDS:
        if left != told:
            # One that came may need others.
            told, since = left, time.monotonic()
            say(f"waiting for files from upstream: {len(told)} packages")
        else:
            say("")
        time.sleep(_LOOK_AGAIN_SECONDS)
        left = set(missing())
    if told:
        time.sleep(_INDEX_SECONDS)
    return not left


def _ask(projects: Collection[str], index_url: str) -> None:
    with http_client(index_url) as http:
        for project in projects:
            # An index that is just starting anew: whoever builds says so, if it does not come.
            with suppress(httpx.HTTPError):
                http.get(f"{index_url}{project}/")
