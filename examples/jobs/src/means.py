"""The mean of each station's readings: one row a file."""

from pathlib import Path
from statistics import fmean


def init() -> None:
    """Nothing to load."""


def run(mini_batch: list[str]) -> list[str]:
    """A row for each file of readings."""
    rows = []
    for path in map(Path, mini_batch):
        readings = [float(line) for line in path.read_text().split()]
        rows.append(f"{path.stem},{len(readings)},{fmean(readings):.2f}")
    return rows
