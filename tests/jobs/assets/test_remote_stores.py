"""Datastores behind the APIs of S3 and Azure Blob, against emulators of them: moto and Azurite."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from cloister.jobs.assets.addresses import StorePath
from cloister.jobs.assets.cache import Cache
from cloister.jobs.assets.library import Library, library
from cloister.jobs.assets.shelf import Shelf
from cloister.jobs.assets.store_errors import DatastoreError
from cloister.jobs.assets.stored import Stored
from cloister.jobs.assets.tables import DATASTORE

pytestmark = [pytest.mark.platform, pytest.mark.filterwarnings("ignore")]

AZURITE = Path(__file__).parents[3] / ".ci" / "node_modules" / "azurite"
# A key of this test's own: what seals it and what is logged are looked through for it.
KEY = "c2VjcmV0LW9mLXRoZS10ZXN0LXdoaWNoLW11c3Qtbm90LWJlLXNob3du"
# What obstore would take from the environment if it were let.
OF_THE_AGENT = {"AWS_SESSION_TOKEN": "x", "AWS_ACCESS_KEY_ID": "x", "AZURE_STORAGE_SAS_KEY": "x"}


@dataclass
class Emulated:
    """An emulator with one bucket, as properties of a datastore for it."""

    properties: dict[str, Any]
    wrong: dict[str, Any]


@pytest.fixture(scope="module")
def s3() -> Iterator[Emulated]:
    if find_spec("moto") is None or find_spec("boto3") is None:
        pytest.skip("not run: moto and boto3 are not installed (requirements/aws.txt)")
    server = import_module("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    made = import_module("boto3").client(
        "s3", endpoint_url=url, aws_access_key_id="id", aws_secret_access_key=KEY, region_name="eu-central-1"
    )
    made.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    credentials = {"credentialsType": "AccessKey", "accessKeyId": "id", "secrets": {"secretAccessKey": KEY}}
    properties = {"datastoreType": "S3", "bucket": "data", "endpoint": url, "region": "eu-central-1"}
    # moto takes every signature; a bucket that is not there stands for what is refused.
    yield Emulated({**properties, "credentials": credentials}, {**properties, "bucket": "none"})
    server.stop()


@pytest.fixture(scope="module")
def blob(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    if not AZURITE.is_dir() or shutil.which("node") is None:
        pytest.skip("not run: azurite is not installed (npm install --prefix .ci --no-save, see .ci/run)")
    folder = tmp_path_factory.mktemp("azurite")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = AZURITE / "dist" / "src" / "blob" / "main.js"
    arguments = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--silent", "--skipApiVersionCheck"]
    process = subprocess.Popen(
        ["node", str(program), *arguments, "--location", str(folder), "--disableTelemetry"],
        env={**os.environ, "AZURITE_ACCOUNTS": f"account:{KEY}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/account"
    client = import_module("azure.storage.blob").BlobServiceClient(url, credential=KEY, retry_total=0)
    give_up = time.monotonic() + 30
    while True:
        try:
            client.create_container("data")
            break
        except Exception:
            if time.monotonic() > give_up or process.poll() is not None:
                raise
            time.sleep(0.1)
    properties = {"datastoreType": "AzureBlob", "accountName": "account", "containerName": "data", "endpoint": url}
    right = {"credentialsType": "AccountKey", "secrets": {"secretsType": "AccountKey", "key": KEY}}
    wrong = {"credentialsType": "AccountKey", "secrets": {"secretsType": "AccountKey", "key": "d3Jvbmc="}}
    yield Emulated({**properties, "credentials": right}, {**properties, "credentials": wrong})
    process.terminate()
    process.wait()


@pytest.fixture(params=["s3", "blob"])
def emulated(request: pytest.FixtureRequest) -> Emulated:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Emulated)
    return found


@pytest.fixture
def shared(engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    for name, value in OF_THE_AGENT.items():
        monkeypatch.setenv(name, value)
    return library(engine, tmp_path / "home" / "jobs", tmp_path / "keys.txt")


def filled(shared: Library, emulated: Emulated, tmp_path: Path) -> Stored:
    shared.datastores.records.put("far", emulated.properties, "root")
    stored = shared.datastores.open("far")
    for path, content in {"in/a.txt": b"one", "in/deep/b c.txt": b"two", "in/large": b"x" * 20_000_000}.items():
        (tmp_path / "source").write_bytes(content)
        stored.write(tmp_path / "source", path)
    return stored


def test_files_go_there_and_come_back_whole(shared: Library, emulated: Emulated, tmp_path: Path) -> None:
    stored = filled(shared, emulated, tmp_path)
    assert [(e.path, e.size) for e in stored.find("in").entries] == [
        ("a.txt", 3),
        ("deep/b c.txt", 3),
        ("large", 20_000_000),
    ]
    assert stored.find("in/a.txt").is_file
    assert b"".join(stored.pieces("in/deep/b c.txt")) == b"two"
    assert sum(len(piece) for piece in stored.pieces("in/large")) == 20_000_000


def test_what_has_not_changed_is_fetched_once(
    shared: Library, emulated: Emulated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = filled(shared, emulated, tmp_path)
    held = ExitStack()
    cache = Cache(tmp_path / "cache", 2**30)
    shelf = Shelf(shared.datastores, cache, lambda _job, _output: tmp_path, others=True)
    first = shelf.fetch(StorePath("far", "in"), "uri_folder", held)
    assert (first / "deep" / "b c.txt").read_bytes() == b"two"
    (first / "a.txt").chmod(0o644)
    (first / "a.txt").write_bytes(b"left as it is")
    with monkeypatch.context() as nothing_more:
        # Whoever fetches looks first whether there is room.
        nothing_more.delattr("shutil.disk_usage")
        assert shelf.fetch(StorePath("far", "in"), "uri_folder", held) == first
    assert (first / "a.txt").read_bytes() == b"left as it is"
    (tmp_path / "source").write_bytes(b"changed")
    stored.write(tmp_path / "source", "in/a.txt")
    again = shelf.fetch(StorePath("far", "in"), "uri_folder", held)
    assert again != first
    assert (again / "a.txt").read_bytes() == b"changed"
    assert shelf.fetch(StorePath("far", "in/a.txt"), "uri_file", held).name == "a.txt"
    small = replace(shelf, cache=replace(cache, most_bytes=0))
    held.close()
    with ExitStack() as reading:
        read = small.fetch(StorePath("far", "in/deep/b c.txt"), "uri_file", reading)
        assert read.read_bytes() == b"two"
        assert not again.exists()
    assert not read.exists()


def test_what_is_not_there_or_not_for_us_is_told_without_a_secret(
    shared: Library, emulated: Emulated, tmp_path: Path
) -> None:
    stored = filled(shared, emulated, tmp_path)
    with pytest.raises(DatastoreError, match="azureml://datastores/far/paths/none: there is nothing at that path"):
        stored.find("none")
    shared.datastores.records.put("far", emulated.wrong, "root")
    with pytest.raises(DatastoreError) as refused:
        shared.datastores.open("far").find("in")
    assert KEY not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_sas_token_opens_a_container(shared: Library, blob: Emulated, tmp_path: Path) -> None:
    storage = import_module("azure.storage.blob")
    token = storage.generate_container_sas(
        "account",
        "data",
        account_key=KEY,
        permission=storage.ContainerSasPermissions(read=True, write=True, list=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
        protocol="https,http",
    )
    credentials = {"credentialsType": "Sas", "secrets": {"secretsType": "Sas", "sasToken": f"?{token}"}}
    stored = filled(shared, Emulated({**blob.properties, "credentials": credentials}, {}), tmp_path)
    assert b"".join(stored.pieces("in/a.txt")) == b"one"


def test_credentials_are_sealed_and_shown_to_nobody(shared: Library, emulated: Emulated, engine: sa.Engine) -> None:
    records = shared.datastores.records
    found = records.put("far", emulated.properties, "root")
    assert KEY not in str(found.document())
    with engine.connect() as connection:
        assert KEY not in str(connection.execute(sa.select(DATASTORE)).all())
    assert KEY in str(records.secrets(records.get("far")))


def test_an_address_is_the_path_in_the_datastore_that_covers_it(shared: Library, emulated: Emulated) -> None:
    shared.datastores.records.put("far", emulated.properties, "root")
    is_s3 = emulated.properties["datastoreType"] == "S3"
    address = "s3://data/in/a.txt" if is_s3 else "wasbs://data@account.blob.core.windows.net/in/a.txt"
    assert shared.following.follow(address, "uri_file").end == StorePath("far", "in/a.txt")
    if not is_s3:
        https = "https://account.blob.core.windows.net/data/in/a.txt"
        assert shared.following.follow(https, "uri_file").end == StorePath("far", "in/a.txt")
