"""Signatures that botocore and MLflow's signer make hold, and hold for nothing but what was signed."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from urllib.parse import quote, urlencode, urlsplit

import pytest
import requests

pytest.importorskip("botocore", reason="not run: AWS's clients are not installed (dependency group aws)")
pytest.importorskip("requests_auth_aws_sigv4", reason="not run: AWS's clients are not installed (dependency group aws)")
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st
from requests_auth_aws_sigv4 import AWSSigV4

from cloister.access.sigv4 import Claim, Sent, check_coverage, check_scope, holds, read_claim, sign, signed_at
from cloister.errors import RefusedError

ID, SECRET = "CLAKABCDEFGHIJKLMNOP", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
EMPTY = hashlib.sha256(b"").hexdigest()
METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"])
# Everything that an artifact may be called; dot segments are refused by the gateway before they are looked at.
NAMES = st.text(
    st.characters(min_codepoint=32, exclude_characters="/\\#?%", exclude_categories=["Cs"]), min_size=1, max_size=8
)
SEGMENTS = NAMES.filter(lambda name: name not in (".", "..")).map(lambda name: quote(name, safe="-_.~"))
PATHS = st.lists(SEGMENTS, min_size=1, max_size=4).map(lambda segments: "/" + "/".join(segments))
PAIRS = st.lists(st.tuples(NAMES, NAMES), max_size=4)
BODIES = st.one_of(st.just(b""), st.binary(min_size=1, max_size=40))
TOKENS = st.sampled_from([None, "first.abc-DEF_123"])


def sent_of(method: str, url: str, headers: "dict[str, str] | MappingProxyType[str, str]", body: bytes) -> Sent:
    parts = urlsplit(url)
    lower = {str(name).lower(): str(value) for name, value in headers.items()}
    return Sent(method, parts.path, parts.query, lower, hashlib.sha256(body).hexdigest())


def by_botocore(method: str, url: str, body: bytes, token: str | None, service: str = "execute-api") -> Sent:
    request = AWSRequest(method, url, {"Content-Type": "application/json"}, body)
    SigV4Auth(Credentials(ID, SECRET, token), service, "eu-west-1").add_auth(request)
    return sent_of(method, url, {"host": urlsplit(url).netloc} | dict(request.headers.items()), body)


def by_mlflow(method: str, url: str, body: bytes, token: str | None) -> Sent:
    signer = AWSSigV4(
        "execute-api", region="eu-west-1", aws_access_key_id=ID, aws_secret_access_key=SECRET, aws_session_token=token
    )
    prepared = signer(requests.Request(method, url, data=body).prepare())
    return sent_of(method, str(prepared.url), dict(prepared.headers), body)


def claim_of(sent: Sent) -> Claim:
    return read_claim(sent.headers["authorization"])


def is_taken(sent: Sent, now: datetime | None = None) -> bool:
    """Whether the whole of the check lets a request pass."""
    try:
        claim = read_claim(sent.headers["authorization"])
        check_scope(claim, regions=("eu-west-1",), services=("execute-api", "sts"))
        check_coverage(claim, sent.headers)
        signed_at(claim, sent.headers, now=now or datetime.now(UTC))
    except RefusedError:
        return False
    return claim.key_id == ID and holds(claim, sent, SECRET)


@settings(max_examples=60, deadline=None)
@given(METHODS, PATHS, PAIRS, BODIES, TOKENS)
def test_what_botocore_signs_is_taken(
    method: str, path: str, pairs: list[tuple[str, str]], body: bytes, token: str | None
) -> None:
    query = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)
    url = f"http://127.0.0.1:5000{path}" + (f"?{query}" if query else "")
    assert is_taken(by_botocore(method, url, body, token))


@settings(max_examples=60, deadline=None)
@given(METHODS, PATHS, st.dictionaries(NAMES, NAMES, max_size=4), BODIES, TOKENS)
def test_what_the_signer_of_mlflow_signs_is_taken(
    method: str, path: str, pairs: dict[str, str], body: bytes, token: str | None
) -> None:
    body = b"" if method == "GET" else body
    sent = by_mlflow(method, f"http://127.0.0.1:5000{path}" + (f"?{urlencode(pairs)}" if pairs else ""), body, token)
    assert sent.headers["host"] == "127.0.0.1"
    # requests encodes an URL once more where it holds something else; what is signed is what is sent.
    assert is_taken(sent)


@settings(max_examples=40, deadline=None)
@given(METHODS, PATHS, PAIRS, BODIES, TOKENS)
def test_our_own_signature_is_the_one_that_botocore_makes_of_a_path_without_letters_to_encode(
    method: str, path: str, pairs: list[tuple[str, str]], body: bytes, token: str | None
) -> None:
    plain = "/" + hashlib.sha256(path.encode()).hexdigest()
    query = urlencode(pairs, quote_via=quote, safe="-_.~")
    sent = by_botocore(method, f"http://h:1{plain}" + (f"?{query}" if query else ""), body, token)
    assert sign(claim_of(sent), sent, SECRET) == claim_of(sent).signature


URL = "http://h:1/api/2.0/mlflow-artifacts/artifacts/1/a%20b/c?path=x&run_id=abc"
SIGNED, BY_MLFLOW = (
    by_botocore("PUT", URL, b"body", "first.abc"),
    by_mlflow("GET", "http://h:1/a%20b?x=1&y=2", b"", None),
)
# They hold for minutes, which it may be until their tests are begun.
THEN = datetime.now(UTC)


def flipped(text: str, bit: int) -> str:
    raw = bytearray(text.encode("latin-1"))
    raw[bit // 8] ^= 1 << (bit % 8)
    return raw.decode("latin-1")


def changed_field(sent: Sent, field: str, bit: int) -> Sent:
    fields = {name: getattr(sent, name) for name in ("method", "path", "query", "headers", "body_sha256")}
    return Sent(**fields | {field: flipped(fields[field], bit)})


def mutants(sent: Sent) -> list[tuple[str, Sent]]:
    """Every request that differs from this one in one bit of what counts."""
    found = [
        (f"{field} bit {bit}", changed_field(sent, field, bit))
        for field in ("method", "path", "query", "body_sha256")
        for bit in range(8 * len(getattr(sent, field)))
    ]
    for name, value in sent.headers.items():
        found.extend(
            (f"{name} bit {bit}", replace(sent, headers={**sent.headers, name: flipped(value, bit)}))
            for bit in range(8 * len(value))
        )
    return found


@pytest.mark.parametrize(
    "sent",
    [SIGNED, BY_MLFLOW],
    ids=["botocore", "mlflow"],
)
def test_no_bit_of_a_signed_request_can_be_another(sent: Sent) -> None:
    assert is_taken(sent, THEN)
    counts = set(claim_of(sent).signed) | {"authorization"}
    taken = [name for name, mutant in mutants(sent) if is_taken(mutant, THEN)]
    # Only headers that nobody signed may differ: none of them counts for what MLflow does.
    assert [name for name in taken if name.split(" ")[0] in counts | {"method", "path", "query", "body_sha256"}] == []


def resigned(**changes: object) -> Sent:
    """The request with a claim or a header of another kind, signed for all of it with the right secret."""
    claim = claim_of(SIGNED)
    told = {"day": claim.day, "region": claim.region, "service": claim.service, "signed": claim.signed} | changes
    claim = Claim(ID, str(told["day"]), str(told["region"]), str(told["service"]), tuple(told["signed"]), "")  # type: ignore[arg-type]
    signature = sign(claim, SIGNED, SECRET)
    names = ";".join(claim.signed)
    authorization = f"AWS4-HMAC-SHA256 Credential={ID}/{claim.scope}, SignedHeaders={names}, Signature={signature}"
    return replace(SIGNED, headers={**SIGNED.headers, "authorization": authorization})


@pytest.mark.parametrize(
    ("changes", "taken"),
    [
        pytest.param({}, True, id="as it was"),
        pytest.param({"day": "20200101"}, False, id="with the key of another day"),
        pytest.param({"region": "eu-west-2"}, False, id="for another region"),
        pytest.param({"service": "s3"}, False, id="for another service"),
        pytest.param({"signed": claim_of(SIGNED).signed[::-1]}, False, id="headers out of order"),
        pytest.param({"signed": (claim_of(SIGNED).signed[0], *claim_of(SIGNED).signed)}, False, id="a header twice"),
        pytest.param({"signed": (*claim_of(SIGNED).signed, "x-zero")}, False, id="a header that is not there"),
        pytest.param({"signed": ("host", "x-amz-date")}, False, id="without the session token"),
    ],
)
def test_what_is_signed_well_and_refused_all_the_same(changes: dict[str, object], *, taken: bool) -> None:
    assert is_taken(resigned(**changes), THEN) is taken


def test_what_is_refused_beside_a_wrong_signature() -> None:
    def changed(**headers: str) -> Sent:
        return replace(
            SIGNED, headers={**SIGNED.headers} | {name.replace("_", "-"): told for name, told in headers.items()}
        )

    def without(*names: str) -> Sent:
        return replace(SIGNED, headers={name: told for name, told in SIGNED.headers.items() if name not in names})

    authorization = SIGNED.headers["authorization"]
    refused = {
        "a header that counts is added": changed(x_amz_target="Delete"),
        "a signed header is taken away": without("x-amz-security-token"),
        "the time is taken away": without("x-amz-date"),
        "a query key is added": replace(SIGNED, query=SIGNED.query + "&more=1"),
        "a query key is doubled": replace(SIGNED, query=SIGNED.query + "&path=x"),
        "a query key loses its sign": replace(by_botocore("GET", "http://h:1/a?flag=", b"", None), query="flag"),
        "the path is encoded twice": replace(SIGNED, path=quote(SIGNED.path, safe="-_.~/")),
        "the path is decoded": replace(SIGNED, path=SIGNED.path.replace("%20", " ")),
        "signed headers out of order": changed(
            authorization=authorization.replace("content-type;host", "host;content-type")
        ),
        "a signed header is named twice": changed(authorization=authorization.replace("host;", "host;host;")),
        "another scheme": changed(authorization=authorization.replace("SHA256", "SHA1")),
        "more after the signature": changed(authorization=authorization + ", x"),
        "another service": by_botocore("PUT", URL, b"body", None, "s3"),
    }
    assert [name for name, sent in refused.items() if is_taken(sent, THEN)] == []


@pytest.mark.parametrize(("minutes", "taken"), [(-6, False), (-4, True), (0, True), (4, True), (6, False)])
def test_a_signature_holds_for_five_minutes(minutes: int, *, taken: bool) -> None:
    at = datetime.strptime(SIGNED.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert is_taken(SIGNED, at + timedelta(minutes=minutes)) is taken


def test_of_two_query_keys_of_one_name_both_are_signed() -> None:
    """MLflow's signer signs the last one alone; that covers less than what is sent, and is refused."""
    sent = by_botocore("GET", "http://h:1/a?id=1&id=2", b"", None)
    assert is_taken(sent)
    assert is_taken(replace(sent, query="id=2&id=1"))  # their order is free, as everywhere in this scheme
    assert not is_taken(replace(sent, query="id=2"))
    assert not is_taken(replace(by_botocore("GET", "http://h:1/a?id=2", b"", None), query="id=1&id=2"))
