"""The published JSON Schema of the file of attestations and waivers, written from the models.

`python -m cloister.sources.statements.schema` prints it; a test fails when the file in the package is stale.
"""

import json

from cloister.sources.statements.document import StatementsDocument

SCHEMA_FILE = "attestations.schema.json"


def schema_text() -> str:
    """The JSON Schema (draft 2020-12) as the file in the package holds it."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    whole = head | StatementsDocument.model_json_schema() | {"title": "cloister.attestations.yaml"}
    return json.dumps(whole, indent=1) + "\n"


if __name__ == "__main__":
    print(schema_text(), end="")  # noqa: T201 - this is what the command is for
