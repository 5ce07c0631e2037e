"""What the drivers themselves say in the step's log, whole lines at a time."""

import sys


def say(told: str) -> None:
    """Write a line that is plainly not the author's."""
    say_raw(f"cloister: {told}\n".encode())


def say_raw(line: bytes) -> None:
    """Write a whole line, from any thread."""
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
