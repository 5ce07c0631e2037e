"""The plain environment in which the rules of the way are told apart, and how changes are laid over it."""

from pathlib import Path
from typing import Any

import yaml

Changes = dict[str, Any]
PLAIN: Changes = yaml.safe_load(Path(__file__).with_name("plain.yaml").read_text(encoding="utf-8"))
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def laid_over(base: Any, over: Any) -> Any:  # noqa: ANN401 - documents are any YAML
    """`over` laid on `base`; None removes."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    merged = {key: laid_over(base[key], over[key]) if key in over else base[key] for key in base}
    merged |= {key: value for key, value in over.items() if key not in base}
    return {key: value for key, value in merged.items() if value is not None}


def plain_text(changes: Changes) -> str:
    """The plain environment with changes, as a document."""
    return str(yaml.dump(laid_over(PLAIN, changes), Dumper=DUMPER, sort_keys=False))
