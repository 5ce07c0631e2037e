"""Asking for an approval and deciding on it: with MLflow's client, on the command line, and on the page."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from click.testing import CliRunner, Result

from cloister.access.principals import Principal, job_step
from cloister.cli.model import model
from cloister.errors import RefusedError
from cloister.gateway.app import build_app, open_services

if TYPE_CHECKING:
    from tests.gateway.conftest import Configure, Running

pytestmark = [pytest.mark.platform, pytest.mark.filterwarnings("ignore")]  # MLflow's client warns about its own age
_API = "/api/2.0/mlflow/"
_PAGE = "/cloister/approvals"


def run(running: Running, who: str, *words: str) -> Result:
    environment = {"CLOISTER_URL": running.url, "CLOISTER_TOKEN": running.token(who)}
    return CliRunner().invoke(model, words, env=environment)


def make_version(http: httpx.Client, name: str) -> str:
    """A new version of the model, from a run in the experiment of the same name."""
    found = http.get(_API + "experiments/get-by-name", params={"experiment_name": name}).json()
    body = {"name": name}
    if "experiment" not in found:
        http.post(_API + "registered-models/create", json=body)
        found = {"experiment": http.post(_API + "experiments/create", json=body).json()}
    experiment = {"experiment_id": found["experiment"]["experiment_id"]}
    run = http.post(_API + "runs/create", json=experiment).json()["run"]["info"]["run_id"]
    made = http.post(_API + "model-versions/create", json={"name": name, "source": f"runs:/{run}/model", "run_id": run})
    assert made.status_code == 200, made.text
    return str(made.json()["model_version"]["version"])


def made_by(running: Running, who: str | Principal, name: str) -> tuple[str, str]:
    with running.http(who) as http:
        return name, make_version(http, name)


def asked(running: Running, who: str, name: str, version: str, *target: str) -> int:
    result = run(running, who, "request", "-n", name, "-v", version, *target, "--reason", "it is <better>")
    assert result.exit_code == 0, result.exception
    return int(result.stdout)


def request_of(running: Running, number: int) -> dict[str, Any]:
    shown = json.loads(run(running, "rita", "approvals", "--state", "any", "--format", "json").stdout)
    return next(one for one in shown if one["number"] == number)


def stage_of(running: Running, name: str, version: str) -> str:
    with running.http("ada") as http:
        found = http.get(_API + "model-versions/get", params={"name": name, "version": version}).json()
    return str(found["model_version"]["current_stage"])


def test_an_approver_decides_on_the_command_line(running: Running) -> None:
    name, version = made_by(running, "mia", "by command")
    number = asked(running, "mia", name, version)
    listed = run(running, "abe", "approvals").stdout
    assert f"{number}  by command version {version} to stage Production  open" in listed
    assert "  made by   mia" in listed
    # Whoever made it may not, whatever its role; and members decide on nothing.
    own = run(running, "mia", "approve", str(number))
    assert "no statement lets you do cloister:DecideApproval" in str(own.exception)
    assert stage_of(running, name, version) == "None"
    done = run(running, "abe", "approve", str(number), "--comment", "looked at it")
    assert (done.exit_code, done.stdout) == (0, f"request {number} is approved\n")
    assert stage_of(running, name, version) == "Production"
    closed = request_of(running, number)
    assert (closed["state"], closed["decided_by"], closed["comment"]) == ("approved", "abe", "looked at it")
    record = next(one for one in running.records(40) if one["action"] == "mlflow:TransitionModelVersionStage")
    assert (record["principal"], record["path"], record["outcome"]) == (
        "abe",
        "/api/2.0/mlflow/model-versions/transition-stage",
        "answered",
    )

    number = asked(running, "mia", name, version, "--alias", "champion")
    assert run(running, "abe", "reject", str(number), "--comment", "not this one").exit_code == 0
    assert request_of(running, number)["state"] == "rejected"
    number = asked(running, "mia", name, version, "--alias", "champion")
    assert "was asked for by mia" in str(run(running, "ada", "withdraw", str(number)).exception)
    assert run(running, "mia", "withdraw", str(number)).exit_code == 0
    assert request_of(running, number)["state"] == "withdrawn"


def test_there_is_no_way_around_the_separation_of_duties(running: Running) -> None:
    """An administrator may decide, and still not on what she or her jobs made: the move is judged like any other."""
    for maker in ("ada", job_step("j", "s", "ada")):
        name, version = made_by(running, maker, "own work")
        number = asked(running, "ada", name, version)
        refusal = run(running, "ada", "approve", str(number))
        assert isinstance(refusal.exception, RefusedError)
        assert f"ada made model-version/own work/{version} (ada) and may not approve it" in str(refusal.exception)
        assert request_of(running, number)["state"] == "open"
        assert stage_of(running, name, version) == "None"
        assert run(running, "alan", "approve", str(number)).exit_code == 0


@pytest.mark.parametrize(
    ("who", "words", "message"),
    [
        ("max", ["request", "-n", "theirs", "-v", "1", "--reason", "r"], "no statement lets max do cloister:Request"),
        ("abe", ["request", "-n", "theirs", "-v", "99", "--reason", "r"], "model-version/theirs/99: does not exist"),
        ("abe", ["request", "-n", "theirs", "-v", "1", "--reason", " "], "reason: is missing"),
        ("abe", ["approve", "424242"], "request 424242: does not exist"),
        ("rita", ["reject", "424242"], "no statement lets you do cloister:DecideApproval"),
        ("nora", ["approvals"], "no statement lets nora do cloister:ListApprovals"),
    ],
)
def test_what_is_refused(running: Running, who: str, words: list[str], message: str) -> None:
    made_by(running, "mia", "theirs")
    result = run(running, who, *words)
    assert message in str(result.exception)


def test_who_sees_which_requests(running: Running) -> None:
    name, version = made_by(running, "mia", "seen by some")
    number = asked(running, "mia", name, version)
    seen = {
        who: number in [one["number"] for one in json.loads(run(running, who, "approvals", "--format", "json").stdout)]
        for who in ("mia", "max", "rita", "abe")
    }
    assert seen == {"mia": True, "max": False, "rita": True, "abe": True}


def test_a_request_that_is_hidden_reads_like_none(running: Running) -> None:
    name, version = made_by(running, "mia", "nobody else's business")
    number = asked(running, "mia", name, version)
    told = []
    for one in (number, 99_999):
        for what in ("reject", "withdraw", "approve"):
            with running.http("nora") as http:
                answer = http.post(f"/cloister/v1/approvals/{one}/{what}", json={})
            told.append((answer.status_code, answer.json()["faults"][0]["reason"], name in answer.text))
    assert told[:3] == told[3:]
    assert {(status, named) for status, _, named in told} == {(403, False)}


def test_a_refused_move_does_not_tell_prompts_from_models(running: Running) -> None:
    prompt = {"name": "a hidden prompt", "tags": [{"key": "mlflow.prompt.is_prompt", "value": "true"}]}
    with running.http("ada") as http:
        assert http.post(_API + "registered-models/create", json=prompt).status_code == 200
    told = []
    with running.http("nick") as http:
        for name in ("a hidden prompt", "a hidden nothing"):
            body = {"name": name, "version": "1", "alias": "a"}
            told.append(http.post(_API + "registered-models/alias", json=body).text.replace(name, "NAME"))
    assert told[0] == told[1]


def test_requests_follow_a_rename_and_end_with_their_version(running: Running) -> None:
    name, version = made_by(running, "mia", "before asking")
    number, gone = asked(running, "mia", name, version), asked(running, "mia", name, version, "--alias", "champion")
    with running.http("mia") as http:
        http.post(_API + "registered-models/rename", json={"name": name, "new_name": "after asking"})
        assert request_of(running, number)["model"] == "after asking"
        http.request("DELETE", _API + "registered-models/delete", json={"name": "after asking"})
    assert [request_of(running, one)["state"] for one in (number, gone)] == ["gone", "gone"]


@pytest.fixture
def browser(running: Running) -> Any:  # noqa: ANN401 - an iterator of functions
    """A browser with a session of somebody's."""
    opened: list[httpx.Client] = []

    def log_in(who: str) -> httpx.Client:
        http = httpx.Client(base_url=running.url, timeout=60, trust_env=False)
        opened.append(http)
        form = re.search(r'name="form" value="([^"]+)"', http.get("/cloister/login").text)
        fields = {"form": form[1] if form else "", "user": who, "password": running.passwords[who], "next": _PAGE}
        own = {"origin": running.url, "sec-fetch-site": "same-origin"}
        assert http.post("/cloister/login", data=fields, headers=own).headers["location"] == _PAGE
        return http

    yield log_in
    for http in opened:
        http.close()


def test_an_approver_decides_on_the_page(running: Running, browser: Any) -> None:  # noqa: ANN401 - see the fixture
    name, version = made_by(running, "mia", "on the page")
    with running.http("mia") as http:
        found = http.get(_API + "model-versions/get", params={"name": name, "version": version}).json()
        run_id = found["model_version"]["run_id"]
        metric = {"run_id": run_id, "key": "accuracy <b>", "value": 0.97, "timestamp": 1, "step": 0}
        assert http.post(_API + "runs/log-metric", json=metric).status_code in (200, 400)
        metric["key"] = "accuracy"
        assert http.post(_API + "runs/log-metric", json=metric).status_code == 200
    number = asked(running, "mia", name, version)
    abe = browser("abe")
    shown = abe.get(_PAGE)
    assert shown.status_code == 200
    assert "script" not in shown.headers["content-security-policy"]
    for text in ("on the page version", "it is &lt;better&gt;", "mia", f">{run_id}</a>", "accuracy  0.97"):
        assert text in shown.text
    seen = browser("rita").get(_PAGE).text
    assert "on the page version" in seen
    assert "<button" not in seen
    own = {"origin": running.url, "sec-fetch-site": "same-origin"}
    foreign = {"origin": "http://elsewhere.example", "sec-fetch-site": "cross-site"}
    approve = {"decision": "approve", "comment": "seen on the page"}
    for headers in (foreign, {}):
        refusal = abe.post(f"{_PAGE}/{number}", data=approve, headers=headers)
        assert refusal.status_code == 403
    assert stage_of(running, name, version) == "None"
    done = abe.post(f"{_PAGE}/{number}", data=approve, headers=own)
    assert (done.status_code, done.headers["location"]) == (303, _PAGE)
    assert stage_of(running, name, version) == "Production"
    closed = request_of(running, number)
    assert (closed["state"], closed["decided_by"], closed["comment"]) == ("approved", "abe", "seen on the page")

    number = asked(running, "mia", name, version, "--alias", "champion")
    assert abe.post(f"{_PAGE}/{number}", data={"decision": "reject"}, headers=own).status_code == 303
    assert request_of(running, number)["state"] == "rejected"


def test_the_page_says_why_a_decision_was_refused(running: Running, browser: Any) -> None:  # noqa: ANN401 - as above
    name, version = made_by(running, "ada", "of ada")
    number = asked(running, "ada", name, version)
    ada = browser("ada")
    shown = ada.get(_PAGE).text
    assert "You had a part in making it" in shown
    own = {"origin": running.url, "sec-fetch-site": "same-origin"}
    refusal = ada.post(f"{_PAGE}/{number}", data={"decision": "approve"}, headers=own)
    assert refusal.status_code == 403
    assert f"ada made model-version/of ada/{version} (ada) and may not approve it" in refusal.text
    assert ada.post(f"{_PAGE}/{number}", data={"decision": "maybe"}, headers=own).status_code == 400
    with running.http() as nobody:
        answer = nobody.get(_PAGE)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/cloister/login?next={_PAGE}")


def test_a_site_may_let_a_refused_move_ask_by_itself(running: Running, configure: Configure) -> None:
    name, version = made_by(running, "mia", "asks by itself")
    config = configure(running.home, port=1, request_refused_moves=True)
    move = {"name": name, "version": version, "stage": "Production"}

    async def tried(who: str) -> httpx.Response:
        services = open_services(config)
        try:
            transport = httpx.ASGITransport(build_app(services))
            headers = {"authorization": f"Bearer {running.token(who)}"}
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:1", headers=headers) as http:
                return await http.post(_API + "model-versions/transition-stage", json=move)
        finally:
            await services.upstream.close()
            services.close()

    refusal = asyncio.run(tried("mia"))
    assert refusal.status_code == 403
    found = [one for one in open_requests(running) if one["model"] == name]
    assert [(one["asked_by"], one["reason"]) for one in found] == [("mia", "asked for by moving it")]
    assert f"request {found[0]['number']} waits for an approver" in refusal.json()["message"]
    asyncio.run(tried("rita"))
    assert [one for one in open_requests(running) if one["model"] == name] == found


def open_requests(running: Running) -> list[dict[str, Any]]:
    return list(json.loads(run(running, "rita", "approvals", "--format", "json").stdout))
