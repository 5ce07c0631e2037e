from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cloister.errors import CloisterError, SpecError
from cloister.serving.errors import ConflictError, NotFoundError
from cloister.serving.service import EndpointService
from cloister.serving.values import Deployment, Endpoint, ModelReference, Routing, State
from cloister.serving.wire import Proven
from cloister.store import migrate, open_store


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(f"sqlite:///{tmp_path / 'cloister.db'}")
    migrate(engine, "serving")
    yield engine
    engine.dispose()


@pytest.fixture
def service(engine: Engine) -> EndpointService:
    moments = iter(datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=n) for n in range(1000))
    return EndpointService(engine, lambda: next(moments))


def deployment(name: str, version: str = "1") -> Deployment:
    return Deployment(name, "churn", ModelReference("churn", version=version))


def add_ready(service: EndpointService, *names: str) -> None:
    service.create(Endpoint("churn"), "ada")
    for name in names:
        service.create_deployment(deployment(name), "ada")
        service.record("churn", name, 1, state=State.SUCCEEDED, proven=Proven(deployment(name), "1", 1))


def routing(service: EndpointService) -> str:
    return str(service.show("churn").endpoint.routing)


def test_traffic_goes_forward_and_back_as_it_was_set(service: EndpointService) -> None:
    add_ready(service, "blue", "green")
    service.set_routing("churn", "ada", traffic={"blue": 100})
    service.set_routing("churn", "ada", traffic={"blue": 90, "green": 10})
    service.set_routing("churn", "grace", traffic={"blue": 100}, mirror={"green": 10})
    assert routing(service) == "blue=100, mirror green=10"
    assert str(service.rollback("churn", "ada").endpoint.routing) == "blue=90 green=10"
    assert str(service.rollback("churn", "ada").endpoint.routing) == "blue=100"
    assert str(service.set_routing("churn", "ada", traffic={"green": 100}).endpoint.routing) == "green=100"
    assert str(service.rollback("churn", "ada").endpoint.routing) == "blue=100"
    assert [(str(one.routing), one.set_by, one.is_undone) for one in service.show("churn").history] == [
        ("green=100", "ada, undone by ada", True),
        ("blue=100, mirror green=10", "grace, undone by ada", True),
        ("blue=90 green=10", "ada, undone by ada", True),
        ("blue=100", "ada", False),
        ("no traffic", "ada", False),
    ]


def test_mirror_and_traffic_change_apart_or_together(service: EndpointService) -> None:
    add_ready(service, "blue", "green")
    service.set_routing("churn", "ada", traffic={"blue": 100})
    assert (
        str(service.set_routing("churn", "ada", mirror={"green": 20}).endpoint.routing) == "blue=100, mirror green=20"
    )
    with pytest.raises(SpecError, match="a deployment gets one or the other"):
        service.set_routing("churn", "ada", traffic={"blue": 90, "green": 10})
    service.set_routing("churn", "ada", traffic={"blue": 90, "green": 10}, mirror={})
    assert routing(service) == "blue=90 green=10"


def test_traffic_counts_as_routed_only_once_the_router_follows_it(service: EndpointService) -> None:
    add_ready(service, "blue", "green")
    first = service.set_routing("churn", "ada", traffic={"blue": 100})
    assert not first.is_routed
    service.mark_routed("churn", first.routing_id)
    assert service.show("churn").is_routed
    assert not service.set_routing("churn", "ada", traffic={"green": 100}).is_routed
    service.mark_routed("churn", service.show("churn").routing_id)
    # A rollback to what was routed before has to be taken up again as well.
    assert not service.rollback("churn", "ada").is_routed


def test_setting_the_same_traffic_again_leaves_no_second_entry(service: EndpointService) -> None:
    add_ready(service, "blue")
    service.set_routing("churn", "ada", traffic={"blue": 100})
    service.set_routing("churn", "ada", traffic={"blue": 100})
    assert [str(one.routing) for one in service.show("churn").history] == ["blue=100", "no traffic"]


REFUSED: list[tuple[str, Callable[[EndpointService], object], type[CloisterError], str, str]] = [
    (
        "a second endpoint of the name",
        lambda s: s.create(Endpoint("churn"), "ada"),
        ConflictError,
        "exists already",
        "choose another name, or change it: cloister online-endpoint update --name churn",
    ),
    (
        "a new endpoint with traffic",
        lambda s: s.create(Endpoint("other", routing=Routing({"blue": 100})), "ada"),
        SpecError,
        "blue=100 names deployments, and a new endpoint has none",
        "set the traffic after the deployments exist",
    ),
    ("an endpoint that is not there", lambda s: s.show("nope"), NotFoundError, "does not exist", "there are: churn"),
    (
        "a deployment behind nothing",
        lambda s: s.create_deployment(Deployment("red", "nope", ModelReference("m", "1")), "ada"),
        NotFoundError,
        "does not exist",
        "there are: churn",
    ),
    (
        "a second deployment of the name",
        lambda s: s.create_deployment(deployment("blue"), "ada"),
        ConflictError,
        "exists already",
        "choose another name, or change it: cloister online-deployment update --file FILE",
    ),
    (
        "an update of nothing",
        lambda s: s.update_deployment(deployment("red"), "ada"),
        NotFoundError,
        'endpoint "churn" has no such deployment',
        "there are: blue, green",
    ),
    (
        "traffic for what is not there",
        lambda s: s.set_routing("churn", "ada", traffic={"red": 100}),
        ConflictError,
        'endpoint "churn" has no such deployment',
        "there are: blue, green",
    ),
    (
        "traffic for what was never ready",
        lambda s: s.set_routing("churn", "ada", traffic={"green": 100}),
        ConflictError,
        "it is Failed, and has never answered a request",
        "see why: cloister online-deployment show --name green --endpoint-name churn",
    ),
    (
        "mirror for what was never ready",
        lambda s: s.set_routing("churn", "ada", mirror={"green": 5}),
        ConflictError,
        "it is Failed, and has never answered a request",
        "see why: cloister online-deployment show --name green --endpoint-name churn",
    ),
    (
        "removal of what gets requests",
        lambda s: s.delete_deployment("churn", "blue"),
        ConflictError,
        "still gets requests (blue=100)",
        'give its share to another: cloister online-endpoint update --name churn --traffic "..."',
    ),
]


@pytest.mark.parametrize(("_what", "change", "kind", "reason", "mend"), REFUSED, ids=[row[0] for row in REFUSED])
def test_changes_that_are_refused_leave_everything_as_it_was(
    service: EndpointService,
    _what: str,
    change: Callable[[EndpointService], object],
    kind: type[CloisterError],
    reason: str,
    mend: str,
) -> None:
    add_ready(service, "blue")
    service.create_deployment(deployment("green"), "ada")
    service.record("churn", "green", 1, state=State.FAILED, reason="it does not load")
    service.set_routing("churn", "ada", traffic={"blue": 100})
    before = service.list()
    with pytest.raises(kind) as caught:
        change(service)
    assert [(one.reason, one.mend) for one in caught.value.faults] == [(reason, mend)]
    assert service.list() == before


def test_the_first_traffic_cannot_be_taken_back(service: EndpointService) -> None:
    add_ready(service, "blue")
    with pytest.raises(ConflictError, match="no earlier state to go back to"):
        service.rollback("churn", "ada")


def test_a_rollback_to_a_deployment_that_is_gone_is_refused(service: EndpointService) -> None:
    add_ready(service, "blue", "green")
    service.set_routing("churn", "ada", traffic={"blue": 100})
    service.set_routing("churn", "ada", traffic={"green": 100})
    service.delete_deployment("churn", "blue")
    with pytest.raises(ConflictError, match='"churn" has no such deployment'):
        service.rollback("churn", "ada")
    assert routing(service) == "green=100"


def test_an_update_keeps_what_ran_until_the_new_generation_is_proven(service: EndpointService) -> None:
    add_ready(service, "blue")
    status = service.update_deployment(deployment("blue", "2"), "ada")
    assert (status.generation, status.state, status.proven) == (2, State.UPDATING, Proven(deployment("blue"), "1", 1))
    # The router tells late about the generation before: that must not pass for the new one.
    service.record("churn", "blue", 1, state=State.SUCCEEDED, proven=Proven(deployment("blue"), "1", 1))
    assert service.show_deployment("churn", "blue").state is State.UPDATING
    service.record("churn", "blue", 2, state=State.FAILED, reason="not approved")
    failed = service.show_deployment("churn", "blue")
    assert (failed.state, failed.reason) == (State.FAILED, "not approved")
    assert failed.proven == Proven(deployment("blue"), "1", 1)


def test_everything_is_there_for_the_next_start(service: EndpointService, engine: Engine) -> None:
    add_ready(service, "blue", "green")
    service.set_routing("churn", "ada", traffic={"blue": 90, "green": 10})
    migrate(engine, "serving")
    assert EndpointService(engine).show("churn") == service.show("churn")


def test_a_deleted_endpoint_leaves_nothing(service: EndpointService) -> None:
    add_ready(service, "blue")
    service.set_routing("churn", "ada", traffic={"blue": 100})
    service.delete("churn")
    assert service.list() == ()
    service.create(Endpoint("churn"), "ada")
    assert (service.show("churn").deployments, len(service.show("churn").history)) == ((), 1)
