"""Endpoints as they are wanted: the one door to their tables. The router makes what is wanted so (`fleet.py`)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from cloister.errors import Fault, SpecError
from cloister.serving import wire
from cloister.serving.errors import ConflictError, NotFoundError
from cloister.serving.tables import deployments, endpoints, routings
from cloister.serving.values import Deployment, Endpoint, Routing, State
from cloister.serving.wire import Change, DeploymentStatus, EndpointStatus, Health, Proven

_HISTORY_SHOWN = 50


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


class EndpointService:
    """Changes and answers about endpoints; every change is one transaction that holds the endpoint's row."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._now = now

    def create(self, endpoint: Endpoint, by: str) -> EndpointStatus:
        """Make a new endpoint. Raises ConflictError where the name is taken, SpecError where traffic names nothing."""
        if endpoint.routing.deployments:
            reason = f"{endpoint.routing} names deployments, and a new endpoint has none"
            raise SpecError(Fault(f'endpoint "{endpoint.name}"', reason, "set the traffic after the deployments exist"))
        with self._engine.begin() as connection:
            if connection.execute(select(endpoints.c.name).where(endpoints.c.name == endpoint.name)).first():
                mend = f"choose another name, or change it: cloister online-endpoint update --name {endpoint.name}"
                raise ConflictError(Fault(f'endpoint "{endpoint.name}"', "exists already", mend))
            row = {
                "name": endpoint.name,
                "description": endpoint.description,
                "tags": wire.dump(wire.TAGS, endpoint.tags),
            }
            connection.execute(
                insert(endpoints).values(**row, revision=1, routed=0, created_at=self._stamp(), created_by=by)
            )
            self._add_routing(connection, endpoint.name, Routing(), by)
        return self.show(endpoint.name)

    def update(self, endpoint: Endpoint, by: str) -> EndpointStatus:
        """Put description, tags and traffic as given. Raises NotFoundError, and SpecError as `set_routing` does."""
        with self._changing(endpoint.name) as connection:
            tags = wire.dump(wire.TAGS, endpoint.tags)
            wanted = update(endpoints).where(endpoints.c.name == endpoint.name)
            connection.execute(wanted.values(description=endpoint.description, tags=tags))
            if endpoint.routing != self._routing(connection, endpoint.name)[1]:
                self._check_routing(connection, endpoint.name, endpoint.routing)
                self._add_routing(connection, endpoint.name, endpoint.routing, by)
        return self.show(endpoint.name)

    def delete(self, name: str) -> None:
        """Remove the endpoint with all that is behind it; the router stops its workers after the last request."""
        with self._changing(name) as connection:
            for table, column in ((deployments, deployments.c.endpoint), (routings, routings.c.endpoint)):
                connection.execute(delete(table).where(column == name))
            connection.execute(delete(endpoints).where(endpoints.c.name == name))

    def show(self, name: str) -> EndpointStatus:
        """One endpoint. Raises NotFoundError."""
        with self._engine.connect() as connection:
            row = connection.execute(select(endpoints).where(endpoints.c.name == name)).first()
            if row is None:
                raise NotFoundError(self._fault_of_missing(connection, name))
            return self._status(connection, row)

    def list(self) -> tuple[EndpointStatus, ...]:
        """Every endpoint, by name, without the history of its traffic."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(endpoints).order_by(endpoints.c.name)).all()
            return tuple(self._status(connection, row, shown=0) for row in rows)

    def set_routing(
        self, name: str, by: str, *, traffic: dict[str, int] | None = None, mirror: dict[str, int] | None = None
    ) -> EndpointStatus:
        """Give each deployment its share; None leaves live or mirrored shares as they are.

        Raises SpecError where the shares make no whole, ConflictError where one goes to a deployment that is not there
        or was never ready.
        """
        with self._changing(name) as connection:
            _, held = self._routing(connection, name)
            routing = Routing(held.traffic if traffic is None else traffic, held.mirror if mirror is None else mirror)
            self._check_routing(connection, name, routing)
            if routing != held:
                self._add_routing(connection, name, routing, by)
        return self.show(name)

    def rollback(self, name: str, by: str) -> EndpointStatus:
        """Take back the last change of traffic and mirror; again, the one before. Raises ConflictError at the first."""
        with self._changing(name) as connection:
            held = select(routings).where(routings.c.endpoint == name, routings.c.undone.is_(False))
            rows = connection.execute(held.order_by(routings.c.id.desc()).limit(2)).all()
            if len(rows) < 2:  # noqa: PLR2004 - the one that holds, and the one before it
                mend = f'set it: cloister online-endpoint update --name {name} --traffic "blue=100"'
                raise ConflictError(Fault(f'endpoint "{name}"', "its traffic has no earlier state to go back to", mend))
            self._check_routing(connection, name, _routing_of(rows[1]))
            mark = update(routings).where(routings.c.id == rows[0].id)
            connection.execute(mark.values(undone=True, set_by=f"{rows[0].set_by}, undone by {by}"))
        return self.show(name)

    def mark_routed(self, name: str, routing_id: int) -> None:
        """Write down which traffic the router follows; nothing where the endpoint is gone."""
        with self._engine.begin() as connection:
            connection.execute(update(endpoints).where(endpoints.c.name == name).values(routed=routing_id))

    def create_deployment(self, wanted: Deployment, by: str) -> DeploymentStatus:
        """Ask for a new deployment; the router fetches and starts it. Raises NotFoundError, ConflictError."""
        with self._changing(wanted.endpoint) as connection:
            if self._deployment_row(connection, wanted.endpoint, wanted.name) is not None:
                mend = "choose another name, or change it: cloister online-deployment update --file FILE"
                raise ConflictError(Fault(f'deployment "{wanted.name}"', "exists already", mend))
            row = {"endpoint": wanted.endpoint, "name": wanted.name, "created_at": self._stamp()}
            fresh = {"generation": 1, "proven": "null", "health": wire.dump(wire.HEALTH, Health())}
            connection.execute(insert(deployments).values(**row, **fresh, **self._asked(wanted, State.CREATING, by)))
        return self.show_deployment(wanted.endpoint, wanted.name)

    def update_deployment(self, wanted: Deployment, by: str) -> DeploymentStatus:
        """Ask for a changed deployment; what runs goes on until the new worker is ready. Raises NotFoundError."""
        with self._changing(wanted.endpoint) as connection:
            row = self._deployment_row(connection, wanted.endpoint, wanted.name)
            if row is None:
                raise NotFoundError(self._fault_of_no_deployment(connection, wanted.endpoint, wanted.name))
            change = self._asked(wanted, State.UPDATING, by)
            self._put(connection, wanted.endpoint, wanted.name, generation=row.generation + 1, **change)
        return self.show_deployment(wanted.endpoint, wanted.name)

    def delete_deployment(self, endpoint: str, name: str) -> None:
        """Remove a deployment that gets no traffic. Raises ConflictError while it gets any, NotFoundError."""
        with self._changing(endpoint) as connection:
            if self._deployment_row(connection, endpoint, name) is None:
                raise NotFoundError(self._fault_of_no_deployment(connection, endpoint, name))
            _, routing = self._routing(connection, endpoint)
            if name in routing.deployments:
                mend = f'give its share to another: cloister online-endpoint update --name {endpoint} --traffic "..."'
                raise ConflictError(Fault(f'deployment "{name}"', f"still gets requests ({routing})", mend))
            connection.execute(delete(deployments).where(*_is(endpoint, name)))

    def show_deployment(self, endpoint: str, name: str) -> DeploymentStatus:
        """One deployment. Raises NotFoundError."""
        for status in self.show(endpoint).deployments:
            if status.spec.name == name:
                return status
        with self._engine.connect() as connection:
            raise NotFoundError(self._fault_of_no_deployment(connection, endpoint, name))

    def record(
        self, endpoint: str, name: str, generation: int, *, state: State, reason: str = "", proven: Proven | None = None
    ) -> None:
        """Write down how a generation of a deployment came out; nothing where it was changed or removed meanwhile."""
        change: dict[str, Any] = {"state": state.value, "reason": reason}
        if proven is not None:
            change |= {"proven": wire.dump(wire.PROVEN, proven), "version": proven.version}
        with self._engine.begin() as connection:
            this = (*_is(endpoint, name), deployments.c.generation == generation)
            connection.execute(update(deployments).where(*this).values(**change))

    def record_health(self, endpoint: str, name: str, health: Health) -> None:
        """Write down what the router sees of a deployment."""
        with self._engine.begin() as connection:
            self._put(connection, endpoint, name, health=wire.dump(wire.HEALTH, health))

    def _stamp(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="milliseconds")

    def _changing(self, name: str) -> AbstractContextManager[Connection]:
        return _locked(self._engine, name, self._fault_of_missing)

    def _asked(self, wanted: Deployment, state: State, by: str) -> dict[str, Any]:
        spec = wire.dump(wire.DEPLOYMENT, wanted)
        blank = {"reason": "", "version": ""}
        return {"spec": spec, "state": state.value, "changed_at": self._stamp(), "changed_by": by, **blank}

    @staticmethod
    def _put(connection: Connection, endpoint: str, name: str, **columns: object) -> None:
        connection.execute(update(deployments).where(*_is(endpoint, name)).values(**columns))

    @staticmethod
    def _deployment_row(connection: Connection, endpoint: str, name: str) -> Row[Any] | None:
        return connection.execute(select(deployments).where(*_is(endpoint, name))).first()

    def _check_routing(self, connection: Connection, name: str, routing: Routing) -> None:
        rows = connection.execute(select(deployments).where(deployments.c.endpoint == name)).all()
        found = {row.name: row for row in rows}
        faults = []
        for wanted in sorted(routing.deployments):
            if wanted not in found:
                faults.append(self._fault_of_no_deployment(connection, name, wanted))
            elif found[wanted].proven == "null":
                reason = f"it is {found[wanted].state}, and has never answered a request"
                mend = f"see why: cloister online-deployment show --name {wanted} --endpoint-name {name}"
                faults.append(Fault(f'deployment "{wanted}"', reason, mend))
        if faults:
            raise ConflictError(faults)

    def _add_routing(self, connection: Connection, name: str, routing: Routing, by: str) -> None:
        shares = {"traffic": wire.dump(wire.SHARES, routing.traffic), "mirror": wire.dump(wire.SHARES, routing.mirror)}
        connection.execute(
            insert(routings).values(endpoint=name, **shares, set_at=self._stamp(), set_by=by, undone=False)
        )

    @staticmethod
    def _routing(connection: Connection, name: str) -> tuple[int, Routing]:
        """The traffic that holds, with the id of its row."""
        held = select(routings).where(routings.c.endpoint == name, routings.c.undone.is_(False))
        row = connection.execute(held.order_by(routings.c.id.desc()).limit(1)).first()
        return (0, Routing()) if row is None else (int(row.id), _routing_of(row))

    def _status(self, connection: Connection, row: Row[Any], shown: int = _HISTORY_SHOWN) -> EndpointStatus:
        behind = select(deployments).where(deployments.c.endpoint == row.name).order_by(deployments.c.name)
        past = select(routings).where(routings.c.endpoint == row.name).order_by(routings.c.id.desc())
        changes = connection.execute(past.limit(shown)).all() if shown else ()
        endpoint = Endpoint(row.name, row.description, wire.load(wire.TAGS, row.tags))
        routing_id, routing = self._routing(connection, row.name)
        return EndpointStatus(
            endpoint=replace(endpoint, routing=routing),
            created_at=row.created_at,
            created_by=row.created_by,
            revision=row.revision,
            deployments=tuple(_deployment_of(found) for found in connection.execute(behind).all()),
            history=tuple(Change(_routing_of(one), one.set_at, one.set_by, one.undone) for one in changes),
            routing_id=routing_id,
            is_routed=row.routed == routing_id,
        )

    @staticmethod
    def _fault_of_missing(connection: Connection, name: str) -> Fault:
        names = connection.scalars(select(endpoints.c.name).order_by(endpoints.c.name)).all()
        known = f"there are: {', '.join(names)}" if names else "create one: cloister online-endpoint create --file FILE"
        return Fault(f'endpoint "{name}"', "does not exist", known)

    @staticmethod
    def _fault_of_no_deployment(connection: Connection, endpoint: str, name: str) -> Fault:
        behind = select(deployments.c.name).where(deployments.c.endpoint == endpoint).order_by(deployments.c.name)
        names = connection.scalars(behind).all()
        known = (
            f"there are: {', '.join(names)}" if names else "create it: cloister online-deployment create --file FILE"
        )
        return Fault(f'deployment "{name}"', f'endpoint "{endpoint}" has no such deployment', known)


@contextmanager
def _locked(engine: Engine, name: str, missing: Callable[[Connection, str], Fault]) -> Iterator[Connection]:
    """A transaction that holds the endpoint's row; its first statement writes, which orders writers on SQLite too."""
    with engine.begin() as connection:
        counted = update(endpoints).where(endpoints.c.name == name).values(revision=endpoints.c.revision + 1)
        if connection.execute(counted).rowcount == 0:
            raise NotFoundError(missing(connection, name))
        yield connection


def _is(endpoint: str, name: str) -> tuple[Any, Any]:
    return deployments.c.endpoint == endpoint, deployments.c.name == name


def _routing_of(row: Row[Any]) -> Routing:
    return Routing(wire.load(wire.SHARES, row.traffic), wire.load(wire.SHARES, row.mirror))


def _deployment_of(row: Row[Any]) -> DeploymentStatus:
    return DeploymentStatus(
        spec=wire.load(wire.DEPLOYMENT, row.spec),
        generation=row.generation,
        state=State(row.state),
        reason=row.reason,
        version=row.version,
        proven=wire.load(wire.PROVEN, row.proven),
        health=wire.load(wire.HEALTH, row.health),
        created_at=row.created_at,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
    )
