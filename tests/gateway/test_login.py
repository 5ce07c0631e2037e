"""Logging in and out over HTTP: form, session, cross-site requests, throttle, tokens, users of the control API."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from cloister.gateway.app import build_app, open_services

if TYPE_CHECKING:
    from tests.gateway.conftest import Configure, Running

pytestmark = pytest.mark.platform
_API = "/api/2.0/mlflow/"
_SAME = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def browser(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, timeout=60, trust_env=False) as http:
        yield http


def form_of(browser: httpx.Client) -> str:
    page = browser.get("/cloister/login")
    found = re.search(r'name="form" value="([^"]+)"', page.text)
    assert found
    return found[1]


def log_in(browser: httpx.Client, user: str, password: str, following: str = "/") -> httpx.Response:
    fields = {"form": form_of(browser), "user": user, "password": password, "next": following}
    return browser.post("/cloister/login", data=fields, headers=_SAME)


def add_user(running: Running, name: str, groups: list[str]) -> str:
    with running.http("ada") as http:
        answer = http.post("/cloister/v1/users", json={"name": name, "groups": groups})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["password"])


def test_a_browser_without_a_session_is_sent_to_the_form(browser: httpx.Client) -> None:
    answer = browser.get("/", headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/cloister/login?next=/")
    assert browser.get("/", headers={"accept": "application/json"}).status_code == 401


def test_the_form_loads_nothing_and_cannot_be_framed(browser: httpx.Client) -> None:
    page = browser.get("/cloister/login")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    cookie = page.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_a_session_reads_changes_and_ends(running: Running, browser: httpx.Client) -> None:
    answer = log_in(browser, "ada", running.passwords["ada"], "/#/experiments")
    assert (answer.status_code, answer.headers["location"]) == (303, "/#/experiments")
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("cloister_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert browser.get(_API + "experiments/get", params={"experiment_id": "0"}).status_code == 200
    change = {"experiment_id": "0", "key": "colour", "value": "blue"}
    assert browser.post(_API + "experiments/set-experiment-tag", json=change, headers=_SAME).status_code == 200
    assert browser.get("/cloister/logout").status_code == 200
    ended = browser.post("/cloister/logout", headers=_SAME)
    assert (ended.status_code, ended.headers["location"]) == (303, "/cloister/login")
    stolen = {"cookie": cookie.partition(";")[0]}
    with running.http() as other:
        assert other.get(_API + "experiments/get?experiment_id=0", headers=stolen).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"origin": "{url}"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:1"}, 403),
        ({"sec-fetch-site": "same-origin", "origin": "http://evil.example"}, 403),
        ({}, 403),
    ],
)
def test_a_change_with_a_session_comes_from_our_own_pages(
    running: Running, session_cookie: str, headers: dict[str, str], status: int
) -> None:
    sent = {name: value.format(url=running.url) for name, value in headers.items()} | {"cookie": session_cookie}
    with running.http() as http:
        body = {"experiment_id": "0", "key": "k", "value": "v"}
        answer = http.post(_API + "experiments/set-experiment-tag", json=body, headers=sent)
    assert answer.status_code == status, answer.text


@pytest.fixture(scope="module")
def session_cookie(running: Running) -> str:
    with httpx.Client(base_url=running.url, timeout=60) as browser:
        log_in(browser, "ada", running.passwords["ada"])
        return f"cloister_session={browser.cookies['cloister_session']}"


@pytest.mark.parametrize(
    ("following", "location"),
    [
        ("/#/models", "/#/models"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/cloister/logout", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
    ],
)
def test_after_the_login_it_goes_on_here(
    running: Running, browser: httpx.Client, following: str, location: str
) -> None:
    assert log_in(browser, "rita", running.passwords["rita"], following).headers["location"] == location


@pytest.mark.parametrize("form", ["", "guessed"])
def test_a_form_from_elsewhere_is_not_taken(running: Running, browser: httpx.Client, form: str) -> None:
    form_of(browser)
    fields = {"form": form, "user": "ada", "password": running.passwords["ada"]}
    answer = browser.post("/cloister/login", data=fields, headers=_SAME)
    assert answer.status_code == 403
    assert "cloister_session" not in browser.cookies
    cross = browser.post("/cloister/login", data=fields, headers={"sec-fetch-site": "cross-site"})
    assert cross.status_code == 403


def test_wrong_passwords_are_throttled_and_on_record(running: Running) -> None:
    password = add_user(running, "guessed", ["ml-readers"])
    with running.http() as http:
        tried = [
            http.post("/cloister/v1/token", json={"user": "guessed", "password": f"wrong {number}"})
            for number in range(6)
        ]
        assert [answer.status_code for answer in tried] == [401] * 5 + [429]
        wait = int(tried[-1].headers["retry-after"])
        assert 1 <= wait <= 2
        # Even the right password has to wait, or the waiting would tell which one it is.
        assert http.post("/cloister/v1/token", json={"user": "guessed", "password": password}).status_code == 429
        time.sleep(wait)
        assert http.post("/cloister/v1/token", json={"user": "guessed", "password": password}).status_code == 200
    shown = [(record["decision"], record["reason"]) for record in running.records(6)]
    assert (
        shown
        == [("ALLOW", "the password of guessed is right")] + [("DENY", "the password of guessed is not right")] * 5
    )
    # The other tests come from the same address; a good login has paid for one try, not for all.
    time.sleep(2)


def test_guessing_keeps_nobody_out_elsewhere(running: Running, configure: Configure, tmp_path: Path) -> None:
    """Whoever guesses ada's password from one address makes her wait there and not at another."""
    config = configure(
        tmp_path,
        database_url=str(running.engine.url),
        signing_key=str(running.home / "secrets" / "signing.jwk"),
    )
    services = open_services(config)
    app = build_app(services)

    async def log_in(address: str, password: str) -> int:
        transport = httpx.ASGITransport(app=app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1:{config.port}") as http:
            answer = await http.post("/cloister/v1/token", json={"user": "ada", "password": password})
        return answer.status_code

    async def tries() -> list[int]:
        guessed = [await log_in("10.0.0.1", "wrong") for _ in range(6)]
        return [*guessed, await log_in("10.0.0.2", running.passwords["ada"])]

    try:
        assert asyncio.run(tries()) == [401] * 5 + [429, 200]
    finally:
        services.close()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"user": "rita", "password": "wrong"}, 401),
        ({"user": "nobody", "password": "wrong"}, 401),
        ({"user": "rita"}, 400),
        ({"user": 1, "password": "x"}, 400),
        ({"user": "rita", "password": "x", "lifetime_seconds": 10**9}, 400),
        ({"user": "rita", "password": "x", "lifetime_seconds": "long"}, 400),
    ],
)
def test_tokens_that_are_not_given(running: Running, body: dict[str, object], status: int) -> None:
    with running.http() as http:
        answer = http.post("/cloister/v1/token", json=body)
    assert answer.status_code == status
    assert "token" not in answer.json()


def test_a_token_for_the_password(running: Running) -> None:
    with running.http() as http:
        body = {"user": "rita", "password": running.passwords["rita"], "lifetime_seconds": 60}
        answer = http.post("/cloister/v1/token", json=body)
        assert answer.status_code == 200
        headers = {"authorization": f"Bearer {answer.json()['token']}"}
        assert http.get(_API + "experiments/get?experiment_id=0", headers=headers).status_code == 200
    assert answer.headers["cache-control"] == "no-store"


def test_who_is_shut_out_is_out_at_once(running: Running) -> None:
    add_user(running, "leaver", ["ml-readers"])
    with running.http("leaver") as http, running.http("ada") as admin:
        assert http.get("/version").status_code == 200
        assert admin.put("/cloister/v1/users/leaver/disabled", json={"disabled": True}).status_code == 200
        assert http.get("/version").status_code == 401
        assert admin.put("/cloister/v1/users/leaver/disabled", json={"disabled": False}).status_code == 200
        # A token from before stays void.
        assert http.get("/version").status_code == 401
    with running.http("leaver") as http:
        assert http.get("/version").status_code == 200


@pytest.mark.parametrize(
    ("who", "method", "path", "body", "status"),
    [
        ("rita", "GET", "users", None, 403),
        ("rita", "POST", "users", {"name": "friend", "groups": ["ml-admins"]}, 403),
        ("abe", "POST", "users/abe/password", {"password": "long enough"}, 403),
        ("rita", "GET", "audit", None, 403),
        ("rita", "GET", "audit/verify", None, 403),
        (None, "GET", "users", None, 401),
        ("ada", "POST", "users", {"name": "friend", "groups": ["nowhere"]}, 400),
        ("ada", "POST", "users", {"name": "Friend"}, 400),
        ("ada", "POST", "users/nobody/password", {}, 400),
        ("ada", "GET", "audit?limit=0", None, 400),
        ("ada", "GET", "audit?order=x", None, 400),
        ("ada", "GET", "audit?since=yesterday", None, 400),
        ("ada", "GET", "nothing-here", None, 404),
        ("ada", "GET", "audit/verify", None, 200),
        ("ada", "GET", "users", None, 200),
    ],
)
def test_the_control_api_has_the_same_guard(
    running: Running, who: str | None, method: str, path: str, body: dict[str, object] | None, status: int
) -> None:
    with running.http(who) as http:
        answer = http.request(method, f"/cloister/v1/{path}", json=body)
    assert answer.status_code == status, answer.text
    assert status < 400 or answer.json()["faults"][0]["mend"]


def test_users_are_listed_with_their_roles(running: Running) -> None:
    with running.http("ada") as http:
        listed = {user["name"]: user for user in http.get("/cloister/v1/users").json()["users"]}
    assert listed["abe"] == {"name": "abe", "groups": ["ml-approvers"], "roles": ["approver"], "disabled": False}
    assert listed["nora"] == {"name": "nora", "groups": ["ml-none"], "roles": [], "disabled": False}


def test_no_secret_is_in_the_logs_or_the_record(running: Running, browser: httpx.Client) -> None:
    token = running.token("rita")
    with running.http() as http:
        http.get("/version", headers={"authorization": f"Bearer {token}"})
        http.get(_API + "runs/get", params={"run_id": "secret-in-the-query"})
    log_in(browser, "rita", running.passwords["rita"])
    written = (running.home / "gateway.log").read_text() + (running.home / "mlflow.log").read_text()
    written += str(running.records(200))
    for secret in (token, running.passwords["rita"], browser.cookies["cloister_session"], "secret-in-the-query"):
        assert secret not in written


def test_the_chain_holds_after_all_this(running: Running) -> None:
    with running.http("ada") as http:
        verified = http.get("/cloister/v1/audit/verify").json()
    assert verified["break"] is None
    assert verified["records"] > 0
