"""Database clusters; an instance that belongs to no cluster is written as one with a single member."""

from cloister.sources.aws.mapping.estate import Part
from cloister.sources.aws.mapping.taking import listed, taken

_OWN = ("engine", "port", "storage_encrypted", "deletion_protection", "backup_retention_period")
_PORTS = {"mysql": 3306, "mariadb": 3306, "postgres": 5432}


def fill_cluster(part: Part) -> None:
    """The subnets of its group, its port where only the engine tells, and whether a member has a public address."""
    _subnets(part, part)
    _port(part, part)
    members = [
        one for one in part.estate.of("db-instance") if part.estate.find(one.raw("cluster"), "db-cluster") is part
    ]
    for one in members:
        if taken(one, "public") is True:
            part.estate.draft.put((*(part.path or ()), "publicly_accessible"), value=True, place=one.place("public"))


def fill_instance(part: Part) -> None:
    """An instance by itself."""
    if part.raw("cluster") is not None:
        return
    draft = part.estate.draft
    draft.claim(("db_clusters",), part.name, part.place(), (part.declared.address,))
    for attribute in _OWN:
        part.estate.put(part, attribute, taken(part, attribute))
    part.estate.put(part, "publicly_accessible", taken(part, "public"), "public")
    groups = taken(part, "security_groups")
    if groups is not None:
        part.estate.put(part, "security_groups", part.estate.words(listed(groups), "security_groups"))
    _subnets(part, part)
    _port(part, part)


def _subnets(part: Part, stated_by: Part) -> None:
    group = _group(stated_by)
    subnets = taken(group, "subnets") if group else None
    if group is not None and subnets is not None:
        words = part.estate.words(listed(subnets), "subnets")
        part.estate.draft.put((*(part.path or ()), "subnets"), words, group.place("subnets"))
    else:
        what = "names a subnet group that the input does not describe"
        part.estate.draft.miss((*(part.path or ()), "subnets"), what, stated_by.place("group"))


def _group(part: Part) -> Part | None:
    """The subnet group, by a reference, or by the name that it states."""
    value = part.raw("group")
    return part.estate.find(value, "db-subnet-group") or part.estate.named("db-subnet-group", value)


def _port(part: Part, stated_by: Part) -> None:
    engine = taken(stated_by, "engine")
    if taken(stated_by, "port") is None and isinstance(engine, str):
        port = next((port for word, port in _PORTS.items() if word in engine), None)
        part.estate.put(part, "port", port, "engine")


FILLS = {"db-cluster": fill_cluster, "db-instance": fill_instance}
