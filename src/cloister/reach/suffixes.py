"""Which record, forward or zone a name falls under: the nearest one."""

from cloister.fabric.names import Forward, Record, Zone


def under(name: str, suffix: str) -> bool:
    """Whether a name is a suffix itself or stands under it; every name stands under the empty suffix."""
    return not suffix or name == suffix or name.endswith(f".{suffix}")


def nearest_record(records: tuple[Record, ...], name: str) -> Record | None:
    """The record of a name: its own, else the wildcard that is nearest to it."""
    by_name = {record.name: record for record in records}
    labels = name.split(".")
    wildcards = (f"*.{'.'.join(labels[depth:])}" for depth in range(1, len(labels)))
    return next((by_name[key] for key in (name, *wildcards) if key in by_name), None)


def longest_forwards(forwards: tuple[Forward, ...], name: str) -> tuple[Forward, ...]:
    """The forwards with the longest suffix that a name stands under; several where they share it."""
    fitting = [forward for forward in forwards if under(name, forward.suffix)]
    longest = max((len(forward.suffix) for forward in fitting), default=0)
    return tuple(forward for forward in fitting if len(forward.suffix) == longest)


def seen_zone(zones: tuple[Zone, ...], network: str, name: str) -> Zone | None:
    """The zone that a network sees and whose name is the longest that the name stands under."""
    seen = [zone for zone in zones if under(name, zone.name) and zone.view_from(network)]
    return max(seen, key=lambda zone: len(zone.name), default=None)
