"""The platform's tables on a real PostgreSQL, where one is installed."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cloister.gateway.audit import AuditLog, Decision
from cloister.gateway.record.search import Search, search
from cloister.gateway.record.verify import verify_chain
from cloister.gateway.users import password_matches
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
