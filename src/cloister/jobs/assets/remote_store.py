"""A datastore behind an object store's API: S3 or Azure Blob, through obstore.

Credentials are given by a provider, also where there are none: nothing is taken from the environment, where the agent
may have some of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import obstore
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from obstore.store import AzureStore, ObjectStore, S3Store

from cloister.errors import Fault
from cloister.jobs.assets.datastores import Datastore
from cloister.jobs.assets.store_errors import DatastoreError, gone, hostile, too_much
from cloister.jobs.assets.stored import MOST_FILES, Entry, Found

_RETRY: Final[Any] = {"max_retries": 4}
# The library has its own error for these, and raises the builtin one where there is one.
_GONE: Final = (NotFoundError, FileNotFoundError)
_REFUSED: Final = (PermissionDeniedError, UnauthenticatedError, PermissionError)
_PIECE: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RemoteStore:
    """A bucket or container."""

    name: str
    store: ObjectStore

    def find(self, path: str) -> Found:
        """What is at the path: one object, or all below it. Raises DatastoreError."""
        with self._telling(path):
            try:
                one = obstore.head(self.store, path) if path else None
            except _GONE:
                one = None
            if one is not None:
                return Found(is_file=True, entries=(Entry("", one["size"], one["e_tag"] or str(one["last_modified"])),))
            entries = tuple(sorted(self._below(path), key=lambda entry: entry.path))
        if not entries:
            raise gone(self._told(path))
        return Found(is_file=False, entries=entries)

    def _below(self, path: str) -> Iterator[Entry]:
        count = 0
        for page in obstore.list(self.store, path or None, chunk_size=1000):
            for meta in page:
                relative = meta["path"].removeprefix(path).lstrip("/")
                if not relative or ".." in relative.split("/") or "\0" in relative:
                    raise hostile(self._told(path), f"holds an object with the name {meta['path'][:100]!r}")
                yield Entry(relative, meta["size"], meta["e_tag"] or str(meta["last_modified"]))
                count += 1
            if count > MOST_FILES:
                raise too_much(self._told(path), f"{MOST_FILES} objects")

    def pieces(self, path: str) -> Iterator[bytes]:
        """One object, piece by piece. Raises DatastoreError."""
        with self._telling(path):
            for piece in obstore.get(self.store, path).stream(min_chunk_size=_PIECE):
                yield bytes(piece)

    def write(self, source: Path, path: str) -> None:
        """Put one object there, in parts where it is large. Raises DatastoreError."""
        with self._telling(path):
            obstore.put(self.store, path, source, chunk_size=_PIECE)

    def local(self, _path: str) -> Path | None:
        """Nowhere on this machine."""
        return None

    @contextmanager
    def _telling(self, path: str) -> Iterator[None]:
        """What the library raises as our own error. Its words may hold addresses with signatures, and are neither told
        nor kept as the cause, which a log would show.
        """
        try:
            yield
        except _GONE:
            raise gone(self._told(path)) from None
        except _REFUSED:
            mend = f"look at the datastore's credentials: cloister datastore show --name {self.name}"
            raise DatastoreError(Fault(self._told(path), "the store refuses the credentials", mend)) from None
        except (BaseError, OSError) as error:
            reason = f"the store does not answer as it should ({type(error).__name__})"
            mend = f"see whether this machine reaches it: cloister datastore show --name {self.name}"
            raise DatastoreError(Fault(self._told(path), reason, mend)) from None

    def _told(self, path: str) -> str:
        return f"azureml://datastores/{self.name}/paths/{path}"


def open_remote(datastore: Datastore, secrets: dict[str, str]) -> RemoteStore:
    """The datastore with its credentials."""
    url = datastore.url
    client: Any = {"allow_http": url.startswith("http://"), "connect_timeout": "10s", "timeout": "300s"}
    store: ObjectStore
    if datastore.kind == "S3":
        held = datastore.properties
        store = S3Store(
            held["bucket"],
            endpoint=url,
            region=held.get("region", "us-east-1"),
            virtual_hosted_style_request=False,
            skip_signature=not secrets,
            credential_provider=_s3_credentials(datastore, secrets),
            client_options=client,
            retry_config=_RETRY,
        )
    else:
        store = AzureStore(
            datastore.properties["containerName"],
            account_name=datastore.properties["accountName"],
            endpoint=url,
            skip_signature=not secrets,
            credential_provider=_azure_credentials(secrets),
            client_options=client,
            retry_config=_RETRY,
        )
    return RemoteStore(datastore.name, store)


def _s3_credentials(datastore: Datastore, secrets: dict[str, str]) -> Any:  # noqa: ANN401 - the library's own type
    found = {
        "access_key_id": datastore.properties["credentials"].get("accessKeyId", ""),
        "secret_access_key": secrets.get("secretAccessKey", ""),
        "token": secrets.get("sessionToken"),
        "expires_at": None,
    }
    return lambda: found


def _azure_credentials(secrets: dict[str, str]) -> Any:  # noqa: ANN401 - the library's own type
    if "key" in secrets:
        return lambda: {"access_key": secrets["key"], "expires_at": None}
    return lambda: {"sas_token": secrets.get("sasToken", "").lstrip("?"), "expires_at": None}
