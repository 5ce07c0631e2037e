"""The gateway's tables: users, sessions, who made what from what, what is sealed, and the record of decisions."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

METADATA = MetaData()

USERS = Table(
    "gateway_user",
    METADATA,
    Column("name", String(120), primary_key=True),
    Column("password_hash", String(200), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    # Tokens and sessions from before this moment no longer count.
    Column("valid_from", DateTime(timezone=True), nullable=False),
    # Of a user whom another issuer vouches for: that issuer, and what it calls the person for good. No password then.
    Column("issuer", String(500)),
    Column("subject", String(255)),
    Index("gateway_user_subject", "issuer", "subject", unique=True),
)

MEMBERSHIPS = Table(
    "gateway_membership",
    METADATA,
    Column("user_name", String(120), ForeignKey("gateway_user.name"), primary_key=True),
    Column("group_name", String(250), primary_key=True),
    # True: named by the specification, and removed when it no longer is.
    Column("specified", Boolean, nullable=False),
)

# Who made the user's account or gave it a password, and so could log in as the user.
SPONSORS = Table(
    "gateway_sponsor",
    METADATA,
    Column("user_name", String(120), ForeignKey("gateway_user.name"), primary_key=True),
    Column("person", String(250), primary_key=True),
)

SESSIONS = Table(
    "gateway_session",
    METADATA,
    # SHA-256 of the cookie: whoever reads the table cannot use it.
    Column("digest", String(64), primary_key=True),
    Column("user_name", String(120), ForeignKey("gateway_user.name"), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    # When the person showed who it is: at an issuer that may be long before the session.
    Column("authenticated_at", DateTime(timezone=True)),
)

# Wrong passwords, counted for all processes alike.
FAILURES = Table(
    "gateway_failure",
    METADATA,
    # SHA-256 of whom or what is counted: a user, an address, or one from the other.
    Column("digest", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False, index=True),
)

MAKERS = Table(
    "gateway_maker",
    METADATA,
    Column("kind", String(20), primary_key=True),
    Column("identity", String(300), primary_key=True),
    Column("person", String(250), primary_key=True),
    # When MLflow made the object, in milliseconds; 0 for those whose ids never come again. Tells a model from another
    # one that had its name before.
    Column("since", BigInteger, nullable=False, default=0),
)

# The runs and logged models that a model version was made from, as they were when it was registered.
ORIGINS = Table(
    "gateway_origin",
    METADATA,
    Column("model", String(256), primary_key=True),
    Column("version", String(20), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("identity", String(300), primary_key=True),
)

# The runs and logged models whose files an approval rests on: they no longer change.
SEALS = Table(
    "gateway_seal",
    METADATA,
    Column("kind", String(20), primary_key=True),
    Column("identity", String(300), primary_key=True),
    # The version that was approved first, as policies name it.
    Column("resource", Text, nullable=False),
    Column("sealed_at", DateTime(timezone=True), nullable=False),
)

# Files that are on their way into a run or logged model, each for as long as its lease was renewed.
WRITES = Table(
    "gateway_write",
    METADATA,
    Column("write", String(40), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("identity", String(300), primary_key=True),
    Column("until", DateTime(timezone=True), nullable=False, index=True),
)

POLICIES = Table(
    "gateway_policy",
    METADATA,
    Column("name", String(128), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    # Without a document the version says that the policy was deleted.
    Column("document", Text),
    Column("created_by", String(250), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("reason", Text, nullable=False),
    Column("review_date", Date),
)

# What a kept policy speaks for: a user, a group, or everybody who has a role.
POLICY_ATTACHMENTS = Table(
    "gateway_policy_attachment",
    METADATA,
    Column("policy", String(128), primary_key=True),
    Column("kind", String(10), primary_key=True),
    Column("target", String(250), primary_key=True),
    Column("attached_by", String(250), nullable=False),
    Column("attached_at", DateTime(timezone=True), nullable=False),
)

ACCESS_KEYS = Table(
    "gateway_access_key",
    METADATA,
    Column("id", String(40), primary_key=True),
    # A user, or a workload of the site's own (`key/...`).
    Column("owner", String(120), nullable=False, index=True),
    # Of a workload, as a JSON list.
    Column("groups", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", String(250), nullable=False),
    Column("last_used_at", DateTime(timezone=True)),
    # The secret, sealed by a key that is kept elsewhere.
    Column("sealed", Text, nullable=False),
)

# Roles that may be assumed: the groups whose rights they give, and who may (a trust policy).
ASSUMABLE_ROLES = Table(
    "gateway_assumable_role",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("groups", Text, nullable=False),
    Column("trust", Text, nullable=False),
    Column("longest_seconds", Integer, nullable=False),
    Column("changed_by", String(250), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)

# A number that every change of something counts on, so that other processes can ask cheaply whether it changed.
REVISIONS = Table(
    "gateway_revision",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("number", Integer, nullable=False),
)

# Who asked for which move of a version, and what became of it. For one move at most one request is open.
APPROVALS = Table(
    "gateway_approval",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("model", String(256), nullable=False),
    Column("version", String(20), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("target", String(256), nullable=False),
    Column("asked_by", String(250), nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("decided_by", String(250), nullable=False),
    Column("decided_at", DateTime(timezone=True)),
    Column("comment", Text, nullable=False),
    Index(
        "ix_gateway_approval_open",
        "model",
        "version",
        "kind",
        "target",
        unique=True,
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)

AUDIT = Table(
    "gateway_audit",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("at", String(32), nullable=False, index=True),
    Column("principal", String(250), nullable=False, index=True),
    Column("on_behalf_of", String(250), nullable=False),
    Column("action", String(100), nullable=False, index=True),
    Column("resource", Text, nullable=False),
    Column("method", String(10), nullable=False),
    Column("path", Text, nullable=False),
    Column("source", String(100), nullable=False),
    Column("decision", String(10), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("request_id", String(40), nullable=False, index=True),
)

# What came of an allowed request: known only after the decision was recorded, so it stands beside the chain, bound to
# its record by a digest of its own.
OUTCOMES = Table(
    "gateway_outcome",
    METADATA,
    Column("number", Integer, ForeignKey("gateway_audit.number"), primary_key=True, autoincrement=False),
    Column("status", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
)
