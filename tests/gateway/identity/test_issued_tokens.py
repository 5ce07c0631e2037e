"""Bearer tokens of other issuers, with an issuer that answers on loopback: who is let in, as whom, what fails."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from pydantic import ValidationError
from sqlalchemy import Engine, select

from cloister.access.principals import Principal
from cloister.errors import CloisterError, SpecError
from cloister.gateway.guard import Guard
from cloister.gateway.identity.fetching import Fetcher
from cloister.gateway.identity.issuers import Issuer
from cloister.gateway.identity.trusted import trust
from cloister.gateway.identity.users import add_user, find_user, password_matches, set_disabled, set_password
from cloister.gateway.record.writing import AuditLog
from cloister.gateway.tables import USERS
from cloister.store import migrate, open_store

if TYPE_CHECKING:
    from tests.gateway.identity.conftest import IssuerServer

_NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
_KEY = OKPKey.generate_key("Ed25519")
_AUDIENCE = "https://ml.corp.example"


class House:
    """A guard that trusts one issuer, at a time that stands still until it is moved."""

    def __init__(self, engine: Engine, server: IssuerServer, **settings: object) -> None:
        self.now = _NOW
        self.engine = engine
        self.server = server
        self.audit = AuditLog(engine)
        self.guard = Guard(engine=engine, key=_KEY, role_of_group={}, audit=self.audit, clock=lambda: self.now)
        self.settings = {"name": "corp", "issuer": server.url, "audiences": [_AUDIENCE]} | settings
        self.fetcher = Fetcher()
        self.ticks = 1000.0
        issuer = Issuer.model_validate_json(json.dumps(self.settings))
        self.guard.trust(trust([issuer], self.fetcher, lambda: self.ticks))

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.ticks += seconds

    def claims(self, **more: object) -> dict[str, object]:
        """Claims that are taken; None leaves one out."""
        stated: dict[str, object] = {
            "iss": self.server.url,
            "sub": "u-1",
            "aud": _AUDIENCE,
            "iat": int(_NOW.timestamp()),
            "exp": int(_NOW.timestamp()) + 3600,
            "preferred_username": "ada",
            "groups": ["ml-readers", "all"],
        }
        return {name: value for name, value in (stated | more).items() if value is not None}

    def ask(self, *tokens: str) -> list[Principal | str]:
        """Whom each token speaks for, or why it does not, in one event loop."""

        async def one(token: str) -> Principal | str:
            scope = {"headers": [(b"authorization", f"Bearer {token}".encode())], "method": "GET"}
            try:
                return (await self.guard.authenticate(scope)).principal
            except CloisterError as error:
                return f"{type(error).__name__}: {error.faults[0].reason}"

        async def all_of_them() -> list[Principal | str]:
            try:
                return [await one(token) for token in tokens]
            finally:
                await self.fetcher.close()
                self.fetcher._kept = None
                await asyncio.sleep(0.02)  # what was closed is let go in one of the loop's next turns

        return asyncio.run(all_of_them())


Build = Callable[..., House]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_store(f"sqlite:///{tmp_path}/cloister.db")
    migrate(opened, "gateway")
    yield opened
    opened.dispose()


@pytest.fixture
def house(engine: Engine, issuer_server: IssuerServer) -> Iterator[Build]:
    built: list[House] = []

    def build(**settings: object) -> House:
        built.append(House(engine, issuer_server, **settings))
        return built[-1]

    yield build
    for one in built:
        one.audit.close()


def refused(reason: str) -> str:
    return f"UnauthenticatedError: {reason}"


ADA = Principal("corp:ada", "user", ("corp:all", "corp:ml-readers"))


def test_a_person_is_known_by_the_issuers_name_and_its_own(house: Build) -> None:
    corp = house()
    assert corp.ask(corp.server.sign(corp.claims())) == [ADA]
    assert find_user(corp.engine, "corp:ada") is not None


@pytest.mark.parametrize(
    ("settings", "claims", "expected"),
    [
        ({}, {"preferred_username": "Ada"}, ADA),
        ({}, {"groups": "ml-readers"}, Principal("corp:ada", "user", ("corp:ml-readers",))),
        ({}, {"groups": None}, Principal("corp:ada", "user", ())),
        ({}, {"groups": []}, Principal("corp:ada", "user", ())),
        ({}, {"aud": ["https://other.example", _AUDIENCE]}, ADA),
        ({}, {"nbf": int(_NOW.timestamp())}, ADA),
        ({}, {"iat": _NOW.timestamp() + 20}, ADA),
        ({"name_claim": "sub"}, {}, Principal("corp:u-1", "user", ADA.groups)),
        ({"name_claim": "email"}, {"email": "ada@corp.example", "email_verified": True},
         Principal("corp:ada@corp.example", "user", ADA.groups)),
        ({"groups_claim": ["realm_access", "roles"]}, {"realm_access": {"roles": ["x y"]}},
         Principal("corp:ada", "user", ("corp:x y",))),
        ({"groups_claim": "https://corp.example/groups"}, {"https://corp.example/groups": ["g"]},
         Principal("corp:ada", "user", ("corp:g",))),
        ({"groups_claim": ["realm_access", "roles"]}, {}, Principal("corp:ada", "user", ())),
    ],
)  # fmt: skip
def test_claims_that_are_taken(
    house: Build, settings: dict[str, object], claims: dict[str, object], expected: Principal
) -> None:
    corp = house(**settings)
    assert corp.ask(corp.server.sign(corp.claims(**claims))) == [expected]


_NO_USER_NAME = ", which is no user name here (preferred_username)"
_PAST = int(_NOW.timestamp()) - 1


@pytest.mark.parametrize(
    ("settings", "claims", "reason"),
    [
        ({}, {"iss": "https://evil.example"}, 'is of the issuer "https://evil.example", which is not trusted here'),
        ({}, {"aud": "https://other.example"}, "was made for https://other.example"),
        ({}, {"aud": None}, "does not say for whom it was made (aud)"),
        ({}, {"aud": []}, "was made for nobody"),
        ({}, {"aud": [_AUDIENCE, 1]}, "does not say for whom it was made (aud)"),
        ({}, {"exp": int(_NOW.timestamp())}, "expired at 2026-11-26 12:00:00 UTC"),
        ({}, {"exp": None}, "has no time in the claim exp"),
        ({}, {"exp": "9999999999"}, "has no time in the claim exp"),
        ({}, {"exp": True}, "has no time in the claim exp"),
        ({}, {"exp": 10**20}, "has no time in the claim exp"),
        ({}, {"exp": _PAST + 25 * 3600}, "holds for longer than the 86400 seconds that are accepted"),
        ({}, {"iat": None}, "has no time in the claim iat"),
        ({}, {"iat": int(_NOW.timestamp()) + 60}, "was issued in the future"),
        ({}, {"nbf": int(_NOW.timestamp()) + 60}, "does not hold yet"),
        ({}, {"sub": None}, "has no text in the claim sub"),
        ({}, {"sub": 7}, "has no text in the claim sub"),
        ({}, {"sub": "x" * 256}, "names a subject of too many letters"),
        ({}, {"cnf": {"jkt": "x"}}, "is bound to a key of its holder (cnf), which is not checked here"),
        ({}, {"preferred_username": None}, "has no text in the claim preferred_username"),
        ({}, {"preferred_username": ["ada"]}, "has no text in the claim preferred_username"),
        ({}, {"preferred_username": "a*"}, f'names a person "corp:a*"{_NO_USER_NAME}'),
        ({}, {"preferred_username": "job/a"}, f'names a person "corp:job/a"{_NO_USER_NAME}'),
        ({}, {"preferred_username": "\u0430da"}, f'names a person "corp:\u0430da"{_NO_USER_NAME}'),
        ({}, {"preferred_username": "ada\n"}, "has no text in the claim preferred_username"),
        ({}, {"preferred_username": "x" * 120}, f'names a person "corp:{"x" * 120}"{_NO_USER_NAME}'),
        ({"name_claim": "email"}, {"email": "ada@corp.example"}, "names a person by an address that is not verified"),
        ({"name_claim": "email"}, {"email": "ada@corp.example", "email_verified": "true"},
         "names a person by an address that is not verified"),
        ({}, {"groups": {"ml-admins": True}}, "has no list of at most 500 groups in groups"),
        ({}, {"groups": ["ml-readers", 1]}, 'names a group "1", which is no name'),
        ({}, {"groups": [""]}, 'names a group "", which is no name'),
        ({}, {"groups": ["g"] * 501}, "has no list of at most 500 groups in groups"),
        ({}, {"groups": None, "_claim_names": {"groups": "src1"}},
         "leaves the groups out, because there are too many: let the issuer send those of this platform"),
        ({"audiences": [], "login": {"client_id": "cloister"}}, {"aud": "cloister"}, "was made for cloister"),
    ],
)  # fmt: skip
def test_claims_that_are_refused(
    house: Build, settings: dict[str, object], claims: dict[str, object], reason: str
) -> None:
    corp = house(**settings)
    assert corp.ask(corp.server.sign(corp.claims(**claims))) == [refused(reason)]
    with corp.engine.connect() as connection:
        assert connection.execute(select(USERS)).all() == []


_BAD_SIGNATURE = refused("has a signature that is not its issuer's")
_NO_KEY = refused("is signed with no key that its issuer publishes, or does not say with which one")
_ALGORITHMS = "which is none of RS256, PS256, ES256, EdDSA, Ed25519"
_FOREIGN = RSAKey.generate_key(2048, {"kid": "one"})
_CURVE = ECKey.generate_key("P-256", {"kid": "curve"})
_LONG_CURVE = ECKey.generate_key("P-384", {"kid": "long"})
_EDWARDS = OKPKey.generate_key("Ed25519", {"kid": "edwards"})
_ENCRYPTING = RSAKey.generate_key(2048, {"kid": "encrypting"})
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    _SHORT = RSAKey.generate_key(1024, {"kid": "short"})
_FIXED = RSAKey.generate_key(2048, {"kid": "fixed"})
_SHARED = OctKey.import_key("shared-secret-of-more-than-32-bytes!", {"kid": "shared"})


def forgeries(corp: House) -> dict[str, tuple[str, Principal | str]]:
    """Tokens with what comes of them; the issuer publishes all the keys above except the foreign one."""
    server, claims = corp.server, corp.claims()
    good = server.sign(claims)
    head, payload, signature = good.split(".")
    public = server.key.as_pem(private=False)
    admin = server.encode(json.dumps(claims | {"preferred_username": "root"}).encode())

    confused = f"{server.encode(json.dumps({'alg': 'HS256', 'kid': 'one'}).encode())}.{admin}"

    def named(**header: object) -> str:
        return server.encode(json.dumps({"alg": "RS256", "kid": "one"} | header).encode())

    return {
        "RS256": (good, ADA),
        "PS256": (server.sign(claims, alg="PS256"), ADA),
        "ES256": (server.sign(claims, _CURVE, alg="ES256"), ADA),
        "EdDSA": (server.sign(claims, _EDWARDS, alg="EdDSA"), ADA),
        "Ed25519": (server.sign(claims, _EDWARDS, alg="Ed25519"), ADA),
        "an access token by its type": (server.sign(claims, typ="at+jwt"), ADA),
        "no type": (server.sign(claims, typ=None), ADA),
        "alg none": (server.sign(claims, alg="none"), refused(f'is signed with "none", {_ALGORITHMS}')),
        "alg None": (f"{named(alg='None')}.{payload}.", refused(f'is signed with "None", {_ALGORITHMS}')),
        "alg none, signature kept": (
            f"{named(alg='none')}.{payload}.{signature}",
            refused(f'is signed with "none", {_ALGORITHMS}'),
        ),
        "no alg": (f"{server.encode(b'{}')}.{payload}.{signature}", refused(f'is signed with "None", {_ALGORITHMS}')),
        "alg as a list": (
            f"{named(alg=['RS256'])}.{payload}.{signature}",
            refused(f"is signed with \"['RS256']\", {_ALGORITHMS}"),
        ),
        "no signature": (f"{head}.{payload}.", _BAD_SIGNATURE),
        "HS256 with the public key": (
            f"{confused}.{server.encode(hmac.digest(public, confused.encode(), 'sha256'))}",
            refused(f'is signed with "HS256", {_ALGORITHMS}'),
        ),
        "HS256 with a published secret": (
            server.sign(claims, _SHARED, alg="HS256"),
            refused(f'is signed with "HS256", {_ALGORITHMS}'),
        ),
        "a foreign key under a known name": (server.sign(claims, _FOREIGN), _BAD_SIGNATURE),
        "a foreign key that comes along": (
            server.sign(claims, _FOREIGN, jwk=_FOREIGN.as_dict(private=False)),
            _BAD_SIGNATURE,
        ),
        "a foreign key at an address that comes along": (
            server.sign(claims, _FOREIGN, jku="http://127.0.0.1:9/"),
            _BAD_SIGNATURE,
        ),
        "a foreign key under an unknown name": (server.sign(claims, _FOREIGN, kid="two"), _NO_KEY),
        "a path as the name of the key": (server.sign(claims, _FOREIGN, kid="../../dev/null"), _NO_KEY),
        "no name of a key, where one fits": (server.sign(claims, kid=None), ADA),
        "no name of a key, where two fit": (server.sign(claims, kid=None, alg="PS256"), _NO_KEY),
        "a name of a key that is no text": (
            f"{named(kid=1)}.{payload}.{signature}",
            refused("names its key by something other than a text"),
        ),
        "other claims under a good signature": (f"{head}.{admin}.{signature}", _BAD_SIGNATURE),
        "another header under a good signature": (f"{named(typ='jwt')}.{payload}.{signature}", _BAD_SIGNATURE),
        "a key for encryption": (server.sign(claims, _ENCRYPTING), _NO_KEY),
        "a key that is too short": (server.sign(claims, _SHORT), _NO_KEY),
        "a key for another algorithm": (server.sign(claims, _FIXED), _NO_KEY),
        "the algorithm that the key is for": (server.sign(claims, _FIXED, alg="PS256"), ADA),
        "a curve of another size": (
            server.sign(claims, _LONG_CURVE, alg="ES384"),
            refused(f'is signed with "ES384", {_ALGORITHMS}'),
        ),
        "an elliptic algorithm with an RSA key's name": (f"{named(alg='ES256')}.{payload}.{signature}", _NO_KEY),
        "critical extensions": (
            server.sign(claims, crit=["b64"], b64=True),
            refused("demands extensions that are not known here"),
        ),
        "an unencoded payload": (
            f"{named(b64=False)}.{payload}.{signature}",
            refused("demands extensions that are not known here"),
        ),
        "a logout token": (
            server.sign(claims, typ="logout+jwt"),
            refused('is of the type "logout+jwt", which says nobody\'s identity'),
        ),
        "claims twice": (
            server.sign(json.dumps(claims)[:-1].encode() + b', "sub": "u-2"}'),
            refused("it is malformed, or its signature is not this platform's"),
        ),
        "a list of claims": (
            server.sign([claims]),
            refused("it is malformed, or its signature is not this platform's"),
        ),
        "five parts": (f"{good}.a.b", refused("it is not a JSON Web Token")),
        "too long": (server.sign(corp.claims(more="x" * 20_000)), refused("it is not a JSON Web Token")),
    }


def test_forged_tokens(house: Build) -> None:
    corp = house()
    published = (corp.server.key, _CURVE, _LONG_CURVE, _EDWARDS, _SHORT)
    encrypting = _ENCRYPTING.as_dict(private=False) | {"use": "enc"}
    fixed = _FIXED.as_dict(private=False) | {"alg": "PS256"}
    corp.server.publish(*published, encrypting, fixed, _SHARED.as_dict(private=True))
    table = forgeries(corp)
    found = dict(zip(table, corp.ask(*(token for token, _ in table.values())), strict=True))
    assert found == {name: expected for name, (_, expected) in table.items()}
    # However many keys were asked for, the issuer was asked once for the first and never again in that moment.
    assert corp.server.asked == {"/.well-known/openid-configuration": 1, "/jwks": 1}


def test_a_token_is_checked_once_and_its_end_each_time(house: Build) -> None:
    corp = house()
    token = corp.server.sign(corp.claims())
    assert corp.ask(token, token) == [ADA, ADA]
    corp.later(3599)
    assert corp.ask(token) == [ADA]
    corp.later(1)
    assert corp.ask(token) == [refused("expired at 2026-11-26 13:00:00 UTC")]


def test_keys_rotate(house: Build) -> None:
    """A key that is new is fetched when a token names it, at most every ten seconds; with a key, its tokens end."""
    corp = house()
    following = RSAKey.generate_key(2048, {"kid": "two"})
    old, new = corp.server.sign(corp.claims()), corp.server.sign(corp.claims(), following)
    assert corp.ask(old, new, new) == [ADA, _NO_KEY, _NO_KEY]
    assert corp.server.asked["/jwks"] == 1
    corp.server.publish(corp.server.key, following)
    corp.later(11)
    assert corp.ask(new, old) == [ADA, ADA]
    assert corp.server.asked["/jwks"] == 2
    corp.server.publish(following)
    corp.later(590)
    assert corp.ask(old) == [ADA]
    corp.later(11)
    # The token that is asked with brings the reading about; the one after it is judged by what was read.
    assert corp.ask(old, *[new] * 3) == [ADA, ADA, ADA, ADA]
    corp.later(11)
    assert corp.ask(corp.server.sign(corp.claims(), kid="three"), old, new) == [_NO_KEY, _NO_KEY, ADA]


def test_made_up_key_names_do_not_reach_the_issuer(house: Build) -> None:
    corp = house()
    made_up = [corp.server.sign(corp.claims(), kid=f"k{number}") for number in range(50)]
    assert corp.ask(*made_up) == [_NO_KEY] * 50
    corp.later(11)
    assert corp.ask(*made_up) == [_NO_KEY] * 50
    assert corp.server.asked["/jwks"] == 2


def test_an_issuer_that_is_away_is_believed_for_a_day(house: Build) -> None:
    corp = house(longest_token_seconds=10**6)
    token = corp.server.sign(corp.claims(exp=int(_NOW.timestamp()) + 10**6))
    assert corp.ask(token) == [ADA]
    corp.server.answers.clear()
    corp.later(24 * 3600 - 1)
    assert corp.ask(token) == [ADA]
    corp.later(20)
    assert corp.ask(token) == ["SourceError: answers with status 404"]
    corp.later(20)
    corp.server.publish(corp.server.key)
    assert corp.ask(token) == [ADA]


@pytest.mark.parametrize(
    ("path", "answer", "reason"),
    [
        ("/jwks", (404, {}), "answers with status 404"),
        ("/jwks", (302, {}), "answers with status 302"),
        ("/jwks", (200, b"no JSON"), "does not answer with JSON"),
        ("/jwks", (200, b"[" * 100_000), "does not answer with JSON"),
        ("/jwks", (200, []), "does not answer with a JSON object"),
        ("/jwks", (200, {"keys": "one"}), "has no list of keys"),
        ("/jwks", (200, {"keys": []}), "hold none that could check a signature"),
        ("/jwks", (200, {"keys": [{"kty": "RSA"}, 7, {"kty": "oct", "k": "x"}, {"kty": "RSA", "n": "x", "e": "y"}]}),
         "hold none that could check a signature"),
        ("/jwks", (200, b" " * 600_000), "answers with more than 524288 bytes"),
        ("/.well-known/openid-configuration", (200, {"issuer": "https://evil.example"}),
         'says that it is of the issuer "https://evil.example"'),
    ],
)  # fmt: skip
def test_answers_of_an_issuer_that_are_not_taken(
    house: Build, path: str, answer: tuple[int, object], reason: str
) -> None:
    corp = house()
    corp.server.answers[path] = answer
    token = corp.server.sign(corp.claims())
    assert corp.ask(token, token) == [f"SourceError: {reason}"] * 2
    assert corp.server.asked[path] == 1


def test_keys_are_never_fetched_where_others_could_change_them(house: Build) -> None:
    corp = house()
    document = corp.server.document(jwks_uri="http://192.0.2.1/jwks")
    corp.server.answers["/.well-known/openid-configuration"] = 200, document
    assert corp.ask(corp.server.sign(corp.claims())) == ["SourceError: is no https URL (http is for loopback alone)"]


def test_keys_from_a_file(house: Build, tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    cluster = house(keys_file=str(file))
    token = cluster.server.sign(cluster.claims())
    assert cluster.ask(token) == ["SourceError: cannot be read as JSON"]
    file.write_text(json.dumps({"keys": [cluster.server.key.as_dict(private=False)]}))
    cluster.later(11)
    assert cluster.ask(token) == [ADA]
    assert not cluster.server.asked


def test_whoever_is_shut_out_here_is_out(house: Build) -> None:
    corp = house()
    token = corp.server.sign(corp.claims())
    assert corp.ask(token) == [ADA]
    set_disabled(corp.engine, "corp:ada", disabled=True, now=corp.now)
    corp.later(2)
    assert corp.ask(token) == [refused('the user "corp:ada" is not let in')]
    set_disabled(corp.engine, "corp:ada", disabled=False, now=corp.now)
    corp.later(2)
    newer = corp.server.sign(corp.claims(iat=int(corp.now.timestamp())))
    assert corp.ask(token, newer) == [refused("the token is from before the user's last change"), ADA]


def test_a_name_is_one_persons_for_good(house: Build) -> None:
    corp = house()
    renamed = corp.server.sign(corp.claims(preferred_username="eve"))
    somebody_else = corp.server.sign(corp.claims(sub="u-2"))
    assert corp.ask(corp.server.sign(corp.claims()), renamed, somebody_else) == [
        ADA,
        ADA,
        refused("is the name of somebody else from another login"),
    ]


def test_a_local_user_of_the_same_name_is_somebody_else(house: Build) -> None:
    corp = house()
    password = add_user(corp.engine, "ada", ["ml-admins"], None, now=_NOW)
    assert corp.ask(corp.server.sign(corp.claims())) == [ADA]
    assert ADA.persons.isdisjoint(Principal("ada", "user").persons)
    assert password_matches(corp.engine, "ada", password)
    assert not password_matches(corp.engine, "corp:ada", "")
    with pytest.raises(SpecError, match='logs in at "corp" and has no password here'):
        set_password(corp.engine, "corp:ada", None, now=_NOW)
    with pytest.raises(SpecError, match="is no user name"):
        add_user(corp.engine, "corp:eve", [], None, now=_NOW)


_GITHUB = [
    {"subject": "repo:octo/churn:ref:refs/heads/main", "groups": ["trainers"]},
    {"subject": "repo:octo/churn:*", "groups": ["readers"]},
    {"subject": "system:serviceaccount:ml:train-?", "groups": ["trainers"]},
]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("repo:octo/churn:ref:refs/heads/main", ("corp:readers", "corp:trainers")),
        ("repo:octo/churn:pull_request", ("corp:readers",)),
        ("system:serviceaccount:ml:train-1", ("corp:trainers",)),
        ("repo:octo/churn-evil:ref:refs/heads/main", None),
        ("repo:octo/churn", None),
        ("REPO:octo/churn:pull_request", None),
        ("system:serviceaccount:ml:train-12", None),
        ("system:serviceaccount:mlx:train-1", None),
        ("ada", None),
    ],
)
def test_workloads_are_let_in_by_their_subject(house: Build, subject: str, expected: tuple[str, ...] | None) -> None:
    corp = house(kind="workload", workloads=_GITHUB)
    (found,) = corp.ask(corp.server.sign(corp.claims(sub=subject, preferred_username=None, groups=["ml-admins"])))
    unknown = refused(f'names the workload "{subject}", which no pattern of the configuration covers')
    assert found == (unknown if expected is None else Principal(f"corp:{subject}", "workload", expected))
    with corp.engine.connect() as connection:
        assert connection.execute(select(USERS)).all() == []


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"issuer": "http://corp.example"}, "is no https URL"),
        ({"issuer": "https://user@corp.example"}, "is no https URL"),
        ({"issuer": "https://corp.example#x"}, "is no https URL"),
        ({"keys_url": "http://corp.example/jwks"}, "is no https URL"),
        ({"name": "Corp"}, "should match pattern"),
        ({"name": "a:b"}, "should match pattern"),
        ({"name": "job"}, "is a word of the platform's own"),
        ({"audiences": []}, "vouches for nobody"),
        ({"keys_url": "https://corp.example/jwks", "keys_file": "/jwks"}, "has two places of its keys"),
        ({"kind": "workload", "login": {"client_id": "c"}}, "no workload logs in with a browser"),
        ({"workloads": _GITHUB}, "its tokens are of people"),
        ({"kind": "workload", "workloads": [{"subject": "*", "groups": []}]}, "is open to strangers"),
        ({"kind": "workload", "workloads": [{"subject": "repo:*", "groups": []}]}, "is open to strangers"),
        ({"kind": "workload", "workloads": [{"subject": "repo:oct*", "groups": []}]}, "is open to strangers"),
        ({"login": {"client_id": "c", "scopes": ["profile"]}}, 'needs the scope "openid"'),
        ({"login": {"client_id": "c", "session_seconds": 86400}}, "less than or equal to 43200"),
        ({"algorithms": ["none"]}, "Extra inputs are not permitted"),
    ],
)
def test_issuers_that_cannot_be_configured(settings: dict[str, object], reason: str) -> None:
    fine = {"name": "corp", "issuer": "https://corp.example", "audiences": ["a"]}
    assert Issuer.model_validate(fine).named("ada") == "corp:ada"
    with pytest.raises(ValidationError, match=re.escape(reason)):
        Issuer.model_validate_json(json.dumps(fine | settings))


def test_claims_that_the_site_takes_for_tags_are_tags(house: Build) -> None:
    it = house(tag_claims={"team": "department", "floor": "floor"})
    stated: list[dict[str, object]] = [{"department": "risk"}, {}, {"department": ["risk"]}, {"department": "x" * 257}]
    assert it.ask(*(it.server.sign(it.claims(**more)) for more in stated)) == [
        Principal("corp:ada", "user", ADA.groups, tags=(("team", "risk"),)),
        ADA,
        refused("has no text in the claim department"),
        refused("has more than 256 letters in the claim department"),
    ]
