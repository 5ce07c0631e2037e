"""Logging in with a browser at a certified OpenID provider, and at one that lies; an HTTP client plays the browser."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest
from click.testing import CliRunner
from joserfc.jwk import RSAKey
from starlette.types import Receive, Scope, Send

from cloister.cli.login import login
from cloister.errors import SpecError
from cloister.gateway.app import Services, build_app, open_services
from cloister.gateway.identity.users import add_user, set_disabled
from cloister.gateway.record.search import Search, search

if TYPE_CHECKING:
    from tests.gateway.conftest import Configure
    from tests.gateway.identity.conftest import IssuerServer

_FOLDER = Path(__file__).parent / "provider"
_RUNS = shutil.which("node") is not None and (_FOLDER / "node_modules" / "oidc-provider").is_dir()
_PORT = 5000
_HOME = f"http://127.0.0.1:{_PORT}"
_START_SECONDS = 60
real = pytest.mark.skipif(
    not _RUNS, reason="the OpenID provider is not installed: npm ci in tests/gateway/identity/provider"
)


@dataclass
class Site:
    """A gateway whose people log in at one issuer; requests reach it without a server between."""

    services: Services
    now: list[datetime]

    def browse(self, walk: Callable[[httpx.AsyncClient], Awaitable[None]], scheme: str = "http") -> None:
        """Run a walk with a browser of its own, in one event loop."""

        async def run() -> None:
            app = build_app(self.services)

            async def plain(scope: Scope, receive: Receive, send: Send) -> None:
                """The gateway's own connection is plain, whatever the browser's is."""
                await app({**scope, "scheme": "http"}, receive, send)

            gateway = httpx.ASGITransport(app=plain)
            url = f"{scheme}://127.0.0.1:{_PORT}"
            async with httpx.AsyncClient(base_url=url, mounts={url: gateway}, trust_env=False, timeout=30) as browser:
                try:
                    await walk(browser)
                finally:
                    await self.services.fetcher.close()
                    self.services.fetcher._kept = None
            await asyncio.sleep(0.02)  # what was closed is let go in one of the loop's next turns

        asyncio.run(run())

    def records(self, count: int) -> list[tuple[object, ...]]:
        """Decision, who, and why of the newest records."""
        time.sleep(0.05)
        found = search(self.services.engine, Search(limit=count))
        return [(record["decision"], record["principal"], record["reason"]) for record in found]


Build = Callable[..., Site]


@pytest.fixture
def site(configure: Configure, tmp_path: Path) -> Iterator[Build]:
    opened: list[Services] = []

    def build(issuer: str, *, login: Mapping[str, object] | None = None, **settings: object) -> Site:
        (tmp_path / "state").mkdir(exist_ok=True)
        secret = tmp_path / "client.secret"
        secret.write_text("of a client\n")
        secret.chmod(0o600)
        of_client = {"client_id": "cloister", "client_secret_file": str(secret), "label": "Corp & Co"}
        one = {"name": "corp", "issuer": issuer, "login": of_client | dict(login or {})}
        roles = {"corp:ml-admins": "admin", "corp:ml-readers": "reader", "ml-admins": "admin"}
        more = {"port": _PORT, "issuers": [one], "role_of_group": roles} | settings
        now = [datetime.now(UTC)]
        opened.append(open_services(configure(tmp_path, **more), lambda: now[0]))
        return Site(opened[-1], now)

    yield build
    for services in opened:
        services.close()


@dataclass
class Provider:
    """The certified provider, and what it says of whom."""

    port: int
    people: Path
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, in_id_token: bool = True, algorithm: str = "RS256") -> None:
        """Start it, or start it anew: with other keys, and without memory."""
        self.stop()
        key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "alg": algorithm, "use": "sig"})
        settings = {
            "port": self.port,
            "keys": [key.as_dict(private=True)],
            "secret": "of a client",
            "redirect": f"{_HOME}/cloister/login/corp/callback",
            "loggedOut": f"{_HOME}/cloister/login",
            "people": str(self.people),
            "claimsInIdToken": in_id_token,
        }
        with self.log.open("wb") as out:
            command = ["node", str(_FOLDER / "server.mjs"), json.dumps(settings)]
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + _START_SECONDS
        while b"ready" not in self.log.read_bytes():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the provider did not start:\n{self.log.read_text()}")
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)

    def say(self, **people: object) -> None:
        self.people.write_text(json.dumps(people))


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder = tmp_path_factory.mktemp("provider")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    one = Provider(port, folder / "people.json", folder / "log")
    one.start()
    yield one
    one.stop()


async def walk_back(browser: httpx.AsyncClient, answer: httpx.Response, user: str) -> httpx.Response:
    """The answer with which the provider sends the browser back to the gateway, after its redirects and forms."""
    for _ in range(20):
        if answer.is_redirect:
            target = urljoin(str(answer.url), answer.headers["location"])
            if target.startswith(_HOME):
                return answer
            answer = await browser.get(target)
            continue
        action = re.search(r'<form[^>]+action="([^"]+)"', answer.text)
        prompt = re.search(r'name="prompt" value="([^"]+)"', answer.text)
        assert action, answer.text
        fields = {"login": user, "password": "any"} | ({"prompt": prompt[1]} if prompt else {"logout": "yes"})
        if xsrf := re.search(r'name="xsrf" value="([^"]+)"', answer.text):
            fields["xsrf"] = xsrf[1]
        answer = await browser.post(urljoin(str(answer.url), action[1]), data=fields)
    pytest.fail("no end of redirects")


async def log_in(browser: httpx.AsyncClient, user: str, following: str = "/cloister/v1/users") -> httpx.Response:
    """The answer of the callback."""
    there = await browser.get("/cloister/login/corp", params={"next": following})
    assert there.status_code == 303, there.text
    back = await walk_back(browser, there, user)
    return await browser.get(back.headers["location"])


def message(page: httpx.Response) -> str:
    found = re.search(r'<p class="fault">([^<]*)</p>', page.text)
    return found[1].replace("&quot;", '"').replace("&#x27;", "'") if found else ""


@real
@pytest.mark.parametrize("in_id_token", [True, False])
def test_the_whole_walk(site: Build, provider: Provider, *, in_id_token: bool) -> None:
    provider.start(in_id_token=in_id_token)
    provider.say(u1={"preferred_username": "Ada", "groups": ["ml-admins"]})
    gateway = site(provider.url)
    add_user(gateway.services.engine, "ada", [], None, now=gateway.now[0])

    async def walk(browser: httpx.AsyncClient) -> None:
        page = await browser.get("/cloister/login?next=/cloister/v1/users")
        link = re.search(r'<a class="button" href="([^"]+)">Log in with Corp &amp; Co</a>', page.text)
        assert link
        assert link[1] == "/cloister/login/corp?next=%2Fcloister%2Fv1%2Fusers"
        answer = await log_in(browser, "u1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/cloister/v1/users"), message(answer)
        cookies = answer.headers.get_list("set-cookie")
        assert any("cloister_session=" in one and "HttpOnly" in one and "SameSite=lax" in one for one in cookies)
        listed = (await browser.get("/cloister/v1/users")).json()["users"]
        assert [(user["name"], user["groups"], user["roles"]) for user in listed] == [
            ("ada", [], []),
            ("corp:ada", ["corp:ml-admins"], ["admin"]),
        ]
        # Logged out here, and then there.
        out = await browser.post("/cloister/logout", headers={"sec-fetch-site": "same-origin"})
        assert (await browser.get("/cloister/v1/users")).status_code == 401
        there = re.search(r'<a class="button" href="([^"]+)">Log out of Corp &amp; Co too</a>', out.text)
        assert there
        back = await walk_back(browser, await browser.get(there[1].replace("&amp;", "&")), "u1")
        assert back.headers["location"] == f"{_HOME}/cloister/login"

    gateway.browse(walk)
    assert ("ALLOW", "corp:ada", "corp vouches for corp:ada") in gateway.records(10)


@real
def test_a_group_that_is_gone_is_gone_at_the_next_login(site: Build, provider: Provider) -> None:
    provider.start()
    provider.say(u1={"preferred_username": "ada", "groups": ["ml-admins"]})
    gateway = site(provider.url)

    async def walk(browser: httpx.AsyncClient) -> None:
        await log_in(browser, "u1")
        assert (await browser.get("/cloister/v1/users")).status_code == 200
        before = browser.cookies["cloister_session"]
        provider.say(u1={"preferred_username": "ada", "groups": []})
        await log_in(browser, "u1")
        assert (await browser.get("/cloister/v1/users")).status_code == 403
        # The session from before ended with the new one.
        browser.cookies.clear()
        headers = {"cookie": f"cloister_session={before}"}
        assert (await browser.get("/cloister/v1/users", headers=headers)).status_code == 401

    gateway.browse(walk)


@real
@pytest.mark.parametrize("algorithm", ["PS256"])
def test_the_provider_changes_its_keys(site: Build, provider: Provider, algorithm: str) -> None:
    provider.say(u1={"preferred_username": "ada", "groups": ["ml-admins"]})
    provider.start()
    gateway = site(provider.url)

    async def walk(browser: httpx.AsyncClient) -> None:
        assert (await log_in(browser, "u1")).status_code == 303
        provider.start(algorithm=algorithm)
        keys = gateway.services.flows[0]._trusted.discovery.keys
        keys._tried_at -= 11  # as if ten seconds had gone by
        version = keys.version
        answer = await log_in(browser, "u1")
        assert (answer.status_code, keys.version) == (303, version + 1), message(answer)

    gateway.browse(walk)


@real
def test_a_code_is_taken_once_and_in_the_browser_that_began(site: Build, provider: Provider) -> None:
    provider.say(u1={"preferred_username": "ada", "groups": ["ml-admins"]})
    provider.start()
    gateway = site(provider.url)

    async def walk(browser: httpx.AsyncClient) -> None:
        there = await browser.get("/cloister/login/corp")
        back = (await walk_back(browser, there, "u1")).headers["location"]
        attempt = browser.cookies["cloister_attempt"]
        browser.cookies.delete("cloister_attempt")
        answer = await browser.get(back)
        assert (answer.status_code, message(answer)) == (
            401,
            'login at "corp": it was not begun in this browser, or too long ago',
        )
        stranger = await browser.get(back, headers={"cookie": f"cloister_attempt={'x' * 43}.Lw"})
        assert (stranger.status_code, message(stranger)) == (401, 'login at "corp": it was not begun in this browser')
        cookie = {"cookie": f"cloister_attempt={attempt}"}
        assert (await browser.get(back, headers=cookie)).status_code == 303
        browser.cookies.clear()
        again = await browser.get(back, headers=cookie)
        assert (again.status_code, message(again)) == (401, 'login at "corp": the code was not taken ("invalid_grant")')
        assert "cloister_session" not in browser.cookies

    gateway.browse(walk)
    reasons = [(decision, reason) for decision, _, reason in gateway.records(4)]
    assert reasons == [
        ("DENY", 'login at "corp": the code was not taken ("invalid_grant")'),
        ("ALLOW", "corp vouches for corp:ada"),
        ("DENY", 'login at "corp": it was not begun in this browser'),
        ("DENY", 'login at "corp": it was not begun in this browser, or too long ago'),
    ]


# From here on the issuer lies.


class Lies:
    """A site at an issuer that answers what a test wants; `claims` begins with what would be taken."""

    def __init__(self, site: Site, server: IssuerServer) -> None:
        self.site = site
        self.server = server
        self.nonce = ""
        self.forms: list[Mapping[str, str]] = []

    def claims(self, **more: object) -> dict[str, object]:
        seconds = int(self.site.now[0].timestamp())
        stated: dict[str, object] = {
            "iss": self.server.url,
            "sub": "u1",
            "aud": "cloister",
            "iat": seconds,
            "exp": seconds + 300,
            "nonce": self.nonce,
            "preferred_username": "ada",
            "groups": ["ml-admins"],
        }
        return {name: value for name, value in (stated | more).items() if value is not None}

    async def log_in(
        self,
        browser: httpx.AsyncClient,
        token: Callable[[], object],
        *,
        following: str = "/",
        **answer: str,
    ) -> httpx.Response:
        """What comes of a login in which the issuer answers with these parameters, and with this id token."""
        there = await browser.get("/cloister/login/corp", params={"next": following})
        asked = {name: values[0] for name, values in parse_qs(urlsplit(there.headers["location"]).query).items()}
        self.nonce = asked["nonce"]

        def redeem(fields: Mapping[str, str]) -> tuple[int, object]:
            self.forms.append(fields)
            return 200, {"access_token": "at", "token_type": "Bearer", "id_token": token()}

        self.server.redeem = redeem
        stated = {"code": "c", "state": asked["state"]} | answer
        query = {name: value for name, value in stated.items() if value}
        return await browser.get("/cloister/login/corp/callback", params=query)


_ALGORITHMS = "which is none of RS256, PS256, ES256, EdDSA, Ed25519"
_NO_KEY = "is signed with no key that its issuer publishes, or does not say with which one"
_NO_USER_NAME = "which is no user name here (preferred_username)"
_OTHER = RSAKey.generate_key(2048, {"kid": "one"})


@pytest.mark.parametrize(
    ("claims", "header", "reason"),
    [
        ({"nonce": "of another login"}, {}, "token: is of another login (nonce)"),
        ({"nonce": None}, {}, "token: is of another login (nonce)"),
        ({"aud": "another client"}, {}, "token: was made for another client"),
        ({"aud": ["cloister", "another"]}, {}, 'token: was made for the use of "None" (azp)'),
        ({"azp": "another"}, {}, 'token: was made for the use of "another" (azp)'),
        ({"iss": "https://evil.example"}, {}, 'token: was issued by "https://evil.example"'),
        ({"exp": 1_000_000_000}, {}, "token: expired at 2001-09-09 01:46:40 UTC"),
        ({"exp": None}, {}, "token: has no time in the claim exp"),
        ({"iat": None}, {}, "token: has no time in the claim iat"),
        ({"sub": None}, {}, "token: has no text in the claim sub"),
        ({"preferred_username": None}, {}, "token: has no text in the claim preferred_username"),
        ({"preferred_username": "eve*"}, {}, f'token: names a person "corp:eve*", {_NO_USER_NAME}'),
        ({}, {"alg": "none"}, f'token: is signed with "none", {_ALGORITHMS}'),
        ({}, {"typ": "logout+jwt"}, 'token: is of the type "logout+jwt", which says nobody\'s identity'),
        ({}, {"kid": "nine"}, f"token: {_NO_KEY}"),
        ({}, {"key": _OTHER}, "token: has a signature that is not its issuer's"),
    ],
)  # fmt: skip
def test_id_tokens_that_are_not_taken(
    site: Build, issuer_server: IssuerServer, claims: dict[str, object], header: dict[str, Any], reason: str
) -> None:
    lies = Lies(site(issuer_server.url), issuer_server)

    async def walk(browser: httpx.AsyncClient) -> None:
        answer = await lies.log_in(browser, lambda: issuer_server.sign(lies.claims(**claims), **header))
        assert (answer.status_code, message(answer)) == (401, reason)
        assert "cloister_session" not in browser.cookies
        # The same, but true.
        answer = await lies.log_in(browser, lambda: issuer_server.sign(lies.claims()))
        assert (answer.status_code, message(answer)) == (303, "")

    lies.site.browse(walk)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"state": "guessed"}, 'login at "corp": it was not begun in this browser'),
        ({"state": ""}, 'login at "corp": it was not begun in this browser'),
        ({"code": ""}, 'login at "corp": the answer brings no code'),
        ({"iss": "https://evil.example"}, 'login at "corp": the answer does not come from that issuer'),
        ({"error": "access_denied"}, 'login at "corp": the issuer says "access_denied"'),
        ({"error": "<script>"}, 'login at "corp": the issuer says "&lt;script&gt;"'),
    ],
)
def test_answers_that_are_not_taken(
    site: Build, issuer_server: IssuerServer, answer: dict[str, str], reason: str
) -> None:
    lies = Lies(site(issuer_server.url), issuer_server)

    async def walk(browser: httpx.AsyncClient) -> None:
        found = await lies.log_in(browser, lambda: issuer_server.sign(lies.claims()), **answer)
        assert (found.status_code, message(found)) == (401, reason)

    lies.site.browse(walk)
    assert lies.forms == []


def test_an_issuer_that_names_itself_must_do_so_each_time(site: Build, issuer_server: IssuerServer) -> None:
    more = issuer_server.document(authorization_response_iss_parameter_supported=True)
    issuer_server.answers["/.well-known/openid-configuration"] = 200, more
    lies = Lies(site(issuer_server.url), issuer_server)

    async def walk(browser: httpx.AsyncClient) -> None:
        found = await lies.log_in(browser, lambda: issuer_server.sign(lies.claims()))
        assert message(found) == 'login at "corp": the answer does not come from that issuer'
        found = await lies.log_in(browser, lambda: issuer_server.sign(lies.claims()), iss=issuer_server.url)
        assert found.status_code == 303

    lies.site.browse(walk)


def test_the_code_goes_to_the_issuer_with_proof(site: Build, issuer_server: IssuerServer) -> None:
    lies = Lies(site(issuer_server.url), issuer_server)

    async def walk(browser: httpx.AsyncClient) -> None:
        await lies.log_in(browser, lambda: issuer_server.sign(lies.claims()))

    lies.site.browse(walk)
    form = dict(lies.forms[0])
    assert len(form.pop("code_verifier")) == 43
    assert form == {
        "grant_type": "authorization_code",
        "code": "c",
        "redirect_uri": f"{_HOME}/cloister/login/corp/callback",
        "client_id": "cloister",
        "authorization": httpx.BasicAuth("cloister", "of+a+client")._auth_header,
    }


@pytest.mark.parametrize(
    ("login", "claims", "reason"),
    [
        ({"allowed_groups": ["ml-admins"]}, {}, ""),
        ({"allowed_groups": ["ml"]}, {}, 'login at "corp": corp:ada is in none of the groups that are let in'),
        ({"email_domains": ["Corp.example"]}, {"email": "a@corp.example", "email_verified": True}, ""),
        ({"email_domains": ["corp.example"]}, {"email": "a@corp.example", "email_verified": False}, "domain"),
        ({"email_domains": ["corp.example"]}, {"email": "a@corp.example"}, "domain"),
        ({"email_domains": ["corp.example"]}, {"email": "a@evilcorp.example", "email_verified": True}, "domain"),
        ({"email_domains": ["corp.example"]}, {"email": "corp.example@evil.example", "email_verified": True}, "domain"),
        ({"email_domains": ["corp.example"]}, {"email_verified": True}, "domain"),
        ({"max_age_seconds": 3600}, {"auth_time": int(time.time()) - 30}, ""),
        ({"max_age_seconds": 3600}, {"auth_time": int(time.time()) - 7200}, "age"),
        ({"max_age_seconds": 3600}, {}, "age"),
    ],
)
def test_who_of_an_issuers_people_is_let_in(
    site: Build, issuer_server: IssuerServer, login: dict[str, object], claims: dict[str, object], reason: str
) -> None:
    lies = Lies(site(issuer_server.url, login=login), issuer_server)
    reasons = {
        "domain": 'login at "corp": there is no verified address in one of the domains that are let in',
        "age": 'login at "corp": the password was shown to the issuer too long ago, or it does not say when',
    }

    async def walk(browser: httpx.AsyncClient) -> None:
        found = await lies.log_in(browser, lambda: issuer_server.sign(lies.claims(**claims)))
        assert (found.status_code, message(found)) == (401 if reason else 303, reasons.get(reason, reason))

    lies.site.browse(walk)


def test_userinfo_of_somebody_else_is_not_taken(site: Build, issuer_server: IssuerServer) -> None:
    issuer_server.answers["/.well-known/openid-configuration"] = (
        200,
        issuer_server.document(userinfo_endpoint=f"{issuer_server.url}/me"),
    )
    issuer_server.answers["/me"] = 200, {"sub": "u2", "preferred_username": "root", "groups": ["ml-admins"]}
    lies = Lies(site(issuer_server.url), issuer_server)

    async def walk(browser: httpx.AsyncClient) -> None:
        found = await lies.log_in(browser, lambda: issuer_server.sign(lies.claims(groups=None)))
        assert message(found) == 'login at "corp": the issuer tells of somebody else than it vouched for'
        issuer_server.answers["/me"] = 200, {"sub": "u1", "preferred_username": "root", "groups": ["ml-admins"]}
        found = await lies.log_in(browser, lambda: issuer_server.sign(lies.claims(groups=None)))
        assert found.status_code == 303
        users = (await browser.get("/cloister/v1/users")).json()["users"]
        assert [(user["name"], user["groups"]) for user in users] == [("corp:ada", ["corp:ml-admins"])]

    lies.site.browse(walk)


@pytest.mark.parametrize(
    ("following", "location"),
    [
        ("/#/models", "/#/models"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("/cloister/logout", "/"),
        ("/" + "x" * 3000, "/"),
    ],
)
def test_after_the_login_it_goes_on_here(
    site: Build, issuer_server: IssuerServer, following: str, location: str
) -> None:
    lies = Lies(site(issuer_server.url), issuer_server)

    async def walk(browser: httpx.AsyncClient) -> None:
        found = await lies.log_in(browser, lambda: issuer_server.sign(lies.claims()), following=following)
        assert (found.status_code, found.headers["location"]) == (303, location)

    lies.site.browse(walk)


def test_a_cookie_with_another_way_back_leads_nowhere_else(site: Build, issuer_server: IssuerServer) -> None:
    lies = Lies(site(issuer_server.url), issuer_server)

    async def walk(browser: httpx.AsyncClient) -> None:
        await browser.get("/cloister/login/corp")
        seed = browser.cookies["cloister_attempt"].partition(".")[0]
        evil = f"{seed}.{issuer_server.encode(b'https://evil.example/')}"
        there = await browser.get("/cloister/login/corp")
        assert there.status_code == 303
        browser.cookies.clear()
        asked = await browser.get(
            "/cloister/login/corp/callback", params={"state": "x"}, headers={"cookie": f"cloister_attempt={evil}"}
        )
        assert "evil.example" not in asked.text

    lies.site.browse(walk)


def test_a_session_ends_when_it_is_old_and_when_the_person_is_shut_out(
    site: Build, issuer_server: IssuerServer
) -> None:
    lies = Lies(site(issuer_server.url, login={"session_seconds": 3600}), issuer_server)

    async def walk(browser: httpx.AsyncClient) -> None:
        async def sign_in() -> int:
            found = await lies.log_in(browser, lambda: issuer_server.sign(lies.claims()))
            return found.status_code

        async def status() -> int:
            return (await browser.get("/cloister/v1/users")).status_code

        assert (await sign_in(), await status()) == (303, 200)
        lies.site.now[0] += timedelta(seconds=3599)
        assert await status() == 200
        lies.site.now[0] += timedelta(seconds=2)
        assert await status() == 401
        assert (await sign_in(), await status()) == (303, 200)
        set_disabled(lies.site.services.engine, "corp:ada", disabled=True, now=lies.site.now[0])
        lies.site.now[0] += timedelta(seconds=2)
        assert (await status(), await sign_in(), await status()) == (401, 401, 401)

    lies.site.browse(walk)


def test_a_session_gives_a_token_that_ends_with_it(site: Build, issuer_server: IssuerServer) -> None:
    lies = Lies(site(issuer_server.url, login={"session_seconds": 3600}), issuer_server)

    async def walk(browser: httpx.AsyncClient) -> None:
        nobody = await browser.get("/cloister/token")
        assert (nobody.status_code, nobody.headers["location"]) == (303, "/cloister/login?next=/cloister/token")
        shown_at = int(lies.site.now[0].timestamp()) - 600
        await lies.log_in(browser, lambda: issuer_server.sign(lies.claims(auth_time=shown_at)))
        lies.site.now[0] += timedelta(seconds=60)
        assert (await browser.get("/cloister/token")).status_code == 200
        assert (await browser.post("/cloister/token")).status_code == 403
        page = await browser.post("/cloister/token", headers={"sec-fetch-site": "same-origin"})
        found = re.search(r"<textarea[^>]*>([^<]+)</textarea>", page.text)
        assert found
        token = {"authorization": f"Bearer {found[1]}"}
        browser.cookies.clear()
        assert (await browser.get("/cloister/v1/users", headers=token)).status_code == 200
        identified = await lies.site.services.guard.authenticate(
            {"headers": [(b"authorization", token["authorization"].encode())], "method": "GET"}
        )
        assert identified.authenticated_at == datetime.fromtimestamp(shown_at, UTC)
        another = await browser.post("/cloister/token", headers=token)
        assert another.status_code == 401
        lies.site.now[0] += timedelta(seconds=3538)
        assert (await browser.get("/cloister/v1/users", headers=token)).status_code == 200
        lies.site.now[0] += timedelta(seconds=2)
        assert (await browser.get("/cloister/v1/users", headers=token)).status_code == 401

    lies.site.browse(walk)
    assert ("ALLOW", "corp:ada", "the session of corp:ada gave a token") in lies.site.records(9)


def test_the_command_line_keeps_such_a_token(tmp_path: Path) -> None:
    environment = {"XDG_CONFIG_HOME": str(tmp_path), "CLOISTER_URL": "", "CLOISTER_TOKEN": ""}
    words = ["--token-stdin", "--url", _HOME]
    kept = CliRunner().invoke(login, words, env=environment, input="a.b.c\n")
    file = tmp_path / "cloister" / "credentials.json"
    assert kept.stdout == f"the token for {_HOME} is in {file}\n"
    assert json.loads(file.read_text())["token"] == "a.b.c"
    refused = CliRunner().invoke(login, words, env=environment, input="\n")
    assert isinstance(refused.exception, SpecError)


def test_under_tls_cookies_are_safe_and_pages_from_elsewhere_are_not_taken(
    site: Build, issuer_server: IssuerServer
) -> None:
    """TLS ends in front of the gateway, whose own connection is plain."""
    lies = Lies(site(issuer_server.url, https=True), issuer_server)

    async def walk(browser: httpx.AsyncClient) -> None:
        there = await browser.get("/cloister/login/corp")
        assert "redirect_uri=https%3A%2F%2F127.0.0.1%3A5000%2F" in there.headers["location"]
        (cookie,) = there.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-cloister_attempt=")
        assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
        assert "domain" not in cookie.lower()
        found = await lies.log_in(browser, lambda: issuer_server.sign(lies.claims()))
        assert found.status_code == 303
        session = browser.cookies["__Host-cloister_session"]
        form = {"origin": "https://127.0.0.1:5000"}
        assert (await browser.post("/cloister/logout", headers={"origin": _HOME})).status_code == 403
        browser.cookies.clear()
        # Another host of the domain can set the bare name, which counts for nothing.
        bare = await browser.get("/cloister/v1/users", headers={"cookie": f"cloister_session={session}"})
        assert bare.status_code == 401
        safe = {"cookie": f"__Host-cloister_session={session}"}
        assert (await browser.get("/cloister/v1/users", headers=safe)).status_code == 200
        assert (await browser.post("/cloister/logout", headers=safe | form)).status_code == 200

    lies.site.browse(walk, "https")


def test_passwords_can_be_switched_off(site: Build, issuer_server: IssuerServer) -> None:
    gateway = site(issuer_server.url, local_login=False)
    password = add_user(gateway.services.engine, "ada", ["ml-admins"], None, now=gateway.now[0])

    async def walk(browser: httpx.AsyncClient) -> None:
        page = await browser.get("/cloister/login")
        assert "<form" not in page.text
        assert "Log in with Corp" in page.text
        asked = await browser.post("/cloister/v1/token", json={"user": "ada", "password": password})
        assert (asked.status_code, asked.json()["faults"][0]["reason"]) == (
            403,
            "logs in elsewhere: this platform takes no passwords",
        )

    gateway.browse(walk)


def test_an_issuer_that_is_away_is_told_of(site: Build, issuer_server: IssuerServer) -> None:
    gateway = site(issuer_server.url)
    issuer_server.answers.clear()

    async def walk(browser: httpx.AsyncClient) -> None:
        page = await browser.get("/cloister/login/corp")
        assert page.status_code == 502
        assert message(page).endswith("answers with status 404")
        assert "<form" in page.text

    gateway.browse(walk)


@pytest.mark.parametrize(
    "name", ["x-forwarded-user", "x-remote-user", "remote-user", "x-auth-request-user", "x-forwarded-email",
             "x-amzn-oidc-identity", "x-goog-authenticated-user-email", "x-ms-client-principal-name", "x-user"],
)  # fmt: skip
def test_headers_that_claim_an_identity_say_nothing(site: Build, issuer_server: IssuerServer, name: str) -> None:
    gateway = site(issuer_server.url)
    add_user(gateway.services.engine, "ada", ["ml-admins"], None, now=gateway.now[0])

    async def walk(browser: httpx.AsyncClient) -> None:
        assert (await browser.get("/cloister/v1/users", headers={name: "ada"})).status_code == 401

    gateway.browse(walk)
    assert gateway.records(1)[0][1] == "-"
