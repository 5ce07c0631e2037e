import json
import stat
from pathlib import Path

import httpx
import pytest

from cloister.client.stored import DEFAULT_URL, Credentials, credentials_file, read_credentials, write_credentials
from cloister.errors import CloisterError, Fault, InternalError, RefusedError, SourceError, SpecError
from cloister.platform.ports import free_port
from cloister.sdk.control import ControlClient, client

FAULT = {"faults": [{"thing": "job churn", "reason": "is not there", "mend": "cloister job list"}]}


def asking(status: int, body: object) -> ControlClient:
    answer = httpx.MockTransport(lambda _: httpx.Response(status, json=body))
    return ControlClient(Credentials("http://platform", "t"), transport=answer)


@pytest.mark.parametrize(
    ("status", "kind", "exit_code"),
    [
        (400, SpecError, 2),
        (401, RefusedError, 10),
        (403, RefusedError, 10),
        (404, SpecError, 2),
        (409, SpecError, 2),
        (500, InternalError, 1),
        (502, SourceError, 2),
        (418, InternalError, 1),
    ],
)
def test_a_refusal_comes_back_as_the_error_of_who_must_act(
    status: int, kind: type[CloisterError], exit_code: int
) -> None:
    with asking(status, FAULT) as ours, pytest.raises(CloisterError) as caught:
        ours.request("GET", "jobs/churn")
    assert type(caught.value) is kind
    assert caught.value.exit_code == exit_code
    assert caught.value.faults == (Fault("job churn", "is not there", "cloister job list"),)


@pytest.mark.parametrize("body", [None, [], {}, {"faults": []}, {"faults": [{"thing": "x"}]}, {"faults": "x"}])
def test_an_answer_without_our_faults_still_says_what_was_asked(body: object) -> None:
    with asking(500, body) as ours, pytest.raises(InternalError) as caught:
        ours.request("GET", "jobs")
    assert caught.value.faults[0].thing == "GET /cloister/v1/jobs"
    assert caught.value.faults[0].reason == "was answered with status 500"


def test_a_good_answer_is_handed_on_and_the_token_is_sent() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"name": "churn"})

    credentials = Credentials("http://platform", "abc")
    with ControlClient(credentials, transport=httpx.MockTransport(answer)) as ours:
        assert ours.request("POST", "jobs", json={"a": 1}).json() == {"name": "churn"}
        ours.request("GET", "/login")
    assert [(request.method, str(request.url)) for request in seen] == [
        ("POST", "http://platform/cloister/v1/jobs"),
        ("GET", "http://platform/login"),
    ]
    assert seen[0].headers["authorization"] == "Bearer abc"


def test_nothing_running_says_how_to_start_it() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with ControlClient(Credentials(url, "t")) as ours, pytest.raises(SourceError) as caught:
        ours.request("GET", "jobs")
    assert caught.value.faults == (Fault(url, "nothing answers there", "start it: cloister up (or set CLOISTER_URL)"),)


def test_credentials_are_kept_private_and_come_back(tmp_path: Path) -> None:
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    path = credentials_file(environment)
    assert read_credentials(environment) == Credentials(DEFAULT_URL)
    write_credentials(Credentials("http://a", "t", "ada"), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_credentials(environment) == Credentials("http://a", "t", "ada")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({"CLOISTER_TOKEN": "e"}, Credentials("http://a", "e"), id="token of the environment wins"),
        pytest.param(
            {"CLOISTER_URL": "http://a/"}, Credentials("http://a", "t", "ada"), id="same address: stored token"
        ),
        pytest.param({"CLOISTER_URL": "http://b"}, Credentials("http://b"), id="another address never gets the token"),
        pytest.param({"CLOISTER_URL": "http://b", "CLOISTER_TOKEN": "e"}, Credentials("http://b", "e"), id="both"),
    ],
)
def test_a_token_goes_only_where_it_was_issued(
    tmp_path: Path, environment: dict[str, str], expected: Credentials
) -> None:
    environment = {**environment, "XDG_CONFIG_HOME": str(tmp_path)}
    write_credentials(Credentials("http://a", "t", "ada"), credentials_file(environment))
    assert read_credentials(environment) == expected


def test_without_a_token_the_verbs_say_how_to_log_in(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="cloister login"):
        client({"XDG_CONFIG_HOME": str(tmp_path)})


@pytest.mark.parametrize(
    ("text", "mode", "reason"),
    [
        (json.dumps({"url": "http://a"}), 0o644, "others can read the token in it"),
        ("{", 0o600, "is not a credentials file"),
        ('{"uri": "http://a"}', 0o600, "is not a credentials file"),
    ],
)
def test_a_bad_credentials_file_is_refused_with_its_mend(tmp_path: Path, text: str, mode: int, reason: str) -> None:
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    path = credentials_file(environment)
    path.parent.mkdir()
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(SourceError) as caught:
        read_credentials(environment)
    assert (caught.value.faults[0].thing, caught.value.faults[0].reason) == (str(path), reason)
