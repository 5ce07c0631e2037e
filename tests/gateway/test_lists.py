"""Lists before a real MLflow: every page is full of what the caller may see, and tells nothing of the rest."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import OKPKey
from mlflow.tracking import MlflowClient

from cloister.access.policies import read_policy
from cloister.access.policy_set import PolicySet
from cloister.access.principals import Principal
from cloister.errors import SpecError
from cloister.gateway.lists.clauses import clauses
from cloister.gateway.lists.listings import LISTINGS
from cloister.gateway.lists.rows import Rows
from cloister.gateway.lists.showing import Lists
from cloister.gateway.lists.tokens import PageTokens
from cloister.gateway.lists.versions import readable
from cloister.gateway.mlflow.canonical import canonical
from cloister.gateway.mlflow.lookup import Lookup
from cloister.gateway.mlflow.resources import named
from cloister.gateway.mlflow.routes import find
from cloister.gateway.passing.upstream import Answer, Upstream
from cloister.gateway.rights.asking import Asker
from cloister.gateway.rights.judging import judge_list
from cloister.gateway.rights.makers import Makers
from cloister.verdict import Answer as Decided

if TYPE_CHECKING:
    from tests.gateway.conftest import Running

pytestmark = pytest.mark.platform
_API = "/api/2.0/mlflow/"
_SEARCHES = {
    "experiments": ("experiments/search", "mlflow:SearchExperiments"),
    "registered_models": ("registered-models/search", "mlflow:SearchRegisteredModels"),
    "model_versions": ("model-versions/search", "mlflow:SearchModelVersions"),
}
_KEY = OKPKey.generate_key("Ed25519")
# What LIKE, quotes, percent-encoding and JSON each read in a way of their own.
_NAMES = (
    "ls-a",
    "ls-ab",
    "ls_a",
    "lsXa",
    "ls%a",
    "ls%25a",
    "ls'a",
    'ls"a',
    "ls`a",
    "ls\\a",
    "ls\\%a",
    "ls*a",
    "ls?a",
    "lsé",
    "lsüa",
    "lsü",
    "ls日本a",
    "ls A",
    "LS-A",
    "ls--a",
    "ls;a",
    "ls#a",
    "ls' OR name LIKE '%",
    "ls-a' --",
    "ls+a",
    "ls&a=b",
)


class Counting(Upstream):
    """The way to MLflow, and how often it was gone."""

    sent = 0

    async def send(
        self,
        method: str,
        target: str,
        headers: Iterable[tuple[bytes, bytes]] = (),
        content: bytes | AsyncIterable[bytes] = b"",
    ) -> Answer:
        self.sent += 1
        return await super().send(method, target, headers, content)


def on_mlflow(running: Running, work: Callable[[Counting], Awaitable[None]]) -> None:
    async def run() -> None:
        upstream = Counting(running.home / "run" / "mlflow.sock")
        try:
            await work(upstream)
        finally:
            await upstream.close()

    asyncio.run(run())


async def post(upstream: Upstream, path: str, document: Mapping[str, object]) -> Mapping[str, Any]:
    headers = [(b"content-type", b"application/json")]
    answer = await upstream.send("POST", _API + path, headers, json.dumps(document).encode())
    body = json.loads(await answer.read())
    assert answer.is_success, body
    return dict(body)


@pytest.fixture(scope="module", name="mlflow")
def _mlflow(running: Running) -> Running:
    """An experiment for each name, a model with two versions for each that may be one."""

    async def make(upstream: Counting) -> None:
        made = await post(upstream, "runs/create", {"experiment_id": "0"})
        run = str(made["run"]["info"]["run_id"])
        for name in _NAMES:
            await post(upstream, "experiments/create", {"name": name})
            await post(upstream, "registered-models/create", {"name": name})
            for _ in range(2):
                version = {"name": name, "source": f"runs:/{run}/m", "run_id": run}
                await post(upstream, "model-versions/create", version)

    on_mlflow(running, make)
    return running


def asker(*statements: Mapping[str, object], name: str = "nick") -> Asker:
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return Asker(Principal(name, "user"), PolicySet([read_policy(text, "p")]), {})


def statement(effect: str, resources: Iterable[str]) -> dict[str, object]:
    return {"Effect": effect, "Action": "mlflow:Search*", "Resource": list(resources)}


def allow(*resources: str) -> dict[str, object]:
    return statement("Allow", resources)


def deny(*resources: str) -> dict[str, object]:
    return statement("Deny", resources)


def lists(
    running: Running, upstream: Upstream, now: datetime = datetime(2026, 11, 26, tzinfo=UTC), key: OKPKey = _KEY
) -> Lists:
    rows = Rows(Lookup(upstream, time.monotonic), Makers(running.engine))
    return Lists(upstream, PageTokens(key, lambda: now), rows)


async def page(here: Lists, who: Asker, rows: str, search: Mapping[str, object]) -> dict[str, object]:
    path, _ = _SEARCHES[rows]
    match = find("GET", _API + path)
    assert match is not None
    request = canonical(match, urlencode(search, doseq=True, quote_via=quote).encode(), None)
    return dict(json.loads(await here.answer(request, rows, who)))


async def walk(here: Lists, who: Asker, rows: str, search: Mapping[str, object]) -> list[list[dict[str, object]]]:
    pages: list[list[dict[str, object]]] = []
    token: dict[str, object] = {}
    while True:
        found = await page(here, who, rows, {**search, **token})
        listed = found.get(rows, [])
        assert isinstance(listed, list)
        pages.append(listed)
        if "next_page_token" not in found:
            return pages
        token = {"page_token": found["next_page_token"]}


async def visible(upstream: Upstream, who: Asker, rows: str, search: Mapping[str, object]) -> list[dict[str, str]]:
    """What MLflow lists, each row decided on."""
    path, action = _SEARCHES[rows]
    listing = LISTINGS[rows]
    query = urlencode({**search, "max_results": 1000}, doseq=True, quote_via=quote)
    answer = await upstream.send("GET", f"{_API}{path}?{query}")
    found = json.loads(await answer.read())
    assert "next_page_token" not in found
    return [
        row
        for row in found.get(rows, [])
        if who.decide(action, named(listing.kind, *(row[field] for field in listing.name))).answer is Decided.ALLOW
    ]


def alone(row: Mapping[str, object]) -> dict[str, object]:
    """A row without what it brings along."""
    return {field: value for field, value in row.items() if field not in ("latest_versions", "aliases")}


_pieces = st.sampled_from([*_NAMES, "ls", "l", "é", "日", "-", "a"])


@st.composite
def _patterns(draw: st.DrawFn) -> str:
    """A pattern that is near the names that there are, wildcards also inside of encoded characters."""
    text = quote(draw(_pieces), safe=" ")
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, len(text)))
    wildcard = draw(st.sampled_from(["*", "*", "?", "??", ""]))
    version = draw(st.sampled_from(["", "", "/*", "/1"]))
    return draw(st.sampled_from([text[:start] + wildcard + text[end:], text[:end] + "*", text])) + version


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.sampled_from(sorted(_SEARCHES)),
    allowed=st.lists(_patterns(), min_size=1, max_size=5),
    denied=st.lists(_patterns(), max_size=2),
    size=st.integers(1, 9),
    order=st.sampled_from([(), ("name ASC",), ("name DESC",), ("last_update", "name ASC")]),
)
def test_the_pages_are_what_may_be_seen_in_mlflows_order(
    mlflow: Running, rows: str, allowed: list[str], denied: list[str], size: int, order: tuple[str, ...]
) -> None:
    kind = LISTINGS[rows].kind
    who = asker(
        allow(*(f"{kind}/{text}" for text in allowed)), *([deny(*(f"{kind}/{text}" for text in denied))] * bool(denied))
    )
    stamp = "last_update_time DESC" if rows == "experiments" else "last_updated_timestamp DESC"
    order_by = [stamp if clause == "last_update" else clause for clause in order]

    async def both(upstream: Counting) -> None:
        pages = await walk(lists(mlflow, upstream), who, rows, {"max_results": size, "order_by": order_by})
        expected = await visible(upstream, who, rows, {"order_by": order_by})
        assert [alone(row) for some in pages for row in some] == list(map(alone, expected))
        assert all(len(some) == size for some in pages[:-1])
        assert pages[-1] or len(pages) == 1

    on_mlflow(mlflow, both)


def test_what_is_hidden_costs_nothing(mlflow: Running) -> None:
    """As many queries whether nothing or everything else is hidden."""

    async def count(upstream: Counting) -> None:
        who = asker(allow("experiment/ls_a", "experiment/ls%25a", "experiment/ls%C3%BC*"))
        before = upstream.sent
        found = await page(lists(mlflow, upstream), who, "experiments", {"max_results": 10})
        listed = found["experiments"]
        assert isinstance(listed, list)
        assert {row["name"] for row in listed} == {"ls_a", "ls%a", "lsü", "lsüa"}
        assert upstream.sent - before == 3

    on_mlflow(mlflow, count)


def test_a_page_has_a_bound_and_goes_on_from_there(mlflow: Running) -> None:
    """Denies inside of an allow cannot be asked for; a page that would take too long is short, and has a token."""

    async def go_on(upstream: Counting) -> None:
        many = [f"experiment/ls-hidden-{number:02}" for number in range(40)]
        for name in many:
            await post(upstream, "experiments/create", {"name": name.removeprefix("experiment/")})
        await post(upstream, "experiments/create", {"name": "ls-hidden-zz"})
        who = asker(allow("experiment/ls-hidden-*"), deny("experiment/ls-hidden-?[", *many))
        pages = await walk(lists(mlflow, upstream), who, "experiments", {"max_results": 1, "order_by": ["name ASC"]})
        assert [[row["name"] for row in some] for some in pages] == [["ls-hidden-zz"]]

    on_mlflow(mlflow, go_on)


@pytest.mark.parametrize(
    ("search", "reason"),
    [
        ({"page_token": "eyJvZmZzZXQiOiAxfQ=="}, "was not given out for this search"),
        ({"page_token": "x"}, "was not given out for this search"),
        ({"page_token": "é"}, "was not given out for this search"),
        ({"page_token": "{taken}", "filter": "name LIKE 'l%'"}, "was not given out for this search"),
        ({"page_token": "{taken}", "order_by": "name ASC"}, "was not given out for this search"),
        ({"page_token": "{taken}", "view_type": "ALL"}, "was not given out for this search"),
        ({"page_token": "{changed}"}, "was not given out for this search"),
        ({"max_results": "0"}, "is no number of rows"),
        ({"max_results": "50001"}, "is no number of rows"),
        ({"max_results": "-1"}, "is no number of rows"),
        ({"maxResults": "5"}, "is no field of this search"),
        ({"order_by": "nothing ASC"}, "is nothing that this list is ordered by"),
        ({"filter": "name = 'a' OR name LIKE '%'"}, r"is not taken by MLflow: Invalid clause"),
        ({"filter": "name = 'a'; name LIKE '%'"}, "is not taken by MLflow"),
        ({"filter": "name = 'a"}, "is not taken by MLflow"),
    ],
)
def test_a_search_that_is_refused(mlflow: Running, search: Mapping[str, str], reason: str) -> None:
    who = asker(allow("experiment/ls-*"))

    async def ask(upstream: Counting) -> None:
        here = lists(mlflow, upstream)
        taken = str((await page(here, who, "experiments", {"max_results": 1}))["next_page_token"])
        changed = taken[:-6] + ("A" if taken[-6] != "A" else "B") + taken[-5:]
        sent = {name: value.format(taken=taken, changed=changed) for name, value in search.items()}
        with pytest.raises(SpecError, match=reason) as caught:
            await page(here, who, "experiments", {"max_results": 1, **sent})
        assert "ls-%" not in str(caught.value)

    on_mlflow(mlflow, ask)


def test_a_token_is_one_callers_for_a_day_under_the_same_policies(mlflow: Running) -> None:
    async def ask(upstream: Counting) -> None:
        here, who = lists(mlflow, upstream), asker(allow("experiment/ls-*"))
        token = (await page(here, who, "experiments", {"max_results": 1}))["next_page_token"]
        search = {"max_results": 1, "page_token": token}
        assert await page(here, who, "experiments", search)
        others = [
            (here, asker(allow("experiment/ls-*"), name="nora")),
            (here, asker(allow("experiment/ls*"))),
            (lists(mlflow, upstream, datetime(2026, 11, 27, 0, 0, 1, tzinfo=UTC)), who),
            (lists(mlflow, upstream, key=OKPKey.generate_key("Ed25519")), who),
        ]
        for there, other in others:
            with pytest.raises(SpecError, match="was not given out"):
                await page(there, other, "experiments", search)

    on_mlflow(mlflow, ask)


def test_a_token_does_not_tell_how_much_is_hidden(mlflow: Running) -> None:
    """The same length, whether one row or many were passed over."""

    async def ask(upstream: Counting) -> None:
        here = lists(mlflow, upstream)
        for who in (asker(allow("experiment/*"), deny("experiment/ls?*b")), asker(allow("experiment/*"))):
            found = await page(here, who, "experiments", {"max_results": 1})
            assert len(str(found["next_page_token"])) == 60

    on_mlflow(mlflow, ask)


def test_a_model_brings_along_those_of_its_versions_that_may_be_seen(mlflow: Running) -> None:
    with mlflow.http("ada") as http:
        for version in ("1", "2"):
            alias = {"name": "ls'a", "alias": f"of-{version}", "version": version}
            http.post(_API + "registered-models/alias", json=alias).raise_for_status()

    async def ask(upstream: Counting) -> None:
        here = lists(mlflow, upstream)
        told: list[object] = []
        for versions in (["model-version/ls%27a/1"], ["model-version/ls%27a/2"], ["model-version/*"], ["experiment/*"]):
            who = asker(allow("registered-model/ls%27a"), allow(*versions))
            [[model]] = await walk(here, who, "registered_models", {"max_results": 5})
            newest, aliases = model.get("latest_versions", []), model.get("aliases", [])
            assert isinstance(newest, list)
            assert isinstance(aliases, list)
            told.append(([one["version"] for one in newest], sorted(one["alias"] for one in aliases)))
        assert told == [([], ["of-1"]), (["2"], ["of-2"]), (["2"], ["of-1", "of-2"]), ([], [])]

    on_mlflow(mlflow, ask)


def owned(effect: str, value: str, *resources: str) -> dict[str, object]:
    return {**statement(effect, resources), "Condition": {"Bool": {"mlflow:Owned": value}}}


@pytest.mark.parametrize("rows", sorted(_SEARCHES))
@pytest.mark.parametrize(
    "statements",
    [
        [owned("Allow", "true", "*")],
        [owned("Allow", "true", "*"), allow("*/ls-*")],
        [allow("*"), owned("Deny", "false", "*")],
        [allow("*/ls-*"), owned("Deny", "true", "*")],
        [{**statement("Allow", "*"), "Condition": {"Bool": {"mlflow:ParentOwned": "true"}}}],
        [{**statement("Allow", "*"), "Condition": {"BoolIfExists": {"mlflow:ParentOwned": "true"}}}],
    ],
)
def test_what_somebody_owns_is_asked_for_by_name(
    mlflow: Running, rows: str, statements: list[Mapping[str, object]]
) -> None:
    """The same as everything, each row decided on with its owner; at the cost of what is shown."""
    mine = {"ls_a", "ls'a", "lsüa", "ls-a", "ls日本a"}
    who = asker(*statements, name="olga")
    makers = Makers(mlflow.engine)

    async def both(upstream: Counting) -> None:
        listed = await visible(upstream, asker(allow("*")), rows, {})
        of_them = [row for row in listed if row["name"] in mine]
        for row in of_them:
            if rows == "experiments":
                makers.add("experiment", row["experiment_id"], {"olga"})
            elif rows == "registered_models":
                makers.created("registered-model", row["name"], {"olga"}, 1)
            elif row["version"] == "2":
                makers.created("model-version", f"{row['name']}/2", {"olga"}, 1)
        here = lists(mlflow, upstream)
        shown = await here.rows.shown(listed, LISTINGS[rows], _SEARCHES[rows][1], who)
        before = upstream.sent
        pages = await walk(here, who, rows, {"max_results": 1000})
        expected = [alone(row) for row, is_shown in zip(listed, shown, strict=True) if is_shown]
        assert [list(map(alone, some)) for some in pages] == [expected]
        assert upstream.sent - before <= 6

    on_mlflow(mlflow, both)


@pytest.mark.parametrize(
    ("kind", "allowed", "texts"),
    [
        ("experiment", ["churn"], ["name = 'churn'"]),
        ("experiment", ["churn*"], ["name LIKE 'churn%'"]),
        ("experiment", ["churn?"], ["name LIKE 'churn%'"]),
        ("experiment", ["*-prod"], ["name LIKE '%-prod'"]),
        ("experiment", ["*ab"], ["name LIKE '%ab'"]),
        ("experiment", ["*AB"], [""]),
        ("experiment", ["a_b*"], ["name LIKE 'a_b%'"]),
        ("experiment", ["a_b"], ["name = 'a_b'"]),
        ("experiment", ["a%25b"], ["name = 'a%b'"]),
        ("experiment", ["a%25b*"], ["name LIKE 'a_b%'"]),
        ("experiment", ["a%27b", "a%5C*", "%2Ab"], ["name LIKE 'a_b'", "name LIKE 'a_%'", "name LIKE '_b'"]),
        ("experiment", ["caf%C3%A9"], ["name = 'café'"]),
        ("experiment", ["caf%C3*"], ["name LIKE 'caf%'"]),
        ("experiment", ["caf%C*"], ["name LIKE 'caf%'"]),
        ("experiment", ["a%*"], ["name LIKE 'a%'"]),
        ("experiment", ["*%A9x"], ["name LIKE '%x'"]),
        ("experiment", ["a*", "ab", "abc*", "b"], ["name LIKE 'a%'", "name = 'b'"]),
        ("experiment", ["a", "*"], [""]),
        ("experiment", [], []),
        ("model-version", ["churn/*", "churn/3"], ["name = 'churn'"]),
        ("model-version", ["churn/*", "sales/3", "x*"], ["name IN ('churn', 'sales')", "name LIKE 'x%'"]),
        ("registered-model", ["churn", "sales", "a%27"], ["name IN ('churn', 'sales')", "name LIKE 'a_'"]),
        ("model-version", ["churn*"], ["name LIKE 'churn%'"]),
        ("model-version", ["ch*n/3"], ["name LIKE 'ch%n'"]),
        ("model-version", ["ch*3"], ["name LIKE 'ch%'"]),
        ("model-version", ["*/1"], [""]),
        ("experiment", [f"a{number:03}" for number in range(100)], [f"name LIKE 'a{n:02}%'" for n in range(10)]),
    ],
)
def test_patterns_become_clauses(kind: str, allowed: list[str], texts: list[str]) -> None:
    assert sorted(clause.text for clause in clauses(kind, allowed)) == sorted(texts)


def test_the_stock_client_pages_through_what_is_visible(mlflow: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"{beginning}-ls-{number}" for number in range(5) for beginning in ("open", "shut")]
    with mlflow.http("ada") as http:
        made = [http.post(_API + "experiments/create", json={"name": name}).json()["experiment_id"] for name in names]
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", mlflow.token("nick"))
        client = MlflowClient(mlflow.url, mlflow.url)
        pages: list[list[str]] = []
        token: str | None = None
        while token is not None or not pages:
            found = client.search_experiments(
                filter_string="name LIKE '%-ls-%'", order_by=["name ASC"], max_results=2, page_token=token
            )
            pages.append([experiment.name for experiment in found])
            token = found.token or None
        for identity in made:
            http.post(_API + "experiments/delete", json={"experiment_id": identity})
    assert pages == [["open-ls-0", "open-ls-1"], ["open-ls-2", "open-ls-3"], ["open-ls-4"]]


def test_a_model_asked_for_by_name_tells_of_versions_that_may_be_read(mlflow: Running) -> None:
    """Of two versions of which the role of the file may read the first; the newest is the second."""

    async def ask(upstream: Counting) -> None:
        rows = Rows(Lookup(upstream, time.monotonic), Makers(mlflow.engine))
        answer = await upstream.send("GET", f"{_API}registered-models/get?name=ls%27a")
        body = await answer.read()
        newest = await upstream.send("GET", f"{_API}registered-models/get-latest-versions?name=ls%27a")
        latest = await newest.read()
        for may_read, expected in (("1", []), ("2", ["2"]), ("*", ["2"])):
            resource = f"model-version/ls%27a/{may_read}"
            who = asker({"Effect": "Allow", "Action": "mlflow:GetModelVersion", "Resource": resource})
            model = json.loads(await readable(body, rows, who))["registered_model"]
            assert [one["version"] for one in model.get("latest_versions", [])] == expected
            versions = json.loads(await readable(latest, rows, who))["model_versions"]
            assert [one["version"] for one in versions] == expected
        assert json.loads(await readable(body, rows, asker(allow("*"))))["registered_model"]["name"] == "ls'a"

    on_mlflow(mlflow, ask)


def test_the_gateway_leaves_those_versions_out(running: Running) -> None:
    model = {"name": "open-mixed"}
    with running.http("ada") as http:
        run = http.post(_API + "runs/create", json={"experiment_id": "0"}).json()["run"]["info"]["run_id"]
        http.post(_API + "registered-models/create", json=model).raise_for_status()
        for number in ("1", "2"):
            version = {**model, "source": f"runs:/{run}/m", "run_id": run}
            http.post(_API + "model-versions/create", json=version).raise_for_status()
            alias = {**model, "alias": f"of-{number}", "version": number}
            http.post(_API + "registered-models/alias", json=alias).raise_for_status()
    told = []
    for who in ("rita", "nick"):
        with running.http(who) as http:
            found = http.get(_API + "registered-models/get", params=model).json()["registered_model"]
            latest = [
                http.get(_API + "registered-models/get-latest-versions", params=model),
                http.post(_API + "registered-models/get-latest-versions", json=model),
            ]
        aliases = sorted(one["alias"] for one in found["aliases"])
        newest = [one["version"] for one in found.get("latest_versions", [])]
        told.append((aliases, newest, [[one["version"] for one in of.json()["model_versions"]] for of in latest]))
    with running.http("ada") as http:
        http.request("DELETE", _API + "registered-models/delete", json=model).raise_for_status()
    assert told == [(["of-1", "of-2"], ["2"], [["2"], ["2"]]), (["of-1"], [], [[], []])]


@pytest.mark.parametrize(
    ("denied", "is_filtered"), [("*", False), ("experiment/*", False), ("experiment/ls*", True), ("run/*", True)]
)
def test_a_list_of_which_everything_is_denied_is_refused(denied: str, *, is_filtered: bool) -> None:
    verdict, filtered = judge_list(
        asker(allow("*"), deny(denied)), "mlflow:SearchExperiments", "experiment", filters="filter:experiments"
    )
    assert (verdict.answer is Decided.ALLOW, filtered) == (is_filtered, is_filtered)
