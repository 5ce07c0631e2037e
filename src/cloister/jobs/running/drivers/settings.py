"""What the program arguments of a parallel step say about the step itself. Pure.

Source: https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-parallel (read 2026-11).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

# What Azure ML takes as well, and has no meaning on one machine with one log.
_WITHOUT_EFFECT = ("copy_logs_to_parent", "metrics_name_prefix", "push_metrics_to_parent", "resource_monitor_interval")


class SettingError(Exception):
    """An argument that cannot be used; the message is the reason."""


@dataclass(frozen=True)
class Settings:
    """The predefined arguments. Thresholds of -1 and timeouts of 0 are none."""

    error_threshold: int = -1
    allowed_failed_percent: int = 100
    task_overhead_timeout: int = 600
    progress_update_timeout: int = 0
    first_task_creation_timeout: int = 600


def split(arguments: Sequence[str]) -> tuple[Settings, list[str], list[str]]:
    """The settings, the arguments that are left for the entry script, and the names of those without effect."""
    known = {field.name for field in fields(Settings)}
    found: dict[str, int] = {}
    left: list[str] = []
    without: list[str] = []
    words = list(arguments)
    while words:
        word = words.pop(0)
        name, _, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or name not in known | set(_WITHOUT_EFFECT):
            left.append(word)
            continue
        if "=" not in word:
            if not words:
                raise SettingError(f"--{name} has no value")
            value = words.pop(0)
        if name in _WITHOUT_EFFECT:
            without.append(f"--{name}")
        else:
            found[name] = _number(name, value)
    return Settings(**found), left, without


def _number(name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise SettingError(f"--{name} takes a whole number, not {value!r}") from None
