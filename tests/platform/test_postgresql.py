"""The platform's tables on a real PostgreSQL, where one is installed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cloister.gateway.approvals.moves import move
from cloister.gateway.approvals.requests import Requests, State
from cloister.gateway.identity.users import password_matches
from cloister.gateway.record.search import Search, search
from cloister.gateway.record.verify import verify_chain
from cloister.gateway.record.writing import AuditLog, Decision
from cloister.gateway.rights.makers import Makers
from cloister.inventory.azure import Cloud, Group, Inventory
from cloister.origin import Origin
from cloister.platform.home import Home
from cloister.platform.preconditions import fault_of_database
from cloister.platform.users import logins_to_show, logins_were_shown, prepare_store
from cloister.store import migrate, open_store

HERE = Origin("cloister.yaml", 1)


def inventory(*members: str) -> Inventory:
    groups = (Group(name="admins", role="admin", members=members, origin=HERE),)
    return Inventory(name="e", cloud=Cloud.PUBLIC, region="r", groups=groups, origin=HERE)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_tables_users_and_key_are_made_once(home: Home, kind: str, request: pytest.FixtureRequest) -> None:
    url = home.database_url if kind == "sqlite" else request.getfixturevalue("postgresql")
    assert fault_of_database(url) is None
    prepare_store(home, url, inventory("ada"))
    (first,) = logins_to_show(home).items()
    key = home.signing_key.read_text()
    prepare_store(home, url, inventory("ada", "grace"))
    assert dict(logins_to_show(home)).keys() == {"ada", "grace"}, "nobody has seen the first one yet"
    assert logins_to_show(home)["ada"] == first[1]
    logins_were_shown(home)
    assert logins_to_show(home) == {}
    assert home.signing_key.read_text() == key
    engine = open_store(url)
    assert password_matches(engine, *first)
    with engine.connect() as connection:
        if kind == "postgresql":
            schemas = connection.scalars(text("select schema_name from information_schema.schemata")).all()
            assert "mlflow" in schemas
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gateway_audit SET reason = 'x'",
        "DELETE FROM gateway_outcome",
        "TRUNCATE gateway_outcome",
        "TRUNCATE gateway_audit CASCADE",
        "INSERT INTO gateway_outcome VALUES (1, 500, '') ON CONFLICT (number) DO UPDATE SET status = 500",
    ],
)
def test_the_record_is_append_only_in_the_database_itself(postgresql: str, statement: str) -> None:
    engine = open_store(postgresql)
    migrate(engine, "gateway")
    now = datetime(2026, 11, 22, tzinfo=UTC)
    log = AuditLog(engine)
    number = log.record(
        Decision(now, "ada", "", "mlflow:GetRun", "run/é/1", "GET", "/", "127.0.0.1", "ALLOW", "may", "rule", "1")
    ).result(timeout=30)
    log.outcome(number, 200).result(timeout=30)
    log.close()
    with pytest.raises(DBAPIError, match="the record of decisions is append-only"), engine.begin() as connection:
        connection.execute(text(statement))
    assert verify_chain(engine) == (number, None)
    assert search(engine, Search(resource="run/*", limit=1))[0]["outcome"] == "answered"
    engine.dispose()


def test_makers_and_requests_for_approval_are_kept_there_too(postgresql: str) -> None:
    engine = open_store(postgresql)
    migrate(engine, "gateway")
    makers, requests, now = Makers(engine), Requests(engine), datetime(2026, 11, 22, tzinfo=UTC)
    makers.created("registered-model", "churn", {"mia"}, 100)
    makers.created("model-version", "churn/1", {"mia"}, 110)
    makers.created("registered-model", "churn", {"max"}, 90)
    makers.renamed("churn", "chosen")
    assert makers.owned_of({("registered-model", "chosen"), ("registered-model", "churn")}, {"mia", "max"}) == {
        ("registered-model", "chosen")
    }
    makers.forget("chosen", until=105)
    assert makers.of("registered-model", "chosen") == frozenset()
    assert makers.of("model-version", "chosen/1") == {"mia"}  # made after what was deleted then
    stage, alias = move("churn", "1", "stage", "production"), move("churn", "1", "alias", "champion")
    first = requests.ask(stage, "mia", "better", now=now)
    assert requests.ask(stage, "max", "as well", now=now) == first
    second = requests.ask(alias, "mia", "better", now=now)
    requests.moved(stage, "abe", now=now)
    third = requests.ask(stage, "mia", "again", now=now)
    assert [one.number for one in requests.listed(State.OPEN)] == [third.number, second.number]
    assert requests.close(second.number, State.REJECTED, "abe", "no", now=now)
    assert not requests.close(second.number, State.APPROVED, "abe", "yes", now=now)
    with ThreadPoolExecutor(8) as pool:
        moves = [move("churn", str(number), "stage", "Production") for number in range(2, 10)]
        asked = list(pool.map(lambda one: requests.ask(one, "mia", "at once", now=now).number, moves))
    assert sorted(asked) == list(range(4, 12))
    requests.gone("churn", None, now=now)
    assert [one.state for one in requests.listed(None)][-3:] == [State.GONE, State.REJECTED, State.APPROVED]
    engine.dispose()
