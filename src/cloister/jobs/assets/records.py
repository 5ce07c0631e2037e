"""What the database holds of assets. A version never changes once it is made, but for what describes it."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cloister.errors import Fault
from cloister.jobs.assets.addresses import Labelled
from cloister.jobs.assets.names import LATEST, RESOURCES, WORKSPACE, AssetId, Kind, check_name
from cloister.jobs.assets.shape import CHANGEABLE, checked, content_hash
from cloister.jobs.assets.tables import CONTAINER, VERSION
from cloister.jobs.errors import ConflictError, MissingError
from cloister.jobs.records.clock import Clock

_TRIES: Final = 20
_MOST: Final = 1000
_URIS: Final = ("dataUri", "modelUri")


@dataclass(frozen=True, slots=True)
class AssetVersion:
    """One version: the REST object's properties, and who made it when."""

    id: AssetId
    properties: dict[str, Any]
    archived: bool
    created_at: float
    created_by: str
    modified_at: float
    modified_by: str

    def document(self) -> dict[str, Any]:
        """The REST object, as ARM would answer with it."""
        # A client of models wants an object there, even where it holds nothing.
        held = {"flavors": {}, **self.properties} if self.id.kind == "models" else self.properties
        return {
            "id": self.id.arm,
            "name": self.id.version,
            "type": f"Microsoft.MachineLearningServices/workspaces/{self.id.kind}/versions",
            "properties": {**held, "isArchived": self.archived},
            "systemData": {
                "createdAt": _moment(self.created_at),
                "createdBy": self.created_by,
                "createdByType": "User",
                "lastModifiedAt": _moment(self.modified_at),
                "lastModifiedBy": self.modified_by,
                "lastModifiedByType": "User",
            },
        }


@dataclass(frozen=True, slots=True)
class AssetContainer:
    """All versions of one name."""

    kind: Kind
    name: str
    archived: bool
    latest: str
    next: str
    described: dict[str, Any]
    created_at: float
    created_by: str

    def document(self) -> dict[str, Any]:
        """The REST object; it describes itself as its newest version does."""
        return {
            "id": f"{WORKSPACE}/{self.kind}/{self.name}",
            "name": self.name,
            "type": f"Microsoft.MachineLearningServices/workspaces/{self.kind}",
            "properties": {
                **{key: self.described[key] for key in ("description", "tags", "dataType") if key in self.described},
                "isArchived": self.archived,
                "latestVersion": self.latest or None,
                "nextVersion": self.next,
            },
            "systemData": {
                "createdAt": _moment(self.created_at),
                "createdBy": self.created_by,
                "createdByType": "User",
            },
        }


class AssetRecords:
    """The rows. `clock` gives seconds since 1970."""

    def __init__(self, engine: sa.Engine, clock: Clock = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def put(self, kind: Kind, name: str, version: str, properties: object, by: str) -> AssetVersion:
        """Make a version, with the next number where none is given.

        The same content again changes what describes it; raises ConflictError on another content.
        """
        check_name(kind, name)
        kept = checked(kind, name, properties)
        if version:
            return self._put(AssetId(kind, name, version), kept, by)
        for _ in range(_TRIES):
            wanted = AssetId(kind, name, self._next(kind, name))
            # Where not, somebody else took the number.
            if self._inserted(wanted, kept, by):
                return self.version(wanted)
        raise ConflictError(Fault(f'{kind} "{name}"', "others make versions of it all the time", "give a version"))

    def _put(self, wanted: AssetId, properties: dict[str, Any], by: str) -> AssetVersion:
        if not self._inserted(wanted, properties, by):
            found = self.version(wanted)
            if content_hash(wanted.kind, found.properties) != content_hash(wanted.kind, properties):
                reason = "is there already with another content, and never changes"
                mend = "leave the version out, or give a new one"
                raise ConflictError(Fault(str(wanted), reason, mend))
            described = {key: properties[key] for key in CHANGEABLE if key in properties}
            archived = bool(properties.get("isArchived", False))
            self._change(wanted, {**found.properties, **described}, by, archived=archived)
        return self.version(wanted)

    def _inserted(self, wanted: AssetId, properties: dict[str, Any], by: str) -> bool:
        """Whether it was made just now; False where it is there."""
        for last in (False, True):
            try:
                self._insert(wanted, properties, by)
            except IntegrityError:
                # It is there; or somebody made the first version of that name at the same moment.
                if last or self.has(wanted):
                    return False
            else:
                break
        return True

    def _insert(self, wanted: AssetId, properties: dict[str, Any], by: str) -> None:
        now = self._clock()
        here = (CONTAINER.c.kind == wanted.kind, CONTAINER.c.name == wanted.name)
        with self._engine.begin() as connection:
            raised = connection.execute(sa.update(CONTAINER).where(*here).values(made=CONTAINER.c.made + 1))
            if raised.rowcount == 0:
                first = {"kind": wanted.kind, "name": wanted.name, "made": 1, "archived": False}
                connection.execute(sa.insert(CONTAINER).values(first | {"created_at": now, "created_by": by}))
            connection.execute(
                sa.insert(VERSION).values(
                    kind=wanted.kind,
                    name=wanted.name,
                    version=wanted.version,
                    ordinal=sa.select(CONTAINER.c.made).where(*here).scalar_subquery(),
                    properties=json.dumps(properties),
                    content=content_hash(wanted.kind, properties),
                    archived=bool(properties.get("isArchived", False)),
                    created_at=now,
                    created_by=by,
                    modified_at=now,
                    modified_by=by,
                )
            )

    def _change(self, wanted: AssetId, properties: dict[str, Any], by: str, *, archived: bool) -> None:
        values: dict[str, object] = {"properties": json.dumps(properties), "archived": archived}
        values |= {"modified_at": self._clock(), "modified_by": by}
        with self._engine.begin() as connection:
            connection.execute(sa.update(VERSION).where(*_is(wanted)).values(values))

    def version(self, wanted: AssetId) -> AssetVersion:
        """That version. Raises MissingError."""
        found = self._versions(sa.select(VERSION).where(*_is(wanted)))
        if not found:
            raise _missing(wanted.kind, wanted.name, f'there is no version "{wanted.version}"')
        return found[0]

    def has(self, wanted: AssetId) -> bool:
        """Whether there is that version."""
        return bool(self._versions(sa.select(VERSION).where(*_is(wanted))))

    def find(self, wanted: AssetId | Labelled) -> AssetVersion:
        """The version that is named, or that a label stands for. Raises MissingError."""
        return self.version(wanted) if isinstance(wanted, AssetId) else self.labelled(wanted)

    def labelled(self, wanted: Labelled) -> AssetVersion:
        """The newest version that is not archived: `latest` is the one label. Raises MissingError."""
        if wanted.label != LATEST:
            raise _missing(wanted.kind, wanted.name, f'has no label "{wanted.label}"')
        found = self.versions(wanted.kind, wanted.name, limit=1)
        if not found:
            raise _missing(wanted.kind, wanted.name, "there is none of that name that is not archived")
        return found[0]

    def versions(
        self, kind: Kind, name: str, *, limit: int = _MOST, archived: bool | None = False
    ) -> tuple[AssetVersion, ...]:
        """Versions of one name, the newest first; archived ones too where `archived` is None."""
        query = sa.select(VERSION).where(VERSION.c.kind == kind, VERSION.c.name == name)
        query = query if archived is None else query.where(VERSION.c.archived == archived)
        return self._versions(query.order_by(VERSION.c.ordinal.desc()).limit(limit))

    def same(self, kind: Kind, name: str, properties: object) -> AssetVersion | None:
        """The newest version of that name with that content, if there is one."""
        held = content_hash(kind, checked(kind, name, properties))
        query = sa.select(VERSION).where(VERSION.c.kind == kind, VERSION.c.name == name, VERSION.c.content == held)
        found = self._versions(query.order_by(VERSION.c.ordinal.desc()).limit(1))
        return found[0] if found else None

    def lying_at(self, uri: str) -> tuple[AssetVersion, ...]:
        """The versions whose data lies at that address, the newest first."""
        held = sa.or_(*(VERSION.c.properties.contains(f'"{key}": {json.dumps(uri)}', autoescape=True) for key in _URIS))
        found = self._versions(sa.select(VERSION).where(held).order_by(VERSION.c.created_at.desc()).limit(_MOST))
        # A tag may say the same, which anybody writes.
        return tuple(one for one in found if uri in (one.properties.get(key) for key in _URIS))

    def container(self, kind: Kind, name: str) -> AssetContainer:
        """All that there is of one name. Raises MissingError."""
        found = self.containers(kind, name=name, archived=None)
        if not found:
            raise _missing(kind, name, "there is none of that name")
        return found[0]

    def containers(self, kind: Kind, *, name: str = "", archived: bool | None = False) -> tuple[AssetContainer, ...]:
        """The names of a kind, in their order; archived ones too where `archived` is None."""
        query = sa.select(CONTAINER).where(CONTAINER.c.kind == kind).order_by(CONTAINER.c.name).limit(_MOST)
        query = query.where(CONTAINER.c.name == name) if name else query
        query = query if archived is None else query.where(CONTAINER.c.archived == archived)
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return tuple(self._container(dict(row)) for row in rows)

    def _container(self, row: dict[str, Any]) -> AssetContainer:
        kind, name = row["kind"], row["name"]
        newest = self.versions(kind, name, limit=1)
        return AssetContainer(
            kind=kind,
            name=name,
            archived=row["archived"],
            latest=newest[0].id.version if newest else "",
            next=self._next(kind, name),
            described=newest[0].properties if newest else {},
            created_at=row["created_at"],
            created_by=row["created_by"],
        )

    def archive(self, kind: Kind, name: str, version: str, *, archived: bool, by: str) -> None:
        """Archive or restore one version, or the whole of that name where no version is given. Raises MissingError."""
        if version:
            found = self.version(AssetId(kind, name, version))
            self._change(found.id, found.properties, by, archived=archived)
            return
        here = (CONTAINER.c.kind == kind, CONTAINER.c.name == name)
        with self._engine.begin() as connection:
            changed = connection.execute(sa.update(CONTAINER).where(*here).values(archived=archived))
        if changed.rowcount == 0:
            raise _missing(kind, name, "there is none of that name")

    def _next(self, kind: Kind, name: str) -> str:
        """The number after the highest one; versions that are no numbers do not count."""
        query = sa.select(VERSION.c.version).where(VERSION.c.kind == kind, VERSION.c.name == name)
        with self._engine.connect() as connection:
            numbers = [int(v) for v in connection.scalars(query) if v.isdecimal() and v.isascii()]
        return str(max(numbers, default=0) + 1)

    def _versions(self, query: "sa.Select[tuple[object, ...]]") -> tuple[AssetVersion, ...]:
        with self._engine.connect() as connection:
            return tuple(_version(dict(row)) for row in connection.execute(query).mappings())


def _is(wanted: AssetId) -> tuple[sa.ColumnElement[bool], ...]:
    return (VERSION.c.kind == wanted.kind, VERSION.c.name == wanted.name, VERSION.c.version == wanted.version)


def _version(row: dict[str, Any]) -> AssetVersion:
    return AssetVersion(
        id=AssetId(row["kind"], row["name"], row["version"]),
        properties=json.loads(row["properties"]),
        archived=row["archived"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        modified_at=row["modified_at"],
        modified_by=row["modified_by"],
    )


def _missing(kind: Kind, name: str, reason: str) -> MissingError:
    verb = {"models": "model", "codes": "job"}.get(kind, RESOURCES[kind])
    return MissingError(Fault(f'{kind} "{name}"', reason, f"see what there is: cloister {verb} list"))


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
