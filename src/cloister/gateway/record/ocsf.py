"""A record for a SIEM that reads OCSF: one API Activity (class 6003) a line, as JSON.

Written for version 1.5.0 of the schema: events/application/api_activity.json, objects/api.json, objects/actor.json and
profiles/security_control.json of github.com/ocsf/ocsf-schema (read 2026-11-26).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from cloister import __version__

_VERSION: Final = "1.5.0"
_CLASS, _CATEGORY = 6003, 6
# By the verb that an action's name begins with; everything else changes something.
_ACTIVITIES: Final = (
    (("Create", "Start"), (1, "Create")),
    (("Get", "List", "Search", "Read", "Access"), (2, "Read")),
    (("Delete",), (4, "Delete")),
    (("Put", "Log", "Set", "Update", "Transition", "Rename", "Finalize", "Restore"), (3, "Update")),
)
_OTHER: Final = (99, "Other")
_INFORMATIONAL, _LOW = (1, "Informational"), (2, "Low")
_ALLOWED, _DENIED = (1, "Allowed"), (2, "Denied")
_SUCCESS, _FAILURE, _UNKNOWN = (1, "Success"), (2, "Failure"), (0, "Unknown")
_ERROR: Final = 400


def event(record: Mapping[str, Any]) -> dict[str, Any]:
    """The event that a record stands for; what the schema has no place for stands under `unmapped`."""
    activity_id, activity = _activity(record["action"])
    is_allowed = record["decision"] == "ALLOW"
    severity_id, severity = _INFORMATIONAL if is_allowed else _LOW
    action_id, action = _ALLOWED if is_allowed else _DENIED
    status_id, status = _status(record, is_allowed=is_allowed)
    moment = datetime.strptime(record["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    person = record["on_behalf_of"] or record["principal"]
    return {
        "activity_id": activity_id,
        "activity_name": activity,
        "category_uid": _CATEGORY,
        "category_name": "Application Activity",
        "class_uid": _CLASS,
        "class_name": "API Activity",
        "type_uid": _CLASS * 100 + activity_id,
        "type_name": f"API Activity: {activity}",
        "time": int(moment.timestamp() * 1000),
        "severity_id": severity_id,
        "severity": severity,
        "action_id": action_id,
        "action": action,
        "status_id": status_id,
        "status": status,
        "status_detail": record["reason"],
        "actor": {"user": {"name": person}, "app_name": record["principal"]},
        "api": {
            "operation": record["action"],
            "service": {"name": "Cloister"},
            "request": {"uid": record["request_id"]},
            **({"response": {"code": record["status"]}} if record["status"] is not None else {}),
        },
        "http_request": {"http_method": record["method"], "url": {"path": record["path"]}},
        "src_endpoint": {"ip": record["source"]},
        "resources": [{"name": name} for name in record["resource"].split(", ")],
        "metadata": {
            "version": _VERSION,
            "profiles": ["security_control"],
            "uid": str(record["number"]),
            "sequence": record["number"],
            "product": {"name": "Cloister", "vendor_name": "Cloister", "version": __version__},
        },
        "unmapped": {"rule": record["rule"], "previous": record["previous"], "digest": record["digest"]},
    }


def _activity(action: str) -> tuple[int, str]:
    name = action.partition(":")[2]
    return next((activity for verbs, activity in _ACTIVITIES if name.startswith(verbs)), _OTHER)


def _status(record: Mapping[str, Any], *, is_allowed: bool) -> tuple[int, str]:
    if not is_allowed:
        return _FAILURE
    if record["status"] is None:
        return _SUCCESS if record["outcome"] == "decided" else _UNKNOWN
    return _FAILURE if record["status"] >= _ERROR else _SUCCESS
