"""Hours of broken input for the readers of plans, templates and exports.

`python tests/sources/campaign.py --minutes 60`: each round takes a sound file, breaks it in one to four places, in its
structure or in its text, and reads it. A reader may refuse it with faults or leave gaps; a crash, or a reading of more
than some seconds, is a failure: what caused it is kept in a folder, to become a test.
"""
# ruff: noqa: ANN401 - any JSON value

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from cloister.errors import CloisterError
from cloister.sources.cloudformation.text import template_of
from cloister.sources.reading import read_sound_part_anywhere

HERE = Path(__file__).parent
SLOWEST = 20.0
"""Seconds that one reading may take on a busy machine."""
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    1.5,
    10**30,
    "",
    "*",
    "10.0.0.0/99",
    "::/0",
    "\u0000",
    "\u202e",
    "[concat('",
    "${",
    "[",
    "a" * 5000,
    [],
    {},
    [[]],
    {"Ref": "Nobody"},
    {"Fn::If": ["x"]},
    "[reference(variables('x'))]",
    "[resourceId('a')]",
    ["*"],
    {"id": 7},
)


def seeds() -> Iterator[tuple[str, Any]]:
    """Every sound file that tests hold, as a value; the name tells the form to write it in."""
    for path in sorted(HERE.rglob("*.json")):
        yield path.name, json.loads(path.read_text())
    yield "mlflow.json", template_of((HERE / "cloudformation" / "mlflow.yaml").read_text(), "mlflow.yaml")


def spots(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a value."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in members:
        yield (*at, key)
        yield from spots(child, (*at, key))


def broken(value: Any, chance: random.Random) -> Any:
    """The value with one to four places broken."""
    changed = deepcopy(value)
    for _ in range(chance.randint(1, 4)):
        places = list(spots(changed))
        if not places:
            break
        *way, last = chance.choice(places)
        holder = changed
        for part in way:
            holder = holder[part]
        chance.choice(BREAKS)(holder, last, changed, chance)
    return changed


def _odd(holder: Any, key: Any, _: Any, chance: random.Random) -> None:
    holder[key] = deepcopy(chance.choice(ODD))


def _gone(holder: Any, key: Any, _: Any, __: random.Random) -> None:
    del holder[key]


def _other(holder: Any, key: Any, whole: Any, chance: random.Random) -> None:
    """What stands elsewhere in the file."""
    *way, last = chance.choice(list(spots(whole)))
    here = whole
    for part in way:
        here = here[part]
    holder[key] = deepcopy(here[last])


def _wrapped(holder: Any, key: Any, _: Any, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 2, 60))):
        holder[key] = [holder[key]] if chance.random() < 0.5 else {"properties": holder[key]}


def _twice(holder: Any, key: Any, _: Any, __: random.Random) -> None:
    if isinstance(holder, list):
        holder.append(deepcopy(holder[key]))
    else:
        holder[f"{key}2"] = deepcopy(holder[key])


def _letters(holder: Any, key: Any, _: Any, chance: random.Random) -> None:
    """A text with a piece taken out, put in or in other letters."""
    if isinstance(holder[key], str) and holder[key]:
        text, at = holder[key], chance.randrange(len(holder[key]))
        holder[key] = chance.choice((text[:at], text[:at] + chance.choice("[]'(),.${}/") + text[at:], text.upper()))


BREAKS: tuple[Callable[[Any, Any, Any, random.Random], None], ...] = (
    _odd,
    _odd,
    _gone,
    _other,
    _wrapped,
    _twice,
    _letters,
)


def text_of(value: Any, chance: random.Random) -> str:
    """The broken file's text, sometimes cut off, sometimes with a byte that belongs nowhere."""
    text = json.dumps(value) if chance.random() < 0.9 else yaml.safe_dump(value)
    kind = chance.random()
    if kind < 0.05:
        return text[: chance.randrange(len(text))]
    if kind < 0.1:
        at = chance.randrange(len(text))
        return text[:at] + chance.choice('{}[]",:\u0000\u202e&*!') + text[at:]
    return text


def read(text: str, folder: Path) -> str:
    """What came of a reading: "", or what is wrong with it."""
    path = folder / "input.json"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    start = time.process_time()
    try:
        read_sound_part_anywhere(path)
    except CloisterError:
        pass
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
        return f"{type(error).__name__}: {error}"
    seconds = time.process_time() - start
    return f"took {seconds:.1f} s" if seconds > SLOWEST else ""


def main() -> int:
    """Run for some minutes; exit 1 where anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("broken-input"))
    asked = parser.parse_args()
    known, rounds, found = list(seeds()), 0, set[str]()
    end = time.monotonic() + asked.minutes * 60
    with TemporaryDirectory() as folder:
        while time.monotonic() < end:
            chance = random.Random(f"{asked.seed}-{rounds}")  # noqa: S311 - chance, not secrecy
            name, value = chance.choice(known)
            text = text_of(broken(value, chance), chance)
            wrong = read(text, Path(folder))
            kind = wrong.partition(":")[0] + wrong[-60:]
            if wrong and kind not in found:
                found.add(kind)
                asked.keep.mkdir(exist_ok=True)
                (asked.keep / f"{asked.seed}-{rounds}-{name}").write_text(text, errors="surrogatepass")
                sys.stdout.write(f"{asked.seed}-{rounds} {name}: {wrong[:300]}\n")
                sys.stdout.flush()
            rounds += 1
    sys.stdout.write(f"{rounds} broken files read in {asked.minutes:g} minutes, {len(found)} kinds of failure\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
