"""The light commands stay light: what they import, and what reading costs."""

import subprocess
import sys
import time

import pytest

from cloister.sources.blueprints import BLUEPRINTS, blueprint_text
from cloister.sources.spec import read_text_anywhere

_LISTING = "import sys; {statement}; print('\\n'.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
HEAVY = {
    "numpy",
    "mlflow",
    "azure",
    "sqlalchemy",
    "dbos",
    "pandas",
    "sklearn",
    "starlette",
    "uvicorn",
    "httpx",
    "jsonschema",
}

IMPORTS = {
    "help of init": ("import cloister.cli.main, cloister.cli.init", HEAVY | {"pydantic", "yaml"}),
    "help of show": ("import cloister.cli.main, cloister.cli.show", HEAVY | {"pydantic", "yaml"}),
    "help of pairs": ("import cloister.cli.main, cloister.cli.pairs", HEAVY | {"pydantic", "yaml", "pyarrow"}),
    "asking": ("import cloister.cli.ask, cloister.ask.asking, cloister.ask.telling, cloister.ask.judgement", HEAVY),
    "reading": ("from cloister.sources.reading import read", HEAVY),
}


@pytest.mark.parametrize(("statement", "without"), IMPORTS.values(), ids=IMPORTS)
def test_imports(statement: str, without: set[str]) -> None:
    program = _LISTING.format(statement=statement)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert without & set(done.stdout.split()) == set()


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_reading_a_blueprint_takes_less_than_300_ms_of_processor(name: str) -> None:
    text = blueprint_text(name)
    spent = []
    for _ in range(3):
        start = time.process_time()
        read_text_anywhere(text, name)
        spent.append(time.process_time() - start)
    assert min(spent) < 0.3
